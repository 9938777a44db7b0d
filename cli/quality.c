/* quality.c - metrics of the engine, and what a confusion matrix says about each class. */
#include "quality.h"

#include <stdio.h>
#include <string.h>

#include "console.h"

#define MAX_METRICS 128

bool quality_takes_labels(const copse_model *model) {
  return copse_model_n_outputs(model) > 1 && strncmp(copse_model_objective(model), "regression ", 11) == 0;
}

const char *quality_name_of_label(const copse_frame_schema *schema, int label, const char *metric, char *out,
                                  size_t capacity) {
  const char *name = copse_frame_schema_label(schema, (uint32_t)label, NULL);
  if (name != NULL && name[0] != '\0')
    snprintf(out, capacity, "%s@%s", metric, name);
  else
    snprintf(out, capacity, "%s@%d", metric, label);
  return out;
}

/* Metrics of the command's own choice, for a model trained on anything: classes get those that need the
 * scores (the rest follows from the confusion matrix), numbers get the three usual errors, ranks ndcg where
 * the rows have queries. */
static const char *usual_metrics(const struct quality_input *in) {
  const copse_model *model = in->model;
  const char *objective = copse_model_objective(model);
  int n_classes = copse_model_n_classes(model);
  if (n_classes > 0)
    return n_classes == 2 && copse_model_n_outputs(model) == 1 ? "auc,binary_logloss"
                                                               : "multi_logloss,multi_error";
  if (strncmp(objective, "quantiles ", 10) == 0) return "quantile";
  if (copse_model_n_outputs(model) > 1) return quality_takes_labels(model) ? "l2,rmse,l1" : "none";
  if (strcmp(objective, "cox") == 0) return "concordance,cox";
  if (strncmp(objective, "aft ", 4) == 0) return "concordance,aft";
  if (strcmp(objective, "cross_entropy") == 0) return "cross_entropy";
  if (strstr(objective, "rank")) return in->group ? "ndcg" : "none";
  return "l2,rmse,l1";
}

/* A loss for each quantile needs to know them: the model's line does. */
static copse_status adopt_quantiles(const copse_model *model, copse_params *params, copse_error *err) {
  const char *levels = strstr(copse_model_objective(model), " quantiles:");
  if (!levels) return COPSE_OK;
  copse_status status = copse_params_set(params, "objective", "quantiles", COPSE_SOURCE_COMMAND, err);
  if (status != COPSE_OK) return status;
  return copse_params_set(params, "quantiles", levels + strlen(" quantiles:"), COPSE_SOURCE_COMMAND, err);
}

/* Parameters of the evaluation alone: others of the command line, such as an objective, are the model's
 * business. */
static copse_status evaluation_params(const struct app *app, const struct quality_input *in,
                                      copse_params **out, copse_error *err) {
  static const char *const names[] = {
      "decision_threshold", "num_threads", "alpha",       "multi_error_top_k",
      "auc_mu_weights",     "fair_c",      "focal_gamma", "tweedie_variance_power",
      "aft_distribution",   "aft_scale",   "eval_at",     "label_gain"};
  copse_status status = copse_params_create(app->ctx, out, err);
  for (size_t i = 0; i < sizeof names / sizeof names[0] && status == COPSE_OK; i++) {
    status =
        copse_params_set(*out, names[i], copse_params_get(app->params, names[i]), COPSE_SOURCE_COMMAND, err);
  }
  if (status == COPSE_OK) status = adopt_quantiles(in->model, *out, err);
  if (status != COPSE_OK) return status;
  const char *metric =
      copse_params_given(app->params, "metric") ? copse_params_get(app->params, "metric") : "";
  return copse_params_set(*out, "metric", metric[0] ? metric : usual_metrics(in), COPSE_SOURCE_COMMAND, err);
}

static copse_status print_engine_metrics(const struct app *app, const struct quality_input *in,
                                         bool *has_accuracy, copse_error *err) {
  double values[MAX_METRICS];
  const char *names[MAX_METRICS];
  size_t n = 0;
  copse_params *params = NULL;
  copse_status status = evaluation_params(app, in, &params, err);
  if (status == COPSE_OK) {
    status = copse_evaluate_queries(in->model, params, in->scores, in->label, in->weight, in->group,
                                    in->n_groups, in->n_rows, MAX_METRICS, values, names, &n, err);
  }
  *has_accuracy = false;
  for (size_t i = 0; status == COPSE_OK && i < n; i++) {
    console_line("%s: %.10g", names[i], values[i]);
    if (strcmp(names[i], "accuracy") == 0) *has_accuracy = true;
  }
  int n_labels = status == COPSE_OK && quality_takes_labels(in->model) ? copse_model_n_outputs(in->model) : 0;
  for (int k = 0; k < n_labels && status == COPSE_OK; k++) {
    char room[256];
    status = copse_evaluate_label(in->model, params, in->scores, in->label, in->weight, in->n_rows, k,
                                  MAX_METRICS, values, names, &n, err);
    for (size_t i = 0; status == COPSE_OK && i < n; i++)
      console_line("%s: %.10g", quality_name_of_label(in->schema, k, names[i], room, sizeof room), values[i]);
  }
  copse_params_free(params);
  return status;
}

