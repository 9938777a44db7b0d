/* expand.h - what a split brings about: the leaf's rows divided, its children's histograms and best splits.
 */
#ifndef COPSE_TRAIN_EXPAND_H
#define COPSE_TRAIN_EXPAND_H

#include "train/split.h"

/* The leaf whose turn it is. Larger gain (level by level: less depth before that); equal: smaller feature of
 * the stored split; equal: smaller leaf. */
int expand_best(const struct workspace *ws, int n_leaves);
/* Makes the children of a leaf that has a split, one of n_leaves, known; they stay pending. By all threads.
 */
void expand_leaf(struct workspace *ws, int n_leaves, int leaf);
/* The same in two steps: the leaf is given a pair of children (never from two threads at once), which are
 * then made on a lane of their own, known already; `last`: no split comes after the leaf's. */
void expand_take(struct workspace *ws, int leaf, int lane);
void expand_taken(struct workspace *ws, int leaf, int lane, bool last);
/* Adds to the phases the time of so many lanes that ran side by side. */
void expand_collect_phases(struct workspace *ws, int n_lanes);
/* Searches a leaf that was searched before: what bears on its splits has changed. */
void expand_search_again(struct workspace *ws, int leaf);
/* The pending children take their places: the left one the leaf's own, the right one `right`. */
void expand_settle(struct workspace *ws, int leaf, int right);
/* No more splits come: leaves that were divided in vain have their rows in one place again. */
void expand_end(struct workspace *ws, int n_leaves);
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
