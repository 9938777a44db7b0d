/* schema_rows.c - the bins of the features of a row-major table.
 *
 * Most columns never become columns of numbers (schema_buckets.c). What needs its numbers side by side
 * (categories, forced bins, columns of many bins for their rows, columns in which few values are met again
 * and again, and other types than double) is copied, a group of columns at a time. A group is there once, not
 * once for each thread, and the table is not swept once per column. Neither grouping nor threads change a
 * result.
 */
#include <inttypes.h>
#include <string.h>

#include "base/context.h"
#include "data/schema_internal.h"

enum { MOST_COLUMNS = 64, GROUP_BYTES = 64 << 20, LEAST_COLUMNS = 4, LEAST_ROWS = 4096 };

/* Columns of the table, ascending, of which some are worked on at a time. */
struct group {
  struct schema_job *job;
  struct schema_copies copies; /* of those at hand */
};

uint32_t schema_run(const uint32_t *list, uint32_t n, uint32_t k, uint32_t most) {
  uint32_t run = 1;
  while (run < most && k + run < n && list[k + run] == list[k] + run) run++;
  return run;
}

uint32_t schema_group_columns(const struct schema_job *job, size_t bytes, size_t column_bytes,
                              int n_threads) {
  uint64_t fits = bytes / column_bytes, threads = (uint64_t)n_threads;
  uint64_t columns = fits < MOST_COLUMNS ? fits : MOST_COLUMNS;
  columns = columns < threads ? threads : columns / threads * threads; /* work for all of them */
  return columns < job->schema->n_features ? (uint32_t)columns : job->schema->n_features;
}

bool schema_may_borrow(const struct schema_job *job, size_t column_bytes, uint32_t n_columns, int n_threads,
                       uint32_t *columns) {
  const size_t fit = job->request->scratch_bytes / column_bytes, threads = (size_t)n_threads;
  *columns = fit < n_columns ? (uint32_t)(fit / threads * threads) : n_columns;
  return fit >= n_columns || (fit >= LEAST_COLUMNS && fit >= threads);
}

size_t schema_n_chunks(const struct schema_job *job) {
  return (size_t)((job->rows->n + SCHEMA_CHUNK - 1) / SCHEMA_CHUNK);
}

/* ---- numbers side by side ---- */

void schema_copy_piece(const struct schema_job *job, const struct schema_copies *copies, uint64_t start) {
  const uint64_t n = job->rows->n;
  const struct table_rows piece = schema_piece(job, start);
  for (uint32_t k = 0, run; k < copies->n; k += run) {
    run = schema_run(copies->list, copies->n, k, SCHEMA_LINE_COLUMNS);
    table_gather_group(job->table, copies->list[k], run, &piece, copies->values + k * n + start, n);
  }
}

static void copy_chunk(void *user, size_t chunk, int thread) {
  (void)thread;
  struct group *group = user;
  const uint64_t n = group->job->rows->n, end = ((uint64_t)chunk + 1) * SCHEMA_CHUNK;
  if (copse_context_cancelled(group->job->schema->ctx)) return;
  for (uint64_t start = (uint64_t)chunk * SCHEMA_CHUNK; start < n && start < end; start += SCHEMA_PIECE)
    schema_copy_piece(group->job, &group->copies, start);
}

void schema_find_copied(struct schema_job *job, const struct schema_copies *copies, uint32_t k, int thread) {
  const uint64_t n = job->rows->n;
  schema_find_feature(job, copies->list[k],
                      &(struct feature_values){copies->values + k * n, 1, n, NULL, true}, thread);
}

static void find_copied(void *user, size_t k, int thread) {
  struct group *group = user;
  if (copse_context_cancelled(group->job->schema->ctx)) return;
  schema_find_copied(group->job, &group->copies, (uint32_t)k, thread);
}

