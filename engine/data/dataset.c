/* dataset.c - a data set's life: created with room for every row, filled by pushes, finished, shared by
 * counted reference. Fields are in dataset_fields.c.
 *
 * A push cuts its rows into chunks and walks each chunk column by column; chunks write disjoint rows of both
 * copies, so any number of pushes may run at once and the cells do not depend on how rows were cut. */
#include "data/dataset.h"

#include <inttypes.h>
#include <string.h>

#include "base/status.h"
#include "data/encoded_table.h"

copse_status dataset_create(copse_context *ctx, copse_schema *schema, uint64_t n_rows,
                            const void *const *in_place, struct binned_room *room, copse_dataset **out,
                            copse_error *err) {
  *out = NULL;
  if (n_rows == 0) return status_set(err, COPSE_ERR_DATA, "data set: 0 rows: expected at least one");
  if (n_rows > UINT32_MAX)
    return status_set(err, COPSE_ERR_UNSUPPORTED,
                      "data set: %" PRIu64 " rows: expected fewer than 2^32 (4294967296)", n_rows);
  copse_dataset *dataset = copse_alloc_zero(ctx, 1, sizeof *dataset);
  if (dataset == NULL) return status_memory(err, "a data set");
  dataset->ctx = ctx;
  dataset->n_rows = n_rows;
  atomic_init(&dataset->references, 1);
  dataset->schema = copse_schema_ref(schema);
  const struct bundles *bundles = schema->bundled ? &schema->bundles : NULL;
  copse_status status = room != NULL ? binned_create_in(room, ctx, schema->features, schema->n_features,
                                                        bundles, n_rows, &dataset->binned, err)
                                     : binned_create(ctx, schema->features, schema->n_features, bundles,
                                                     n_rows, in_place, &dataset->binned, err);
  if (status == COPSE_OK && schema->keep_values) status = dataset_values_create(dataset, err);
  if (status != COPSE_OK) {
    copse_dataset_free(dataset);
    return status;
  }
  *out = dataset;
  return COPSE_OK;
}

copse_status copse_dataset_create(copse_context *ctx, copse_schema *schema, uint64_t n_rows,
                                  copse_dataset **out, copse_error *err) {
  return dataset_create(ctx, schema, n_rows, NULL, NULL, out, err);
}

struct push_job {
  copse_dataset *dataset;
  const copse_table *table;
  uint64_t start_row; /* of the table within the data set */
};

enum { TILE_COLUMNS = 8 };

/* A few neighbouring columns of a chunk, read together: a row-major table has them in one or two lines. */
struct push_tile {
  const struct push_job *job;
  struct table_rows rows;
  uint32_t first, n_columns;
  double values[TILE_COLUMNS][BINNED_CHUNK];
};

/* user is the tile: no other thread has it. */
static void dense_bins(const void *user, uint32_t feature, uint64_t first_row, size_t n, uint16_t *bins) {
  struct push_tile *tile = (struct push_tile *)user;
  const struct push_job *job = tile->job;
  (void)first_row; /* the tile's */
  if (feature >= tile->first + tile->n_columns || feature < tile->first) {
    /* bundled columns come out of turn, forth and back: the tile only goes forth */
    bool ahead = feature >= tile->first + tile->n_columns && job->table->layout == COPSE_ROWS;
    uint32_t left = job->table->n_cols - feature;
    tile->first = feature;
    tile->n_columns = !ahead ? 1 : left < TILE_COLUMNS ? left : TILE_COLUMNS;
    table_gather_group(job->table, feature, tile->n_columns, &tile->rows, tile->values[0], BINNED_CHUNK);
  }
  bins_of_values(&job->dataset->schema->features[feature], tile->values[feature - tile->first], n, bins);
}

static void push_dense(const struct push_job *job, const struct table_rows *rows) {
  struct push_tile tile; /* its values are written before they are read */
  tile.job = job;
  tile.rows = *rows;
  tile.first = tile.n_columns = 0;
  binned_store_rows(&job->dataset->binned, job->start_row + rows->first, rows->n, NULL, dense_bins, &tile);
}

static void csc_bins(const void *user, uint32_t feature, uint64_t first_row, size_t n, uint16_t *bins) {
  const struct push_job *job = user;
  const copse_table *table = job->table;
  const struct feature_bins *features = &job->dataset->schema->features[feature];
  uint64_t first = first_row - job->start_row;
  for (uint64_t i = 0; i < n; i++) bins[i] = (uint16_t)features->default_bin;
  for (int64_t k = table_csc_from(table, feature, first); k < table->indptr[feature + 1]; k++) {
    uint64_t i = (uint64_t)table->indices[k] - first;
    if (i >= n) break;
    bins[i] = (uint16_t)bins_of_value(features, table_stored_value(table, k));
  }
}

