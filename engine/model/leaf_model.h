/* leaf_model.h - linear models in the leaves of one tree, loaded from a file or fitted by train/linear.c: a
 * leaf predicts its constant plus the sum of coefficient times value over its terms.
 *
 * LightGBM's bits: the sum starts from the constant and takes the terms in stored order; a NaN among the
 * values of the terms makes the leaf predict its plain value instead. */
#ifndef COPSE_MODEL_LEAF_MODEL_H
#define COPSE_MODEL_LEAF_MODEL_H

#include <math.h>

#include "copse.h"

struct leaf_models {
  int n_leaves;
  double *constant; /* [n_leaves] */
  double *number;   /* [n_leaves] 0, 1 ..: a tree with these as leaf values tells a row's leaf */
  size_t *begin;    /* [n_leaves + 1] leaf l owns terms [begin[l], begin[l + 1]) */
  double *coefficient;
  int32_t *feature; /* index among all features */
};

/* One allocation, all zero; *out is freed with copse_free. */
COPSE_MUST_CHECK copse_status leaf_models_create(copse_context *ctx, int n_leaves, size_t n_terms,
                                                 struct leaf_models **out, copse_error *err);
COPSE_MUST_CHECK copse_status leaf_models_copy(copse_context *ctx, const struct leaf_models *models,
                                               struct leaf_models **out, copse_error *err);

/* One more term of a leaf's sum; false: its value is NaN, and the leaf predicts its plain value. value: a
 * route_value */
static inline bool leaf_model_add(double coefficient, double value, double *sum) {
  if (isnan(value)) return false;
  *sum += coefficient * value;
  return true;
}

#endif
