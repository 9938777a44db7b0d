/* linear_leaf.c - see linear_leaf.h. A leaf's model minimises the second-order expansion of the loss over its
 * rows (Shi et al. 2019, Gradient Boosting with Piece-Wise Linear Regression Trees).
 *
 * Where LightGBM inverts the moments of the values themselves, here they are taken around the weighted means:
 * the same minimum, as the constant bears no penalty, but values far from 0 keep their digits. A feature that
 * says nothing that those before it have not said gets no coefficient, where LightGBM's would be arbitrary.
 */
#include "train/linear_leaf.h"

#include <math.h>
#include <string.h>

#include "base/status.h"

/* What is left of a feature's variation beyond those before it, relative to all of it, that counts. */
static const double PIVOT_EPSILON = 1e-10;
/* Where less than this is left, it may be nothing but the rounding of values to float32: some times the
 * variance of that, relative to the square of the value. Prediction has the values as they were. */
static const double TWIN_EPSILON = 1e-3, ROUNDING = 0x1p-45;
/* Variation around the mean, relative to the mean's square, that is rounding. Different float32 values are
 * further apart. */
static const double SPREAD_EPSILON = 1e-26;

/* Of a feature that varies as much (variance), the coefficients that matter are 0 to the model file: all
 * within BINS_ZERO are. */
static const double MOST_VARIANCE = 1e60;

static double *row_of(const struct moments *m, size_t j) { return m->matrix + j * (j + 1) / 2; }

/* A row's values of the leaf's features; returns how many are not missing before the first that is. */
static size_t take_values(const struct leaf_rows *rows, const int32_t *feature, size_t n, uint32_t row,
                          double *value) {
  for (size_t j = 0; j < n; j++) {
    value[j] = (double)rows->columns[feature[j]][row];
    if (isnan(value[j])) return j;
  }
  return n;
}

/* Sums over the rows without missing values; returns their number, or that of values. */
static uint64_t find_means(const struct leaf_rows *rows, const int32_t *feature, size_t n,
                           struct moments *m) {
  uint64_t n_usable = 0;
  m->gradient = m->hessian = 0;
  memset(m->mean, 0, n * sizeof *m->mean);
  for (uint64_t i = 0; i < rows->n; i++) {
    uint32_t row = rows->row[i];
    size_t n_values = take_values(rows, feature, n, row, m->value);
    if (rows->count_values) n_usable += n_values;
    if (n_values < n) continue;
    double h = (double)rows->hessian[row];
    if (!rows->count_values) n_usable++;
    m->gradient += (double)rows->gradient[row];
    m->hessian += h;
    for (size_t j = 0; j < n; j++) m->mean[j] += h * m->value[j];
  }
  for (size_t j = 0; j < n; j++) m->mean[j] /= m->hessian;
  return n_usable;
}

static void find_moments(const struct leaf_rows *rows, const int32_t *feature, size_t n, struct moments *m) {
  memset(m->cross, 0, n * sizeof *m->cross);
  memset(m->matrix, 0, n * (n + 1) / 2 * sizeof *m->matrix);
  for (uint64_t i = 0; i < rows->n; i++) {
    uint32_t row = rows->row[i];
    if (take_values(rows, feature, n, row, m->value) < n) continue;
    double g = (double)rows->gradient[row], h = (double)rows->hessian[row];
    for (size_t j = 0; j < n; j++) {
      double value = m->value[j] - m->mean[j], *line = row_of(m, j);
      m->value[j] = value;
      m->cross[j] += g * value;
      for (size_t k = 0; k <= j; k++) line[k] += h * value * m->value[k];
    }
  }
}

/* The triangle as L D L^T, D on the diagonal. Where D is 0 the feature is left out. m->value: how much of D
 * may be rounding. */
static void factorise(struct moments *m, size_t n, double lambda) {
  for (size_t j = 0; j < n; j++) {
    double *line = row_of(m, j);
    bool vast = line[j] > MOST_VARIANCE * m->hessian;
    bool constant = line[j] <= SPREAD_EPSILON * m->hessian * m->mean[j] * m->mean[j];
    double whole = line[j] + lambda, left = whole;
    double rounding = ROUNDING * (line[j] + m->hessian * m->mean[j] * m->mean[j]);
    for (size_t k = 0; k < j; k++) {
      const double *above = row_of(m, k);
      double sum = line[k];
      for (size_t i = 0; i < k; i++) sum -= line[i] * row_of(m, i)[i] * above[i];
      line[k] = above[k] > 0 ? sum / above[k] : 0;
      left -= line[k] * line[k] * above[k];
      rounding += line[k] * line[k] * m->value[k];
    }
    bool twin = left <= PIVOT_EPSILON * whole || (left <= TWIN_EPSILON * whole && left <= rounding);
    line[j] = !constant && !vast && !twin ? left : 0;
    m->value[j] = rounding;
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

bool linear_leaf_fit(const struct leaf_rows *rows, const int32_t *feature, size_t n_terms, double lambda,
                     struct moments *m, double *coefficient, double *constant) {
  if (find_means(rows, feature, n_terms, m) < n_terms + 1 || !(m->hessian > 0)) return false;
  find_moments(rows, feature, n_terms, m);
  factorise(m, n_terms, lambda);
  solve(m, n_terms);
  bool finite = true;
  *constant = -m->gradient / m->hessian;
  for (size_t j = 0; j < n_terms; j++) {
    coefficient[j] = fabs(m->cross[j]) <= BINS_ZERO ? 0 : -m->cross[j];
    *constant -= coefficient[j] * m->mean[j];
    finite = finite && isfinite(coefficient[j]);
  }
  return finite && isfinite(*constant);
}

double linear_leaf_predict(const struct tree *tree, float *const *columns, int leaf, uint64_t row) {
  const struct leaf_models *models = tree->linear;
  double sum = models->constant[leaf];
  for (size_t k = models->begin[leaf]; k < models->begin[leaf + 1]; k++)
    if (!leaf_model_add(models->coefficient[k], (double)columns[models->feature[k]][row], &sum))
      return tree->leaf_value[leaf];
  return sum;
}

copse_status moments_create(copse_context *ctx, int n_threads, size_t most, struct moments **out,
                            copse_error *err) {
  _Static_assert(sizeof **out % sizeof(double) == 0, "the numbers behind the structs are aligned");
  size_t n_numbers = 3 * most + most * (most + 1) / 2;
  *out = copse_alloc(ctx, (size_t)n_threads, sizeof **out + n_numbers * sizeof(double));
  if (*out == NULL) return status_memory(err, "the linear models of a tree's leaves");
  double *own = (double *)(*out + n_threads);
  for (int t = 0; t < n_threads; t++, own += n_numbers)
    (*out)[t] =
        (struct moments){.mean = own, .value = own + most, .cross = own + 2 * most, .matrix = own + 3 * most};
  return COPSE_OK;
}
