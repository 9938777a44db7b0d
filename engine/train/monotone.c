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
 * leaves_met.h tells whom a leaf may meet. */
#include "train/monotone.h"

#include <math.h>

#include "base/status.h"
#include "data/encoder.h"
#include "kernels/kernel_math.h"
#include "train/leaves_met.h"
#include "train/monotone_kept.h"

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
  int number = (int)(leaf - ws->leaves), place = leaves_met_place(ws, number);
  leaves_met(&m, place);
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
    leaves_met_ranges(ws, leaf, 0);
    struct spreading spreading = {ws, ws->leaves[leaf].output, {left, right}};
    const struct meeting m = {.ws = ws,
                              .ranges = c->ranges[0],
                              .focus = UINT32_MAX,
                              .visits = c->visits,
                              .met = spread_to_leaf,
                              .user = &spreading};
    leaves_met(&m, leaf);
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
    leaves_met_ranges(ws, leaf, 0);
    comparison.ours = tree->leaf_value[leaf];
    leaves_met(&m, leaf);
  }
  return comparison.broken;
}
