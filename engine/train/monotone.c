/* monotone.c - the limits that an order in some features sets to the outputs of leaves.
 *
 * Two leaves that part at a node of a constrained feature and may hold rows alike in all other features must
 * have outputs in that order.
 *   basic         a split of a constrained feature draws a line half way between its sides' outputs, which no
 *                 leaf below crosses: nothing but the path is looked at
 *   intermediate  the other side's output itself is the limit; when that side is split further, the leaves it
 *                 bears on get their limits anew from the outputs there are, and are searched again
 *   advanced      as intermediate, but a leaf's limits are found at each search from the outputs of all
 * leaves around it, and for each candidate from those alone that its sides may meet
 *
 * Whom a leaf may meet is told by the range of bins it has in each column. A missing value is in no order: it
 * lies beside the range. (LightGBM forgets that rows without a value meet, whatever the thresholds on their
 * way; the order then breaks for them.) What is not known better counts as met. */
#include "train/monotone.h"

#include <math.h>
#include <string.h>

#include "base/status.h"
#include "data/encoder.h"
#include "kernels/kernel_math.h"
#include "train/monotone_kept.h"

/* A node on the way down to leaves that may be met. The column of interest has bins first .. last there. */
struct leaf_visit {
  int node;
  struct leaf_range focus;
};

copse_status monotone_create(struct workspace *ws, copse_error *err) {
  struct constraints *c = &ws->constraint;
  const struct constraint_params *p = &ws->grow.constraint;
  const copse_schema *schema = ws->data->schema;
  uint32_t n_columns = ws->data->binned.n_columns;
  bool any = false;
  for (size_t f = 0; f < p->n_monotone; f++) {
    if (p->monotone[f] == 0) continue;
    any = true;
    bool encoded = schema->encoder != NULL && f < schema->encoder->n_inputs && schema->encoder->replaced[f];
    if (schema->features[f].categorical || encoded)
      return status_set(err, COPSE_ERR_ARGUMENT,
                        "monotone_constraints: feature %zu (\"%.100s\") is categorical, its values have no "
                        "order: give it 0",
                        f, schema->names[f]);
  }
  if (!any) return COPSE_OK;
  c->sign = copse_alloc(ws->ctx, n_columns, sizeof *c->sign);
  if (c->sign == NULL) return status_memory(err, "monotone constraints");
  c->limit_bins = 1;
  for (uint32_t i = 0; i < n_columns; i++) {
    uint32_t feature = ws->data->binned.columns[i].feature;
    c->sign[i] = (int8_t)(feature < p->n_monotone ? p->monotone[feature] : 0);
    if (ws->data->binned.columns[i].n_bins > c->limit_bins)
      c->limit_bins = ws->data->binned.columns[i].n_bins;
  }
  c->bends_gain |= p->monotone_penalty > 0;
  c->order = copse_alloc(ws->ctx, 5 * (size_t)ws->grow.num_leaves, sizeof *c->order);
  if (c->order == NULL) return status_memory(err, "monotone constraints");
  double whole = floor(p->monotone_penalty - 1), part = p->monotone_penalty - 1 - whole;
  c->penalty = ldexp(kernel_exp(part * 0.69314718055994530942), whole > 1024 ? 1024 : (int)whole);
  if (!monotone_looks_around(ws)) return COPSE_OK;
  ws->speculative = false;
  ws->keeps_slots = true;
  c->n_visits = (size_t)ws->grow.num_leaves;
  size_t n_threads = (size_t)ws->n_threads, n_limits = n_threads * 4 * c->limit_bins;
  c->node_parent = copse_alloc(ws->ctx, (size_t)ws->grow.num_leaves, sizeof *c->node_parent);
  c->stale = copse_alloc_zero(ws->ctx, (size_t)ws->grow.num_leaves, sizeof *c->stale);
  c->visits = copse_alloc(ws->ctx, n_threads * c->n_visits, sizeof *c->visits);
  c->limits = copse_alloc(ws->ctx, n_limits, sizeof *c->limits);
  for (int side = 0; side < 2; side++)
    c->ranges[side] = copse_alloc(ws->ctx, n_columns, sizeof *c->ranges[side]);
  if (c->node_parent == NULL || c->stale == NULL || c->visits == NULL || c->limits == NULL ||
      c->ranges[0] == NULL || c->ranges[1] == NULL)
    return status_memory(err, "monotone constraints");
  if (ws->grow.compat.keep_limits) return kept_create(ws, err);
  return COPSE_OK;
}

