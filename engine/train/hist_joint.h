/* hist_two.h - the root histograms of two trees in one walk over the rows.
 *
 * The trees of a round's outputs all begin with the same rows, and their gradients are known before the first
 * of them is grown: half of a root's time goes into finding cells, which two trees can share. */
#ifndef COPSE_TRAIN_HIST_TWO_H
#define COPSE_TRAIN_HIST_TWO_H

#include "train/workspace.h"

/* True when the next tree's root may be built with this one's: every row is in the bag, gradients are exact
 * and there is memory for them. Rows, bag and matrix must be the same for both trees. */
bool hist_two_possible(struct workspace *ws);
/* After workspace_begin_tree of the next tree and before that of this one: keeps the next tree's gradients,
 * so that hist_two_build finds both. */
void hist_two_keep(struct workspace *ws);
/* Whether the next tree's gradients are kept. */
bool hist_two_kept(const struct workspace *ws);
/* Builds the histogram of leaf 0, which has a slot, and lays the next tree's aside. */
void hist_two_build(struct workspace *ws);
/* Whether this tree's root was laid aside; leaf 0, which has a slot, gets it. */
bool hist_two_known(const struct workspace *ws);
void hist_two_take(struct workspace *ws);
/* Nothing is kept or laid aside any more. */
void hist_two_forget(struct workspace *ws);
void hist_two_release(struct workspace *ws);

#endif
