/* monotone_kept.c - see monotone_kept.h */
#include "train/monotone_kept.h"

#include <math.h>
#include <string.h>

#include "base/status.h"
#include "model/tree.h"
#include "train/limit_runs.h"

/* Limits of a leaf and column that are to be found anew. */
enum { DIRTY_LOWER = 1, DIRTY_UPPER = 2 };

/* A node above, and the side of it that we come from. */
struct passed {
  uint32_t column, threshold;
  bool right;
};

/* A node on the way down. For a leaf's limits: the bins [first, end) of the column of interest that it bears
 * on; after a split: whether the new leaves, left and right, touch the region. */
struct kept_visit {
  int node;
  uint32_t first, end;
  bool touches[2];
};

struct kept_limits {
  struct limit_runs runs;    /* of num_leaves + 2 leaves; empty: intermediate */
  uint8_t *dirty;            /* [(num_leaves + 2) * n_columns] */
  struct passed *passed;     /* [n_threads * num_leaves] */
  struct kept_visit *visits; /* [n_threads * num_leaves] */
};

static uint32_t bins_of(const struct workspace *ws, uint32_t column) {
  return ws->data->schema->features[ws->data->binned.columns[column].feature].n_bins;
}

copse_status kept_create(struct workspace *ws, copse_error *err) {
  struct kept_limits *kept = copse_alloc_zero(ws->ctx, 1, sizeof *kept);
  ws->constraint.kept = kept;
  if (kept == NULL) return status_memory(err, "monotone constraints");
  uint32_t n_columns = ws->data->binned.n_columns;
  size_t n_leaves = (size_t)ws->grow.num_leaves, n_walks = (size_t)ws->n_threads * n_leaves;
  kept->passed = copse_alloc(ws->ctx, n_walks, sizeof *kept->passed);
  kept->visits = copse_alloc(ws->ctx, n_walks, sizeof *kept->visits);
  if (kept->passed == NULL || kept->visits == NULL) return status_memory(err, "monotone constraints");
  if (ws->grow.constraint.method != MONOTONE_ADVANCED) return COPSE_OK;
  kept->dirty = copse_alloc(ws->ctx, (n_leaves + 2) * n_columns, sizeof *kept->dirty);
  if (!limit_runs_create(&kept->runs, ws->ctx, n_columns, n_leaves + 2) || kept->dirty == NULL)
    return status_memory(err, "monotone constraints");
  return COPSE_OK;
}

void kept_release(struct workspace *ws) {
  struct kept_limits *kept = ws->constraint.kept;
  if (kept == NULL) return;
  limit_runs_release(&kept->runs);
  copse_free(kept->dirty);
  copse_free(kept->passed);
  copse_free(kept->visits);
  copse_free(kept);
}

/* ---- what a leaf has ---- */

/* Nothing is divided ahead: one pair of children is pending at a time, behind the leaves of the tree. */
static size_t place_of(const struct workspace *ws, int leaf) {
  int n = ws->grow.num_leaves;
  return (size_t)(leaf < n ? leaf : n + ((leaf - n) & 1));
}

static struct limit_runs *runs_of(const struct workspace *ws) { return &ws->constraint.kept->runs; }

static bool keeps_runs(const struct workspace *ws) { return runs_of(ws)->lower != NULL; }

static uint8_t *dirty_of(const struct workspace *ws, int leaf) {
  return ws->constraint.kept->dirty + place_of(ws, leaf) * ws->data->binned.n_columns;
}

void kept_begin_tree(const struct workspace *ws) {
  if (!keeps_runs(ws)) return;
  limit_runs_begin_tree(runs_of(ws));
  memset(dirty_of(ws, 0), 0, ws->data->binned.n_columns);
}

/* A leaf beyond the threshold is limited from the threshold on, as LightGBM has it, or from the bin behind.
 */
