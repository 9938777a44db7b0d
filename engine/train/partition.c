/* partition.c - a split as the rule that divides its leaf's rows. */
#include "train/partition.h"

#include "train/divide.h"

static struct split_rule rule_of(const struct workspace *ws, const struct split *split) {
  const struct binned_column *column = &ws->data->binned.columns[split->column];
  const struct feature_bins *bins = &ws->data->schema->features[column->feature];
  struct split_rule rule = {
      .cells = column->cells, .cell_bytes = column->cell_bytes, .missing_bin = UINT32_MAX};
  if (split->categorical) {
    rule.categorical = true;
    rule.bits = split->bin_bits;
    rule.n_words = ws->bin_words;
    return rule;
  }
  rule.threshold = split->threshold_bin;
  rule.default_left = split->default_left;
  if (bins->missing == MISSING_NAN) rule.missing_bin = bins->n_bins - 1;
  if (bins->missing == MISSING_ZERO) rule.missing_bin = bins->default_bin;
  return rule;
}

struct partition_job {
  const struct kernels *kernels;
  struct split_rule rule;
};

static uint64_t divide_by_split(const void *user, const uint32_t *rows, uint64_t n, uint32_t *left,
                                uint32_t *right) {
  const struct partition_job *job = user;
  return job->kernels->partition(&job->rule, rows, n, left, right);
}

uint64_t partition_leaf(struct workspace *ws, const struct leaf *leaf, const struct split *split) {
  double start = workspace_clock();
  struct partition_job job = {ws->kernels, rule_of(ws, split)};
  uint64_t n_left = divide_rows(ws, leaf->begin, leaf->n_rows, divide_by_split, &job);
  ws->phase_s[PHASE_PARTITION] += workspace_clock() - start;
  return n_left;
}
