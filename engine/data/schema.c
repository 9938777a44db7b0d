/* schema.c - the bins of every feature, found on the sampled rows, features in parallel.
 *
 * A dense table is read in groups of a few neighbouring columns, so that a row-major table is not swept once
 * per column; sparse rows are turned into columns of their stored values once, sparse columns are read as
 * they are, and neither is made dense. Neither grouping nor threads change a result. */
#include <inttypes.h>
#include <string.h>

#include "base/status.h"
#include "base/team.h"
#include "data/dataset.h"
#include "data/names.h"

enum { GROUP_COLUMNS = 8, GROUP_BYTES = 64 << 20 };

/* The error of the lowest feature that failed, whatever thread met it first. */
struct first_failure {
  atomic_flag busy;
  uint32_t feature;
  copse_error error;
};

struct schema_job {
  copse_schema *schema;
  const copse_table *table;
  const struct table_rows *rows;
  uint64_t n_rows;
  const bool *categorical;
  const struct schema_request *request;
  const struct bin_params *params;
  uint32_t group;    /* columns gathered at a time, dense layouts */
  double *stored;    /* CSR: the stored values of the sampled rows, column after column */
  uint64_t *offsets; /* CSR: [n_features + 1] into stored */
  struct first_failure failure;
};

static void note_failure(struct schema_job *job, uint32_t feature, const copse_error *error) {
  while (atomic_flag_test_and_set_explicit(&job->failure.busy, memory_order_acquire)) {
  }
  if (feature < job->failure.feature) {
    job->failure.feature = feature;
    job->failure.error = *error;
  }
  atomic_flag_clear_explicit(&job->failure.busy, memory_order_release);
}

static int feature_max_bin(const struct bin_params *params, uint32_t feature) {
  return params->max_bin_by_feature != NULL ? params->max_bin_by_feature[feature] : params->max_bin;
}

static const struct forced_bins *forced_bins_of(const struct bin_params *params, uint32_t feature) {
  for (size_t i = 0; i < params->n_forced && params->forced[i].feature <= feature; i++)
    if (params->forced[i].feature == feature) return &params->forced[i];
  return NULL;
}

/* Bins of one feature; values may be sorted in place. */
static void find_feature(struct schema_job *job, uint32_t feature, double *values, uint64_t n_values) {
  struct feature_bins *out = &job->schema->features[feature];
  copse_context *ctx = job->schema->ctx;
  uint64_t n_zeros = job->rows->n - n_values;
  int max_bin = feature_max_bin(job->params, feature);
  copse_error error;
  copse_status status =
      job->categorical != NULL && job->categorical[feature]
          ? bins_find_categorical(ctx, values, n_values, n_zeros, job->n_rows, max_bin, job->params, out,
                                  &error)
          : bins_find_forced(ctx, values, n_values, n_zeros, job->n_rows, max_bin, job->params,
                             forced_bins_of(job->params, feature), out, &error);
  if (status == COPSE_OK && out->n_bins > BINS_MAX)
    status = status_set(&error, COPSE_ERR_UNSUPPORTED,
                        "%" PRIu32 " bins: expected at most %d (lower max_bin)", out->n_bins, BINS_MAX);
  if (status == COPSE_OK && job->request->then != NULL)
    status = job->request->then(job->request->user, job->schema, feature, &error);
  if (status == COPSE_OK) return;
  copse_error named;
  status_set(&named, status, "column \"%.200s\": %.700s", job->schema->names[feature], error.message);
  note_failure(job, feature, &named);
}

