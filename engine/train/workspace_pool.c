/* workspace_pool.c - memory for the histograms of leaves, as many as there is room for. */
#include <math.h>

#include "base/context.h"
#include "train/workspace.h"

/* Without a limit of the user's, histograms of unsplit leaves may take this much before old ones are
 * recomputed. */
static const double DEFAULT_POOL_MB = 4096;

/* Whole cache lines. Planes of two leaves are gone through side by side: where they begin at the same place
 * of a page, as those of 256-bin columns would, what is read of one is taken at first for what was just
 * written to the other, and they crowd each other out of the L2 cache. So large ones begin at different
 * places. */
static size_t plane_room(uint64_t n_cells) {
  enum { LINE = 64 / sizeof(int64_t), PAGE = 4096 / sizeof(int64_t), APART = 6 * LINE };
  const size_t n = (size_t)(n_cells + LINE - 1) / LINE * LINE;
  return n < PAGE ? n : n + (PAGE + APART - n % PAGE) % PAGE;
}

/* All planes in one block, of which memory is used up to the last slot taken. In small pages: huge ones halve
 * the time of spills where several histograms lie in one, but cost as much to get (1,000,000 x 28, 255
 * leaves, 100 rounds: 0.2 to 2.5 % slower in three of four settings; 100,000 x 500 13 %). */
static bool slots_create(struct workspace *ws, bool counted) {
  const size_t n_cells = plane_room(ws->data->binned.n_cells);
  const size_t slot_words = 2 * n_cells + (counted ? n_cells / 2 : 0);
  const size_t slot_bytes = slot_words * sizeof *ws->pool;
  ws->pool = context_alloc_streamed(ws->ctx, (size_t)ws->n_slots, slot_bytes);
  if (ws->pool == NULL) return false;
  for (int s = 0; s < ws->n_slots; s++) {
    struct hist_planes *slot = &ws->slots[s].planes;
    slot->gradient = ws->pool + (size_t)s * slot_words;
    slot->hessian = slot->gradient + n_cells;
    slot->count = counted ? (uint32_t *)(void *)(slot->hessian + n_cells) : NULL;
  }
  return true;
}

bool workspace_pool_create(struct workspace *ws) {
  const struct binned *binned = &ws->data->binned;
  bool counted = ws->count_kind == COUNT_FIELD;
  double slot_mb = (double)plane_room(binned->n_cells) * (counted ? 20.0 : 16.0) / (1024 * 1024);
  double pool_mb = ws->grow.histogram_pool_mb > 0 ? ws->grow.histogram_pool_mb : DEFAULT_POOL_MB;
  double fit = slot_mb > 0 ? floor(pool_mb / slot_mb) : ws->grow.num_leaves;
  /* A leaf that is divided ahead needs one slot more, and not every one of those becomes part of the tree. */
  int enough = ws->grow.num_leaves + WORKSPACE_PENDING;
  ws->speculative = ws->n_threads > 1 && fit >= enough;
  if (!ws->speculative) enough = ws->grow.num_leaves;
  ws->n_slots = fit < enough ? (int)fit : enough;
  if (ws->n_slots < 2) ws->n_slots = 2;
  ws->slots = copse_alloc_zero(ws->ctx, (size_t)ws->n_slots, sizeof *ws->slots);
  ws->slot_leaf = copse_alloc(ws->ctx, (size_t)ws->n_slots, sizeof *ws->slot_leaf);
  if (ws->slots == NULL || ws->slot_leaf == NULL) return false;
  return slots_create(ws, counted);
}
