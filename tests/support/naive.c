/* naive.c - see naive.h. Written from the formulas, sharing no code with the trainer. */
#include "naive.h"

#include <math.h>
#include <string.h>

static const long double EPS = 1.0000000036274937e-15L;

struct sums {
  long double g, h;
  int64_t n;
};

struct view {
  const copse_dataset *data;
  const struct grow_params *grow;
  const float *gradient, *hessian;
  const struct naive_tree *tree;
  int leaf;
  long double parent_output;
  struct sums total;
};

static uint32_t bin_of(const copse_dataset *data, uint32_t feature, uint64_t row) {
  for (uint32_t c = 0; c < data->binned.n_columns; c++)
    if (data->binned.columns[c].feature == feature) return binned_cell(&data->binned.columns[c], row);
  return 0;
}

static bool goes_left(const struct feature_bins *bins, const struct naive_split *s, uint32_t bin) {
  if (s->categorical) return s->in_set[bin];
  if (bins->missing == MISSING_NAN && bin == bins->n_bins - 1) return s->default_left;
  if (bins->missing == MISSING_ZERO && bin == bins->default_bin) return s->default_left;
  return bin <= s->threshold;
}

static struct sums left_sums(const struct view *v, const struct naive_split *s) {
  const struct feature_bins *bins = &v->data->schema->features[s->feature];
  struct sums out = {0, 0, 0};
  for (uint64_t r = 0; r < v->data->n_rows; r++) {
    if (v->tree->leaf_of_row[r] != v->leaf || !goes_left(bins, s, bin_of(v->data, s->feature, r))) continue;
    out.g += v->gradient[r];
    out.h += v->hessian[r];
    out.n++;
  }
  return out;
}

static long double shrink_l1(long double g, long double l1) {
  long double m = fabsl(g) - l1;
  return m <= 0 ? 0 : (g > 0 ? m : -m);
}

static long double output_of(const struct grow_params *p, struct sums s, long double l2, long double parent) {
  long double w = -shrink_l1(s.g, p->lambda_l1) / (s.h + EPS + l2);
  if (p->max_delta_step > 0 && fabsl(w) > p->max_delta_step)
    w = w > 0 ? p->max_delta_step : -p->max_delta_step;
  if (p->path_smooth > 0) {
    long double q = s.n / (long double)p->path_smooth;
    w = w * q / (q + 1) + parent / (q + 1);
  }
  return w;
}

static long double gain_at(const struct grow_params *p, struct sums s, long double l2, long double w) {
  return -(2 * shrink_l1(s.g, p->lambda_l1) * w + (s.h + EPS + l2) * w * w);
}

static long double side_gain(const struct grow_params *p, struct sums s, long double l2, long double parent) {
  if (p->max_delta_step <= 0 && p->path_smooth <= 0) {
    long double t = shrink_l1(s.g, p->lambda_l1);
    return t * t / (s.h + EPS + l2);
  }
  return gain_at(p, s, l2, output_of(p, s, l2, parent));
}

static bool one_hot(const struct view *v, const struct feature_bins *bins) {
  return bins->n_bins <= (uint32_t)v->grow->max_cat_to_onehot;
}

/* Gain over the undivided leaf, or -1 when a side is too small. */
static long double evaluate(const struct view *v, struct naive_split *s) {
  const struct grow_params *p = v->grow;
  const struct feature_bins *bins = &v->data->schema->features[s->feature];
  struct sums l = left_sums(v, s), r = {v->total.g - l.g, v->total.h - l.h, v->total.n - l.n};
  if (l.n < p->min_data_in_leaf || r.n < p->min_data_in_leaf) return -1;
  if (l.h + EPS < p->min_sum_hessian_in_leaf || r.h + EPS < p->min_sum_hessian_in_leaf) return -1;
  if (s->categorical && !one_hot(v, bins) && r.n < p->min_data_per_group) return -1;
  long double l2 = p->lambda_l2 + (s->categorical && !one_hot(v, bins) ? p->cat_l2 : 0);
  struct sums whole = v->total;
  whole.h += EPS; /* the search's leaf total carries EPS twice */
  long double shift;
  if (!s->categorical)
    shift = side_gain(p, whole, p->lambda_l2, v->parent_output);
  else if (p->path_smooth > 0)
    shift = gain_at(p, whole, p->lambda_l2, v->parent_output);
  else
    shift = side_gain(p, whole, p->lambda_l2, 0);
  s->left_output = output_of(p, l, l2, v->parent_output);
  s->right_output = output_of(p, r, l2, v->parent_output);
  return side_gain(p, l, l2, v->parent_output) + side_gain(p, r, l2, v->parent_output) - shift -
         p->min_gain_to_split;
}

