/* Evaluation of a model's raw scores: which metrics, which transform, what is refused. */
#include <math.h>
#include <string.h>

#include "copse.h"
#include "model/model.h"
#include "testing.h"

enum { N = 6 };

static const float labels[N] = {0, 1, 0, 1, 1, 0}, weights[N] = {1, 2, 0.5f, 1.5f, 3, 1};
static const double scores[N] = {0.3, -0.4, 0.3, 0.2, 2, -1};

static copse_model *model_of(const char *objective, int outputs) {
  static const char *const names[1] = {"x"}, *const infos[1] = {"[0:1]"};
  struct model_shape shape = {.n_features = 1,
                              .names = names,
                              .infos = infos,
                              .trees_per_round = outputs,
                              .n_class = outputs,
                              .objective = objective,
                              .parameters = "",
                              .config = ""};
  copse_model *model;
  copse_error err = {.message = ""};
  if (model_create(NULL, &shape, &model, &err) != COPSE_OK) fail_msg("%s", err.message);
  return model;
}

static copse_params *params_of(const char *text) {
  copse_params *params;
  copse_error err = {.message = ""};
  if (copse_params_create(NULL, &params, &err) != COPSE_OK ||
      copse_params_parse(params, text, strlen(text), "test", COPSE_SOURCE_COMMAND, &err) != COPSE_OK)
    fail_msg("%s", err.message);
  return params;
}

struct evaluation {
  copse_status status;
  copse_error err;
  double values[8];
  const char *names[8];
  size_t n;
};

static struct evaluation evaluate(const char *objective, int outputs, const char *config, const float *weight,
                                  size_t capacity) {
  struct evaluation e = {.values = {-1, -1, -1, -1}, .n = 99};
  copse_model *model = model_of(objective, outputs);
  copse_params *params = params_of(config);
  e.status = copse_evaluate(model, params, scores, labels, weight, outputs == 1 ? N : 2, capacity, e.values,
                            e.names, &e.n, &e.err);
  copse_params_free(params);
  copse_model_free(model);
  return e;
}

static void assert_value(const struct evaluation *e, size_t at, const char *name, double value) {
  if (e->status != COPSE_OK) fail_msg("%s", e->err.message);
  assert_true(at < e->n);
  assert_string_equal(e->names[at], name);
  if (!(fabs(e->values[at] - value) < 6e-6 * fabs(value)))
    fail_msg("%s: %.17g, not %g", name, e->values[at], value);
}

static void the_models_objective_chooses(void **state) {
  (void)state;
  struct evaluation e = evaluate("binary sigmoid:1", 1, "", NULL, 8);
  assert_int_equal(e.n, 1);
  assert_value(&e, 0, "binary_logloss", 0.610009); /* LightGBM's T3b */
  e = evaluate("binary sigmoid:0.5", 1, "", NULL, 8);
  double sum = 0;
  for (int i = 0; i < N; i++) sum += log1p(exp((labels[i] > 0 ? -0.5 : 0.5) * scores[i]));
  assert_value(&e, 0, "binary_logloss", sum / N);
  e = evaluate("regression", 1, "", NULL, 8);
  sum = 0;
  for (int i = 0; i < N; i++) sum += (scores[i] - (double)labels[i]) * (scores[i] - (double)labels[i]);
  assert_value(&e, 0, "l2", sum / N);
  e = evaluate("", 1, "", NULL, 8);
  assert_int_equal(e.status, COPSE_OK);
  assert_int_equal(e.n, 0);
}

static void asked_metrics_come_in_order(void **state) {
  (void)state;
  struct evaluation e = evaluate("binary sigmoid:1", 1,
                                 "objective=binary\nmetric=auc,binary_error,binary_logloss\n", weights, 8);
  assert_int_equal(e.n, 3);
  assert_value(&e, 0, "auc", 0.676923);
  assert_value(&e, 1, "binary_error", 0.388889);
  assert_value(&e, 2, "binary_logloss", 0.522091);
  e = evaluate("binary sigmoid:1", 1, "metric=none\n", weights, 0);
  assert_int_equal(e.status, COPSE_OK);
  assert_int_equal(e.n, 0);
}

