/* hist_joint.c - a cell of the walk holds a pair of every tree; from there each goes the way of every other
 * histogram. Threads share the columns: each adds up cells of its own, and there is nothing to merge. */
#include "train/hist_joint.h"

#include <string.h>

#include "train/hist_bundle.h"
#include "train/hist_piece.h"

/* Fewer rows cost less than the cells that are moved. */
enum { LEAST_ROWS = 1 << 12 };

static bool allocate_root(struct workspace *ws, struct joint_root *root) {
  uint64_t n_cells = ws->data->binned.n_cells;
  root->own = copse_alloc(ws->ctx, n_cells, 2 * sizeof(int64_t) + sizeof(uint32_t));
  root->gradients.rows = copse_alloc(ws->ctx, ws->data->n_rows, sizeof *root->gradients.rows);
  if (root->own == NULL || root->gradients.rows == NULL) return false;
  root->planes.gradient = root->own;
  root->planes.hessian = root->own + n_cells;
  root->planes.count = ws->count_kind == COUNT_FIELD ? (uint32_t *)(root->own + 2 * n_cells) : NULL;
  return true;
}

/* For the trees of as many outputs, and at most four. */
static bool allocate(struct workspace *ws, int n_outputs) {
  struct joint_roots *joint = &ws->joint;
  const int n = n_outputs < HIST_MOST_SOURCES ? n_outputs : HIST_MOST_SOURCES;
  bool ok = (joint->cells = copse_alloc_zero(ws->ctx, (size_t)ws->n_threads, sizeof *joint->cells)) != NULL;
  for (int i = 0; ok && i < n; i++) ok = allocate_root(ws, &joint->roots[i]);
  for (int t = 0; ok && t < ws->n_threads; t++) {
    const size_t n_pairs = n > 2 ? HIST_MOST_SOURCES : 2;
    joint->cells[t] = copse_alloc_zero(ws->ctx, workspace_block_cells(ws), n_pairs * sizeof **joint->cells);
    ok = joint->cells[t] != NULL;
  }
  if (!ok) hist_joint_release(ws);
  return ok;
}

bool hist_joint_possible(struct workspace *ws, int n_outputs) {
  struct joint_roots *joint = &ws->joint;
  hist_joint_forget(ws);
  if (ws->packed != NULL || ws->n_bag < ws->data->n_rows || ws->n_bag < LEAST_ROWS) return false;
  if (workspace_matrix(ws)->n_columns == 0 || ws->n_bag < 2 * (uint64_t)ws->grow.min_data_in_leaf)
    return false;
  if (ws->count_kind == COUNT_FIELD && ws->count_bits == 0)
    return false; /* counts have a pass of their own */
  if (!joint->tried) {
    joint->tried = true;
    joint->possible = allocate(ws, n_outputs);
  }
  return joint->possible;
}

void hist_joint_keep(struct workspace *ws, int i) {
  struct joint_roots *joint = &ws->joint;
  workspace_swap_gradients(ws, &joint->roots[i].gradients);
  joint->roots[i].row_of = ws->row_of;
  joint->n_roots = i + 1;
}

void hist_joint_forget(struct workspace *ws) { ws->joint.n_roots = ws->joint.n_taken = 0; }

struct joint_job {
  struct workspace *ws;
  struct hist_source sources[HIST_MOST_SOURCES];
  struct hist_planes planes[HIST_MOST_SOURCES];
  int n_trees, n_sources;
  uint32_t n_parts; /* of a block's columns */
};

/* Cells of one tree to where its cells are spilled from; they become 0. */
static void move_cells(struct hist_pair *joint, size_t n_sources, uint32_t from, uint32_t end,
                       struct hist_pair *cells) {
  for (uint32_t i = from; i < end; i++) {
    cells[i] = joint[n_sources * i];
    joint[n_sources * i] = (struct hist_pair){0, 0};
  }
}

