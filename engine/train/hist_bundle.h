/* hist_bundle.h - from the accumulator cells of a block to its columns' planes. */
#ifndef COPSE_TRAIN_HIST_BUNDLE_H
#define COPSE_TRAIN_HIST_BUNDLE_H

#include "train/workspace.h"

/* Accumulator cells of a block: pairs, or in quantised training packed ones. */
struct hist_cells {
  struct hist_pair *pairs;
  unsigned count_bits;
  int64_t *packed; /* instead of pairs; else NULL */
};

static inline struct hist_planes hist_planes_at(struct hist_planes planes, uint64_t cell) {
  if (planes.gradient == NULL) return planes;
  return (struct hist_planes){planes.gradient + cell, planes.hessian != NULL ? planes.hessian + cell : NULL,
                              planes.count != NULL ? planes.count + cell : NULL};
}

static inline struct hist_target hist_target_at(const struct hist_target *target, uint64_t cell) {
  return (struct hist_target){hist_planes_at(target->planes, cell), hist_planes_at(target->parent, cell),
                              target->first};
}

/* Spills the cells of the block's carriers first .. end - 1 into a target that starts at the block's first
 * plane cell, and zeroes them (kernels.h: hist_spill). */
void hist_spill_carriers(const struct workspace *ws, const struct binned_block *block, uint32_t first,
                         uint32_t end, struct hist_cells cells, const struct hist_target *target);

#endif
