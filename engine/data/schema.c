/* schema.c - the bins of every feature, found on the sampled rows, features in parallel.
 *
 * Row-major tables have a file of their own. Sparse rows are turned into columns of their stored values once,
 * sparse columns are read as they are, and neither is made dense. Threads do not change a result. */
#include <inttypes.h>
#include <string.h>

#include "base/status.h"
#include "base/team.h"
#include "data/dataset.h"
#include "data/encoded_table.h"
#include "data/names.h"
#include "data/schema_internal.h"

static void note_failure(struct schema_job *job, uint32_t feature, const copse_error *error) {
  while (atomic_flag_test_and_set_explicit(&job->failure.busy, memory_order_acquire)) {
  }
  if (feature < job->failure.feature) {
    job->failure.feature = feature;
    job->failure.error = *error;
  }
  atomic_flag_clear_explicit(&job->failure.busy, memory_order_release);
}

int schema_max_bin(const struct bin_params *params, uint32_t feature) {
  return feature < params->n_max_bin_by_feature ? params->max_bin_by_feature[feature] : params->max_bin;
}

const struct forced_bins *schema_forced_bins(const struct bin_params *params, uint32_t feature) {
  for (size_t i = 0; i < params->n_forced && params->forced[i].feature <= feature; i++)
    if (params->forced[i].feature == feature) return &params->forced[i];
  return NULL;
}

void schema_find_feature(struct schema_job *job, uint32_t feature, const struct feature_values *values,
                         int thread) {
  struct feature_bins *out = &job->schema->features[feature];
  struct bins_codes codes = {.place = NULL};
  if (job->request->cells != NULL)
    codes.place = job->request->cells + job->request->places[feature] * job->request->cells_stride;
  copse_context *ctx = job->schema->ctx;
  const bool coded = values->dense && job->request->then != NULL;
  struct bins_column column = {.values = values->values,
                               .stride = values->stride,
                               .buckets = values->buckets,
                               .n_values = values->n,
                               .n_zeros = job->rows->n - values->n,
                               .n_rows = job->n_rows,
                               .max_bin = schema_max_bin(job->params, feature),
                               .params = job->params,
                               .forced = schema_forced_bins(job->params, feature),
                               .room = &job->rooms[thread],
                               .codes = coded ? &codes : NULL};
  copse_error error;
  copse_status status = job->categorical != NULL && job->categorical[feature]
                            ? bins_find_categorical(ctx, &column, out, &error)
                            : bins_find_numeric(ctx, &column, out, &error);
  if (status == COPSE_OK && out->n_bins > BINS_MAX)
    status = status_set(&error, COPSE_ERR_UNSUPPORTED,
                        "%" PRIu32 " bins: expected at most %d (lower max_bin)", out->n_bins, BINS_MAX);
  if (status == COPSE_OK) {
    if (coded) job->request->then(job->request->user, feature, &codes);
    return;
  }
  bins_codes_release(&codes);
  copse_error named;
  status_set(&named, status, "column \"%.200s\": %.700s", job->schema->names[feature], error.message);
  note_failure(job, feature, &named);
}

void schema_note_no_memory(struct schema_job *job, uint32_t feature) {
  copse_error error;
  status_memory(&error, "a copy of the sampled values");
  note_failure(job, feature, &error);
}

struct table_rows schema_piece(const struct schema_job *job, uint64_t start) {
  struct table_rows piece = *job->rows;
  uint64_t left = job->rows->n - start;
  piece.n = left < SCHEMA_PIECE ? left : SCHEMA_PIECE;
  piece.first += start;
  if (piece.list != NULL) piece.list += start;
  return piece;
}

/* ---- columns that are columns already ---- */

static void find_column(void *user, size_t chunk, int thread) {
  struct schema_job *job = user;
  uint32_t feature = (uint32_t)chunk;
  uint64_t n = job->rows->n;
  if (copse_context_cancelled(job->schema->ctx)) return;
  double *values =
      bins_room_take(job->schema->ctx, &job->columns[thread], BINS_ROOM_VALUES, n, sizeof *values);
  if (values == NULL) {
    schema_note_no_memory(job, feature);
    return;
  }
  for (uint64_t start = 0; start < n; start += SCHEMA_PIECE) {
    struct table_rows piece = schema_piece(job, start);
    table_gather(job->table, feature, &piece, values + start);
  }
  schema_find_feature(job, feature, &(struct feature_values){values, 1, n, NULL, true}, thread);
}

