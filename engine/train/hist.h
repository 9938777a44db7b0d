/* hist.h - histograms of leaves: built from rows, or by taking a child from its parent; and searched for
 * splits while they are in the cache. */
#ifndef COPSE_TRAIN_HIST_H
#define COPSE_TRAIN_HIST_H

#include "train/split.h"
#include "train/workspace.h"

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
