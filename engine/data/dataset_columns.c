/* dataset_columns.c - a data set from columns that go as they are binned.
 *
 * Cut points on all rows of a column, then its bins in one or two bytes a row, while its values are at hand:
 * a matrix in memory is read once. A source lets the column go, so the memory in use falls while it is
 * filled. When the bins of all features are known the matrix is laid out, and the columns move into it. */
#include <string.h>

#include "base/search.h"
#include "base/status.h"
#include "data/dataset.h"

struct columns_job {
  const copse_table *table;
  struct dataset_columns *columns;
};

static void take_column(void *user, uint32_t feature, const struct bins_codes *codes) {
  struct columns_job *job = user;
  const copse_column_source *source = job->table->layout == COPSE_SOURCE ? job->table->values : NULL;
  job->columns->columns[feature] = (struct column_cells){.cells = codes->cells, .wide = codes->wide};
  job->columns->blocks[feature] = codes->cells != codes->place ? codes->cells : NULL;
  job->columns->whole[feature] = codes->cells;
  if (source != NULL && source->release != NULL) source->release(source->user, feature);
}

struct move_job {
  struct binned *binned;
  const struct dataset_columns *columns;
};

static uint16_t cell_at(const struct column_cells *column, uint64_t i) {
  return column->wide ? ((const uint16_t *)column->cells)[i] : ((const uint8_t *)column->cells)[i];
}

void dataset_columns_bins(const void *columns, uint32_t feature, uint64_t first_row, size_t n,
                          uint16_t *bins) {
  const struct column_cells *column = &((const struct dataset_columns *)columns)->columns[feature];
  if (column->listed) {
    for (size_t i = 0; i < n; i++) bins[i] = column->common;
    for (uint64_t k = search_from_u32(column->rows, column->n_listed, (uint32_t)first_row);
         k < column->n_listed; k++) {
      /* one look: in a map the list may change between two */
      uint64_t row = __atomic_load_n(&column->rows[k], __ATOMIC_RELAXED) - first_row;
      if (row >= n) break;
      bins[row] = cell_at(column, k);
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
  binned_store_rows(job->binned, row, n, job->columns->whole, dataset_columns_bins, job->columns);
}

void dataset_columns_move(const struct dataset_columns *columns, struct binned *binned, int n_threads) {
  struct move_job job = {binned, columns};
  copse_parallel_for(n_threads, (size_t)((binned->n_rows + BINNED_CHUNK - 1) / BINNED_CHUNK), move_rows,
                     &job);
}

copse_status dataset_columns_create(copse_context *ctx, uint32_t n, struct dataset_columns *out,
                                    copse_error *err) {
  *out = (struct dataset_columns){.n = n};
  out->columns = copse_alloc_zero(ctx, n, sizeof *out->columns);
  out->blocks = copse_alloc_zero(ctx, n, sizeof *out->blocks);
  out->whole = copse_alloc_zero(ctx, n, sizeof *out->whole);
  if (out->columns == NULL || out->blocks == NULL || out->whole == NULL)
    return status_memory(err, "the bins of the columns");
  return COPSE_OK;
}

/* The matrix's own memory, where it is likely to have one block of one-byte cells: they are written where
 * they stay, and until the rows are known theirs serves the search. */
static copse_status make_room(copse_context *ctx, const struct schema_request *request,
                              struct dataset_columns *out, copse_error *err) {
  enum { LEAST_ROWS = 4096, MOST_BINS = 256 };
  const uint64_t n_rows = request->table->n_rows;
  const struct resolved_params *resolved = NULL;
  struct binned_room *room = &out->room;
  copse_status status = params_resolved(request->params, &resolved, err);
  if (status != COPSE_OK) return status;
  if (n_rows < LEAST_ROWS || resolved->bin.max_bin > MOST_BINS || !binned_room_sizes(out->n, n_rows, room))
    return COPSE_OK;
  room->rows = copse_alloc(ctx, binned_rows_bytes(n_rows, room->row_bytes), 1);
  room->cells = copse_alloc(ctx, out->n, room->stride);
  room->places = copse_alloc(ctx, out->n, sizeof *room->places);
  if (room->rows == NULL || room->cells == NULL || room->places == NULL)
    return status_memory(err, "the bins of the columns");
  for (uint32_t f = 0; f < out->n; f++) room->places[f] = f;
  return COPSE_OK;
}

copse_status dataset_columns_read(copse_context *ctx, const struct schema_request *request,
                                  copse_schema **schema, struct dataset_columns *out, copse_error *err) {
  struct columns_job job = {request->table, out};
  *schema = NULL;
  copse_status status = dataset_columns_create(ctx, request->table->n_cols, out, err);
  if (status != COPSE_OK) return status;
  struct schema_request with = *request;
  status = make_room(ctx, request, out, err);
  if (status != COPSE_OK) return status;
  with.cells = out->room.cells;
  with.cells_stride = out->room.stride;
  with.places = out->room.places;
  with.scratch = out->room.rows;
  if (with.scratch != NULL)
    with.scratch_bytes = binned_rows_bytes(request->table->n_rows, out->room.row_bytes);
  with.then = take_column;
  with.user = &job;
  with.bins_of = dataset_columns_bins;
  with.bins_user = out;
  return schema_create(ctx, &with, schema, err);
}

void dataset_columns_release(struct dataset_columns *columns) {
  for (uint32_t f = 0; f < columns->n; f++) {
    if (columns->blocks != NULL) copse_free(columns->blocks[f]);
  }
  if (!columns->room.taken) {
    copse_free(columns->room.rows);
    copse_free(columns->room.cells);
  }
  copse_free(columns->room.places);
  copse_free(columns->columns);
  copse_free(columns->blocks);
  copse_free(columns->whole);
  *columns = (struct dataset_columns){0};
}
