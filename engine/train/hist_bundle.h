/* hist_bundle.h - from the accumulator cells of a block to its columns' planes. */
#ifndef COPSE_TRAIN_HIST_BUNDLE_H
#define COPSE_TRAIN_HIST_BUNDLE_H

#include "train/workspace.h"

/* Adds the block's sums into planes that start at the block's first cell, and zeroes the sums. planes.count
 * NULL when count_bits == 0. */
void hist_spill_block(const struct workspace *ws, const struct binned_block *block, struct hist_pair *sums,
                      unsigned count_bits, struct hist_planes planes);

/* The same for packed cells. */
void hist_spill_packed_block(const struct workspace *ws, const struct binned_block *block, int64_t *sums,
                             struct hist_planes planes);

#endif
