/* partition.h - divides a leaf's rows between its two children. */
#ifndef COPSE_TRAIN_PARTITION_H
#define COPSE_TRAIN_PARTITION_H

#include "model/tree.h"
#include "train/workspace.h"

/* The children (left may be the leaf itself) get their rows, in the order that the leaf has them in. */
void partition_leaf(struct workspace *ws, const struct leaf *leaf, const struct split *split, int lane,
                    struct leaf *left, struct leaf *right);
/* The rule of a split of a tree that the workspace has grown, for the kernel. */
void partition_node(const struct workspace *ws, const struct tree *tree, int node, struct node_rule *out);

#endif
