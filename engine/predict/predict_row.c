/* predict_row.c - one row, from any thread at once: reads the predictor and the row, writes the caller's
 * values, and touches nothing else. */
#include "predict/predictor.h"

static int find_leaf(const struct flat_tree *tree, const uint32_t *words, const double *features) {
  if (tree->n_leaves == 1) return 0;
  int node = 0;
  while (node >= 0) {
    const struct flat_node *at = &tree->nodes[node];
    node = flat_step(at, route_value(features[at->feature]), words);
  }
  return ~node;
}

void copse_predictor_row(const copse_predictor *predictor, const double *features, double *out) {
  if (predictor->kind == COPSE_PREDICT_LEAF) {
    for (int t = 0; t < predictor->n_trees; t++)
      out[t] = find_leaf(&predictor->trees[t], predictor->words, features);
    return;
  }
  for (int k = 0; k < predictor->n_outputs; k++) out[k] = 0.0;
  int output = 0;
  for (int t = 0; t < predictor->n_trees; t++) {
    const struct flat_tree *tree = &predictor->trees[t];
    out[output] += flat_output(tree, find_leaf(tree, predictor->words, features), features, false);
    if (++output == predictor->n_outputs) output = 0;
  }
  predictor_finish(predictor, out);
}
