/* hist.c - builds histograms block by block. Threads cut rows or blocks; since cells are integers the result
 * is the same for any cut.
 *
 * A leaf of few rows costs passes over whole histograms rather than updates: a wide one is larger than the
 * caches. So there is one pass: a few columns at a time are spilled, taken off the parent and searched in
 * both children before the next ones are touched. */
#include "train/hist.h"

#include <string.h>

#include "train/crowd.h"
#include "train/hist_bundle.h"

enum {
  /* Below this many cell updates, or cells searched, a second thread costs more than it saves. */
  MIN_UPDATES_PER_THREAD = 1 << 15,
  MIN_CELLS_PER_THREAD = 1 << 14,
  /* Spilled and then searched at once: their cells and both leaves' planes are about 112 kB of 256 bins a
   * carrier, which every L2 cache holds. */
  GROUP_CARRIERS = 8
};

/* At most so many rows are claimed at once: few enough for one of the threads to be taken off its core
 * without a long wait for it, and no more than cells have room for. */
enum { HIST_CLAIM_ROWS = 1 << 13 };

struct build_job {
  struct workspace *ws;
  const struct leaf *leaf;
  struct hist_target target; /* whole histograms */
  const struct split_search *search;
  const struct binned_block *block; /* whose rows are cut; NULL: columns are */
  int n_shares;                     /* of its rows */
  uint32_t n_parts;                 /* of a block's columns, a chunk each */
  uint32_t n_groups;                /* of those of `block` */
};

static const uint32_t *rows_of(const struct build_job *job) {
  return job->leaf->n_rows == job->ws->data->n_rows ? NULL : job->leaf->area.rows;
}

typedef void (*column_fn)(const struct build_job *job, const struct binned_column *column, uint32_t number,
                          int thread);

/* Carriers [first, end) of a block. */
struct piece {
  const struct binned_block *block;
  uint32_t first, end;
};

static void for_columns(const struct build_job *job, struct piece piece, int thread, column_fn body) {
  const struct binned *binned = workspace_matrix(job->ws);
  for (uint32_t s = piece.first; s < piece.end; s++) {
    const struct binned_carrier *carrier = &binned->carriers[piece.block->carriers[s]];
    for (uint32_t d = carrier->first_digit; d < carrier->first_digit + carrier->n_digits; d++)
      for (uint32_t m = 0; m < binned->digits[d].n_members; m++) {
        uint32_t number = binned->members[binned->digits[d].first_member + m];
        body(job, &binned->columns[number], number, thread);
      }
  }
}

static void search_column(const struct build_job *job, const struct binned_column *column, uint32_t number,
                          int thread) {
  (void)column;
  split_search_column(job->search, number, thread);
}

/* The first few of a piece. */
static struct piece group_of(struct piece piece) {
  if (piece.end - piece.first > GROUP_CARRIERS) piece.end = piece.first + GROUP_CARRIERS;
  return piece;
}

/* Groups of a block for threads to take, as many for each. */
static uint32_t n_groups(const struct binned_block *block, int n_threads) {
  const uint32_t n = (block->n_columns + GROUP_CARRIERS - 1) / GROUP_CARRIERS, t = (uint32_t)n_threads;
  return n_threads > 1 ? (n + t - 1) / t * t : n;
}

static struct piece group_at(const struct build_job *job, size_t number) {
  const uint64_t n = job->block->n_columns;
  return (struct piece){job->block, (uint32_t)(n * number / job->n_groups),
                        (uint32_t)(n * (number + 1) / job->n_groups)};
}

static void search_piece(const struct build_job *job, struct piece piece, int thread) {
  if (job->search == NULL) return;
  double start = workspace_clock();
  for_columns(job, piece, thread, search_column);
  job->ws->lanes[thread].phase_s[PHASE_SPLIT] += workspace_clock() - start;
}

static void spill_piece(const struct workspace *ws, struct piece piece, struct hist_cells cells,
                        const struct hist_target *target) {
  hist_spill_carriers(ws, piece.block, piece.first, piece.end, cells, target);
}

