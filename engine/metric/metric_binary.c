/* metric_binary.c - what a probability p of the positive class costs: binary_logloss is -log of the
 * probability of the true class, floored at EPS; binary_error is 1 where p > 0.5 names the wrong class;
 * cross_entropy is the log loss of a label that is a probability itself. */
#include "base/status.h"
#include "kernels/kernel_math.h"
#include "metric/rows.h"

static const double eps = 1.0000000036274937e-15; /* float32(1e-15), as in LightGBM */

static void logloss(const struct metric_data *data, uint64_t begin, uint64_t n, double *loss) {
  double p[METRIC_CHUNK];
  metric_predictions(data, begin, n, p);
  for (uint64_t i = 0; i < n; i++) {
    double of_truth = data->label[begin + i] > 0 ? p[i] : 1.0 - p[i];
    loss[i] = of_truth > eps ? of_truth : eps;
  }
  for (uint64_t i = 0; i < n; i++) loss[i] = -kernel_log(loss[i]);
}

static void error(const struct metric_data *data, uint64_t begin, uint64_t n, double *loss) {
  double p[METRIC_CHUNK];
  metric_predictions(data, begin, n, p);
  for (uint64_t i = 0; i < n; i++) loss[i] = (p[i] > 0.5) != (data->label[begin + i] > 0) ? 1.0 : 0.0;
}

static double floored_log(double x) {
  const double least = 1e-12;
  return kernel_log(x > least ? x : least);
}

static void entropy(const struct metric_data *data, uint64_t begin, uint64_t n, double *loss) {
  double p[METRIC_CHUNK];
  metric_predictions(data, begin, n, p);
  for (uint64_t i = 0; i < n; i++) {
    double y = (double)data->label[begin + i];
    loss[i] = -(y * floored_log(p[i]) + (1.0 - y) * floored_log(1.0 - p[i]));
  }
}

copse_status metric_binary_logloss(const struct metric_row *row, const struct metric_data *data, double *out,
                                   copse_error *err) {
  return metric_mean(row, data, ONE_OUTPUT, logloss, out, err);
}

copse_status metric_binary_error(const struct metric_row *row, const struct metric_data *data, double *out,
                                 copse_error *err) {
  return metric_mean(row, data, ONE_OUTPUT, error, out, err);
}

copse_status metric_cross_entropy(const struct metric_row *row, const struct metric_data *data, double *out,
                                  copse_error *err) {
  copse_status status = metric_check(data, row->name, ONE_OUTPUT, err);
  if (status != COPSE_OK) return status;
  for (uint64_t i = 0; i < data->n_rows; i++) {
    if (data->label[i] >= 0 && data->label[i] <= 1) continue;
    return status_set(err, COPSE_ERR_DATA,
                      "row %llu: label %.9g: cross_entropy takes probabilities from 0 to 1 (choose another "
                      "metric)",
                      (unsigned long long)i + 1, (double)data->label[i]);
  }
  return metric_mean(row, data, ONE_OUTPUT, entropy, out, err);
}
