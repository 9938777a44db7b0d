/* schema_buckets.c - the bins of columns that never become columns of numbers.
 *
 * All threads together turn the rows into columns of buckets, a quarter of the bytes, and the few numbers
 * whose order matters are read where they lie. Where the request lends scratch and says where the cells are
 * to go, all columns find room at once in memory that the data set needs anyway, and the table is swept once:
 *
 *   scratch   buckets of as many columns as fit
 *   cells     in pairs of places: buckets of one of the other columns
 *
 * A column of a pair is found first, its cells overwrite its own buckets, which are read ahead of them, in
 * the first place; then the second one is free for a column of the scratch. Else it goes by groups. */
#include <string.h>

#include "base/context.h"
#include "data/schema_internal.h"

enum { GROUP_BYTES = 32 << 20, ALIGNED = 16, CACHE_SET_STEP = 4096, LINE = 64 };

/* Columns whose buckets lie `stride` apart. */
struct part {
  uint16_t *buckets;
  size_t stride;
  uint32_t first, n; /* of the group */
};

/* Columns of the table, ascending, that are worked on at a time. */
struct group {
  struct schema_job *job;
  const uint32_t *list; /* [n] */
  uint32_t n;
  struct part parts[2];
  struct bins_buckets *columns; /* [n] their rules */
  struct bucket_rule *rules;    /* [n] the same, side by side */
  uint8_t *facts;               /* [threads * n] */
  struct schema_copies copies;  /* other columns, found meanwhile */
  uint32_t *tasks; /* [n + copies.n] columns, then copies, in the order in which they are found */
};

static void bucket_part(const struct group *group, const struct part *part, uint64_t start, uint64_t n,
                        uint8_t *facts) {
  const struct schema_job *job = group->job;
  const uint32_t end = part->first + part->n;
  for (uint32_t k = part->first, run; k < end; k += run) {
    run = schema_run(group->list, end, k, end - k);
    kernels_best()->bucket_rows(
        schema_table_from(job, group->list[k], start), job->table->row_stride, n, group->rules + k, run,
        part->buckets + (k - part->first) * part->stride + start, part->stride, facts + k);
  }
}

static void bucket_chunk(void *user, size_t chunk, int thread) {
  struct group *group = user;
  const struct schema_job *job = group->job;
  const uint64_t end = ((uint64_t)chunk + 1) * SCHEMA_CHUNK, until = end < job->rows->n ? end : job->rows->n;
  uint8_t *facts = group->facts + (size_t)thread * group->n;
  if (copse_context_cancelled(job->schema->ctx)) return;
  for (uint64_t start = (uint64_t)chunk * SCHEMA_CHUNK; start < until; start += SCHEMA_PIECE) {
    const uint64_t n = until - start < SCHEMA_PIECE ? until - start : SCHEMA_PIECE;
    for (int p = 0; p < 2; p++) bucket_part(group, &group->parts[p], start, n, facts);
    schema_copy_piece(job, &group->copies, start);
  }
}

static void find_task(void *user, size_t task, int thread) {
  struct group *group = user;
  struct schema_job *job = group->job;
  const uint32_t k = group->tasks[task];
  if (copse_context_cancelled(job->schema->ctx)) return;
  if (k >= group->n)
    schema_find_copied(job, &group->copies, k - group->n, thread);
  else
    schema_find_feature(
        job, group->list[k],
        &(struct feature_values){schema_table_from(job, group->list[k], 0), job->table->row_stride,
                                 job->rows->n, &group->columns[k], true},
        thread);
}

/* The first n_free tasks have their places at once, the others when those are done. */
static void find_group(struct group *group, uint32_t n_free, int n_threads) {
  memset(group->facts, 0, (size_t)n_threads * group->n);
  for (uint32_t k = 0; k < group->n; k++) group->rules[k] = group->columns[k].rule;
  copse_parallel_for(n_threads, schema_n_chunks(group->job), bucket_chunk, group);
  for (int p = 0; p < 2; p++) {
    const struct part *part = &group->parts[p];
    for (uint32_t k = 0; k < part->n; k++)
      group->columns[part->first + k].of_values = part->buckets + k * part->stride;
  }
  for (uint32_t k = 0; k < group->n; k++)
    for (int t = 0; t < n_threads; t++) group->columns[k].facts |= group->facts[(size_t)t * group->n + k];
  copse_parallel_for(n_threads, n_free, find_task, group);
  group->tasks += n_free;
  copse_parallel_for(n_threads, group->n + group->copies.n - n_free, find_task, group);
  group->tasks -= n_free;
}

/* ---- all columns at once ---- */

/* Whether all n columns have room, and how many of them in the scratch: whole lines of the table if others
 * are elsewhere. */
static bool all_fit(const struct schema_job *job, size_t column_bytes, uint32_t n, uint32_t *in_scratch) {
  const struct schema_request *request = job->request;
  const uint32_t pairs = job->schema->n_features / 2;
  if (request->places == NULL || request->scratch == NULL) return false;
  const size_t fit = request->scratch_bytes / column_bytes;
  *in_scratch = fit < n ? (uint32_t)fit : n;
  const uint32_t whole = *in_scratch / SCHEMA_LINE_COLUMNS * SCHEMA_LINE_COLUMNS;
  if (*in_scratch < n && n - whole <= pairs) *in_scratch = whole;
  return n - *in_scratch <= pairs;
}

/* Places of cells in the order in which they are given away: those beyond the pairs, then the second ones. */
struct givers {
  uint32_t *places; /* [n_features] UINT32_MAX: none yet */
  uint32_t n_features, n_pairs, next;
};

