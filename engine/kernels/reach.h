/* reach.h - what the routing slots work on: codes of values, and trees as programs over them.
 *
 * A feature's value becomes a code, the number of the model's own cut points below it; codes are kept
 * feature-major, a block of REACH_ROWS rows at a time, as "cells": signed bytes 127 - code. A node sends a
 * row right iff its threshold is above the row's cell, which is one vector comparison with one memory
 * operand.
 *
 * Reach masks. Every node of a tree is evaluated for all rows of a block: a byte per row and live node says
 * whether the row reaches it. The row's leaf number is the sum of the weights of the turns it took, so that
 * leaves need no masks, and the time depends neither on depth nor on data: nothing is mispredicted. */
#ifndef COPSE_KERNELS_REACH_H
#define COPSE_KERNELS_REACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REACH_ROWS = 256 };

/* The cut points of one feature. A value's code is the number of cuts below it; NaN counts as 0.
 *
 * With cells: values are scaled to cell numbers, first[cell] cuts lie in the cells below, and no cell holds
 * more than `steps` cuts: as many of the next ones as are below the value are added. Scaling is monotonic in
 * floating point, so the code is exact. Without (n_cells = 0): halving. */
enum { CODE_MOST_STEPS = 8 };

struct code_map {
  const double *cuts; /* [n_cuts + CODE_MOST_STEPS], ascending and distinct, +inf behind the last */
  uint32_t n_cuts, n_cells, steps;
  const uint16_t *first; /* [n_cells] */
  double low, scale;     /* finite, scale > 0 */
};

static inline uint32_t code_cell(const struct code_map *map, double value) {
  double x = (value - map->low) * map->scale, last = (double)(map->n_cells - 1);
  x = x > 0.0 ? x : 0.0;
  x = x < last ? x : last;
  return (uint32_t)(int32_t)x;
}

static inline uint32_t code_of(const struct code_map *map, double value) {
  value = value == value ? value : 0.0;
  uint32_t code = 0;
  if (map->n_cells > 0) {
    code = map->first[code_cell(map, value)];
    for (uint32_t s = 0; s < map->steps; s++) code += value > map->cuts[code];
    return code;
  }
  for (uint32_t left = map->n_cuts + 1; left > 1;) {
    uint32_t half = left / 2;
    code += half & -(uint32_t)(map->cuts[code + half - 1] < value); /* without a jump */
    left -= half;
  }
  return code;
}

/* The cell of a code in the column that begins with code `offset`: a feature with more than 255 cuts has
 * several columns, and in each the codes of the others are cut off to its ends. */
static inline int8_t code_to_cell(uint32_t code, uint32_t offset) {
  uint32_t past = code > offset ? code - offset : 0;
  return (int8_t)(127 - (int32_t)(past < 255 ? past : 255));
}

enum reach_kind {
  REACH_INNER, /* both children are nodes: their masks are stored; rows that go right add `weight` */
  REACH_ONE,   /* one is a leaf: rows that go to the other add 1, and its mask is stored as `right` */
  REACH_LEAVES /* both are leaves: rows that go right add 1 */
};

/* Nodes of one kind stand in runs. Masks and columns are numbered in units of REACH_ROWS bytes. Mask 0 is all
 * ones and belongs to the root. */
struct reach_node {
  uint32_t column;
  uint16_t from, left, right; /* masks: the node's own, its children's; left may be from */
  int8_t threshold;           /* right iff threshold > cell */
  uint8_t weight;
  uint8_t flip; /* REACH_ONE: 0xFF when the left child is the node */
  uint8_t kind; /* enum reach_kind, of the whole run */
  uint16_t run; /* in a run's first node: its length */
};

/* Up to fifteen nodes of a tree that hang together, any shape, and the at most sixteen ways that lead out of
 * them. The block's decisions are a number, bit p: node p goes right; way e is the one taken iff decisions &
 * care[e] == rights[e]. `next`: ~leaf, or the number of the block that follows among those
 * of the tree. A tree's top is not among them: it stands beside the tops of the others, for all rows go
 * through all of these. Ways that do not exist care for the bit of no node, and want it. */
enum { WALK_NODES = 15, WALK_WAYS = 16, WALK_COLUMNS = 64, WALK_TREES = 256 };

struct walk_block {
  uint8_t column[WALK_WAYS];
  int8_t threshold[WALK_WAYS]; /* right iff threshold > cell; INT8_MIN behind the nodes */
  uint16_t care[WALK_WAYS], rights[WALK_WAYS];
  int16_t next[WALK_WAYS];
};

/* Slots of struct kernels. */
typedef void (*encode_fn)(const struct code_map *map, const double *values, size_t n, uint16_t *codes);
typedef void (*spread_fn)(const uint16_t *codes, uint32_t offset, size_t n, int8_t *cells);
typedef void (*set_cells_fn)(const uint8_t *codes, const uint32_t bits[8], int8_t *cells);
/* Trees that are added to scores together, one after the other. As add_few_values each has ADD_FEW values. */
enum { ADD_TREES = 8, ADD_FEW = 32 };
typedef void (*add_values_fn)(const double *const values[ADD_TREES], uint8_t numbers[ADD_TREES][REACH_ROWS],
                              double scores[REACH_ROWS]);
typedef void (*reach_fn)(const struct reach_node *nodes, uint32_t n_nodes, const int8_t *cells,
                         uint8_t *masks, uint8_t *numbers);

typedef void (*walk_blocks_fn)(const struct walk_block *tops, const struct walk_block *blocks,
                               const uint32_t *first, size_t n, const int8_t cells[WALK_COLUMNS], bool wide,
                               int32_t *leaves);
typedef void (*encode_row_fn)(const struct code_map *maps, const uint32_t *features, size_t n,
                              const double *row, uint16_t *codes);

#endif
