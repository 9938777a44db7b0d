/* partition.h - divides a leaf's rows between its two children. */
#ifndef COPSE_TRAIN_PARTITION_H
#define COPSE_TRAIN_PARTITION_H

#include "train/workspace.h"

/* Rows of `leaf` that go left come first, both sides keep their order. Returns how many went left. */
uint64_t partition_leaf(struct workspace *ws, const struct leaf *leaf, const struct split *split, int lane);

#endif
