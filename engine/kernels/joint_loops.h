/* two_loops.h - the histogram update of two sources, written once and compiled for every tier that has it.
 * The cells of a bin are one vector of 256 bits, added to in the time of one of 128. An includer defines
 * TWO_VALUES, which rounds rows of both sources side by side into such vectors. */
#ifndef COPSE_KERNELS_TWO_LOOPS_H
#define COPSE_KERNELS_TWO_LOOPS_H

#include <string.h>

#include "kernels/kernels.h"

typedef int64_t two_pairs __attribute__((vector_size(32), may_alias));

/* n rows from `at` on, the rows themselves. */
static inline void TWO_VALUES(const struct hist_source *sources, uint64_t at, size_t n, two_pairs *room);

static inline const two_pairs *two_values(const struct hist_source *sources, const uint32_t *rows,
                                          uint64_t at, size_t n, two_pairs *room) {
  (void)rows; /* NULL */
  TWO_VALUES(sources, at, n, room);
  return room;
}

static inline const void *two_value_at(const struct hist_source *sources, uint64_t row) {
  return (const void *)((uintptr_t)sources->rows + row * sizeof *sources->rows);
}

#define HIST_CELL two_pairs
#define HIST_SOURCE struct hist_source
#define HIST_NAME(name) two_##name
#include "kernels/hist_tile.h"

static void hist_update_two(const struct hist_block *block, uint64_t begin, uint64_t end,
                            const struct hist_source sources[2], struct hist_pair *cells) {
  if (block->cell_bytes == 1)
    two_add(block, NULL, begin, end, sources, (two_pairs *)(void *)cells);
  else
    two_add_wide(block, NULL, begin, end, sources, (two_pairs *)(void *)cells);
}

#endif
