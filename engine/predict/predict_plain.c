/* predict_plain.c - blocks of rows through the trees by their values: for what has no codes (linear leaves),
 * and the definition that the other ways are compared with.
 *
 * A block's used features are gathered into dense rows that stay in the second-level cache, whatever the
 * table's layout; then one tree after the other walks the block, so that a tree's nodes are fetched once a
 * block. Eight rows walk at a time: their chains of dependent loads overlap. Each row still adds its trees in
 * model order from 0.0, so that the bits are those of one row alone. */
#include <string.h>

#include "data/table.h"
#include "predict/ways.h"

enum { LANES = 8, MAX_BLOCK_ROWS = 512, BLOCK_BYTES = 256 * 1024 };

static double cell_of(copse_dtype dtype, const void *data, size_t index) {
  switch (dtype) {
    case COPSE_F32: return (double)((const float *)data)[index];
    case COPSE_F64: return ((const double *)data)[index];
    case COPSE_I32: return (double)((const int32_t *)data)[index];
    case COPSE_I64: return (double)((const int64_t *)data)[index];
  }
  return 0.0;
}

static void gather_rows(const struct predict_job *job, uint64_t begin, size_t n, double *rows) {
  const copse_predictor *predictor = job->predictor;
  const copse_table *table = job->table;
  size_t n_slots = predictor->n_slots;
  for (size_t i = 0; i < n; i++) {
    size_t first = (size_t)(begin + i) * table->row_stride;
    for (size_t s = 0; s < n_slots; s++)
      rows[i * n_slots + s] =
          route_value(cell_of(table->dtype, table->values, first + predictor->slot_features[s]));
  }
}

static void gather_columns(const struct predict_job *job, uint64_t begin, size_t n, double *rows) {
  const copse_predictor *predictor = job->predictor;
  size_t n_slots = predictor->n_slots;
  for (size_t s = 0; s < n_slots; s++) {
    const copse_column *column = &job->table->columns[predictor->slot_features[s]];
    for (size_t i = 0; i < n; i++)
      rows[i * n_slots + s] =
          route_value(cell_of(column->dtype, column->data, (size_t)(begin + i) * column->stride));
  }
}

static void gather_source(const struct predict_job *job, uint64_t begin, size_t n, double *rows) {
  const copse_predictor *predictor = job->predictor;
  const copse_column_source *source = job->table->values;
  size_t n_slots = predictor->n_slots;
  double values[MAX_BLOCK_ROWS];
  for (size_t s = 0; s < n_slots; s++) {
    source->read(source->user, predictor->slot_features[s], begin, n, values);
    for (size_t i = 0; i < n; i++) rows[i * n_slots + s] = route_value(values[i]);
  }
}

static void gather_csr(const struct predict_job *job, uint64_t begin, size_t n, double *rows) {
  const copse_predictor *predictor = job->predictor;
  const copse_table *table = job->table;
  size_t n_slots = predictor->n_slots;
  for (size_t i = 0; i < n * n_slots; i++) rows[i] = 0.0;
  for (size_t i = 0; i < n; i++) {
    int64_t end = table->indptr[begin + i + 1];
    for (int64_t c = table->indptr[begin + i]; c < end; c++) {
      int32_t slot = predictor->feature_slots[table->indices[c]];
      if (slot >= 0) rows[i * n_slots + (size_t)slot] = route_value(table_stored_value(table, c));
    }
  }
}

static void gather_csc(const struct predict_job *job, uint64_t begin, size_t n, double *rows) {
  const copse_predictor *predictor = job->predictor;
  const copse_table *table = job->table;
  size_t n_slots = predictor->n_slots;
  for (size_t i = 0; i < n * n_slots; i++) rows[i] = 0.0;
  for (size_t s = 0; s < n_slots; s++) {
    uint32_t feature = predictor->slot_features[s];
    for (int64_t k = table_csc_from(table, feature, begin); k < table->indptr[feature + 1]; k++) {
      uint64_t i = (uint64_t)table->indices[k] - begin;
      if (i >= n) break;
      rows[i * n_slots + s] = route_value(table_stored_value(table, k));
    }
  }
}

