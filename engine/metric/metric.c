/* metric.c - the table of metrics and what every family needs: checks, transformed scores, weighted means.
 *
 * How to add a metric: write its value function in its family's file (or a new one), declare it in rows.h,
 * give it a row below, and make its choice in params/choices.c available. The table-driven test then asks for
 * its perfect, constant, weighted, tied and one-class values. */
#include "metric/metric.h"

#include <string.h>

#include "base/reduce.h"
#include "base/status.h"
#include "kernels/kernel_math.h"
#include "metric/rows.h"

static const struct metric_row rows[] = {
    /* name, higher is better, value */
    {"l1", false, metric_l1},
    {"l2", false, metric_l2},
    {"rmse", false, metric_rmse},
    {"r2", true, metric_r2},
    {"quantile", false, metric_quantile},
    {"huber", false, metric_huber},
    {"poisson", false, metric_poisson},
    {"fair", false, metric_fair},
    {"mape", false, metric_mape},
    {"expectile", false, metric_expectile},
    {"gamma", false, metric_gamma},
    {"gamma_deviance", false, metric_gamma_deviance},
    {"tweedie", false, metric_tweedie},
    {"cox", false, metric_cox},
    {"aft", false, metric_aft},
    {"concordance", true, metric_concordance},
    {"binary_logloss", false, metric_binary_logloss},
    {"binary_error", false, metric_binary_error},
    {"cross_entropy", false, metric_cross_entropy},
    {"cross_entropy_lambda", false, metric_cross_entropy_lambda},
    {"kullback_leibler", false, metric_kullback_leibler},
    {"focal", false, metric_focal},
    {"ndcg", true, metric_ndcg},
    {"map", true, metric_map},
    {"auc", true, metric_auc},
    {"average_precision", true, metric_average_precision},
    {"auc_mu", true, metric_auc_mu},
    {"multi_logloss", false, metric_multi_logloss},
    {"multi_error", false, metric_multi_error},
    {"brier", false, metric_brier},
    {"accuracy", true, metric_accuracy},
    {"precision", true, metric_precision},
    {"recall", true, metric_recall},
    {"f1", true, metric_f1},
    {"precision_macro", true, metric_precision_macro},
    {"recall_macro", true, metric_recall_macro},
    {"f1_macro", true, metric_f1_macro},
    {"kappa", true, metric_kappa},
    {"mcc", true, metric_mcc},
};

size_t metric_count(void) { return sizeof rows / sizeof rows[0]; }

const struct metric_row *metric_at(size_t index) { return &rows[index]; }

const struct metric_row *metric_find(const char *name) {
  for (size_t i = 0; i < metric_count(); i++)
    if (strcmp(rows[i].name, name) == 0) return &rows[i];
  return NULL;
}

bool metric_is_ranked(const struct metric_row *row) {
  return row->value == metric_ndcg || row->value == metric_map;
}

copse_status metric_values(const struct metric_row *const *metrics, const int *at, size_t n,
                           const struct metric_data *data, double *out, copse_error *err) {
  struct metric_data of_row = *data;
  copse_status status = COPSE_OK;
  for (size_t m = 0; m < n && status == COPSE_OK; m += of_row.n_at) {
    of_row.at = at + m;
    of_row.n_at = 1;
    while (metric_is_ranked(metrics[m]) && m + of_row.n_at < n && metrics[m + of_row.n_at] == metrics[m])
      of_row.n_at++;
    status = metrics[m]->value(metrics[m], &of_row, &out[m], err);
  }
  return status;
}

int metric_n_classes(const struct metric_data *data) { return data->n_outputs == 1 ? 2 : data->n_outputs; }

static copse_status check_classes(const struct metric_data *data, const char *what, copse_error *err) {
  for (uint64_t i = 0; i < data->n_rows; i++) {
    float label = data->label[i];
    if (label >= 0 && label < (float)data->n_outputs && (float)(int)label == label) continue;
    return status_set(err, COPSE_ERR_DATA,
                      "row %llu: label %.9g: %s takes the labels 0 to %d, whole numbers (recode the label)",
                      (unsigned long long)i + 1, status_float(label), what, data->n_outputs - 1);
  }
  return COPSE_OK;
}

