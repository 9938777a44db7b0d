/* block.h - a block of at most REACH_ROWS rows as cells, and its way through coded trees. */
#ifndef COPSE_PREDICT_BLOCK_H
#define COPSE_PREDICT_BLOCK_H

#include "predict/coded.h"

/* One thread's room. */
struct coded_block {
  int8_t *cells;    /* [n_columns + most_sets][REACH_ROWS] */
  uint16_t *codes;  /* [n_categorical][REACH_ROWS]: of the categories; bytes where 255 of them are enough */
  uint8_t *masks;   /* [most_masks][REACH_ROWS] */
  uint16_t *places; /* [REACH_ROWS] */
  double *scores;   /* [n_outputs][REACH_ROWS] */
};

size_t coded_block_bytes(const struct coded_trees *coded, int n_outputs);
/* room: coded_block_bytes, 64-byte aligned */
struct coded_block coded_block_in(const struct coded_trees *coded, int n_outputs, void *room);

/* Rows [begin, begin + n) of a table, any layout, to cells. */
void coded_block_read(const struct coded_trees *coded, const struct kernels *kernels,
                      const copse_table *table, uint64_t begin, size_t n, struct coded_block *block);
/* scores = sums of leaf values in tree order, tree t to output t % n_outputs. walk: no program is run. n:
 * rows that count. */
void coded_block_score(const struct coded_trees *coded, const struct kernels *kernels, int n_outputs,
                       bool walk, size_t n, struct coded_block *block);
/* out[i * n_trees + t] = leaf of tree t for i in [0, n) */
void coded_block_leaves(const struct coded_trees *coded, const struct kernels *kernels, bool walk, size_t n,
                        struct coded_block *block, double *out);

#endif
