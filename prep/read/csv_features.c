/* csv_features.c - the features of a CSV as the frame's table: arrays, or the packed columns themselves. */
#include <string.h>

#include "read/csv_job.h"

static void check_unseen(struct csv_job *csv, uint32_t i) {
  const struct csv_column *column = &csv->columns[i];
  csv->job->frame->n_unseen += column->n_unseen;
  if (column->bad_row != UINT64_MAX && csv->job->options->unseen == COPSE_UNSEEN_ERROR)
    job_problem(csv->job, &csv->locator, column->bad_row, i, csv->plan.names[i],
                "the category %s did not occur in training (correct it, or read it as missing with "
                "unseen_category=missing)");
}

/* Columns of the file that are features: the list of them. */
struct features {
  struct csv_job *csv;
  uint32_t n;
  uint32_t *columns;   /* [n] */
  copse_column *table; /* [n_features], or NULL: compact */
};

/* The feature that column i of the file is. */
static uint32_t feature_of(const struct features *features, uint32_t i) {
  const struct csv_job *csv = features->csv;
  return csv->job->applied != NULL ? csv->plan.feature[i] : csv->job->frame->schema->columns[i].feature;
}

/* The doubles of one feature; its packed form goes. */
static void unpack(void *user, size_t index, int thread) {
  (void)thread;
  const struct features *features = user;
  uint32_t i = features->columns[index];
  const struct csv_job *csv = features->csv;
  struct packed_column *packed = &csv->columns[i].packed;
  uint32_t f = feature_of(features, i);
  if (csv->job->storage->codes[f] != NULL) return;
  packed_read(packed, 0, packed->n_rows, (double *)(uintptr_t)features->table[f].data);
  packed_release(packed);
}

/* The codes of the features become the frame's: a column of them can be let go without a look at others'. */
static bool place_codes(struct features *features) {
  struct csv_job *csv = features->csv;
  struct read_job *job = csv->job;
  struct frame_storage *storage = job->storage;
  storage->codes = copse_alloc_zero(job->ctx, job->frame->n_features, sizeof *storage->codes);
  if (storage->codes == NULL) return false;
  for (uint32_t k = 0; k < features->n; k++) {
    uint32_t i = features->columns[k];
    storage->codes[feature_of(features, i)] = csv->codes[i];
    csv->codes[i] = NULL;
  }
  return true;
}

static copse_status place_arrays(struct features *features, copse_error *err) {
  struct csv_job *csv = features->csv;
  struct read_job *job = csv->job;
  copse_frame *frame = job->frame;
  features->table = frame_alloc(job->storage, frame->n_features, sizeof *features->table);
  if (features->table == NULL) return report_memory(err, "the features", job->source.path);
  for (uint32_t k = 0; k < features->n; k++) {
    uint32_t i = features->columns[k];
    uint32_t f = feature_of(features, i);
    const void *data = job->storage->codes[f];
    if (data == NULL) data = frame_alloc(job->storage, frame->n_rows, sizeof(double));
    if (data == NULL) return report_memory(err, "the features", job->source.path);
    features->table[f] = (copse_column){job->storage->codes[f] != NULL ? COPSE_I32 : COPSE_F64, data, 1};
  }
  copse_parallel_for(job->options->n_threads, features->n, unpack, features);
  frame->table = (copse_table){.layout = COPSE_COLUMNS,
                               .n_rows = frame->n_rows,
                               .n_cols = frame->n_features,
                               .columns = features->table};
  return COPSE_OK;
}

static copse_status place_packed(struct features *features, copse_error *err) {
  struct csv_job *csv = features->csv;
  struct read_job *job = csv->job;
  struct frame_storage *storage = job->storage;
  uint32_t n_features = job->frame->n_features;
  storage->packed = copse_alloc_zero(job->ctx, n_features, sizeof *storage->packed);
  if (storage->packed == NULL) return report_memory(err, "the features", job->source.path);
  for (uint32_t k = 0; k < features->n; k++) {
    uint32_t i = features->columns[k];
    uint32_t f = feature_of(features, i);
    storage->packed[f] = csv->columns[i].packed;
    csv->columns[i].packed = (struct packed_column){.ctx = job->ctx};
  }
  frame_set_compact(storage);
  return COPSE_OK;
}

copse_status csv_make_features(struct csv_job *csv, copse_error *err) {
  struct read_job *job = csv->job;
  copse_frame *frame = job->frame;
  const copse_frame_schema *schema = frame->schema;
  const struct column_plan *plan = &csv->plan;
  struct features features = {.csv = csv};
  frame->categorical = frame_alloc(job->storage, schema->n_features, sizeof *frame->categorical);
  features.columns = copse_alloc(job->ctx, plan->n_columns, sizeof *features.columns);
  copse_status status = COPSE_OK;
  if (features.columns == NULL || frame->categorical == NULL) {
    status = report_memory(err, "the features", job->source.path);
    goto done;
  }
  for (uint32_t i = 0; i < plan->n_columns; i++) {
    enum column_role role = csv_final_role(csv, i);
    if (!role_is_feature(role)) continue;
    features.columns[features.n++] = i;
    uint32_t f = feature_of(&features, i);
    frame->categorical[f] = role != ROLE_NUMBER;
    if (role != ROLE_NUMBER && job->applied != NULL) check_unseen(csv, i);
  }
  frame->n_features = schema->n_features;
  frame->names = schema->names;
  frame->model_names = schema->model_names;
  if (!place_codes(&features)) {
    status = report_memory(err, "the features", job->source.path);
    goto done;
  }
  status = job->options->compact ? place_packed(&features, err) : place_arrays(&features, err);
done:
  copse_free(features.columns);
  return status;
}
