/* linear_leaf.h - the ridge regression in one leaf, and what it predicts (algorithms 8.1). */
#ifndef COPSE_TRAIN_LINEAR_LEAF_H
#define COPSE_TRAIN_LINEAR_LEAF_H

#include "model/tree.h"

/* A thread's memory for the moments of a leaf. */
struct moments {
  double gradient, hessian, *mean, *value; /* [n_terms] */
  double *cross;                           /* [n_terms] gradients times values; then the solution */
  double *matrix;                          /* lower triangle, row by row; then its factors */
};

/* One for each thread, for leaves of up to `most` terms; in one block that *out begins, which is freed with
 * copse_free. */
COPSE_MUST_CHECK copse_status moments_create(copse_context *ctx, int n_threads, size_t most,
                                             struct moments **out, copse_error *err);

/* The rows that a regression is made of. */
struct leaf_rows {
  const uint32_t *row; /* [n] in the order that sums take them */
  uint64_t n;
  const float *gradient, *hessian; /* by row */
  float *const *columns;           /* [feature][row]; NULL where no leaf asks for the feature */
  bool count_values;               /* compat=lightgbm: in trees that split on features with missing values */
};

/* coefficient [n_terms] and *constant minimise the second-order expansion of the loss over the rows that miss
 * no value; lambda penalises the coefficients. False, and the outputs say nothing: there are no more such
 * rows than terms, or their hessians sum to 0. coefficient may be moments->value.
 *
 * count_values: LightGBM means such rows and counts values, of each row those before its first missing one;
 * so it fits few rows too, and without terms it fits nothing. */
bool linear_leaf_fit(const struct leaf_rows *rows, const int32_t *feature, size_t n_terms, double lambda,
                     struct moments *moments, double *coefficient, double *constant);

/* What a leaf of a linear tree predicts for a row. */
double linear_leaf_predict(const struct tree *tree, float *const *columns, int leaf, uint64_t row);

#endif
