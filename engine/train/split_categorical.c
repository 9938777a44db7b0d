/* split_categorical.c - which categories go left (algorithms 5): one against the rest where there are few,
 * otherwise the prefix or suffix of the categories sorted by gradient / (hessian + smoothing), after Fisher
 * (1958). Bin 0 (missing, rare, unseen) always stays right. */
#include <math.h>
#include <string.h>

#include "train/category_sort.h"
#include "train/sample.h"
#include "train/split.h"

struct category_search {
  struct split_task *task;
  const struct leaf *leaf;
  struct workspace *ws;
  const int64_t *gradient, *hessian;
  const uint32_t *count;
  uint32_t n_bins;
  struct scan_rules rules;
  double sum_hessian; /* with 2 EPS */
  double count_factor, shift;
  double best_gain;
  uint32_t drawn; /* extra trees: the one candidate that counts (bin - 1, or prefix length - 1); UINT32_MAX:
                     all do */
};

static int64_t bin_count(const struct category_search *s, uint32_t bin) {
  switch (s->ws->count_kind) {
    case COUNT_FIELD: return s->count[bin];
    case COUNT_SHIFT: return s->hessian[bin] >> s->ws->count_shift;
    default: return (int64_t)((double)s->hessian[bin] * s->ws->hessian_unit * s->count_factor + 0.5);
  }
}

/* Sums of a candidate's left side. */
struct left_side {
  int64_t gradient, hessian, count;
};

static double right_hessian(const struct category_search *s, int64_t left_hessian) {
  return (double)(s->leaf->total_hessian - left_hessian) * s->ws->hessian_unit + SPLIT_EPSILON;
}

static bool offer(struct category_search *s, struct left_side left) {
  struct workspace *ws = s->ws;
  int64_t right_n = (int64_t)s->leaf->n_rows - left.count;
  double gl = (double)left.gradient * ws->gradient_unit;
  double gr = (double)(s->leaf->total_gradient - left.gradient) * ws->gradient_unit;
  double hl = (double)left.hessian * ws->hessian_unit + SPLIT_EPSILON, hr = right_hessian(s, left.hessian);
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
  return true;
}

static void search_one_hot(struct category_search *s) {
  const struct scan_rules *rules = &s->rules;
  if (s->ws->sample.extra_trees && s->n_bins > 1)
    s->drawn = sample_threshold(s->ws, s->leaf, s->task->side, s->task->column, s->n_bins - 1);
  uint32_t chosen = 0;
  for (uint32_t b = 1; b < s->n_bins; b++) {
    if (s->drawn != UINT32_MAX && s->drawn != b - 1) continue;
    struct left_side left = {s->gradient[b], s->hessian[b], bin_count(s, b)};
    double h = (double)left.hessian * s->ws->hessian_unit;
    if (left.count < rules->min_data || h < rules->min_sum_hessian) continue;
    if ((int64_t)s->leaf->n_rows - left.count < rules->min_data) continue;
    if (right_hessian(s, left.hessian) < rules->min_sum_hessian) continue;
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
  struct left_side left = {0, 0, 0};
  uint32_t best = 0;
  for (uint32_t i = 0; i < limit && i < kept; i++) {
    uint32_t bin = items[from_low ? i : kept - 1 - i].bin;
    int64_t n = bin_count(s, bin);
    left.gradient += s->gradient[bin];
    left.hessian += s->hessian[bin];
    left.count += n;
    group += n;
    double hl = (double)left.hessian * s->ws->hessian_unit + SPLIT_EPSILON;
    if (left.count < rules->min_data || hl < rules->min_sum_hessian) continue;
    int64_t right_n = (int64_t)s->leaf->n_rows - left.count;
    if (right_n < rules->min_data || right_n < min_group) break;
    if (right_hessian(s, left.hessian) < rules->min_sum_hessian) break;
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
  const double smooth = s->ws->grow.cat_smooth, hessian_unit = s->ws->hessian_unit;
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
    double weight = (double)s->hessian[items[i].bin] * hessian_unit + smooth;
    items[i].key = weight > 0 ? (double)s->gradient[items[i].bin] * s->ws->gradient_unit / weight : 0.0;
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
  uint64_t cell = ws->data->binned.blocks[column->block].first_cell + column->hist_offset;
  struct category_search s = {.task = task,
                              .leaf = task->leaf,
                              .ws = ws,
                              .gradient = task->planes->gradient + cell,
                              .hessian = task->planes->hessian + cell,
                              .count = task->planes->count != NULL ? task->planes->count + cell : NULL,
                              .n_bins = column->n_bins,
                              .rules = split_rules(&ws->grow),
                              .best_gain = -INFINITY,
                              .drawn = UINT32_MAX};
  double sum_gradient = leaf_sum_gradient(ws, task->leaf);
  s.sum_hessian = leaf_sum_hessian(ws, task->leaf) + 2 * SPLIT_EPSILON;
  s.count_factor = (double)task->leaf->n_rows / s.sum_hessian;
  /* The undivided leaf's gain knows neither cat_l2 nor, without smoothing, the parent's output
   * (algorithms 5.4). */
  struct scan_rules rules = s.rules;
  s.shift = ws->grow.path_smooth > SPLIT_EPSILON
                ? leaf_gain_at(sum_gradient, s.sum_hessian, task->leaf->output, &rules)
                : leaf_gain(sum_gradient, s.sum_hessian, (double)task->leaf->n_rows, 0, &rules);
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
