/* cluster.h - the training matrix laid out leaf by leaf. */
#ifndef COPSE_TRAIN_CLUSTER_H
#define COPSE_TRAIN_CLUSTER_H

#include "train/workspace.h"

/* After the first tree of a workspace, of n_leaves > 1: lays out the matrix in the order that the tree left
 * the rows in, where there are enough rows for it to pay. From the next tree on rows are numbered by place
 * (workspace_row translates). own: the data set's matrix when nobody else looks at it, whose rows then move;
 * NULL: a copy is made. Where memory is refused everything stays as it is: no result depends on it. */
void cluster_rows(struct workspace *ws, int n_leaves, struct binned *own);
/* Rows that were moved lie as before again, and the workspace is about to be released. */
void cluster_undo(struct workspace *ws, struct binned *own);

#endif
