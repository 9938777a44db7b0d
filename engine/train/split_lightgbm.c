/* split_lightgbm.c - see the header. */
#include "train/split_lightgbm.h"

#include <math.h>
#include <string.h>

#include "base/context.h"

bool lightgbm_sums_create(struct workspace *ws) {
  if (!ws->grow.compat.double_sums || ws->grow.quant.on) return true;
  size_t n = (size_t)ws->n_leaves_room * ws->data->binned.n_columns;
  ws->rests = copse_alloc_zero(ws->ctx, n, sizeof *ws->rests);
  return ws->rests != NULL;
}

static double *rest_of(const struct workspace *ws, const struct leaf *leaf, uint32_t column) {
  return ws->rests[(size_t)(leaf - ws->leaves) * ws->data->binned.n_columns + column];
}

void lightgbm_sums_copy(struct workspace *ws, int from, int to) {
  if (ws->rests == NULL) return;
  const size_t n = ws->data->binned.n_columns;
  memcpy(ws->rests + (size_t)to * n, ws->rests + (size_t)from * n, n * sizeof *ws->rests);
}

struct lightgbm_bins lightgbm_bins_of(const struct workspace *ws, const struct leaf *leaf, uint32_t column) {
  const struct binned_column *binned = &ws->data->binned.columns[column];
  const uint32_t most = ws->data->schema->features[binned->feature].most_freq_bin;
  const uint64_t cell = ws->data->binned.blocks[binned->block].first_cell + binned->hist_offset;
  return (struct lightgbm_bins){
      .gradient = ws->slots[leaf->slot].planes.gradient + cell,
      .hessian = ws->slots[leaf->slot].planes.hessian + cell,
      .gradient_unit = ws->gradient_unit,
      .hessian_unit = ws->hessian_unit,
      .rest_bin = most > 0 ? most : UINT32_MAX, /* a bin 0 is not looked at, but as what all others leave */
      .rest = rest_of(ws, leaf, column),
      .count_factor = (double)leaf->n_rows / (leaf->sum_hessian + 2 * SPLIT_EPSILON)};
}

static void find_rest(const struct workspace *ws, const struct leaf *leaf, uint32_t column) {
  struct lightgbm_bins bins = lightgbm_bins_of(ws, leaf, column);
  if (bins.rest_bin == UINT32_MAX) return;
  double g = leaf->sum_gradient, h = leaf->sum_hessian, *rest = rest_of(ws, leaf, column);
  for (uint32_t b = 0; b < ws->data->binned.columns[column].n_bins; b++) {
    if (b == bins.rest_bin) continue;
    g -= lightgbm_gradient(&bins, b);
    h -= lightgbm_hessian(&bins, b);
  }
  rest[0] = g;
  rest[1] = h;
}

void lightgbm_sums_leaf(struct workspace *ws, int leaf) {
  if (ws->rests == NULL || ws->leaves[leaf].has_rests) return;
  for (uint32_t c = 0; c < ws->data->binned.n_columns; c++) find_rest(ws, &ws->leaves[leaf], c);
  ws->leaves[leaf].has_rests = true;
}

void lightgbm_sums_column(const struct split_search *search, uint32_t column) {
  const struct workspace *ws = search->ws;
  for (int side = 0; side < 2; side++)
    if (search->rest[side] == REST_BUILT) find_rest(ws, &ws->leaves[search->leaves[side]], column);
  for (int side = 0; side < 2; side++) {
    if (search->rest[side] != REST_OF_PARENT) continue;
    double *own = rest_of(ws, &ws->leaves[search->leaves[side]], column); /* the parent's so far */
    const double *taken = rest_of(ws, &ws->leaves[search->leaves[!side]], column);
    own[0] -= taken[0];
    own[1] -= taken[1];
  }
}

void lightgbm_take_sides(const struct leaf *leaf, const struct scan_rules *rules, double left_gradient,
                         double left_hessian, int64_t left_count, struct split *out) {
  double right_gradient = leaf->sum_gradient - left_gradient;
  double right_hessian = leaf->sum_hessian + 2 * SPLIT_EPSILON - left_hessian;
  double right_count = (double)((int64_t)leaf->n_rows - left_count);
  out->left_output = leaf_output(left_gradient, left_hessian, (double)left_count, leaf->output, rules);
  out->right_output = leaf_output(right_gradient, right_hessian, right_count, leaf->output, rules);
  out->left_sum_gradient = left_gradient;
  out->left_sum_hessian = left_hessian - SPLIT_EPSILON;
  out->right_sum_gradient = right_gradient;
  out->right_sum_hessian = right_hessian - SPLIT_EPSILON;
}

/* The side that grows, and the best candidate so far. */
struct double_scan {
  const struct leaf *leaf;
  const struct scan_input *in;
  const struct scan_rules *rules;
  struct lightgbm_bins bins;
  struct split_task *task;
  double hessian; /* of the leaf, with both EPS */
  double shift, best;
  double g, h; /* of the side that grows */
  int64_t n, fixed_gradient, fixed_hessian;
  double best_left_gradient, best_left_hessian;
  int64_t best_left_count;
};

