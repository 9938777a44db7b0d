/* linear.c - see linear.h. A leaf's model minimises the second-order expansion of the loss over its rows (Shi
 * et al. 2019, Gradient Boosting with Piece-Wise Linear Regression Trees).
 *
 * Where LightGBM inverts the moments of the values themselves, here they are taken around the weighted means:
 * the same minimum, as the constant bears no penalty, but values far from 0 keep their digits. A feature that
 * says nothing that those before it have not said gets no coefficient, where LightGBM's would be arbitrary.
 *
 * Each leaf is one thread's, and its rows are added up in their order, so that threads do not matter. */
#include "train/linear.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "model/route.h"

/* What is left of a feature's variation beyond those before it, relative to all of it, that counts. */
static const double PIVOT_EPSILON = 1e-10;
/* Variation around the mean, relative to the mean's square, that is rounding. Different float32 values are
 * further apart. */
static const double SPREAD_EPSILON = 1e-26;

/* A thread's memory for the moments of a leaf. */
struct moments {
  double gradient, hessian, *mean, *value; /* [n_terms] */
  double *cross;                           /* [n_terms] gradients times values; then the solution */
  double *matrix;                          /* lower triangle, row by row; then its factors */
};

struct fit {
  const struct workspace *ws;
  const float *gradient, *hessian;
  struct tree *tree;
  struct leaf_models *models; /* with a term for each feature, coefficients yet to be found */
  struct moments *moments;    /* [n_threads] */
};

static double *row_of(const struct moments *m, size_t j) { return m->matrix + j * (j + 1) / 2; }

/* A row's values of the leaf's features; false when one is missing. */
static bool take_values(const struct fit *fit, size_t begin, size_t n, uint32_t row, double *value) {
  for (size_t j = 0; j < n; j++) {
    value[j] = (double)fit->ws->data->values[fit->models->feature[begin + j]][row];
    if (isnan(value[j])) return false;
  }
  return true;
}

/* Sums over the rows without missing values; returns their number. */
static uint64_t find_means(const struct fit *fit, int leaf, struct moments *m) {
  const struct leaf *rows = &fit->ws->leaves[leaf];
  size_t begin = fit->models->begin[leaf], n = fit->models->begin[leaf + 1] - begin;
  uint64_t n_usable = 0;
  m->gradient = m->hessian = 0;
  memset(m->mean, 0, n * sizeof *m->mean);
  for (uint64_t i = 0; i < rows->n_rows; i++) {
    uint32_t row = fit->ws->rows[rows->begin + i];
    if (!take_values(fit, begin, n, row, m->value)) continue;
    double h = (double)fit->hessian[row];
    n_usable++;
    m->gradient += (double)fit->gradient[row];
    m->hessian += h;
    for (size_t j = 0; j < n; j++) m->mean[j] += h * m->value[j];
  }
  for (size_t j = 0; j < n; j++) m->mean[j] /= m->hessian;
  return n_usable;
}

static void find_moments(const struct fit *fit, int leaf, struct moments *m) {
  const struct leaf *rows = &fit->ws->leaves[leaf];
  size_t begin = fit->models->begin[leaf], n = fit->models->begin[leaf + 1] - begin;
  memset(m->cross, 0, n * sizeof *m->cross);
  memset(m->matrix, 0, n * (n + 1) / 2 * sizeof *m->matrix);
  for (uint64_t i = 0; i < rows->n_rows; i++) {
    uint32_t row = fit->ws->rows[rows->begin + i];
    if (!take_values(fit, begin, n, row, m->value)) continue;
    double g = (double)fit->gradient[row], h = (double)fit->hessian[row];
    for (size_t j = 0; j < n; j++) {
      double value = m->value[j] - m->mean[j], *line = row_of(m, j);
      m->value[j] = value;
      m->cross[j] += g * value;
      for (size_t k = 0; k <= j; k++) line[k] += h * value * m->value[k];
    }
  }
}

/* The triangle as L D L^T, D on the diagonal. Where D is 0 the feature is left out. */
static void factorise(struct moments *m, size_t n, double lambda) {
  for (size_t j = 0; j < n; j++) {
    double *line = row_of(m, j);
    bool constant = line[j] <= SPREAD_EPSILON * m->hessian * m->mean[j] * m->mean[j];
    double whole = line[j] + lambda, left = whole;
    for (size_t k = 0; k < j; k++) {
      const double *above = row_of(m, k);
      double sum = line[k];
      for (size_t i = 0; i < k; i++) sum -= line[i] * row_of(m, i)[i] * above[i];
      line[k] = above[k] > 0 ? sum / above[k] : 0;
      left -= line[k] * line[k] * above[k];
    }
    line[j] = !constant && left > PIVOT_EPSILON * whole ? left : 0;
  }
}

