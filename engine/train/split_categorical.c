/* split_categorical.c - which categories go left (algorithms 5): one against the rest where there are few,
 * otherwise the prefix or suffix of the categories sorted by gradient / (hessian + smoothing), after Fisher
 * (1958). Bin 0 (missing, rare, unseen) always stays right. */
#include <math.h>
#include <string.h>

#include "train/category_sort.h"
#include "train/sample.h"
#include "train/split_lightgbm.h"

struct category_search {
  struct split_task *task;
  const struct leaf *leaf;
  struct workspace *ws;
  const int64_t *gradient, *hessian;
  const uint32_t *count;
  uint32_t n_bins;
  struct scan_rules rules;
  bool exact; /* false: sums are LightGBM's, of `bins` */
  struct lightgbm_bins bins;
  double sum_gradient, sum_hessian; /* with 2 EPS */
  double count_factor, shift;
  double best_gain;
  uint32_t drawn; /* extra trees: the one candidate that counts (bin - 1, or prefix length - 1); UINT32_MAX:
                     all do */
};

static int64_t bin_count(const struct category_search *s, uint32_t bin) {
  if (!s->exact) return lightgbm_count(&s->bins, bin);
  switch (s->ws->count_kind) {
    case COUNT_FIELD: return s->count[bin];
    case COUNT_SHIFT: return s->hessian[bin] >> s->ws->count_shift;
    default: return (int64_t)((double)s->hessian[bin] * s->ws->hessian_unit * s->count_factor + 0.5);
  }
}

static double bin_gradient(const struct category_search *s, uint32_t bin) {
  return s->exact ? (double)s->gradient[bin] * s->ws->gradient_unit : lightgbm_gradient(&s->bins, bin);
}

static double bin_hessian(const struct category_search *s, uint32_t bin) {
  return s->exact ? (double)s->hessian[bin] * s->ws->hessian_unit : lightgbm_hessian(&s->bins, bin);
}

/* Sums of a candidate's left side, and as they enter its gain. */
struct left_side {
  int64_t gradient, hessian, count;
  double g, h, right_g, right_h;
};

static void add_bin(const struct category_search *s, struct left_side *left, uint32_t bin) {
  const struct workspace *ws = s->ws;
  left->gradient += s->gradient[bin];
  left->hessian += s->hessian[bin];
  left->count += bin_count(s, bin);
  if (s->exact) {
    left->g = (double)left->gradient * ws->gradient_unit;
    left->h = (double)left->hessian * ws->hessian_unit + SPLIT_EPSILON;
    left->right_g = (double)(s->leaf->total_gradient - left->gradient) * ws->gradient_unit;
    left->right_h = (double)(s->leaf->total_hessian - left->hessian) * ws->hessian_unit + SPLIT_EPSILON;
  } else {
    left->g += bin_gradient(s, bin);
    left->h += bin_hessian(s, bin);
    left->right_g = s->sum_gradient - left->g;
    left->right_h = s->sum_hessian - left->h;
  }
}

static bool offer(struct category_search *s, struct left_side left) {
  struct workspace *ws = s->ws;
  int64_t right_n = (int64_t)s->leaf->n_rows - left.count;
  const double gl = left.g, hl = left.h, gr = left.right_g, hr = left.right_h;
  const struct scan_bounds *bounds = s->task->bounds;
  double wl = leaf_output(gl, hl, (double)left.count, s->leaf->output, &s->rules);
  double wr = leaf_output(gr, hr, (double)right_n, s->leaf->output, &s->rules), gain;
  if (bounds != NULL) { /* the same limits for both sides */
    const struct scan_limits limits = {bounds->lower, bounds->upper};
    if (limits.lower > limits.upper) return false;
    wl = scan_clamp(wl, limits);
    wr = scan_clamp(wr, limits);
    gain = leaf_gain_at(gl, hl, wl, &s->rules) + leaf_gain_at(gr, hr, wr, &s->rules);
  } else {
    gain = leaf_gain(gl, hl, (double)left.count, s->leaf->output, &s->rules) +
           leaf_gain(gr, hr, (double)right_n, s->leaf->output, &s->rules);
  }
  if (!(gain > split_gain_floor(ws, s->shift))) return false;
  s->task->splittable = true;
  if (!(gain > s->best_gain)) return false;
  s->best_gain = gain;
  struct split *out = s->task->out;
  out->gain = gain - s->shift;
  out->left_gradient = left.gradient;
  out->left_hessian = left.hessian;
  out->left_output = wl;
  out->right_output = wr;
  if (s->exact)
    split_keep_sums(ws, s->leaf, out);
  else
    lightgbm_take_sides(s->leaf, &s->rules, gl, hl, left.count, out);
  return true;
}

static void search_one_hot(struct category_search *s) {
  const struct scan_rules *rules = &s->rules;
  if (s->ws->sample.extra_trees && s->n_bins > 1)
    s->drawn = sample_threshold(s->ws, s->leaf, s->task->side, s->task->column, s->n_bins - 1);
  uint32_t chosen = 0;
  for (uint32_t b = 1; b < s->n_bins; b++) {
    if (s->drawn != UINT32_MAX && s->drawn != b - 1) continue;
    struct left_side left = {0};
    add_bin(s, &left, b);
    const double h = bin_hessian(s, b);
    if (!s->exact) { /* EPS is added to the one side and taken off the other here */
      left.h = h + SPLIT_EPSILON;
      left.right_h = s->sum_hessian - h - SPLIT_EPSILON;
    }
    if (left.count < rules->min_data || h < rules->min_sum_hessian) continue;
    if ((int64_t)s->leaf->n_rows - left.count < rules->min_data) continue;
    if (left.right_h < rules->min_sum_hessian) continue;
    if (offer(s, left)) chosen = b;
  }
  if (chosen == 0) return;
  memset(s->task->out->bin_bits, 0, s->ws->bin_words * sizeof(uint32_t));
  s->task->out->bin_bits[chosen / 32] = (uint32_t)1 << (chosen % 32);
}

