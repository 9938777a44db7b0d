/* hist_rows.c - one block of a leaf's histogram, its rows cut between threads: what each has is added up. */
#include "train/hist_rows.h"

#include <string.h>

/* At most so many rows are claimed at once: few enough for one of the threads to be taken off its core
 * without a long wait for it, and no more than cells have room for. */
enum { HIST_CLAIM_ROWS = 1 << 13 };

struct claim {
  uint64_t begin, end;
  uint64_t n_behind; /* what is left of the share */
};

/* The next rows of a share, ever fewer toward its end, so that threads are through at the same time. */
static bool claim_rows(const struct build_job *job, int share, struct claim *claim) {
  enum { LEAST = 1 << 10 };
  atomic_uint_least64_t *next = &job->ws->lanes[share].next_row;
  const uint64_t stop = job->leaf->n_rows * (uint64_t)(share + 1) / (uint64_t)job->n_shares;
  uint64_t at = atomic_load_explicit(next, memory_order_relaxed), n;
  do {
    if (at >= stop) return false;
    n = (stop - at) / 4 > LEAST ? (stop - at) / 4 : LEAST;
    if (n > HIST_CLAIM_ROWS) n = HIST_CLAIM_ROWS;
    if (n > stop - at) n = stop - at;
  } while (
      !atomic_compare_exchange_weak_explicit(next, &at, at + n, memory_order_relaxed, memory_order_relaxed));
  *claim = (struct claim){at, at + n, stop - (at + n)};
  return true;
}

/* A thread's rows of the block: first its own share, then what is left of the others'. Its cells are spilled
 * when they have no more room, and at the end, unless they have room for all. */
static void build_rows(void *user, size_t chunk, int thread) {
  struct build_job *job = user;
  struct workspace *ws = job->ws;
  struct lane *lane = &ws->lanes[thread];
  const struct piece all = {job->block, 0, job->block->n_columns};
  const struct hist_cells cells = piece_cells(job, thread);
  const bool one_pass = piece_n_passes(ws) == 1;
  struct claim rows;
  uint64_t held = 0;
  for (int s = 0; s < job->n_shares; s++)
    while (claim_rows(job, ((int)chunk + s) % job->n_shares, &rows)) {
      struct hist_target target = {.planes = lane->planes, .first = !lane->filled};
      if (!one_pass) {
        piece_add_rows(job, all, rows.begin, rows.end, target, thread, false);
        lane->filled = true;
        continue;
      }
      if (held + (rows.end - rows.begin) > ws->cell_rows) {
        piece_spill(job, all, cells, &target);
        lane->filled = true;
        held = 0;
      }
      piece_update(job, all, rows.begin, rows.end, rows.n_behind, 0, cells);
      held += rows.end - rows.begin;
    }
  if (held == 0) return;
  if (!job->at_once)
    piece_spill(job, all, cells, &(struct hist_target){.planes = lane->planes, .first = !lane->filled});
  lane->filled = true;
}

/* The planes of the lanes that took part, added up. */
static void merge_column(const struct build_job *job, const struct binned_column *column, uint32_t number,
                         int thread) {
  (void)number, (void)thread;
  const struct workspace *ws = job->ws;
  const uint32_t n = column->n_bins;
  struct hist_target to = hist_target_at(&job->target, job->block->first_cell + column->hist_offset);
  bool first = true;
  for (int t = 0; t < ws->n_threads; t++) {
    if (!ws->lanes[t].filled) continue;
    struct hist_planes lane = hist_planes_at(ws->lanes[t].planes, column->hist_offset);
    for (uint32_t c = 0; c < n; c++)
      to.planes.gradient[c] = lane.gradient[c] + (first ? 0 : to.planes.gradient[c]);
    for (uint32_t c = 0; c < n; c++)
      to.planes.hessian[c] = lane.hessian[c] + (first ? 0 : to.planes.hessian[c]);
    if (to.planes.count != NULL)
      for (uint32_t c = 0; c < n; c++) to.planes.count[c] = lane.count[c] + (first ? 0 : to.planes.count[c]);
    first = false;
  }
  if (to.parent.gradient != NULL)
    ws->kernels->hist_subtract(to.parent.gradient, to.parent.hessian, to.parent.count, to.planes.gradient,
                               to.planes.hessian, to.planes.count, n);
}

/* Cells [first, end) of all lanes are the first lane's; those of the others become 0. */
static void merge_cells(const struct build_job *job, uint32_t first, uint32_t end) {
  const struct workspace *ws = job->ws;
  const struct hist_cells to = piece_cells(job, 0);
  for (int t = 1; t < ws->n_threads; t++) {
    if (!ws->lanes[t].filled) continue;
    const struct hist_cells from = piece_cells(job, t);
    if (to.packed != NULL) {
      for (uint32_t c = first; c < end; c++) to.packed[c] += from.packed[c];
      memset(from.packed + first, 0, (end - first) * sizeof *from.packed);
      continue;
    }
    for (uint32_t c = first; c < end; c++) {
      to.pairs[c].gradient += from.pairs[c].gradient;
      to.pairs[c].hessian += from.pairs[c].hessian;
    }
    memset(from.pairs + first, 0, (end - first) * sizeof *from.pairs);
  }
}

static void merge_group(void *user, size_t chunk, int thread) {
  struct build_job *job = user;
  const struct piece group = piece_group_at(job, chunk);
  if (job->at_once) {
    const struct hist_target target = hist_target_at(&job->target, job->block->first_cell);
    merge_cells(job, piece_first_sum(group), piece_end_sum(group));
    piece_spill_and_search(job, group, piece_cells(job, 0), &target, thread);
    return;
  }
  piece_for_columns(job, group, thread, merge_column);
  piece_search(job, group, thread);
}

void hist_rows_build(struct build_job *job, const struct binned_block *block, int n_threads) {
  struct workspace *ws = job->ws;
  job->block = block;
  job->n_shares = n_threads;
  for (int t = 0; t < ws->n_threads; t++) ws->lanes[t].filled = false;
  for (int t = 0; t < n_threads; t++)
    atomic_store_explicit(&ws->lanes[t].next_row, job->leaf->n_rows * (uint64_t)t / (uint64_t)n_threads,
                          memory_order_relaxed);
  copse_parallel_for(n_threads, (size_t)n_threads, build_rows, job);
  job->n_groups = piece_n_groups(block, n_threads);
  copse_parallel_for(n_threads, job->n_groups, merge_group, job);
}
