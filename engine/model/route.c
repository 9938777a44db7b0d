/* route.c - walking one tree with binned rows.
 *
 * The binned walk takes the same turns as the raw rules of route.h: the NaN bin is the last bin of a feature
 * with missing type NaN, zero's bin is the default bin of a feature with missing type zero, and a threshold
 * is the upper bound of its bin. Runs of binned rows compile the nodes once into 32-byte records on the
 * stack, so that a step touches one record and one cell instead of six arrays. */
#include "model/route.h"

#include <assert.h>

enum { NO_BIN = 0x7FFFFFFF, MAX_COMPILED = 1024 };

struct bin_node {
  const void *cells;    /* of the node's column */
  const uint32_t *bits; /* categorical: bins that go left */
  uint32_t threshold;   /* numeric: left iff bin <= threshold. Set: number of words */
  uint32_t missing_bin; /* numeric: this bin goes the default way */
  bool categorical;
  bool wide; /* two-byte cells */
  bool default_left;
};

static struct bin_node compile_node(const struct tree *tree, const struct binned *binned,
                                    const struct feature_bins *features, int node) {
  const struct binned_column *column = &binned->columns[tree->split_column[node]];
  unsigned decision = tree->decision_type[node];
  struct bin_node out = {.cells = column->cells, .wide = column->cell_bytes == 2, .missing_bin = NO_BIN};
  if (decision & DECISION_CATEGORICAL) {
    int set = (int)tree->threshold[node];
    out.categorical = true;
    out.bits = tree->bin_words + tree->bin_boundaries[set];
    out.threshold = tree->bin_boundaries[set + 1] - tree->bin_boundaries[set];
    return out;
  }
  const struct feature_bins *bins = &features[tree->split_feature[node]];
  unsigned missing = decision >> DECISION_MISSING_SHIFT;
  out.threshold = tree->threshold_bin[node];
  if (missing == MISSING_NAN) out.missing_bin = bins->n_bins - 1;
  if (missing == MISSING_ZERO) out.missing_bin = bins->default_bin;
  out.default_left = (decision & DECISION_DEFAULT_LEFT) != 0;
  return out;
}

static inline bool bin_left(const struct bin_node *node, uint64_t row) {
  uint32_t bin = node->wide ? ((const uint16_t *)node->cells)[row] : ((const uint8_t *)node->cells)[row];
  if (node->categorical) return route_in_set(node->bits, node->threshold, bin);
  return bin == node->missing_bin ? node->default_left : bin <= node->threshold;
}

int route_binned(const struct tree *tree, const struct binned *binned, const struct feature_bins *features,
                 uint64_t row) {
  assert(tree->split_column != NULL && tree->linear == NULL);
  if (tree->n_leaves == 1) return 0;
  int node = 0;
  while (node >= 0) {
    struct bin_node compiled = compile_node(tree, binned, features, node);
    node = bin_left(&compiled, row) ? tree->left_child[node] : tree->right_child[node];
  }
  return ~node;
}

void route_add_binned(const struct tree *tree, const struct binned *binned,
                      const struct feature_bins *features, uint64_t begin, uint64_t end, double factor,
                      double *score) {
  assert(tree->linear == NULL); /* bins do not say what the terms multiply */
  int n_nodes = tree->n_leaves - 1;
  if (n_nodes == 0 || n_nodes > MAX_COMPILED) {
    for (uint64_t row = begin; row < end; row++)
      score[row] += factor * tree->leaf_value[route_binned(tree, binned, features, row)];
    return;
  }
  struct bin_node nodes[MAX_COMPILED];
  for (int i = 0; i < n_nodes; i++) nodes[i] = compile_node(tree, binned, features, i);
  for (uint64_t row = begin; row < end; row++) {
    int node = 0;
    while (node >= 0) node = bin_left(&nodes[node], row) ? tree->left_child[node] : tree->right_child[node];
    score[row] += factor * tree->leaf_value[~node];
  }
}
