/* predict_row.c - one row, from any thread at once: reads the predictor and the row, writes the caller's
 * values, and touches nothing else.
 *
 * The row becomes cells once. Where these fit into registers, all trees go through their blocks of nodes
 * (coded_blocks.c); else eight trees walk side by side, node by node, so that their chains of dependent loads
 * overlap: trees that walk together are about equally deep. */
#include <string.h>

#include "data/encoded_table.h"
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

/* The cells of a source that has several columns or versions. */
static void source_cells(const struct coded_source *source, double value, uint32_t plain, int8_t *cells) {
  for (unsigned versions = source->versions; versions != 0; versions &= versions - 1) {
    enum code_version version = (enum code_version)__builtin_ctz(versions);
    uint32_t own = version_code(version, value, plain, source->map.n_cuts);
    for (uint32_t c = 0; c < source->n_columns; c++)
      cells[source->first_column[version] + c] = code_to_cell(own, c * COLUMN_CUTS);
  }
}

static void row_cells(const struct copse_predictor *predictor, const double *features, int8_t *cells) {
  const struct coded_trees *coded = &predictor->coded;
  uint16_t codes[MOST_ROW_COLUMNS];
  predictor->kernels->encode_row(coded->row_maps, coded->row_features, coded->n_numeric, features, codes);
  for (uint32_t i = 0; i < coded->n_numeric; i++) {
    const struct row_source *source = &coded->row_sources[i];
    if (source->alone)
      cells[source->column] = code_to_cell(codes[i], 0);
    else
      source_cells(&coded->sources[source->source], features[coded->row_features[i]], codes[i], cells);
  }
}

/* Eight trees to their leaves. A leaf leads to itself; now and then it is seen whether all have arrived. */
static void walk_nodes(const struct coded_trees *coded, const struct row_tree *const trees[LANES],
                       const int8_t *cells, int32_t *leaves) {
  const walk_node *nodes = coded->walk_nodes;
  uint32_t at[LANES], moved;
  for (int lane = 0; lane < LANES; lane++) at[lane] = coded->trees[trees[lane]->tree].root;
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
  for (int lane = 0; lane < LANES; lane++) leaves[lane] = coded->walk_leaf[at[lane]];
}

/* The leaves of one chunk's trees, in model order, and their values: these are asked for as soon as the leaf
 * is known, while other trees are still walked. */
struct found {
  int32_t leaves[ROW_TREES];
  double values[ROW_TREES];
};

static void walk_eight(const struct coded_trees *coded, const struct row_tree *const trees[LANES],
                       const int8_t *cells, struct found *found) {
  int32_t leaves[LANES];
  walk_nodes(coded, trees, cells, leaves);
  for (int lane = 0; lane < LANES; lane++) {
    uint32_t place = trees[lane]->tree % ROW_TREES;
    found->leaves[place] = leaves[lane];
    found->values[place] = trees[lane]->leaf_values[leaves[lane]];
  }
}

/* The first n of a chunk's trees, in the order of rows. */
static void walk_trees(const struct coded_trees *coded, const struct row_tree *trees, int n,
                       const int8_t *cells, struct found *found) {
  const struct row_tree *eight[LANES];
  for (int i = 0; i < n; i += LANES) { /* the rest walk beside copies of the last */
    for (int lane = 0; lane < LANES; lane++) eight[lane] = &trees[i + lane < n ? i + lane : n - 1];
    walk_eight(coded, eight, cells, found);
  }
}

static void walk_blocks(const struct copse_predictor *predictor, int begin, int n, const int8_t *cells,
                        struct found *found) {
  const struct coded_trees *coded = &predictor->coded;
  const struct row_tree *trees = coded->row_trees + begin;
  int32_t leaves[ROW_TREES];
  predictor->kernels->walk_blocks(coded->tops + begin, coded->blocks, coded->row_first + begin, (size_t)n,
                                  cells, coded->n_columns > WALK_COLUMNS / 2, leaves);
  for (int i = 0; i < n; i++) {
    uint32_t place = trees[i].tree % ROW_TREES;
    found->leaves[place] = leaves[i];
    found->values[place] = trees[i].leaf_values[leaves[i]];
  }
}

