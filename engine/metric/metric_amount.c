/* metric_amount.c - amounts above 0: gamma, minus the log likelihood without its constant, y / p + log p;
 * gamma_deviance, twice the SUM of r - log r - 1 with r = y / p, not their mean (as LightGBM prints it);
 * tweedie, minus the quasi log likelihood -y p^(1 - rho) / (1 - rho) + p^(2 - rho) / (2 - rho). */
#include "base/reduce.h"
#include "base/status.h"
#include "kernels/kernel_math.h"
#include "metric/rows.h"

static copse_status check_labels(const struct metric_row *row, const struct metric_data *data,
                                 copse_error *err) {
  copse_status status = metric_check(data, row->name, ONE_OUTPUT, err);
  for (uint64_t i = 0; i < data->n_rows && status == COPSE_OK; i++)
    if (!(data->label[i] > 0))
      status = status_set(err, COPSE_ERR_DATA,
                          "row %llu: label %.9g: metric=%s takes labels above 0 (choose another metric)",
                          (unsigned long long)i + 1, status_float(data->label[i]), row->name);
  return status;
}

static void gamma_loss(const struct metric_data *data, uint64_t begin, uint64_t n, double *loss) {
  double p[METRIC_CHUNK];
  metric_predictions(data, begin, n, p);
  for (uint64_t i = 0; i < n; i++)
    loss[i] =
        p[i] > 0 ? (double)data->label[begin + i] / p[i] + kernel_log(p[i]) : (double)__builtin_huge_val();
}

static void deviance_loss(const struct metric_data *data, uint64_t begin, uint64_t n, double *loss) {
  double p[METRIC_CHUNK];
  metric_predictions(data, begin, n, p);
  for (uint64_t i = 0; i < n; i++) {
    double r = (double)data->label[begin + i] / (p[i] + 1e-9);
    loss[i] = r > 0 ? r - kernel_log(r) - 1.0 : (double)__builtin_huge_val();
  }
}

static void tweedie_loss(const struct metric_data *data, uint64_t begin, uint64_t n, double *loss) {
  const double least = (double)1e-10f, rho = data->tweedie_variance_power;
  double p[METRIC_CHUNK];
  metric_predictions(data, begin, n, p);
  for (uint64_t i = 0; i < n; i++) {
    double y = (double)data->label[begin + i], log_p = kernel_log(p[i] < least ? least : p[i]);
    /* at 1 only a number that depends on y alone keeps the first term from log p */
    double first = rho > 1.0 ? kernel_exp((1.0 - rho) * log_p) / (1.0 - rho) : log_p;
    loss[i] = kernel_exp((2.0 - rho) * log_p) / (2.0 - rho) - y * first;
  }
}

copse_status metric_gamma(const struct metric_row *row, const struct metric_data *data, double *out,
                          copse_error *err) {
  copse_status status = check_labels(row, data, err);
  return status == COPSE_OK ? metric_mean(row, data, ONE_OUTPUT, gamma_loss, out, err) : status;
}

static void add_weights(const void *user, uint64_t begin, uint64_t end, double *sums) {
  for (uint64_t i = begin; i < end; i++) sums[0] += metric_weight(user, i);
}

copse_status metric_gamma_deviance(const struct metric_row *row, const struct metric_data *data, double *out,
                                   copse_error *err) {
  double mean, weight;
  copse_status status = check_labels(row, data, err);
  if (status == COPSE_OK) status = metric_mean(row, data, ONE_OUTPUT, deviance_loss, &mean, err);
  if (status != COPSE_OK) return status;
  reduce_rows(data->n_threads, data->n_rows, 1, add_weights, data, &weight);
  *out = 2.0 * mean * weight;
  return COPSE_OK;
}

copse_status metric_tweedie(const struct metric_row *row, const struct metric_data *data, double *out,
                            copse_error *err) {
  return metric_mean(row, data, ONE_OUTPUT, tweedie_loss, out, err);
}
