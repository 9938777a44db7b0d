/* split.c - walks the features of one or two leaves, numeric ones through the scan kernel (algorithms 4.5
 * to 4.7), and reduces to the best. Columns are searched by any thread and compared in column order, so ties
 * never depend on threads. */
#include "train/split.h"

#include <math.h>
#include <string.h>

#include "train/hist_form.h"
#include "train/monotone.h"
#include "train/sample.h"
#include "train/split_lightgbm.h"

struct scan_rules split_rules(const struct grow_params *grow) {
  return (struct scan_rules){.lambda_l1 = grow->lambda_l1,
                             .lambda_l2 = grow->lambda_l2,
                             .max_delta_step = grow->max_delta_step,
                             .path_smooth = grow->path_smooth,
                             .min_sum_hessian = grow->min_sum_hessian_in_leaf,
                             .min_data = grow->min_data_in_leaf};
}

bool split_better(const struct split *a, const struct split *b) {
  if (a->gain != b->gain) return a->gain > b->gain;
  return a->feature < b->feature;
}

void split_copy(struct split *to, const struct split *from, uint32_t bin_words) {
  uint32_t *bits = to->bin_bits;
  *to = *from;
  to->bin_bits = bits;
  if (from->categorical) memcpy(bits, from->bin_bits, bin_words * sizeof *bits);
}

static void split_clear(struct split *split) {
  split->gain = -INFINITY;
  split->column = split->feature = UINT32_MAX;
  split->categorical = false;
}

/* What the thread's columns so far have: less than that is of no interest, unless it is to be known whether
 * the column has any candidate. Gains that are less by some last places are so after the shift too. */
static double floor_of(const struct split_search *search, int side, int thread) {
  const struct workspace *ws = search->ws;
  const double best = ws->lanes[thread].best_gain[side], floor = search->sides[side].floor;
  if (ws->splittable != NULL || !leaf_rules_plain(&search->rules) || ws->constraint.bends_gain) return floor;
  /* With limits the same gain comes by another formula. */
  const double near = best - (ws->constraint.sign != NULL ? 0x1p-40 : 0x1p-50) * best;
  return near > floor ? near : floor;
}

void split_keep_sums(const struct workspace *ws, const struct leaf *leaf, struct split *split) {
  if (ws->rests == NULL) return;
  split->left_sum_gradient = (double)split->left_gradient * ws->gradient_unit;
  split->left_sum_hessian = (double)split->left_hessian * ws->hessian_unit;
  split->right_sum_gradient = (double)(leaf->total_gradient - split->left_gradient) * ws->gradient_unit;
  split->right_sum_hessian = (double)(leaf->total_hessian - split->left_hessian) * ws->hessian_unit;
}

static void keep_to_bounds(struct split *split, const struct scan_bounds *bounds) {
  uint32_t threshold = split->categorical ? 0 : split->threshold_bin;
  split->left_output =
      scan_clamp(split->left_output, scan_limits_of(bounds, threshold, false, split->default_left));
  split->right_output =
      scan_clamp(split->right_output, scan_limits_of(bounds, threshold, true, !split->default_left));
}

/* A candidate that keeps to the bounds by itself. */
static bool within_bounds(const struct split *split, const struct scan_bounds *bounds) {
  struct split kept = *split;
  keep_to_bounds(&kept, bounds);
  double rise = split->right_output - split->left_output;
  struct scan_limits left = scan_limits_of(bounds, split->threshold_bin, false, split->default_left);
  struct scan_limits right = scan_limits_of(bounds, split->threshold_bin, true, !split->default_left);
  return kept.left_output == split->left_output && kept.right_output == split->right_output &&
         left.lower <= left.upper && right.lower <= right.upper && !(bounds->sign > 0 && rise < 0) &&
         !(bounds->sign < 0 && rise > 0);
}

static void take_candidate(const struct split_search *search, int side, const struct split_task *task,
                           const struct scan_result *found) {
  const struct workspace *ws = task->ws;
  const struct leaf *leaf = task->leaf;
  const struct scan_rules *rules = &search->rules;
  int64_t right_count = (int64_t)leaf->n_rows - found->left_count;
  double left_gradient = (double)found->left_gradient * ws->gradient_unit;
  double right_gradient = (double)(leaf->total_gradient - found->left_gradient) * ws->gradient_unit;
  double left_hessian = (double)found->left_hessian * ws->hessian_unit + SPLIT_EPSILON;
  double right_hessian =
      (double)(leaf->total_hessian - found->left_hessian) * ws->hessian_unit + SPLIT_EPSILON;
  struct split *out = task->out;
  out->gain = found->gain - search->sides[side].shift;
  out->column = task->column;
  out->feature = ws->data->binned.columns[task->column].feature;
  out->default_left = found->default_left;
  out->threshold_bin = found->threshold;
  out->left_gradient = found->left_gradient;
  out->left_hessian = found->left_hessian;
  out->left_output = leaf_output(left_gradient, left_hessian, (double)found->left_count, leaf->output, rules);
  out->right_output = leaf_output(right_gradient, right_hessian, (double)right_count, leaf->output, rules);
  split_keep_sums(ws, leaf, out);
}