/* By values: trees with sets, linear leaves, and models that have no codes. */
static void find_plain(const struct copse_predictor *predictor, int tree, const double *features,
                       struct found *found) {
  const struct flat_tree *flat = &predictor->trees[tree];
  int32_t leaf = find_leaf(flat, predictor->words, features);
  found->leaves[tree % ROW_TREES] = leaf;
  found->values[tree % ROW_TREES] = flat_output(flat, leaf, features, false);
}

/* Trees [begin, begin + n), a chunk. */
static void find_leaves(const struct copse_predictor *predictor, int begin, int n, const double *features,
                        const int8_t *cells, struct found *found) {
  const struct coded_trees *coded = &predictor->coded;
  if (cells == NULL) {
    for (int t = begin; t < begin + n; t++) find_plain(predictor, t, features, found);
    return;
  }
  const struct row_tree *trees = coded->row_trees + begin;
  int n_walked = n;
  while (n_walked > 0 && coded->trees[trees[n_walked - 1].tree].n_sets > 0) n_walked--;
  if (coded->blocks == NULL || predictor->way == WAY_WALK)
    walk_trees(coded, trees, n_walked, cells, found);
  else
    walk_blocks(predictor, begin, n_walked, cells, found);
  for (int i = n_walked; i < n; i++) find_plain(predictor, (int)trees[i].tree, features, found);
}

static void add_values(const struct copse_predictor *predictor, int begin, int n, const double *values,
                       double *out) {
  if (predictor->n_outputs == 1) { /* the sum stays in a register */
    double sum = out[0];
    for (int t = 0; t < n; t++) sum += values[t];
    out[0] = sum;
    return;
  }
  int output = begin % predictor->n_outputs;
  for (int t = 0; t < n; t++) {
    out[output] += values[t];
    if (++output == predictor->n_outputs) output = 0;
  }
}

/* features: of the trees */
static void predict_features(const copse_predictor *predictor, const double *features, double *out) {
  int8_t room[MOST_ROW_COLUMNS], *cells = NULL;
  if (predictor->row_coded) {
    cells = room;
    memset(room, 0, WALK_COLUMNS); /* blocks take that many, used or not */
    row_cells(predictor, features, cells);
  }
  bool want_leaf = predictor->kind == COPSE_PREDICT_LEAF;
  if (!want_leaf)
    for (int k = 0; k < predictor->n_outputs; k++) out[k] = 0.0;
  struct found found;
  for (int begin = 0; begin < predictor->n_trees; begin += ROW_TREES) {
    int n = predictor->n_trees - begin < ROW_TREES ? predictor->n_trees - begin : ROW_TREES;
    find_leaves(predictor, begin, n, features, cells, &found);
    if (want_leaf)
      for (int t = 0; t < n; t++) out[begin + t] = found.leaves[t];
    else
      add_values(predictor, begin, n, found.values, out);
  }
  predictor_finish(predictor, out);
}

/* A frame of its own: rows without an encoder need no room for its columns. */
__attribute__((noinline)) static void predict_encoded(const copse_predictor *predictor, const double *inputs,
                                                      double *out) {
  double features[ENCODER_MOST_FEATURES];
  const copse_encoder *encoder = predictor->encoder;
  memcpy(features, inputs, encoder->n_inputs * sizeof *features);
  encoder_row(encoder, inputs, features + encoder->n_inputs);
  predict_features(predictor, features, out);
}

void copse_predictor_row(const copse_predictor *predictor, const double *features, double *out) {
  if (predictor->encoder != NULL)
    predict_encoded(predictor, features, out);
  else
    predict_features(predictor, features, out);
}
