/* monotone_order.c - leaf values that did not come from the search are brought into order: at each node of a
 * constrained feature a line is drawn between its sides that no leaf below crosses, as the basic method does.
 */
#include <math.h>

#include "train/monotone.h"

/* What is known of a node's leaves, and the limits they get. */
struct node_values {
  double *least, *most, *sum, *lower, *upper; /* [nodes] */
};

struct side_values {
  double least, most, sum;
  int64_t count;
};

static struct side_values side_values(const struct tree *tree, const struct node_values *v, int child) {
  if (child >= 0)
    return (struct side_values){v->least[child], v->most[child], v->sum[child], tree->internal_count[child]};
  double value = tree->leaf_value[~child];
  int64_t count = tree->leaf_count[~child];
  return (struct side_values){value, value, value * (double)count, count};
}

static double mean_of(struct side_values side) {
  return side.count > 0 ? side.sum / (double)side.count : (side.least + side.most) / 2;
}

/* The line between the sides of a constrained node: it hurts nobody where they are in order. */
static double line_between(struct side_values low, struct side_values high) {
  if (low.most <= high.least) return low.most + (high.least - low.most) / 2;
  return (mean_of(low) + mean_of(high)) / 2;
}

static void limit_child(struct tree *tree, const struct node_values *v, int child, double lower,
                        double upper) {
  if (child >= 0) {
    v->lower[child] = lower;
    v->upper[child] = upper;
  } else {
    tree->leaf_value[~child] = scan_clamp(tree->leaf_value[~child], (struct scan_limits){lower, upper});
  }
}

static void limit_sides(const struct workspace *ws, struct tree *tree, const struct node_values *v,
                        int node) {
  int sign = (tree->decision_type[node] & DECISION_CATEGORICAL) == 0
                 ? ws->constraint.sign[tree->split_column[node]]
                 : 0;
  int left = tree->left_child[node], right = tree->right_child[node];
  double lower = v->lower[node], upper = v->upper[node];
  if (sign == 0) {
    limit_child(tree, v, left, lower, upper);
    limit_child(tree, v, right, lower, upper);
    return;
  }
  int low = sign > 0 ? left : right, high = sign > 0 ? right : left;
  double line = scan_clamp(line_between(side_values(tree, v, low), side_values(tree, v, high)),
                           (struct scan_limits){lower, upper});
  limit_child(tree, v, low, lower, line);
  limit_child(tree, v, high, line, upper);
}

/* Children of a node come after it. */
void monotone_restore_order(struct workspace *ws, struct tree *tree) {
  if (ws->constraint.sign == NULL || tree->n_leaves == 1) return;
  if (monotone_looks_around(ws) && !monotone_broken(ws, tree)) return;
  size_t n = (size_t)ws->grow.num_leaves;
  double *room = ws->constraint.order;
  const struct node_values v = {room, room + n, room + 2 * n, room + 3 * n, room + 4 * n};
  for (int node = tree->n_leaves - 2; node >= 0; node--) {
    struct side_values a = side_values(tree, &v, tree->left_child[node]);
    struct side_values b = side_values(tree, &v, tree->right_child[node]);
    v.least[node] = fmin(a.least, b.least);
    v.most[node] = fmax(a.most, b.most);
    v.sum[node] = a.sum + b.sum;
  }
  v.lower[0] = -INFINITY;
  v.upper[0] = INFINITY;
  for (int node = 0; node < tree->n_leaves - 1; node++) limit_sides(ws, tree, &v, node);
}
