/* bits.h - what the slots of routing by bits work on: as reach.h has it, with one bit a row instead of a
 * byte, so that one vector holds a whole block of REACH_ROWS rows.
 *
 * A condition is the set of the block's rows that a comparison sends right. All conditions of a model are
 * made once a block, before its trees run: they are fewer than its nodes. A node is then two operations: of
 * the rows that reach it, those with the condition go right, the others left.
 *
 * The number of a row's leaf is the exclusive or of the weights of the turns it took. A weight has few bits:
 * numbers follow Gray's code (1953) along the leaves. Bit p of all rows' numbers, plane p, is the exclusive
 * or of the masks of the turns whose weight has bit p. */
#ifndef COPSE_KERNELS_BITS_H
#define COPSE_KERNELS_BITS_H

#include "kernels/reach.h"

enum {
  BIT_WORDS = REACH_ROWS / 64, /* of a set of rows; row r is bit r / 32 of byte r % 32 */
  BIT_PLANES = 11,
  BIT_MOST_LEAVES = 1 << BIT_PLANES
};

/* Nodes stand behind their parents. Masks lie in one array of words: first the root's and BIT_WORDS that are
 * not used, then of every inner node (one with a node below it) the rows that go right and the rows that go
 * left, then of every other node the rows that go right. */
struct bit_node {
  uint16_t condition; /* in units of BIT_WORDS words */
  uint16_t from;      /* first word of the node's own mask */
};

struct bit_program {
  const struct bit_node *nodes; /* [n_nodes], the inner ones first */
  const uint16_t *turns;        /* first words of the masks of each plane, plane by plane */
  uint16_t n_turns[BIT_PLANES];
  uint16_t n_inner, n_nodes, n_planes;
};

static inline size_t bit_mask_words(uint32_t n_inner, uint32_t n_nodes) {
  return BIT_WORDS * (2 * ((size_t)n_inner + 1) + (n_nodes - n_inner));
}

/* Slots of struct kernels. */
typedef void (*bits_above_fn)(const uint16_t *codes, uint32_t most, uint64_t *bits);
typedef void (*bits_below_fn)(const int8_t *cells, int8_t threshold, uint64_t bits[BIT_WORDS]);
typedef void (*reach_bits_fn)(const struct bit_program *program, const uint64_t *conditions, uint64_t *masks,
                              uint8_t *numbers, uint8_t *high);

#endif
