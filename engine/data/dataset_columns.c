/* dataset_columns.c - a data set from columns that go as they are binned.
 *
 * The columns of a source are read one at a time (by each thread): cut points on all rows, then its bins in
 * one or two bytes a row, and the source lets the column go. So the memory in use falls while it is filled.
 * When the bins of all features are known the matrix is laid out, and the columns move into it. */
#include <string.h>

#include "base/status.h"
#include "data/dataset.h"

enum { BLOCK_ROWS = 1024, NARROW_BINS = 256 };

struct columns_job {
  copse_context *ctx;
  const copse_table *table;
  const copse_column_source *source;
  struct dataset_columns *columns;
};

/* Bins of one column; its cut points are known. */
static copse_status bin_column(void *user, const copse_schema *schema, uint32_t feature, copse_error *err) {
  struct columns_job *job = user;
  const struct feature_bins *bins = &schema->features[feature];
  uint64_t n_rows = job->table->n_rows;
  copse_status status = COPSE_OK;
  if (bins->used) {
    size_t cell_bytes = bins->n_bins <= NARROW_BINS ? 1 : 2;
    uint8_t *cells = copse_alloc(job->ctx, n_rows, cell_bytes);
    double values[BLOCK_ROWS];
    uint16_t block[BLOCK_ROWS];
    job->columns->cells[feature] = cells;
    if (cells == NULL) status = status_memory(err, "the bins of a column");
    for (uint64_t row = 0; row < n_rows && status == COPSE_OK; row += BLOCK_ROWS) {
      size_t n = n_rows - row < BLOCK_ROWS ? (size_t)(n_rows - row) : BLOCK_ROWS;
      job->source->read(job->source->user, feature, row, n, values);
      bins_of_values(bins, values, n, block);
      if (cell_bytes == 2)
        memcpy(cells + row * 2, block, n * sizeof *block);
      else
        for (size_t i = 0; i < n; i++) cells[row + i] = (uint8_t)block[i];
    }
  }
  if (job->source->release != NULL) job->source->release(job->source->user, feature);
  return status;
}

struct move_job {
  struct binned *binned;
  const struct dataset_columns *columns;
};

static void move_rows(void *user, size_t chunk, int thread) {
  (void)thread;
  const struct move_job *job = user;
  struct binned *binned = job->binned;
  uint64_t row = (uint64_t)chunk * BLOCK_ROWS, left = binned->n_rows - row;
  size_t n = left < BLOCK_ROWS ? (size_t)left : BLOCK_ROWS;
  uint16_t block[BLOCK_ROWS];
  for (uint32_t c = 0; c < binned->n_columns; c++) {
    const uint8_t *cells = job->columns->cells[binned->columns[c].feature];
    if (binned->columns[c].cell_bytes == 2)
      memcpy(block, cells + row * 2, n * sizeof *block);
    else
      for (size_t i = 0; i < n; i++) block[i] = cells[row + i];
    binned_store(binned, c, row, n, block);
  }
}

void dataset_columns_move(const struct dataset_columns *columns, struct binned *binned, int n_threads) {
  struct move_job job = {binned, columns};
  copse_parallel_for(n_threads, (size_t)((binned->n_rows + BLOCK_ROWS - 1) / BLOCK_ROWS), move_rows, &job);
}

copse_status dataset_columns_read(copse_context *ctx, const struct schema_request *request,
                                  copse_schema **schema, struct dataset_columns *out, copse_error *err) {
  struct columns_job job = {ctx, request->table, request->table->values, out};
  *schema = NULL;
  *out = (struct dataset_columns){.n = request->table->n_cols};
  out->cells = copse_alloc_zero(ctx, out->n, sizeof *out->cells);
  if (out->cells == NULL) return status_memory(err, "the bins of the columns");
  struct schema_request with = *request;
  with.then = bin_column;
  with.user = &job;
  return schema_create(ctx, &with, schema, err);
}

void dataset_columns_release(struct dataset_columns *columns) {
  for (uint32_t f = 0; columns->cells != NULL && f < columns->n; f++) copse_free(columns->cells[f]);
  copse_free(columns->cells);
  *columns = (struct dataset_columns){0};
}
