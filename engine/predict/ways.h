/* ways.h - one run of a predictor over a table, and the ways it can go. */
#ifndef COPSE_PREDICT_WAYS_H
#define COPSE_PREDICT_WAYS_H

#include "predict/predictor.h"

struct predict_job {
  const copse_predictor *predictor;
  const copse_table *table;
  double *out;
  enum predict_way way;
  size_t block_rows;
  char *room; /* [threads][room_bytes] */
  size_t room_bytes;
};

/* Rows of a block, and what the way writes for rows [begin, begin + n): raw scores or leaves. rows
 * [block_rows * n_slots] */
size_t predict_plain_rows(const copse_predictor *predictor);
void predict_plain_block(const struct predict_job *job, uint64_t begin, size_t n, double *rows);

#endif
