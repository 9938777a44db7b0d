/* block_run.c - a block goes through the trees: by program where a tree has one, else by walking, eight rows
 * at a time. Each row adds its trees in model order. */
#include <string.h>

#include "predict/block.h"

enum { LANES = 8, ALIGNMENT = 64 };

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
  size_t n_columns = (size_t)coded->n_columns + coded->most_sets;
  size_t n_conditions = coded->by_bits ? (size_t)coded->n_conditions + coded->most_sets : 0;
  block.lines = carve(carver, (size_t)coded->n_lines * REACH_ROWS * sizeof *block.lines);
  block.codes = carve(carver, (size_t)coded->n_categorical * REACH_ROWS * sizeof *block.codes);
  block.cells = carve(carver, n_columns * REACH_ROWS);
  block.masks = carve(carver, ((size_t)coded->most_masks + 1) * REACH_ROWS);
  block.conditions = carve(carver, n_conditions * BIT_WORDS * sizeof *block.conditions);
  block.bit_masks = carve(carver, coded->most_bit_words * sizeof *block.bit_masks);
  block.places = carve(carver, REACH_ROWS * sizeof *block.places);
  block.scores = carve(carver, (size_t)n_outputs * REACH_ROWS * sizeof *block.scores);
  return block;
}

size_t coded_block_bytes(const struct coded_trees *coded, int n_outputs) {
  struct carver carver = {NULL, 0};
  carve_block(coded, n_outputs, &carver);
  return carver.used;
}

