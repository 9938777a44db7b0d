/* metric_binary.c - what a probability p of the positive class costs: binary_logloss is -log of the
 * probability of the true class, floored at EPS; binary_error is 1 where p > 0.5 names the wrong class;
 * cross_entropy is the log loss of a label that is a probability itself, kullback_leibler what of it a
 * perfect p would not have, cross_entropy_lambda the same loss of 1 - e^(-w p) for the exposure w; focal the
 * log loss times (1 - the probability of the true class)^gamma. */
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

static void label_entropy(const struct metric_data *data, uint64_t begin, uint64_t n, double *loss) {
  for (uint64_t i = 0; i < n; i++) {
    double y = (double)data->label[begin + i];
    loss[i] = -(y > 0 ? y * kernel_log(y) : 0) - (y < 1 ? (1.0 - y) * kernel_log(1.0 - y) : 0);
  }
}

static void exposed_entropy(const struct metric_data *data, uint64_t begin, uint64_t n, double *loss) {
  double rate[METRIC_CHUNK];
  metric_predictions(data, begin, n, rate);
  for (uint64_t i = 0; i < n; i++) {
    double y = (double)data->label[begin + i];
    double w = data->exposure != NULL ? (double)data->exposure[begin + i] : 1.0;
    double p = 1.0 - kernel_exp(-w * rate[i]);
    loss[i] = -(y * floored_log(p) + (1.0 - y) * floored_log(1.0 - p));
  }
}

static void focal_loss(const struct metric_data *data, uint64_t begin, uint64_t n, double *loss) {
  double p[METRIC_CHUNK];
  metric_predictions(data, begin, n, p);
  for (uint64_t i = 0; i < n; i++) {
    double truth = data->label[begin + i] > 0 ? p[i] : 1.0 - p[i], rest = 1.0 - truth;
    double factor = rest > 0 ? kernel_exp(data->focal_gamma * kernel_log(rest)) : data->focal_gamma == 0;
    loss[i] = -factor * kernel_log(truth > eps ? truth : eps);
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

copse_status metric_focal(const struct metric_row *row, const struct metric_data *data, double *out,
                          copse_error *err) {
  return metric_mean(row, data, ONE_OUTPUT, focal_loss, out, err);
}

static copse_status check_chances(const struct metric_row *row, const struct metric_data *data,
                                  copse_error *err) {
  copse_status status = metric_check(data, row->name, ONE_OUTPUT, err);
  for (uint64_t i = 0; i < data->n_rows && status == COPSE_OK; i++) {
    if (data->label[i] >= 0 && data->label[i] <= 1) continue;
    status = status_set(err, COPSE_ERR_DATA,
                        "row %llu: label %.9g: %s takes probabilities from 0 to 1 (choose another metric)",
                        (unsigned long long)i + 1, status_float(data->label[i]), row->name);
  }
  return status;
}

copse_status metric_cross_entropy(const struct metric_row *row, const struct metric_data *data, double *out,
                                  copse_error *err) {
  copse_status status = check_chances(row, data, err);
  return status == COPSE_OK ? metric_mean(row, data, ONE_OUTPUT, entropy, out, err) : status;
}

copse_status metric_kullback_leibler(const struct metric_row *row, const struct metric_data *data,
                                     double *out, copse_error *err) {
  double cross, own;
  copse_status status = check_chances(row, data, err);
  if (status == COPSE_OK) status = metric_mean(row, data, ONE_OUTPUT, entropy, &cross, err);
  if (status == COPSE_OK) status = metric_mean(row, data, ONE_OUTPUT, label_entropy, &own, err);
  if (status == COPSE_OK) *out = cross - own;
  return status;
}

/* The mean over rows, not over weights: these are exposures. */
copse_status metric_cross_entropy_lambda(const struct metric_row *row, const struct metric_data *data,
                                         double *out, copse_error *err) {
  struct metric_data exposed = *data;
  copse_status status = check_chances(row, data, err);
  for (uint64_t i = 0; i < data->n_rows && data->weight != NULL && status == COPSE_OK; i++)
    if (!(data->weight[i] > 0))
      status =
          status_set(err, COPSE_ERR_DATA,
                     "row %llu: weight %.9g: %s takes weights above 0, they are exposures (leave the row "
                     "out)",
                     (unsigned long long)i + 1, (double)data->weight[i], row->name);
  exposed.exposure = data->weight;
  exposed.weight = NULL;
  return status == COPSE_OK ? metric_mean(row, &exposed, ONE_OUTPUT, exposed_entropy, out, err) : status;
}