static void transforms_follow_the_objective(void **state) {
  (void)state;
  static const char *const texts[] = {"regression sqrt", "poisson", "cross_entropy", "cross_entropy_lambda",
                                      "huber"};
  for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
    double sum = 0;
    for (int i = 0; i < N; i++) {
      double s = scores[i], p = t == 0   ? s * fabs(s)
                                : t == 1 ? exp(s)
                                : t == 2 ? 1 / (1 + exp(-s))
                                : t == 3 ? log1p(exp(s))
                                         : s;
      sum += fabs(p - (double)labels[i]);
    }
    struct evaluation e = evaluate(texts[t], 1, "metric=l1\n", NULL, 8);
    assert_value(&e, 0, "l1", sum / N);
  }
}

/* Settings of Copse's own objectives come from the model, and win over those of the parameters. */
static void own_objectives_judge_themselves(void **state) {
  (void)state;
  double sum = 0;
  for (int i = 0; i < N; i++) {
    double d = (double)labels[i] - scores[i];
    sum += (d >= 0 ? 0.75 : 0.25) * d * d;
  }
  struct evaluation e = evaluate("expectile alpha:0.75", 1, "alpha=0.5\n", NULL, 8);
  assert_value(&e, 0, "expectile", sum / N);
  sum = 0;
  for (int i = 0; i < 2; i++) /* two rows, see evaluate */
    for (int k = 0; k < 2; k++) {
      double low = scores[i], high = scores[2 + i], p = k == 0 ? fmin(low, high) : fmax(low, high);
      double d = (double)labels[i] - p, level = k == 0 ? 0.25 : 0.5;
      sum += (d >= 0 ? level * d : (level - 1) * d) / 2;
    }
  e = evaluate("quantiles quantiles:0.25,0.5", 2, "", NULL, 8);
  assert_value(&e, 0, "quantile", sum / 2);
}

/* The labels of two rows, two for each: see evaluate. */
static void several_labels_are_means(void **state) {
  (void)state;
  double l1 = 0, l2 = 0;
  for (int i = 0; i < 4; i++) {
    double d = fabs(scores[i] - (double)labels[i]);
    l1 += d / 4;
    l2 += d * d / 4;
  }
  struct evaluation e = evaluate("regression num_class:2", 2, "metric=rmse,l1\n", NULL, 8);
  assert_value(&e, 0, "rmse", sqrt(l2));
  assert_value(&e, 1, "l1", l1);
  e = evaluate("regression num_class:2", 2, "", NULL, 8);
  assert_value(&e, 0, "l2", l2);
  e = evaluate("multi_regression", 2, "", NULL, 8);
  assert_value(&e, 0, "l2", l2);
}

static void assert_refused(const struct evaluation *e, copse_status status, const char *part) {
  assert_int_equal(e->status, status);
  if (strstr(e->err.message, part) == NULL) fail_msg("\"%s\" does not say \"%s\"", e->err.message, part);
  assert_true(e->values[0] == -1 && e->names[0] == NULL && e->n == 99);
}

static void refusals(void **state) {
  (void)state;
  struct evaluation e = evaluate("binary sigmoid:1", 1, "metric=auc,l1,l2\n", NULL, 2);
  assert_refused(&e, COPSE_ERR_ARGUMENT, "3 metrics");
  e = evaluate("lambdarank", 1, "", NULL, 8);
  assert_refused(&e, COPSE_ERR_DATA, "quer");
  e = evaluate("quantiles quantiles:0.1,0.5", 3, "", NULL, 8);
  assert_refused(&e, COPSE_ERR_FORMAT, "expected ascending levels");
  e = evaluate("multiclass num_class:3", 3, "metric=l2\n", NULL, 8);
  assert_refused(&e, COPSE_ERR_ARGUMENT, "l2");
  e = evaluate("regression num_class:2", 2, "metric=auc\n", NULL, 8);
  assert_refused(&e, COPSE_ERR_ARGUMENT, "one label per row, but there are 2");
  e = evaluate("regression num_class:2", 2, "metric=accuracy\n", NULL, 8);
  assert_refused(&e, COPSE_ERR_ARGUMENT, "one label per row, but there are 2");
  e = evaluate("regression num_class:3", 2, "", NULL, 8);
  assert_refused(&e, COPSE_ERR_FORMAT, "the model has 2 trees per round");
  e = evaluate("regression", 2, "", NULL, 8);
  assert_refused(&e, COPSE_ERR_FORMAT, "regression has one output");
  e = evaluate("binari", 1, "", NULL, 8);
  assert_refused(&e, COPSE_ERR_FORMAT, "binari");
  e = evaluate("binary sigmoid:1", 1, "metric=auc,l1\n", (const float[N]){0}, 8);
  assert_refused(&e, COPSE_ERR_DATA, "sum to 0");
}

