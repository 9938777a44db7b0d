/* leaves_met.c - see leaves_met.h */
#include "train/leaves_met.h"

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

int leaves_met_place(const struct workspace *ws, int leaf) {
  return ws->leaves[leaf].part_of >= 0 ? ws->leaves[leaf].part_of : leaf;
}

void leaves_met_ranges(struct workspace *ws, int leaf, int side) {
  const struct constraints *c = &ws->constraint;
  const struct tree *tree = c->tree;
  struct leaf_range *ranges = c->ranges[side];
  for (uint32_t i = 0; i < ws->data->binned.n_columns; i++) ranges[i] = whole_range(ws, i);
  int place = leaves_met_place(ws, leaf);
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

void leaves_met(const struct meeting *m, int place) {
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
