/* reach_scalar.c - the routing slots in plain C: complete, and the specification. */
#include <string.h>

#include "kernels/kernels.h"
#include "kernels/tiers.h"

static void encode(const struct code_map *map, const double *values, size_t n, uint16_t *codes) {
  for (size_t i = 0; i < n; i++) codes[i] = (uint16_t)code_of(map, values[i]);
}

static void spread(const uint16_t *codes, uint32_t offset, size_t n, int8_t *cells) {
  for (size_t i = 0; i < n; i++) cells[i] = code_to_cell(codes[i], offset);
}

static void set_cells(const uint8_t *codes, const uint32_t bits[8], int8_t *cells) {
  for (size_t i = 0; i < REACH_ROWS; i++)
    cells[i] = (int8_t)(126 + (bits[codes[i] / 32] >> (codes[i] % 32) & 1));
}

static void inner(const struct reach_node *node, const int8_t *cells, uint8_t *masks, uint8_t *numbers) {
  const uint8_t *from = masks + (size_t)node->from * REACH_ROWS;
  uint8_t *left = masks + (size_t)node->left * REACH_ROWS, *right = masks + (size_t)node->right * REACH_ROWS;
  for (size_t i = 0; i < REACH_ROWS; i++) {
    uint8_t reach = from[i], goes = (uint8_t)(node->threshold > cells[i] ? reach : 0);
    right[i] = goes;
    left[i] = reach ^ goes;
    numbers[i] = (uint8_t)(numbers[i] + (goes & node->weight));
  }
}

static void one(const struct reach_node *node, const int8_t *cells, uint8_t *masks, uint8_t *numbers) {
  const uint8_t *from = masks + (size_t)node->from * REACH_ROWS;
  uint8_t *right = masks + (size_t)node->right * REACH_ROWS;
  for (size_t i = 0; i < REACH_ROWS; i++) {
    uint8_t goes = (uint8_t)((node->threshold > cells[i] ? 0xFF : 0) ^ node->flip) & from[i];
    right[i] = goes;
    numbers[i] = (uint8_t)(numbers[i] - goes);
  }
}

static void leaves(const struct reach_node *node, const int8_t *cells, const uint8_t *masks,
                   uint8_t *numbers) {
  const uint8_t *from = masks + (size_t)node->from * REACH_ROWS;
  for (size_t i = 0; i < REACH_ROWS; i++)
    numbers[i] = (uint8_t)(numbers[i] - (node->threshold > cells[i] ? from[i] : 0));
}

static void reach(const struct reach_node *nodes, uint32_t n_nodes, const int8_t *cells, uint8_t *masks,
                  uint8_t *numbers) {
  memset(numbers, 0, REACH_ROWS);
  for (uint32_t i = 0; i < n_nodes; i++) {
    const int8_t *column = cells + (size_t)nodes[i].column * REACH_ROWS;
    switch ((enum reach_kind)nodes[i].kind) {
      case REACH_INNER: inner(&nodes[i], column, masks, numbers); break;
      case REACH_ONE: one(&nodes[i], column, masks, numbers); break;
      case REACH_LEAVES: leaves(&nodes[i], column, masks, numbers); break;
    }
  }
}

static void add_values(const double *const values[ADD_TREES], uint8_t numbers[ADD_TREES][REACH_ROWS],
                       double scores[REACH_ROWS]) {
  for (size_t i = 0; i < REACH_ROWS; i++) {
    double score = scores[i];
    for (size_t t = 0; t < ADD_TREES; t++) score += values[t][numbers[t][i]];
    scores[i] = score;
  }
}

static void encode_row(const struct code_map *maps, const uint32_t *features, size_t n, const double *row,
                       uint16_t *codes) {
  for (size_t i = 0; i < n; i++) codes[i] = (uint16_t)code_of(&maps[i], row[features[i]]);
}

static int walk_block_next(const struct walk_block *block, const int8_t *cells) {
  unsigned decisions = 0, way = 0;
  for (unsigned p = 0; p < WALK_WAYS; p++)
    decisions |= (unsigned)(block->threshold[p] > cells[block->column[p]]) << p;
  while (way < WALK_WAYS - 1 && (decisions & block->care[way]) != block->rights[way]) way++;
  return block->next[way];
}

static void walk_blocks(const struct walk_block *tops, const struct walk_block *blocks, const uint32_t *first,
                        size_t n, const int8_t cells[WALK_COLUMNS], bool wide, int32_t *leaves) {
  (void)wide;
  for (size_t t = 0; t < n; t++) {
    int next = walk_block_next(&tops[t], cells);
    while (next >= 0) next = walk_block_next(&blocks[first[t] + (uint32_t)next], cells);
    leaves[t] = ~next;
  }
}

void kernels_reach_scalar(struct kernels *slots) {
  slots->encode = encode;
  slots->encode_row = encode_row;
  slots->spread = spread;
  slots->set_cells = set_cells;
  slots->reach = reach;
  slots->add_values = add_values;
  slots->add_few_values = add_values;
  slots->walk_blocks = walk_blocks;
}