/* Three classes: LightGBM's T3d. */
static const float class_labels[N] = {0, 1, 2, 2, 1, 0};
static const double class_scores[3 * N] = {1, 0,   0.2, 0, 0.4, 0,   0, 0.5, 0.3,
                                           0, 0.1, 1,   0, 0.5, 0.1, 2, 0.1, 0.5};

static void many_outputs(void **state) {
  (void)state;
  copse_model *model = model_of("multiclass num_class:3", 3),
              *ova = model_of("multiclassova num_class:3 sigmoid:1", 3);
  copse_params *params = params_of(""),
               *asked = params_of("metric=multi_error,accuracy\nmulti_error_top_k=2\n");
  struct evaluation e = {.n = 0};
  e.status =
      copse_evaluate(model, params, class_scores, class_labels, NULL, N, 8, e.values, e.names, &e.n, &e.err);
  assert_int_equal(e.n, 1);
  assert_value(&e, 0, "multi_logloss", 0.973357);
  e.status =
      copse_evaluate(ova, params, class_scores, class_labels, weights, N, 8, e.values, e.names, &e.n, &e.err);
  assert_value(&e, 0, "multi_logloss", 0.488927);
  e.status =
      copse_evaluate(ova, asked, class_scores, class_labels, NULL, N, 8, e.values, e.names, &e.n, &e.err);
  assert_int_equal(e.n, 2);
  assert_value(&e, 0, "multi_error@2", 0.5);
  assert_value(&e, 1, "accuracy", 0.5);
  copse_params_free(params);
  copse_params_free(asked);
  copse_model_free(model);
  copse_model_free(ova);
}

/* alpha comes from the parameters: the model's text does not have it. */
static void settings_reach_the_metrics(void **state) {
  (void)state;
  struct evaluation e = evaluate("quantile", 1, "alpha=0.25\n", NULL, 8);
  double sum = 0;
  for (int i = 0; i < N; i++) {
    double d = (double)labels[i] - scores[i];
    sum += d >= 0 ? 0.25 * d : -0.75 * d;
  }
  assert_value(&e, 0, "quantile", sum / N);
}

/* A model of ranking has a value for each rank of eval_at; the sizes of queries must be those of the rows. */
static void ranks_need_queries(void **state) {
  (void)state;
  static const float grades[N] = {1, 0, 2, 0, 1, 0};
  static const int32_t group[2] = {4, 2}, few[2] = {4, 1}, none[2] = {6, 0};
  copse_model *model = model_of("lambdarank", 1);
  copse_params *own = params_of("eval_at=5,1\n"), *asked = params_of("metric=map,l2\neval_at=2\n");
  struct evaluation e = {.n = 99};
  e.status = copse_evaluate_queries(model, own, scores, grades, NULL, group, 2, N, 8, e.values, e.names, &e.n,
                                    &e.err);
  assert_int_equal(e.n, 2);
  assert_string_equal(e.names[0], "ndcg@1");
  assert_string_equal(e.names[1], "ndcg@5");
  /* the first of two equal scores has gain 1 where 3 is the best; the other query is in order */
  if (e.status != COPSE_OK) fail_msg("%s", e.err.message);
  assert_true(fabs(e.values[0] - (1.0 / 3 + 1) / 2) < 1e-15);
  e.status = copse_evaluate_queries(model, asked, scores, grades, NULL, group, 2, N, 8, e.values, e.names,
                                    &e.n, &e.err);
  assert_value(&e, 0, "map@2", 1);
  assert_string_equal(e.names[1], "l2");
  assert_int_equal(copse_evaluate_queries(model, own, scores, grades, NULL, group, 2, N, 1, e.values, e.names,
                                          &e.n, &e.err),
                   COPSE_ERR_ARGUMENT);
  assert_int_equal(copse_evaluate(model, own, scores, grades, NULL, N, 8, e.values, e.names, &e.n, &e.err),
                   COPSE_ERR_DATA);
  assert_non_null(strstr(e.err.message, "ndcg judges the order within queries"));
  assert_int_equal(
      copse_evaluate_queries(model, own, scores, grades, NULL, few, 2, N, 8, e.values, e.names, &e.n, &e.err),
      COPSE_ERR_DATA);
  assert_non_null(strstr(e.err.message, "the 2 sizes of groups sum to 5: expected the 6 rows"));
  assert_int_equal(copse_evaluate_queries(model, own, scores, grades, NULL, none, 2, N, 8, e.values, e.names,
                                          &e.n, &e.err),
                   COPSE_ERR_DATA);
  assert_non_null(strstr(e.err.message, "group 1: expected a number of rows, at least 1, found 0"));
  copse_params_free(own);
  copse_params_free(asked);
  copse_model_free(model);
}

