/* predictions.h - where predictions go: a file of tab-separated numbers, or a table of a database. */
#ifndef COPSE_CLI_PREDICTIONS_H
#define COPSE_CLI_PREDICTIONS_H

#include "cli.h"
#include "number_text.h"

struct predictions {
  struct output file;        /* when there is no table */
  copse_table_writer *table; /* row, prediction ..., predicted_class */
  struct number_text text;
  double *rows;             /* [max_rows * (width + 2)] for the table */
  const uint64_t *raw_rows; /* which raw row each row is, from 0; NULL: all of them, in their order */
  const char *path;
  uint64_t n_written;
  uint32_t width, n_columns;
};

/* width: values a row; classes: whether a column predicted_class follows them in a table. */
COPSE_MUST_CHECK copse_status predictions_open(const struct app *app, const char *path, uint64_t max_rows,
                                               uint32_t width, bool classes, struct predictions *out,
                                               copse_error *err);
/* values [n_rows * width]; predicted [n_rows], NULL without classes. */
COPSE_MUST_CHECK copse_status predictions_write(struct predictions *out, const double *values,
                                                const uint32_t *predicted, uint64_t n_rows, copse_error *err);
COPSE_MUST_CHECK copse_status predictions_commit(struct predictions *out, const char *origin,
                                                 copse_error *err);
void predictions_close(struct predictions *out);

#endif
