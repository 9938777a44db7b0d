/* renew.h - leaf values that are percentiles of residuals. */
#ifndef COPSE_TRAIN_RENEW_H
#define COPSE_TRAIN_RENEW_H

#include "model/tree.h"
#include "objective/objective.h"
#include "train/workspace.h"

/* Replaces the leaf values of the tree that grow_tree has just left behind. score: of the output before this
 * tree, [n_rows]; scratch: [n_rows] each. */
void renew_leaves(struct workspace *ws, const struct objective *objective, int output, const double *score,
                  struct renew_scratch scratch, struct tree *tree);

/* quant_train_renew_leaf (algorithms 8.2): outputs of the tree that grow_tree has just left behind, from the
 * gradients as they were before rounding, without path smoothing. gradient, hessian: [n_rows]. */
void renew_quantised_leaves(struct workspace *ws, const float *gradient, const float *hessian,
                            struct tree *tree);

#endif
