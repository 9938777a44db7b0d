/* hist.c - builds histograms block by block. Threads cut rows or blocks; since cells are integers the result
 * is the same for any cut.
 *
 * A leaf of few rows costs passes over whole histograms rather than updates: a wide one is larger than the
 * caches. So there is one pass: a few columns at a time are spilled, taken off the parent and searched in
 * both children before the next ones are touched. */
#include "train/hist.h"

#include "train/crowd.h"
#include "train/hist_form.h"
#include "train/hist_rows.h"

enum {
  /* Below this many cell updates, or cells searched, a second thread costs more than it saves. */
  MIN_UPDATES_PER_THREAD = 1 << 15,
  MIN_CELLS_PER_THREAD = 1 << 14
};

/* The first carrier of a part of a block: parts have about as many cells each. */
static uint32_t part_begin(const struct binned_block *block, uint32_t part, uint32_t n_parts) {
  const uint64_t cells_before = (uint64_t)block->n_sums * part / n_parts;
  uint32_t first = 0;
  while (first < block->n_columns && block->offsets[first] < cells_before) first++;
  return part < n_parts ? first : block->n_columns;
}

static void build_piece(void *user, size_t chunk, int thread) {
  struct build_job *job = user;
  const struct binned_block *block = &workspace_matrix(job->ws)->blocks[chunk / job->n_parts];
  const uint32_t part = (uint32_t)(chunk % job->n_parts);
  const struct piece piece = {block, part_begin(block, part, job->n_parts),
                              part_begin(block, part + 1, job->n_parts)};
  if (piece.first == piece.end) return;
  struct hist_target target = hist_target_at(&job->target, block->first_cell);
  piece_add_rows(job, piece, 0, job->leaf->n_rows, target, thread, true);
}

/* Every thread has its columns: what it reads, writes and searches lies in its own core's caches from leaf to
 * leaf. */
bool hist_shares_columns(const struct workspace *ws, uint64_t n_rows) {
  enum { MOST_UPDATES = 1 << 18 };
  if (!ws->shares_columns || n_rows * workspace_matrix(ws)->n_carriers >= MOST_UPDATES) return false;
  return !crowd_alone(ws);
}

/* Threads that the leaf is worth: for its rows, or at least for the cells that are searched. */
static int threads_for(const struct build_job *job, bool *by_rows) {
  const struct workspace *ws = job->ws;
  const struct binned *binned = workspace_matrix(ws);
  uint64_t most = (uint64_t)crowd_threads(ws, job->leaf->n_rows);
  uint64_t updates = job->leaf->n_rows * binned->n_carriers / MIN_UPDATES_PER_THREAD;
  uint64_t cells = job->search != NULL ? 2 * binned->n_cells / MIN_CELLS_PER_THREAD : 0;
  /* What is not kept needs no planes to add up. */
  *by_rows = job->leaf->slot >= 0 && most > 1 && updates >= 2 &&
             binned->n_blocks < 4 * (updates < most ? updates : most);
  uint64_t n = *by_rows || updates > cells ? updates : cells;
  return (int)(n < most ? n : most);
}

/* The time of the searches is the split search's, as if it had come by itself. */
static void note_phases(struct workspace *ws, int lane, int n_threads, double start, double searched_before) {
  if (lane != ALL_LANES) {
    struct lane *own = &ws->lanes[lane];
    own->phase_s[PHASE_HISTOGRAM] += workspace_clock() - start;
    own->phase_s[PHASE_HISTOGRAM] -= own->phase_s[PHASE_SPLIT] - searched_before;
    return;
  }
  double searched = 0;
  for (int t = 0; t < ws->n_threads; t++) {
    searched += ws->lanes[t].phase_s[PHASE_SPLIT];
    ws->lanes[t].phase_s[PHASE_SPLIT] = 0;
  }
  searched /= n_threads > 1 ? n_threads : 1;
  ws->phase_s[PHASE_SPLIT] += searched;
  ws->phase_s[PHASE_HISTOGRAM] += workspace_clock() - start - searched;
}

/* Both children have the form that the larger one needs. */
static void choose_form(struct build_job *job, const struct leaf *sibling) {
  struct workspace *ws = job->ws;
  struct hist_slot *own = job->leaf->slot >= 0 ? &ws->slots[job->leaf->slot] : NULL;
  struct hist_slot *parent = sibling != NULL ? &ws->slots[sibling->slot] : NULL;
  const bool as_cells = ws->packed != NULL && job->leaf->n_rows <= ws->cell_rows &&
                        (sibling == NULL || sibling->n_rows <= ws->cell_rows);
  if (own != NULL) own->as_cells = as_cells;
  if (parent != NULL) {
    if (as_cells && !parent->as_cells) job->narrow = parent->planes;
    parent->as_cells = as_cells;
  }
  job->target = (struct hist_target){hist_slot_target(own), hist_slot_target(parent), .first = true};
}

void hist_build(struct workspace *ws, const struct hist_task *task, int lane) {
  double start = workspace_clock();
  const struct binned *binned = workspace_matrix(ws);
  struct build_job job = {.ws = ws, .leaf = &ws->leaves[task->leaf], .search = task->search};
  choose_form(&job, task->sibling >= 0 ? &ws->leaves[task->sibling] : NULL);
  job.at_once = piece_n_passes(ws) == 1 && job.leaf->n_rows <= ws->cell_rows;
  bool by_rows = false;
  int n_threads = lane == ALL_LANES ? threads_for(&job, &by_rows) : 1;
  double searched = lane == ALL_LANES ? 0 : ws->lanes[lane].phase_s[PHASE_SPLIT];
  job.n_parts = 1;
  const bool shared = lane == ALL_LANES && hist_shares_columns(ws, job.leaf->n_rows);
  if (shared) {
    by_rows = false;
    n_threads = ws->n_threads;
    if (binned->n_blocks < 2 * (uint32_t)n_threads) job.n_parts = (uint32_t)n_threads;
  }
  if (by_rows)
    for (uint32_t b = 0; b < binned->n_blocks; b++) hist_rows_build(&job, &binned->blocks[b], n_threads);
  else
    workspace_for(lane, n_threads, binned->n_blocks * job.n_parts, build_piece, &job);
  note_phases(ws, lane, n_threads, start, searched);
}

void hist_sum(struct workspace *ws, int leaf) {
  struct leaf *sum = &ws->leaves[leaf];
  const struct hist_planes planes = hist_column(ws, sum, 0, 0);
  sum->total_gradient = sum->total_hessian = 0;
  for (uint32_t bin = 0; bin < ws->data->binned.columns[0].n_bins; bin++) {
    sum->total_gradient += planes.gradient[bin];
    sum->total_hessian += planes.hessian[bin];
  }
}

static void search_chunk(void *user, size_t chunk, int thread) {
  const struct build_job *job = user;
  piece_search(job, piece_group_at(job, chunk), thread);
}

void hist_search(struct workspace *ws, const struct split_search *search) {
  double start = workspace_clock();
  const struct binned *binned = workspace_matrix(ws);
  int n_threads = binned->n_cells < MIN_CELLS_PER_THREAD ? 1 : ws->n_threads;
  if (hist_shares_columns(ws, 0)) n_threads = ws->n_threads;
  struct build_job job = {.ws = ws, .search = search};
  for (uint32_t b = 0; b < binned->n_blocks; b++) {
    job.block = &binned->blocks[b];
    job.n_groups = piece_n_groups(job.block, n_threads);
    copse_parallel_for(n_threads, job.n_groups, search_chunk, &job);
  }
  note_phases(ws, ALL_LANES, n_threads, start, 0);
}