/* leaves[0 .. LANES) of LANES rows; a row that has arrived waits at its leaf for the others. */
static void walk_lanes(const struct flat_tree *tree, const double *rows, size_t n_slots, int32_t *leaves) {
  int32_t at[LANES] = {0};
  int32_t arrived;
  do {
    arrived = -1;
    for (int lane = 0; lane < LANES; lane++) {
      const struct flat_node *node = &tree->nodes[at[lane] < 0 ? 0 : at[lane]];
      double value = rows[(size_t)lane * n_slots + node->slot];
      bool left = value <= node->rule.threshold;
      left = isnan(value) ? node->nan_left : left;
      left = value == 0.0 ? node->zero_left : left;
      at[lane] = at[lane] < 0 ? at[lane] : node->child[left];
      arrived &= at[lane];
    }
  } while (arrived >= 0);
  for (int lane = 0; lane < LANES; lane++) leaves[lane] = ~at[lane];
}

static int32_t walk_one(const struct flat_tree *tree, const uint32_t *words, const double *row) {
  int node = 0;
  while (node >= 0) node = flat_step(&tree->nodes[node], row[tree->nodes[node].slot], words);
  return ~node;
}

static void walk_block(const struct copse_predictor *predictor, const struct flat_tree *tree,
                       const double *rows, size_t n, int32_t *leaves) {
  size_t i = 0, n_slots = predictor->n_slots;
  if (tree->n_leaves == 1) {
    memset(leaves, 0, n * sizeof *leaves);
    return;
  }
  if (!tree->has_sets)
    for (; i + LANES <= n; i += LANES) walk_lanes(tree, rows + i * n_slots, n_slots, leaves + i);
  for (; i < n; i++) leaves[i] = walk_one(tree, predictor->words, rows + i * n_slots);
}

void predict_plain_block(const struct predict_job *job, uint64_t begin, size_t n, double *rows) {
  const copse_predictor *predictor = job->predictor;
  size_t width = predictor->width;
  double *out = job->out + (size_t)begin * width;
  switch (job->table->layout) {
    case COPSE_ROWS: gather_rows(job, begin, n, rows); break;
    case COPSE_COLUMNS: gather_columns(job, begin, n, rows); break;
    case COPSE_CSR: gather_csr(job, begin, n, rows); break;
    case COPSE_CSC: gather_csc(job, begin, n, rows); break;
    case COPSE_SOURCE: gather_source(job, begin, n, rows); break;
  }
  bool want_leaf = predictor->kind == COPSE_PREDICT_LEAF;
  if (!want_leaf)
    for (size_t i = 0; i < n * width; i++) out[i] = 0.0;
  int32_t leaves[MAX_BLOCK_ROWS];
  for (int t = 0; t < predictor->n_trees; t++) {
    const struct flat_tree *tree = &predictor->trees[t];
    walk_block(predictor, tree, rows, n, leaves);
    size_t column = (size_t)(want_leaf ? t : t % predictor->n_outputs);
    if (want_leaf)
      for (size_t i = 0; i < n; i++) out[i * width + column] = leaves[i];
    else if (tree->linear == NULL)
      for (size_t i = 0; i < n; i++) out[i * width + column] += tree->leaf_values[leaves[i]];
    else
      for (size_t i = 0; i < n; i++)
        out[i * width + column] += flat_output(tree, leaves[i], rows + i * predictor->n_slots, true);
  }
}

size_t predict_plain_rows(const copse_predictor *predictor) {
  size_t row_bytes = (predictor->n_slots + (size_t)1) * sizeof(double);
  size_t block_rows = BLOCK_BYTES / row_bytes / LANES * LANES;
  if (block_rows < LANES) block_rows = LANES;
  return block_rows > MAX_BLOCK_ROWS ? MAX_BLOCK_ROWS : block_rows;
}
