/* force.c - statistics of one split that is given, from the histogram of its leaf. */
#include "train/force.h"

#include <string.h>

#include "base/status.h"
#include "train/hist.h"
#include "train/hist_form.h"
#include "train/hist_slots.h"
#include "train/leaves_met.h"
#include "train/monotone.h"
#include "train/split.h"
#include "train/split_lightgbm.h"

/* Whether some group holds every feature from the root down to split `at`. */
static bool path_allowed(const struct workspace *ws, const int *above, size_t at) {
  const struct constraints *c = &ws->constraint;
  const copse_forced_split *splits = ws->grow.constraint.forced;
  for (size_t w = 0; w < c->group_words; w++) {
    uint64_t groups = ~(uint64_t)0;
    for (int s = (int)at; s >= 0; s = above[s]) {
      uint32_t column = ws->data->binned.column_of[splits[s].feature];
      if (column != BINNED_NO_COLUMN) groups &= c->column_groups[(size_t)column * c->group_words + w];
    }
    if (groups != 0) return true;
  }
  return c->group_words == 0;
}

copse_status force_check(struct workspace *ws, copse_error *err) {
  const struct constraint_params *p = &ws->grow.constraint;
  const copse_schema *schema = ws->data->schema;
  copse_status status = COPSE_OK;
  if (p->n_forced == 0) return COPSE_OK;
  int *above = copse_alloc(ws->ctx, p->n_forced, sizeof *above);
  if (above == NULL) return status_memory(err, "forced splits");
  above[0] = -1;
  for (size_t i = 0; i < p->n_forced; i++) {
    if (p->forced[i].left >= 0) above[p->forced[i].left] = (int)i;
    if (p->forced[i].right >= 0) above[p->forced[i].right] = (int)i;
  }
  for (size_t i = 0; i < p->n_forced && status == COPSE_OK; i++) {
    uint32_t feature = p->forced[i].feature;
    if (feature >= schema->n_features)
      status = status_set(err, COPSE_ERR_ARGUMENT,
                          "forced split %zu: feature %u: the training data have %u features, numbered from 0",
                          i, feature, schema->n_features);
    else if (!path_allowed(ws, above, i))
      status =
          status_set(err, COPSE_ERR_ARGUMENT,
                     "forced split %zu: interaction_constraints have no group with feature %u (\"%.100s\") "
                     "and those above it: add one, or leave the split out",
                     i, feature, schema->names[feature]);
  }
  copse_free(above);
  if (status != COPSE_OK) return status;
  ws->constraint.forced_leaf = copse_alloc(ws->ctx, p->n_forced, sizeof *ws->constraint.forced_leaf);
  return ws->constraint.forced_leaf != NULL ? COPSE_OK : status_memory(err, "forced splits");
}

/* Bins of the split's left side. */
static bool bin_left(const struct feature_bins *bins, const struct split *split, uint32_t bin) {
  if (split->categorical) return (split->bin_bits[bin / 32] >> (bin % 32) & 1) != 0;
  bool missing = (bins->missing == MISSING_NAN && bin == bins->n_bins - 1) ||
                 (bins->missing == MISSING_ZERO && bin == bins->default_bin);
  return missing ? split->default_left : bin <= split->threshold_bin;
}

static double bin_rows(const struct workspace *ws, const struct leaf *leaf, const struct hist_planes *planes,
                       uint32_t bin) {
  switch (ws->count_kind) {
    case COUNT_FIELD: return planes->count[bin];
    case COUNT_SHIFT: return (double)(planes->hessian[bin] >> ws->count_shift);
    default:
      return leaf->total_hessian > 0
                 ? (double)planes->hessian[bin] * (double)leaf->n_rows / (double)leaf->total_hessian
                 : 0;
  }
}

