/* monotone.h - leaves whose outputs keep an order in some features (algorithms 4.14). */
#ifndef COPSE_TRAIN_MONOTONE_H
#define COPSE_TRAIN_MONOTONE_H

#include "model/tree.h"
#include "train/workspace.h"

COPSE_MUST_CHECK copse_status monotone_create(struct workspace *ws, copse_error *err);
void monotone_release(struct workspace *ws);

/* The limits of a child of `parent`, whose best split is made. */
void monotone_child(const struct workspace *ws, const struct leaf *parent, struct leaf *child, bool right);
/* Whether other leaves bear on the limits of a leaf: then nothing is divided ahead. */
bool monotone_looks_around(const struct workspace *ws);
/* Limits of a column's candidates at a leaf that is searched as `side` by `thread`. */
void monotone_bounds(const struct workspace *ws, const struct leaf *leaf, int side, uint32_t column,
                     int thread, struct scan_bounds *out);
/* Factor on gains of constrained features. */
double monotone_penalty(const struct workspace *ws, int depth);
/* Marks leaves on which the new leaves bear as stale. */
void monotone_after_split(struct workspace *ws, int left, int right);

/* Whether two leaves that may meet are out of order by the tree's leaf values; for methods that look around.
 */
bool monotone_broken(struct workspace *ws, const struct tree *tree);
/* Values that are not those of the search (percentiles, sums before rounding) need not keep the order: where
 * they do not, sides are brought together until they do. */
void monotone_restore_order(struct workspace *ws, struct tree *tree);

#endif