static void consider(const struct view *v, struct naive_split *candidate, struct naive_split *best) {
  candidate->gain = evaluate(v, candidate);
  if (candidate->gain > 0 && candidate->gain > best->gain) *best = *candidate;
}

static void search_numeric(const struct view *v, uint32_t f, struct naive_split *best) {
  const struct feature_bins *bins = &v->data->schema->features[f];
  bool two_ways = bins->n_bins > 2 && bins->missing != MISSING_NONE;
  uint32_t last = bins->n_bins - 1 - (two_ways && bins->missing == MISSING_NAN ? 1 : 0);
  struct naive_split s = {.feature = f};
  s.default_left = !(bins->n_bins <= 2 && bins->missing == MISSING_NAN);
  for (uint32_t t = last; t-- > 0;) {
    if (two_ways && bins->missing == MISSING_ZERO && t + 1 == bins->default_bin) continue;
    s.threshold = t;
    consider(v, &s, best);
  }
  if (!two_ways) return;
  s.default_left = false;
  for (uint32_t t = 0; t + 1 < bins->n_bins; t++) {
    if (bins->missing == MISSING_ZERO && t == bins->default_bin) continue;
    s.threshold = t;
    consider(v, &s, best);
  }
}

static struct sums bin_sums(const struct view *v, uint32_t f, uint32_t bin) {
  struct sums out = {0, 0, 0};
  for (uint64_t r = 0; r < v->data->n_rows; r++) {
    if (v->tree->leaf_of_row[r] != v->leaf || bin_of(v->data, f, r) != bin) continue;
    out.g += v->gradient[r];
    out.h += v->hessian[r];
    out.n++;
  }
  return out;
}

static void search_sorted(const struct view *v, uint32_t f, struct naive_split *best) {
  const struct feature_bins *bins = &v->data->schema->features[f];
  uint32_t order[NAIVE_MAX_BINS], kept = 0;
  long double key[NAIVE_MAX_BINS];
  int64_t count[NAIVE_MAX_BINS];
  for (uint32_t b = 1; b < bins->n_bins; b++) {
    struct sums s = bin_sums(v, f, b);
    if ((double)s.n < v->grow->cat_smooth) continue;
    key[b] = s.g / (s.h + v->grow->cat_smooth);
    count[b] = s.n;
    uint32_t at = kept++;
    for (; at > 0 && key[order[at - 1]] > key[b]; at--) order[at] = order[at - 1];
    order[at] = b;
  }
  uint32_t limit = (kept + 1) / 2;
  if (limit > (uint32_t)v->grow->max_cat_threshold) limit = (uint32_t)v->grow->max_cat_threshold;
  for (int direction = 0; direction < 2; direction++) {
    struct naive_split s = {.feature = f, .categorical = true};
    int64_t group = 0, left = 0;
    long double left_h = 0;
    for (uint32_t i = 0; i < limit; i++) {
      uint32_t b = order[direction == 0 ? i : kept - 1 - i];
      s.in_set[b] = true;
      group += count[b];
      left += count[b];
      left_h += bin_sums(v, f, b).h;
      if (left < v->grow->min_data_in_leaf || left_h + EPS < v->grow->min_sum_hessian_in_leaf) continue;
      if (group < v->grow->min_data_per_group) continue;
      if (v->total.n - left < v->grow->min_data_in_leaf || v->total.n - left < v->grow->min_data_per_group)
        break;
      if (v->total.h - left_h + EPS < v->grow->min_sum_hessian_in_leaf) break;
      group = 0;
      consider(v, &s, best);
    }
  }
}