static void find_by_copies(struct schema_job *job, const uint32_t *list, uint32_t n_columns, int n_threads) {
  const size_t column_bytes = job->rows->n * sizeof(double);
  uint32_t most;
  struct group group = {.job = job};
  struct schema_copies *copies = &group.copies;
  const bool borrows = schema_may_borrow(job, column_bytes, n_columns, n_threads, &most);
  if (!borrows) most = schema_group_columns(job, GROUP_BYTES, column_bytes, n_threads);
  if (most > n_columns) most = n_columns;
  if (most == 0) return;
  copies->values =
      borrows ? job->request->scratch : context_alloc_streamed(job->schema->ctx, most, column_bytes);
  if (copies->values == NULL) {
    schema_note_no_memory(job, list[0]);
    return;
  }
  for (uint32_t first = 0; first < n_columns; first += copies->n) {
    copies->list = list + first;
    copies->n = n_columns - first < most ? n_columns - first : most;
    copse_parallel_for(n_threads, schema_n_chunks(job), copy_chunk, &group);
    copse_parallel_for(n_threads, copies->n, find_copied, &group);
  }
  if (!borrows) copse_free(copies->values);
}

/* ---- which is which ---- */

struct choice {
  const struct schema_job *job;
  struct bins_buckets *columns; /* [n_features] */
  bool *bucketed;               /* [n_features] */
};

/* Where a bin ends is foreseen half a row less well with every bin: of as many bins as this, sorting what is
 * around their ends is sorting everything, for which numbers had better lie side by side (20,000 x 500 of 255
 * bins: 0.23 seconds, else 0.47). */
static bool sorts_most(const struct schema_job *job, uint32_t feature) {
  const uint64_t max_bin = (uint64_t)schema_max_bin(job->params, feature);
  return max_bin * max_bin * 4 >= job->rows->n * 3;
}

static void choose_column(void *user, size_t feature, int thread) {
  (void)thread;
  const struct choice *choice = user;
  const struct schema_job *job = choice->job;
  const copse_table *table = job->table;
  choice->bucketed[feature] = false;
  if (table->dtype != COPSE_F64 || job->rows->list != NULL || job->rows->n < LEAST_ROWS) return;
  if (job->categorical != NULL && job->categorical[feature]) return;
  if (schema_forced_bins(job->params, (uint32_t)feature) != NULL) return;
  if (sorts_most(job, (uint32_t)feature)) return;
  const struct bins_values values = {schema_table_from(job, (uint32_t)feature, 0), table->row_stride,
                                     job->rows->n};
  choice->columns[feature] = (struct bins_buckets){.facts = 0};
  choice->bucketed[feature] =
      buckets_plan(&values, &choice->columns[feature]) && !choice->columns[feature].tied;
}

void schema_find_rows(struct schema_job *job, int n_threads) {
  const uint32_t n = job->schema->n_features;
  struct choice choice = {.job = job};
  choice.columns = copse_alloc(job->schema->ctx, n, sizeof *choice.columns);
  choice.bucketed = copse_alloc(job->schema->ctx, n, sizeof *choice.bucketed);
  uint32_t *list = copse_alloc(job->schema->ctx, n, sizeof *list); /* the bucketed ones, then the others */
  if (choice.columns == NULL || choice.bucketed == NULL || list == NULL) {
    schema_note_no_memory(job, 0);
    goto done;
  }
  copse_parallel_for(n_threads, n, choose_column, &choice);
  uint32_t n_bucketed = 0, n_listed = 0;
  for (uint32_t f = 0; f < n; f++)
    if (choice.bucketed[f]) {
      choice.columns[n_bucketed] = choice.columns[f];
      list[n_bucketed++] = f;
    }
  n_listed = n_bucketed;
  for (uint32_t f = 0; f < n; f++)
    if (!choice.bucketed[f]) list[n_listed++] = f;
  const uint32_t n_found = schema_find_by_buckets(job, list, choice.columns, n_bucketed, n_threads);
  find_by_copies(job, list + n_found, n - n_found, n_threads);

done:
  copse_free(choice.columns);
  copse_free(choice.bucketed);
  copse_free(list);
}
