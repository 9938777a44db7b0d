/* metric_binary.c - what a probability p of the positive class costs: binary_logloss is -log of the
 * probability of the true class, floored at EPS; binary_error is 1 where p > 0.5 names the wrong class. */
#include "kernels/kernel_math.h"
#include "metric/rows.h"

static const double eps = 1.0000000036274937e-15; /* float32(1e-15), as in LightGBM */

static void logloss(const double *prediction, const float *label, uint64_t n, double *loss) {
  for (uint64_t i = 0; i < n; i++) {
    double of_truth = label[i] > 0 ? prediction[i] : 1.0 - prediction[i];
    loss[i] = of_truth > eps ? of_truth : eps;
  }
  for (uint64_t i = 0; i < n; i++) loss[i] = -kernel_log(loss[i]);
}

static void error(const double *prediction, const float *label, uint64_t n, double *loss) {
  for (uint64_t i = 0; i < n; i++) loss[i] = (prediction[i] > 0.5) != (label[i] > 0) ? 1.0 : 0.0;
}

copse_status metric_binary_logloss(const struct metric_row *row, const struct metric_data *data, double *out,
                                   copse_error *err) {
  return metric_mean(row, data, logloss, out, err);
}

copse_status metric_binary_error(const struct metric_row *row, const struct metric_data *data, double *out,
                                 copse_error *err) {
  return metric_mean(row, data, error, out, err);
}
