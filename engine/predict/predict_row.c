/* predict_row.c - one row, from any thread at once: reads the predictor and the row, writes the caller's
 * values, and touches nothing else.
 *
 * The row becomes cells once; then eight trees walk side by side, three levels at a time where the cells fit
 * into registers, so that their chains of dependent loads overlap. Trees that walk together are about equally
 * deep. */
#include <string.h>

#include "predict/predictor.h"

enum { LANES = WALK_LANES, UNSEEN_LEVELS = 2 };

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

static void walk_eight(const struct copse_predictor *predictor, const uint32_t *order, const int8_t *cells,
                       int32_t *leaves) {
  const struct coded_trees *coded = &predictor->coded;
  if (coded->blocks == NULL || predictor->way == WAY_WALK) {
    walk_lanes(coded, order, cells, leaves);
    return;
  }
  uint32_t roots[WALK_LANES];
  uint16_t found[WALK_LANES];
  for (int lane = 0; lane < WALK_LANES; lane++) roots[lane] = coded->trees[order[lane]].first_block;
  predictor->kernels->walk_blocks(coded->blocks, roots, cells, coded->n_columns > WALK_COLUMNS / 2, found);
  for (int lane = 0; lane < WALK_LANES; lane++) leaves[order[lane] % ROW_TREES] = found[lane];
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
  for (; i + LANES <= n_walked; i += LANES) walk_eight(predictor, order + i, cells, leaves);
  if (i < n_walked) { /* the rest walk beside copies of the last */
    uint32_t rest[LANES];
    for (int lane = 0; lane < LANES; lane++)
      rest[lane] = order[i + lane < n_walked ? i + lane : n_walked - 1];
    walk_eight(predictor, rest, cells, leaves);
  }
  i = n_walked;
  for (; i < n; i++) {
    uint32_t tree = order[i];
    leaves[tree % ROW_TREES] = find_leaf(&predictor->trees[tree], predictor->words, features);
  }
}

static void add_leaves(const struct copse_predictor *predictor, int begin, int n, const double *features,
                       const int32_t *leaves, double *out) {
  const struct flat_tree *trees = predictor->trees + begin;
  if (predictor->n_outputs == 1 && predictor->linear == NULL) { /* the sum stays in a register */
    double sum = out[0];
    for (int t = 0; t < n; t++) sum += trees[t].leaf_values[leaves[t]];
    out[0] = sum;
    return;
  }
  int output = begin % predictor->n_outputs;
  for (int t = 0; t < n; t++) {
    out[output] += flat_output(&trees[t], leaves[t], features, false);
    if (++output == predictor->n_outputs) output = 0;
  }
}

void copse_predictor_row(const copse_predictor *predictor, const double *features, double *out) {
  int8_t room[MOST_ROW_COLUMNS], *cells = NULL;
  if (predictor->row_coded) {
    cells = room;
    memset(room, 0, WALK_COLUMNS); /* blocks take that many, used or not */
    row_cells(&predictor->coded, features, cells);
  }
  bool want_leaf = predictor->kind == COPSE_PREDICT_LEAF;
  if (!want_leaf)
    for (int k = 0; k < predictor->n_outputs; k++) out[k] = 0.0;
  int32_t leaves[ROW_TREES];
  for (int begin = 0; begin < predictor->n_trees; begin += ROW_TREES) {
    int n = predictor->n_trees - begin < ROW_TREES ? predictor->n_trees - begin : ROW_TREES;
    find_leaves(predictor, begin, n, features, cells, leaves);
    if (want_leaf)
      for (int t = 0; t < n; t++) out[begin + t] = leaves[t];
    else
      add_leaves(predictor, begin, n, features, leaves, out);
  }
  predictor_finish(predictor, out);
}
