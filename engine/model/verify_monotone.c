/* verify_monotone.c - proof: in every tree, two leaves that part at a node of the feature and that rows alike
 * in all other features may reach have values in order. Sums of such trees are in order as well, since
 * rounding is. Categories are not looked into: what may not be told apart counts as alike.
 *
 * Where a tree is not in order the others may make up for it, or the leaves may not be reached after all: so
 * rows are searched for, beginning in the leaves that broke the proof. Along the feature the score is a step
 * function that changes at the thresholds of the model alone. */
#include <math.h>
#include <string.h>

#include "model/route.h"
#include "model/verify.h"

/* Two leaves out of order, to begin the search with. */
struct breach {
  int tree, leaf;
};

enum { MAX_BREACHES = 64, SHAKES = 4, RANDOM_STARTS = 256 };

struct search {
  struct verifier *v;
  uint32_t feature;
  int sign;
  struct breach breaches[MAX_BREACHES];
  int n_breaches;
  bool open; /* some tree could not be proved */
};

static void narrow(struct value_range *range, const struct tree *tree, int node, bool right) {
  double threshold = tree->threshold[node];
  unsigned missing = tree->decision_type[node] >> DECISION_MISSING_SHIFT;
  bool left = (tree->decision_type[node] & DECISION_DEFAULT_LEFT) != 0;
  if (missing == MISSING_NONE) left = 0 <= threshold; /* as 0 */
  if (right && threshold > range->low) range->low = threshold;
  if (!right && threshold < range->high) range->high = threshold;
  range->missing = range->missing && left != right;
}

static void find_ranges(struct verifier *v, const struct tree *tree, int leaf, int node) {
  for (uint32_t f = 0; f < v->model->n_features; f++)
    v->ranges[f] = (struct value_range){-INFINITY, INFINITY, true};
  int child = ~leaf;
  for (; node >= 0; child = node, node = v->parent[node], v->steps++)
    if (verify_numeric(tree, node))
      narrow(&v->ranges[tree->split_feature[node]], tree, node, tree->right_child[node] == child);
}

static bool may_enter(const struct search *s, const struct tree *tree, int node, bool right) {
  uint32_t feature = (uint32_t)tree->split_feature[node];
  if (!verify_numeric(tree, node) || feature == s->feature) return true;
  struct value_range range = s->v->ranges[feature];
  narrow(&range, tree, node, right);
  return range.low < range.high || range.missing;
}

/* Half lines that meet our interval in twos meet it together, but not where one is met by its missing values
 * alone: such features are looked at once more. */
static bool meets_leaf(struct search *s, const struct tree *tree, int leaf, int top) {
  struct verifier *v = s->v;
  if (top < 0) return true;
  int end = v->parent[top], below = tree->leaf_parent[leaf];
  for (int node = below; node != end; node = v->parent[node], v->steps++) {
    int32_t feature = tree->split_feature[node];
    struct value_range range = v->ranges[feature];
    if (!verify_numeric(tree, node) || (uint32_t)feature == s->feature || !range.missing) continue;
    int child = ~leaf;
    for (int at = below; at != end; child = at, at = v->parent[at], v->steps++)
      if (tree->split_feature[at] == feature && verify_numeric(tree, at))
        narrow(&range, tree, at, tree->right_child[at] == child);
    if (!(range.low < range.high) && !range.missing) return false;
  }
  return true;
}

/* Whether a leaf below `top` that rows of the ranges may reach has a value less than `value`. */
static bool meets_less(struct search *s, const struct tree *tree, int top, double value) {
  struct verifier *v = s->v;
  size_t n = 0;
  v->stack[n++] = top;
  while (n > 0) {
    int node = v->stack[--n];
    v->steps++;
    if (node < 0) {
      if (tree->leaf_value[~node] < value && meets_leaf(s, tree, ~node, top)) return true;
      continue;
    }
    if (v->least[node] >= value) continue;
    if (may_enter(s, tree, node, false)) v->stack[n++] = tree->left_child[node];
    if (may_enter(s, tree, node, true)) v->stack[n++] = tree->right_child[node];
  }
  return false;
}

static void find_extremes(struct verifier *v, const struct tree *tree) {
  for (int i = tree->n_leaves - 2; i >= 0; i--) {
    int node = v->order[i], left = tree->left_child[node], right = tree->right_child[node];
    double a = left < 0 ? tree->leaf_value[~left] : v->least[left];
    double b = right < 0 ? tree->leaf_value[~right] : v->least[right];
    double c = left < 0 ? tree->leaf_value[~left] : v->most[left];
    double d = right < 0 ? tree->leaf_value[~right] : v->most[right];
    v->least[node] = fmin(a, b);
    v->most[node] = fmax(c, d);
  }
}

static double least_below(const struct verifier *v, const struct tree *tree, int child) {
  return child < 0 ? tree->leaf_value[~child] : v->least[child];
}

/* Whether `node` lies at or below `top`. */
static bool is_below(struct verifier *v, int node, int top) {
  for (; node >= 0 && node != top; node = v->parent[node]) v->steps++;
  return node >= 0;
}

