/* cluster.h - the training matrix laid out leaf by leaf. */
#ifndef COPSE_TRAIN_CLUSTER_H
#define COPSE_TRAIN_CLUSTER_H

#include "train/workspace.h"

/* After the first tree of a workspace: copies the matrix in the order that the tree left the rows in, where
 * there are enough rows for it to pay. From the next tree on rows are numbered by place (workspace_row
 * translates). Where memory for the copy is refused everything stays as it is: no result depends on it. */
void cluster_rows(struct workspace *ws);

#endif