/* Walks from one end of the sorted categories; returns the length of the best prefix, 0 when none beat the
 * best so far. */
static uint32_t search_direction(struct category_search *s, const struct category_key *items, uint32_t kept,
                                 uint32_t limit, bool from_low) {
  const struct scan_rules *rules = &s->rules;
  int64_t min_group = s->ws->grow.min_data_per_group, group = 0;
  struct left_side left = {.h = SPLIT_EPSILON};
  uint32_t best = 0;
  for (uint32_t i = 0; i < limit && i < kept; i++) {
    uint32_t bin = items[from_low ? i : kept - 1 - i].bin;
    int64_t n = bin_count(s, bin);
    add_bin(s, &left, bin);
    group += n;
    if (left.count < rules->min_data || left.h < rules->min_sum_hessian) continue;
    int64_t right_n = (int64_t)s->leaf->n_rows - left.count;
    if (right_n < rules->min_data || right_n < min_group) break;
    if (left.right_h < rules->min_sum_hessian) break;
    if (group < min_group) continue;
    group = 0;
    if (s->drawn != UINT32_MAX && s->drawn != i) continue;
    if (offer(s, left)) best = i + 1;
  }
  return best;
}

/* Categories of rows enough, with their keys. Most have too few in a small leaf, and which have is in no
 * order: so there is no branch on it. */
static uint32_t keep_categories(const struct category_search *s, struct category_key *items) {
  const double smooth = s->ws->grow.cat_smooth;
  uint32_t kept = 0;
  if (s->ws->count_kind == COUNT_FIELD) {
    for (uint32_t b = 1; b < s->n_bins; b++) {
      items[kept].bin = b;
      kept += !((double)s->count[b] < smooth);
    }
  } else {
    for (uint32_t b = 1; b < s->n_bins; b++) {
      items[kept].bin = b;
      kept += !((double)bin_count(s, b) < smooth);
    }
  }
  for (uint32_t i = 0; i < kept; i++) {
    double weight = bin_hessian(s, items[i].bin) + smooth;
    items[i].key = weight > 0 ? bin_gradient(s, items[i].bin) / weight : 0.0;
  }
  return kept;
}

static void search_sorted(struct category_search *s) {
  const struct grow_params *grow = &s->ws->grow;
  struct category_key *items = s->task->lane->categories.items;
  uint32_t kept = keep_categories(s, items);
  uint32_t limit = (kept + 1) / 2;
  if ((uint32_t)grow->max_cat_threshold < limit) limit = (uint32_t)grow->max_cat_threshold;
  category_sort_ends(items, kept, limit, s->task->lane->categories.room);
  s->rules.lambda_l2 += grow->cat_l2;
  if (s->ws->sample.extra_trees && limit > 0)
    s->drawn = sample_threshold(s->ws, s->leaf, s->task->side, s->task->column, limit);
  uint32_t low = search_direction(s, items, kept, limit, true);
  uint32_t high = search_direction(s, items, kept, limit, false);
  uint32_t length = high > 0 ? high : low;
  if (length == 0) return;
  memset(s->task->out->bin_bits, 0, s->ws->bin_words * sizeof(uint32_t));
  for (uint32_t i = 0; i < length; i++) {
    uint32_t bin = items[high > 0 ? kept - 1 - i : i].bin;
    s->task->out->bin_bits[bin / 32] |= (uint32_t)1 << (bin % 32);
  }
}

void split_search_categorical(struct split_task *task) {
  struct workspace *ws = task->ws;
  const struct binned_column *column = &ws->data->binned.columns[task->column];
  struct category_search s = {.task = task,
                              .leaf = task->leaf,
                              .ws = ws,
                              .gradient = task->planes.gradient,
                              .hessian = task->planes.hessian,
                              .count = task->planes.count,
                              .n_bins = column->n_bins,
                              .rules = split_rules(&ws->grow),
                              .best_gain = -INFINITY,
                              .drawn = UINT32_MAX};
  s.exact = ws->rests == NULL || task->bounds != NULL;
  if (!s.exact) s.bins = lightgbm_bins_of(ws, task->leaf, task->column);
  s.sum_gradient = leaf_sum_gradient(ws, task->leaf);
  s.sum_hessian = leaf_sum_hessian(ws, task->leaf) + 2 * SPLIT_EPSILON;
  s.count_factor = (double)task->leaf->n_rows / s.sum_hessian;
  /* The undivided leaf's gain knows neither cat_l2 nor, without smoothing, the parent's output
   * (algorithms 5.4). */
  struct scan_rules rules = s.rules;
  s.shift = ws->grow.path_smooth > SPLIT_EPSILON
                ? leaf_gain_at(s.sum_gradient, s.sum_hessian, task->leaf->output, &rules)
                : leaf_gain(s.sum_gradient, s.sum_hessian, (double)task->leaf->n_rows, 0, &rules);
  s.shift += ws->grow.min_gain_to_split;
  if (s.n_bins <= (uint32_t)ws->grow.max_cat_to_onehot)
    search_one_hot(&s);
  else
    search_sorted(&s);
  if (!task->splittable) return;
  task->out->column = task->column;
  task->out->feature = column->feature;
  task->out->categorical = true;
  task->out->default_left = false;
}
