/* ways.h - one run of a predictor over a table, and the ways it can go. */
#ifndef COPSE_PREDICT_WAYS_H
#define COPSE_PREDICT_WAYS_H

#include "predict/predictor.h"

struct cell_codes; /* block.h */

struct predict_job {
  const copse_predictor *predictor;
  uint64_t n_rows;
  const copse_table *table;       /* of the features; or NULL: */
  const struct cell_codes *codes; /* [coded.n_sources], for every way but the plain one */
  double *out;
  enum predict_way way;
  size_t block_rows;
  char *room; /* [threads][room_bytes] */
  size_t room_bytes;
};

/* All rows of a job up to `way`, n_rows > 0. */
COPSE_MUST_CHECK copse_status predict_all(struct predict_job *job, int n_threads, copse_error *err);

/* Rows of a block, and what the way writes for rows [begin, begin + n): raw scores or leaves. rows
 * [block_rows * n_slots] */
size_t predict_plain_rows(const copse_predictor *predictor);
void predict_plain_block(const struct predict_job *job, uint64_t begin, size_t n, double *rows);

#endif