static void search_categorical(const struct view *v, uint32_t f, struct naive_split *best) {
  const struct feature_bins *bins = &v->data->schema->features[f];
  if (!one_hot(v, bins)) {
    search_sorted(v, f, best);
    return;
  }
  for (uint32_t b = 1; b < bins->n_bins; b++) {
    struct naive_split s = {.feature = f, .categorical = true};
    s.in_set[b] = true;
    consider(v, &s, best);
  }
}

static struct view view_of(const copse_dataset *data, const struct grow_params *grow, const float *gradient,
                           const float *hessian, const struct naive_tree *tree, int leaf,
                           long double output) {
  struct view v = {data, grow, gradient, hessian, tree, leaf, output, {0, 0, 0}};
  for (uint64_t r = 0; r < data->n_rows; r++) {
    if (tree->leaf_of_row[r] != leaf) continue;
    v.total.g += gradient[r];
    v.total.h += hessian[r];
    v.total.n++;
  }
  return v;
}

static struct naive_split best_split(struct view v, int depth) {
  struct naive_split best = {.gain = 0};
  if (v.grow->max_depth > 0 && depth >= v.grow->max_depth) return best;
  for (uint32_t f = 0; f < v.data->schema->n_features; f++) {
    const struct feature_bins *bins = &v.data->schema->features[f];
    if (!bins->used) continue;
    if (bins->categorical)
      search_categorical(&v, f, &best);
    else
      search_numeric(&v, f, &best);
  }
  return best;
}

long double naive_gain_of(const copse_dataset *data, const struct grow_params *grow, const float *gradient,
                          const float *hessian, const struct naive_tree *tree, int leaf,
                          long double leaf_output, struct naive_split *candidate) {
  struct view v = view_of(data, grow, gradient, hessian, tree, leaf, leaf_output);
  return evaluate(&v, candidate);
}

void naive_grow(const copse_dataset *data, const struct grow_params *grow, const float *gradient,
                const float *hessian, struct naive_tree *tree) {
  struct naive_split best[NAIVE_MAX_LEAVES];
  int depth[NAIVE_MAX_LEAVES] = {0};
  tree->n_leaves = 1;
  for (uint64_t r = 0; r < data->n_rows; r++) tree->leaf_of_row[r] = 0;
  struct view root = view_of(data, grow, gradient, hessian, tree, 0, 0);
  struct grow_params unsmoothed = *grow;
  unsmoothed.path_smooth = 0;
  tree->leaf_value[0] = output_of(&unsmoothed, root.total, grow->lambda_l2, 0);
  root.parent_output = tree->leaf_value[0];
  best[0] = best_split(root, 0);
  while (tree->n_leaves < grow->num_leaves) {
    int leaf = 0;
    for (int l = 1; l < tree->n_leaves; l++) {
      if (best[l].gain > best[leaf].gain) leaf = l;
      if (best[l].gain == best[leaf].gain && best[l].feature < best[leaf].feature) leaf = l;
    }
    if (!(best[leaf].gain > 0)) return;
    int right = tree->n_leaves++, node = right - 1;
    tree->nodes[node] = best[leaf];
    tree->split_leaf[node] = leaf;
    const struct feature_bins *bins = &data->schema->features[best[leaf].feature];
    for (uint64_t r = 0; r < data->n_rows; r++)
      if (tree->leaf_of_row[r] == leaf && !goes_left(bins, &best[leaf], bin_of(data, best[leaf].feature, r)))
        tree->leaf_of_row[r] = right;
    tree->leaf_value[leaf] = tree->nodes[node].left_output;
    tree->leaf_value[right] = tree->nodes[node].right_output;
    depth[right] = ++depth[leaf];
    best[leaf] =
        best_split(view_of(data, grow, gradient, hessian, tree, leaf, tree->leaf_value[leaf]), depth[leaf]);
    best[right] = best_split(view_of(data, grow, gradient, hessian, tree, right, tree->leaf_value[right]),
                             depth[right]);
  }
}
