/* hist_slots.h - the pool of histograms: a leaf has a slot, or is built again from its rows. */
#ifndef COPSE_TRAIN_HIST_SLOTS_H
#define COPSE_TRAIN_HIST_SLOTS_H

#include "train/workspace.h"

/* A slot of the pool for the leaf. A leaf that gains much less than the last tree of this output stopped at
 * is as good as never split, and loses its slot first: the one that was written last, by the same lane, is in
 * the cache still. Where the pool is full, or holds more than half as many as the tree may have leaves, the
 * leaf that comes last in the order of splitting loses its own: as many splits as are left, that many leaves
 * at most are split, so that nobody asks for it again (unless later splits change the order: then it is built
 * again from its rows). Like what follows but hist_take, for one thread at a time. */
void hist_acquire(struct workspace *ws, int leaf);
/* Slots for the children of a leaf that is to be divided: one, or two where its own is lost. `lane`
 * will write them, or ALL_LANES. Whoever divides it takes them, at any time; what is left of them, and the
 * leaf's own, is given back at the end. */
void hist_reserve(struct workspace *ws, int leaf, int lane);
void hist_take(struct workspace *ws, int parent, int child);
void hist_give_back(struct workspace *ws, int leaf);
/* Gives a leaf's slot to another leaf. */
void hist_move(struct workspace *ws, int from_leaf, int to_leaf);

#endif
