/* hist_two.c - a cell of the walk holds a pair of either tree; from there each goes the way of every other
 * histogram. Threads share the columns: each adds up cells of its own, and there is nothing to merge. */
#include "train/hist_two.h"

#include <string.h>

#include "train/hist_bundle.h"

/* Fewer rows cost less than the cells that are moved. */
enum { LEAST_ROWS = 1 << 12 };

static void release_cells(struct two_roots *two, int n_threads) {
  for (int t = 0; two->cells != NULL && t < n_threads; t++) copse_free(two->cells[t]);
  copse_free(two->cells);
  two->cells = NULL;
}

static bool allocate(struct workspace *ws) {
  struct two_roots *two = &ws->two;
  uint64_t n_cells = ws->data->binned.n_cells;
  two->own = copse_alloc(ws->ctx, n_cells, 2 * sizeof(int64_t) + sizeof(uint32_t));
  two->gradients = copse_alloc(ws->ctx, ws->data->n_rows, sizeof *two->gradients);
  two->cells = copse_alloc_zero(ws->ctx, (size_t)ws->n_threads, sizeof *two->cells);
  bool ok = two->own != NULL && two->gradients != NULL && two->cells != NULL;
  for (int t = 0; ok && t < ws->n_threads; t++) {
    two->cells[t] = copse_alloc_zero(ws->ctx, workspace_block_cells(ws), 2 * sizeof **two->cells);
    ok = two->cells[t] != NULL;
  }
  if (!ok) {
    hist_two_release(ws);
    return false;
  }
  two->planes.gradient = two->own;
  two->planes.hessian = two->own + n_cells;
  two->planes.count = ws->count_kind == COUNT_FIELD ? (uint32_t *)(two->own + 2 * n_cells) : NULL;
  return true;
}

bool hist_two_possible(struct workspace *ws) {
  struct two_roots *two = &ws->two;
  if (ws->packed != NULL || ws->n_bag < ws->data->n_rows || ws->n_bag < LEAST_ROWS) return false;
  if (workspace_matrix(ws)->n_columns == 0) return false;
  if (ws->count_kind == COUNT_FIELD && ws->count_bits == 0)
    return false; /* counts have a pass of their own */
  if (!two->tried) {
    two->tried = true;
    two->possible = allocate(ws);
  }
  return two->possible;
}

void hist_two_keep(struct workspace *ws) {
  struct two_roots *two = &ws->two;
  struct row_gradient *gradients = ws->gradients;
  two->source = ws->source;
  ws->gradients = two->gradients;
  two->gradients = gradients;
  two->state = TWO_KEPT;
}

bool hist_two_kept(const struct workspace *ws) { return ws->two.state == TWO_KEPT; }
bool hist_two_known(const struct workspace *ws) { return ws->two.state == TWO_KNOWN; }
void hist_two_forget(struct workspace *ws) { ws->two.state = TWO_NONE; }

struct two_job {
  struct workspace *ws;
  struct hist_source sources[2];
  struct hist_planes planes[2];
  uint32_t n_parts; /* of a block's columns */
};

/* Cells of one tree to where its cells are spilled from; they become 0. */
static void move_cells(struct hist_pair *two, uint32_t from, uint32_t end, struct hist_pair *cells) {
  for (uint32_t i = from; i < end; i++) {
    cells[i] = two[2 * (size_t)i];
    two[2 * (size_t)i] = (struct hist_pair){0, 0};
  }
}

static void build_part(void *user, size_t chunk, int thread) {
  const struct two_job *job = user;
  struct workspace *ws = job->ws;
  const struct binned_block *block = &workspace_matrix(ws)->blocks[chunk / job->n_parts];
  uint32_t part = (uint32_t)(chunk % job->n_parts), n = block->n_columns;
  uint32_t first = n * part / job->n_parts, end = n * (part + 1) / job->n_parts;
  if (first == end) return;
  struct hist_block view = {block->rows + (size_t)first * block->cell_bytes, block->row_bytes,
                            block->cell_bytes, end - first, block->offsets + first};
  uint32_t from = block->offsets[first], to = end < n ? block->offsets[end] : block->n_sums;
  struct hist_pair *two = ws->two.cells[thread];
  struct hist_cells cells = {.pairs = ws->lanes[thread].cells, .count_bits = ws->count_bits};
  const uint64_t n_rows = ws->data->n_rows, step = ws->count_bits > 0 ? HIST_SPILL_ROWS : n_rows;
  for (uint64_t at = 0; at < n_rows; at += step) {
    ws->kernels->hist_update_two(&view, at, n_rows - at > step ? at + step : n_rows, job->sources, two);
    for (int t = 0; t < 2; t++) {
      struct hist_target all = {.planes = job->planes[t], .first = at == 0};
      struct hist_target target = hist_target_at(&all, block->first_cell);
      move_cells(two + t, from, to, cells.pairs);
      hist_spill_carriers(ws, block, first, end, cells, &target);
    }
  }
}

void hist_two_build(struct workspace *ws) {
  double start = workspace_clock();
  struct two_roots *two = &ws->two;
  struct two_job job = {.ws = ws,
                        .sources = {ws->source, two->source},
                        .planes = {ws->slots[ws->leaves[0].slot], two->planes},
                        .n_parts = (uint32_t)ws->n_threads};
  copse_parallel_for(ws->n_threads, (size_t)workspace_matrix(ws)->n_blocks * job.n_parts, build_part, &job);
  two->state = TWO_KNOWN;
  ws->phase_s[PHASE_HISTOGRAM] += workspace_clock() - start;
}

void hist_two_take(struct workspace *ws) {
  struct hist_planes *slot = &ws->slots[ws->leaves[0].slot], planes = *slot;
  *slot = ws->two.planes;
  ws->two.planes = planes;
  ws->two.state = TWO_NONE;
}

void hist_two_release(struct workspace *ws) {
  struct two_roots *two = &ws->two;
  release_cells(two, ws->n_threads);
  copse_free(two->own);
  copse_free(two->gradients);
  two->own = NULL;
  two->gradients = NULL;
}