/* Row by row. A bundled column whose bin of 0.0 is not the reference is away from it in every row that stores
 * no value of it (rows of another layout chose the reference). */
static void push_csr(const struct push_job *job, const struct table_rows *rows) {
  const copse_table *table = job->table;
  struct binned *binned = &job->dataset->binned;
  const struct feature_bins *features = job->dataset->schema->features;
  binned_fill_default(binned, features, job->start_row + rows->first, rows->n);
  for (uint64_t row = rows->first; row < rows->first + rows->n; row++) {
    uint32_t away = 0; /* of binned->away */
    for (int64_t k = table->indptr[row]; k < table->indptr[row + 1]; k++) {
      uint32_t feature = (uint32_t)table->indices[k];
      uint32_t column = binned->column_of[feature];
      if (column == BINNED_NO_COLUMN) continue;
      for (; away < binned->n_away && binned->away[away] < column; away++)
        binned_set_absent(binned, features, binned->away[away], job->start_row + row);
      if (away < binned->n_away && binned->away[away] == column) away++;
      uint32_t bin = bins_of_value(&features[feature], table_stored_value(table, k));
      binned_set_cell(binned, column, job->start_row + row, bin);
    }
    for (; away < binned->n_away; away++)
      binned_set_absent(binned, features, binned->away[away], job->start_row + row);
  }
}

static void push_chunk(void *user, size_t chunk, int thread) {
  (void)thread;
  const struct push_job *job = user;
  if (copse_context_cancelled(job->dataset->ctx)) return;
  struct table_rows rows = {.first = (uint64_t)chunk * BINNED_CHUNK};
  uint64_t left = job->table->n_rows - rows.first;
  rows.n = left < BINNED_CHUNK ? left : BINNED_CHUNK;
  switch (job->table->layout) {
    case COPSE_CSR: push_csr(job, &rows); break;
    case COPSE_CSC:
      binned_store_rows(&job->dataset->binned, job->start_row + rows.first, rows.n, NULL, csc_bins, job);
      break;
    case COPSE_ROWS:
    case COPSE_SOURCE:
    case COPSE_COLUMNS: push_dense(job, &rows); break;
  }
  if (job->dataset->values != NULL)
    dataset_values_store(job->dataset, job->table, job->start_row, rows.first, rows.n);
}

static copse_status check_push(const copse_dataset *dataset, const copse_table *rows, uint64_t start_row,
                               copse_error *err) {
  if (dataset->finished)
    return status_set(err, COPSE_ERR_STATE, "data set: rows pushed after it was finished");
  if (rows->n_cols != dataset->schema->n_features)
    return status_set(err, COPSE_ERR_DATA,
                      "data set: the pushed table has %" PRIu32 " columns: expected the schema's %" PRIu32,
                      rows->n_cols, dataset->schema->n_features);
  if (start_row > dataset->n_rows || rows->n_rows > dataset->n_rows - start_row)
    return status_set(err, COPSE_ERR_ARGUMENT,
                      "data set: %" PRIu64 " rows pushed from row %" PRIu64
                      " on: expected rows below %" PRIu64,
                      rows->n_rows, start_row, dataset->n_rows);
  return table_check(rows, err);
}

copse_status copse_dataset_push(copse_dataset *dataset, const copse_table *rows, uint64_t start_row,
                                int n_threads, copse_error *err) {
  struct encoded_table encoded;
  copse_status status = COPSE_OK;
  if (dataset->schema->encoder != NULL) {
    status = encoded_table_open(dataset->schema->encoder, rows, false, &encoded, err);
    rows = &encoded.view;
  }
  if (status == COPSE_OK) status = check_push(dataset, rows, start_row, err);
  if (status != COPSE_OK) return status;
  struct push_job job = {dataset, rows, start_row};
  copse_parallel_for(n_threads, (size_t)((rows->n_rows + BINNED_CHUNK - 1) / BINNED_CHUNK), push_chunk, &job);
  status = status_check_cancel(dataset->ctx, err);
  if (status == COPSE_OK) atomic_fetch_add(&dataset->rows_pushed, rows->n_rows);
  return status;
}

copse_status copse_dataset_finish(copse_dataset *dataset, copse_error *err) {
  uint64_t pushed = atomic_load(&dataset->rows_pushed);
  if (dataset->finished) return status_set(err, COPSE_ERR_STATE, "data set: it is finished already");
  if (pushed != dataset->n_rows)
    return status_set(err, COPSE_ERR_STATE,
                      "data set: %" PRIu64 " rows were pushed: expected each of its %" PRIu64 " rows once",
                      pushed, dataset->n_rows);
  copse_status status = binned_settle(&dataset->binned, err);
  dataset->finished = status == COPSE_OK;
  return status;
}

