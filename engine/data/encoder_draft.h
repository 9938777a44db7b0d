/* encoder_draft.h - one column or pair of columns on its way into an encoder, and what all of them share. */
#ifndef COPSE_DATA_ENCODER_DRAFT_H
#define COPSE_DATA_ENCODER_DRAFT_H

#include "data/encoder.h"

enum { N_POWERS = 33 };

/* A column or a pair on its way to a table. */
struct draft {
  struct level_table table;
  float **ordered; /* [width] each [n_rows] */
  double error;    /* weighted sum of squares that the ordered statistics leave */
  bool failed;
};

struct fit {
  copse_context *ctx;
  copse_encoder *encoder;
  const copse_table *table;
  const float *label, *weight;
  bool classes, binary;
  int n_threads;
  uint64_t n_rows;
  uint32_t *order;    /* [n_rows] row at each place */
  uint32_t **numbers; /* [n_maps] each [n_rows]: the rows' levels */
  double *before;     /* [n_statistics * N_POWERS] average of the first 2^i rows of the order */
  struct draft *drafts;
};

static inline double fit_target(const struct fit *fit, uint64_t row, uint32_t statistic) {
  float label = fit->label[row];
  if (fit->classes) return label == (float)statistic;
  return fit->binary ? (double)(label > 0) : (double)label;
}

static inline double fit_weight(const struct fit *fit, uint64_t row) {
  return fit->weight != NULL ? (double)fit->weight[row] : 1.0;
}

/* Bodies of copse_parallel_for over fit->drafts: number the levels of map `at` and those of the rows, or fill
 * the draft `at`, whose maps are set; a lack of memory makes it `failed`. */
void draft_levels(void *fit, size_t at, int thread);
void draft_fill(void *fit, size_t at, int thread);
void draft_release(const struct fit *fit, struct draft *draft);

#endif
