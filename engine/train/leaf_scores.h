/* leaf_scores.h - a grown tree's leaf values reach the scores of the rows that it was grown on. */
#ifndef COPSE_TRAIN_LEAF_SCORES_H
#define COPSE_TRAIN_LEAF_SCORES_H

#include "model/tree.h"
#include "train/workspace.h"

/* score[row] += value of the row's leaf: for rows in the bag by the partition that the last grow_tree left
 * behind, others find their leaf (out_of_bag.h). */
void leaf_scores_add(struct workspace *ws, const struct tree *tree, double *score);

#endif
