/* cmd_help.c - help pages, put together from the tables of commands and of parameters. */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "console.h"

#define NAME_WIDTH 28

static void print_program_help(void) {
  puts("copse: gradient-boosted decision trees on histograms\n\nusage:");
  for (size_t i = 0; command_at(i); i++) printf("  %s\n", command_at(i)->synopsis);
  puts(
      "  copse config=FILE [key=value ...]      LightGBM's convention: task= chooses, train is the "
      "default\n");
  puts("commands:");
  for (size_t i = 0; command_at(i); i++) printf("  %-9s%s\n", command_at(i)->name, command_at(i)->summary);
  puts(
      "\narguments: key=value, --key=value or --key value, in any order; names and aliases as in LightGBM.\n"
      "config=FILE reads one key = value per line, # begins a comment; the command line wins over it, and\n"
      "paths in it count from the current folder, not from the file's own.\n"
      "\nstdout carries data (out=-, profile, show, params, help), stderr everything else. Files are written "
      "under a\n"
      "temporary name and renamed when they are complete. Ctrl-C ends training after the current round and\n"
      "writes the model trained so far; a second Ctrl-C ends at once and writes nothing.\n"
      "\nexit codes: 0 done, 1 the work failed or was interrupted, 2 command line or configuration are "
      "wrong;\n"
      "verify: 3 a constraint is broken, 4 not all constraints are proved; profile check=: 3 something "
      "changed");
}

/* `--key  default  help` for one element of a comma separated list. */
static void print_key(const char *name, size_t length) {
  char key[64];
  copse_params_info info;
  snprintf(key, sizeof key, "%.*s", (int)length, name);
  int row = copse_params_find(key);
  if (row < 0 || !copse_params_describe((size_t)row, &info)) return;
  printf("  %-*s %s", NAME_WIDTH, info.name, info.help);
  if (info.default_value[0]) printf(" [%s]", info.default_value);
  putchar('\n');
}

static void print_command_help(const struct command *command) {
  printf("copse %s: %s\n\nusage: %s\n", command->name, command->summary, command->synopsis);
  if (command->keys[0]) {
    puts("\nkeys that matter most (default in brackets; `copse params KEY` explains one with its aliases):");
    for (const char *at = command->keys; *at;) {
      size_t length = strcspn(at, ",");
      print_key(at, length);
      at += length + (at[length] == ',');
    }
  }
  puts("\nexamples:");
  for (const char *at = command->examples; *at;) {
    size_t length = strcspn(at, "\n");
    printf("  %.*s\n", (int)length, at);
    at += length + (at[length] == '\n');
  }
}

void print_help(const struct command *command) {
  if (command) {
    print_command_help(command);
  } else {
    print_program_help();
  }
}

int cmd_help(struct app *app) {
  const struct command *command = app->operand ? command_find(app->operand) : NULL;
  if (app->operand && !command) {
    copse_error err;
    fail_unknown(&err, "command", app->operand, command_nearest(app->operand));
    return end_refused(NULL, &err);
  }
  print_help(command);
  return EXIT_DONE;
}
