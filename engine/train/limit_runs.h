/* limit_runs.h - for each leaf and column a lower and an upper limit as functions of the bin.
 *
 * They change at thresholds of the tree and nowhere else: a column's bins are a list of runs, the same for
 * all leaves, and a leaf has two numbers a run. Run i < n_columns begins column i, those behind are begun by
 * thresholds; a limit is named by leaf and run. */
#ifndef COPSE_TRAIN_LIMIT_RUNS_H
#define COPSE_TRAIN_LIMIT_RUNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "copse.h"

struct limit_runs {
  size_t room, n_runs; /* n_columns + splits to come * 2, and those of the tree so far */
  uint32_t n_columns;
  uint32_t *start, *next; /* [room] first bin; the run that follows in the column, 0: none */
  double *lower, *upper;  /* [n_leaves * room]; NULL: no limits are kept */
};

/* For trees of n_leaves - 1 splits. False: no memory; release it all the same. */
COPSE_MUST_CHECK bool limit_runs_create(struct limit_runs *runs, copse_context *ctx, uint32_t n_columns,
                                        size_t n_leaves);
void limit_runs_release(struct limit_runs *runs);

/* A new tree: each column is one run, and leaf 0 has no limits. */
void limit_runs_begin_tree(struct limit_runs *runs);
/* Bins from `bin` on become a run of their own, with the limits that the first n_leaves leaves have there. */
void limit_runs_begin(struct limit_runs *runs, uint32_t column, uint32_t bin, size_t n_leaves);
void limit_runs_copy(struct limit_runs *runs, size_t from, size_t to);

/* Nothing is known any more of a leaf's lower (below = true) or upper limits in a column. */
void limit_runs_clear(struct limit_runs *runs, size_t leaf, uint32_t column, bool below);
/* Limits become at least as tight as `output`: of all columns, or of bins [first, end) of one, which begun
 * runs or the ends of the column bound. */
void limit_runs_tighten_all(struct limit_runs *runs, size_t leaf, double output, bool below);
void limit_runs_tighten(struct limit_runs *runs, size_t leaf, uint32_t column, uint32_t first, uint32_t end,
                        double output, bool below);
/* A column's limits bin by bin: lower, upper [n_bins]. */
void limit_runs_unroll(const struct limit_runs *runs, size_t leaf, uint32_t column, uint32_t n_bins,
                       double *lower, double *upper);

#endif