struct coded_block coded_block_in(const struct coded_trees *coded, int n_outputs, enum block_way way,
                                  size_t n, void *room) {
  struct carver carver = {room, 0};
  struct coded_block block = carve_block(coded, n_outputs, &carver);
  block.way = way;
  block.n = n;
  if (n < REACH_ROWS) { /* the rows that do not count have codes all the same */
    memset(block.lines, 0, (size_t)coded->n_lines * REACH_ROWS * sizeof *block.lines);
    memset(block.codes, 0, (size_t)coded->n_categorical * REACH_ROWS * sizeof *block.codes);
  }
  memset(block.masks, 0xFF, REACH_ROWS);
  return block;
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

enum tree_way { TREE_LONE, TREE_BITS, TREE_BYTES, TREE_WALK };

static enum tree_way way_of(const struct coded_block *block, const struct coded_tree *tree) {
  if (tree->method == CODED_LONE) return TREE_LONE;
  if (block->way == BLOCK_BITS && tree->by_bits) return TREE_BITS;
  return block->way == BLOCK_BYTES && tree->method == CODED_REACH ? TREE_BYTES : TREE_WALK;
}

/* Trees whose numbers are bytes: each row's number. */
static void byte_numbers(const struct kernels *kernels, const struct coded_tree *tree,
                         struct coded_block *block, uint8_t *numbers) {
  if (way_of(block, tree) == TREE_BITS)
    kernels->reach_bits(&tree->bits, block->conditions, block->bit_masks, numbers, NULL);
  else
    kernels->reach(tree->nodes, tree->program.n_nodes, block->cells, block->masks, numbers);
}

static bool has_byte_numbers(const struct coded_block *block, const struct coded_tree *tree) {
  enum tree_way way = way_of(block, tree);
  return (way == TREE_BITS && tree->bits.n_planes <= 8) || (way == TREE_BYTES && tree->program.n_above == 0);
}

/* Numbers of all rows in a tree of more than 256 leaves. */
static void wide_numbers(const struct kernels *kernels, const struct coded_tree *tree,
                         struct coded_block *block) {
  if (way_of(block, tree) == TREE_BYTES) {
    reach_pieces(kernels, tree, block);
    return;
  }
  uint8_t low[REACH_ROWS], high[REACH_ROWS];
  kernels->reach_bits(&tree->bits, block->conditions, block->bit_masks, low, high);
  for (size_t i = 0; i < REACH_ROWS; i++) block->places[i] = (uint16_t)(low[i] | high[i] << 8);
}

/* Value and leaf by number. */
static const double *values_of(const struct coded_block *block, const struct coded_tree *tree) {
  return way_of(block, tree) == TREE_BITS ? tree->bit_value : tree->value_at;
}
static const int32_t *leaves_of(const struct coded_block *block, const struct coded_tree *tree) {
  return way_of(block, tree) == TREE_BITS ? tree->bit_leaf : tree->leaf_at;
}

/* Trees whose leaf numbers are bytes, until they are added together. */
struct pending {
  int n;
  bool few; /* each has ADD_FEW values */
  const double *values[ADD_TREES];
  uint8_t numbers[ADD_TREES][REACH_ROWS];
};

static void add_pending(struct pending *pending, double *restrict scores) {
  for (int t = 0; t < pending->n; t++)
    for (size_t i = 0; i < REACH_ROWS; i++) scores[i] += pending->values[t][pending->numbers[t][i]];
  pending->n = 0;
  pending->few = true;
}

static void score_tree(const struct coded_trees *coded, const struct kernels *kernels,
                       const struct coded_tree *tree, struct coded_block *block, double *restrict scores) {
  int32_t leaves[REACH_ROWS];
  const double *values = values_of(block, tree);
  switch (way_of(block, tree)) {
    case TREE_LONE:
      for (size_t i = 0; i < REACH_ROWS; i++) scores[i] += values[0];
      break;
    case TREE_BITS:
    case TREE_BYTES:
      wide_numbers(kernels, tree, block);
      for (size_t i = 0; i < REACH_ROWS; i++) scores[i] += values[block->places[i]];
      break;
    case TREE_WALK:
      walk_tree(coded, tree, block->cells, block->n, leaves);
      for (size_t i = 0; i < block->n; i++) scores[i] += tree->leaf_values[leaves[i]];
      break;
  }
}

void coded_block_score(const struct coded_trees *coded, const struct kernels *kernels, int n_outputs,
                       struct coded_block *block) {
  struct pending pending = {.n = 0, .few = true};
  for (size_t i = 0; i < (size_t)n_outputs * REACH_ROWS; i++) block->scores[i] = 0.0;
  for (int output = 0; output < n_outputs; output++) {
    double *scores = block->scores + (size_t)output * REACH_ROWS;
    for (int t = output; t < coded->n_trees; t += n_outputs) {
      const struct coded_tree *tree = &coded->trees[t];
      coded_block_prepare_sets(coded, kernels, tree, block);
      if (has_byte_numbers(block, tree)) {
        pending.values[pending.n] = values_of(block, tree);
        pending.few = pending.few && way_of(block, tree) == TREE_BITS && 1u << tree->bits.n_planes == ADD_FEW;
        byte_numbers(kernels, tree, block, pending.numbers[pending.n++]);
        if (pending.n < ADD_TREES) continue;
        (pending.few ? kernels->add_few_values : kernels->add_values)(pending.values, pending.numbers,
                                                                      scores);
        pending.n = 0;
        pending.few = true;
        continue;
      }
      add_pending(&pending, scores);
      score_tree(coded, kernels, tree, block, scores);
    }
    add_pending(&pending, scores);
  }
}

void coded_block_leaves(const struct coded_trees *coded, const struct kernels *kernels,
                        struct coded_block *block, double *out) {
  size_t width = (size_t)coded->n_trees, n = block->n;
  for (size_t t = 0; t < width; t++) {
    const struct coded_tree *tree = &coded->trees[t];
    const int32_t *leaf = leaves_of(block, tree);
    uint8_t numbers[REACH_ROWS];
    int32_t leaves[REACH_ROWS];
    coded_block_prepare_sets(coded, kernels, tree, block);
    if (has_byte_numbers(block, tree)) {
      byte_numbers(kernels, tree, block, numbers);
      for (size_t i = 0; i < n; i++) out[i * width + t] = leaf[numbers[i]];
      continue;
    }
    switch (way_of(block, tree)) {
      case TREE_LONE:
        for (size_t i = 0; i < n; i++) out[i * width + t] = 0.0;
        break;
      case TREE_BITS:
      case TREE_BYTES:
        wide_numbers(kernels, tree, block);
        for (size_t i = 0; i < n; i++) out[i * width + t] = leaf[block->places[i]];
        break;
      case TREE_WALK:
        walk_tree(coded, tree, block->cells, n, leaves);
        for (size_t i = 0; i < n; i++) out[i * width + t] = leaves[i];
        break;
    }
  }
}
