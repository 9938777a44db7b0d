/* hist_form.c - see the header. */
#include "train/hist_form.h"

#include "train/hist_bundle.h"

struct hist_planes hist_slot_target(const struct hist_slot *slot) {
  if (slot == NULL) return (struct hist_planes){0};
  return slot->as_cells ? (struct hist_planes){.gradient = slot->planes.gradient} : slot->planes;
}

void hist_narrow(struct hist_planes planes, uint64_t cell, uint32_t n) {
  int64_t *gradient = planes.gradient + cell;
  const int64_t *hessian = planes.hessian + cell;
  for (uint32_t i = 0; i < n; i++)
    gradient[i] = (int64_t)(((uint64_t)gradient[i] << 32) + (uint64_t)hessian[i]);
}

struct hist_planes hist_column(const struct workspace *ws, const struct leaf *leaf, uint32_t column,
                               int thread) {
  const struct hist_slot *slot = &ws->slots[leaf->slot];
  const struct hist_planes planes = hist_planes_at(slot->planes, hist_first_cell(ws, column)),
                           room = ws->lanes[thread].column;
  if (!slot->as_cells) return planes;
  ws->kernels->hist_unpack(planes.gradient, ws->data->binned.columns[column].n_bins, room.gradient,
                           room.hessian);
  return room;
}
