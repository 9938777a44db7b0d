/* output.h - a file that appears under its name only when it is complete.
 *
 * Lines go to "<path>.tmp<pid>"; output_finish flushes, checks and renames, output_drop removes what was
 * written. The path "-" is standard output. Messages of failures go to standard error. */
#ifndef DATASETS_OUTPUT_H
#define DATASETS_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "line.h"

struct output {
  const char *path; /* NULL: not open */
  FILE *file;
  char temporary[4096];
};

bool output_open(struct output *output, const char *path);
bool output_line(struct output *output, const struct line *line);
bool output_finish(struct output *output);
void output_drop(struct output *output);

#endif