/* The last spill of a piece: what is searched is still in the cache. */
static void spill_and_search(const struct build_job *job, struct piece piece, struct hist_cells cells,
                             const struct hist_target *target, int thread) {
  for (; piece.first < piece.end; piece.first = group_of(piece).end) {
    spill_piece(job->ws, group_of(piece), cells, target);
    search_piece(job, group_of(piece), thread);
  }
}

static struct hist_cells cells_of(const struct workspace *ws, int thread) {
  struct hist_cells cells = {.pairs = ws->lanes[thread].cells, .count_bits = ws->count_bits};
  if (ws->packed != NULL) cells.packed = (int64_t *)ws->lanes[thread].cells;
  return cells;
}

/* Rows that cells have room for. */
static uint64_t rows_of_cells(const struct workspace *ws) {
  if (ws->packed != NULL) return HIST_PACKED_ROWS;
  return ws->count_bits > 0 ? HIST_SPILL_ROWS : UINT64_MAX;
}

/* Counts that do not ride in the hessians have a pass of their own. */
static int n_passes(const struct workspace *ws) {
  return ws->count_kind == COUNT_FIELD && ws->count_bits == 0 ? 2 : 1;
}

/* A stretch of rows that all have room in the cells; the pass is 1 for counts that come by themselves. */
static void update_cells(const struct build_job *job, struct piece piece, uint64_t begin, uint64_t end,
                         int pass, struct hist_cells cells) {
  const struct binned_block *block = piece.block;
  static const struct hist_source counts = {0};
  const struct workspace *ws = job->ws;
  struct hist_block view = {block->rows + (size_t)piece.first * block->cell_bytes, block->row_bytes,
                            block->cell_bytes, piece.end - piece.first, block->offsets + piece.first};
  if (cells.packed != NULL)
    ws->kernels->hist_update_packed(&view, rows_of(job), begin, end, ws->packed, cells.packed);
  else
    ws->kernels->hist_update(&view, rows_of(job), begin, end, pass == 0 ? &ws->source : &counts, cells.pairs);
}

/* Rows [begin, end) of the leaf in a piece of a block into a target that starts at the block's first cell;
 * with `search` they are the last ones. No rows at all still make planes. */
static void add_rows(const struct build_job *job, struct piece piece, uint64_t begin, uint64_t end,
                     struct hist_target target, int thread, bool search) {
  const struct workspace *ws = job->ws;
  struct hist_cells cells = cells_of(ws, thread);
  const int passes = n_passes(ws);
  if (passes > 1 && target.first && target.planes.count != NULL)
    memset(target.planes.count, 0, piece.block->n_cells * sizeof(uint32_t));
  for (int pass = 0; pass < passes; pass++) {
    if (pass == 1) cells.count_bits = HIST_COUNT_BITS;
    uint64_t step = pass == 1 ? HIST_SPILL_ROWS : rows_of_cells(ws), at = begin, stop;
    do {
      stop = end - at > step ? at + step : end;
      update_cells(job, piece, at, stop, pass, cells);
      if (search && stop == end && pass == passes - 1)
        spill_and_search(job, piece, cells, &target, thread);
      else
        spill_piece(ws, piece, cells, &target);
      target.first = false;
      at = stop;
    } while (at < end);
  }
}

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
  add_rows(job, piece, 0, job->leaf->n_rows, target, thread, true);
}

/* The next rows of a share, ever fewer toward its end, so that threads are through at the same time. */
static bool claim_rows(const struct build_job *job, int share, uint64_t *begin, uint64_t *end) {
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
  *begin = at;
  *end = at + n;
  return true;
}

/* A thread's rows of the block: first its own share, then what is left of the others'. Its cells are spilled
 * when they have no more room, and at the end. */
