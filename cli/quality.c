/* quality.c - metrics of the engine, and what a confusion matrix says about each class. */
#include "quality.h"

#include <string.h>

#include "console.h"

#define MAX_METRICS 64

static bool is_binary(const copse_model *model) {
  return strncmp(copse_model_objective(model), "binary", 6) == 0;
}

/* Metrics of the command's own choice, for a model trained on anything: two classes get those that need the
 * scores (the rest follows from the confusion matrix), numbers get the three usual errors, ranks none. */
static const char *usual_metrics(const copse_model *model) {
  const char *objective = copse_model_objective(model);
  if (is_binary(model)) return "auc,binary_logloss";
  return strstr(objective, "rank") ? "none" : "l2,rmse,l1";
}

/* Parameters of the evaluation alone: others of the command line, such as an objective, are the model's
 * business. */
static copse_status evaluation_params(const struct app *app, const copse_model *model, copse_params **out,
                                      copse_error *err) {
  static const char *const names[] = {"decision_threshold", "num_threads"};
  copse_status status = copse_params_create(app->ctx, out, err);
  for (size_t i = 0; i < sizeof names / sizeof names[0] && status == COPSE_OK; i++) {
    status =
        copse_params_set(*out, names[i], copse_params_get(app->params, names[i]), COPSE_SOURCE_COMMAND, err);
  }
  if (status != COPSE_OK) return status;
  const char *metric =
      copse_params_given(app->params, "metric") ? copse_params_get(app->params, "metric") : "";
  return copse_params_set(*out, "metric", metric[0] ? metric : usual_metrics(model), COPSE_SOURCE_COMMAND,
                          err);
}

static copse_status print_engine_metrics(const struct app *app, const struct quality_input *in,
                                         bool *has_accuracy, copse_error *err) {
  double values[MAX_METRICS];
  const char *names[MAX_METRICS];
  size_t n = 0;
  copse_params *params = NULL;
  copse_status status = evaluation_params(app, in->model, &params, err);
  if (status == COPSE_OK) {
    status = copse_evaluate(in->model, params, in->scores, in->label, in->weight, in->n_rows, MAX_METRICS,
                            values, names, &n, err);
  }
  *has_accuracy = false;
  for (size_t i = 0; status == COPSE_OK && i < n; i++) {
    console_line("%s: %.10g", names[i], values[i]);
    if (strcmp(names[i], "accuracy") == 0) *has_accuracy = true;
  }
  copse_params_free(params);
  return status;
}

static double ratio(double part, double whole) { return whole > 0 ? part / whole : 0; }

static const char *class_name(const struct quality_input *in, uint32_t index) {
  const char *name = copse_frame_schema_class(in->schema, index);
  return name ? name : index ? "1" : "0";
}

static copse_status print_classes(const struct app *app, const struct quality_input *in, bool has_accuracy,
                                  copse_error *err) {
  copse_confusion c;
  double threshold = copse_params_get_double(app->params, "decision_threshold");
  copse_status status =
      copse_confusion_matrix(in->model, in->scores, in->label, in->weight, in->n_rows, threshold, &c, err);
  if (status != COPSE_OK) return status;
  double precision[2], recall[2], f1[2];
  double total = c.count[0][0] + c.count[0][1] + c.count[1][0] + c.count[1][1];
  for (int k = 0; k < 2; k++) {
    precision[k] = ratio(c.count[k][k], c.count[0][k] + c.count[1][k]);
    recall[k] = ratio(c.count[k][k], c.count[k][0] + c.count[k][1]);
    f1[k] = ratio(2 * precision[k] * recall[k], precision[k] + recall[k]);
  }
  console_line("decision_threshold: %g", threshold);
  if (!has_accuracy) console_line("accuracy: %.10g", ratio(c.count[0][0] + c.count[1][1], total));
  for (uint32_t k = 0; k < 2; k++) {
    console_line("class %s: precision %.10g, recall %.10g, f1 %.10g", class_name(in, k), precision[k],
                 recall[k], f1[k]);
  }
  console_line("macro: precision %.10g, recall %.10g, f1 %.10g", (precision[0] + precision[1]) / 2,
               (recall[0] + recall[1]) / 2, (f1[0] + f1[1]) / 2);
  for (uint32_t k = 0; k < 2; k++) {
    console_line("confusion %s: %.10g predicted %s, %.10g predicted %s", class_name(in, k), c.count[k][0],
                 class_name(in, 0), c.count[k][1], class_name(in, 1));
  }
  return COPSE_OK;
}

copse_status quality_print(const struct app *app, const struct quality_input *input, copse_error *err) {
  bool has_accuracy;
  copse_status status = print_engine_metrics(app, input, &has_accuracy, err);
  if (status == COPSE_OK && is_binary(input->model)) status = print_classes(app, input, has_accuracy, err);
  return status;
}
