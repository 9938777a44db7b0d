/* metric_multi.c - an output per class. multi_logloss: -log of the true class's probability, floored at EPS
 * (with multiclassova the probabilities are not normalised). multi_error: 1 where more than top_k classes,
 * the true one among them, score at least as high as the true one: a tie loses. brier: squared distance to
 * the true class's unit vector (Brier 1950); with one output the square of its distance to 0 or 1, half of
 * that. */
#include "kernels/kernel_math.h"
#include "metric/rows.h"

static const double eps = 1.0000000036274937e-15; /* float32(1e-15), as in LightGBM */

/* Some rows, and what the softmax of each has in common. */
struct class_rows {
  const struct metric_data *data;
  uint64_t begin, n;
  double largest[METRIC_CHUNK], sum[METRIC_CHUNK];
};

static const double *scores_of(const struct class_rows *in, int k) {
  return in->data->score + (uint64_t)k * in->data->n_rows + in->begin;
}

static void prepare(const struct metric_data *data, uint64_t begin, uint64_t n, struct class_rows *out) {
  out->data = data;
  out->begin = begin;
  out->n = n;
  if (data->transform != METRIC_TRANSFORM_SOFTMAX) return;
  for (uint64_t i = 0; i < n; i++) {
    out->largest[i] = scores_of(out, 0)[i];
    out->sum[i] = 0;
  }
  for (int k = 1; k < data->n_outputs; k++) {
    const double *score = scores_of(out, k);
    for (uint64_t i = 0; i < n; i++)
      out->largest[i] = score[i] > out->largest[i] ? score[i] : out->largest[i];
  }
  for (int k = 0; k < data->n_outputs; k++) {
    const double *score = scores_of(out, k);
    for (uint64_t i = 0; i < n; i++) out->sum[i] += kernel_exp(score[i] - out->largest[i]);
  }
}

static double probability(const struct class_rows *in, uint64_t i, int k) {
  double score = scores_of(in, k)[i];
  switch (in->data->transform) {
    case METRIC_TRANSFORM_SOFTMAX: return kernel_exp(score - in->largest[i]) / in->sum[i];
    case METRIC_TRANSFORM_SIGMOIDS: return kernel_sigmoid(in->data->sigmoid * score);
    default: return score;
  }
}

static void logloss(const struct metric_data *data, uint64_t begin, uint64_t n, double *loss) {
  struct class_rows rows;
  prepare(data, begin, n, &rows);
  for (uint64_t i = 0; i < n; i++) {
    double p = probability(&rows, i, (int)data->label[begin + i]);
    loss[i] = -kernel_log(p > eps ? p : eps);
  }
}

/* Both transforms keep the order of the scores, so these are compared. */
static void error(const struct metric_data *data, uint64_t begin, uint64_t n, double *loss) {
  for (uint64_t i = begin; i < begin + n; i++) {
    double truth = data->score[(uint64_t)data->label[i] * data->n_rows + i];
    int at_least = 0;
    for (int k = 0; k < data->n_outputs; k++)
      at_least += data->score[(uint64_t)k * data->n_rows + i] >= truth;
    loss[i - begin] = at_least > data->top_k ? 1.0 : 0.0;
  }
}

static void distance(const struct metric_data *data, uint64_t begin, uint64_t n, double *loss) {
  struct class_rows rows;
  prepare(data, begin, n, &rows);
  for (uint64_t i = 0; i < n; i++) {
    loss[i] = 0;
    for (int k = 0; k < data->n_outputs; k++) {
      double d = probability(&rows, i, k) - (data->label[begin + i] == (float)k ? 1.0 : 0.0);
      loss[i] += d * d;
    }
  }
}

static void distance_of_one(const struct metric_data *data, uint64_t begin, uint64_t n, double *loss) {
  double p[METRIC_CHUNK];
  metric_predictions(data, begin, n, p);
  for (uint64_t i = 0; i < n; i++) {
    double d = p[i] - (data->label[begin + i] > 0 ? 1.0 : 0.0);
    loss[i] = d * d;
  }
}

copse_status metric_multi_logloss(const struct metric_row *row, const struct metric_data *data, double *out,
                                  copse_error *err) {
  return metric_mean(row, data, OUTPUT_PER_CLASS, logloss, out, err);
}

copse_status metric_multi_error(const struct metric_row *row, const struct metric_data *data, double *out,
                                copse_error *err) {
  return metric_mean(row, data, OUTPUT_PER_CLASS, error, out, err);
}

copse_status metric_brier(const struct metric_row *row, const struct metric_data *data, double *out,
                          copse_error *err) {
  return metric_mean(row, data, ANY_OUTPUTS, data->n_outputs == 1 ? distance_of_one : distance, out, err);
}
