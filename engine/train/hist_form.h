/* hist_form.h - the two forms of a histogram in the pool.
 *
 * Planes have room for any leaf. A child that is taken off its parent goes through both their histograms,
 * which have left the caches since the parent was made; so what counts is bytes. Where packed cells have room
 * for all rows of a leaf, the gradient plane of its slot holds these cells and nothing else is looked at: 8
 * bytes instead of 16. Cells are taken off cells as planes off planes. The search of a column gets planes
 * that are made of it in the L1 cache. (Exact cells with their count are 16 bytes instead of 20, which gains
 * nothing.) */
#ifndef COPSE_TRAIN_HIST_FORM_H
#define COPSE_TRAIN_HIST_FORM_H

#include "train/workspace.h"

/* A slot, or none, as accumulator cells are spilled into it. */
struct hist_planes hist_slot_target(const struct hist_slot *slot);

/* Some planes become cells in the same place. What has no room there is lost until a child is taken off that
 * leaves a sum which has. */
void hist_narrow(struct hist_planes planes, uint64_t cell, uint32_t n);

/* Planes of one column of a leaf that has a slot, from its first bin on: in the slot, or in the lane of
 * `thread` until its next call. */
struct hist_planes hist_column(const struct workspace *ws, const struct leaf *leaf, uint32_t column,
                               int thread);

static inline uint64_t hist_first_cell(const struct workspace *ws, uint32_t column) {
  const struct binned_column *binned = &ws->data->binned.columns[column];
  return ws->data->binned.blocks[binned->block].first_cell + binned->hist_offset;
}

#endif
