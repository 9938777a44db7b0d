/* naive.h - a deliberately naive trainer: for every candidate it walks all rows of the leaf, sums in long
 * double, and keeps no histogram. Slow and short; the judge of the fast one. */
#ifndef COPSE_TESTS_NAIVE_H
#define COPSE_TESTS_NAIVE_H

#include "data/dataset.h"
#include "params/params.h"

enum { NAIVE_MAX_LEAVES = 32, NAIVE_MAX_BINS = 256 };

struct naive_split {
  long double gain; /* reported: both gains - shift; <= 0: none */
  uint32_t feature;
  bool categorical, default_left;
  uint32_t threshold;
  bool in_set[NAIVE_MAX_BINS];
  long double left_output, right_output;
};

struct naive_tree {
  int n_leaves;
  struct naive_split nodes[NAIVE_MAX_LEAVES];
  int split_leaf[NAIVE_MAX_LEAVES]; /* leaf that node i divided */
  long double leaf_value[NAIVE_MAX_LEAVES];
  int *leaf_of_row; /* [n_rows], caller owns */
};

/* Grows one tree on float gradients and hessians. Bins come from the data set. Exact counts. */
void naive_grow(const copse_dataset *data, const struct grow_params *grow, const float *gradient,
                const float *hessian, struct naive_tree *tree);

/* The best split of the rows of one leaf, or the gain of a given one (to judge ties). */
long double naive_gain_of(const copse_dataset *data, const struct grow_params *grow, const float *gradient,
                          const float *hessian, const struct naive_tree *tree, int leaf,
                          long double leaf_output, struct naive_split *candidate);

#endif
