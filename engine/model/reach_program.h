/* reach_program.h - a tree as a program for the kernels' slot `reach`.
 *
 * Any order in which parents stand before their children gives the same numbers. Nodes of one kind are
 * gathered into few long runs (a run's end is a mispredicted jump), and nodes above two leaves, which write
 * no masks, wait until many have come together.
 *
 * A leaf number has eight bits. A tree of more leaves is cut into pieces of at most 256: a first program over
 * the nodes above the pieces gives each row the number of its piece, a second one over all pieces' nodes the
 * number of its leaf within the piece. */
#ifndef COPSE_MODEL_REACH_PROGRAM_H
#define COPSE_MODEL_REACH_PROGRAM_H

#include "copse.h"
#include "kernels/kernels.h"

enum { REACH_PIECE_LEAVES = 256, REACH_MOST_LEAVES = 1024 };

/* A tree as the builder reads it: children as in struct tree; a node sends a row right iff threshold > cell.
 */
struct reach_tree {
  int n_leaves;
  const int32_t *left_child, *right_child; /* [n_leaves - 1] */
  const uint32_t *column;                  /* [n_leaves - 1] */
  const int8_t *threshold;                 /* [n_leaves - 1] */
};

struct reach_program {
  uint32_t n_above, n_nodes; /* nodes of the first program (0: one piece), of both */
  uint32_t n_masks;
  uint16_t piece_first[256]; /* place of each piece's first leaf */
};

/* nodes [n_leaves - 1]; leaf_at [n_leaves] gets the tree's leaf at each place, where a place is
 * piece_first[number of the piece] + number within it. False: the tree has one leaf, more than
 * REACH_MOST_LEAVES, or falls into more pieces than a byte can number; it must be walked. */
bool reach_program_build(const struct reach_tree *tree, struct reach_program *program,
                         struct reach_node *nodes, int32_t *leaf_at);

#endif
