/* hist_rows.h - one block of a leaf's histogram with all threads. Only the files of hist.h include this. */
#ifndef COPSE_TRAIN_HIST_ROWS_H
#define COPSE_TRAIN_HIST_ROWS_H

#include "train/hist_piece.h"

/* Every thread has some of the leaf's rows; then some columns, whose sums it adds up, and searches. The leaf
 * has a slot. Fills in what of the job belongs to the block. */
void hist_rows_build(struct build_job *job, const struct binned_block *block, int n_threads);

#endif