/* Cut points on the sampled rows, without copying them; when these are all rows of a dense table, also its
 * bins (but not where values are kept, which a source lets go with the bins). */
static copse_status schema_of_sample(copse_context *ctx, struct schema_request *request, copse_schema **out,
                                     struct dataset_columns *columns, copse_error *err) {
  struct table_rows rows = {0};
  uint64_t *list = NULL;
  *out = NULL;
  copse_status status = copse_sample_rows(request->n_rows, request->params, NULL, &rows.n, err);
  const struct resolved_params *resolved = NULL;
  if (status == COPSE_OK) status = params_resolved(request->params, &resolved, err);
  if (status != COPSE_OK) return status;
  if (rows.n < request->n_rows) {
    list = copse_alloc(ctx, rows.n, sizeof *list);
    if (list == NULL) return status_memory(err, "the list of sampled rows");
    status = copse_sample_rows(request->n_rows, request->params, list, &rows.n, err);
    rows.list = list;
  }
  request->rows = &rows;
  bool dense = request->table->layout != COPSE_CSR && request->table->layout != COPSE_CSC;
  if (status == COPSE_OK)
    status = dense && list == NULL && !resolved->bin.keep_values
                 ? dataset_columns_read(ctx, request, out, columns, err)
                 : schema_create(ctx, request, out, err);
  copse_free(list);
  return status;
}

/* Every row of the table, which the schema was made from or which is like its table. */
static copse_status fill(copse_dataset *dataset, const copse_table *table,
                         const struct dataset_columns *columns, int n_threads, copse_error *err) {
  copse_status status;
  if (columns->columns != NULL) {
    dataset_columns_move(columns, &dataset->binned, n_threads);
    atomic_store(&dataset->rows_pushed, dataset->n_rows);
    status = status_check_cancel(dataset->ctx, err);
  } else {
    status = copse_dataset_push(dataset, table, 0, n_threads, err);
    const copse_column_source *source = table->layout == COPSE_SOURCE ? table->values : NULL;
    if (status == COPSE_OK && source != NULL && source->release != NULL)
      for (uint32_t c = 0; c < table->n_cols; c++) source->release(source->user, c);
  }
  return status == COPSE_OK ? copse_dataset_finish(dataset, err) : status;
}

copse_status copse_dataset_from_table(copse_context *ctx, const copse_table *table, const char *const *names,
                                      const bool *categorical, const copse_params *params,
                                      copse_schema *schema, copse_dataset **out, copse_error *err) {
  copse_schema *own = NULL;
  copse_dataset *dataset = NULL;
  struct dataset_columns columns = {0};
  const struct resolved_params *resolved = NULL;
  *out = NULL;
  copse_status status = COPSE_OK;
  if (params != NULL) status = params_resolved(params, &resolved, err);
  if (params == NULL && schema == NULL)
    status = status_set(err, COPSE_ERR_ARGUMENT, "data set: neither parameters nor a schema were given");
  if (status != COPSE_OK) goto done;
  if (schema == NULL) {
    struct schema_request request = {.table = table,
                                     .n_rows = table->n_rows,
                                     .names = names,
                                     .categorical = categorical,
                                     .params = params};
    status = schema_of_sample(ctx, &request, &own, &columns, err);
    if (status != COPSE_OK) goto done;
    schema = own;
  }
  status = dataset_create(ctx, schema, table->n_rows, NULL, columns.room.cells != NULL ? &columns.room : NULL,
                          &dataset, err);
  if (status != COPSE_OK) goto done;
  status = fill(dataset, table, &columns, resolved != NULL ? resolved->boost.n_threads : 0, err);

done:
  dataset_columns_release(&columns);
  copse_schema_free(own);
  if (status != COPSE_OK) {
    copse_dataset_free(dataset);
    dataset = NULL;
  }
  *out = dataset;
  return status;
}

copse_dataset *copse_dataset_ref(copse_dataset *dataset) {
  atomic_fetch_add_explicit(&dataset->references, 1, memory_order_relaxed);
  return dataset;
}

void copse_dataset_free(copse_dataset *dataset) {
  if (dataset == NULL) return;
  if (atomic_fetch_sub_explicit(&dataset->references, 1, memory_order_acq_rel) != 1) return;
  binned_release(&dataset->binned);
  if (dataset->release != NULL) dataset->release(dataset->release_user);
  dataset_values_release(dataset);
  copse_schema_free(dataset->schema);
  copse_free(dataset->label);
  copse_free(dataset->weight);
  copse_free(dataset->init_score);
  copse_free(dataset->group);
  copse_free(dataset->position);
  copse_free(dataset);
}

uint64_t copse_dataset_n_rows(const copse_dataset *dataset) { return dataset->n_rows; }

copse_schema *copse_dataset_schema(const copse_dataset *dataset) { return dataset->schema; }