static void find_csc_feature(void *user, size_t chunk, int thread) {
  struct schema_job *job = user;
  uint32_t feature = (uint32_t)chunk;
  if (copse_context_cancelled(job->schema->ctx)) return;
  size_t n_stored = (size_t)(job->table->indptr[feature + 1] - job->table->indptr[feature]);
  double *values = copse_alloc(job->schema->ctx, n_stored, sizeof *values);
  if (values == NULL) {
    schema_note_no_memory(job, feature);
    return;
  }
  uint64_t n = table_csc_gather(job->table, feature, job->rows, values);
  schema_find_feature(job, feature, &(struct feature_values){values, 1, n, NULL, false}, thread);
  copse_free(values);
}

static void find_csr_feature(void *user, size_t chunk, int thread) {
  struct schema_job *job = user;
  if (copse_context_cancelled(job->schema->ctx)) return;
  const uint64_t from = job->offsets[chunk], until = job->offsets[chunk + 1];
  schema_find_feature(job, (uint32_t)chunk,
                      &(struct feature_values){job->stored + from, 1, until - from, NULL, false}, thread);
}

/* CSR -> stored values by column, for the sampled rows. */
static copse_status collect_csr(struct schema_job *job, copse_error *err) {
  const copse_table *table = job->table;
  uint32_t n_features = job->schema->n_features;
  job->offsets = copse_alloc_zero(job->schema->ctx, (size_t)n_features + 2, sizeof *job->offsets);
  if (job->offsets == NULL) return status_memory(err, "columns of the sampled values");
  uint64_t *next = job->offsets + 1; /* after the fill below next[f] has become offsets[f + 1] */
  for (uint64_t i = 0; i < job->rows->n; i++) {
    uint64_t row = table_row(job->rows, i);
    for (int64_t k = table->indptr[row]; k < table->indptr[row + 1]; k++) next[table->indices[k] + 1]++;
  }
  for (uint32_t f = 0; f < n_features; f++) next[f + 1] += next[f];
  job->stored = copse_alloc(job->schema->ctx, next[n_features], sizeof *job->stored);
  if (job->stored == NULL) return status_memory(err, "columns of the sampled values");
  for (uint64_t i = 0; i < job->rows->n; i++) {
    uint64_t row = table_row(job->rows, i);
    for (int64_t k = table->indptr[row]; k < table->indptr[row + 1]; k++)
      job->stored[next[table->indices[k]]++] = table_stored_value(table, k);
  }
  return COPSE_OK;
}

static copse_status find_bins(struct schema_job *job, int n_threads, copse_error *err) {
  uint32_t n_features = job->schema->n_features;
  job->rooms = copse_alloc_zero(job->schema->ctx, (size_t)n_threads, sizeof *job->rooms);
  job->columns = copse_alloc_zero(job->schema->ctx, (size_t)n_threads, sizeof *job->columns);
  if (job->rooms == NULL || job->columns == NULL) return status_memory(err, "cut points");
  if (job->table->layout == COPSE_CSR) {
    copse_status status = collect_csr(job, err);
    if (status != COPSE_OK) return status;
    copse_parallel_for(n_threads, n_features, find_csr_feature, job);
  } else if (job->table->layout == COPSE_CSC) {
    copse_parallel_for(n_threads, n_features, find_csc_feature, job);
  } else if (job->table->layout == COPSE_ROWS) {
    schema_find_rows(job, n_threads);
  } else {
    copse_parallel_for(n_threads, n_features, find_column, job);
  }
  if (job->failure.feature != UINT32_MAX)
    return status_set(err, job->failure.error.status, "%s", job->failure.error.message);
  return status_check_cancel(job->schema->ctx, err);
}

static void release_scratch(struct schema_job *job, int n_threads) {
  for (int t = 0; t < n_threads; t++) {
    if (job->rooms != NULL) bins_room_release(&job->rooms[t]);
    if (job->columns != NULL) bins_room_release(&job->columns[t]);
  }
  copse_free(job->rooms);
  copse_free(job->columns);
  copse_free(job->stored);
  copse_free(job->offsets);
}

static copse_status check_request(const copse_table *table, const struct table_rows *rows, uint64_t n_rows,
                                  const struct bin_params *params, copse_error *err) {
  if (table->n_cols == 0 || rows->n == 0)
    return status_set(err, COPSE_ERR_DATA,
                      "table: %" PRIu64 " rows and %" PRIu32
                      " feature columns: expected at least one of each",
                      rows->n, table->n_cols);
  if (n_rows < rows->n)
    return status_set(err, COPSE_ERR_ARGUMENT,
                      "schema: the sample has %" PRIu64 " rows, the data set only %" PRIu64, rows->n, n_rows);
  if (rows->n > UINT32_MAX)
    return status_set(
        err, COPSE_ERR_UNSUPPORTED,
        "schema: %" PRIu64 " sampled rows: expected fewer than 2^32 (set bin_construct_sample_cnt)", rows->n);
  uint32_t n_inputs = encoded_table_n_inputs(table); /* who need not know how many columns are derived */
  if (params->n_max_bin_by_feature > 0 && params->n_max_bin_by_feature != n_inputs &&
      params->n_max_bin_by_feature != table->n_cols)
    return status_set(err, COPSE_ERR_ARGUMENT,
                      "max_bin_by_feature has %zu entries: expected one for each of the %" PRIu32
                      " features (count the feature columns; label, weight and ignored ones are none)",
                      params->n_max_bin_by_feature, n_inputs);
  if (params->n_forced > 0 && params->forced[params->n_forced - 1].feature >= table->n_cols)
    return status_set(err, COPSE_ERR_ARGUMENT,
                      "forced bins for feature %" PRIu32 ": there are %" PRIu32 " features, from 0",
                      params->forced[params->n_forced - 1].feature, table->n_cols);
  return COPSE_OK;
}

