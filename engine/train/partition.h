/* partition.h - divides a leaf's rows between its two children. */
#ifndef COPSE_TRAIN_PARTITION_H
#define COPSE_TRAIN_PARTITION_H

#include "model/route.h"
#include "model/tree.h"
#include "train/workspace.h"

/* The children (left may be the leaf itself) get their rows, in the order that the leaf has them in. */
void partition_leaf(struct workspace *ws, const struct leaf *leaf, const struct split *split, int lane,
                    struct leaf *left, struct leaf *right);
/* The rule of a split of a tree that the workspace has grown, for the kernel. */
void partition_node(const struct workspace *ws, const struct tree *tree, int node, struct node_rule *out);

/* Whether the rule takes rows of a cell, of a carrier or with a bin, to the left. */
static inline bool partition_left(const struct split_rule *rule, uint32_t cell) {
  if (rule->categorical) return route_in_set(rule->bits, rule->n_words, cell);
  return cell == rule->missing_bin ? rule->default_left : cell <= rule->threshold;
}

#endif
