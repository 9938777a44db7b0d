/* output.h - files the program writes. A regular file is written under a temporary name in the same folder,
 * flushed to the disk and renamed, so that nobody ever sees half a file and a failure leaves the old one as
 * it was. "-" is standard output; a device or a pipe is written directly. */
#ifndef COPSE_CLI_OUTPUT_H
#define COPSE_CLI_OUTPUT_H

#include "copse.h"

enum { OUTPUT_PATH_CAPACITY = 4096 };

struct output {
  int fd; /* -1: not open */
  bool renames;
  const char *path;                  /* as the caller gave it, borrowed */
  char target[OUTPUT_PATH_CAPACITY]; /* what the rename replaces: path, or what a symbolic link there points
                                        to */
  char temporary[OUTPUT_PATH_CAPACITY]; /* when renames */
};

/* Opens and closes the file for writing, and leaves nothing behind: to learn before hours of work that it
 * will not be refused after them. */
COPSE_MUST_CHECK copse_status output_probe(const char *path, copse_error *err);

COPSE_MUST_CHECK copse_status output_open(const char *path, struct output *out, copse_error *err);
COPSE_MUST_CHECK copse_status output_write(struct output *out, const char *data, size_t length,
                                           copse_error *err);
/* Makes the file appear under its name. Closed afterwards, also on failure. */
COPSE_MUST_CHECK copse_status output_commit(struct output *out, copse_error *err);
/* Closes and removes; does nothing when not open. */
void output_discard(struct output *out);

bool file_exists(const char *path);
/* Whether two paths name one file: equal, leading to the same file, or to one name in the same folder. */
bool same_file(const char *a, const char *b);
/* Refuses an output, a file or a table, that would replace what is read. The names are those of the
 * parameters. */
COPSE_MUST_CHECK copse_status output_differs(const char *output_name, const char *output,
                                             const char *input_name, const char *input, copse_error *err);
/* Refuses two outputs of which one would replace the other. */
COPSE_MUST_CHECK copse_status outputs_differ(const char *first_name, const char *first,
                                             const char *second_name, const char *second, copse_error *err);
/* Refuses a table where a file is written. */
COPSE_MUST_CHECK copse_status output_is_file(const char *name, const char *path, copse_error *err);

/* Whether standard output's reader went away: not an error worth a message. */
bool output_pipe_broken(void);
/* Flushes stdio's standard output. */
COPSE_MUST_CHECK copse_status output_flush_stdout(copse_error *err);

/* Whole content of a file; *out is released with copse_text_release. */
COPSE_MUST_CHECK copse_status input_read(copse_context *ctx, const char *path, copse_text *out,
                                         copse_error *err);

#endif