copse_status schema_create(copse_context *ctx, const struct schema_request *request, copse_schema **out,
                           copse_error *err) {
  const copse_table *table = request->table;
  copse_schema *schema = NULL;
  const struct resolved_params *resolved;
  struct schema_job job = {.table = table,
                           .rows = request->rows,
                           .n_rows = request->n_rows,
                           .categorical = request->categorical,
                           .request = request,
                           .failure = {.busy = ATOMIC_FLAG_INIT, .feature = UINT32_MAX}};
  *out = NULL;
  copse_status status = params_resolved(request->params, &resolved, err);
  if (status == COPSE_OK) status = table_check(table, err);
  if (status == COPSE_OK) status = check_request(table, request->rows, request->n_rows, &resolved->bin, err);
  if (status != COPSE_OK) goto done;
  job.params = &resolved->bin;

  schema = copse_alloc_zero(ctx, 1, sizeof *schema);
  if (schema == NULL) {
    status = status_memory(err, "a schema");
    goto done;
  }
  schema->ctx = ctx;
  atomic_init(&schema->references, 1);
  schema->n_features = table->n_cols;
  status = names_copy(ctx, request->names, table->n_cols, &schema->names, &schema->default_names, err);
  if (status != COPSE_OK) goto done;
  schema->features = copse_alloc_zero(ctx, table->n_cols, sizeof *schema->features);
  if (schema->features == NULL) {
    status = status_memory(err, "a schema");
    goto done;
  }
  job.schema = schema;
  schema->keep_values = resolved->bin.keep_values;
  int n_threads = team_size(resolved->boost.n_threads);
  status = find_bins(&job, n_threads, err);
  release_scratch(&job, n_threads);
  if (status == COPSE_OK && resolved->bin.bundle) {
    struct bundle_search search = {.table = table,
                                   .rows = request->rows,
                                   .n_rows = request->n_rows,
                                   .bins_of = request->bins_of,
                                   .bins_user = request->bins_user,
                                   .n_threads = n_threads,
                                   .features = schema->features,
                                   .n_features = schema->n_features};
    status = bundles_find(ctx, &search, &schema->bundles, err);
    schema->bundled = status == COPSE_OK;
  }

done:
  if (status != COPSE_OK) {
    copse_schema_free(schema);
    schema = NULL;
  }
  *out = schema;
  return status;
}

copse_status copse_schema_create(copse_context *ctx, const copse_table *sample, uint64_t n_rows,
                                 const char *const *names, const bool *categorical,
                                 const copse_params *params, copse_schema **out, copse_error *err) {
  struct table_rows all = {.n = sample->n_rows};
  struct schema_request request = {.table = sample,
                                   .rows = &all,
                                   .n_rows = n_rows,
                                   .names = names,
                                   .categorical = categorical,
                                   .params = params};
  return schema_create(ctx, &request, out, err);
}

copse_schema *copse_schema_ref(copse_schema *schema) {
  atomic_fetch_add_explicit(&schema->references, 1, memory_order_relaxed);
  return schema;
}

void copse_schema_free(copse_schema *schema) {
  if (schema == NULL) return;
  if (atomic_fetch_sub_explicit(&schema->references, 1, memory_order_acq_rel) != 1) return;
  for (uint32_t f = 0; schema->features != NULL && f < schema->n_features; f++)
    bins_release(&schema->features[f]);
  bundles_release(&schema->bundles);
  copse_encoder_free(schema->encoder);
  copse_free(schema->features);
  copse_free(schema->names);
  copse_free(schema);
}

uint32_t copse_schema_n_features(const copse_schema *schema) { return schema->n_features; }

const char *copse_schema_name(const copse_schema *schema, uint32_t feature) { return schema->names[feature]; }

uint32_t copse_schema_bins(const copse_schema *schema, uint32_t feature, double *out) {
  const struct feature_bins *bins = &schema->features[feature];
  for (uint32_t b = 0; out != NULL && b < bins->n_bins; b++)
    out[b] = bins->categorical ? (double)bins->category[b] : bins->upper[b];
  return bins->n_bins;
}