void monotone_release(struct workspace *ws) {
  struct constraints *c = &ws->constraint;
  kept_release(ws);
  copse_free(c->sign);
  copse_free(c->order);
  copse_free(c->node_parent);
  copse_free(c->stale);
  copse_free(c->visits);
  copse_free(c->limits);
  copse_free(c->ranges[0]);
  copse_free(c->ranges[1]);
}

bool monotone_looks_around(const struct workspace *ws) {
  return ws->constraint.sign != NULL && ws->grow.constraint.method != MONOTONE_BASIC;
}

double monotone_penalty(const struct workspace *ws, int depth) {
  const double p = ws->grow.constraint.monotone_penalty, least = 1.0000000036274937e-15;
  if (!(p > 0)) return 1;
  if (p >= depth + 1.0) return least;
  return (p <= 1 ? 1 - ldexp(p, -depth) : 1 - ldexp(ws->constraint.penalty, -depth)) + least;
}

void monotone_child(const struct workspace *ws, const struct leaf *parent, struct leaf *child, bool right) {
  const struct split *split = &parent->best;
  child->lower = parent->lower;
  child->upper = parent->upper;
  if (ws->constraint.sign == NULL || split->categorical || ws->constraint.sign[split->column] == 0) return;
  double limit = right ? split->left_output : split->right_output;
  if (ws->grow.constraint.method == MONOTONE_BASIC) limit = (split->left_output + split->right_output) / 2;
  bool from_below = (ws->constraint.sign[split->column] > 0) == right;
  if (from_below && limit > child->lower) child->lower = limit;
  if (!from_below && limit < child->upper) child->upper = limit;
}

/* ---- ranges ---- */

static struct leaf_range whole_range(const struct workspace *ws, uint32_t column) {
  const struct binned_column *binned = &ws->data->binned.columns[column];
  const struct feature_bins *bins = &ws->data->schema->features[binned->feature];
  bool nan = bins->missing == MISSING_NAN && !bins->categorical;
  return (struct leaf_range){0, bins->n_bins - 1 - (nan && bins->n_bins > 2 ? 1 : 0),
                             bins->missing != MISSING_NONE && !bins->categorical};
}

static void narrow(struct leaf_range *range, uint32_t threshold, bool default_left, bool right) {
  if (right) {
    if (threshold + 1 > range->first) range->first = threshold + 1;
  } else if (threshold < range->last) {
    range->last = threshold;
  }
  range->missing = range->missing && default_left != right;
}

static bool empty(const struct leaf_range *range) { return range->first > range->last && !range->missing; }

static bool node_numeric(const struct tree *tree, int node) {
  return (tree->decision_type[node] & DECISION_CATEGORICAL) == 0;
}

static bool node_default_left(const struct tree *tree, int node) {
  return (tree->decision_type[node] & DECISION_DEFAULT_LEFT) != 0;
}

/* A pending leaf is a side of its tree leaf's best split. */
static int tree_leaf_of(const struct workspace *ws, int leaf) {
  return ws->leaves[leaf].part_of >= 0 ? ws->leaves[leaf].part_of : leaf;
}

