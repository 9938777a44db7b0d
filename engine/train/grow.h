/* grow.h - grows one tree, leaf-wise: always the leaf whose split gains most (algorithms 4.1 to 4.7; Shi
 * 2007). */
#ifndef COPSE_TRAIN_GROW_H
#define COPSE_TRAIN_GROW_H

#include "model/tree.h"
#include "train/workspace.h"

/* Gradients must have been handed to workspace_begin_tree. tree: fresh, of one leaf. Leaf values are
 * unshrunk. */
COPSE_MUST_CHECK copse_status grow_tree(struct workspace *ws, struct tree *tree, copse_error *err);

/* score[row] += value of the row's leaf: for rows in the bag by the partition that the last grow_tree left
 * behind, for the others by routing. */
void grow_add_scores(struct workspace *ws, const struct tree *tree, double *score);

#endif