static void build_rows(void *user, size_t chunk, int thread) {
  struct build_job *job = user;
  struct workspace *ws = job->ws;
  struct lane *lane = &ws->lanes[thread];
  const struct piece all = {job->block, 0, job->block->n_columns};
  const struct hist_cells cells = cells_of(ws, thread);
  const bool at_once = n_passes(ws) == 1;
  uint64_t begin, end, held = 0;
  for (int s = 0; s < job->n_shares; s++)
    while (claim_rows(job, ((int)chunk + s) % job->n_shares, &begin, &end)) {
      struct hist_target target = {.planes = lane->planes, .first = !lane->filled};
      if (!at_once) {
        add_rows(job, all, begin, end, target, thread, false);
        lane->filled = true;
        continue;
      }
      if (held + (end - begin) > rows_of_cells(ws)) {
        spill_piece(ws, all, cells, &target);
        lane->filled = true;
        held = 0;
      }
      update_cells(job, all, begin, end, 0, cells);
      held += end - begin;
    }
  if (held == 0) return;
  spill_piece(ws, all, cells, &(struct hist_target){.planes = lane->planes, .first = !lane->filled});
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

static void merge_group(void *user, size_t chunk, int thread) {
  struct build_job *job = user;
  const struct piece group = group_at(job, chunk);
  for_columns(job, group, thread, merge_column);
  search_piece(job, group, thread);
}

/* One block, its rows cut between threads: every lane fills planes of its own, which are then added up. */
static void build_block_by_rows(struct build_job *job, const struct binned_block *block, int n_threads) {
  struct workspace *ws = job->ws;
  job->block = block;
  job->n_shares = n_threads;
  for (int t = 0; t < ws->n_threads; t++) ws->lanes[t].filled = false;
  for (int t = 0; t < n_threads; t++)
    atomic_store_explicit(&ws->lanes[t].next_row, job->leaf->n_rows * (uint64_t)t / (uint64_t)n_threads,
                          memory_order_relaxed);
  copse_parallel_for(n_threads, (size_t)n_threads, build_rows, job);
  job->n_groups = n_groups(block, n_threads);
  copse_parallel_for(n_threads, job->n_groups, merge_group, job);
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

void hist_build(struct workspace *ws, const struct hist_task *task, int lane) {
  double start = workspace_clock();
  const struct binned *binned = workspace_matrix(ws);
  struct build_job job = {.ws = ws, .leaf = &ws->leaves[task->leaf], .search = task->search};
  job.target.first = true;
  if (job.leaf->slot >= 0) job.target.planes = ws->slots[job.leaf->slot];
  if (task->sibling >= 0) job.target.parent = ws->slots[ws->leaves[task->sibling].slot];
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
    for (uint32_t b = 0; b < binned->n_blocks; b++) build_block_by_rows(&job, &binned->blocks[b], n_threads);
  else
    workspace_for(lane, n_threads, binned->n_blocks * job.n_parts, build_piece, &job);
  note_phases(ws, lane, n_threads, start, searched);
}

void hist_sum(struct workspace *ws, int leaf) {
  const struct binned_column *column = &ws->data->binned.columns[0];
  uint64_t first = ws->data->binned.blocks[column->block].first_cell + column->hist_offset;
  struct leaf *sum = &ws->leaves[leaf];
  sum->total_gradient = sum->total_hessian = 0;
  for (uint64_t cell = first; cell < first + column->n_bins; cell++) {
    sum->total_gradient += ws->slots[sum->slot].gradient[cell];
    sum->total_hessian += ws->slots[sum->slot].hessian[cell];
  }
}

static void search_chunk(void *user, size_t chunk, int thread) {
  const struct build_job *job = user;
  search_piece(job, group_at(job, chunk), thread);
}

void hist_search(struct workspace *ws, const struct split_search *search) {
  double start = workspace_clock();
  const struct binned *binned = workspace_matrix(ws);
  int n_threads = binned->n_cells < MIN_CELLS_PER_THREAD ? 1 : ws->n_threads;
  if (hist_shares_columns(ws, 0)) n_threads = ws->n_threads;
  struct build_job job = {.ws = ws, .search = search};
  for (uint32_t b = 0; b < binned->n_blocks; b++) {
    job.block = &binned->blocks[b];
    job.n_groups = n_groups(job.block, n_threads);
    copse_parallel_for(n_threads, job.n_groups, search_chunk, &job);
  }
  note_phases(ws, ALL_LANES, n_threads, start, 0);
}
