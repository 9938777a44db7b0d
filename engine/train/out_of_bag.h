/* out_of_bag.h - the leaves of rows that a tree was not grown on. */
#ifndef COPSE_TRAIN_OUT_OF_BAG_H
#define COPSE_TRAIN_OUT_OF_BAG_H

#include "model/tree.h"
#include "train/workspace.h"

/* n rows of a chunk (at least one) are in a leaf; rows is the callee's until the next call. */
typedef void (*out_of_bag_fn)(void *user, int leaf, const uint32_t *rows, uint64_t n);

/* Chunks that the rows out of the bag are cut into. */
size_t out_of_bag_chunks(const struct workspace *ws);
/* Once for a tree of the workspace's that has splits, before its chunks. */
void out_of_bag_begin(struct workspace *ws, const struct tree *tree);
/* Finds the leaves of one chunk's rows. Every chunk may be another thread's. */
void out_of_bag_find(const struct workspace *ws, const struct tree *tree, size_t chunk, int thread,
                     out_of_bag_fn found, void *user);

#endif