static void begin_runs(const struct workspace *ws, uint32_t column, uint32_t threshold) {
  for (uint32_t bin = threshold; bin <= threshold + 1 && bin < bins_of(ws, column); bin++)
    limit_runs_begin(runs_of(ws), column, bin, (size_t)ws->constraint.tree->n_leaves);
}

void kept_settle(const struct workspace *ws, int from, int to) {
  if (!keeps_runs(ws)) return;
  limit_runs_copy(runs_of(ws), place_of(ws, from), place_of(ws, to));
  memcpy(dirty_of(ws, to), dirty_of(ws, from), ws->data->binned.n_columns);
}

void kept_child(const struct workspace *ws, int parent, int child, bool right) {
  if (!keeps_runs(ws)) return;
  const struct split *split = &ws->leaves[parent].best;
  if (!right && !split->categorical) begin_runs(ws, split->column, split->threshold_bin);
  kept_settle(ws, parent, child);
  if (split->categorical || ws->constraint.sign[split->column] == 0) return;
  bool below = (ws->constraint.sign[split->column] > 0) == right;
  limit_runs_tighten_all(runs_of(ws), place_of(ws, child), right ? split->left_output : split->right_output,
                         below);
}

/* ---- walks ---- */

struct walk {
  const struct workspace *ws;
  struct passed *passed; /* on the way up, the nearest of each column and side */
  size_t n_passed;
  struct kept_visit *visits;
  uint32_t column; /* of interest */
  uint32_t first, end;
  size_t leaf; /* whose limits are found */
  bool below;
};

static struct walk walk_begin(const struct workspace *ws, int thread) {
  const struct kept_limits *kept = ws->constraint.kept;
  size_t at = (size_t)thread * (size_t)ws->grow.num_leaves;
  return (struct walk){.ws = ws, .passed = kept->passed + at, .visits = kept->visits + at};
}

static bool was_passed(const struct walk *w, uint32_t column, bool right) {
  for (size_t i = 0; i < w->n_passed; i++)
    if (w->passed[i].column == column && w->passed[i].right == right) return true;
  return false;
}

static void pass(struct walk *w, uint32_t column, uint32_t threshold, bool right) {
  w->passed[w->n_passed++] = (struct passed){column, threshold, right};
}

static bool numeric(const struct tree *tree, int node) {
  return (tree->decision_type[node] & DECISION_CATEGORICAL) == 0;
}

/* Whether a side of a node may hold what lies beside us. */
static bool open_side(const struct walk *w, int node, bool right) {
  const struct tree *tree = w->ws->constraint.tree;
  if (!numeric(tree, node)) return true;
  uint32_t threshold = tree->threshold_bin[node];
  for (size_t i = 0; i < w->n_passed; i++) {
    const struct passed *p = &w->passed[i];
    if (p->column != tree->split_column[node] || p->right == right) continue;
    if (right ? p->threshold <= threshold : p->threshold >= threshold) return false;
  }
  return true;
}

static int child_of(const struct tree *tree, int node, bool right) {
  return right ? tree->right_child[node] : tree->left_child[node];
}

/* ---- limits found anew ---- */

static void tighten(const struct walk *w, uint32_t first, uint32_t end, double output) {
  limit_runs_tighten(runs_of(w->ws), w->leaf, w->column, first, end, output, w->below);
}

