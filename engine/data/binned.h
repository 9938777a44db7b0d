/* binned.h - the matrix the kernels walk, in two copies.
 *
 * Row-major blocks (up to 64 one-byte or 32 two-byte cells of a row side by side in 4 to 64 aligned bytes:
 * at most one cache line a row) feed the histograms; a feature-major copy feeds the partition and the routing
 * of rows. Both hold the same cells.
 *
 * A "column" is a used feature; columns are numbered in ascending order of their feature. A "carrier" is what
 * is stored: one cell a row. It carries one column as it is, or several (bundle.h says which):
 *
 *   digit     columns of which no row has more than one away from its reference bin. 0: all are at their
 *             reference; from `first` on, the other bins of each in turn
 *   carrier   a product of digits: cell = sum of digit * stride, as in a number of mixed radix
 *
 * No row's bin is ever lost: a row in which two columns of a digit meet is kept aside when it is stored, and
 * binned_settle gives the columns that arrived second carriers of their own. */
#ifndef COPSE_DATA_BINNED_H
#define COPSE_DATA_BINNED_H

#include <stdatomic.h>

#include "copse.h"
#include "data/bins.h"
#include "data/bundle.h"

enum { BINNED_PADDING = 64 }; /* readable cells behind the last row of every array */
/* Rows that are stored at once: their values of a few dozen features and their cells stay in the L2 cache. */
enum { BINNED_CHUNK = 1024 };
#define BINNED_NO_COLUMN UINT32_MAX

struct binned_column {
  uint32_t feature; /* index among all features */
  uint32_t n_bins;
  uint32_t cell_bytes;  /* of its carrier */
  uint32_t block;       /* of its carrier */
  uint32_t hist_offset; /* first plane cell of this column within its block's */
  void *cells;          /* of its carrier */
  uint32_t carrier, digit;
  bool bundled; /* false: the carrier's cell is the bin */
  uint32_t stride, radix, first, reference;
};

struct binned_digit {
  uint32_t stride, radix;
  uint32_t first_member, n_members; /* within binned.members */
};

struct binned_carrier {
  uint32_t n_values;    /* cells are below it */
  uint32_t cell_bytes;  /* 1 up to 256 values, else 2 */
  uint32_t block, slot; /* where the row-major copy has it */
  uint32_t sum_offset;  /* first accumulator cell within its block's */
  uint32_t first_digit, n_digits;
  bool bundled;
  bool in_place; /* cells lie elsewhere, and are never written */
  void *cells;   /* feature-major: uint8_t or uint16_t [n_rows], the block's */
};

/* A block has accumulator cells, one for each value of its carriers, and plane cells, one for each bin of its
 * columns. Without bundles these are the same. */
struct binned_block {
  bool dirty;         /* rows were not 0 when they came: those that are stored are cleared first */
  uint32_t n_columns; /* carriers */
  uint32_t cell_bytes;
  uint32_t row_bytes;   /* power of two >= n_columns * cell_bytes, at least 4, at most 64 */
  uint32_t n_sums;      /* accumulator cells of the block, a multiple of 4 */
  uint32_t n_cells;     /* plane cells of the block, a multiple of 4 */
  uint64_t first_cell;  /* plane cells before it within a whole histogram */
  uint32_t *carriers;   /* [n_columns] */
  uint32_t mean_values; /* of a carrier */
  uint32_t *offsets;    /* [n_columns] = sum_offset of each: of one-byte cells HIST_STRIDE apart */
  uint8_t *rows;        /* [n_rows * row_bytes], 64-byte aligned */
  uint8_t *cells;       /* feature-major: of its carriers that do not lie elsewhere, one behind the other */
};

/* A bin that found its digit taken. */
struct binned_clash {
  uint64_t row;
  uint32_t column, bin;
};

struct binned {
  copse_context *ctx;
  uint64_t n_rows;
  uint32_t n_features, n_columns, n_digits, n_carriers, n_blocks;
  const void *const *in_place; /* [n_features] while it is created; or NULL */
  struct binned_room *room;    /* while it is created; or NULL */
  uint32_t *column_of;         /* [n_features] column of a feature, BINNED_NO_COLUMN when it is not used */
  struct binned_column *columns;
  uint32_t *members; /* [n_columns, and evicted ones again] columns of the digits, ascending within each */
  struct binned_digit *digits;
  struct binned_carrier *carriers;
  struct binned_block *blocks;
  uint64_t n_cells; /* plane cells of all blocks */
  uint32_t *away;   /* [n_away] bundled columns whose bin of 0.0 is not their reference bin */
  uint32_t n_away;

  atomic_flag clash_busy;
  bool clash_lost; /* no memory for one */
  struct binned_clash *clashes;
  size_t n_clashes, clash_room;
};

/* Memory for a matrix whose layout is not known yet: it serves if the matrix has one block, of one-byte cells
 * in rows of row_bytes, and carriers for most of the features. Both from copse_alloc, of the matrix's
 * context. */
struct binned_room {
  uint8_t *rows; /* [binned_rows_bytes], with anything in them; freed, and NULL, where it does not serve */
  uint32_t row_bytes;
  uint8_t *cells; /* [n_features * stride] cells of each feature where it has bins */
  size_t stride;
  uint32_t *places; /* [n_features] which of these are a feature's. Never the matrix's */
  bool taken;       /* the matrix's now; else still the caller's */
};
/* The sizes for such a matrix. False: it would have several blocks. */
bool binned_room_sizes(uint32_t n_features, uint64_t n_rows, struct binned_room *sizes);
size_t binned_rows_bytes(uint64_t n_rows, uint32_t row_bytes);

