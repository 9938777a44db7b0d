/* sample.h - which rows and columns take part. Every draw is a hash of what it is about: seed, absolute
 * round, row number, column name, path of the node. Adding a column, changing the thread count or resuming
 * from a model reshuffles nothing else. */
#ifndef COPSE_TRAIN_SAMPLE_H
#define COPSE_TRAIN_SAMPLE_H

#include "train/workspace.h"

/* Hashes the column names; once per workspace. */
void sample_init(struct workspace *ws);
/* Before each tree: rows in the bag and the others (workspace.bag, rows_out), columns of the tree. `round` is
 * absolute (rounds of a model that is continued count), `output` the tree's number within the round, n_before
 * counts the trees grown before it. */
void sample_tree(struct workspace *ws, int round, int output, uint64_t n_before);
/* Columns that a leaf may be split on, into in [n_columns]. */
void sample_leaf_columns(const struct workspace *ws, const struct leaf *leaf, bool *in);
/* Extra trees: a number in [0, n) for a column at a leaf, a side of the search. */
uint32_t sample_threshold(const struct workspace *ws, const struct leaf *leaf, int side, uint32_t column,
                          uint32_t n);
/* Key of a child's path. */
uint64_t sample_child_key(uint64_t parent, bool right);

#endif
