/* hist_joint.h - the root histograms of several trees in one walk over the rows.
 *
 * The trees of a round's outputs all begin with the same rows, and their gradients are known before the first
 * of them is grown: most of a root's time goes into finding cells, which up to four trees can share. */
#ifndef COPSE_TRAIN_HIST_JOINT_H
#define COPSE_TRAIN_HIST_JOINT_H

#include "train/workspace.h"

/* True when the roots of some of a round's n_outputs trees may be built together: every row is in the bag,
 * roots are to be split, gradients are exact and there is memory for them. Rows, bag and matrix must be the
 * same for all trees. What was kept before is forgotten. */
bool hist_joint_possible(struct workspace *ws, int n_outputs);
/* After workspace_begin_tree of the i-th tree, less than HIST_MOST_SOURCES, from 0 on: keeps its gradients.
 */
void hist_joint_keep(struct workspace *ws, int i);
/* Builds the roots of the trees whose gradients are kept, at least two. */
void hist_joint_build(struct workspace *ws);
/* The roots of trees that are still to be grown, and that of the next one, which no longer waits; NULL: none
 * does. */
int hist_joint_waiting(const struct workspace *ws);
struct joint_root *hist_joint_next(struct workspace *ws);
/* Instead of workspace_begin_tree: the gradients become those of a workspace, and the root will be its leaf
 * 0. False: rows have got another order since, and gradients have to come again first (then workspace.root is
 * the root). */
bool hist_joint_begin_tree(struct workspace *ws, struct joint_root *root);
/* Leaf 0, which has a slot, gets the root that was laid aside for it, if any. */
bool hist_joint_take(struct workspace *ws);
/* Nothing is kept or laid aside any more. */
void hist_joint_forget(struct workspace *ws);
void hist_joint_release(struct workspace *ws);

#endif
