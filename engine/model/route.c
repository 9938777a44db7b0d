/* route.c - walking one tree with binned rows.
 *
 * The binned walk takes the same turns as the raw rules of route.h: the NaN bin is the last bin of a feature
 * with missing type NaN, zero's bin is the default bin of a feature with missing type zero, and a threshold
 * is the upper bound of its bin. Runs of binned rows compile the nodes once into 64-byte records on the
 * stack, so that a step touches one record and one cell instead of six arrays; long runs go through small
 * trees over byte cells by program (route_block.h). */
#include "model/route.h"

#include <assert.h>
#include <string.h>

#include "model/route_block.h"

enum { NO_BIN = 0x7FFFFFFF, MAX_COMPILED = 1024 };

struct bin_node {
  const void *cells;    /* of the node's column */
  const uint32_t *bits; /* categorical: bins that go left. NULL: cells, in the node itself */
  uint32_t threshold;   /* numeric: left iff bin <= threshold. Set: number of words */
  uint32_t missing_bin; /* numeric: this bin goes the default way */
  bool categorical;
  bool wide; /* two-byte cells */
  bool default_left;
  uint32_t cell_bits[BUNDLE_MOST_VALUES / 32]; /* of a bundled carrier */
};

static inline bool rule_left(const struct bin_node *node, const uint32_t *bits, uint32_t bin) {
  if (node->categorical) return route_in_set(bits, node->threshold, bin);
  return bin == node->missing_bin ? node->default_left : bin <= node->threshold;
}

/* A bundled carrier's cells that stand for a bin that goes left. */
static void put_on_carrier(const struct binned_column *column, struct bin_node *node) {
  memset(node->cell_bits, 0, sizeof node->cell_bits);
  for (uint32_t cell = 0; cell < BUNDLE_MOST_VALUES; cell++)
    node->cell_bits[cell / 32] |= (uint32_t)rule_left(node, node->bits, binned_bin(column, cell))
                                  << (cell % 32);
  node->categorical = true;
  node->bits = NULL;
  node->threshold = BUNDLE_MOST_VALUES / 32;
}

static struct bin_node compile_rule(const struct tree *tree, const struct binned *binned,
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
  return rule_left(node, node->bits != NULL ? node->bits : node->cell_bits, bin);
}

int route_binned(const struct tree *tree, const struct binned *binned, const struct feature_bins *features,
                 uint64_t row) {
  assert(tree->split_column != NULL);
  if (tree->n_leaves == 1) return 0;
  int node = 0;
  while (node >= 0) {
    struct bin_node rule = compile_rule(tree, binned, features, node);
    const struct binned_column *column = &binned->columns[tree->split_column[node]];
    node = rule_left(&rule, rule.bits, binned_cell(column, row)) ? tree->left_child[node]
                                                                 : tree->right_child[node];
  }
  return ~node;
}

/* A node for the program; nodes that look at two-byte cells have none. */
static bool plan_node(struct route_planner *planner, const struct bin_node *node) {
  if (node->wide) return false;
  struct route_rule rule = {.column = {.cells = node->cells, .is_set = node->categorical},
                            .threshold = node->threshold};
  if (node->categorical) {
    const uint32_t *bits = node->bits != NULL ? node->bits : node->cell_bits;
    uint32_t n_words = node->threshold < 8 ? node->threshold : 8;
    memcpy(rule.column.bits, bits, n_words * sizeof *bits);
  } else {
    rule.column.missing_bin = node->missing_bin;
    rule.column.default_left = node->missing_bin != NO_BIN && node->default_left;
  }
  return route_plan_node(planner, &rule);
}

/* Whether the rows were taken by program. */
static bool add_by_program(const struct tree *tree, const struct bin_node *nodes, uint64_t begin,
                           uint64_t end, double factor, double *score) {
  enum { WORTH_ROWS = 1024 }; /* below, making the program takes longer than it saves */
  if (end - begin < WORTH_ROWS || tree->n_leaves > ROUTE_BLOCK_LEAVES) return false;
  struct route_plan plan;
  plan.n_columns = 0;
  struct route_planner planner = {.plan = &plan, .n_nodes = 0};
  for (int i = 0; i < tree->n_leaves - 1; i++)
    if (!plan_node(&planner, &nodes[i])) return false;
  if (!route_plan_end(&planner, tree)) return false;
  route_plan_add(&plan, begin, end, factor, score);
  return true;
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
  for (int i = 0; i < n_nodes; i++) {
    const struct binned_column *column = &binned->columns[tree->split_column[i]];
    nodes[i] = compile_rule(tree, binned, features, i);
    if (column->bundled) put_on_carrier(column, &nodes[i]);
  }
  if (add_by_program(tree, nodes, begin, end, factor, score)) return;
  for (uint64_t row = begin; row < end; row++) {
    int node = 0;
    while (node >= 0) node = bin_left(&nodes[node], row) ? tree->left_child[node] : tree->right_child[node];
    score[row] += factor * tree->leaf_value[~node];
  }
}
