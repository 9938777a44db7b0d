/* expand.h - what a split brings about: the leaf's rows divided, its children's histograms and best splits.
 */
#ifndef COPSE_TRAIN_EXPAND_H
#define COPSE_TRAIN_EXPAND_H

#include "train/split.h"

/* Makes the children of the best leaf `leaf`, one of n_leaves, known; they stay pending. With several threads
 * and small leaves each thread does a leaf by itself: this one and those that will most likely come next. */
void expand_leaves(struct workspace *ws, int n_leaves, int leaf);
/* The same for any leaf that has a split, and no other leaf is divided ahead. */
void expand_leaf_alone(struct workspace *ws, int n_leaves, int leaf);
/* Searches a leaf that was searched before: what bears on its splits has changed. */
void expand_search_again(struct workspace *ws, int leaf);
/* The pending children take their places: the left one the leaf's own, the right one `right`. */
void expand_settle(struct workspace *ws, int leaf, int right);
/* Whether leaf a is to be split before b: the one that gains more; grown level by level the shallower one
 * first, of those that gain at all. */
static inline bool expand_before(const struct workspace *ws, const struct leaf *a, const struct leaf *b) {
  if (ws->grow.depthwise && a->depth != b->depth && a->best.gain > 0 && b->best.gain > 0)
    return a->depth < b->depth;
  return split_better(&a->best, &b->best);
}
/* No split is known. */
void expand_clear(struct leaf *leaf);
/* Whether leaves may be split further (algorithms 4.2); right < 0: there is but one. */
bool expand_allowed(const struct workspace *ws, int left, int right);

#endif