static void begin_side(struct double_scan *s) {
  s->g = 0;
  s->h = SPLIT_EPSILON;
  s->n = s->fixed_gradient = s->fixed_hessian = 0;
}

static void add_fixed(struct double_scan *s, uint32_t bin) {
  s->fixed_gradient += s->in->gradient[bin];
  s->fixed_hessian += s->in->hessian[bin];
}

static void add_bin(struct double_scan *s, uint32_t bin) {
  add_fixed(s, bin);
  s->g += lightgbm_gradient(&s->bins, bin);
  s->h += lightgbm_hessian(&s->bins, bin);
  s->n += lightgbm_count(&s->bins, bin);
}

static void offer(struct double_scan *s, uint32_t threshold, bool reverse) {
  if (s->in->only_threshold != UINT32_MAX && threshold != s->in->only_threshold) return;
  const double other_g = s->leaf->sum_gradient - s->g, other_h = s->hessian - s->h, po = s->leaf->output;
  const int64_t other_n = s->in->n_rows - s->n;
  double gain = leaf_gain(s->g, s->h, (double)s->n, po, s->rules) +
                leaf_gain(other_g, other_h, (double)other_n, po, s->rules);
  if (!(gain > s->shift)) return;
  s->task->splittable = true;
  if (!(gain > s->best)) return;
  s->best = gain;
  s->best_left_gradient = reverse ? other_g : s->g;
  s->best_left_hessian = reverse ? other_h : s->h;
  s->best_left_count = reverse ? other_n : s->n;
  struct split *out = s->task->out;
  out->left_gradient = reverse ? s->in->total_gradient - s->fixed_gradient : s->fixed_gradient;
  out->left_hessian = reverse ? s->in->total_hessian - s->fixed_hessian : s->fixed_hessian;
  out->threshold_bin = threshold;
  out->default_left = reverse;
}

/* 1: the candidate passes; 0: the side is too small yet; -1: the other one is too small. */
static int fits(const struct double_scan *s) {
  if (s->n < s->rules->min_data || s->h < s->rules->min_sum_hessian) return 0;
  if (s->in->n_rows - s->n < s->rules->min_data) return -1;
  return s->hessian - s->h < s->rules->min_sum_hessian ? -1 : 1;
}

static void scan_reverse(struct double_scan *s, bool skip_default, bool skip_missing) {
  begin_side(s);
  for (uint32_t b = s->in->n_bins - 1 - (skip_missing ? 1 : 0); b >= 1; b--) {
    if (skip_default && b == s->in->default_bin) continue;
    add_bin(s, b);
    int passes = fits(s);
    if (passes < 0) break;
    if (passes > 0) offer(s, b - 1, true);
  }
}

/* A most frequent bin 0 is what all others leave. */
static void take_rest(struct double_scan *s) {
  add_fixed(s, 0);
  s->g = s->leaf->sum_gradient;
  s->h = s->hessian - SPLIT_EPSILON;
  s->n = s->in->n_rows;
  for (uint32_t b = 1; b < s->in->n_bins; b++) {
    s->g -= lightgbm_gradient(&s->bins, b);
    s->h -= lightgbm_hessian(&s->bins, b);
    s->n -= lightgbm_count(&s->bins, b);
  }
}

static void scan_forward(struct double_scan *s, bool skip_default) {
  begin_side(s);
  for (uint32_t b = s->in->skip_bin0 ? 1 : 0; b + 1 < s->in->n_bins; b++) {
    if (skip_default && b == s->in->default_bin) continue;
    if (b == 0 && s->in->bin0_is_rest)
      take_rest(s);
    else
      add_bin(s, b);
    int passes = fits(s);
    if (passes < 0) break;
    if (passes > 0) offer(s, b, false);
  }
}

void lightgbm_scan(const struct split_search *search, int side, struct split_task *task,
                   const struct scan_input *in) {
  enum { MISSING_IS_NONE = 0, MISSING_IS_ZERO = 1, MISSING_IS_NAN = 2 };
  const struct workspace *ws = task->ws;
  struct split *out = task->out;
  struct double_scan s = {.leaf = task->leaf,
                          .in = in,
                          .rules = &search->rules,
                          .bins = lightgbm_bins_of(ws, task->leaf, task->column),
                          .task = task,
                          .hessian = task->leaf->sum_hessian + 2 * SPLIT_EPSILON,
                          .shift = search->sides[side].shift,
                          .best = -INFINITY};
  if (in->n_bins <= 2 || in->missing == MISSING_IS_NONE) {
    scan_reverse(&s, false, false);
    if (in->missing == MISSING_IS_NAN) out->default_left = false;
  } else {
    const bool zero = in->missing == MISSING_IS_ZERO;
    scan_reverse(&s, zero, !zero);
    scan_forward(&s, zero);
  }
  if (!task->splittable) return;
  lightgbm_take_sides(task->leaf, s.rules, s.best_left_gradient, s.best_left_hessian, s.best_left_count, out);
  out->gain = s.best - s.shift;
  out->column = task->column;
  out->feature = ws->data->binned.columns[task->column].feature;
}
