/* pairs_job.h - what looks at pairs shares: for the files pairs*.c alone. */
#ifndef COPSE_PROFILE_PAIRS_JOB_H
#define COPSE_PROFILE_PAIRS_JOB_H

#include <string.h>

#include "profile/pairs.h"

/* A column of the sample, as ranks or as levels. */
struct pair_view {
  bool numeric, levels;
  double *ranks;  /* [n] around 0; 0 where missing */
  double *there;  /* [n] 1, or 0 where missing */
  uint8_t *codes; /* [n] */
  uint64_t n_there;
  double squares; /* of the ranks */
};

struct pairs_job {
  copse_context *ctx;
  const struct column *columns;
  const struct column_facts *facts;
  uint32_t n_columns, target;
  size_t n, n_sample; /* rows looked at, of those sampled */
  struct pair_view *views;
  struct pairs *out;
  bool *failed; /* [n_columns] */
};

/* The sample is in the order of the file: rows are taken from all over it. */
static inline size_t sampled_row(const struct pairs_job *job, size_t row) {
  return row * job->n_sample / job->n;
}

static inline bool has_number(const struct column *column, size_t row, double *x) {
  enum cell_type type = column->sample_types[row];
  if (cell_is_text(type) || cell_is_blank(type) || type == CELL_TYPE_DMY) return false;
  memcpy(x, &column->sample[row], sizeof *x);
  return true;
}

/* pairs_closer.c: Pearson's correlation of the listed pairs, curved pairs, pictures. False: out of memory. */
bool pairs_look_closer(struct pairs_job *job, int n_threads);
/* pairs_twin.c: columns with the same cells. False: out of memory. */
bool pairs_find_twins(struct pairs_job *job);

#endif
