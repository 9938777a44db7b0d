/* cli.h - what the files of the program share: exit codes, the state of one run, and the table of commands.
 *
 * The program has three phases, and the exit code follows from where it ends: arguments.c reads the command
 * line (syntax only), settings.c turns it and a configuration file into parameters, then the command works.
 * A mistake found in the first two is the caller's (2), one found later means that the work failed (1). No
 * data file is opened before every key and value has been checked. */
#ifndef COPSE_CLI_H
#define COPSE_CLI_H

#include "copse.h"
#include "copse_prep.h"

enum exit_code {
  EXIT_DONE = 0,
  EXIT_FAILED = 1,   /* a file, the data or the machine stood in the way */
  EXIT_USAGE = 2,    /* command line or configuration are wrong; nothing was done */
  EXIT_CHANGED = 3,  /* profile: it is written, and the file is not like the one of check= */
  EXIT_REFUTED = 3,  /* verify: the work is done, and a constraint is broken ... */
  EXIT_UNDECIDED = 4 /* ... or none is broken that is known of, but not all are proved */
};

struct command;

/* One run of the program. */
struct app {
  copse_context *ctx;
  copse_params *params;
  const struct command *command;
  const char *operand, *second; /* the words after the command, or NULL */
  const char *const *words;     /* [n_words] all that the program was called with */
  size_t n_words;
};

/* One row of commands.def. Strings are static. */
struct command {
  const char *name;
  int (*run)(struct app *app); /* returns an exit code; has printed its own errors */
  bool takes_settings;         /* key=value arguments and config=FILE */
  const char *operand;         /* name of the word, or words, it takes beside them, or "" */
  const char *synopsis;
  const char *summary;
  const char *keys;     /* parameters shown in its help, comma separated */
  const char *examples; /* lines */
};

/* By name; by position (NULL past the end); the nearest name, or NULL. */
const struct command *command_find(const char *name);
const struct command *command_at(size_t index);
const char *command_nearest(const char *name);

/* The end of a run after a mistake of the caller's, or after failed work: says it, returns the exit code. A
 * reader of stdout that went away has what it wanted: no message, no failure. */
int end_refused(const struct command *command /* or NULL */, const copse_error *err);
int end_failed(const copse_error *err);

/* The help text of a command on stdout; NULL: of the program. */
void print_help(const struct command *command);

#define COMMAND(name, run, ...) int run(struct app *app);
#include "commands.def"
#undef COMMAND

#endif