/* Whether the feature's place is free at once. */
static bool give_place(struct givers *givers, uint32_t feature) {
  const uint32_t beyond = givers->n_features - 2 * givers->n_pairs, i = givers->next++;
  givers->places[feature] = i < beyond ? 2 * givers->n_pairs + i : 2 * (i - beyond) + 1;
  return i < beyond;
}

/* Gives every feature a place and puts the tasks in order; returns how many are free at once. */
static uint32_t give_places(struct group *group) {
  const uint32_t n_scratch = group->parts[0].n, n_all = group->n + group->copies.n;
  struct givers givers = {.places = group->job->request->places,
                          .n_features = group->job->schema->n_features,
                          .n_pairs = group->parts[1].n};
  uint32_t n_free = 0, n_late = 0;
  for (uint32_t f = 0; f < givers.n_features; f++) givers.places[f] = UINT32_MAX;
  for (uint32_t i = 0; i < n_all; i++) { /* copies first: they may take long */
    const uint32_t k = i < group->copies.n ? group->n + i : i - group->copies.n;
    const uint32_t feature = k >= group->n ? group->copies.list[k - group->n] : group->list[k];
    bool free = true;
    if (k < group->n && k >= n_scratch)
      givers.places[feature] = 2 * (k - n_scratch);
    else
      free = give_place(&givers, feature);
    group->tasks[free ? n_free++ : n_all - ++n_late] = k;
  }
  for (uint32_t f = 0; f < givers.n_features; f++)
    if (givers.places[f] == UINT32_MAX) give_place(&givers, f); /* they come later */
  return n_free;
}

/* Of few other columns the numbers are copied meanwhile. */
static void copy_others(struct group *group, size_t scratch_bytes) {
  enum { QUARTER = 4 };
  const struct schema_job *job = group->job;
  const uint32_t n_others = job->schema->n_features - group->n;
  const size_t column_bytes = job->rows->n * sizeof(double);
  if (n_others == 0 || n_others > scratch_bytes / QUARTER / column_bytes) return;
  group->copies.values = context_alloc_streamed(job->schema->ctx, n_others, column_bytes);
  if (group->copies.values == NULL) return; /* then in their turn */
  group->copies.list = group->list + group->n;
  group->copies.n = n_others;
}

static uint32_t find_at_once(struct group *group, uint32_t n_columns, int n_threads) {
  const struct schema_request *request = group->job->request;
  group->n = n_columns;
  copy_others(group, request->scratch_bytes);
  find_group(group, give_places(group), n_threads);
  copse_free(group->copies.values);
  return n_columns + group->copies.n;
}

/* ---- groups ---- */

static bool make_lists(struct group *group, uint32_t n, int n_threads) {
  copse_context *ctx = group->job->schema->ctx;
  group->rules = copse_alloc(ctx, n, sizeof *group->rules);
  group->facts = copse_alloc(ctx, (size_t)n_threads * n, sizeof *group->facts);
  group->tasks = copse_alloc(ctx, group->job->schema->n_features, sizeof *group->tasks);
  return group->rules != NULL && group->facts != NULL && group->tasks != NULL;
}

static void find_by_groups(struct group *group, uint32_t n_columns, uint32_t most, int n_threads) {
  const uint32_t *list = group->list;
  struct bins_buckets *columns = group->columns;
  for (uint32_t k = 0; k < most; k++) group->tasks[k] = k;
  for (uint32_t first = 0; first < n_columns; first += group->n) {
    group->list = list + first;
    group->columns = columns + first;
    group->n = n_columns - first < most ? n_columns - first : most;
    group->parts[0].n = group->n;
    find_group(group, group->n, n_threads);
  }
}

uint32_t schema_find_by_buckets(struct schema_job *job, const uint32_t *list, struct bins_buckets *columns,
                                uint32_t n_columns, int n_threads) {
  const struct schema_request *request = job->request;
  struct group group = {.job = job, .list = list, .columns = columns};
  uint32_t in_scratch, most, n_found = n_columns;
  size_t stride = (job->rows->n + ALIGNED - 1) / ALIGNED * ALIGNED;
  if (n_columns == 0) return 0;
  if (stride % CACHE_SET_STEP == 0) stride += LINE; /* no two columns' rows in one cache set */
  const size_t column_bytes = stride * sizeof(uint16_t);
  const bool at_once = all_fit(job, column_bytes, n_columns, &in_scratch);
  const bool borrows = at_once || schema_may_borrow(job, column_bytes, n_columns, n_threads, &most);
  if (at_once) {
    most = n_columns;
    group.parts[1] = (struct part){(uint16_t *)(void *)request->cells, request->cells_stride, in_scratch,
                                   n_columns - in_scratch};
  } else {
    if (!borrows) most = schema_group_columns(job, GROUP_BYTES, column_bytes, n_threads);
    if (most > n_columns) most = n_columns;
    in_scratch = most;
  }
  uint16_t *own = borrows ? NULL : context_alloc_streamed(job->schema->ctx, most, column_bytes);
  group.parts[0] = (struct part){borrows ? request->scratch : own, stride, 0, in_scratch};
  if (!make_lists(&group, most, n_threads) || group.parts[0].buckets == NULL)
    schema_note_no_memory(job, list[0]);
  else if (at_once)
    n_found = find_at_once(&group, n_columns, n_threads);
  else
    find_by_groups(&group, n_columns, most, n_threads);
  copse_free(own);
  copse_free(group.rules);
  copse_free(group.facts);
  copse_free(group.tasks);
  return n_found;
}
