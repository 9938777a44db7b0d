/* schema_rows.c - the bins of the features of a row-major table.
 *
 * Most columns never become columns of numbers: all threads together turn the rows into columns of buckets, a
 * quarter of the bytes, and the few numbers whose order matters are read where they lie. What needs its
 * numbers side by side (categories, forced bins, columns of many bins for their rows, columns in which few
 * values are met again and again, and other types than double) is copied, a group of columns at a time. Of
 * both a group is there once, not once for each thread, and the table is not swept once per column. Neither
 * grouping nor threads change a result.
 */
#include <inttypes.h>
#include <string.h>

#include "base/context.h"
#include "data/schema_internal.h"

/* Columns of a group; rows that a thread takes at once; columns of a line of memory. */
enum {
  MOST_COLUMNS = 64,
  GROUP_BYTES = 64 << 20,
  LEAST_COLUMNS = 4,
  CHUNK = 1 << 14,
  LINE_COLUMNS = 8,
  LEAST_ROWS = 4096,
  LINE = 64
};

/* Columns of the table, ascending, of which some are worked on at a time. */
struct group {
  struct schema_job *job;
  const uint32_t *list; /* of those at hand */
  uint32_t n;
  size_t stride;                /* of a column in the copy */
  double *values;               /* the copy: numbers */
  uint16_t *buckets;            /* or buckets */
  struct bins_buckets *columns; /* [n] and their rules */
  struct bucket_rule *rules;    /* [n] the same, side by side */
  uint8_t *facts;               /* [threads * most] */
  uint32_t most;
};

/* Neighbours in the list from the k-th on that are neighbours in the table, at most so many. */
static uint32_t run_from(const struct group *group, uint32_t k, uint32_t most) {
  uint32_t n = 1;
  while (n < most && k + n < group->n && group->list[k + n] == group->list[k] + n) n++;
  return n;
}

static uint32_t group_columns(const struct schema_job *job, size_t bytes, size_t column_bytes,
                              int n_threads) {
  uint64_t fits = bytes / column_bytes, threads = (uint64_t)n_threads;
  uint64_t columns = fits < MOST_COLUMNS ? fits : MOST_COLUMNS;
  columns = columns < threads ? threads : columns / threads * threads; /* work for all of them */
  return columns < job->schema->n_features ? (uint32_t)columns : job->schema->n_features;
}

/* Whether a group has room in memory that the request lends, which the system need not clear, and of how many
 * columns then. */
static bool may_borrow(const struct schema_job *job, size_t column_bytes, uint32_t n_columns, int n_threads,
                       uint32_t *columns) {
  const size_t fit = job->request->scratch_bytes / column_bytes, threads = (size_t)n_threads;
  *columns = fit < n_columns ? (uint32_t)(fit / threads * threads) : n_columns;
  return fit >= n_columns || (fit >= LEAST_COLUMNS && fit >= threads);
}

static size_t n_chunks(const struct schema_job *job) { return (size_t)((job->rows->n + CHUNK - 1) / CHUNK); }

/* ---- numbers side by side ---- */

static void copy_chunk(void *user, size_t chunk, int thread) {
  (void)thread;
  struct group *group = user;
  const struct schema_job *job = group->job;
  uint64_t n = job->rows->n;
  if (copse_context_cancelled(job->schema->ctx)) return;
  for (uint64_t start = (uint64_t)chunk * CHUNK; start < n && start < ((uint64_t)chunk + 1) * CHUNK;
       start += SCHEMA_PIECE) {
    struct table_rows piece = schema_piece(job, start);
    for (uint32_t k = 0, run; k < group->n; k += run) {
      run = run_from(group, k, LINE_COLUMNS);
      table_gather_group(job->table, group->list[k], run, &piece, group->values + k * n + start, n);
    }
  }
}

static void find_copied(void *user, size_t k, int thread) {
  struct group *group = user;
  struct schema_job *job = group->job;
  uint64_t n = job->rows->n;
  if (copse_context_cancelled(job->schema->ctx)) return;
  schema_find_feature(job, group->list[k], &(struct feature_values){group->values + k * n, 1, n, NULL, true},
                      thread);
}

static void find_by_copies(struct schema_job *job, const uint32_t *list, uint32_t n_columns, int n_threads) {
  uint64_t n = job->rows->n;
  const size_t column_bytes = n * sizeof(double);
  uint32_t most;
  struct group group = {.job = job};
  const bool borrows = may_borrow(job, column_bytes, n_columns, n_threads, &most);
  if (!borrows) most = group_columns(job, GROUP_BYTES, column_bytes, n_threads);
  if (most > n_columns) most = n_columns;
  if (most == 0) return;
  group.values =
      borrows ? job->request->scratch : context_alloc_streamed(job->schema->ctx, most, column_bytes);
  if (group.values == NULL) {
    schema_note_no_memory(job, list[0]);
    return;
  }
  for (uint32_t first = 0; first < n_columns; first += group.n) {
    group.list = list + first;
    group.n = n_columns - first < most ? n_columns - first : most;
    copse_parallel_for(n_threads, n_chunks(job), copy_chunk, &group);
    copse_parallel_for(n_threads, group.n, find_copied, &group);
  }
  if (!borrows) copse_free(group.values);
}

/* ---- buckets ---- */

static const double *table_from(const struct schema_job *job, uint32_t column, uint64_t row) {
  return (const double *)job->table->values + (job->rows->first + row) * job->table->row_stride + column;
}

