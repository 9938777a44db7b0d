/* hist_joint.h - the root histograms of several trees in one walk over the rows.
 *
 * The trees of a round's outputs all begin with the same rows, and their gradients are known before the first
 * of them is grown: most of a root's time goes into finding cells, which up to four trees can share. */
#ifndef COPSE_TRAIN_HIST_JOINT_H
#define COPSE_TRAIN_HIST_JOINT_H

#include "train/workspace.h"

/* True when the next trees' roots may be built with this one's: every row is in the bag, gradients are exact
 * and there is memory for them. Rows, bag and matrix must be the same for all trees. What was kept before is
 * forgotten. */
bool hist_joint_possible(struct workspace *ws, int n_outputs);
/* After workspace_begin_tree of a tree: keeps its gradients as those of the n-th tree, 1 to
 * HIST_MOST_SOURCES - 1, after the one to be grown now, whose own workspace_begin_tree comes last. */
void hist_joint_keep(struct workspace *ws, int n);
/* Whether next trees' gradients are kept, and hist_joint_build has not yet been. */
bool hist_joint_kept(const struct workspace *ws);
/* Builds the histogram of leaf 0, which has a slot, and lays the next trees' aside. */
void hist_joint_build(struct workspace *ws);
/* Whether this tree's root was laid aside. */
bool hist_joint_known(const struct workspace *ws);
/* Its gradients too, instead of workspace_begin_tree. False: rows have got another order since. */
bool hist_joint_begin_tree(struct workspace *ws);
/* Leaf 0, which has a slot, gets the root. */
void hist_joint_take(struct workspace *ws);
/* Nothing is kept or laid aside any more. */
void hist_joint_forget(struct workspace *ws);
void hist_joint_release(struct workspace *ws);

#endif