/* m->cross becomes the solution. */
static void solve(struct moments *m, size_t n) {
  double *x = m->cross;
  for (size_t j = 0; j < n; j++) {
    const double *line = row_of(m, j);
    for (size_t k = 0; k < j; k++) x[j] -= line[k] * x[k];
    if (!(line[j] > 0)) x[j] = 0;
  }
  for (size_t j = n; j-- > 0;) {
    double pivot = row_of(m, j)[j];
    x[j] = pivot > 0 ? x[j] / pivot : 0;
    for (size_t i = j + 1; i < n && pivot > 0; i++) x[j] -= row_of(m, i)[j] * x[i];
  }
}

/* False: the leaf predicts its value. */
static bool find_model(const struct fit *fit, int leaf, struct moments *m) {
  size_t begin = fit->models->begin[leaf], n = fit->models->begin[leaf + 1] - begin;
  if (n == 0 || find_means(fit, leaf, m) < n + 1 || !(m->hessian > 0)) return false;
  find_moments(fit, leaf, m);
  factorise(m, n, fit->ws->grow.linear.lambda);
  solve(m, n);
  double constant = -m->gradient / m->hessian;
  bool finite = true;
  for (size_t j = 0; j < n; j++) {
    double coefficient = fabs(m->cross[j]) <= BINS_ZERO ? 0 : -m->cross[j];
    fit->models->coefficient[begin + j] = coefficient;
    constant -= coefficient * m->mean[j];
    finite = finite && isfinite(coefficient);
  }
  fit->models->constant[leaf] = constant;
  return finite && isfinite(constant);
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

static copse_status fit_leaves(struct fit *fit, size_t most, copse_error *err) {
  size_t n_threads = (size_t)fit->ws->n_threads, n_each = 3 * most + most * (most + 1) / 2;
  copse_context *ctx = fit->tree->ctx;
  fit->moments = copse_alloc(ctx, n_threads, sizeof *fit->moments);
  double *room = copse_alloc(ctx, n_threads * n_each, sizeof *room);
  copse_status status = COPSE_OK;
  if (fit->moments != NULL && room != NULL) {
    for (size_t t = 0; t < n_threads; t++) {
      double *own = room + t * n_each;
      fit->moments[t] = (struct moments){
          .mean = own, .value = own + most, .cross = own + 2 * most, .matrix = own + 3 * most};
    }
    copse_parallel_for(fit->ws->n_threads, (size_t)fit->tree->n_leaves, fit_leaf, fit);
  } else {
    status = status_memory(err, "the linear models of a tree's leaves");
  }
  copse_free(fit->moments);
  copse_free(room);
  return status;
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
  struct fit fit = {.ws = ws, .gradient = gradient, .hessian = hessian, .tree = tree};
  status = list_terms(tree, &fit.models, &most, err);
  if (status != COPSE_OK) return status;
  if ((status = fit_leaves(&fit, most, err)) == COPSE_OK) {
    drop_terms(fit.models);
    status = leaf_models_copy(tree->ctx, fit.models, &tree->linear, err); /* no more room than it needs */
  }
  copse_free(fit.models);
  return status;
}

/* ---- scores ---- */

static double predict(const struct tree *tree, const copse_dataset *data, int leaf, uint64_t row) {
  const struct leaf_models *models = tree->linear;
  double sum = models->constant[leaf];
  for (size_t k = models->begin[leaf]; k < models->begin[leaf + 1]; k++)
    if (!leaf_model_add(models->coefficient[k], (double)data->values[models->feature[k]][row], &sum))
      return tree->leaf_value[leaf];
  return sum;
}

void linear_add(const struct tree *tree, const copse_dataset *data, uint64_t begin, uint64_t end,
                double factor, double unit, double *leaf, double *score) {
  struct tree numbered = *tree;
  numbered.leaf_value = tree->linear->number;
  numbered.linear = NULL;
  for (uint64_t i = begin; i < end; i++) leaf[i] = 0;
  route_add_binned(&numbered, &data->binned, data->schema->features, begin, end, 1, leaf);
  for (uint64_t i = begin; i < end; i++) {
    double value = predict(tree, data, (int)leaf[i], i);
    score[i] += factor * (unit > 0 ? rint(value / unit) * unit : value);
  }
}