/* From the leaves below `top`, the other side of a node that parts `parted`. */
static void gather_below(const struct walk *w, int top, uint32_t parted) {
  const struct constraints *c = &w->ws->constraint;
  const struct tree *tree = c->tree;
  size_t n = 0;
  w->visits[n++] = (struct kept_visit){.node = top, .first = w->first, .end = w->end};
  while (n > 0) {
    struct kept_visit visit = w->visits[--n];
    if (visit.node < 0) {
      tighten(w, visit.first, visit.end, w->ws->leaves[~visit.node].output);
      continue;
    }
    uint32_t column = tree->split_column[visit.node];
    bool is_number = numeric(tree, visit.node);
    bool open[2] = {open_side(w, visit.node, false), open_side(w, visit.node, true)};
    int sign = is_number ? c->sign[column] : 0;
    if (open[0] && open[1] && sign != 0 && (column != w->column || parted == w->column))
      open[(sign > 0) == w->below ? 0 : 1] = false; /* the other side is the one that binds */
    for (int right = 0; right < 2; right++) {
      if (!open[right]) continue;
      struct kept_visit next = visit;
      next.node = child_of(tree, visit.node, right != 0);
      uint32_t beyond = tree->threshold_bin[visit.node] + 1;
      if (is_number && column == w->column && right == 0 && beyond < next.end) next.end = beyond;
      if (is_number && column == w->column && right == 1 && beyond > next.first) next.first = beyond;
      w->visits[n++] = next;
    }
  }
}

/* On the way up past a numeric node; `sibling`: output of its other side where that is not in the tree yet.
 */
static void gather_past(struct walk *w, uint32_t column, uint32_t threshold, bool right, int other,
                        const double *sibling) {
  if (column == w->column) {
    if (right && threshold > w->first) w->first = threshold;
    if (!right && threshold + 1 < w->end) w->end = threshold + 1;
  }
  if (was_passed(w, column, right)) return;
  int sign = w->ws->constraint.sign[column];
  if (sign != 0 && ((sign > 0) == right) == w->below) {
    if (sibling != NULL)
      tighten(w, w->first, w->end, *sibling);
    else
      gather_below(w, other, column);
  }
  pass(w, column, threshold, right);
}

static void find_anew(const struct workspace *ws, int leaf, uint32_t column, int thread, bool below) {
  const struct constraints *c = &ws->constraint;
  const struct tree *tree = c->tree;
  struct walk w = walk_begin(ws, thread);
  w.column = column;
  w.end = bins_of(ws, column);
  w.leaf = place_of(ws, leaf);
  w.below = below;
  limit_runs_clear(runs_of(ws), w.leaf, column, below);
  int place = leaf;
  if (ws->leaves[leaf].part_of >= 0) {
    place = ws->leaves[leaf].part_of;
    const struct split *split = &ws->leaves[place].best;
    bool right = ws->leaves[leaf].right_part;
    if (!split->categorical)
      gather_past(&w, split->column, split->threshold_bin, right, -1,
                  right ? &split->left_output : &split->right_output);
  }
  int child = ~place, node = tree->leaf_parent[place];
  for (; node >= 0; child = node, node = c->node_parent[node]) {
    bool right = tree->right_child[node] == child;
    if (numeric(tree, node))
      gather_past(&w, tree->split_column[node], tree->threshold_bin[node], right,
                  child_of(tree, node, !right), NULL);
  }
}

void kept_bounds(const struct workspace *ws, int leaf, uint32_t column, int thread, double *room,
                 struct scan_bounds *out) {
  const struct feature_bins *bins = &ws->data->schema->features[ws->data->binned.columns[column].feature];
  uint8_t *dirty = &dirty_of(ws, leaf)[column];
  if (*dirty != 0 && !bins->categorical) {
    find_anew(ws, leaf, column, thread, (*dirty & DIRTY_LOWER) != 0);
    *dirty = 0;
  }
  uint32_t n = bins->n_bins;
  double *left_lower = room, *left_upper = room + n, *right_lower = room + 2 * (size_t)n,
         *right_upper = room + 3 * (size_t)n;
  limit_runs_unroll(runs_of(ws), place_of(ws, leaf), column, n, left_lower, left_upper);
  right_lower[n - 1] = -INFINITY;
  right_upper[n - 1] = INFINITY;
  for (uint32_t t = n - 1; t-- > 0;) {
    right_lower[t] = fmax(right_lower[t + 1], left_lower[t + 1]);
    right_upper[t] = fmin(right_upper[t + 1], left_upper[t + 1]);
  }
  for (uint32_t t = 1; t < n; t++) {
    left_lower[t] = fmax(left_lower[t - 1], left_lower[t]);
    left_upper[t] = fmin(left_upper[t - 1], left_upper[t]);
  }
  out->all_lower = left_lower[n - 1];
  out->all_upper = left_upper[n - 1];
  if (bins->categorical) { /* its limits are the same for all bins */
    out->lower = out->all_lower;
    out->upper = out->all_upper;
    return;
  }
  out->left_lower = left_lower;
  out->left_upper = left_upper;
  out->right_lower = right_lower;
  out->right_upper = right_upper;
  out->missing_lower = -INFINITY;
  out->missing_upper = INFINITY;
  out->forward_stays = bins->missing != MISSING_NONE && n > 2;
}