void monotone_ranges(struct workspace *ws, int leaf, int side) {
  const struct constraints *c = &ws->constraint;
  const struct tree *tree = c->tree;
  struct leaf_range *ranges = c->ranges[side];
  for (uint32_t i = 0; i < ws->data->binned.n_columns; i++) ranges[i] = whole_range(ws, i);
  int place = tree_leaf_of(ws, leaf);
  if (place != leaf) {
    const struct split *split = &ws->leaves[place].best;
    if (!split->categorical)
      narrow(&ranges[split->column], split->threshold_bin, split->default_left, ws->leaves[leaf].right_part);
  }
  int child = ~place, node = tree->leaf_parent[place];
  for (; node >= 0; child = node, node = c->node_parent[node])
    if (node_numeric(tree, node))
      narrow(&ranges[tree->split_column[node]], tree->threshold_bin[node], node_default_left(tree, node),
             tree->right_child[node] == child);
}

/* ---- leaves that may be met ---- */

/* A leaf whose output must not be above (below = true) or not be below that of the leaf we are at. `focus`:
 * the part of our range in the column of interest where it may be met. */
typedef void (*met_fn)(void *user, int leaf, bool below, struct leaf_range focus);

struct meeting {
  const struct workspace *ws;
  const struct leaf_range *ranges; /* of the leaf we are at */
  uint32_t focus;                  /* column of interest; UINT32_MAX: none */
  struct leaf_visit *visits;
  met_fn met;
  void *user;
};

/* Whether a side of a node can be met, and with which part of the focus. */
static bool may_enter(const struct meeting *m, int node, uint32_t parted, bool right,
                      struct leaf_range *focus) {
  const struct tree *tree = m->ws->constraint.tree;
  uint32_t column = tree->split_column[node];
  if (!node_numeric(tree, node) || column == parted) return true;
  struct leaf_range ours = m->ranges[column];
  narrow(&ours, tree->threshold_bin[node], node_default_left(tree, node), right);
  if (empty(&ours)) return false;
  if (column != m->focus) return true;
  narrow(focus, tree->threshold_bin[node], node_default_left(tree, node), right);
  return !empty(focus);
}

/* Half lines that meet our interval in twos meet it together, but not where one is met by its missing values
 * alone: such columns are looked at once more. Both leaves then see the same, whoever asks. */
static bool meets_leaf(const struct meeting *m, int leaf, int top, uint32_t parted) {
  const struct constraints *c = &m->ws->constraint;
  const struct tree *tree = c->tree;
  if (top < 0) return true;
  int end = c->node_parent[top];
  for (int node = tree->leaf_parent[leaf]; node != end; node = c->node_parent[node]) {
    uint32_t column = tree->split_column[node];
    struct leaf_range ours = m->ranges[column];
    if (!node_numeric(tree, node) || column == parted || !ours.missing) continue;
    int child = ~leaf;
    for (int at = tree->leaf_parent[leaf]; at != end; child = at, at = c->node_parent[at])
      if (tree->split_column[at] == column)
        narrow(&ours, tree->threshold_bin[at], node_default_left(tree, at), tree->right_child[at] == child);
    if (empty(&ours)) return false;
  }
  return true;
}

static void descend(const struct meeting *m, int top, uint32_t parted, bool below) {
  const struct tree *tree = m->ws->constraint.tree;
  struct leaf_range whole = {0, 0, false};
  if (m->focus != UINT32_MAX) whole = m->ranges[m->focus];
  size_t n = 0;
  m->visits[n++] = (struct leaf_visit){top, whole};
  while (n > 0) {
    struct leaf_visit visit = m->visits[--n];
    if (visit.node < 0) {
      if (meets_leaf(m, ~visit.node, top, parted)) m->met(m->user, ~visit.node, below, visit.focus);
      continue;
    }
    for (int right = 0; right < 2; right++) {
      struct leaf_visit next = visit;
      next.node = right ? tree->right_child[visit.node] : tree->left_child[visit.node];
      if (may_enter(m, visit.node, parted, right, &next.focus)) m->visits[n++] = next;
    }
  }
}