/* Allocates both copies; every cell is 0. bundles NULL: every column has a carrier of its own. in_place
 * [n_features] or NULL: of features that share no cell the cells as binned_store_rows is given them, to stay
 * where they are as long as the matrix lives, with BINNED_PADDING readable ones behind the last row.
 * Histogram offsets are multiples of 4 cells, and no two neighbouring carriers or columns lie a multiple of
 * 256 cells apart (power-of-two strides put equal bins of two features into one cache set). */
COPSE_MUST_CHECK copse_status binned_create(copse_context *ctx, const struct feature_bins *features,
                                            uint32_t n_features, const struct bundles *bundles,
                                            uint64_t n_rows, const void *const *in_place, struct binned *out,
                                            copse_error *err);
/* The same in a room where that serves: its cells are those of features that share none, and a carrier of
 * several has the place of its first one, as long as that is not overwritten before it is read. */
COPSE_MUST_CHECK copse_status binned_create_in(struct binned_room *room, copse_context *ctx,
                                               const struct feature_bins *features, uint32_t n_features,
                                               const struct bundles *bundles, uint64_t n_rows,
                                               struct binned *out, copse_error *err);
void binned_release(struct binned *binned);

/* A matrix of the same layout, which borrows what does not depend on rows: row i is from's row order[i].
 * Release with binned_release_reordered, before `from`. */
COPSE_MUST_CHECK copse_status binned_reorder(const struct binned *from, const uint32_t *order, int n_threads,
                                             struct binned *out, copse_error *err);
void binned_release_reordered(struct binned *binned);
/* The same where the rows lie: row i becomes what row order[i] was, or with `back` the other way round. Not
 * with cells that lie elsewhere. rooms: scratch for as many threads, each [n_rows] of uint16_t. */
bool binned_owns_cells(const struct binned *binned);
void binned_rearrange(struct binned *binned, const uint32_t *order, bool back, void *const *rooms,
                      int n_rooms);

/* Writes the cells of one carrier in rows [first_row, first_row + n) to both copies. Different rows or
 * carriers may be written by different threads at once. */
void binned_store(struct binned *binned, uint32_t carrier, uint64_t first_row, size_t n,
                  const uint16_t *cells);
/* Adds bins of a column to cells of its bundled carrier, which begin as 0, in rows [first_row, first_row +
 * n). A bin that finds its digit taken is kept aside. Columns of a carrier come in ascending order. */
void binned_join(struct binned *binned, uint32_t column, uint64_t first_row, size_t n, const uint16_t *bins,
                 uint16_t *cells);
/* Rows [first_row, first_row + n), n <= BINNED_CHUNK, with bins from wherever `bins_of` has them: carrier by
 * carrier, its columns one after the other. cells [n_features] or NULL: bins of a feature in all rows as the
 * feature-major copy has them, or NULL; used for columns that have a carrier of their own. */
void binned_store_rows(struct binned *binned, uint64_t first_row, size_t n, const void *const *cells,
                       bins_read_fn bins_of, const void *user);
/* Gives every column that has a carrier of its own its feature's bin of 0.0 in those rows: what a sparse row
 * is before its values. Bundled columns are at their reference bins; those of `away` are not to stay there.
 */
void binned_fill_default(struct binned *binned, const struct feature_bins *features, uint64_t first_row,
                         size_t n);
/* After that, one by one; of a row each column at most once, in ascending order. */
void binned_set_cell(struct binned *binned, uint32_t column, uint64_t row, uint32_t bin);
static inline void binned_set_absent(struct binned *binned, const struct feature_bins *features,
                                     uint32_t column, uint64_t row) {
  binned_set_cell(binned, column, row, features[binned->columns[column].feature].default_bin);
}

/* After the last row: columns with bins kept aside get carriers of their own. Equal rows end in equal cells,
 * however they were cut into calls. */
COPSE_MUST_CHECK copse_status binned_settle(struct binned *binned, copse_error *err);

/* Whether every cell of the row-major copy is below its carrier's number of values: bins that come from
 * elsewhere need not be. */
bool binned_within(const struct binned *binned, int n_threads);

/* The bin a cell of the column's carrier stands for. */
static inline uint32_t binned_bin(const struct binned_column *column, uint32_t cell) {
  if (!column->bundled) return cell;
  uint32_t at = cell / column->stride % column->radix - column->first; /* wraps below first */
  if (at >= column->n_bins - 1) return column->reference;
  return at + (at >= column->reference ? 1 : 0);
}

static inline uint32_t binned_cell(const struct binned_column *column, uint64_t row) {
  return binned_bin(column, column->cell_bytes == 1 ? ((const uint8_t *)column->cells)[row]
                                                    : ((const uint16_t *)column->cells)[row]);
}

/* What a bin adds to the cell of a bundled column: 0 for the reference bin. */
static inline uint32_t binned_share(const struct binned_column *column, uint32_t bin) {
  if (bin == column->reference) return 0;
  return (column->first + bin - (bin > column->reference ? 1 : 0)) * column->stride;
}

#endif
