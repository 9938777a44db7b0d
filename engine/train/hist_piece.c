/* hist_piece.c - see the header. */
#include "train/hist_piece.h"

#include <string.h>

#include "train/hist_form.h"

enum {
  /* Spilled and then searched at once: their cells and both leaves' planes are about 112 kB of 256 bins a
   * carrier, which every L2 cache holds. */
  GROUP_CARRIERS = 8
};

static const uint32_t *rows_of(const struct build_job *job) {
  return job->leaf->n_rows == job->ws->data->n_rows ? NULL : job->leaf->area.rows;
}

void piece_for_columns(const struct build_job *job, struct piece piece, int thread, column_fn body) {
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

static void narrow_column(const struct build_job *job, const struct binned_column *column, uint32_t number,
                          int thread) {
  (void)thread;
  hist_narrow(job->narrow, hist_first_cell(job->ws, number), column->n_bins);
}

/* The first few of a piece. */
static struct piece group_of(struct piece piece) {
  if (piece.end - piece.first > GROUP_CARRIERS) piece.end = piece.first + GROUP_CARRIERS;
  return piece;
}

uint32_t piece_n_groups(const struct binned_block *block, int n_threads) {
  const uint32_t n = (block->n_columns + GROUP_CARRIERS - 1) / GROUP_CARRIERS, t = (uint32_t)n_threads;
  return n_threads > 1 ? (n + t - 1) / t * t : n;
}

struct piece piece_group_at(const struct build_job *job, size_t number) {
  const uint64_t n = job->block->n_columns;
  return (struct piece){job->block, (uint32_t)(n * number / job->n_groups),
                        (uint32_t)(n * (number + 1) / job->n_groups)};
}

struct hist_cells piece_cells(const struct build_job *job, int thread) {
  const struct workspace *ws = job->ws;
  struct hist_cells cells = {.pairs = ws->lanes[thread].cells, .count_bits = ws->count_bits};
  if (ws->packed != NULL) cells.packed = (int64_t *)ws->lanes[thread].cells;
  return cells;
}

uint32_t piece_first_sum(struct piece piece) {
  return piece.first < piece.block->n_columns ? piece.block->offsets[piece.first] : piece.block->n_sums;
}

uint32_t piece_end_sum(struct piece piece) {
  return piece_first_sum((struct piece){piece.block, piece.end, piece.end});
}

void piece_search(const struct build_job *job, struct piece piece, int thread) {
  if (job->search == NULL) return;
  double start = workspace_clock();
  piece_for_columns(job, piece, thread, search_column);
  job->ws->lanes[thread].phase_s[PHASE_SPLIT] += workspace_clock() - start;
}

void piece_spill(const struct build_job *job, struct piece piece, struct hist_cells cells,
                 const struct hist_target *target) {
  if (job->narrow.gradient != NULL) piece_for_columns(job, piece, 0, narrow_column);
  hist_spill_carriers(job->ws, piece.block, piece.first, piece.end, cells, target);
}

void piece_spill_and_search(const struct build_job *job, struct piece piece, struct hist_cells cells,
                            const struct hist_target *target, int thread) {
  for (; piece.first < piece.end; piece.first = group_of(piece).end) {
    piece_spill(job, group_of(piece), cells, target);
    piece_search(job, group_of(piece), thread);
  }
}

struct hist_block piece_block(struct piece piece) {
  const struct binned_block *block = piece.block;
  return (struct hist_block){.rows = block->rows + (size_t)piece.first * block->cell_bytes,
                             .row_bytes = block->row_bytes,
                             .cell_bytes = block->cell_bytes,
                             .n_columns = piece.end - piece.first,
                             .n_bins = block->mean_values,
                             .offsets = block->offsets + piece.first};
}

void piece_update(const struct build_job *job, struct piece piece, uint64_t begin, uint64_t end,
                  uint64_t n_behind, int pass, struct hist_cells cells) {
  static const struct hist_source counts = {0};
  const struct workspace *ws = job->ws;
  struct hist_block view = piece_block(piece);
  view.n_behind = n_behind;
  if (cells.packed != NULL)
    ws->kernels->hist_update_packed(&view, rows_of(job), begin, end, ws->packed, cells.packed);
  else
    ws->kernels->hist_update(&view, rows_of(job), begin, end, pass == 0 ? &ws->source : &counts, cells.pairs);
}

int piece_n_passes(const struct workspace *ws) {
  return ws->count_kind == COUNT_FIELD && ws->count_bits == 0 ? 2 : 1;
}

void piece_add_rows(const struct build_job *job, struct piece piece, uint64_t begin, uint64_t end,
                    struct hist_target target, int thread, bool search) {
  const struct workspace *ws = job->ws;
  struct hist_cells cells = piece_cells(job, thread);
  const int passes = piece_n_passes(ws);
  if (passes > 1 && target.first && target.planes.count != NULL)
    memset(target.planes.count, 0, piece.block->n_cells * sizeof(uint32_t));
  for (int pass = 0; pass < passes; pass++) {
    if (pass == 1) cells.count_bits = HIST_COUNT_BITS;
    uint64_t step = pass == 1 ? HIST_SPILL_ROWS : ws->cell_rows, at = begin, stop;
    do {
      stop = end - at > step ? at + step : end;
      piece_update(job, piece, at, stop, end - stop, pass, cells);
      if (search && stop == end && pass == passes - 1)
        piece_spill_and_search(job, piece, cells, &target, thread);
      else
        piece_spill(job, piece, cells, &target);
      target.first = false;
      at = stop;
    } while (at < end);
  }
}
