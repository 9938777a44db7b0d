/* Metrics that the caller brings: what they see, where they stand, what they may refuse. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "checks.h"
#include "mixed_data.h"

#define SMALL "num_threads=1 verbosity=-1 num_leaves=7 min_data_in_leaf=3 learning_rate=0.3 "

enum { ROWS = 300, FEATURES = MIXED_COLUMNS };

struct seen {
  int calls, set;
  uint64_t n_rows;
  bool weighted;
};

/* The weighted mean of squared errors. */
static copse_status squares(void *user, const copse_metric_input *input, double *value, copse_error *err) {
  (void)err;
  struct seen *seen = user;
  double sum = 0, weight = 0;
  for (uint64_t i = 0; i < input->n_rows; i++) {
    double d = input->scores[i] - (double)input->label[i];
    double w = input->weight != NULL ? (double)input->weight[i] : 1;
    sum += w * d * d;
    weight += w;
  }
  *value = sum / weight;
  if (seen == NULL) return COPSE_OK;
  *seen = (struct seen){seen->calls + 1, input->set, input->n_rows, input->weight != NULL};
  assert_int_equal(input->n_outputs, 1);
  return COPSE_OK;
}

/* Best in the third round, NaN in the first. */
static copse_status third_is_best(void *user, const copse_metric_input *input, double *value,
                                  copse_error *err) {
  (void)input, (void)err;
  int round = ++*(int *)user;
  *value = round == 1 ? NAN : -fabs(round - 3.0);
  return COPSE_OK;
}

static copse_status says_why(void *user, const copse_metric_input *input, double *value, copse_error *err) {
  (void)user, (void)input, (void)value;
  snprintf(err->message, sizeof err->message, "no number for %d rows", (int)input->n_rows);
  return COPSE_ERR_DATA;
}

static copse_status says_nothing(void *user, const copse_metric_input *input, double *value,
                                 copse_error *err) {
  (void)user, (void)input, (void)value, (void)err;
  return COPSE_ERR_STATE;
}

static copse_booster *booster_with_valid(struct mixed_data *train, struct mixed_data *valid,
                                         const char *params) {
  copse_error err;
  copse_booster *booster = mixed_booster(&train->data, params);
  copse_dataset *set =
      small_dataset(&valid->data, booster->params, copse_dataset_schema(booster->sets[0].data));
  must(copse_booster_add_valid(booster, set, "held_out", &err), &err);
  copse_dataset_free(set);
  return booster;
}

static void it_stands_behind_those_of_the_parameters(void **state) {
  (void)state;
  struct mixed_data train = mixed_data_make(ROWS, FEATURES, 71), valid = mixed_data_make(100, FEATURES, 72);
  train.data.weight = train.weight;
  copse_booster *booster = booster_with_valid(&train, &valid, SMALL "metric=l2,l1");
  struct seen seen = {0};
  copse_error err;
  char name[] = "squares";
  must(copse_booster_add_metric(booster, name, false, squares, &seen, &err), &err);
  name[0] = 'x'; /* it was copied */
  assert_int_equal(copse_booster_n_metrics(booster), 3);
  assert_string_equal(copse_booster_metric_name(booster, 0), "l2");
  assert_string_equal(copse_booster_metric_name(booster, 2), "squares");
  assert_false(copse_booster_metric_higher_is_better(booster, 2));
  must(copse_booster_step(booster, NULL, &err), &err);
  for (int set = 0; set < 2; set++) {
    double values[3];
    must(copse_booster_eval(booster, set, values, &err), &err);
    assert_true(fabs(values[2] - values[0]) <= 1e-12 * values[0]);
    assert_true(seen.calls == set + 1 && seen.set == set && seen.n_rows == (set == 0 ? ROWS : 100));
    assert_true(seen.weighted == (set == 0));
  }
  copse_booster_free(booster);
  mixed_data_free(&train);
  mixed_data_free(&valid);
}

static copse_status added;

