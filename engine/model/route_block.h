/* route_block.h - binned rows through one tree as a program of reach masks (kernels/reach.h), a block at a
 * time. */
#ifndef COPSE_MODEL_ROUTE_BLOCK_H
#define COPSE_MODEL_ROUTE_BLOCK_H

#include "model/reach_program.h"
#include "model/tree.h"

enum { ROUTE_BLOCK_COLUMNS = 96, ROUTE_BLOCK_MASKS = 128, ROUTE_BLOCK_LEAVES = REACH_PIECE_LEAVES };

/* A column as a node sees it: byte cells, and where the missing bin goes. */
struct route_column {
  const uint8_t *cells;
  uint32_t missing_bin; /* above 255: none */
  bool default_left;
  bool is_set;
  uint32_t bits[8]; /* of a set: cells that go left */
};

/* What a node asks. */
struct route_rule {
  struct route_column column;
  uint32_t threshold; /* no set: left iff the bin is not above it */
};

struct route_plan {
  struct reach_program program;
  struct reach_node nodes[ROUTE_BLOCK_LEAVES];
  double value_at[ROUTE_BLOCK_LEAVES];
  struct route_column columns[ROUTE_BLOCK_COLUMNS];
  uint32_t n_columns;
};

/* Adds a node's rule, nodes in order; false: it does not fit into a byte, or there are too many columns. */
struct route_planner {
  struct route_plan *plan;
  uint32_t column[ROUTE_BLOCK_LEAVES];
  int8_t threshold[ROUTE_BLOCK_LEAVES];
  int n_nodes;
};
bool route_plan_node(struct route_planner *planner, const struct route_rule *rule);
/* After the last node. False: the tree must be walked. */
bool route_plan_end(struct route_planner *planner, const struct tree *tree);

/* score[i] += factor * leaf value, for rows i in [begin, end). */
void route_plan_add(const struct route_plan *plan, uint64_t begin, uint64_t end, double factor,
                    double *score);

#endif
