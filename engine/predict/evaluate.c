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

/* What is asked for: the metrics of params, or the model's own. */
struct request {
  bool own;
  const char *const *names, *const *printed;
  const int *at;
  size_t n;
  const char *own_name;                /* room for names of the model's own one ... */
  const char *own_names[EVALUATE_MAX]; /* ... and of one of ranking */
};

static void ask(const struct metric_params *params, const struct objective *objective, struct request *out) {
  static const int nowhere[1] = {0};
  *out = (struct request){.own = params->defaulted,
                          .names = params->names,
                          .printed = params->printed,
                          .at = params->at,
                          .n = params->n_names};
  if (!out->own) return;
  /* No metric given: the model's objective chooses, not the one that params happen to name. */
  out->own_name = objective->row->default_metric;
  out->names = out->printed = &out->own_name;
  out->at = nowhere;
  out->n = out->own_name[0] != '\0';
  if (strcmp(out->own_name, "ndcg") != 0) return;
  out->n = params->n_eval_at;
  out->at = params->eval_at;
  out->printed = params->ndcg_printed;
  for (size_t i = 0; i < out->n && i < EVALUATE_MAX; i++) out->own_names[i] = out->own_name;
  out->names = out->own_names;
}

static copse_status check_group(const int32_t *group, uint64_t n_groups, uint64_t n_rows, copse_error *err) {
  uint64_t sum = 0;
  for (uint64_t q = 0; group != NULL && q < n_groups; q++) {
    if (group[q] < 1)
      return status_set(err, COPSE_ERR_DATA, "group %llu: expected a number of rows, at least 1, found %d",
                        (unsigned long long)q, (int)group[q]);
    sum += (uint64_t)group[q];
  }
  if (group == NULL || sum == n_rows) return COPSE_OK;
  return status_set(err, COPSE_ERR_DATA, "the %llu sizes of groups sum to %llu: expected the %llu rows",
                    (unsigned long long)n_groups, (unsigned long long)sum, (unsigned long long)n_rows);
}

/* What is judged: scores and labels of rows, of queries or not. */
struct judged {
  const double *scores;
  const float *label, *weight;
  const int32_t *group; /* [n_groups] or NULL */
  uint64_t n_groups, n_rows;
  int one_label; /* of several; -1: all */
};

static copse_status evaluate(const copse_model *model, const copse_params *params, const struct judged *in,
                             size_t capacity, double *values, const char **names, size_t *n_out,
                             copse_error *err) {
  struct objective objective;
  const struct resolved_params *resolved;
  copse_status status = objective_from_text(model->objective, model->trees_per_round, &objective, err);
  if (status == COPSE_OK) status = params_resolved(params, &resolved, err);
  if (status == COPSE_OK) status = check_group(in->group, in->n_groups, in->n_rows, err);
  if (status != COPSE_OK) return status;
  struct request asked;
  ask(&resolved->metric, &objective, &asked);
  if (asked.n > capacity || asked.n > EVALUATE_MAX)
    return status_set(err, COPSE_ERR_ARGUMENT, "%zu metrics were asked for, and there is room for %zu values",
                      asked.n, capacity);
  double computed[EVALUATE_MAX]; /* a failure leaves the caller's arrays alone */
  const struct metric_row *rows[EVALUATE_MAX];
  struct metric_data data =
      data_of(model, &objective, &resolved->metric, in->scores, in->label, in->weight, in->n_rows);
  data.n_threads = resolved->boost.n_threads;
  data.group = in->group;
  data.n_groups = in->n_groups;
  if (in->one_label >= data.n_labels)
    return status_set(err, COPSE_ERR_ARGUMENT, "label %d: the model has %d", in->one_label, data.n_labels);
  if (in->one_label >= 0) data = metric_one_label(&data, in->one_label);
  for (size_t m = 0; m < asked.n && status == COPSE_OK; m++)
    status = find_metric(asked.names[m], asked.own ? &objective : NULL, &rows[m], err);
  if (status == COPSE_OK) status = metric_values(rows, asked.at, asked.n, &data, computed, err);
  if (status != COPSE_OK) return status;
  for (size_t m = 0; m < asked.n; m++) {
    values[m] = computed[m];
    names[m] = asked.printed[m];
  }
  *n_out = asked.n;
  return COPSE_OK;
}

copse_status copse_evaluate_queries(const copse_model *model, const copse_params *params,
                                    const double *scores, const float *label, const float *weight,
                                    const int32_t *group, uint64_t n_groups, uint64_t n_rows, size_t capacity,
                                    double *values, const char **names, size_t *n_out, copse_error *err) {
  const struct judged in = {scores, label, weight, group, n_groups, n_rows, -1};
  return evaluate(model, params, &in, capacity, values, names, n_out, err);
}

copse_status copse_evaluate_label(const copse_model *model, const copse_params *params, const double *scores,
                                  const float *label, const float *weight, uint64_t n_rows, int index,
                                  size_t capacity, double *values, const char **names, size_t *n_out,
                                  copse_error *err) {
  if (index < 0) return status_set(err, COPSE_ERR_ARGUMENT, "label %d: expected 0 or more", index);
  const struct judged in = {scores, label, weight, NULL, 0, n_rows, index};
  return evaluate(model, params, &in, capacity, values, names, n_out, err);
}

copse_status copse_evaluate(const copse_model *model, const copse_params *params, const double *scores,
                            const float *label, const float *weight, uint64_t n_rows, size_t capacity,
                            double *values, const char **names, size_t *n_out, copse_error *err) {
  return copse_evaluate_queries(model, params, scores, label, weight, NULL, 0, n_rows, capacity, values,
                                names, n_out, err);
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
