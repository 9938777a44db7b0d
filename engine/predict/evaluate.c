/* evaluate.c - metrics and confusion matrix of raw scores that a model gave: joins the model's objective,
 * which knows the output transform, with the table of metrics. */
#include "base/status.h"
#include "metric/metric.h"
#include "model/model.h"
#include "objective/objective.h"

enum { EVALUATE_MAX = 64 };

/* How the metrics are to read the model's raw scores. Several outputs have no metric: metric_check refuses
 * them. */
static enum metric_transform transform_of(const struct objective *objective) {
  switch (objective->row->output) {
    case OUTPUT_RAW:
      return objective->params.reg_sqrt ? METRIC_TRANSFORM_SIGNED_SQUARE : METRIC_TRANSFORM_IDENTITY;
    case OUTPUT_SIGMOID: return METRIC_TRANSFORM_SIGMOID;
    case OUTPUT_EXP: return METRIC_TRANSFORM_EXP;
    case OUTPUT_LOG1P_EXP: return METRIC_TRANSFORM_LOG1P_EXP;
    case OUTPUT_SOFTMAX:
    case OUTPUT_SIGMOIDS: break;
  }
  return METRIC_TRANSFORM_IDENTITY;
}

static struct metric_data data_of(const copse_model *model, const struct objective *objective,
                                  const double *scores, const float *label, const float *weight,
                                  uint64_t n_rows) {
  return (struct metric_data){.score = scores,
                              .label = label,
                              .weight = weight,
                              .n_rows = n_rows,
                              .n_outputs = model->trees_per_round,
                              .transform = transform_of(objective),
                              .sigmoid = objective->params.sigmoid,
                              .ctx = model->ctx};
}

/* A metric by name; the message says whether the name was asked for or came with the objective. */
static copse_status find_metric(const char *name, const struct objective *own_of,
                                const struct metric_row **out, copse_error *err) {
  *out = metric_find(name);
  if (*out != NULL) return COPSE_OK;
  if (own_of == NULL)
    return status_set(err, COPSE_ERR_UNSUPPORTED, "metric=%s is known, but this version does not compute it",
                      name);
  return status_set(err, COPSE_ERR_UNSUPPORTED,
                    "the model's objective %s has the metric %s, which this version does not compute: choose "
                    "another with metric=",
                    own_of->row->name, name);
}

copse_status copse_evaluate(const copse_model *model, const copse_params *params, const double *scores,
                            const float *label, const float *weight, uint64_t n_rows, size_t capacity,
                            double *values, const char **names, size_t *n_out, copse_error *err) {
  struct objective objective;
  const struct resolved_params *resolved;
  copse_status status = objective_from_text(model->objective, model->trees_per_round, &objective, err);
  if (status == COPSE_OK) status = params_resolved(params, &resolved, err);
  if (status != COPSE_OK) return status;
  /* No metric given: the model's objective chooses, not the one that params happen to name. */
  bool own = resolved->metric.defaulted;
  const char *own_name = objective.row->default_metric;
  const char *const *wanted = own ? &own_name : resolved->metric.names;
  size_t n = own ? (own_name[0] != '\0') : resolved->metric.n_names;
  if (n > capacity || n > EVALUATE_MAX)
    return status_set(err, COPSE_ERR_ARGUMENT, "%zu metrics were asked for, and there is room for %zu values",
                      n, capacity);
  double computed[EVALUATE_MAX]; /* a failure leaves the caller's arrays alone */
  const struct metric_row *rows[EVALUATE_MAX];
  struct metric_data data = data_of(model, &objective, scores, label, weight, n_rows);
  data.n_threads = resolved->boost.n_threads;
  data.threshold = resolved->metric.threshold;
  for (size_t m = 0; m < n; m++) {
    status = find_metric(wanted[m], own ? &objective : NULL, &rows[m], err);
    if (status == COPSE_OK) status = rows[m]->value(rows[m], &data, &computed[m], err);
    if (status != COPSE_OK) return status;
  }
  for (size_t m = 0; m < n; m++) {
    values[m] = computed[m];
    names[m] = rows[m]->name;
  }
  *n_out = n;
  return COPSE_OK;
}

copse_status copse_confusion_matrix(const copse_model *model, const double *scores, const float *label,
                                    const float *weight, uint64_t n_rows, double threshold,
                                    copse_confusion *out, copse_error *err) {
  struct objective objective;
  copse_status status = objective_from_text(model->objective, model->trees_per_round, &objective, err);
  if (status != COPSE_OK) return status;
  struct metric_data data = data_of(model, &objective, scores, label, weight, n_rows);
  data.threshold = threshold;
  return metric_confusion(&data, "the confusion matrix", out, err);
}