static void meet(const struct meeting *m, int place) {
  const struct constraints *c = &m->ws->constraint;
  const struct tree *tree = c->tree;
  int child = ~place, node = tree->leaf_parent[place];
  for (; node >= 0; child = node, node = c->node_parent[node]) {
    uint32_t column = tree->split_column[node];
    if (!node_numeric(tree, node) || c->sign[column] == 0) continue;
    bool right = tree->right_child[node] == child;
    descend(m, right ? tree->left_child[node] : tree->right_child[node], column,
            (c->sign[column] > 0) == right);
  }
}

/* ---- limits of candidates ---- */

/* Limits as they are gathered: by the first and by the last bin that they hold for. */
struct gathering {
  const struct workspace *ws;
  struct scan_bounds *out;
  double *from_lower, *from_upper, *to_lower, *to_upper; /* [n_bins] */
};

static void gather(struct gathering *g, double output, bool below, struct leaf_range where) {
  if (where.first <= where.last) {
    double *from = below ? &g->from_lower[where.first] : &g->from_upper[where.first];
    double *to = below ? &g->to_lower[where.last] : &g->to_upper[where.last];
    if (below ? output > *from : output < *from) *from = output;
    if (below ? output > *to : output < *to) *to = output;
  }
  if (!where.missing) return;
  if (below && output > g->out->missing_lower) g->out->missing_lower = output;
  if (!below && output < g->out->missing_upper) g->out->missing_upper = output;
}

static void gather_leaf(void *user, int leaf, bool below, struct leaf_range focus) {
  struct gathering *g = user;
  gather(g, g->ws->leaves[leaf].output, below, focus);
}

/* What holds for bins from b on becomes what holds for bins 0..t somewhere; likewise from the other end. */
static void spread_limits(struct gathering *g, uint32_t n) {
  for (uint32_t t = 1; t < n; t++) {
    g->from_lower[t] = fmax(g->from_lower[t], g->from_lower[t - 1]);
    g->from_upper[t] = fmin(g->from_upper[t], g->from_upper[t - 1]);
  }
  for (uint32_t t = 0; t + 1 < n; t++) { /* limits that reach beyond t */
    g->to_lower[t] = g->to_lower[t + 1];
    g->to_upper[t] = g->to_upper[t + 1];
  }
  g->to_lower[n - 1] = -INFINITY;
  g->to_upper[n - 1] = INFINITY;
  for (uint32_t t = n - 1; t-- > 0;) {
    g->to_lower[t] = fmax(g->to_lower[t], g->to_lower[t + 1]);
    g->to_upper[t] = fmin(g->to_upper[t], g->to_upper[t + 1]);
  }
}

/* Without thresholds in order, or with one alone, every candidate keeps to all limits. */
static void join_limits(struct gathering *g, uint32_t n) {
  struct scan_bounds *out = g->out;
  out->lower = fmax(g->from_lower[n - 1], out->missing_lower);
  out->upper = fmin(g->from_upper[n - 1], out->missing_upper);
  out->left_lower = out->left_upper = out->right_lower = out->right_upper = NULL;
}

static void advanced_bounds(const struct workspace *ws, const struct leaf *leaf, int side, uint32_t column,
                            int thread, struct scan_bounds *out) {
  const struct constraints *c = &ws->constraint;
  const struct feature_bins *bins = &ws->data->schema->features[ws->data->binned.columns[column].feature];
  double *room = c->limits + (size_t)thread * 4 * c->limit_bins;
  struct gathering g = {ws,
                        out,
                        room,
                        room + c->limit_bins,
                        room + 2 * (size_t)c->limit_bins,
                        room + 3 * (size_t)c->limit_bins};
  for (uint32_t b = 0; b < bins->n_bins; b++) {
    g.from_lower[b] = g.to_lower[b] = -INFINITY;
    g.from_upper[b] = g.to_upper[b] = INFINITY;
  }
  out->missing_lower = -INFINITY;
  out->missing_upper = INFINITY;
  const struct meeting m = {.ws = ws,
                            .ranges = c->ranges[side],
                            .focus = column,
                            .visits = c->visits + (size_t)thread * c->n_visits,
                            .met = gather_leaf,
                            .user = &g};
  int number = (int)(leaf - ws->leaves), place = tree_leaf_of(ws, number);
  meet(&m, place);
  if (place != number) { /* the sibling is not in the tree yet */
    const struct split *split = &ws->leaves[place].best;
    bool right = leaf->right_part;
    if (!split->categorical && c->sign[split->column] != 0)
      gather(&g, right ? split->left_output : split->right_output, (c->sign[split->column] > 0) == right,
             c->ranges[side][column]);
  }
  out->left_lower = g.from_lower;
  out->left_upper = g.from_upper;
  out->right_lower = g.to_lower;
  out->right_upper = g.to_upper;
  spread_limits(&g, bins->n_bins);
  if (bins->categorical || bins->n_bins <= 2) join_limits(&g, bins->n_bins);
}

