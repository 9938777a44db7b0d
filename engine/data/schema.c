/* schema.c - the bins of every feature, found on the sampled rows, features in parallel.
 *
 * A row-major table is read in groups of neighbouring columns, which all threads turn into columns together:
 * it is not swept once per column, and the group's copy is there once, not once for each thread. Sparse rows
 * are turned into columns of their stored values once, sparse columns are read as they are, and neither is
 * made dense. Neither grouping nor threads change a result. */
#include <inttypes.h>
#include <string.h>

#include "base/context.h"
#include "base/status.h"
#include "base/team.h"
#include "data/dataset.h"
#include "data/encoded_table.h"
#include "data/names.h"

/* Columns of a group; rows that a thread takes at once; and of these, while they are in the nearest cache, a
 * line's columns. */
enum { MOST_COLUMNS = 64, GROUP_BYTES = 64 << 20, CHUNK = 1 << 14, PIECE = 512, LINE_COLUMNS = 8 };

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
  /* COPSE_ROWS: columns gathered at a time, of which n_group from `first` are */
  uint32_t group, first, n_group;
  double *values;              /* [group * rows->n] */
  struct number_range *ranges; /* [threads * group] */
  struct bins_room *rooms;     /* [threads] */
  struct bins_room *columns;   /* [threads] of other dense layouts */
  double *stored;              /* CSR: the stored values of the sampled rows, column after column */
  uint64_t *offsets;           /* CSR: [n_features + 1] into stored */
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
  return feature < params->n_max_bin_by_feature ? params->max_bin_by_feature[feature] : params->max_bin;
}

static const struct forced_bins *forced_bins_of(const struct bin_params *params, uint32_t feature) {
  for (size_t i = 0; i < params->n_forced && params->forced[i].feature <= feature; i++)
    if (params->forced[i].feature == feature) return &params->forced[i];
  return NULL;
}

/* Bins of one feature. dense: the values are its whole column. */
static void find_feature(struct schema_job *job, uint32_t feature, const double *values, uint64_t n_values,
                         const struct number_range *range, bool dense, int thread) {
  struct feature_bins *out = &job->schema->features[feature];
  struct bins_codes codes = {0};
  copse_context *ctx = job->schema->ctx;
  struct bins_column column = {.values = values,
                               .range = range,
                               .n_values = n_values,
                               .n_zeros = job->rows->n - n_values,
                               .n_rows = job->n_rows,
                               .max_bin = feature_max_bin(job->params, feature),
                               .params = job->params,
                               .forced = forced_bins_of(job->params, feature),
                               .room = &job->rooms[thread],
                               .codes = dense && job->request->then != NULL ? &codes : NULL};
  copse_error error;
  copse_status status = job->categorical != NULL && job->categorical[feature]
                            ? bins_find_categorical(ctx, &column, out, &error)
                            : bins_find_numeric(ctx, &column, out, &error);
  if (status == COPSE_OK && out->n_bins > BINS_MAX)
    status = status_set(&error, COPSE_ERR_UNSUPPORTED,
                        "%" PRIu32 " bins: expected at most %d (lower max_bin)", out->n_bins, BINS_MAX);
  if (status == COPSE_OK) {
    if (dense && job->request->then != NULL) job->request->then(job->request->user, feature, &codes);
    return;
  }
  copse_free(codes.cells);
  copse_error named;
  status_set(&named, status, "column \"%.200s\": %.700s", job->schema->names[feature], error.message);
  note_failure(job, feature, &named);
}

static void note_no_memory(struct schema_job *job, uint32_t feature) {
  copse_error error;
  status_memory(&error, "a copy of the sampled values");
  note_failure(job, feature, &error);
}

/* ---- dense columns, by groups ---- */

static struct table_rows piece_of(const struct schema_job *job, uint64_t start) {
  struct table_rows piece = *job->rows;
  uint64_t left = job->rows->n - start;
  piece.n = left < PIECE ? left : PIECE;
  piece.first += start;
  if (piece.list != NULL) piece.list += start;
  return piece;
}

static void gather_piece(void *user, size_t chunk, int thread) {
  struct schema_job *job = user;
  uint64_t n = job->rows->n;
  if (copse_context_cancelled(job->schema->ctx)) return;
  for (uint64_t start = (uint64_t)chunk * CHUNK; start < n && start < ((uint64_t)chunk + 1) * CHUNK;
       start += PIECE) {
    struct table_rows piece = piece_of(job, start);
    for (uint32_t c = 0; c < job->n_group; c += LINE_COLUMNS) {
      uint32_t columns = job->n_group - c < LINE_COLUMNS ? job->n_group - c : LINE_COLUMNS;
      double *values = job->values + c * n + start;
      table_gather_group(job->table, job->first + c, columns, &piece, values, n);
      struct number_range *ranges = job->ranges + (size_t)thread * job->group + c;
      for (uint32_t k = 0; k < columns; k++)
        kernels_best()->add_range(values + k * n, piece.n, BINS_ZERO, &ranges[k]);
    }
  }
}

