/* pair_loops.h - the histogram update of exact training, written once and compiled for every tier. */
#ifndef COPSE_KERNELS_PAIR_LOOPS_H
#define COPSE_KERNELS_PAIR_LOOPS_H

#include <string.h>

#include "kernels/kernels.h"

/* A pair as one 128-bit integer vector: two independent adds, which every 64-bit target has. */
typedef int64_t pair_vector __attribute__((vector_size(16), may_alias));

#define HIST_CELL pair_vector
#define HIST_NAME(name) pair_##name
#include "kernels/hist_tile.h"

static void hist_update(const struct hist_block *block, const uint32_t *rows, uint64_t begin, uint64_t end,
                        const struct hist_pair *pairs, struct hist_pair *cells) {
  if (block->cell_bytes == 1)
    pair_add(block, rows, begin, end, (const pair_vector *)pairs, (pair_vector *)cells);
  else
    pair_add_wide(block, rows, begin, end, (const pair_vector *)pairs, (pair_vector *)cells);
}

#endif
