/* block_run.c - a block of cells goes through the trees: by program where a tree has one, else by walking,
 * eight rows at a time. Each row adds its trees in model order. */
#include <string.h>

#include "predict/block.h"

enum { LANES = 8, TOGETHER = 4, ALIGNMENT = 64 };

static size_t padded(size_t bytes) { return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT; }

struct carver {
  char *room;
  size_t used;
};

static void *carve(struct carver *carver, size_t bytes) {
  void *piece = carver->room == NULL ? NULL : carver->room + carver->used;
  carver->used += padded(bytes);
  return piece;
}

static struct coded_block carve_block(const struct coded_trees *coded, int n_outputs, struct carver *carver) {
  struct coded_block block;
  block.cells = carve(carver, ((size_t)coded->n_columns + coded->most_sets) * REACH_ROWS);
  block.codes = carve(carver, (size_t)coded->n_categorical * REACH_ROWS * sizeof *block.codes);
  block.masks = carve(carver, ((size_t)coded->most_masks + 1) * REACH_ROWS);
  block.places = carve(carver, REACH_ROWS * sizeof *block.places);
  block.scores = carve(carver, (size_t)n_outputs * REACH_ROWS * sizeof *block.scores);
  return block;
}

size_t coded_block_bytes(const struct coded_trees *coded, int n_outputs) {
  struct carver carver = {NULL, 0};
  carve_block(coded, n_outputs, &carver);
  return carver.used;
}

struct coded_block coded_block_in(const struct coded_trees *coded, int n_outputs, void *room) {
  struct carver carver = {room, 0};
  struct coded_block block = carve_block(coded, n_outputs, &carver);
  memset(block.cells, 0, ((size_t)coded->n_columns + coded->most_sets) * REACH_ROWS);
  memset(block.codes, 0, (size_t)coded->n_categorical * REACH_ROWS * sizeof *block.codes);
  memset(block.masks, 0xFF, REACH_ROWS);
  return block;
}

/* The cells of a tree's categorical nodes. */
static void make_set_cells(const struct coded_trees *coded, const struct kernels *kernels,
                           const struct coded_tree *tree, struct coded_block *block) {
  for (uint32_t k = 0; k < tree->n_sets; k++) {
    const struct coded_set *set = &coded->sets[tree->first_set + k];
    const struct coded_source *source = &coded->sources[set->source];
    const uint32_t *words = coded->words + set->first_word;
    const uint16_t *codes = block->codes + (size_t)source->category_column * REACH_ROWS;
    int8_t *cells = block->cells + ((size_t)coded->n_columns + k) * REACH_ROWS;
    if (source->n_categories <= 255)
      kernels->set_cells((const uint8_t *)codes, words, cells);
    else
      for (size_t i = 0; i < REACH_ROWS; i++)
        cells[i] = (int8_t)(126 + (words[codes[i] / 32] >> (codes[i] % 32) & 1));
  }
}

/* leaves [REACH_ROWS]: leaf of each row */
static void walk_tree(const struct coded_trees *coded, const struct coded_tree *tree, const int8_t *cells,
                      size_t n, int32_t *leaves) {
  for (size_t i = 0; i < n; i += LANES) {
    uint32_t at[LANES], moved;
    for (size_t lane = 0; lane < LANES; lane++) at[lane] = tree->root;
    do {
      moved = 0;
      for (size_t lane = 0; lane < LANES; lane++) {
        uint32_t next = walk_step(coded->walk_nodes, at[lane], cells + i + lane, REACH_ROWS);
        moved |= next ^ at[lane];
        at[lane] = next;
      }
    } while (moved != 0);
    for (size_t lane = 0; lane < LANES; lane++) leaves[i + lane] = coded->walk_leaf[at[lane]];
  }
}

/* Places of all rows in a tree of several pieces. */
static void reach_pieces(const struct kernels *kernels, const struct coded_tree *tree,
                         struct coded_block *block) {
  const struct reach_program *program = &tree->program;
  uint8_t piece[REACH_ROWS], number[REACH_ROWS];
  kernels->reach(tree->nodes, program->n_above, block->cells, block->masks, piece);
  kernels->reach(tree->nodes + program->n_above, program->n_nodes - program->n_above, block->cells,
                 block->masks, number);
  for (size_t i = 0; i < REACH_ROWS; i++)
    block->places[i] = (uint16_t)(program->piece_first[piece[i]] + number[i]);
}