static void add_one(void *user, copse_booster *booster, const copse_train_event *event) {
  (void)user, (void)event;
  added = copse_booster_add_metric(booster, "late", false, squares, NULL, NULL);
}

static void early_stopping_watches_it(void **state) {
  (void)state;
  struct mixed_data train = mixed_data_make(ROWS, FEATURES, 73), valid = mixed_data_make(100, FEATURES, 74);
  const char *settings = SMALL "metric=none early_stopping_round=4 num_iterations=50";
  copse_booster *booster = booster_with_valid(&train, &valid, settings);
  copse_error err;
  copse_model *model;
  copse_train_report report;
  assert_int_equal(copse_train(booster, booster->params, NULL, NULL, &model, &report, &err),
                   COPSE_ERR_ARGUMENT);
  assert_non_null(strstr(err.message, "early_stopping_round=4 has no metric to look at"));
  int round = 0;
  must(copse_booster_add_metric(booster, "third", true, third_is_best, &round, &err), &err);
  must(copse_train(booster, booster->params, add_one, NULL, &model, &report, &err), &err);
  assert_int_equal(added, COPSE_ERR_STATE);
  assert_int_equal(report.reason, COPSE_STOP_EARLY);
  assert_int_equal(report.best_round, 3);
  assert_int_equal(report.rounds_trained, 7);
  assert_string_equal(report.stopped_by, "held_out third");
  assert_int_equal(copse_model_n_rounds(model), 3);
  must(copse_booster_add_metric(booster, "late", false, squares, NULL, &err), &err); /* it may again */
  copse_model_free(model);
  copse_booster_free(booster);
  mixed_data_free(&train);
  mixed_data_free(&valid);
}

static void what_is_refused(void **state) {
  (void)state;
  struct mixed_data train = mixed_data_make(ROWS, FEATURES, 75);
  copse_error err;
  double values[3];
  copse_booster *booster = mixed_booster(&train.data, SMALL "metric=l2");
  assert_int_equal(copse_booster_add_metric(booster, "l2", false, squares, NULL, &err), COPSE_ERR_ARGUMENT);
  assert_int_equal(copse_booster_add_metric(booster, "", false, squares, NULL, &err), COPSE_ERR_ARGUMENT);
  must(copse_booster_add_metric(booster, "own", false, says_why, NULL, &err), &err);
  assert_int_equal(copse_booster_add_metric(booster, "own", false, squares, NULL, &err), COPSE_ERR_ARGUMENT);
  assert_int_equal(copse_booster_eval(booster, 0, values, &err), COPSE_ERR_DATA);
  assert_string_equal(err.message, "no number for 300 rows");
  assert_int_equal(copse_booster_eval(booster, 0, values, NULL), COPSE_ERR_DATA);
  copse_booster_free(booster);
  booster = mixed_booster(&train.data, SMALL "metric=l2");
  must(copse_booster_add_metric(booster, "mute", false, says_nothing, NULL, &err), &err);
  assert_int_equal(copse_booster_eval(booster, 0, values, &err), COPSE_ERR_STATE);
  assert_string_equal(err.message, "metric \"mute\" failed on data set \"training\"");
  copse_booster_free(booster);
  mixed_data_free(&train);
}

static void set_a_parameter(void *user, copse_booster *booster, const copse_train_event *event) {
  const char *const *setting = user;
  (void)event;
  if (setting != NULL) added = copse_booster_set_param(booster, setting[0], setting[1], NULL);
}

