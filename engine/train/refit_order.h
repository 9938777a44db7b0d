/* refit_order.h - leaves of a refit that keep the order a model states (monotone constraints). */
#ifndef COPSE_TRAIN_REFIT_ORDER_H
#define COPSE_TRAIN_REFIT_ORDER_H

#include "model/model.h"

struct order_node;

struct refit_order {
  int8_t *sign;             /* [n_features]; NULL: the model states no order, nor is there room for one */
  struct order_node *nodes; /* [most_leaves] */
  double *best;             /* [most_leaves] new values of a tree's leaves */
  uint64_t *count;          /* [most_leaves] rows that speak for them */
};

/* Zeroed where the model states no order. To be released after a failure too. */
COPSE_MUST_CHECK copse_status refit_order_create(copse_context *ctx, const copse_model *model,
                                                 int most_leaves, struct refit_order *out, copse_error *err);
void refit_order_release(struct refit_order *order);
/* Brings best into the order. */
void refit_order_restore(struct refit_order *order, const struct tree *tree);

#endif
