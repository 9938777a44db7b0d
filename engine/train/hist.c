/* hist.c - builds histograms block by block. Threads cut rows or blocks; since cells are integers the result
 * is the same for any cut. */
#include "train/hist.h"

#include <string.h>

#include "train/hist_bundle.h"

/* Below this many cell updates a second thread costs more than it saves. */
enum { MIN_UPDATES_PER_THREAD = 1 << 17 };

static void own_slot(struct workspace *ws, int slot, int leaf) {
  ws->slot_leaf[slot] = leaf;
  if (!ws->speculative) ws->slot_stamp[slot] = ++ws->stamp; /* else no slot is ever recycled */
}

int hist_acquire(struct workspace *ws, int leaf, int keep) {
  int chosen = atomic_load(&ws->n_slots_used) < ws->n_slots ? atomic_fetch_add(&ws->n_slots_used, 1) : -1;
  if (chosen < 0) {
    for (int s = 0; s < ws->n_slots; s++) {
      if (ws->slot_leaf[s] == keep) continue;
      if (chosen < 0 || ws->slot_stamp[s] < ws->slot_stamp[chosen]) chosen = s;
    }
    ws->leaves[ws->slot_leaf[chosen]].slot = -1;
  }
  ws->leaves[leaf].slot = chosen;
  own_slot(ws, chosen, leaf);
  return chosen;
}

void hist_move(struct workspace *ws, int from_leaf, int to_leaf) {
  int slot = ws->leaves[from_leaf].slot;
  ws->leaves[from_leaf].slot = -1;
  ws->leaves[to_leaf].slot = slot;
  if (slot < 0) return;
  own_slot(ws, slot, to_leaf);
}

struct build_job {
  struct workspace *ws;
  const struct leaf *leaf;
  struct hist_planes *target;
  const struct binned_block *block; /* NULL: a chunk is a whole block */
  uint64_t chunk_rows;
};

static void add_pairs(const struct build_job *job, const struct binned_block *block, uint64_t begin,
                      uint64_t end, struct lane *lane, struct hist_planes planes,
                      const struct hist_pair *pairs, unsigned count_bits) {
  struct workspace *ws = job->ws;
  struct hist_block view = {block->rows, block->row_bytes, block->cell_bytes, block->n_columns,
                            block->offsets};
  const uint32_t *rows = job->leaf->n_rows == ws->data->n_rows ? NULL : ws->rows + job->leaf->begin;
  uint64_t step = count_bits > 0 ? HIST_SPILL_ROWS : end - begin;
  for (uint64_t at = begin; at < end; at += step) {
    uint64_t stop = end - at > step ? at + step : end;
    ws->kernels->hist_update(&view, rows, at, stop, pairs, lane->cells);
    struct hist_planes to = planes;
    if (count_bits == 0) to.count = NULL;
    hist_spill_block(ws, block, lane->cells, count_bits, to);
  }
}

static void add_packed(const struct build_job *job, const struct binned_block *block, uint64_t begin,
                       uint64_t end, struct lane *lane, struct hist_planes planes) {
  struct workspace *ws = job->ws;
  struct hist_block view = {block->rows, block->row_bytes, block->cell_bytes, block->n_columns,
                            block->offsets};
  const uint32_t *rows = job->leaf->n_rows == ws->data->n_rows ? NULL : ws->rows + job->leaf->begin;
  int64_t *cells = (int64_t *)lane->cells;
  for (uint64_t at = begin; at < end; at += HIST_PACKED_ROWS) {
    uint64_t stop = end - at > HIST_PACKED_ROWS ? at + HIST_PACKED_ROWS : end;
    ws->kernels->hist_update_packed(&view, rows, at, stop, ws->packed, cells);
    hist_spill_packed_block(ws, block, cells, planes);
  }
}

/* Adds rows [begin, end) of the leaf in one block into planes that start at the block's first cell. */
static void add_rows(const struct build_job *job, const struct binned_block *block, uint64_t begin,
                     uint64_t end, struct lane *lane, struct hist_planes planes) {
  const struct workspace *ws = job->ws;
  if (ws->packed != NULL) {
    add_packed(job, block, begin, end, lane, planes);
    return;
  }
  add_pairs(job, block, begin, end, lane, planes, ws->pairs, ws->count_bits);
  if (ws->count_pairs != NULL)
    add_pairs(job, block, begin, end, lane, planes, ws->count_pairs, HIST_COUNT_BITS);
}

