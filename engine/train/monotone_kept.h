/* monotone_kept.h - the limits of monotone_constraints that look around, as LightGBM keeps them
 * (algorithms 4.14), for compat=lightgbm. monotone.c finds a leaf's limits anew at each search; here, with
 * advanced, a leaf has, for each column, a lower and an upper limit as functions of the bin, which its
 * children inherit. They are found anew only after a split elsewhere bore on the leaf, one of the two at a
 * time, so that limits which later splits have loosened stay. With intermediate a leaf has one limit from
 * either side. Rows without a value are in no order. */
#ifndef COPSE_TRAIN_MONOTONE_KEPT_H
#define COPSE_TRAIN_MONOTONE_KEPT_H

#include "train/workspace.h"

struct kept_limits;

COPSE_MUST_CHECK copse_status kept_create(struct workspace *ws, copse_error *err);
void kept_release(struct workspace *ws);

/* Leaf 0 becomes the root of a new tree. */
void kept_begin_tree(const struct workspace *ws);
/* The limits of a child of `parent`, whose best split is made, the left one first; then it takes its place in
 * the tree. */
void kept_child(const struct workspace *ws, int parent, int child, bool right);
void kept_settle(const struct workspace *ws, int from, int to);
/* Marks leaves on which the new leaves bear as stale, and their limits as to be found anew. */
void kept_after_split(struct workspace *ws, int left, int right);
/* Limits of a column's candidates; room: [4 * bins]. */
void kept_bounds(const struct workspace *ws, int leaf, uint32_t column, int thread, double *room,
                 struct scan_bounds *out);

#endif
