/* bucket_loops.h - buckets of rows, for tiers that turn a tile of rows into columns first. An includer
 * defines TRANSPOSE and FIND_BUCKETS, slots of its own. */
#ifndef COPSE_KERNELS_BUCKET_LOOPS_H
#define COPSE_KERNELS_BUCKET_LOOPS_H

#include "kernels/buckets.h"

static void bucket_rows(const double *rows, size_t row_stride, uint64_t n, const struct bucket_rule *rules,
                        uint32_t n_columns, uint16_t *buckets, size_t column_stride, uint8_t *facts) {
  enum { TILE_ROWS = 128, TILE_COLUMNS = 8 };
  double tile[TILE_COLUMNS * TILE_ROWS];
  for (uint64_t start = 0; start < n; start += TILE_ROWS) {
    const uint64_t length = n - start < TILE_ROWS ? n - start : TILE_ROWS;
    for (uint32_t c = 0; c < n_columns; c += TILE_COLUMNS) {
      const uint32_t columns = n_columns - c < TILE_COLUMNS ? n_columns - c : TILE_COLUMNS;
      TRANSPOSE(rows + start * row_stride + c, row_stride, length, columns, tile, TILE_ROWS);
      for (uint32_t k = 0; k < columns; k++)
        facts[c + k] |= (uint8_t)FIND_BUCKETS(tile + (size_t)k * TILE_ROWS, length, &rules[c + k],
                                              buckets + (c + k) * column_stride + start);
    }
  }
}

#endif
