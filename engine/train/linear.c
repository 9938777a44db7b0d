/* linear.c - see linear.h. Each leaf is one thread's, and its rows are added up in their order, so that
 * threads do not matter. */
#include "train/linear.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "model/route.h"
#include "train/linear_leaf.h"

struct fit {
  const struct workspace *ws;
  const float *gradient, *hessian;
  struct tree *tree;
  struct leaf_models *models; /* with a term for each feature, coefficients yet to be found */
  struct moments *moments;    /* [n_threads] */
  bool count_values;
};

/* False: the leaf predicts its value. */
static bool find_model(const struct fit *fit, int leaf, struct moments *moments) {
  const struct leaf *own = &fit->ws->leaves[leaf];
  const struct leaf_models *models = fit->models;
  size_t begin = models->begin[leaf], n = models->begin[leaf + 1] - begin;
  struct leaf_rows rows = {own->area.rows, own->n_rows,           fit->gradient,
                           fit->hessian,   fit->ws->data->values, fit->count_values};
  bool fits = n > 0 || fit->ws->grow.compat.linear_counts;
  return fits && linear_leaf_fit(&rows, models->feature + begin, n, fit->ws->grow.linear.lambda, moments,
                                 models->coefficient + begin, &models->constant[leaf]);
}

static void fit_leaf(void *user, size_t chunk, int thread) {
  const struct fit *fit = user;
  struct leaf_models *models = fit->models;
  if (find_model(fit, (int)chunk, &fit->moments[thread])) return;
  size_t begin = models->begin[chunk], n = models->begin[chunk + 1] - begin;
  models->constant[chunk] = fit->tree->leaf_value[chunk];
  memset(models->coefficient + begin, 0, n * sizeof *models->coefficient);
}

/* ---- the features of each leaf ---- */

static int by_number(const void *a, const void *b) {
  int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
  return (x > y) - (x < y);
}

/* The distinct numeric features on the way to a leaf, ascending, to out [leaf_depth]; returns how many. */
static size_t features_above(const struct tree *tree, const int *parent, int leaf, int32_t *out) {
  size_t n = 0, n_distinct = 0;
  for (int node = tree->leaf_parent[leaf]; node >= 0; node = parent[node])
    if (!(tree->decision_type[node] & DECISION_CATEGORICAL)) out[n++] = tree->split_feature[node];
  qsort(out, n, sizeof *out, by_number);
  for (size_t i = 0; i < n; i++)
    if (i == 0 || out[i] != out[i - 1]) out[n_distinct++] = out[i];
  return n_distinct;
}

static void find_parents(const struct tree *tree, int *parent) {
  parent[0] = -1;
  for (int node = 0; node < tree->n_leaves - 1; node++) {
    if (tree->left_child[node] >= 0) parent[tree->left_child[node]] = node;
    if (tree->right_child[node] >= 0) parent[tree->right_child[node]] = node;
  }
}

/* Models with a term for each feature; *most: terms of the leaf that has most. */
static copse_status list_terms(const struct tree *tree, struct leaf_models **out, size_t *most,
                               copse_error *err) {
  size_t n_leaves = (size_t)tree->n_leaves, n = 0, n_above = 0;
  for (size_t l = 0; l < n_leaves; l++) n_above += (size_t)tree->leaf_depth[l];
  int *parent = copse_alloc(tree->ctx, n_leaves, sizeof *parent);
  int32_t *feature = copse_alloc(tree->ctx, n_above, sizeof *feature);
  size_t *begin = copse_alloc_zero(tree->ctx, n_leaves + 1, sizeof *begin);
  copse_status status = COPSE_OK;
  if (parent == NULL || feature == NULL || begin == NULL) {
    status = status_memory(err, "the linear models of a tree's leaves");
    goto done;
  }
  find_parents(tree, parent);
  for (size_t l = 0; l < n_leaves; l++) {
    size_t n_terms = features_above(tree, parent, (int)l, feature + n);
    if (n_terms > *most) *most = n_terms;
    begin[l + 1] = n += n_terms;
  }
  status = leaf_models_create(tree->ctx, tree->n_leaves, n, out, err);
  if (status != COPSE_OK) goto done;
  memcpy((*out)->begin, begin, (n_leaves + 1) * sizeof *begin);
  memcpy((*out)->feature, feature, n * sizeof *feature);
done:
  copse_free(parent);
  copse_free(feature);
  copse_free(begin);
  return status;
}

/* Terms whose coefficient is 0 are left out. */
static void drop_terms(struct leaf_models *models) {
  size_t n = 0, at = 0;
  for (int l = 0; l < models->n_leaves; l++) {
    for (; at < models->begin[l + 1]; at++) {
      if (models->coefficient[at] == 0) continue;
      models->coefficient[n] = models->coefficient[at];
      models->feature[n++] = models->feature[at];
    }
    models->begin[l + 1] = n;
  }
}

/* compat=lightgbm alone. */
static bool counts_values(const struct workspace *ws, const struct tree *tree) {
  const struct feature_bins *features = ws->data->schema->features;
  bool counts = false;
  for (int i = 0; i < tree->n_leaves - 1; i++)
    if (!(tree->decision_type[i] & DECISION_CATEGORICAL))
      counts = counts || features[tree->split_feature[i]].missing == MISSING_NAN;
  return counts && ws->grow.compat.linear_counts;
}

copse_status linear_fit(const struct workspace *ws, const float *gradient, const float *hessian,
                        bool constants, struct tree *tree, copse_error *err) {
  size_t most = 0;
  copse_status status;
  if (constants) {
    status = leaf_models_create(tree->ctx, tree->n_leaves, 0, &tree->linear, err);
    for (int l = 0; status == COPSE_OK && l < tree->n_leaves; l++)
      tree->linear->constant[l] = tree->leaf_value[l];
    return status;
  }
  struct fit fit = {.ws = ws,
                    .gradient = gradient,
                    .hessian = hessian,
                    .tree = tree,
                    .count_values = counts_values(ws, tree)};
  status = list_terms(tree, &fit.models, &most, err);
  if (status != COPSE_OK) return status;
  status = moments_create(tree->ctx, ws->n_threads, most, &fit.moments, err);
  if (status == COPSE_OK) {
    copse_parallel_for(ws->n_threads, (size_t)tree->n_leaves, fit_leaf, &fit);
    drop_terms(fit.models);
    status = leaf_models_copy(tree->ctx, fit.models, &tree->linear, err); /* no more room than it needs */
  }
  copse_free(fit.moments);
  copse_free(fit.models);
  return status;
}

/* ---- scores ---- */

void linear_add(const struct tree *tree, const copse_dataset *data, uint64_t begin, uint64_t end,
                double factor, double unit, double *leaf, double *score) {
  struct tree numbered = *tree;
  numbered.leaf_value = tree->linear->number;
  numbered.linear = NULL;
  for (uint64_t i = begin; i < end; i++) leaf[i] = 0;
  route_add_binned(&numbered, &data->binned, data->schema->features, begin, end, 1, leaf);
  for (uint64_t i = begin; i < end; i++) {
    double value = linear_leaf_predict(tree, data->values, (int)leaf[i], i);
    score[i] += factor * (unit > 0 ? rint(value / unit) * unit : value);
  }
}