/* Carriers first .. end - 1, one after the other: its cells of all trees are the same lines. */
static void spill(const struct joint_job *job, const struct binned_block *block, uint32_t first, uint32_t end,
                  bool anew, int thread) {
  struct workspace *ws = job->ws;
  struct hist_pair *joint = ws->joint.cells[thread];
  struct hist_cells cells = {.pairs = ws->lanes[thread].cells, .count_bits = ws->count_bits};
  for (uint32_t c = first; c < end; c++) {
    uint32_t from = block->offsets[c], to = c + 1 < block->n_columns ? block->offsets[c + 1] : block->n_sums;
    for (int t = 0; t < job->n_trees; t++) {
      struct hist_target all = {.planes = job->planes[t], .first = anew};
      struct hist_target target = hist_target_at(&all, block->first_cell);
      move_cells(joint + t, (size_t)job->n_sources, from, to, cells.pairs);
      hist_spill_carriers(ws, block, c, c + 1, cells, &target);
    }
  }
}

static void build_part(void *user, size_t chunk, int thread) {
  const struct joint_job *job = user;
  struct workspace *ws = job->ws;
  const struct binned_block *block = &workspace_matrix(ws)->blocks[chunk / job->n_parts];
  uint32_t part = (uint32_t)(chunk % job->n_parts), n = block->n_columns;
  uint32_t first = n * part / job->n_parts, end = n * (part + 1) / job->n_parts;
  if (first == end) return;
  const struct hist_block view = piece_block((struct piece){block, first, end});
  const uint64_t n_rows = ws->data->n_rows, step = ws->count_bits > 0 ? HIST_SPILL_ROWS : n_rows;
  for (uint64_t at = 0; at < n_rows; at += step) {
    ws->kernels->hist_update_joint(&view, at, n_rows - at > step ? at + step : n_rows, job->sources,
                                   job->n_sources, ws->joint.cells[thread]);
    spill(job, block, first, end, at == 0, thread);
  }
}

void hist_joint_build(struct workspace *ws) {
  double start = workspace_clock();
  struct joint_roots *joint = &ws->joint;
  struct joint_job job = {.ws = ws, .n_trees = joint->n_roots, .n_parts = (uint32_t)ws->n_threads};
  for (int t = 0; t < job.n_trees; t++) {
    job.sources[t] = joint->roots[t].gradients.source;
    job.planes[t] = joint->roots[t].planes;
  }
  job.n_sources = job.n_trees > 2 ? HIST_MOST_SOURCES : 2;
  /* the place of a fourth tree that is none: nobody looks at its cells */
  if (job.n_trees == 3) job.sources[3] = (struct hist_source){.rows = job.sources[0].rows};
  copse_parallel_for(ws->n_threads, (size_t)workspace_matrix(ws)->n_blocks * job.n_parts, build_part, &job);
  ws->phase_s[PHASE_HISTOGRAM] += workspace_clock() - start;
}

int hist_joint_waiting(const struct workspace *ws) { return ws->joint.n_roots - ws->joint.n_taken; }

struct joint_root *hist_joint_next(struct workspace *ws) {
  return hist_joint_waiting(ws) > 0 ? &ws->joint.roots[ws->joint.n_taken++] : NULL;
}

bool hist_joint_begin_tree(struct workspace *ws, struct joint_root *root) {
  if (root->row_of != ws->row_of) return false;
  workspace_swap_gradients(ws, &root->gradients);
  workspace_begin_root(ws);
  ws->root = root;
  return true;
}

bool hist_joint_take(struct workspace *ws) {
  if (ws->root == NULL) return false;
  struct hist_slot *slot = &ws->slots[ws->leaves[0].slot];
  const struct hist_planes planes = slot->planes;
  *slot = (struct hist_slot){.planes = ws->root->planes};
  ws->root->planes = planes;
  return true;
}

void hist_joint_release(struct workspace *ws) {
  struct joint_roots *joint = &ws->joint;
  for (int t = 0; joint->cells != NULL && t < ws->n_threads; t++) copse_free(joint->cells[t]);
  copse_free(joint->cells);
  joint->cells = NULL;
  for (int i = 0; i < HIST_MOST_SOURCES; i++) {
    copse_free(joint->roots[i].own);
    copse_free(joint->roots[i].gradients.rows);
    joint->roots[i] = (struct joint_root){0};
  }
}
