/* bit_program.h - a tree as a program for the kernels' slot `reach_bits`. */
#ifndef COPSE_PREDICT_BIT_PROGRAM_H
#define COPSE_PREDICT_BIT_PROGRAM_H

#include "copse.h"
#include "kernels/kernels.h"

/* Children as in struct tree; a node sends right the rows of its condition. */
struct bit_tree {
  int n_leaves;
  const int32_t *left_child, *right_child; /* [n_leaves - 1] */
  const uint16_t *condition;               /* [n_leaves - 1] */
};

/* For one tree after the other. */
struct bit_builder {
  uint16_t *order, *place; /* [n] nodes, parents first; of a node, its place among its like */
  uint16_t *size, *base;   /* [n] leaves below a node; the number of steps before its first leaf */
  uint16_t *weight, *turn; /* [n] of a node's turn: its bits; first word of the rows that take it */
  uint16_t n_inner;
};

COPSE_MUST_CHECK copse_status bit_builder_create(copse_context *ctx, size_t most_nodes,
                                                 struct bit_builder *out, copse_error *err);
void bit_builder_release(struct bit_builder *builder);

/* Most entries that the lists of turns can take. */
size_t bit_program_turns(const int32_t *left_child, const int32_t *right_child, int n_leaves);
/* Numbers are below this power of two. */
uint32_t bit_program_numbers(int n_leaves);

/* 2 to BIT_MOST_LEAVES leaves. nodes [n_leaves - 1]; turns: see above; leaf_at [bit_program_numbers] gets the
 * leaf of each number (0 where no leaf has the number). Returns how many turns were written. */
size_t bit_program_build(struct bit_builder *builder, const struct bit_tree *tree,
                         struct bit_program *program, struct bit_node *nodes, uint16_t *turns,
                         int32_t *leaf_at);

#endif
