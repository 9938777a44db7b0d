/* hist.h - histograms of leaves: built from rows, or by taking a child from its parent; and searched for
 * splits while they are in the cache. */
#ifndef COPSE_TRAIN_HIST_H
#define COPSE_TRAIN_HIST_H

#include "train/split.h"
#include "train/workspace.h"

/* A slot of the pool for the leaf; the least recently used leaf loses its own when all are taken. `keep`: a
 * leaf whose slot must stay (-1: none). From several threads at once only where the workspace is speculative:
 * then there are slots enough. */
int hist_acquire(struct workspace *ws, int leaf, int keep);
/* Gives a leaf's slot to another leaf. */
void hist_move(struct workspace *ws, int from_leaf, int to_leaf);
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