static void confusion_matrix(void **state) {
  (void)state;
  copse_model *model = model_of("binary sigmoid:1", 1);
  double c[9] = {-1};
  copse_error err;
  assert_int_equal(copse_model_n_classes(model), 2);
  assert_int_equal(copse_confusion(model, scores, labels, NULL, N, 0.5, c, &err), COPSE_OK);
  assert_true(c[0] == 1 && c[1] == 2 && c[2] == 1 && c[3] == 2);
  assert_int_equal(copse_confusion(model, scores, labels, weights, N, 0.8, c, &err), COPSE_OK);
  assert_true(c[0] == 2.5 && c[1] == 0 && c[2] == 3.5 && c[3] == 3);
  assert_int_equal(copse_confusion(model, scores, labels, NULL, 0, 0.5, c, &err), COPSE_ERR_DATA);
  assert_non_null(strstr(err.message, "the confusion matrix"));
  assert_int_equal(copse_confusion(model, scores, labels, (const float[N]){0}, N, 0.5, c, &err),
                   COPSE_ERR_DATA);
  assert_true(c[0] == 2.5 && c[3] == 3); /* untouched */
  copse_model_free(model);
  model = model_of("multiclass num_class:3", 3);
  static const double counts[9] = {1, 1, 0, 3, 2, 0, 0, 0.5, 1.5};
  assert_int_equal(copse_model_n_classes(model), 3);
  assert_int_equal(copse_confusion(model, class_scores, class_labels, weights, N, 0.5, c, &err), COPSE_OK);
  for (int i = 0; i < 9; i++) assert_true(c[i] == counts[i]);
  copse_model_free(model);
}

static void which_models_tell_classes_apart(void **state) {
  (void)state;
  static const struct {
    const char *objective;
    int outputs, n_classes;
  } cases[] = {{"multiclassova num_class:4 sigmoid:1", 4, 4},
               {"multiclass num_class:2", 2, 2},
               {"cross_entropy", 1, 0},
               {"regression", 1, 0},
               {"", 3, 0},
               {"binari", 1, 0}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    copse_model *model = model_of(cases[i].objective, cases[i].outputs);
    assert_int_equal(copse_model_n_classes(model), cases[i].n_classes);
    copse_model_free(model);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_models_objective_chooses),
      cmocka_unit_test(asked_metrics_come_in_order),
      cmocka_unit_test(transforms_follow_the_objective),
      cmocka_unit_test(own_objectives_judge_themselves),
      cmocka_unit_test(several_labels_are_means),
      cmocka_unit_test(refusals),
      cmocka_unit_test(many_outputs),
      cmocka_unit_test(settings_reach_the_metrics),
      cmocka_unit_test(ranks_need_queries),
      cmocka_unit_test(confusion_matrix),
      cmocka_unit_test(which_models_tell_classes_apart),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
