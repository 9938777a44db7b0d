/* grow.h - grows one tree, leaf-wise: always the leaf whose split gains most (algorithms 4.1 to 4.7; Shi
 * 2007). */
#ifndef COPSE_TRAIN_GROW_H
#define COPSE_TRAIN_GROW_H

#include "model/tree.h"
#include "train/workspace.h"

/* Gradients must have been handed to workspace_begin_tree. tree: fresh, of one leaf. Leaf values are
 * unshrunk. */
COPSE_MUST_CHECK copse_status grow_tree(struct workspace *ws, struct tree *tree, copse_error *err);

#endif
