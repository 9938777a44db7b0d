/* predict_row.c - one row, from any thread at once: reads the predictor and the row, writes the caller's
 * values, and touches nothing else.
 *
 * The row becomes cells once; then eight trees walk side by side, so that their chains of dependent loads
 * overlap. Trees that walk together are about equally deep. */
#include <string.h>

#include "predict/predictor.h"

enum { LANES = 8, UNSEEN_LEVELS = 2 };

static int find_leaf(const struct flat_tree *tree, const uint32_t *words, const double *features) {
  if (tree->n_leaves == 1) return 0;
  int node = 0;
  while (node >= 0) {
    const struct flat_node *at = &tree->nodes[node];
    node = flat_step(at, route_value(features[at->feature]), words);
  }
  return ~node;
}

static void row_cells(const struct coded_trees *coded, const double *features, int8_t *cells) {
  for (uint32_t s = 0; s < coded->n_sources; s++) {
    const struct coded_source *source = &coded->sources[s];
    if (source->categorical) continue;
    double value = features[source->feature];
    uint32_t plain = code_of(&source->map, value);
    for (unsigned versions = source->versions; versions != 0; versions &= versions - 1) {
      enum code_version version = (enum code_version)__builtin_ctz(versions);
      uint32_t code = version_code(version, value, plain, source->map.n_cuts);
      for (uint32_t c = 0; c < source->n_columns; c++)
        cells[source->first_column[version] + c] = code_to_cell(code, c * COLUMN_CUTS);
    }
  }
}

/* Eight trees of one chunk to their leaves. A leaf leads to itself; now and then it is seen whether all have
 * arrived. */
static void walk_lanes(const struct coded_trees *coded, const uint32_t *order, const int8_t *cells,
                       int32_t *leaves) {
  const walk_node *nodes = coded->walk_nodes;
  uint32_t at[LANES], moved;
  for (int lane = 0; lane < LANES; lane++) at[lane] = coded->trees[order[lane]].root;
  do {
    for (int level = 0; level < UNSEEN_LEVELS; level++) {
#pragma GCC unroll 8
      for (int lane = 0; lane < LANES; lane++) at[lane] = walk_step(nodes, at[lane], cells, 1);
    }
    moved = 0;
#pragma GCC unroll 8
    for (int lane = 0; lane < LANES; lane++) {
      uint32_t next = walk_step(nodes, at[lane], cells, 1);
      moved |= next ^ at[lane];
      at[lane] = next;
    }
  } while (moved != 0);
  for (int lane = 0; lane < LANES; lane++) leaves[order[lane] % ROW_TREES] = coded->walk_leaf[at[lane]];
}

static void walk_one(const struct coded_trees *coded, uint32_t tree, const int8_t *cells, int32_t *leaves) {
  uint32_t at = coded->trees[tree].root, next;
  while ((next = walk_step(coded->walk_nodes, at, cells, 1)) != at) at = next;
  leaves[tree % ROW_TREES] = coded->walk_leaf[at];
}

/* The leaves of trees [begin, begin + n), a chunk. */
static void find_leaves(const struct copse_predictor *predictor, int begin, int n, const double *features,
                        const int8_t *cells, int32_t *leaves) {
  const struct coded_trees *coded = &predictor->coded;
  if (cells == NULL) {
    for (int t = 0; t < n; t++)
      leaves[t] = find_leaf(&predictor->trees[begin + t], predictor->words, features);
    return;
  }
  const uint32_t *order = coded->row_order + begin;
  int n_walked = n, i = 0;
  while (n_walked > 0 && coded->trees[order[n_walked - 1]].n_sets > 0) n_walked--;
  for (; i + LANES <= n_walked; i += LANES) walk_lanes(coded, order + i, cells, leaves);
  for (; i < n_walked; i++) walk_one(coded, order[i], cells, leaves);
  for (; i < n; i++) {
    uint32_t tree = order[i];
    leaves[tree % ROW_TREES] = find_leaf(&predictor->trees[tree], predictor->words, features);
  }
}

void copse_predictor_row(const copse_predictor *predictor, const double *features, double *out) {
  int8_t room[MOST_ROW_COLUMNS], *cells = NULL;
  if (predictor->row_coded) {
    cells = room;
    room[0] = 0; /* a leaf's column, where there is no other */
    row_cells(&predictor->coded, features, cells);
  }
  bool want_leaf = predictor->kind == COPSE_PREDICT_LEAF;
  if (!want_leaf)
    for (int k = 0; k < predictor->n_outputs; k++) out[k] = 0.0;
  int32_t leaves[ROW_TREES];
  int output = 0;
  for (int begin = 0; begin < predictor->n_trees; begin += ROW_TREES) {
    int n = predictor->n_trees - begin < ROW_TREES ? predictor->n_trees - begin : ROW_TREES;
    find_leaves(predictor, begin, n, features, cells, leaves);
    for (int t = begin; t < begin + n; t++) {
      if (want_leaf) {
        out[t] = leaves[t - begin];
        continue;
      }
      out[output] += flat_output(&predictor->trees[t], leaves[t - begin], features, false);
      if (++output == predictor->n_outputs) output = 0;
    }
  }
  predictor_finish(predictor, out);
}