/* ---- after a split ---- */

static void limit_leaf(struct workspace *ws, int number, double output, bool below) {
  struct leaf *leaf = &ws->leaves[number];
  bool tighter = below ? output > leaf->lower : output < leaf->upper;
  if (tighter) *(below ? &leaf->lower : &leaf->upper) = output;
  if (keeps_runs(ws)) {
    limit_runs_tighten_all(runs_of(ws), place_of(ws, number), output, below);
    uint8_t *dirty = dirty_of(ws, number);
    for (uint32_t i = 0; i < ws->data->binned.n_columns; i++) dirty[i] |= below ? DIRTY_LOWER : DIRTY_UPPER;
    tighter = true;
  }
  if (tighter) ws->constraint.stale[number] = 1;
}

/* The leaves below `top` get the new leaves' outputs as limits. */
static void spread_below(struct workspace *ws, const struct walk *w, int top, bool below,
                         const double outputs[2]) {
  const struct constraints *c = &ws->constraint;
  const struct tree *tree = c->tree;
  int made = w->visits[0].node; /* the new node */
  size_t n = 0;
  w->visits[++n] = (struct kept_visit){.node = top, .touches = {true, true}};
  while (n > 0) {
    struct kept_visit visit = w->visits[n--];
    if (visit.node < 0) {
      int leaf = ~visit.node;
      if (ws->leaves[leaf].best.gain == -INFINITY) continue;
      double output = outputs[visit.touches[1] ? 1 : 0];
      if (visit.touches[0] && visit.touches[1])
        output = below ? fmax(outputs[0], outputs[1]) : fmin(outputs[0], outputs[1]);
      limit_leaf(ws, leaf, output, below);
      continue;
    }
    for (int right = 0; right < 2; right++) {
      if (!open_side(w, visit.node, right != 0)) continue;
      struct kept_visit next = visit;
      next.node = child_of(tree, visit.node, right != 0);
      if (numeric(tree, visit.node) && numeric(tree, made) &&
          tree->split_column[visit.node] == tree->split_column[made]) {
        uint32_t t = tree->threshold_bin[visit.node], at = tree->threshold_bin[made];
        if (right ? t >= at : t <= at) next.touches[right ? 0 : 1] = false;
      }
      w->visits[++n] = next;
    }
  }
}

void kept_after_split(struct workspace *ws, int left, int right) {
  const struct constraints *c = &ws->constraint;
  const struct tree *tree = c->tree;
  const double outputs[2] = {ws->leaves[left].output, ws->leaves[right].output};
  struct walk w = walk_begin(ws, 0);
  int child = tree->leaf_parent[left], node = c->node_parent[child];
  w.visits[0].node = child;
  for (; node >= 0; child = node, node = c->node_parent[node]) {
    bool from_right = tree->right_child[node] == child;
    uint32_t column = tree->split_column[node];
    if (!numeric(tree, node) || was_passed(&w, column, from_right)) continue;
    if (c->sign[column] != 0)
      spread_below(ws, &w, child_of(tree, node, !from_right), (c->sign[column] > 0) != from_right, outputs);
    pass(&w, column, tree->threshold_bin[node], from_right);
  }
}
