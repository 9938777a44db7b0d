/* verify_interactions.c - proof: the features of every path are in one group together, and then the model is
 * a sum of functions of one group each. A path that is not so is no proof of the opposite: rows are searched
 * for in which two features of no common group do act together, or one of no group acts at all. */
#include <math.h>
#include <string.h>

#include "base/status.h"
#include "data/encoder.h"
#include "model/verify.h"
#include "params/interactions.h"

struct groups {
  uint64_t *of_feature; /* [n_features * n_words] */
  size_t n_words;
};

enum { STARTS = 512 };

static copse_status read_groups(const copse_model *model, const char *text, struct groups *out,
                                copse_error *err) {
  struct interaction_item item = {0};
  const char *at = text;
  while (interactions_next(&at, &item)) continue;
  out->n_words = (item.n_groups + 63) / 64;
  out->of_feature = copse_alloc_zero(model->ctx, model->n_features * out->n_words, sizeof *out->of_feature);
  if (out->of_feature == NULL) return status_memory(err, "the verification of a model");
  item = (struct interaction_item){0};
  at = text;
  while (interactions_next(&at, &item)) {
    int64_t f = interactions_feature(&item, (const char *const *)model->names, model->n_features);
    if (item.bad || f < 0)
      return status_set(
          err, COPSE_ERR_FORMAT,
          "the model's interaction_constraints=%.200s: expected groups of its features' numbers or "
          "names, as in [0,1],[2,3]",
          text);
    out->of_feature[(size_t)f * out->n_words + item.group / 64] |= (uint64_t)1 << (item.group % 64);
  }
  encoder_spread_groups(model->encoder, out->of_feature, out->n_words);
  return COPSE_OK;
}

/* Whether the features of the path to a child of `node`, up to the root, are in one group. */
static bool path_in_group(struct verifier *v, const struct groups *groups, const struct tree *tree,
                          int node) {
  for (size_t w = 0; w < groups->n_words; w++) {
    uint64_t common = ~(uint64_t)0;
    for (int at = node; at >= 0; at = v->parent[at], v->steps++)
      common &= groups->of_feature[(size_t)tree->split_feature[at] * groups->n_words + w];
    if (common != 0) return true;
  }
  return false;
}

static bool share_group(const struct groups *groups, uint32_t a, uint32_t b) {
  for (size_t w = 0; w < groups->n_words; w++)
    if (groups->of_feature[a * groups->n_words + w] & groups->of_feature[b * groups->n_words + w])
      return true;
  return false;
}

/* Two features of the path that have no group in common, or one twice that has none. False: there are none,
 * though no group has all. */
static bool find_pair(struct verifier *v, const struct groups *groups, const struct tree *tree, int node,
                      uint32_t *a, uint32_t *b, int *node_a, int *node_b) {
  for (int at = node; at >= 0; at = v->parent[at], v->steps++) {
    *node_a = *node_b = at;
    *a = *b = (uint32_t)tree->split_feature[at];
    if (!share_group(groups, *a, *a)) return true;
  }
  for (int low = node; low >= 0; low = v->parent[low])
    for (int high = low; high >= 0; high = v->parent[high], v->steps++) {
      *node_a = low;
      *node_b = high;
      *a = (uint32_t)tree->split_feature[low];
      *b = (uint32_t)tree->split_feature[high];
      if (!share_group(groups, *a, *b)) return true;
    }
  return false;
}

/* A leaf at or below a child. */
static int some_leaf(const struct tree *tree, int child) {
  while (child >= 0) child = tree->left_child[child];
  return ~child;
}

/* Rows around one that passes both nodes, on either side of each. Filled in: rows and scores. */
static bool act_together(struct verifier *v, const struct tree *tree, int output, uint32_t a, uint32_t b,
                         int node_a, int node_b) {
  uint32_t n = v->model->n_features;
  int n_rows = a == b ? 2 : 4;
  double most = 0;
  for (int r = 1; r < 4; r++) memcpy(v->rows + r * (size_t)n, v->rows, n * sizeof *v->rows);
  for (int r = 0; r < n_rows; r++) {
    double *row = v->rows + r * (size_t)n;
    if (a != b) row[b] = verify_value_at(tree, node_b, r / 2);
    row[a] = verify_value_at(tree, node_a, r % 2);
    v->scores[r] = verify_score(v, output, row);
    most = fmax(most, fabs(v->scores[r]));
  }
  double difference = v->scores[0] - v->scores[1];
  if (a != b) difference -= v->scores[2] - v->scores[3];
  return fabs(difference) > 1e-9 * most; /* far beyond what rounding makes of a sum */
}

static bool find_rows(struct verifier *v, int t, int node, uint32_t a, uint32_t b, int node_a, int node_b) {
  const struct tree *tree = &v->model->trees[t];
  for (int start = 0; start < STARTS && !verify_spent(v); start++) {
    int child = start % 2 ? tree->right_child[node] : tree->left_child[node];
    verify_reach(v, tree, some_leaf(tree, child), v->rows);
    for (int i = 0; i < start / 2; i++) verify_shake(v, v->rows);
    if (act_together(v, tree, t % v->model->trees_per_round, a, b, node_a, node_b)) return true;
  }
  return false;
}

/* The first path that no group holds. */
static void look_at_trees(struct verifier *v, const struct groups *groups, copse_verification *result) {
  for (int t = 0; t < v->model->n_trees && !verify_spent(v); t++) {
    const struct tree *tree = &v->model->trees[t];
    if (tree->linear != NULL) result->verdict = COPSE_UNDECIDED;
    verify_tree(v, tree);
    for (int node = 0; node < tree->n_leaves - 1 && !verify_spent(v); node++) {
      bool last = tree->left_child[node] < 0 || tree->right_child[node] < 0;
      if (!last || path_in_group(v, groups, tree, node)) continue;
      uint32_t a, b;
      int node_a, node_b;
      bool pair = find_pair(v, groups, tree, node, &a, &b, &node_a, &node_b);
      if (result->verdict == COPSE_PROVED) {
        result->feature = pair ? a : (uint32_t)tree->split_feature[node];
        result->other = pair && a != b ? b : UINT32_MAX;
      }
      result->verdict = COPSE_UNDECIDED;
      if (!pair || !find_rows(v, t, node, a, b, node_a, node_b)) continue;
      *result = (copse_verification){.interaction = true,
                                     .feature = a,
                                     .other = a != b ? b : UINT32_MAX,
                                     .verdict = COPSE_REFUTED,
                                     .output = t % v->model->trees_per_round,
                                     .n_rows = a == b ? 2 : 4,
                                     .rows = v->rows,
                                     .scores = v->scores};
      return;
    }
  }
  if (verify_spent(v)) result->verdict = COPSE_UNDECIDED;
}

copse_status verify_interactions(struct verifier *v, const char *text, copse_error *err) {
  struct groups groups = {0};
  copse_status status = read_groups(v->model, text, &groups, err);
  copse_verification result = {.interaction = true, .other = UINT32_MAX};
  if (status == COPSE_OK) {
    look_at_trees(v, &groups, &result);
    v->on_result(v->user, &result);
  }
  copse_free(groups.of_feature);
  return status;
}
