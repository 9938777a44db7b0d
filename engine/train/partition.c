/* partition.c - a split as the rule that divides its leaf's rows. */
#include "train/partition.h"

#include <string.h>

#include "train/divide.h"

/* The rule over a bundled carrier's cells: a set of those whose bin goes left. */
static void put_on_carrier(const struct binned_column *column, struct split_rule *rule,
                           uint32_t words[BUNDLE_MOST_VALUES / 32]) {
  memset(words, 0, BUNDLE_MOST_VALUES / 32 * sizeof *words);
  for (uint32_t cell = 0; cell < BUNDLE_MOST_VALUES; cell++) {
    const bool left = rule_goes_left(rule, binned_bin(column, cell));
    words[cell / 32] |= (uint32_t)left << (cell % 32);
  }
  rule->categorical = true;
  rule->bits = words;
  rule->n_words = BUNDLE_MOST_VALUES / 32;
}

static void make_rule(const struct workspace *ws, const struct split *split, struct node_rule *out) {
  const struct binned_column *column = &workspace_matrix(ws)->columns[split->column];
  const struct feature_bins *bins = &ws->data->schema->features[column->feature];
  struct split_rule *rule = &out->rule;
  *rule = (struct split_rule){
      .cells = column->cells, .cell_bytes = column->cell_bytes, .missing_bin = UINT32_MAX};
  if (split->categorical) {
    rule->categorical = true;
    rule->bits = split->bin_bits;
    rule->n_words = ws->bin_words;
  } else {
    rule->threshold = split->threshold_bin;
    rule->default_left = split->default_left;
    if (bins->missing == MISSING_NAN) rule->missing_bin = bins->n_bins - 1;
    if (bins->missing == MISSING_ZERO) rule->missing_bin = bins->default_bin;
  }
  if (column->bundled) put_on_carrier(column, rule, out->words);
}

void partition_node(const struct workspace *ws, const struct tree *tree, int node, struct node_rule *out) {
  const unsigned decision = tree->decision_type[node];
  struct split split = {.column = (uint32_t)tree->split_column[node],
                        .categorical = (decision & DECISION_CATEGORICAL) != 0,
                        .default_left = (decision & DECISION_DEFAULT_LEFT) != 0};
  if (split.categorical)
    split.bin_bits = tree->bin_words + tree->bin_boundaries[(int)tree->threshold[node]];
  else
    split.threshold_bin = tree->threshold_bin[node];
  make_rule(ws, &split, out);
}

struct partition_job {
  const struct kernels *kernels;
  const struct split_rule *rule;
};

static uint64_t divide_by_split(const void *user, const uint32_t *rows, uint32_t first, uint64_t n,
                                uint32_t *left, uint32_t *right) {
  const struct partition_job *job = user;
  return job->kernels->partition(job->rule, rows, first, n, left, right);
}

void partition_leaf(struct workspace *ws, const struct leaf *leaf, const struct split *split, int lane,
                    struct leaf *left, struct leaf *right) {
  double start = workspace_clock();
  struct node_rule rule;
  make_rule(ws, split, &rule);
  const struct partition_job job = {ws->kernels, &rule.rule};
  const uint64_t begin = leaf->begin, n = leaf->n_rows;
  const struct row_sides sides = divide_rows(ws, leaf->area, n, divide_by_split, &job, lane);
  left->begin = begin;
  left->n_rows = sides.n_left;
  left->area = sides.left;
  right->begin = begin + sides.n_left;
  right->n_rows = n - sides.n_left;
  right->area = sides.right;
  workspace_note(ws, lane, PHASE_PARTITION, start);
}