static void bucket_chunk(void *user, size_t chunk, int thread) {
  struct group *group = user;
  const struct schema_job *job = group->job;
  const uint64_t end = ((uint64_t)chunk + 1) * CHUNK, until = end < job->rows->n ? end : job->rows->n;
  uint8_t *facts = group->facts + (size_t)thread * group->most;
  if (copse_context_cancelled(job->schema->ctx)) return;
  for (uint64_t start = (uint64_t)chunk * CHUNK; start < until; start += SCHEMA_PIECE) {
    const uint64_t n = until - start < SCHEMA_PIECE ? until - start : SCHEMA_PIECE;
    for (uint32_t k = 0, run; k < group->n; k += run) {
      run = run_from(group, k, group->n);
      kernels_best()->bucket_rows(table_from(job, group->list[k], start), job->table->row_stride, n,
                                  group->rules + k, run, group->buckets + k * group->stride + start,
                                  group->stride, facts + k);
    }
  }
}

static void find_bucketed(void *user, size_t k, int thread) {
  struct group *group = user;
  struct schema_job *job = group->job;
  if (copse_context_cancelled(job->schema->ctx)) return;
  schema_find_feature(job, group->list[k],
                      &(struct feature_values){table_from(job, group->list[k], 0), job->table->row_stride,
                                               job->rows->n, &group->columns[k], true},
                      thread);
}

static void find_group(struct group *group, int n_threads) {
  struct schema_job *job = group->job;
  memset(group->facts, 0, (size_t)n_threads * group->most);
  for (uint32_t k = 0; k < group->n; k++) group->rules[k] = group->columns[k].rule;
  copse_parallel_for(n_threads, n_chunks(job), bucket_chunk, group);
  for (uint32_t k = 0; k < group->n; k++) {
    group->columns[k].of_values = group->buckets + k * group->stride;
    for (int t = 0; t < n_threads; t++) group->columns[k].facts |= group->facts[(size_t)t * group->most + k];
  }
  copse_parallel_for(n_threads, group->n, find_bucketed, group);
}

/* columns: [n_columns] with their rules. */
static void find_by_buckets(struct schema_job *job, const uint32_t *list, struct bins_buckets *columns,
                            uint32_t n_columns, int n_threads) {
  struct group group = {.job = job};
  group.stride = (job->rows->n + LINE - 1) / LINE * LINE;
  if (group.stride % (LINE * LINE) == 0) group.stride += LINE; /* no two columns' rows in one cache set */
  const size_t column_bytes = group.stride * sizeof *group.buckets;
  const bool borrows = may_borrow(job, column_bytes, n_columns, n_threads, &group.most);
  if (!borrows) group.most = group_columns(job, GROUP_BYTES / 2, column_bytes, n_threads);
  if (group.most > n_columns) group.most = n_columns;
  if (group.most == 0) return;
  copse_context *ctx = job->schema->ctx;
  group.buckets = borrows ? job->request->scratch : context_alloc_streamed(ctx, group.most, column_bytes);
  group.rules = copse_alloc(ctx, group.most, sizeof *group.rules);
  group.facts = copse_alloc(ctx, (size_t)n_threads * group.most, sizeof *group.facts);
  if (group.buckets == NULL || group.rules == NULL || group.facts == NULL) {
    schema_note_no_memory(job, list[0]);
    n_columns = 0;
  }
  for (uint32_t first = 0; first < n_columns; first += group.n) {
    group.list = list + first;
    group.columns = columns + first;
    group.n = n_columns - first < group.most ? n_columns - first : group.most;
    find_group(&group, n_threads);
  }
  if (!borrows) copse_free(group.buckets);
  copse_free(group.rules);
  copse_free(group.facts);
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
  const struct bins_values values = {table_from(job, (uint32_t)feature, 0), table->row_stride, job->rows->n};
  choice->columns[feature] = (struct bins_buckets){.facts = 0};
  choice->bucketed[feature] =
      buckets_plan(&values, &choice->columns[feature]) && !choice->columns[feature].tied;
}

void schema_find_rows(struct schema_job *job, int n_threads) {
  const uint32_t n = job->schema->n_features;
  struct choice choice = {.job = job};
  choice.columns = copse_alloc(job->schema->ctx, n, sizeof *choice.columns);
  choice.bucketed = copse_alloc(job->schema->ctx, n, sizeof *choice.bucketed);
  uint32_t *list = copse_alloc(job->schema->ctx, n, sizeof *list);
  if (choice.columns == NULL || choice.bucketed == NULL || list == NULL) {
    schema_note_no_memory(job, 0);
    goto done;
  }
  copse_parallel_for(n_threads, n, choose_column, &choice);
  uint32_t n_bucketed = 0, n_copied = 0;
  for (uint32_t f = 0; f < n; f++)
    if (choice.bucketed[f]) {
      choice.columns[n_bucketed] = choice.columns[f];
      list[n_bucketed++] = f;
    }
  find_by_buckets(job, list, choice.columns, n_bucketed, n_threads);
  for (uint32_t f = 0; f < n; f++)
    if (!choice.bucketed[f]) list[n_copied++] = f;
  find_by_copies(job, list, n_copied, n_threads);

done:
  copse_free(choice.columns);
  copse_free(choice.bucketed);
  copse_free(list);
}
