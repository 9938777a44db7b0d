/* metric_regression.c - distances between prediction p and label y: l1 |p - y|, l2 (p - y)^2, rmse its root.
 */
#include <math.h>

#include "metric/rows.h"

static void l1_loss(const double *prediction, const float *label, uint64_t n, double *loss) {
  for (uint64_t i = 0; i < n; i++) loss[i] = fabs(prediction[i] - (double)label[i]);
}

static void l2_loss(const double *prediction, const float *label, uint64_t n, double *loss) {
  for (uint64_t i = 0; i < n; i++) {
    double difference = prediction[i] - (double)label[i];
    loss[i] = difference * difference;
  }
}

copse_status metric_l1(const struct metric_row *row, const struct metric_data *data, double *out,
                       copse_error *err) {
  return metric_mean(row, data, l1_loss, out, err);
}

copse_status metric_l2(const struct metric_row *row, const struct metric_data *data, double *out,
                       copse_error *err) {
  return metric_mean(row, data, l2_loss, out, err);
}

copse_status metric_rmse(const struct metric_row *row, const struct metric_data *data, double *out,
                         copse_error *err) {
  double mean;
  copse_status status = metric_mean(row, data, l2_loss, &mean, err);
  if (status == COPSE_OK) *out = sqrt(mean);
  return status;
}