/* With plain rules a candidate's gain is largest at the outputs that nothing limits: where the best candidate
 * of all keeps to the limits anyhow, it is the best one within them too, and the vector scan has found it. */
static void scan(const struct split_search *search, int side, const struct split_task *task,
                 struct scan_input *input, struct scan_result *found) {
  const struct workspace *ws = task->ws;
  bool free_first = task->bounds != NULL && ws->splittable == NULL && leaf_rules_plain(&search->rules);
  if (task->bounds == NULL || free_first) {
    ws->kernels->scan_numeric(input, &search->rules, found);
    if (!found->splittable) return;
    take_candidate(search, side, task, found);
    if (task->bounds == NULL || within_bounds(task->out, task->bounds)) return;
    split_clear(task->out);
  }
  input->bounds = task->bounds;
  ws->kernels->scan_numeric(input, &search->rules, found);
  if (!found->splittable) return;
  take_candidate(search, side, task, found);
  keep_to_bounds(task->out, task->bounds);
}

static void search_numeric(const struct split_search *search, int side, int thread, struct split_task *task) {
  struct workspace *ws = task->ws;
  const struct leaf *leaf = task->leaf;
  const struct binned_column *column = &ws->data->binned.columns[task->column];
  const struct feature_bins *bins = &ws->data->schema->features[column->feature];
  struct scan_input input = search->sides[side].input;
  input.gradient = task->planes.gradient;
  input.hessian = task->planes.hessian;
  input.count = task->planes.count;
  input.n_bins = bins->n_bins;
  input.min_gain_shift = floor_of(search, side, thread);
  input.only_threshold =
      ws->sample.extra_trees ? sample_threshold(ws, leaf, side, task->column, bins->n_bins - 1) : UINT32_MAX;
  input.missing = (int)bins->missing;
  input.default_bin = bins->default_bin;
  input.bin0_is_rest = bins->missing == MISSING_NAN && bins->most_freq_bin == 0;
  input.skip_bin0 = ws->grow.compat.forward_skips_bin0 && bins->missing == MISSING_ZERO &&
                    bins->most_freq_bin == 0 && bins->default_bin != 0;
  input.steps = &search->sides[side].steps;
  if (ws->rests != NULL && task->bounds == NULL) {
    lightgbm_scan(search, side, task, &input);
    return;
  }
  struct scan_result found;
  scan(search, side, task, &input, &found);
  task->splittable = found.splittable;
  if (!found.splittable) return;
  double *best = &ws->lanes[thread].best_gain[side];
  if (found.gain > *best) *best = found.gain;
}

/* Whether the leaf has to look at the column at all. */
static bool column_open(const struct workspace *ws, const struct lane *lane, int side, int leaf,
                        uint32_t column) {
  if (!lane->column_in_leaf[(size_t)side * ws->data->binned.n_columns + column]) return false;
  if (ws->splittable == NULL) return true;
  return ws->splittable[(size_t)leaf * ws->data->binned.n_columns + column] != 0;
}

/* A feature of two bins has one threshold: most one-hot features of a small leaf leave too few rows on a
 * side, which the counts tell before anything else is looked at. */
static bool two_bins_too_few(const struct workspace *ws, const struct leaf *leaf, uint32_t column) {
  bool counted = ws->count_kind == COUNT_FIELD || ws->count_kind == COUNT_SHIFT;
  if (ws->data->binned.columns[column].n_bins != 2 || !counted) return false;
  const uint64_t right = hist_first_cell(ws, column) + 1;
  const struct hist_slot *slot = &ws->slots[leaf->slot];
  int64_t n;
  if (ws->count_kind == COUNT_FIELD)
    n = (int64_t)slot->planes.count[right];
  else
    n = (slot->as_cells ? slot->planes.gradient[right] & UINT32_MAX : slot->planes.hessian[right]) >>
        ws->count_shift;
  return n < ws->grow.min_data_in_leaf || (int64_t)leaf->n_rows - n < ws->grow.min_data_in_leaf;
}