/* Every leaf of the low side of a node of the feature against those of its high side. */
static bool node_in_order(struct search *s, const struct tree *tree, int t, int node) {
  struct verifier *v = s->v;
  int low = s->sign > 0 ? tree->left_child[node] : tree->right_child[node];
  int high = s->sign > 0 ? tree->right_child[node] : tree->left_child[node];
  double floor = least_below(v, tree, high);
  bool in_order = true;
  for (int above = 0; above < tree->n_leaves - 1 && in_order && !verify_spent(v); above++)
    for (int side = 0; side < 2; side++) {
      int child = side ? tree->right_child[above] : tree->left_child[above];
      if (child >= 0 || tree->leaf_value[~child] <= floor) continue;
      if (child != low && (low < 0 || !is_below(v, above, low))) continue;
      find_ranges(v, tree, ~child, above);
      if (!meets_less(s, tree, high, tree->leaf_value[~child])) continue;
      if (s->n_breaches < MAX_BREACHES) s->breaches[s->n_breaches++] = (struct breach){t, ~child};
      in_order = false;
      break;
    }
  return in_order && !verify_spent(v);
}

static bool tree_in_order(struct search *s, int t) {
  struct verifier *v = s->v;
  const struct tree *tree = &v->model->trees[t];
  if (tree->linear != NULL) return false;
  bool in_order = true, known = false;
  for (int node = 0; node < tree->n_leaves - 1 && !verify_spent(v); node++) {
    if ((uint32_t)tree->split_feature[node] != s->feature || !verify_numeric(tree, node)) continue;
    if (!known) {
      verify_tree(v, tree);
      find_extremes(v, tree);
      known = true;
    }
    in_order &= node_in_order(s, tree, t, node);
  }
  return in_order && !verify_spent(v);
}

/* ---- the search for rows ---- */

/* A value of the feature that some node takes for a missing one has no place in the order. */
static bool in_order_at_all(const struct search *s, double value) {
  if (route_value(value) != 0) return true;
  for (int t = 0; t < s->v->model->n_trees; t++) {
    const struct tree *tree = &s->v->model->trees[t];
    for (int node = 0; node < tree->n_leaves - 1; node++)
      if ((uint32_t)tree->split_feature[node] == s->feature && verify_numeric(tree, node) &&
          tree->decision_type[node] >> DECISION_MISSING_SHIFT == MISSING_ZERO)
        return false;
  }
  return true;
}

/* Goes along the feature from the row; true when the order is broken: both rows and their scores are in v. */
static bool walk_along(struct search *s, int output) {
  struct verifier *v = s->v;
  uint32_t n = v->model->n_features;
  double *row = v->rows, *next = v->rows + n, before = NAN;
  memcpy(next, row, n * sizeof *row);
  for (size_t i = 0; i < v->n_cuts && !verify_spent(v); i++) {
    next[s->feature] = v->cuts[i];
    if (!in_order_at_all(s, v->cuts[i])) continue;
    double score = verify_score(v, output, next);
    if (s->sign * (score - before) < 0) {
      v->scores[0] = before;
      v->scores[1] = score;
      return true;
    }
    before = score;
    memcpy(row, next, n * sizeof *row);
  }
  return false;
}

static void start_row(struct search *s, int start) {
  struct verifier *v = s->v;
  memset(v->rows, 0, v->model->n_features * sizeof *v->rows);
  if (s->n_breaches == 0) return;
  const struct breach *breach = &s->breaches[start % s->n_breaches];
  const struct tree *tree = &v->model->trees[breach->tree];
  verify_tree(v, tree);
  verify_reach(v, tree, breach->leaf, v->rows);
}

static bool find_rows(struct search *s, int *output) {
  struct verifier *v = s->v;
  int n_outputs = v->model->trees_per_round;
  verify_cuts(v, s->feature);
  for (int start = 0; start < RANDOM_STARTS + s->n_breaches && !verify_spent(v); start++)
    for (int k = 0; k < n_outputs && !verify_spent(v); k++) {
      start_row(s, start);
      int shakes = start < s->n_breaches ? 0 : SHAKES * (1 + start % 8);
      for (int i = 0; i < shakes; i++) verify_shake(v, v->rows);
      if (!walk_along(s, k)) continue;
      *output = k;
      return true;
    }
  return false;
}

void verify_monotone(struct verifier *v, uint32_t feature, int sign) {
  struct search s = {.v = v, .feature = feature, .sign = sign};
  copse_verification result = {.feature = feature, .other = UINT32_MAX, .sign = sign};
  uint64_t all = v->max_steps;
  v->max_steps = all / 2; /* half for the proof */
  for (int t = 0; t < v->model->n_trees; t++) s.open |= !tree_in_order(&s, t);
  v->max_steps = all;
  if (s.open) {
    v->steps = all / 2;
    result.verdict = COPSE_UNDECIDED;
    if (find_rows(&s, &result.output)) {
      result.verdict = COPSE_REFUTED;
      result.n_rows = 2;
      result.rows = v->rows;
      result.scores = v->scores;
    }
  }
  v->on_result(v->user, &result);
}