static void find_dense_group(void *user, size_t chunk, int thread) {
  (void)thread;
  struct schema_job *job = user;
  uint32_t begin = (uint32_t)chunk * job->group;
  uint32_t end = begin + job->group < job->schema->n_features ? begin + job->group : job->schema->n_features;
  uint64_t n = job->rows->n;
  if (copse_context_cancelled(job->schema->ctx)) return;
  double *values = copse_alloc(job->schema->ctx, n * (end - begin), sizeof *values);
  if (values == NULL) {
    copse_error error;
    status_memory(&error, "a copy of the sampled values");
    note_failure(job, begin, &error);
    return;
  }
  /* by pieces, so that the lines of a row-major table are still in cache for the next column */
  enum { PIECE = 1024 };
  for (uint64_t start = 0; start < n; start += PIECE) {
    struct table_rows piece = *job->rows;
    piece.n = n - start < PIECE ? n - start : PIECE;
    piece.first += start;
    if (piece.list != NULL) piece.list += start;
    for (uint32_t f = begin; f < end; f++)
      table_gather(job->table, f, &piece, values + (f - begin) * n + start);
  }
  for (uint32_t f = begin; f < end; f++) find_feature(job, f, values + (f - begin) * n, n);
  copse_free(values);
}

static void find_csc_feature(void *user, size_t chunk, int thread) {
  (void)thread;
  struct schema_job *job = user;
  uint32_t feature = (uint32_t)chunk;
  if (copse_context_cancelled(job->schema->ctx)) return;
  size_t n_stored = (size_t)(job->table->indptr[feature + 1] - job->table->indptr[feature]);
  double *values = copse_alloc(job->schema->ctx, n_stored, sizeof *values);
  if (values == NULL) {
    copse_error error;
    status_memory(&error, "a copy of the sampled values");
    note_failure(job, feature, &error);
    return;
  }
  find_feature(job, feature, values, table_csc_gather(job->table, feature, job->rows, values));
  copse_free(values);
}

static void find_csr_feature(void *user, size_t chunk, int thread) {
  (void)thread;
  struct schema_job *job = user;
  if (copse_context_cancelled(job->schema->ctx)) return;
  find_feature(job, (uint32_t)chunk, job->stored + job->offsets[chunk],
               job->offsets[chunk + 1] - job->offsets[chunk]);
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

static uint32_t group_columns(const struct schema_job *job, int n_threads) {
  if (job->table->layout == COPSE_COLUMNS || job->table->layout == COPSE_SOURCE) return 1;
  uint64_t fits = GROUP_BYTES / sizeof(double) / job->rows->n;
  uint64_t share = job->schema->n_features / (4 * (uint64_t)n_threads); /* leave every thread some groups */
  uint64_t group = fits < share ? fits : share;
  return group < 1 ? 1 : group > GROUP_COLUMNS ? GROUP_COLUMNS : (uint32_t)group;
}

static copse_status find_bins(struct schema_job *job, int n_threads, copse_error *err) {
  uint32_t n_features = job->schema->n_features;
  n_threads = team_size(n_threads);
  if (job->table->layout == COPSE_CSR) {
    copse_status status = collect_csr(job, err);
    if (status != COPSE_OK) return status;
    copse_parallel_for(n_threads, n_features, find_csr_feature, job);
  } else if (job->table->layout == COPSE_CSC) {
    copse_parallel_for(n_threads, n_features, find_csc_feature, job);
  } else {
    job->group = group_columns(job, n_threads);
    copse_parallel_for(n_threads, (n_features + job->group - 1) / job->group, find_dense_group, job);
  }
  if (job->failure.feature != UINT32_MAX)
    return status_set(err, job->failure.error.status, "%s", job->failure.error.message);
  return status_check_cancel(job->schema->ctx, err);
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
  if (params->max_bin_by_feature != NULL && params->n_max_bin_by_feature != table->n_cols)
    return status_set(err, COPSE_ERR_ARGUMENT,
                      "max_bin_by_feature has %zu entries: expected one for each of the %" PRIu32 " features",
                      params->n_max_bin_by_feature, table->n_cols);
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
  status = find_bins(&job, resolved->boost.n_threads, err);
  copse_free(job.stored);
  job.stored = NULL;
  if (status == COPSE_OK && resolved->bin.bundle) {
    struct bundle_search search = {.table = table,
                                   .rows = request->rows,
                                   .n_rows = request->n_rows,
                                   .bins_of = request->bins_of,
                                   .bins_user = request->bins_user,
                                   .features = schema->features,
                                   .n_features = schema->n_features};
    status = bundles_find(ctx, &search, &schema->bundles, err);
    schema->bundled = status == COPSE_OK;
  }

done:
  copse_free(job.stored);
  copse_free(job.offsets);
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
