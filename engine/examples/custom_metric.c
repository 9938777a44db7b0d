/* custom_metric.c - early stopping by a measure of one's own: the share of validation rows whose prediction
 * is within a tenth of the label.
 *
 * The metric is added to the booster; copse_train evaluates, reports and watches it like one of the engine's.
 */
#include <copse.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 3000, TRAIN = 2000 };

static double x[ROWS][2];
static float label[ROWS];

static void check(copse_status status, const copse_error *err) {
  if (status == COPSE_OK) return;
  fprintf(stderr, "%s: %s\n", copse_status_name(status), err->message);
  exit(1);
}

static void make_data(void) {
  for (int i = 0; i < ROWS; i++) {
    x[i][0] = (double)(i * 7 % 100) / 10;
    x[i][1] = (double)(i * 13 % 89);
    label[i] = (float)(10 + x[i][0] * x[i][0] + (i * 31 % 17 - 8) / 2.0);
  }
}

static copse_status near_enough(void *user, const copse_metric_input *input, double *value,
                                copse_error *err) {
  double tolerance = *(const double *)user, near = 0, all = 0;
  (void)err;
  for (uint64_t i = 0; i < input->n_rows; i++) {
    double weight = input->weight != NULL ? (double)input->weight[i] : 1;
    double y = (double)input->label[i];
    if (fabs(input->scores[i] - y) <= tolerance * y) near += weight;
    all += weight;
  }
  *value = near / all;
  return COPSE_OK;
}

static copse_dataset *dataset_of(int begin, int n, const copse_params *params, copse_schema *schema) {
  copse_table table = {.layout = COPSE_ROWS,
                       .n_rows = (uint64_t)n,
                       .n_cols = 2,
                       .dtype = COPSE_F64,
                       .values = x[begin],
                       .row_stride = 2};
  copse_dataset *dataset;
  copse_error err;
  check(copse_dataset_from_table(NULL, &table, NULL, NULL, params, schema, &dataset, &err), &err);
  check(copse_dataset_set(dataset, COPSE_LABEL, label + begin, (uint64_t)n, &err), &err);
  return dataset;
}

int main(void) {
  static const char config[] =
      "num_iterations = 500\n"
      "metric = none\n"
      "early_stopping_round = 20\n"
      "num_leaves = 15\n";
  double tolerance = 0.1;
  copse_params *params;
  copse_booster *booster;
  copse_model *model;
  copse_train_report report;
  copse_error err;
  make_data();
  check(copse_params_create(NULL, &params, &err), &err);
  check(copse_params_parse(params, config, sizeof config - 1, "config", COPSE_SOURCE_FILE, &err), &err);
  copse_dataset *train = dataset_of(0, TRAIN, params, NULL);
  copse_dataset *valid = dataset_of(TRAIN, ROWS - TRAIN, params, copse_dataset_schema(train));
  check(copse_booster_create(NULL, train, params, &booster, &err), &err);
  check(copse_booster_add_valid(booster, valid, "valid", &err), &err);
  check(copse_booster_add_metric(booster, "within_tenth", true, near_enough, &tolerance, &err), &err);
  check(copse_train(booster, params, NULL, NULL, &model, &report, &err), &err);

  double share;
  check(copse_booster_eval(booster, 1, &share, &err), &err);
  printf("%s by %s after round %d: %.2f\n", report.reason == COPSE_STOP_EARLY ? "stopped" : "not stopped",
         report.stopped_by, report.best_round, share);

  copse_model_free(model);
  copse_booster_free(booster);
  copse_dataset_free(valid);
  copse_dataset_free(train);
  copse_params_free(params);
  return 0;
}