static double ratio(double part, double whole) { return whole > 0 ? part / whole : 0; }

/* The class's text, or its number. */
static const char *class_name(const struct quality_input *in, int index, char *room, size_t capacity) {
  const char *name = copse_frame_schema_class(in->schema, (uint32_t)index);
  if (name) return name;
  snprintf(room, capacity, "%d", index);
  return room;
}

/* One class read from the matrix. */
struct class_quality {
  double actual, predicted, right;
};

static double precision_of(const struct class_quality *c) { return ratio(c->right, c->predicted); }
static double recall_of(const struct class_quality *c) { return ratio(c->right, c->actual); }
static double f1_of(const struct class_quality *c) { return ratio(2 * c->right, c->actual + c->predicted); }

/* Plain mean over the classes that occur among labels or predictions. */
static double macro(const struct class_quality *classes, int n,
                    double (*measure)(const struct class_quality *)) {
  double sum = 0;
  int n_seen = 0;
  for (int k = 0; k < n; k++) {
    if (classes[k].actual + classes[k].predicted <= 0) continue;
    sum += measure(&classes[k]);
    n_seen++;
  }
  return ratio(sum, n_seen);
}

static void print_measures(const struct quality_input *in, const double *matrix,
                           struct class_quality *classes, int n, bool has_accuracy) {
  double total = 0, right = 0;
  char room[16];
  for (int a = 0; a < n; a++) {
    for (int p = 0; p < n; p++) {
      classes[a].actual += matrix[a * n + p];
      classes[p].predicted += matrix[a * n + p];
      total += matrix[a * n + p];
    }
    classes[a].right = matrix[a * n + a];
    right += matrix[a * n + a];
  }
  if (!has_accuracy) console_line("accuracy: %.10g", ratio(right, total));
  for (int k = 0; k < n; k++) {
    console_line("class %s: precision %.10g, recall %.10g, f1 %.10g", class_name(in, k, room, sizeof room),
                 precision_of(&classes[k]), recall_of(&classes[k]), f1_of(&classes[k]));
  }
  console_line("macro: precision %.10g, recall %.10g, f1 %.10g", macro(classes, n, precision_of),
               macro(classes, n, recall_of), macro(classes, n, f1_of));
}

/* A line per actual class; with many classes only the cells that are not 0. */
static copse_status print_matrix(const struct app *app, const struct quality_input *in, const double *matrix,
                                 int n, copse_error *err) {
  char room[16];
  copse_text line = {.ctx = app->ctx};
  for (int a = 0; a < n && !line.failed; a++) {
    line.length = 0;
    const char *between = ":";
    copse_text_appendf(&line, "confusion %s", class_name(in, a, room, sizeof room));
    for (int p = 0; p < n; p++) {
      if (n > 2 && matrix[a * n + p] == 0) continue;
      copse_text_appendf(&line, "%s %.10g predicted %s", between, matrix[a * n + p],
                         class_name(in, p, room, sizeof room));
      between = ",";
    }
    if (!line.failed) console_line("%s", line.data);
  }
  copse_status status = line.failed ? fail_memory(err, "the confusion matrix") : COPSE_OK;
  copse_text_release(&line);
  return status;
}

static copse_status print_classes(const struct app *app, const struct quality_input *in, bool has_accuracy,
                                  copse_error *err) {
  int n = copse_model_n_classes(in->model);
  double threshold = copse_params_get_double(app->params, "decision_threshold");
  double *matrix = copse_alloc(app->ctx, (size_t)n * (size_t)n, sizeof *matrix);
  struct class_quality *classes = copse_alloc_zero(app->ctx, (size_t)n, sizeof *classes);
  copse_status status = matrix && classes ? COPSE_OK : fail_memory(err, "the confusion matrix");
  if (status == COPSE_OK)
    status =
        copse_confusion(in->model, in->scores, in->label, in->weight, in->n_rows, threshold, matrix, err);
  if (status == COPSE_OK) {
    if (copse_model_n_outputs(in->model) == 1) console_line("decision_threshold: %g", threshold);
    print_measures(in, matrix, classes, n, has_accuracy);
    status = print_matrix(app, in, matrix, n, err);
  }
  copse_free(classes);
  copse_free(matrix);
  return status;
}

copse_status quality_print(const struct app *app, const struct quality_input *input, copse_error *err) {
  bool has_accuracy;
  copse_status status = print_engine_metrics(app, input, &has_accuracy, err);
  if (status == COPSE_OK && copse_model_n_classes(input->model) > 0)
    status = print_classes(app, input, has_accuracy, err);
  return status;
}
