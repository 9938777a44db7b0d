/* refit_order.c - the order that a model states in some features, kept by the leaves of a refit. At each node
 * of a constrained feature a line is drawn between the new values of its sides that no leaf below crosses. A
 * mixture of the old values, which are in order, and such new ones is in order as well, rounding included. */
#include "train/refit_order.h"

#include <math.h>
#include <stdlib.h>

#include "base/status.h"

struct order_node {
  double least, most, sum, lower, upper;
  uint64_t count;
  int next; /* every node before its children */
};

copse_status refit_order_create(copse_context *ctx, const copse_model *model, int most_leaves,
                                struct refit_order *out, copse_error *err) {
  const char *at = model->monotone_constraints;
  *out = (struct refit_order){0};
  if (*at == '\0') return COPSE_OK;
  out->sign = copse_alloc_zero(ctx, model->n_features, sizeof *out->sign);
  out->nodes = copse_alloc(ctx, (size_t)most_leaves, sizeof *out->nodes);
  out->best = copse_alloc(ctx, (size_t)most_leaves, sizeof *out->best);
  out->count = copse_alloc(ctx, (size_t)most_leaves, sizeof *out->count);
  if (out->sign == NULL || out->nodes == NULL || out->best == NULL || out->count == NULL)
    return status_memory(err, "the order of leaves");
  for (uint32_t f = 0; f < model->n_features; f++) {
    char *end;
    long sign = strtol(at, &end, 10);
    if (end == at) break;
    at = end;
    out->sign[f] = (int8_t)((sign > 0) - (sign < 0));
  }
  return COPSE_OK;
}

void refit_order_release(struct refit_order *order) {
  copse_free(order->sign);
  copse_free(order->nodes);
  copse_free(order->best);
  copse_free(order->count);
}

static struct order_node side_of(const struct refit_order *order, int child) {
  if (child >= 0) return order->nodes[child];
  double value = order->best[~child];
  uint64_t count = order->count[~child];
  return (struct order_node){.least = value, .most = value, .sum = value * (double)count, .count = count};
}

static double mean_of(struct order_node side) {
  return side.count > 0 ? side.sum / (double)side.count : side.least + (side.most - side.least) / 2;
}

static double clamp(double value, double lower, double upper) { return fmin(fmax(value, lower), upper); }

static void limit_child(struct refit_order *order, int child, double lower, double upper) {
  if (child >= 0) {
    order->nodes[child].lower = lower;
    order->nodes[child].upper = upper;
  } else {
    order->best[~child] = clamp(order->best[~child], lower, upper);
  }
}

static void limit_sides(struct refit_order *order, const struct tree *tree, int node) {
  bool numeric = (tree->decision_type[node] & DECISION_CATEGORICAL) == 0;
  int sign = numeric ? order->sign[tree->split_feature[node]] : 0;
  int left = tree->left_child[node], right = tree->right_child[node];
  int low = sign > 0 ? left : right, high = sign > 0 ? right : left;
  double lower = order->nodes[node].lower, upper = order->nodes[node].upper;
  double below = upper, above = lower;
  if (sign != 0) {
    struct order_node a = side_of(order, low), b = side_of(order, high);
    /* The line hurts nobody where the sides are in order. */
    double line = a.most <= b.least ? a.most + (b.least - a.most) / 2 : mean_of(a) / 2 + mean_of(b) / 2;
    below = above = clamp(line, lower, upper);
  }
  limit_child(order, low, lower, below);
  limit_child(order, high, above, upper);
}

static void sort_nodes(struct refit_order *order, const struct tree *tree) {
  int n = 1;
  order->nodes[0].next = 0;
  for (int i = 0; i < n; i++) {
    int node = order->nodes[i].next;
    if (tree->left_child[node] >= 0) order->nodes[n++].next = tree->left_child[node];
    if (tree->right_child[node] >= 0) order->nodes[n++].next = tree->right_child[node];
  }
}

static void sum_sides(struct refit_order *order, const struct tree *tree, int node) {
  struct order_node a = side_of(order, tree->left_child[node]), b = side_of(order, tree->right_child[node]);
  struct order_node *to = &order->nodes[node];
  to->least = fmin(a.least, b.least);
  to->most = fmax(a.most, b.most);
  to->sum = a.sum + b.sum;
  to->count = a.count + b.count;
}

void refit_order_restore(struct refit_order *order, const struct tree *tree) {
  if (tree->n_leaves < 2) return;
  sort_nodes(order, tree);
  for (int i = tree->n_leaves - 2; i >= 0; i--) sum_sides(order, tree, order->nodes[i].next);
  order->nodes[0].lower = -INFINITY;
  order->nodes[0].upper = INFINITY;
  for (int i = 0; i < tree->n_leaves - 1; i++) limit_sides(order, tree, order->nodes[i].next);
}