static void find_group_column(void *user, size_t chunk, int thread) {
  struct schema_job *job = user;
  if (copse_context_cancelled(job->schema->ctx)) return;
  find_feature(job, job->first + (uint32_t)chunk, job->values + chunk * job->rows->n, job->rows->n,
               &job->ranges[chunk], true, thread);
}

/* What the threads saw, put together. */
static void join_ranges(struct schema_job *job, int n_threads) {
  for (int t = 1; t < n_threads; t++)
    for (uint32_t c = 0; c < job->n_group; c++) {
      struct number_range *all = &job->ranges[c], *part = &job->ranges[(size_t)t * job->group + c];
      all->n += part->n;
      all->n_nan += part->n_nan;
      if (part->least_negative < all->least_negative) all->least_negative = part->least_negative;
      if (part->most_negative > all->most_negative) all->most_negative = part->most_negative;
      if (part->least_positive < all->least_positive) all->least_positive = part->least_positive;
      if (part->most_positive > all->most_positive) all->most_positive = part->most_positive;
    }
}

static uint32_t group_columns(const struct schema_job *job, int n_threads) {
  uint64_t fits = GROUP_BYTES / sizeof(double) / job->rows->n, threads = (uint64_t)n_threads;
  uint64_t group = fits < MOST_COLUMNS ? fits : MOST_COLUMNS;
  group = group < threads ? threads : group / threads * threads; /* work for all of them */
  return group < job->schema->n_features ? (uint32_t)group : job->schema->n_features;
}

/* Rows become columns, a group of columns at a time, which are then worked on one by one. */
static void find_dense(struct schema_job *job, int n_threads) {
  uint64_t n = job->rows->n;
  job->group = group_columns(job, n_threads);
  size_t n_ranges = (size_t)job->group * (size_t)n_threads;
  job->values = context_alloc_streamed(job->schema->ctx, n * job->group, sizeof *job->values);
  job->ranges = copse_alloc(job->schema->ctx, n_ranges, sizeof *job->ranges);
  if (job->values == NULL || job->ranges == NULL) {
    note_no_memory(job, 0);
    return;
  }
  for (job->first = 0; job->first < job->schema->n_features; job->first += job->n_group) {
    uint32_t left = job->schema->n_features - job->first;
    job->n_group = left < job->group ? left : job->group;
    for (size_t i = 0; i < n_ranges; i++) job->ranges[i] = NUMBER_RANGE_EMPTY;
    copse_parallel_for(n_threads, (size_t)((n + CHUNK - 1) / CHUNK), gather_piece, job);
    join_ranges(job, n_threads);
    copse_parallel_for(n_threads, job->n_group, find_group_column, job);
  }
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
    note_no_memory(job, feature);
    return;
  }
  struct number_range range = NUMBER_RANGE_EMPTY;
  for (uint64_t start = 0; start < n; start += PIECE) {
    struct table_rows piece = piece_of(job, start);
    table_gather(job->table, feature, &piece, values + start);
    kernels_best()->add_range(values + start, piece.n, BINS_ZERO, &range);
  }
  find_feature(job, feature, values, n, &range, true, thread);
}

static void find_csc_feature(void *user, size_t chunk, int thread) {
  struct schema_job *job = user;
  uint32_t feature = (uint32_t)chunk;
  if (copse_context_cancelled(job->schema->ctx)) return;
  size_t n_stored = (size_t)(job->table->indptr[feature + 1] - job->table->indptr[feature]);
  double *values = copse_alloc(job->schema->ctx, n_stored, sizeof *values);
  if (values == NULL) {
    note_no_memory(job, feature);
    return;
  }
  uint64_t n = table_csc_gather(job->table, feature, job->rows, values);
  find_feature(job, feature, values, n, NULL, false, thread);
  copse_free(values);
}

static void find_csr_feature(void *user, size_t chunk, int thread) {
  struct schema_job *job = user;
  if (copse_context_cancelled(job->schema->ctx)) return;
  find_feature(job, (uint32_t)chunk, job->stored + job->offsets[chunk],
               job->offsets[chunk + 1] - job->offsets[chunk], NULL, false, thread);
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
    find_dense(job, n_threads);
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
  copse_free(job->values);
  copse_free(job->ranges);
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
