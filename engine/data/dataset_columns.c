/* dataset_columns.c - a data set from columns that go as they are binned.
 *
 * Cut points on all rows of a column, then its bins in one or two bytes a row, while its values are at hand:
 * a matrix in memory is read once. A source lets the column go, so the memory in use falls while it is
 * filled. When the bins of all features are known the matrix is laid out, and the columns move into it. */
#include <string.h>

#include "base/status.h"
#include "data/dataset.h"

enum { NARROW_BINS = 256 };

struct columns_job {
  copse_context *ctx;
  const copse_table *table;
  struct dataset_columns *columns;
};

/* Bins of one column; its cut points are known. */
static copse_status bin_column(void *user, const copse_schema *schema, uint32_t feature, const double *values,
                               copse_error *err) {
  struct columns_job *job = user;
  const struct feature_bins *bins = &schema->features[feature];
  uint64_t n_rows = job->table->n_rows;
  copse_status status = COPSE_OK;
  if (bins->used) {
    size_t cell_bytes = bins->n_bins <= NARROW_BINS ? 1 : 2;
    uint8_t *cells = copse_alloc(job->ctx, n_rows, cell_bytes);
    uint16_t block[BINNED_CHUNK];
    job->columns->columns[feature] =
        (struct column_cells){.block = cells, .cells = cells, .wide = cell_bytes == 2};
    if (cells == NULL) status = status_memory(err, "the bins of a column");
    for (uint64_t row = 0; row < n_rows && status == COPSE_OK; row += BINNED_CHUNK) {
      size_t n = n_rows - row < BINNED_CHUNK ? (size_t)(n_rows - row) : BINNED_CHUNK;
      bins_of_values(bins, values + row, n, block);
      if (cell_bytes == 2)
        memcpy(cells + row * 2, block, n * sizeof *block);
      else
        for (size_t i = 0; i < n; i++) cells[row + i] = (uint8_t)block[i];
    }
  }
  const copse_column_source *source = job->table->layout == COPSE_SOURCE ? job->table->values : NULL;
  if (source != NULL && source->release != NULL) source->release(source->user, feature);
  return status;
}

struct move_job {
  struct binned *binned;
  const struct dataset_columns *columns;
};

static uint16_t cell_at(const struct column_cells *column, uint64_t i) {
  return column->wide ? ((const uint16_t *)column->cells)[i] : ((const uint8_t *)column->cells)[i];
}

/* First place in the list whose row is not below `row`. */
static uint64_t listed_from(const struct column_cells *column, uint64_t row) {
  uint64_t low = 0, high = column->n_listed;
  while (low < high) {
    uint64_t middle = low + (high - low) / 2;
    if (column->rows[middle] < row)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

void dataset_columns_bins(const void *columns, uint32_t feature, uint64_t first_row, size_t n,
                          uint16_t *bins) {
  const struct column_cells *column = &((const struct dataset_columns *)columns)->columns[feature];
  if (column->listed) {
    for (size_t i = 0; i < n; i++) bins[i] = column->common;
    for (uint64_t k = listed_from(column, first_row); k < column->n_listed; k++) {
      if (column->rows[k] - first_row >= n) break;
      bins[column->rows[k] - first_row] = cell_at(column, k);
    }
  } else if (column->wide) {
    memcpy(bins, (const uint16_t *)column->cells + first_row, n * sizeof *bins);
  } else {
    const uint8_t *cells = (const uint8_t *)column->cells + first_row;
    for (size_t i = 0; i < n; i++) bins[i] = cells[i];
  }
}

static void move_rows(void *user, size_t chunk, int thread) {
  (void)thread;
  const struct move_job *job = user;
  uint64_t row = (uint64_t)chunk * BINNED_CHUNK, left = job->binned->n_rows - row;
  size_t n = left < BINNED_CHUNK ? (size_t)left : BINNED_CHUNK;
  binned_store_rows(job->binned, row, n, dataset_columns_bins, job->columns);
}

void dataset_columns_move(const struct dataset_columns *columns, struct binned *binned, int n_threads) {
  struct move_job job = {binned, columns};
  copse_parallel_for(n_threads, (size_t)((binned->n_rows + BINNED_CHUNK - 1) / BINNED_CHUNK), move_rows,
                     &job);
}

copse_status dataset_columns_read(copse_context *ctx, const struct schema_request *request,
                                  copse_schema **schema, struct dataset_columns *out, copse_error *err) {
  struct columns_job job = {ctx, request->table, out};
  *schema = NULL;
  *out = (struct dataset_columns){.n = request->table->n_cols};
  out->columns = copse_alloc_zero(ctx, out->n, sizeof *out->columns);
  if (out->columns == NULL) return status_memory(err, "the bins of the columns");
  struct schema_request with = *request;
  with.then = bin_column;
  with.user = &job;
  with.bins_of = dataset_columns_bins;
  with.bins_user = out;
  return schema_create(ctx, &with, schema, err);
}

void dataset_columns_release(struct dataset_columns *columns) {
  for (uint32_t f = 0; columns->columns != NULL && f < columns->n; f++) copse_free(columns->columns[f].block);
  copse_free(columns->columns);
  *columns = (struct dataset_columns){0};
}
