/* hist.h - histograms of leaves: built from rows, or by taking a child from its parent. */
#ifndef COPSE_TRAIN_HIST_H
#define COPSE_TRAIN_HIST_H

#include "train/workspace.h"

/* A slot of the pool for the leaf; the least recently used leaf loses its own when all are taken. `keep`: a
 * leaf whose slot must stay (-1: none). From several threads at once only where the workspace is speculative:
 * then there are slots enough. */
int hist_acquire(struct workspace *ws, int leaf, int keep);
/* Gives a leaf's slot to another leaf. */
void hist_move(struct workspace *ws, int from_leaf, int to_leaf);
/* Fills the leaf's slot from its rows. */
void hist_build(struct workspace *ws, int leaf, int lane);
/* Slot of `leaf` holds its parent's histogram: takes the sibling's off. */
void hist_subtract(struct workspace *ws, int leaf, int sibling, int lane);

#endif
