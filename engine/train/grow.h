/* grow.h - grows one tree, leaf-wise: always the leaf whose split gains most (algorithms 4.1 to 4.7; Shi
 * 2007). */
#ifndef COPSE_TRAIN_GROW_H
#define COPSE_TRAIN_GROW_H

#include "model/tree.h"
#include "train/workspace.h"

/* Gradients must have been handed to workspace_begin_tree. tree: fresh, of one leaf. Leaf values are
 * unshrunk. gain_in_sight: what the output's last tree stopped at (ahead_note_tree), below 0 where that is
 * not known; then what this one did. */
COPSE_MUST_CHECK copse_status grow_tree(struct workspace *ws, double *gain_in_sight, struct tree *tree,
                                        copse_error *err);

#endif
