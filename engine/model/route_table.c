/* route_table.c - blocks of rows are gathered by column, then walk tree by tree or are kept. */
#include "model/route_table.h"

#include "base/status.h"
#include "base/team.h"
#include "data/dataset.h"
#include "data/table.h"
#include "model/route.h"

enum { BLOCK_ROWS = 256 };

struct route_job {
  const struct tree *trees;
  int n_trees;
  const copse_table *table;
  const bool *used; /* [n_cols] */
  double *room;     /* [n_threads * n_cols * BLOCK_ROWS] */
  uint32_t *leaves;
  float *const *columns;
};

static void gather_rows(const copse_table *table, uint64_t begin, size_t n, double *values) {
  for (size_t i = 0; i < (size_t)table->n_cols * BLOCK_ROWS; i++) values[i] = 0;
  for (size_t i = 0; i < n; i++)
    for (int64_t k = table->indptr[begin + i]; k < table->indptr[begin + i + 1]; k++)
      values[(size_t)table->indices[k] * BLOCK_ROWS + i] = table_stored_value(table, k);
}

static void gather_sparse_column(const copse_table *table, uint32_t column, uint64_t begin, size_t n,
                                 double *values) {
  for (size_t i = 0; i < n; i++) values[i] = 0;
  for (int64_t k = table_csc_from(table, column, begin); k < table->indptr[column + 1]; k++) {
    uint64_t i = (uint64_t)table->indices[k] - begin;
    if (i >= n) break;
    values[i] = table_stored_value(table, k);
  }
}

/* values[feature * BLOCK_ROWS + row] */
static void gather(const struct route_job *job, uint64_t begin, size_t n, double *values) {
  const copse_table *table = job->table;
  if (table->layout == COPSE_CSR) {
    gather_rows(table, begin, n, values);
    return;
  }
  for (uint32_t c = 0; c < table->n_cols; c++) {
    if (!job->used[c]) continue;
    double *column = values + (size_t)c * BLOCK_ROWS;
    if (table->layout == COPSE_CSC)
      gather_sparse_column(table, c, begin, n, column);
    else
      table_gather(table, c, &(struct table_rows){NULL, begin, n}, column);
  }
}

static uint32_t leaf_of(const struct tree *tree, const double *values, size_t row) {
  if (tree->n_leaves == 1) return 0;
  int node = 0;
  while (node >= 0) {
    double value = route_value(values[(size_t)tree->split_feature[node] * BLOCK_ROWS + row]);
    bool left;
    if (tree->decision_type[node] & DECISION_CATEGORICAL) {
      const uint32_t *bounds = tree->cat_boundaries + (int)tree->threshold[node];
      left = route_categorical_left(value, tree->cat_words + bounds[0], bounds[1] - bounds[0]);
    } else {
      left = route_numeric_left(value, tree->threshold[node], tree->decision_type[node]);
    }
    node = left ? tree->left_child[node] : tree->right_child[node];
  }
  return (uint32_t)~node;
}

/* The block's rows go to `values`; returns their number. */
static size_t gather_block(const struct route_job *job, size_t chunk, double *values) {
  uint64_t begin = (uint64_t)chunk * BLOCK_ROWS, left = job->table->n_rows - begin;
  size_t n = left < BLOCK_ROWS ? (size_t)left : BLOCK_ROWS;
  gather(job, begin, n, values);
  return n;
}

static void route_block(void *user, size_t chunk, int thread) {
  const struct route_job *job = user;
  uint64_t n_rows = job->table->n_rows, begin = (uint64_t)chunk * BLOCK_ROWS;
  double *values = job->room + (size_t)thread * job->table->n_cols * BLOCK_ROWS;
  size_t n = gather_block(job, chunk, values);
  for (int t = 0; t < job->n_trees; t++)
    for (size_t i = 0; i < n; i++)
      job->leaves[(uint64_t)t * n_rows + begin + i] = leaf_of(&job->trees[t], values, i);
}

static void keep_block(void *user, size_t chunk, int thread) {
  const struct route_job *job = user;
  double *values = job->room + (size_t)thread * job->table->n_cols * BLOCK_ROWS;
  size_t n = gather_block(job, chunk, values);
  for (uint32_t c = 0; c < job->table->n_cols; c++)
    for (size_t i = 0; job->used[c] && i < n; i++)
      job->columns[c][(uint64_t)chunk * BLOCK_ROWS + i] =
          dataset_value_of(values[(size_t)c * BLOCK_ROWS + i]);
}

static copse_status run(copse_context *ctx, struct route_job *job, bool *used, int n_threads,
                        copse_chunk_fn body, copse_error *err) {
  size_t n_blocks = (size_t)((job->table->n_rows + BLOCK_ROWS - 1) / BLOCK_ROWS), n_cols = job->table->n_cols;
  double *room = copse_alloc(ctx, (size_t)n_threads, n_cols * BLOCK_ROWS * sizeof *room);
  if (room == NULL) return status_memory(err, "the values of rows");
  job->used = used;
  job->room = room;
  copse_parallel_for(n_threads, n_blocks, body, job);
  copse_free(room);
  return COPSE_OK;
}

copse_status route_table(copse_context *ctx, const struct tree *trees, int n_trees, const copse_table *table,
                         int n_threads, uint32_t *leaves, copse_error *err) {
  struct route_job job = {.trees = trees, .n_trees = n_trees, .table = table, .leaves = leaves};
  bool *used = copse_alloc_zero(ctx, table->n_cols, sizeof *used);
  if (used == NULL) return status_memory(err, "the leaves of rows");
  for (int t = 0; t < n_trees; t++)
    for (int i = 0; i < trees[t].n_leaves - 1; i++) used[trees[t].split_feature[i]] = true;
  copse_status status = run(ctx, &job, used, team_size(n_threads), route_block, err);
  copse_free(used);
  return status;
}

copse_status route_table_values(copse_context *ctx, const copse_table *table, int n_threads,
                                float *const *columns, copse_error *err) {
  struct route_job job = {.table = table, .columns = columns};
  bool *used = copse_alloc_zero(ctx, table->n_cols, sizeof *used);
  if (used == NULL) return status_memory(err, "the values of rows");
  for (uint32_t c = 0; c < table->n_cols; c++) used[c] = columns[c] != NULL;
  copse_status status = run(ctx, &job, used, team_size(n_threads), keep_block, err);
  copse_free(used);
  return status;
}
