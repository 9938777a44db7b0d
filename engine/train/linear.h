/* linear.h - linear models in the leaves of grown trees (algorithms 8.1). */
#ifndef COPSE_TRAIN_LINEAR_H
#define COPSE_TRAIN_LINEAR_H

#include "model/tree.h"
#include "train/workspace.h"

/* Gives every leaf of the tree that grow_tree has just left behind a ridge regression on the numeric features
 * of the splits above it. constants: leaves predict their values. gradient, hessian: [n_rows] before any
 * rounding. The tree has at least two leaves. */
COPSE_MUST_CHECK copse_status linear_fit(const struct workspace *ws, const float *gradient,
                                         const float *hessian, bool constants, struct tree *tree,
                                         copse_error *err);

/* score[i] += factor * what the tree predicts, for rows i in [begin, end) of a data set with values, in
 * multiples of the unit (0: as it is). leaf: [n_rows] scratch. */
void linear_add(const struct tree *tree, const copse_dataset *data, uint64_t begin, uint64_t end,
                double factor, double unit, double *leaf, double *score);

#endif
