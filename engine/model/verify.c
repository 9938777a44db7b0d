/* verify.c - a model against the constraints it states: which there are, and the tools of the search. */
#include "model/verify.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/status.h"
#include "model/route.h"

static const uint64_t DEFAULT_STEPS = 200000000;

void verify_tree(struct verifier *v, const struct tree *tree) {
  size_t n = 0, n_order = 0;
  if (tree->n_leaves < 2) return;
  v->parent[0] = -1;
  v->stack[n++] = 0;
  while (n > 0) {
    int node = v->stack[--n];
    v->order[n_order++] = node;
    for (int right = 0; right < 2; right++) {
      int child = right ? tree->right_child[node] : tree->left_child[node];
      if (child < 0) continue;
      v->parent[child] = node;
      v->stack[n++] = child;
    }
  }
  v->steps += n_order;
}

static bool goes_left(const struct tree *tree, int node, const double *row) {
  double value = route_value(row[tree->split_feature[node]]);
  if (verify_numeric(tree, node))
    return route_numeric_left(value, tree->threshold[node], tree->decision_type[node]);
  int set = (int)tree->threshold[node];
  return route_categorical_left(value, tree->cat_words + tree->cat_boundaries[set],
                                tree->cat_boundaries[set + 1] - tree->cat_boundaries[set]);
}

static double leaf_score(const struct tree *tree, int leaf, const double *row) {
  const struct leaf_models *linear = tree->linear;
  if (linear == NULL) return tree->leaf_value[leaf];
  double sum = linear->constant[leaf];
  for (size_t t = linear->begin[leaf]; t < linear->begin[leaf + 1]; t++)
    if (!leaf_model_add(linear->coefficient[t], route_value(row[linear->feature[t]]), &sum))
      return tree->leaf_value[leaf];
  return sum;
}

double verify_score(struct verifier *v, int output, const double *row) {
  double score = 0;
  for (int t = output; t < v->model->n_trees; t += v->model->trees_per_round) {
    const struct tree *tree = &v->model->trees[t];
    int node = tree->n_leaves > 1 ? 0 : ~0;
    for (; node >= 0; v->steps++)
      node = goes_left(tree, node, row) ? tree->left_child[node] : tree->right_child[node];
    v->steps++;
    score += leaf_score(tree, ~node, row);
  }
  return score;
}

double verify_value_at(const struct tree *tree, int node, bool right) {
  double threshold = tree->threshold[node];
  if (verify_numeric(tree, node)) {
    /* Values within BINS_ZERO are 0. */
    if (!right) return threshold < 0 && threshold >= -BINS_ZERO ? -2 * BINS_ZERO : threshold;
    double beyond = nextafter(threshold, INFINITY);
    if (fabs(beyond) > BINS_ZERO) return beyond;
    return threshold < 0 ? 0 : 2 * BINS_ZERO;
  }
  if (right) return -1;
  int set = (int)threshold;
  for (uint32_t w = tree->cat_boundaries[set]; w < tree->cat_boundaries[set + 1]; w++)
    for (uint32_t bit = 0; bit < 32; bit++)
      if (tree->cat_words[w] >> bit & 1) return (double)(w - tree->cat_boundaries[set]) * 32 + bit;
  return -1;
}

void verify_reach(struct verifier *v, const struct tree *tree, int leaf, double *row) {
  int child = ~leaf, node = tree->leaf_parent[leaf];
  memset(row, 0, v->model->n_features * sizeof *row);
  for (; node >= 0; child = node, node = v->parent[node], v->steps++) {
    bool right = tree->right_child[node] == child;
    if (goes_left(tree, node, row) != right) continue; /* there already, by the nodes below */
    row[tree->split_feature[node]] = verify_value_at(tree, node, right);
  }
}

uint64_t verify_draw(struct verifier *v, uint64_t n) {
  return rng_below(rng_bits(0, RNG_PIVOT, v->draws++), n);
}

void verify_shake(struct verifier *v, double *row) {
  const struct tree *tree = &v->model->trees[verify_draw(v, (uint64_t)v->model->n_trees)];
  v->steps++;
  if (tree->n_leaves < 2) return;
  int node = (int)verify_draw(v, (uint64_t)tree->n_leaves - 1);
  uint64_t side = verify_draw(v, 16);
  row[tree->split_feature[node]] = side == 0 ? NAN : verify_value_at(tree, node, side % 2);
}

