/* hist.h - histograms of leaves: built from rows, or by taking a child from its parent; and searched for
 * splits while they are in the cache. */
#ifndef COPSE_TRAIN_HIST_H
#define COPSE_TRAIN_HIST_H

#include "train/split.h"
#include "train/workspace.h"

/* A slot of the pool for the leaf. Where the pool is full, or holds more than half as many as the tree may
 * have leaves, the leaf that comes last in the order of splitting loses its own: as many splits as are left,
 * that many leaves at most are split, so that nobody asks for it again (unless later splits change the order:
 * then it is built again from its rows). Like what follows but hist_take, for one thread at a time. */
void hist_acquire(struct workspace *ws, int leaf);
/* Slots for the children of a leaf that is to be divided: one, or two where its own is lost. Whoever divides
 * it takes them, at any time; what is left of them, and the leaf's own, is given back at the end. */
void hist_reserve(struct workspace *ws, int leaf);
void hist_take(struct workspace *ws, int parent, int child);
void hist_give_back(struct workspace *ws, int leaf);
/* Gives a leaf's slot to another leaf. */
void hist_move(struct workspace *ws, int from_leaf, int to_leaf);
/* Whether all threads build the histogram of a leaf of so many rows, some columns each. */
bool hist_shares_columns(const struct workspace *ws, uint64_t n_rows);
/* What is to be done with a leaf's rows. */
struct hist_task {
  int leaf;    /* its slot, if it has one, is filled from its rows */
  int sibling; /* whose slot holds the parent's histogram: the leaf's is taken off; -1: none */
  const struct split_search *search; /* every column is searched as soon as it is known; NULL: none */
};
void hist_build(struct workspace *ws, const struct hist_task *task, int lane);
/* The totals of a leaf from its histogram. */
void hist_sum(struct workspace *ws, int leaf);
/* Searches every column of histograms that are there, with all threads. */
void hist_search(struct workspace *ws, const struct split_search *search);

#endif
