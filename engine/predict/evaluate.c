/* evaluate.c - metrics and confusion matrix of raw scores that a model gave: joins the model's objective,
 * which knows the output transform, with the table of metrics. */
#include <string.h>

#include "base/status.h"
#include "model/judge.h"
#include "model/model.h"

enum { EVALUATE_MAX = 128 };

static struct metric_data data_of(const copse_model *model, const struct objective *objective,
                                  const struct metric_params *params, const double *scores,
                                  const float *label, const float *weight, uint64_t n_rows) {
  struct metric_data data = judge_data(objective, params);
  data.score = scores;
  data.label = label;
  data.weight = weight;
  data.n_rows = n_rows;
  data.ctx = model->ctx;
  return data;
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
  struct metric_data data = data_of(model, &objective, &resolved->metric, scores, label, weight, n_rows);
  data.n_threads = resolved->boost.n_threads;
  for (size_t m = 0; m < n; m++) {
    status = find_metric(wanted[m], own ? &objective : NULL, &rows[m], err);
    data.at = own ? 0 : resolved->metric.at[m];
    if (status == COPSE_OK) status = rows[m]->value(rows[m], &data, &computed[m], err);
    if (status != COPSE_OK) return status;
  }
  for (size_t m = 0; m < n; m++) {
    values[m] = computed[m];
    names[m] = own ? rows[m]->name : resolved->metric.printed[m];
  }
  *n_out = n;
  return COPSE_OK;
}

int copse_model_n_classes(const copse_model *model) {
  struct objective objective;
  if (objective_from_text(model->objective, model->trees_per_round, &objective, NULL) != COPSE_OK) return 0;
  switch (objective.row->output) {
    case OUTPUT_SOFTMAX:
    case OUTPUT_SIGMOIDS: return model->trees_per_round;
    default: return objective.row->kind == OBJECTIVE_BINARY || objective.row->kind == OBJECTIVE_FOCAL ? 2 : 0;
  }
}

copse_status copse_confusion(const copse_model *model, const double *scores, const float *label,
                             const float *weight, uint64_t n_rows, double threshold, double *out,
                             copse_error *err) {
  struct objective objective;
  copse_status status = objective_from_text(model->objective, model->trees_per_round, &objective, err);
  if (status != COPSE_OK) return status;
  struct metric_data data = data_of(model, &objective, NULL, scores, label, weight, n_rows);
  data.threshold = threshold;
  size_t n = (size_t)metric_n_classes(&data);
  double *counts = copse_alloc(model->ctx, n * n, sizeof *counts); /* a failure leaves out alone */
  if (counts == NULL) return status_memory(err, "the confusion matrix");
  status = metric_confusion(&data, "the confusion matrix", counts, err);
  if (status == COPSE_OK) memcpy(out, counts, n * n * sizeof *out);
  copse_free(counts);
  return status;
}