copse_status metric_check(const struct metric_data *data, const char *what, enum metric_outputs outputs,
                          copse_error *err) {
  if (data->n_labels > 1)
    return status_set(
        err, COPSE_ERR_ARGUMENT,
        "%s compares predictions with one label per row, but there are %d (choose a metric among "
        "l1, l2, rmse, r2, mape, huber, fair)",
        what, data->n_labels);
  if (outputs == ONE_OUTPUT && data->n_outputs != 1)
    return status_set(
        err, COPSE_ERR_ARGUMENT,
        "%s compares one prediction per row with the label, but there are %d (choose another metric)", what,
        data->n_outputs);
  if (outputs == OUTPUT_PER_CLASS && data->n_outputs == 1)
    return status_set(err, COPSE_ERR_ARGUMENT,
                      "%s needs a prediction per class, but there is one per row (choose another metric)",
                      what);
  if (data->label == NULL || data->n_rows == 0)
    return status_set(err, COPSE_ERR_DATA, "%s needs %s, and there is none", what,
                      data->label == NULL ? "a label" : "at least one row");
  return data->n_outputs > 1 && outputs != OUTPUT_PER_LEVEL ? check_classes(data, what, err) : COPSE_OK;
}

copse_status metric_check_weight(double sum, const struct metric_data *data, const char *what,
                                 copse_error *err) {
  if (sum > 0) return COPSE_OK;
  return status_set(err, COPSE_ERR_DATA,
                    "%s: the weights of all %llu rows sum to %g, expected a sum above 0 (check the weights)",
                    what, (unsigned long long)data->n_rows, sum);
}

void metric_predictions(const struct metric_data *data, uint64_t begin, uint64_t n, double *out) {
  const double *score = data->score + begin;
  switch (data->transform) {
    case METRIC_TRANSFORM_SORTED: /* of a single output */
    case METRIC_TRANSFORM_IDENTITY: memcpy(out, score, n * sizeof *out); break;
    case METRIC_TRANSFORM_SIGMOID:
    case METRIC_TRANSFORM_SIGMOIDS:
      for (uint64_t i = 0; i < n; i++) out[i] = kernel_sigmoid(data->sigmoid * score[i]);
      break;
    case METRIC_TRANSFORM_SIGNED_SQUARE:
      for (uint64_t i = 0; i < n; i++) out[i] = score[i] * (score[i] < 0 ? -score[i] : score[i]);
      break;
    case METRIC_TRANSFORM_EXP:
      for (uint64_t i = 0; i < n; i++) out[i] = kernel_exp(score[i]);
      break;
    case METRIC_TRANSFORM_LOG1P_EXP:
      for (uint64_t i = 0; i < n; i++) out[i] = kernel_log1p_exp(score[i]);
      break;
    case METRIC_TRANSFORM_SOFTMAX: /* of a single output */
      for (uint64_t i = 0; i < n; i++) out[i] = 1.0;
      break;
  }
}

struct mean {
  const struct metric_data *data;
  metric_loss_fn *loss;
};

static void add_losses(const void *user, uint64_t begin, uint64_t end, double *sums) {
  const struct mean *mean = user;
  double loss[METRIC_CHUNK];
  double total = 0, total_weight = 0;
  for (uint64_t at = begin; at < end; at += METRIC_CHUNK) {
    uint64_t n = end - at < METRIC_CHUNK ? end - at : METRIC_CHUNK;
    mean->loss(mean->data, at, n, loss);
    for (uint64_t i = 0; i < n; i++) {
      double weight = metric_weight(mean->data, at + i);
      total += loss[i] * weight;
      total_weight += weight;
    }
  }
  sums[0] = total;
  sums[1] = total_weight;
}

copse_status metric_mean(const struct metric_row *row, const struct metric_data *data,
                         enum metric_outputs outputs, metric_loss_fn *loss, double *out, copse_error *err) {
  copse_status status = metric_check(data, row->name, outputs, err);
  if (status != COPSE_OK) return status;
  struct mean mean = {data, loss};
  double sums[2];
  reduce_rows(data->n_threads, data->n_rows, 2, add_losses, &mean, sums);
  status = metric_check_weight(sums[1], data, row->name, err);
  if (status == COPSE_OK) *out = sums[0] / sums[1];
  return status;
}

copse_status metric_mean_of_labels(const struct metric_row *row, const struct metric_data *data,
                                   metric_value_fn *one, double *out, copse_error *err) {
  if (data->n_labels <= 1) return one(row, data, out, err);
  double sum = 0;
  for (int k = 0; k < data->n_labels; k++) {
    struct metric_data output = metric_one_label(data, k);
    double value;
    copse_status status = one(row, &output, &value, err);
    if (status != COPSE_OK) return status;
    sum += value;
  }
  *out = sum / data->n_labels;
  return COPSE_OK;
}