/* Outputs within the leaf's limits and in order; the gain. False: the split is not made. */
static bool settle_outputs(struct workspace *ws, const struct leaf *leaf, double left_rows,
                           struct split *split) {
  const struct scan_rules rules = split_rules(&ws->grow);
  double gl = (double)split->left_gradient * ws->gradient_unit;
  double gr = (double)(leaf->total_gradient - split->left_gradient) * ws->gradient_unit;
  double hl = (double)split->left_hessian * ws->hessian_unit + SPLIT_EPSILON;
  double hr = (double)(leaf->total_hessian - split->left_hessian) * ws->hessian_unit + SPLIT_EPSILON;
  double right_rows = (double)leaf->n_rows - left_rows;
  double wl = leaf_output(gl, hl, left_rows, leaf->output, &rules);
  double wr = leaf_output(gr, hr, right_rows, leaf->output, &rules);
  if (ws->constraint.sign != NULL) {
    struct scan_bounds bounds;
    int number = (int)(leaf - ws->leaves);
    if (ws->grow.constraint.method == MONOTONE_ADVANCED) leaves_met_ranges(ws, number, 0);
    monotone_bounds(ws, leaf, 0, split->column, 0, &bounds);
    uint32_t at = split->categorical ? 0 : split->threshold_bin;
    struct scan_limits left = scan_limits_of(&bounds, at, false, split->default_left);
    struct scan_limits right = scan_limits_of(&bounds, at, true, !split->default_left);
    if (left.lower > left.upper || right.lower > right.upper) return false;
    wl = scan_clamp(wl, left);
    wr = scan_clamp(wr, right);
    if ((bounds.sign > 0 && wr < wl) || (bounds.sign < 0 && wr > wl)) return false;
  }
  bool root = leaf == &ws->leaves[0] && leaf->depth == 0;
  double shift = leaf_gain_at(leaf_sum_gradient(ws, leaf), leaf_sum_hessian(ws, leaf) + 2 * SPLIT_EPSILON,
                              root ? 0 : leaf->output, &rules) +
                 ws->grow.min_gain_to_split;
  double gain = leaf_gain_at(gl, hl, wl, &rules) + leaf_gain_at(gr, hr, wr, &rules);
  if (!(gain > split_gain_floor(ws, shift))) return false;
  split->gain = gain - shift;
  split->left_output = wl;
  split->right_output = wr;
  split_keep_sums(ws, leaf, split);
  return true;
}

bool force_split(struct workspace *ws, int number, const copse_forced_split *forced) {
  struct leaf *leaf = &ws->leaves[number];
  uint32_t column = ws->data->binned.column_of[forced->feature];
  if (column == BINNED_NO_COLUMN || (ws->grow.max_depth > 0 && leaf->depth >= ws->grow.max_depth))
    return false;
  const struct feature_bins *bins = &ws->data->schema->features[forced->feature];
  uint32_t bin = bins_of_value(bins, forced->threshold);
  bool last = !bins->categorical && bin + 1 >= bins->n_bins - (bins->missing == MISSING_NAN ? 1 : 0);
  if (last || (bins->categorical && bin == 0)) return false; /* all on the left; a category that is none */
  struct split split = {.column = column,
                        .feature = forced->feature,
                        .categorical = bins->categorical,
                        .default_left = !bins->categorical,
                        .threshold_bin = bin,
                        .bin_bits = leaf->best.bin_bits};
  if (leaf->slot < 0) {
    hist_acquire(ws, number);
    hist_build(ws, &(struct hist_task){.leaf = number, .sibling = -1}, ALL_LANES);
    lightgbm_sums_leaf(ws, number);
  }
  const struct hist_planes planes = hist_column(ws, leaf, column, 0);
  double left_rows = 0, right_rows = 0;
  uint32_t *bits = ws->lanes[0].bits;
  if (bins->categorical) {
    memset(bits, 0, ws->bin_words * sizeof *bits);
    bits[bin / 32] = (uint32_t)1 << (bin % 32);
    split.bin_bits = bits;
  }
  for (uint32_t b = 0; b < bins->n_bins; b++) {
    bool left = bin_left(bins, &split, b);
    double rows = bin_rows(ws, leaf, &planes, b);
    if (left) {
      split.left_gradient += planes.gradient[b];
      split.left_hessian += planes.hessian[b];
    }
    *(left ? &left_rows : &right_rows) += rows;
  }
  if (!(left_rows > 0) || !(right_rows > 0) || !settle_outputs(ws, leaf, left_rows, &split)) return false;
  split_copy(&leaf->best, &split, ws->bin_words);
  return true;
}
