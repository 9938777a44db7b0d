/* binned.h - the matrix the kernels walk, in two copies.
 *
 * Row-major blocks (up to 64 one-byte or 32 two-byte features of a row side by side in 4 to 64 aligned bytes:
 * at most one cache line a row) feed the histograms; a feature-major copy feeds the partition and the routing
 * of rows. Both hold the same bins. A "column" is a used feature; columns are numbered in ascending order of
 * their feature. */
#ifndef COPSE_DATA_BINNED_H
#define COPSE_DATA_BINNED_H

#include "copse.h"
#include "data/bins.h"

enum { BINNED_PADDING = 64 }; /* readable bytes behind the last row of every array */
#define BINNED_NO_COLUMN UINT32_MAX

struct binned_column {
  uint32_t feature; /* index among all features */
  uint32_t n_bins;
  uint32_t cell_bytes;  /* 1 up to 256 bins, else 2 */
  uint32_t block, slot; /* where the row-major copy has it */
  uint32_t hist_offset; /* first histogram cell of this column within its block's cells */
  void *cells;          /* feature-major: uint8_t or uint16_t [n_rows] */
};

struct binned_block {
  uint32_t n_columns;
  uint32_t cell_bytes;
  uint32_t row_bytes;  /* power of two >= n_columns * cell_bytes, at least 4, at most 64 */
  uint32_t n_cells;    /* histogram cells of the block, a multiple of 4 */
  uint64_t first_cell; /* of the block within a whole histogram */
  uint32_t *columns;   /* [n_columns] */
  uint32_t *offsets;   /* [n_columns] = hist_offset of each */
  uint8_t *rows;       /* [n_rows * row_bytes], 64-byte aligned */
};

struct binned {
  copse_context *ctx;
  uint64_t n_rows;
  uint32_t n_features, n_columns, n_blocks;
  uint32_t *column_of; /* [n_features] column of a feature, BINNED_NO_COLUMN when it is not used */
  struct binned_column *columns;
  struct binned_block *blocks;
  uint64_t n_cells; /* histogram cells of all blocks */
};

/* Allocates both copies; every cell is 0. Histogram offsets are multiples of 4 cells, and no two neighbouring
 * columns lie a multiple of 256 cells apart (power-of-two strides put equal bins of two features into one
 * cache set). */
COPSE_MUST_CHECK copse_status binned_create(copse_context *ctx, const struct feature_bins *features,
                                            uint32_t n_features, uint64_t n_rows, struct binned *out,
                                            copse_error *err);
void binned_release(struct binned *binned);

/* Writes the bins of one column in rows [first_row, first_row + n) to both copies. Different rows or columns
 * may be written by different threads at once. */
void binned_store(struct binned *binned, uint32_t column, uint64_t first_row, size_t n, const uint16_t *bins);
/* Gives every column its feature's bin of 0.0 in those rows: what a sparse row is before its values. */
void binned_fill_default(struct binned *binned, const struct feature_bins *features, uint64_t first_row,
                         size_t n);
void binned_set_cell(struct binned *binned, uint32_t column, uint64_t row, uint32_t bin);

static inline uint32_t binned_cell(const struct binned_column *column, uint64_t row) {
  return column->cell_bytes == 1 ? ((const uint8_t *)column->cells)[row]
                                 : ((const uint16_t *)column->cells)[row];
}

#endif