/* Each by itself, and parameters change between the rounds. */
static void several_are_watched_each(void **state) {
  (void)state;
  struct mixed_data train = mixed_data_make(ROWS, FEATURES, 76), valid = mixed_data_make(100, FEATURES, 77);
  copse_error err;
  static const char *const learning_rate[] = {"learning_rate", "0.2"};
  for (int given = 0; given < 2; given++) {
    copse_booster *booster =
        booster_with_valid(&train, &valid,
                           given ? SMALL "metric=l2 early_stopping_round=4 num_iterations=9"
                                 : SMALL "metric=none early_stopping_round=4 num_iterations=9");
    copse_model *model;
    copse_train_report report;
    int round = 0;
    must(copse_booster_add_metric(booster, "third", true, third_is_best, &round, &err), &err);
    must(copse_booster_add_metric(booster, "squares", true, squares, NULL, &err), &err);
    must(copse_train(booster, booster->params, set_a_parameter, (void *)learning_rate, &model, &report, &err),
         &err);
    assert_int_equal(added, COPSE_OK);
    assert_int_equal(report.reason, COPSE_STOP_EARLY);
    if (!given) assert_string_equal(report.stopped_by, "held_out squares");
    copse_model_free(model);
    copse_booster_free(booster);
  }
  mixed_data_free(&train);
  mixed_data_free(&valid);
}

/* A metric that was not given is the objective's, whichever that is now. */
static void the_metric_follows_the_objective(void **state) {
  (void)state;
  struct mixed_data train = mixed_data_make(ROWS, FEATURES, 78);
  copse_error err;
  double before[2], after[2], mean = 0;
  copse_model *model;
  copse_train_report report;
  copse_booster *booster = mixed_booster(&train.data, SMALL "num_iterations=2");
  must(copse_booster_add_metric(booster, "squares", false, squares, NULL, &err), &err);
  must(copse_booster_step(booster, NULL, &err), &err);
  must(copse_booster_eval(booster, 0, before, &err), &err);
  must(copse_booster_set_param(booster, "objective", "regression_l1", &err), &err);
  must(copse_booster_eval(booster, 0, after, &err), &err);
  assert_string_equal(copse_booster_metric_name(booster, 0), "l1");
  assert_string_equal(copse_booster_metric_name(booster, 1), "squares");
  const double *scores = copse_booster_scores(booster, 0, NULL);
  for (int i = 0; i < ROWS; i++) mean += fabs(scores[i] - (double)train.data.label[i]) / ROWS;
  near(after[0], mean);
  assert_true(before[0] != after[0] && before[1] == after[1]);
  /* while copse_train compares them it cannot */
  static const char *const objective[] = {"objective", "huber"};
  must(copse_train(booster, booster->params, set_a_parameter, (void *)objective, &model, &report, &err),
       &err);
  assert_int_equal(added, COPSE_ERR_STATE);
  assert_string_equal(copse_booster_metric_name(booster, 0), "l1");
  copse_model_free(model);
  copse_booster_free(booster);
  mixed_data_free(&train);
}

/* New labels, then a change that is refused: the next round still sees the new ones. */
static void a_refused_change_forgets_no_label(void **state) {
  (void)state;
  struct mixed_data train = mixed_data_make(ROWS, FEATURES, 79);
  copse_error err;
  float other[ROWS];
  for (int i = 0; i < ROWS; i++) other[i] = -train.data.label[i] - 1;
  copse_booster *expected = mixed_booster(&train.data, SMALL), *booster = mixed_booster(&train.data, SMALL);
  for (int b = 0; b < 2; b++) {
    copse_booster *one = b == 0 ? expected : booster;
    must(copse_booster_step(one, NULL, &err), &err);
    must(copse_dataset_set(one->sets[0].data, COPSE_LABEL, other, ROWS, &err), &err);
    if (b == 1) assert_int_equal(copse_booster_set_param(one, "objective", "gamma", NULL), COPSE_ERR_DATA);
    must(copse_booster_step(one, NULL, &err), &err);
  }
  char *trees = booster_trees(expected), *same = booster_trees(booster);
  assert_string_equal(trees, same);
  copse_free(trees);
  copse_free(same);
  copse_booster_free(expected);
  copse_booster_free(booster);
  mixed_data_free(&train);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_stands_behind_those_of_the_parameters),
      cmocka_unit_test(early_stopping_watches_it),
      cmocka_unit_test(several_are_watched_each),
      cmocka_unit_test(the_metric_follows_the_objective),
      cmocka_unit_test(a_refused_change_forgets_no_label),
      cmocka_unit_test(what_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
