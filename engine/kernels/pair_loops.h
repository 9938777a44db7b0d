/* pair_loops.h - the histogram update of exact training, written once and compiled for every tier. An
 * includer defines PAIR_QUANTIZE, its tier's quantize_rows.
 *
 * A row's gradients are kept as they come, two floats of 8 bytes, and become fixed point tile by tile: that
 * is some ten operations a row beside its hundred of adding up, and half the bytes to fetch of a row that
 * lies anywhere. */
#ifndef COPSE_KERNELS_PAIR_LOOPS_H
#define COPSE_KERNELS_PAIR_LOOPS_H

#include <string.h>

#include "kernels/kernels.h"

/* A pair as one 128-bit integer vector: two independent adds, which every 64-bit target has. */
typedef int64_t pair_vector __attribute__((vector_size(16), may_alias));

static inline const pair_vector *pair_values(const struct hist_source *source, const uint32_t *rows,
                                             uint64_t at, size_t n, pair_vector *room) {
  if (source->rows == NULL) {
    for (size_t i = 0; i < n; i++) room[i] = (pair_vector){0, 1};
    return room;
  }
  if (rows == NULL)
    PAIR_QUANTIZE(source, source->rows + at, NULL, n, (struct hist_pair *)room);
  else
    PAIR_QUANTIZE(source, source->rows, rows + at, n, (struct hist_pair *)room);
  return room;
}

static inline const void *pair_value_at(const struct hist_source *source, uint64_t row) {
  /* whatever it is: a count has no place, and fetching does no harm */
  return (const void *)((uintptr_t)source->rows + row * sizeof *source->rows);
}

#define HIST_CELL pair_vector
#define HIST_SOURCE struct hist_source
#define HIST_NAME(name) pair_##name
#define HIST_COLUMNS 32
#include "kernels/hist_tile.h"

static void hist_update(const struct hist_block *block, const uint32_t *rows, uint64_t begin, uint64_t end,
                        const struct hist_source *source, struct hist_pair *cells) {
  if (block->cell_bytes == 1)
    pair_add(block, rows, begin, end, source, (pair_vector *)cells);
  else
    pair_add_wide(block, rows, begin, end, source, (pair_vector *)cells);
}

#endif