static struct hist_planes planes_at(struct hist_planes planes, uint64_t cell) {
  return (struct hist_planes){planes.gradient + cell, planes.hessian + cell,
                              planes.count != NULL ? planes.count + cell : NULL};
}

static void planes_zero(struct hist_planes planes, uint64_t n_cells) {
  memset(planes.gradient, 0, n_cells * sizeof *planes.gradient);
  memset(planes.hessian, 0, n_cells * sizeof *planes.hessian);
  if (planes.count != NULL) memset(planes.count, 0, n_cells * sizeof *planes.count);
}

static void build_block(void *user, size_t chunk, int thread) {
  struct build_job *job = user;
  const struct binned_block *block = &workspace_matrix(job->ws)->blocks[chunk];
  struct hist_planes planes = planes_at(*job->target, block->first_cell);
  planes_zero(planes, block->n_cells);
  add_rows(job, block, 0, job->leaf->n_rows, &job->ws->lanes[thread], planes);
}

static void build_rows(void *user, size_t chunk, int thread) {
  struct build_job *job = user;
  uint64_t begin = (uint64_t)chunk * job->chunk_rows, end = begin + job->chunk_rows;
  if (end > job->leaf->n_rows) end = job->leaf->n_rows;
  struct lane *lane = &job->ws->lanes[thread];
  add_rows(job, job->block, begin, end, lane, lane->planes);
}

/* One block, its rows cut between threads: every lane fills planes of its own, which are then added up. */
static void build_block_by_rows(struct build_job *job, const struct binned_block *block, int n_threads) {
  struct workspace *ws = job->ws;
  job->block = block;
  job->chunk_rows = HIST_SPILL_ROWS;
  uint64_t n_chunks = (job->leaf->n_rows + job->chunk_rows - 1) / job->chunk_rows;
  if (n_chunks < (uint64_t)n_threads) {
    job->chunk_rows = (job->leaf->n_rows + (uint64_t)n_threads - 1) / (uint64_t)n_threads;
    n_chunks = (job->leaf->n_rows + job->chunk_rows - 1) / job->chunk_rows;
  }
  for (int t = 0; t < n_threads; t++) planes_zero(ws->lanes[t].planes, block->n_cells);
  copse_parallel_for(n_threads, (size_t)n_chunks, build_rows, job);
  struct hist_planes target = planes_at(*job->target, block->first_cell);
  planes_zero(target, block->n_cells);
  for (int t = 0; t < n_threads; t++) {
    struct hist_planes lane = ws->lanes[t].planes;
    for (uint32_t c = 0; c < block->n_cells; c++) target.gradient[c] += lane.gradient[c];
    for (uint32_t c = 0; c < block->n_cells; c++) target.hessian[c] += lane.hessian[c];
    if (target.count != NULL)
      for (uint32_t c = 0; c < block->n_cells; c++) target.count[c] += lane.count[c];
  }
}

void hist_build(struct workspace *ws, int leaf, int lane) {
  double start = workspace_clock();
  const struct binned *binned = workspace_matrix(ws);
  struct build_job job = {.ws = ws, .leaf = &ws->leaves[leaf]};
  job.target = &ws->slots[ws->leaves[leaf].slot];
  uint64_t updates = job.leaf->n_rows * binned->n_carriers;
  int n_threads = lane == ALL_LANES ? ws->n_threads : 1;
  if (updates / MIN_UPDATES_PER_THREAD < (uint64_t)n_threads)
    n_threads = (int)(updates / MIN_UPDATES_PER_THREAD);
  if (n_threads <= 1 || binned->n_blocks >= 4 * (uint32_t)n_threads) {
    workspace_for(lane, n_threads, binned->n_blocks, build_block, &job);
  } else {
    for (uint32_t b = 0; b < binned->n_blocks; b++) build_block_by_rows(&job, &binned->blocks[b], n_threads);
  }
  workspace_note(ws, lane, PHASE_HISTOGRAM, start);
}

void hist_subtract(struct workspace *ws, int leaf, int sibling, int lane) {
  double start = workspace_clock();
  struct hist_planes *parent = &ws->slots[ws->leaves[leaf].slot],
                     *child = &ws->slots[ws->leaves[sibling].slot];
  ws->kernels->hist_subtract(parent->gradient, parent->hessian, parent->count, child->gradient,
                             child->hessian, child->count, workspace_matrix(ws)->n_cells);
  workspace_note(ws, lane, PHASE_HISTOGRAM, start);
}
