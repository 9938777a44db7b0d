/* metric_regression.c - how far predictions p are from labels y: l1 |p - y|; l2 (p - y)^2; rmse its root; r2
 * the share of the labels' variance that p explains; huber with its alpha; fair with its c; mape |p - y| over
 * |y| or 1; expectile with its level; poisson the negative log likelihood of a count, without its constant.
 *
 * With several labels per row a value is the plain mean of the outputs' values, and rmse the root of that of
 * l2. */
#include <math.h>

#include "base/reduce.h"
#include "kernels/kernel_math.h"
#include "metric/rows.h"

static void l1_loss(const struct metric_data *data, uint64_t begin, uint64_t n, double *loss) {
  double p[METRIC_CHUNK];
  metric_predictions(data, begin, n, p);
  for (uint64_t i = 0; i < n; i++) loss[i] = fabs(p[i] - (double)data->label[begin + i]);
}

static void l2_loss(const struct metric_data *data, uint64_t begin, uint64_t n, double *loss) {
  double p[METRIC_CHUNK];
  metric_predictions(data, begin, n, p);
  for (uint64_t i = 0; i < n; i++) {
    double difference = p[i] - (double)data->label[begin + i];
    loss[i] = difference * difference;
  }
}

static void huber_loss(const struct metric_data *data, uint64_t begin, uint64_t n, double *loss) {
  double p[METRIC_CHUNK], alpha = data->alpha;
  metric_predictions(data, begin, n, p);
  for (uint64_t i = 0; i < n; i++) {
    double d = fabs(p[i] - (double)data->label[begin + i]);
    loss[i] = d <= alpha ? 0.5 * d * d : alpha * (d - 0.5 * alpha);
  }
}

static void fair_loss(const struct metric_data *data, uint64_t begin, uint64_t n, double *loss) {
  double p[METRIC_CHUNK], c = data->fair_c;
  metric_predictions(data, begin, n, p);
  for (uint64_t i = 0; i < n; i++) {
    double d = fabs(p[i] - (double)data->label[begin + i]);
    loss[i] = c * d - c * c * kernel_log1p(d / c);
  }
}

static void mape_loss(const struct metric_data *data, uint64_t begin, uint64_t n, double *loss) {
  double p[METRIC_CHUNK];
  metric_predictions(data, begin, n, p);
  for (uint64_t i = 0; i < n; i++) {
    double y = (double)data->label[begin + i];
    loss[i] = fabs(y - p[i]) / fmax(1.0, fabs(y));
  }
}

static void expectile_loss(const struct metric_data *data, uint64_t begin, uint64_t n, double *loss) {
  double p[METRIC_CHUNK];
  metric_predictions(data, begin, n, p);
  for (uint64_t i = 0; i < n; i++) {
    double d = (double)data->label[begin + i] - p[i];
    loss[i] = (d >= 0 ? data->expectile : 1.0 - data->expectile) * d * d;
  }
}

static void poisson_loss(const struct metric_data *data, uint64_t begin, uint64_t n, double *loss) {
  const double least = (double)1e-10f;
  double p[METRIC_CHUNK];
  metric_predictions(data, begin, n, p);
  for (uint64_t i = 0; i < n; i++) p[i] = p[i] < least ? least : p[i];
  for (uint64_t i = 0; i < n; i++) loss[i] = p[i] - (double)data->label[begin + i] * kernel_log(p[i]);
}

#define MEAN_OF(NAME)                                                                                   \
  copse_status metric_##NAME(const struct metric_row *row, const struct metric_data *data, double *out, \
                             copse_error *err) {                                                        \
    return metric_mean(row, data, ONE_OUTPUT, NAME##_loss, out, err);                                   \
  }
#define MEAN_OF_EACH(NAME)                                                                                  \
  static copse_status one_##NAME(const struct metric_row *row, const struct metric_data *data, double *out, \
                                 copse_error *err) {                                                        \
    return metric_mean(row, data, ONE_OUTPUT, NAME##_loss, out, err);                                       \
  }                                                                                                         \
  copse_status metric_##NAME(const struct metric_row *row, const struct metric_data *data, double *out,     \
                             copse_error *err) {                                                            \
    return metric_mean_of_labels(row, data, one_##NAME, out, err);                                          \
  }

MEAN_OF_EACH(l1)
MEAN_OF_EACH(l2)
MEAN_OF_EACH(huber)
MEAN_OF(poisson)
MEAN_OF_EACH(fair)
MEAN_OF_EACH(mape)
MEAN_OF(expectile)

copse_status metric_rmse(const struct metric_row *row, const struct metric_data *data, double *out,
                         copse_error *err) {
  double mean;
  copse_status status = metric_l2(row, data, &mean, err);
  if (status == COPSE_OK) *out = sqrt(mean);
  return status;
}

/* ---- r2 ---- */

static void add_labels(const void *user, uint64_t begin, uint64_t end, double *sums) {
  const struct metric_data *data = user;
  for (uint64_t i = begin; i < end; i++) {
    sums[0] += (double)data->label[i] * metric_weight(data, i);
    sums[1] += metric_weight(data, i);
  }
}

struct variance {
  const struct metric_data *data;
  double mean;
};

static void add_squares(const void *user, uint64_t begin, uint64_t end, double *sums) {
  const struct variance *in = user;
  double loss[METRIC_CHUNK];
  for (uint64_t at = begin; at < end; at += METRIC_CHUNK) {
    uint64_t n = end - at < METRIC_CHUNK ? end - at : METRIC_CHUNK;
    l2_loss(in->data, at, n, loss);
    for (uint64_t i = 0; i < n; i++) {
      double d = (double)in->data->label[at + i] - in->mean, weight = metric_weight(in->data, at + i);
      sums[0] += loss[i] * weight;
      sums[1] += d * d * weight;
    }
  }
}

/* Labels that are all equal have no variance to explain: 1 for those who hit them, else 0. */
static copse_status one_r2(const struct metric_row *row, const struct metric_data *data, double *out,
                           copse_error *err) {
  const double none = 1.0000000180025095e-35; /* float32(1e-35), as in LightGBM */
  copse_status status = metric_check(data, row->name, ONE_OUTPUT, err);
  if (status != COPSE_OK) return status;
  double labels[2], squares[2];
  reduce_rows(data->n_threads, data->n_rows, 2, add_labels, data, labels);
  status = metric_check_weight(labels[1], data, row->name, err);
  if (status != COPSE_OK) return status;
  struct variance variance = {data, labels[0] / labels[1]};
  reduce_rows(data->n_threads, data->n_rows, 2, add_squares, &variance, squares);
  *out = squares[1] < none ? (squares[0] < none ? 1.0 : 0.0) : 1.0 - squares[0] / squares[1];
  return COPSE_OK;
}

copse_status metric_r2(const struct metric_row *row, const struct metric_data *data, double *out,
                       copse_error *err) {
  return metric_mean_of_labels(row, data, one_r2, out, err);
}
