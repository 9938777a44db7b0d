/* dataset_subset.c - some rows of a data set as one of their own: the same schema, hence the same cut points,
 * so that a model trained on one part is evaluated on another without a value being read again. */
#include <inttypes.h>
#include <string.h>

#include "base/status.h"
#include "data/dataset.h"

struct subset_job {
  const copse_dataset *from;
  const uint32_t *rows;
  copse_dataset *to;
};

static void bins_of_rows(const void *user, uint32_t feature, uint64_t first_row, size_t n, uint16_t *bins) {
  const struct subset_job *job = user;
  const struct binned *binned = &job->from->binned;
  const struct binned_column *column = &binned->columns[binned->column_of[feature]];
  const uint32_t *rows = job->rows + first_row, last = column->n_bins - 1;
  for (size_t i = 0; i < n; i++) { /* the cells may lie in a map that changed under it */
    uint32_t bin = binned_cell(column, rows[i]);
    bins[i] = (uint16_t)(bin < last ? bin : last);
  }
}

static void store_chunk(void *user, size_t chunk, int thread) {
  (void)thread;
  const struct subset_job *job = user;
  uint64_t begin = (uint64_t)chunk * BINNED_CHUNK, left = job->to->n_rows - begin;
  if (copse_context_cancelled(job->to->ctx)) return;
  size_t n = left < BINNED_CHUNK ? (size_t)left : BINNED_CHUNK;
  binned_store_rows(&job->to->binned, begin, n, NULL, bins_of_rows, job);
  if (job->to->values != NULL) dataset_values_gather(job->from, job->rows, job->to, begin, n);
}

static copse_status check_rows(const copse_dataset *from, const uint32_t *rows, uint64_t n,
                               copse_error *err) {
  if (!from->finished)
    return status_set(err, COPSE_ERR_STATE, "subset: the data set is not finished (copse_dataset_finish)");
  for (uint64_t i = 0; i < n; i++) {
    if (rows[i] < from->n_rows && (i == 0 || rows[i] > rows[i - 1])) continue;
    return status_set(err, COPSE_ERR_ARGUMENT,
                      "subset: place %" PRIu64 " holds row %" PRIu32
                      ": expected ascending rows, each once, below the data set's %" PRIu64,
                      i, rows[i], from->n_rows);
  }
  return COPSE_OK;
}

/* Elements `from` has for each row and plane, of the chosen rows. */
static copse_status gather(const struct subset_job *job, copse_field field, size_t size, uint64_t n_planes,
                           copse_error *err) {
  const char *values = copse_dataset_get(job->from, field, NULL);
  uint64_t n = job->to->n_rows;
  if (values == NULL) return COPSE_OK;
  char *chosen = copse_alloc(job->to->ctx, n * n_planes, size);
  if (chosen == NULL) return status_memory(err, "a field of the subset");
  for (uint64_t plane = 0; plane < n_planes; plane++)
    for (uint64_t i = 0; i < n; i++)
      memcpy(chosen + (plane * n + i) * size, values + (plane * job->from->n_rows + job->rows[i]) * size,
             size);
  copse_status status = copse_dataset_set(job->to, field, chosen, n * n_planes, err);
  copse_free(chosen);
  return status;
}

/* How many of each group's rows are chosen; groups without any are left out. */
static copse_status gather_groups(const struct subset_job *job, copse_error *err) {
  uint64_t n_groups, n_kept = 0, at = 0, end = 0;
  const int32_t *sizes = copse_dataset_get(job->from, COPSE_GROUP, &n_groups);
  if (sizes == NULL) return COPSE_OK;
  int32_t *kept = copse_alloc(job->to->ctx, n_groups, sizeof *kept);
  if (kept == NULL) return status_memory(err, "the groups of the subset");
  for (uint64_t g = 0; g < n_groups; g++) {
    uint64_t first = at;
    end += (uint64_t)sizes[g];
    while (at < job->to->n_rows && job->rows[at] < end) at++;
    if (at > first) kept[n_kept++] = (int32_t)(at - first);
  }
  copse_status status = copse_dataset_set(job->to, COPSE_GROUP, kept, n_kept, err);
  copse_free(kept);
  return status;
}

/* Positions keep who shares one, not their numbers, which are below the number of rows. */
static copse_status gather_positions(const struct subset_job *job, copse_error *err) {
  const int32_t *position = copse_dataset_get(job->from, COPSE_POSITION, NULL);
  uint64_t n = job->to->n_rows;
  if (position == NULL) return COPSE_OK;
  int32_t *number = copse_alloc_zero(job->to->ctx, job->from->n_rows, sizeof *number), n_numbers = 0;
  int32_t *chosen = copse_alloc(job->to->ctx, n, sizeof *chosen);
  copse_status status = COPSE_OK;
  if (number != NULL && chosen != NULL) {
    for (uint64_t i = 0; i < n; i++) {
      int32_t *of_old = &number[position[job->rows[i]]]; /* from 1; 0: none yet */
      if (*of_old == 0) *of_old = ++n_numbers;
      chosen[i] = *of_old - 1;
    }
    status = copse_dataset_set(job->to, COPSE_POSITION, chosen, n, err);
  } else {
    status = status_memory(err, "the positions of the subset");
  }
  copse_free(number);
  copse_free(chosen);
  return status;
}

static copse_status gather_fields(const struct subset_job *job, copse_error *err) {
  uint64_t n_init = job->from->n_init_score / job->from->n_rows;
  copse_status status = gather(job, COPSE_LABEL, sizeof(float), job->from->n_labels, err);
  if (status == COPSE_OK) status = gather(job, COPSE_WEIGHT, sizeof(float), 1, err);
  if (status == COPSE_OK) status = gather(job, COPSE_INIT_SCORE, sizeof(double), n_init, err);
  if (status == COPSE_OK) status = gather_groups(job, err);
  return status == COPSE_OK ? gather_positions(job, err) : status;
}

copse_status copse_dataset_subset(const copse_dataset *dataset, const uint32_t *rows, uint64_t n_rows,
                                  int n_threads, copse_dataset **out, copse_error *err) {
  struct subset_job job = {dataset, rows, NULL};
  *out = NULL;
  copse_status status = check_rows(dataset, rows, n_rows, err);
  if (status == COPSE_OK) status = copse_dataset_create(dataset->ctx, dataset->schema, n_rows, &job.to, err);
  if (status != COPSE_OK) return status;
  copse_parallel_for(n_threads, (size_t)((n_rows + BINNED_CHUNK - 1) / BINNED_CHUNK), store_chunk, &job);
  atomic_store(&job.to->rows_pushed, n_rows);
  status = status_check_cancel(dataset->ctx, err);
  if (status == COPSE_OK) status = copse_dataset_finish(job.to, err);
  if (status == COPSE_OK) status = gather_fields(&job, err);
  if (status != COPSE_OK) {
    copse_dataset_free(job.to);
    return status;
  }
  *out = job.to;
  return COPSE_OK;
}
