/* custom_objective.c - boosting on a loss of one's own: log-cosh, which is the square for small errors and
 * the absolute value for large ones, so that the outliers below do not draw the curve to them.
 *
 * Each round the caller computes gradient and hessian of the loss from the raw scores and steps the booster.
 */
#include <copse.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 2000, ROUNDS = 60 };

static double x[ROWS];
static float label[ROWS], gradient[ROWS], hessian[ROWS];

static void check(copse_status status, const copse_error *err) {
  if (status == COPSE_OK) return;
  fprintf(stderr, "%s: %s\n", copse_status_name(status), err->message);
  exit(1);
}

static double truth(double at) { return at < 0.5 ? 2 * at : 3 - 4 * at; }

/* Every twentieth label is off by 50. */
static void make_data(void) {
  for (int i = 0; i < ROWS; i++) {
    x[i] = (double)(i * 7 % ROWS) / ROWS;
    label[i] = (float)(truth(x[i]) + (i % 20 == 3 ? 50 : 0));
  }
}

/* loss = log(cosh(score - label)), returned as its mean */
static double differentiate(const double *score) {
  double sum = 0;
  for (int i = 0; i < ROWS; i++) {
    double error = score[i] - (double)label[i], slope = tanh(error);
    gradient[i] = (float)slope;
    hessian[i] = (float)(1 - slope * slope);
    sum += fabs(error) + log1p(exp(-2 * fabs(error))) - log(2);
  }
  return sum / ROWS;
}

int main(void) {
  static const char config[] =
      "objective = custom\n"
      "num_leaves = 31\n"
      "learning_rate = 0.3\n"
      "lambda_l2 = 1\n";
  copse_table table = {
      .layout = COPSE_ROWS, .n_rows = ROWS, .n_cols = 1, .dtype = COPSE_F64, .values = x, .row_stride = 1};
  copse_params *params;
  copse_dataset *dataset;
  copse_booster *booster;
  copse_model *model;
  copse_predictor *predictor;
  copse_error err;
  make_data();
  check(copse_params_create(NULL, &params, &err), &err);
  check(copse_params_parse(params, config, sizeof config - 1, "config", COPSE_SOURCE_FILE, &err), &err);
  check(copse_dataset_from_table(NULL, &table, NULL, NULL, params, NULL, &dataset, &err), &err);
  check(copse_booster_create(NULL, dataset, params, &booster, &err), &err); /* needs no label */

  for (int round = 0; round < ROUNDS; round++) {
    double loss = differentiate(copse_booster_scores(booster, 0, NULL));
    if (round % 20 == 0) printf("round %d: loss %.2f\n", round, loss);
    if (round == ROUNDS / 2) check(copse_booster_set_param(booster, "learning_rate", "0.1", &err), &err);
    bool finished;
    check(copse_booster_step_custom(booster, gradient, hessian, &finished, &err), &err);
    if (finished) break;
  }
  printf("round %d: loss %.2f\n", copse_booster_round(booster),
         differentiate(copse_booster_scores(booster, 0, NULL)));

  check(copse_booster_model(booster, 0, &model, &err), &err);
  check(copse_predictor_create(NULL, model, COPSE_PREDICT_VALUE, 0, 0, &predictor, &err), &err);
  for (double at = 0.1; at < 1; at += 0.2) {
    double value;
    copse_predictor_row(predictor, &at, &value);
    printf("f(%.1f) = %.2f, truth %.2f\n", at, value, truth(at));
  }

  copse_predictor_free(predictor);
  copse_model_free(model);
  copse_booster_free(booster);
  copse_dataset_free(dataset);
  copse_params_free(params);
  return 0;
}
