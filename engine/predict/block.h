/* block.h - a block of at most REACH_ROWS rows as codes, then as cells or as conditions or both, and its way
 * through coded trees. */
#ifndef COPSE_PREDICT_BLOCK_H
#define COPSE_PREDICT_BLOCK_H

#include "predict/coded.h"

/* What trees are run by; those that have no such program walk. */
enum block_way { BLOCK_WALK, BLOCK_BYTES, BLOCK_BITS };

/* One thread's room. */
struct coded_block {
  enum block_way way;
  size_t n;        /* rows that count */
  uint16_t *lines; /* [n_lines][REACH_ROWS]: codes by value */
  uint16_t *codes; /* [n_categorical][REACH_ROWS]: of the categories; bytes where 255 of them are enough */
  int8_t *cells;   /* [n_columns + most_sets][REACH_ROWS] */
  uint8_t *masks;  /* [most_masks][REACH_ROWS] */
  uint64_t *conditions; /* [n_conditions + most_sets][BIT_WORDS]; all below: BLOCK_BITS only */
  uint64_t *bit_masks;  /* [most_bit_words] */
  uint16_t *places;     /* [REACH_ROWS] */
  double *scores;       /* [n_outputs][REACH_ROWS] */
};

/* A source's codes by the cells of a binned column, [CODE_VERSIONS] of which those that nodes ask for are
 * there; of categories the first. */
struct cell_codes {
  const void *cells; /* uint8_t or uint16_t by row */
  bool wide;         /* uint16_t */
  uint16_t *of_cell[CODE_VERSIONS];
};

size_t coded_block_bytes(const struct coded_trees *coded, int n_outputs);
/* room: coded_block_bytes, 64-byte aligned; n: rows that count. BLOCK_BITS only if coded->by_bits. */
struct coded_block coded_block_in(const struct coded_trees *coded, int n_outputs, enum block_way way,
                                  size_t n, void *room);

/* Rows [begin, begin + n) of a table, any layout, to codes; then to what the way needs. codes [n_sources] */
void coded_block_read(const struct coded_trees *coded, const struct kernels *kernels,
                      const copse_table *table, uint64_t begin, struct coded_block *block);
/* The same of rows whose cells say their codes. */
void coded_block_read_cells(const struct coded_trees *coded, const struct cell_codes *codes, uint64_t begin,
                            struct coded_block *block);
void coded_block_prepare(const struct coded_trees *coded, const struct kernels *kernels,
                         struct coded_block *block);
/* The same of a tree's categorical nodes, before it is run. */
void coded_block_prepare_sets(const struct coded_trees *coded, const struct kernels *kernels,
                              const struct coded_tree *tree, struct coded_block *block);
/* scores = sums of leaf values in tree order, tree t to output t % n_outputs. */
void coded_block_score(const struct coded_trees *coded, const struct kernels *kernels, int n_outputs,
                       struct coded_block *block);
/* out[i * n_trees + t] = leaf of tree t for i in [0, n) */
void coded_block_leaves(const struct coded_trees *coded, const struct kernels *kernels,
                        struct coded_block *block, double *out);

#endif
