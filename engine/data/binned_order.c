/* binned_order.c - the same matrix with its rows in another order. Rows are gathered once, from the row-major
 * copy; the feature-major copy is made from what lies in the cache then. */
#include <string.h>

#include "base/status.h"
#include "data/binned.h"
#include "data/binned_layout.h"

struct order_job {
  const struct binned *from;
  const uint32_t *order;
  struct binned *to;
};

static void gather_rows(const struct order_job *job, uint32_t b, uint64_t begin, size_t n) {
  const struct binned_block *from = &job->from->blocks[b], *to = &job->to->blocks[b];
  const uint32_t *order = job->order + begin;
  const size_t row_bytes = from->row_bytes;
  enum { AHEAD = 16 };
  for (size_t i = 0; i < n; i++) {
    if (i + AHEAD < n) __builtin_prefetch(from->rows + (size_t)order[i + AHEAD] * row_bytes);
    memcpy(to->rows + (begin + i) * row_bytes, from->rows + (size_t)order[i] * row_bytes, row_bytes);
  }
}

static void fill_carrier(const struct binned_block *block, const struct binned_carrier *carrier,
                         uint64_t begin, size_t n) {
  const size_t row_bytes = block->row_bytes;
  const uint8_t *rows = block->rows + begin * row_bytes + (size_t)carrier->slot * carrier->cell_bytes;
  if (carrier->cell_bytes == 1) {
    uint8_t *cells = (uint8_t *)carrier->cells + begin;
    for (size_t i = 0; i < n; i++) cells[i] = rows[i * row_bytes];
  } else {
    uint16_t *cells = (uint16_t *)carrier->cells + begin;
    for (size_t i = 0; i < n; i++) memcpy(&cells[i], rows + i * row_bytes, sizeof *cells);
  }
}

static void reorder_chunk(void *user, size_t chunk, int thread) {
  (void)thread;
  const struct order_job *job = user;
  uint64_t begin = (uint64_t)chunk * BINNED_CHUNK, left = job->from->n_rows - begin;
  size_t n = left < BINNED_CHUNK ? (size_t)left : BINNED_CHUNK;
  for (uint32_t b = 0; b < job->to->n_blocks; b++) {
    const struct binned_block *block = &job->to->blocks[b];
    gather_rows(job, b, begin, n);
    for (uint32_t c = 0; c < block->n_columns; c++)
      fill_carrier(block, &job->to->carriers[block->carriers[c]], begin, n);
  }
}

static void *copy_of(copse_context *ctx, const void *items, size_t n, size_t size) {
  void *copy = copse_alloc(ctx, n, size);
  if (copy != NULL) memcpy(copy, items, n * size);
  return copy;
}

/* Own cells where the layout is the other's. */
static bool allocate(struct binned *out) {
  bool ok = true;
  for (uint32_t b = 0; b < out->n_blocks; b++) out->blocks[b].rows = out->blocks[b].cells = NULL;
  for (uint32_t b = 0; b < out->n_blocks && ok; b++) ok = binned_allocate_block(out, &out->blocks[b]);
  for (uint32_t c = 0; c < out->n_columns; c++)
    out->columns[c].cells = out->carriers[out->columns[c].carrier].cells;
  return ok;
}

copse_status binned_reorder(const struct binned *from, const uint32_t *order, int n_threads,
                            struct binned *out, copse_error *err) {
  *out = (struct binned){.ctx = from->ctx,
                         .n_rows = from->n_rows,
                         .n_features = from->n_features,
                         .n_columns = from->n_columns,
                         .n_digits = from->n_digits,
                         .n_carriers = from->n_carriers,
                         .n_blocks = from->n_blocks,
                         .column_of = from->column_of,
                         .members = from->members,
                         .digits = from->digits,
                         .n_cells = from->n_cells};
  out->columns = copy_of(from->ctx, from->columns, from->n_columns, sizeof *from->columns);
  out->carriers = copy_of(from->ctx, from->carriers, from->n_carriers, sizeof *from->carriers);
  out->blocks = copy_of(from->ctx, from->blocks, from->n_blocks, sizeof *from->blocks);
  if (out->columns == NULL || out->carriers == NULL || out->blocks == NULL || !allocate(out)) {
    binned_release_reordered(out);
    return status_memory(err, "the matrix in another order");
  }
  struct order_job job = {from, order, out};
  copse_parallel_for(n_threads, (size_t)((from->n_rows + BINNED_CHUNK - 1) / BINNED_CHUNK), reorder_chunk,
                     &job);
  return COPSE_OK;
}

void binned_release_reordered(struct binned *binned) {
  for (uint32_t b = 0; binned->blocks != NULL && b < binned->n_blocks; b++) {
    copse_free(binned->blocks[b].rows);
    copse_free(binned->blocks[b].cells);
  }
  copse_free(binned->columns);
  copse_free(binned->carriers);
  copse_free(binned->blocks);
  *binned = (struct binned){0};
}

/* ---- where they lie ---- */

bool binned_owns_cells(const struct binned *binned) {
  for (uint32_t k = 0; k < binned->n_carriers; k++)
    if (binned->carriers[k].in_place) return false;
  return true;
}

struct rearrange_job {
  struct binned *binned;
  const uint32_t *order;
  bool back;
  void *const *rooms;
};

#define MOVE_CELLS(TYPE)                                           \
  do {                                                             \
    const TYPE *cells = carrier->cells;                            \
    TYPE *moved = job->rooms[thread];                              \
    if (job->back)                                                 \
      for (uint64_t i = 0; i < n; i++) moved[order[i]] = cells[i]; \
    else                                                           \
      for (uint64_t i = 0; i < n; i++) moved[i] = cells[order[i]]; \
  } while (0)

static void rearrange_carrier(void *user, size_t chunk, int thread) {
  const struct rearrange_job *job = user;
  const struct binned_carrier *carrier = &job->binned->carriers[chunk];
  const uint32_t *order = job->order;
  const uint64_t n = job->binned->n_rows;
  if (carrier->cell_bytes == 1)
    MOVE_CELLS(uint8_t);
  else
    MOVE_CELLS(uint16_t);
  memcpy(carrier->cells, job->rooms[thread], n * carrier->cell_bytes);
}

static void write_rows(void *user, size_t chunk, int thread) {
  (void)thread;
  enum { MOST = 64 };
  const struct rearrange_job *job = user;
  uint64_t begin = (uint64_t)chunk * BINNED_CHUNK, left = job->binned->n_rows - begin;
  size_t n = left < BINNED_CHUNK ? (size_t)left : BINNED_CHUNK;
  for (uint32_t b = 0; b < job->binned->n_blocks; b++) {
    const struct binned_block *block = &job->binned->blocks[b];
    const uint8_t *given[MOST];
    for (uint32_t c = 0; c < block->n_columns; c++)
      given[c] = (const uint8_t *)job->binned->carriers[block->carriers[c]].cells + begin * block->cell_bytes;
    binned_interleave(block, 0, block->n_columns, given, begin, n);
  }
}

/* Columns one by one, each through a room that stays in the cache, then the rows anew from the columns: no
 * slower than a copy in that order, whose pages the system would have to clear. */
void binned_rearrange(struct binned *binned, const uint32_t *order, bool back, void *const *rooms,
                      int n_rooms) {
  struct rearrange_job job = {binned, order, back, rooms};
  copse_parallel_for(n_rooms, binned->n_carriers, rearrange_carrier, &job);
  copse_parallel_for(n_rooms, (size_t)((binned->n_rows + BINNED_CHUNK - 1) / BINNED_CHUNK), write_rows, &job);
}
