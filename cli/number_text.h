/* number_text.h - a matrix of numbers as text: one row per line, cells separated by tabs, 17 significant
 * digits, written by all threads at once. */
#ifndef COPSE_CLI_NUMBER_TEXT_H
#define COPSE_CLI_NUMBER_TEXT_H

#include "output.h"

struct number_text {
  char *text;      /* [n_blocks * block_bytes] */
  size_t *lengths; /* [n_blocks] */
  size_t block_rows, block_bytes;
  int n_threads;
};

/* Room for max_rows rows of `width` values. */
COPSE_MUST_CHECK copse_status number_text_open(copse_context *ctx, uint64_t max_rows, uint32_t width,
                                               int n_threads, struct number_text *out, copse_error *err);
/* values [n_rows * width], row-major. */
COPSE_MUST_CHECK copse_status number_text_write(struct number_text *room, const double *values,
                                                uint64_t n_rows, uint32_t width, struct output *out,
                                                copse_error *err);
void number_text_close(struct number_text *room);

#endif