static void search_side(const struct split_search *search, int side, uint32_t column, int thread) {
  struct workspace *ws = search->ws;
  uint32_t n_columns = ws->data->binned.n_columns;
  int leaf = search->leaves[side];
  struct split *out = &search->found->column_best[(size_t)side * n_columns + column];
  split_clear(out);
  if (leaf < 0 || !column_open(ws, search->found, side, leaf, column)) return;
  if (two_bins_too_few(ws, &ws->leaves[leaf], column)) {
    if (ws->splittable != NULL) ws->splittable[(size_t)leaf * n_columns + column] = false;
    return;
  }
  struct scan_bounds bounds;
  struct split_task task = {.ws = ws,
                            .side = side,
                            .leaf = &ws->leaves[leaf],
                            .column = column,
                            .planes = hist_column(ws, &ws->leaves[leaf], column, thread),
                            .out = out,
                            .lane = &ws->lanes[thread]};
  if (ws->constraint.sign != NULL) {
    monotone_bounds(ws, task.leaf, side, column, thread, &bounds);
    task.bounds = &bounds;
  }
  if (ws->data->schema->features[ws->data->binned.columns[column].feature].categorical)
    split_search_categorical(&task);
  else
    search_numeric(search, side, thread, &task);
  if (ws->splittable != NULL) ws->splittable[(size_t)leaf * n_columns + column] = task.splittable;
  if (out->column == UINT32_MAX) return;
  out->gain = constrain_gain(ws, task.leaf, side, column, out->gain);
  const struct split **best = &ws->lanes[thread].best[side];
  if (*best == NULL || split_better(out, *best)) *best = out;
}

static struct split_side begin_side(const struct workspace *ws, const struct leaf *leaf,
                                    const struct scan_rules *rules) {
  struct split_side side;
  double sum_gradient = leaf_sum_gradient(ws, leaf),
         sum_hessian = leaf_sum_hessian(ws, leaf) + 2 * SPLIT_EPSILON;
  side.shift = leaf_gain(sum_gradient, sum_hessian, (double)leaf->n_rows, leaf->output, rules) +
               ws->grow.min_gain_to_split;
  side.floor = split_gain_floor(ws, side.shift);
  side.input = (struct scan_input){.count_kind = ws->count_kind,
                                   .count_shift = ws->count_shift,
                                   .gradient_unit = ws->gradient_unit,
                                   .hessian_unit = ws->hessian_unit,
                                   .total_gradient = leaf->total_gradient,
                                   .total_hessian = leaf->total_hessian,
                                   .most_gradient = (int64_t)leaf->n_rows * ws->most_gradient,
                                   .n_rows = (int64_t)leaf->n_rows,
                                   .parent_output = leaf->output};
  side.steps = scan_steps_of(&side.input, rules);
  return side;
}

struct split_search split_search_begin(struct workspace *ws, const int leaves[2], int lane) {
  const int first = lane == ALL_LANES ? 0 : lane, end = lane == ALL_LANES ? ws->n_threads : lane + 1;
  struct split_search search = {.ws = ws,
                                .leaves = {leaves[0], leaves[1]},
                                .found = &ws->lanes[first],
                                .end = &ws->lanes[end],
                                .rules = split_rules(&ws->grow)};
  uint32_t n_columns = ws->data->binned.n_columns;
  for (int side = 0; side < 2; side++) {
    if (leaves[side] < 0) continue;
    const struct leaf *leaf = &ws->leaves[leaves[side]];
    sample_leaf_columns(ws, leaf, search.found->column_in_leaf + (size_t)side * n_columns);
    constrain_begin_search(ws, leaves[side], side);
    search.sides[side] = begin_side(ws, leaf, &search.rules);
  }
  for (int t = first; t < end; t++) {
    ws->lanes[t].best_gain[0] = ws->lanes[t].best_gain[1] = 0;
    ws->lanes[t].best[0] = ws->lanes[t].best[1] = NULL;
  }
  return search;
}

void split_search_column(const struct split_search *search, uint32_t column, int thread) {
  if (search->ws->rests != NULL) lightgbm_sums_column(search, column);
  for (int side = 0; side < 2; side++) search_side(search, side, column, thread);
}

void split_search_end(const struct split_search *search) {
  struct workspace *ws = search->ws;
  for (int side = 0; side < 2; side++) {
    if (search->leaves[side] < 0) continue;
    ws->leaves[search->leaves[side]].has_rests = ws->rests != NULL;
    const struct split *best = NULL;
    for (const struct lane *lane = search->found; lane < search->end; lane++)
      if (lane->best[side] != NULL && (best == NULL || split_better(lane->best[side], best)))
        best = lane->best[side];
    if (best != NULL)
      split_copy(&ws->leaves[search->leaves[side]].best, best, ws->bin_words);
    else
      split_clear(&ws->leaves[search->leaves[side]].best);
  }
}
