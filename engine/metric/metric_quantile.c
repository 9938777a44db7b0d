/* metric_quantile.c - the pinball loss of a quantile: alpha per unit by which the label lies above the
 * prediction, 1 - alpha per unit below. With several quantiles (objective=quantiles) the loss of one of them,
 * or the mean over all; predictions are in ascending order, as the model gives them. */
#include "base/status.h"
#include "metric/rows.h"

static double pinball(double y, double p, double alpha) {
  double d = y - p;
  return d >= 0 ? alpha * d : (alpha - 1.0) * d;
}

static void one_loss(const struct metric_data *data, uint64_t begin, uint64_t n, double *loss) {
  double p[METRIC_CHUNK];
  metric_predictions(data, begin, n, p);
  for (uint64_t i = 0; i < n; i++) loss[i] = pinball((double)data->label[begin + i], p[i], data->alpha);
}

static void sorted_row(const struct metric_data *data, uint64_t row, double *out) {
  for (int k = 0; k < data->n_outputs; k++) {
    double value = data->score[(uint64_t)k * data->n_rows + row];
    int at = k;
    for (; at > 0 && out[at - 1] > value; at--) out[at] = out[at - 1];
    out[at] = value;
  }
}

/* Number of the quantile, from 1; 0: all. */
static int level_of(const struct metric_data *data) { return data->n_at > 0 ? data->at[0] : 0; }

static void levels_loss(const struct metric_data *data, uint64_t begin, uint64_t n, double *loss) {
  double p[MAX_QUANTILES];
  const int level = level_of(data);
  for (uint64_t i = 0; i < n; i++) {
    double y = (double)data->label[begin + i], sum = 0;
    sorted_row(data, begin + i, p);
    for (int k = 0; k < data->n_outputs; k++) sum += pinball(y, p[k], data->levels[k]);
    loss[i] = level > 0 ? pinball(y, p[level - 1], data->levels[level - 1]) : sum / data->n_outputs;
  }
}

copse_status metric_quantile(const struct metric_row *row, const struct metric_data *data, double *out,
                             copse_error *err) {
  bool many = data->transform == METRIC_TRANSFORM_SORTED;
  if (many && level_of(data) > data->n_outputs)
    return status_set(err, COPSE_ERR_ARGUMENT, "metric=%s of quantile %d, but there are %d (set quantiles)",
                      row->name, level_of(data), data->n_outputs);
  return metric_mean(row, data, many ? OUTPUT_PER_LEVEL : ONE_OUTPUT, many ? levels_loss : one_loss, out,
                     err);
}