/* Trees whose leaf numbers are bytes, until they are added together. */
struct pending {
  int n;
  const double *values[TOGETHER];
  uint8_t numbers[TOGETHER][REACH_ROWS];
};

static void add_together(struct pending *pending, double *restrict scores) {
  const double *a = pending->values[0], *b = pending->values[1], *c = pending->values[2],
               *d = pending->values[3];
  for (size_t i = 0; i < REACH_ROWS; i++) {
    double score = scores[i];
    score += a[pending->numbers[0][i]];
    score += b[pending->numbers[1][i]];
    score += c[pending->numbers[2][i]];
    score += d[pending->numbers[3][i]];
    scores[i] = score;
  }
  pending->n = 0;
}

static void add_pending(struct pending *pending, double *restrict scores) {
  for (int t = 0; t < pending->n; t++)
    for (size_t i = 0; i < REACH_ROWS; i++) scores[i] += pending->values[t][pending->numbers[t][i]];
  pending->n = 0;
}

static void score_tree(const struct coded_trees *coded, const struct kernels *kernels, bool walk,
                       const struct coded_tree *tree, size_t n, struct coded_block *block,
                       double *restrict scores) {
  if (tree->method == CODED_LONE) {
    for (size_t i = 0; i < REACH_ROWS; i++) scores[i] += tree->value_at[0];
  } else if (tree->method == CODED_REACH && !walk) {
    reach_pieces(kernels, tree, block);
    for (size_t i = 0; i < REACH_ROWS; i++) scores[i] += tree->value_at[block->places[i]];
  } else {
    int32_t leaves[REACH_ROWS];
    walk_tree(coded, tree, block->cells, n, leaves);
    for (size_t i = 0; i < n; i++) scores[i] += tree->leaf_values[leaves[i]];
  }
}

void coded_block_score(const struct coded_trees *coded, const struct kernels *kernels, int n_outputs,
                       bool walk, size_t n, struct coded_block *block) {
  struct pending pending = {.n = 0};
  for (size_t i = 0; i < (size_t)n_outputs * REACH_ROWS; i++) block->scores[i] = 0.0;
  for (int output = 0; output < n_outputs; output++) {
    double *scores = block->scores + (size_t)output * REACH_ROWS;
    for (int t = output; t < coded->n_trees; t += n_outputs) {
      const struct coded_tree *tree = &coded->trees[t];
      make_set_cells(coded, kernels, tree, block);
      if (tree->method == CODED_REACH && tree->program.n_above == 0 && !walk) {
        pending.values[pending.n] = tree->value_at;
        kernels->reach(tree->nodes, tree->program.n_nodes, block->cells, block->masks,
                       pending.numbers[pending.n++]);
        if (pending.n == TOGETHER) add_together(&pending, scores);
        continue;
      }
      add_pending(&pending, scores);
      score_tree(coded, kernels, walk, tree, n, block, scores);
    }
    add_pending(&pending, scores);
  }
}

void coded_block_leaves(const struct coded_trees *coded, const struct kernels *kernels, bool walk, size_t n,
                        struct coded_block *block, double *out) {
  size_t width = (size_t)coded->n_trees;
  for (size_t t = 0; t < width; t++) {
    const struct coded_tree *tree = &coded->trees[t];
    make_set_cells(coded, kernels, tree, block);
    if (tree->method == CODED_LONE) {
      for (size_t i = 0; i < n; i++) out[i * width + t] = 0.0;
    } else if (tree->method == CODED_REACH && !walk) {
      if (tree->program.n_above > 0) {
        reach_pieces(kernels, tree, block);
      } else {
        uint8_t numbers[REACH_ROWS];
        kernels->reach(tree->nodes, tree->program.n_nodes, block->cells, block->masks, numbers);
        for (size_t i = 0; i < REACH_ROWS; i++) block->places[i] = numbers[i];
      }
      for (size_t i = 0; i < n; i++) out[i * width + t] = tree->leaf_at[block->places[i]];
    } else {
      int32_t leaves[REACH_ROWS];
      walk_tree(coded, tree, block->cells, n, leaves);
      for (size_t i = 0; i < n; i++) out[i * width + t] = leaves[i];
    }
  }
}
