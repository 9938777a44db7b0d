/* refit_linear.h - the linear models in the leaves of a tree that is refitted: features stay, constants and
 * coefficients move as leaf values do (algorithms 7.7, 8.1). */
#ifndef COPSE_TRAIN_REFIT_LINEAR_H
#define COPSE_TRAIN_REFIT_LINEAR_H

#include "model/model.h"
#include "train/linear_leaf.h"

static inline double refit_mixture(double decay, double old, double best) {
  return decay * old + (1 - decay) * best;
}

struct refit_linear {
  copse_context *ctx;
  int n_threads;
  double lambda, decay;
  bool quirks; /* compat=lightgbm */
  uint32_t n_features;
  float **columns; /* [n_features] values of the new rows, NULL where nothing asks; NULL: no linear leaves */
  bool *missing;   /* [n_features] whether a row misses the value, of features with a column */
  double *best;    /* [most_leaves] the caller's, see below */
  struct moments *moments; /* [n_threads] */
};

/* COPSE_ERR_UNSUPPORTED where the leaves' models cannot be made to keep what the model or the objective says.
 * percentiles: the objective's name where leaves are percentiles, else NULL. */
COPSE_MUST_CHECK copse_status refit_linear_check(const copse_model *model, const char *percentiles,
                                                 bool quirks, copse_error *err);
/* Gathers what the model's leaves (with quirks: splits too) ask for. out: from ctx to quirks given, the rest
 * zero, and so it stays where the model has no linear leaves. To be released after a failure too. table: its
 * columns are the model's features. */
COPSE_MUST_CHECK copse_status refit_linear_create(struct refit_linear *out, const copse_model *model,
                                                  const copse_table *table, int most_leaves,
                                                  copse_error *err);
void refit_linear_release(struct refit_linear *linear);

/* One tree, its leaf values new already. */
struct refit_linear_tree {
  const struct refit_linear *linear;
  struct tree *tree;
  const uint64_t *begin;           /* [n_leaves + 1] a leaf's rows in `rows` */
  const uint32_t *rows;            /* those of a leaf ascending */
  const float *gradient, *hessian; /* by row */
  double factor, start;            /* best constants are factor * constant + start */
};

/* linear->best [n_leaves]: the leaves' best values without terms, with factor and start in them. Where the
 * rows do not tell the terms it is the best model; leaves that no row reaches stay (quirks: no leaf does). */
void refit_linear_renew(const struct refit_linear_tree *job);

#endif