static int by_value(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

void verify_cuts(struct verifier *v, uint32_t feature) {
  size_t n = 0, kept = 0;
  for (int t = 0; t < v->model->n_trees; t++) {
    const struct tree *tree = &v->model->trees[t];
    for (int node = 0; node < tree->n_leaves - 1; node++)
      if ((uint32_t)tree->split_feature[node] == feature && verify_numeric(tree, node))
        v->cuts[n++] = tree->threshold[node];
    v->steps += (uint64_t)tree->n_leaves;
  }
  if (n > 0) v->cuts[n++] = -2 * BINS_ZERO; /* thresholds just below 0 are met by nothing but 0 */
  qsort(v->cuts, n, sizeof *v->cuts, by_value);
  for (size_t i = 0; i < n; i++)
    if (kept == 0 || v->cuts[i] != v->cuts[kept - 1]) v->cuts[kept++] = v->cuts[i];
  if (kept > 0) {
    double last = v->cuts[kept - 1];
    v->cuts[kept++] = last + fmax(1, fabs(last) * 0x1p-20);
  }
  v->n_cuts = kept;
}

/* The groups: of the configuration, else of LightGBM's "[interaction_constraints: ...]". A copy, owned by the
 * caller; NULL: none, or no memory. */
static char *find_groups(const copse_model *model, bool *failed) {
  static const char *const keys[] = {"interaction_constraints=", "[interaction_constraints: "};
  const char *const texts[] = {model->config, model->parameters};
  *failed = false;
  for (int i = 0; i < 2; i++) {
    const char *at = texts[i];
    size_t key = strlen(keys[i]);
    while (at != NULL && strncmp(at, keys[i], key) != 0) {
      at = strchr(at, '\n');
      if (at != NULL) at++;
    }
    if (at == NULL) continue;
    at += key;
    size_t length = strcspn(at, "\n");
    if (i == 1 && length > 0 && at[length - 1] == ']') length--;
    if (length == 0) continue;
    char *copy = copse_alloc(model->ctx, length + 1, 1);
    *failed = copy == NULL;
    if (copy == NULL) return NULL;
    memcpy(copy, at, length);
    copy[length] = '\0';
    return copy;
  }
  return NULL;
}

static copse_status make_room(struct verifier *v, copse_error *err) {
  copse_context *ctx = v->model->ctx;
  size_t most = 1, all = 1, n_features = v->model->n_features;
  for (int t = 0; t < v->model->n_trees; t++) {
    size_t n = (size_t)v->model->trees[t].n_leaves;
    if (n > most) most = n;
    all += n;
  }
  v->parent = copse_alloc(ctx, most, sizeof *v->parent);
  v->stack = copse_alloc(ctx, most, sizeof *v->stack);
  v->order = copse_alloc(ctx, most, sizeof *v->order);
  v->least = copse_alloc(ctx, most, sizeof *v->least);
  v->most = copse_alloc(ctx, most, sizeof *v->most);
  v->ranges = copse_alloc(ctx, n_features, sizeof *v->ranges);
  v->rows = copse_alloc(ctx, 4 * n_features, sizeof *v->rows);
  v->cuts = copse_alloc(ctx, all + 2, sizeof *v->cuts);
  bool ok = v->parent != NULL && v->stack != NULL && v->order != NULL && v->least != NULL &&
            v->most != NULL && v->ranges != NULL && v->rows != NULL && v->cuts != NULL;
  return ok ? COPSE_OK : status_memory(err, "the verification of a model");
}

copse_status copse_model_verify(const copse_model *model, uint64_t max_steps, copse_verify_fn on_result,
                                void *user, copse_error *err) {
  struct verifier v = {.model = model,
                       .on_result = on_result,
                       .user = user,
                       .max_steps = max_steps > 0 ? max_steps : DEFAULT_STEPS};
  bool failed;
  char *groups = find_groups(model, &failed);
  copse_status status = failed ? status_memory(err, "the verification of a model") : make_room(&v, err);
  const char *at = model->monotone_constraints;
  for (uint32_t f = 0; f < model->n_features && status == COPSE_OK && *at != '\0'; f++) {
    char *end;
    long sign = strtol(at, &end, 10);
    if (end == at) break;
    at = end;
    v.steps = v.draws = 0;
    if (sign != 0) verify_monotone(&v, f, sign > 0 ? 1 : -1);
  }
  v.steps = v.draws = 0;
  if (status == COPSE_OK && groups != NULL) status = verify_interactions(&v, groups, err);
  copse_free(groups);
  copse_free(v.parent);
  copse_free(v.stack);
  copse_free(v.order);
  copse_free(v.least);
  copse_free(v.most);
  copse_free(v.ranges);
  copse_free(v.rows);
  copse_free(v.cuts);
  return status;
}