void monotone_bounds(const struct workspace *ws, const struct leaf *leaf, int side, uint32_t column,
                     int thread, struct scan_bounds *out) {
  *out =
      (struct scan_bounds){.sign = ws->constraint.sign[column], .lower = leaf->lower, .upper = leaf->upper};
  if (ws->grow.constraint.method != MONOTONE_ADVANCED) return;
  out->lower = -INFINITY;
  out->upper = INFINITY;
  if (ws->constraint.kept != NULL)
    kept_bounds(ws, (int)(leaf - ws->leaves), column, thread,
                ws->constraint.limits + (size_t)thread * 4 * ws->constraint.limit_bins, out);
  else
    advanced_bounds(ws, leaf, side, column, thread, out);
}

/* ---- after a split ---- */

struct spreading {
  struct workspace *ws;
  double output; /* of a new leaf */
  int others[2]; /* the new leaves, which know each other */
};

static void spread_to_leaf(void *user, int leaf, bool below, struct leaf_range focus) {
  (void)focus;
  struct spreading *s = user;
  struct leaf *met = &s->ws->leaves[leaf];
  if (leaf == s->others[0] || leaf == s->others[1] || met->best.gain == -INFINITY) return;
  bool tighter = below ? s->output < met->upper : s->output > met->lower;
  if (tighter && below) met->upper = s->output;
  if (tighter && !below) met->lower = s->output;
  if (tighter || s->ws->grow.constraint.method == MONOTONE_ADVANCED) s->ws->constraint.stale[leaf] = 1;
}

void monotone_after_split(struct workspace *ws, int left, int right) {
  struct constraints *c = &ws->constraint;
  if (c->kept != NULL) {
    kept_after_split(ws, left, right);
    return;
  }
  for (int i = 0; i < 2; i++) {
    int leaf = i == 0 ? left : right;
    monotone_ranges(ws, leaf, 0);
    struct spreading spreading = {ws, ws->leaves[leaf].output, {left, right}};
    const struct meeting m = {.ws = ws,
                              .ranges = c->ranges[0],
                              .focus = UINT32_MAX,
                              .visits = c->visits,
                              .met = spread_to_leaf,
                              .user = &spreading};
    meet(&m, leaf);
  }
}

struct comparison {
  const double *value; /* of leaves */
  double ours;
  bool broken;
};

static void compare_leaf(void *user, int leaf, bool below, struct leaf_range focus) {
  (void)focus;
  struct comparison *c = user;
  c->broken |= below ? c->value[leaf] > c->ours : c->value[leaf] < c->ours;
}

bool monotone_broken(struct workspace *ws, const struct tree *tree) {
  struct comparison comparison = {.value = tree->leaf_value};
  const struct meeting m = {.ws = ws,
                            .ranges = ws->constraint.ranges[0],
                            .focus = UINT32_MAX,
                            .visits = ws->constraint.visits,
                            .met = compare_leaf,
                            .user = &comparison};
  for (int leaf = 0; leaf < tree->n_leaves && !comparison.broken; leaf++) {
    monotone_ranges(ws, leaf, 0);
    comparison.ours = tree->leaf_value[leaf];
    meet(&m, leaf);
  }
  return comparison.broken;
}
