/* copse_train: when it stops, what it keeps, what it tells on the way. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mixed_data.h"
#include "testing.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
/* Two groups of rows, labels 0 and 10, half of the error learnt in each round: after k rounds the scores are
 * 5 -+ 5 (1 - 2^-k). */
#define HALVES                                                                                 \
  "num_threads=1 verbosity=-1 min_data_in_leaf=1 min_data_in_bin=1 min_sum_hessian_in_leaf=0 " \
  "num_leaves=2 learning_rate=0.5 "

enum { MAX_EVENTS = 64, MAX_VALUES = 8 };

static const double x[] = {1, 1, 2, 2};
static const float y[] = {0, 0, 10, 10};
static const float after_1[] = {2.5f, 2.5f, 7.5f, 7.5f}; /* what round 1 predicts, and so on */
static const float after_2[] = {1.25f, 1.25f, 8.75f, 8.75f};
static const float opposite[] = {10, 10, 0, 0};

static void must(copse_status status, const copse_error *err) {
  if (status != COPSE_OK) fail_msg("%s", err->message);
}

static void near(double got, double want) {
  if (!(fabs(got - want) < 1e-12)) fail_msg("%.17g, expected %.17g", got, want);
}

struct run {
  copse_context *ctx;
  copse_params *params;
  copse_booster *booster;
  copse_model *model;
  copse_train_report report;
  /* what on_round saw */
  int n_events, rounds[MAX_EVENTS];
  bool evaluated[MAX_EVENTS];
  double values[MAX_EVENTS][MAX_VALUES];
  /* what it does */
  int cancel_at, add_at;
};

static void on_round(void *user, copse_booster *booster, const copse_train_event *event) {
  struct run *run = user;
  int e = run->n_events++;
  run->rounds[e] = event->round;
  run->evaluated[e] = event->evaluated;
  for (int v = 0; v < event->n_sets * event->n_metrics; v++) run->values[e][v] = event->values[v];
  if (event->round == run->cancel_at) copse_context_cancel(run->ctx);
  copse_error err;
  if (event->round == run->add_at)
    must(copse_booster_add_valid(booster, booster->sets[0].data, "late", &err), &err);
}

static copse_dataset *make_set(struct run *run, const float *label, copse_schema *schema) {
  copse_error err;
  copse_dataset *set;
  copse_table table = {
      .layout = COPSE_ROWS, .n_rows = 4, .n_cols = 1, .dtype = COPSE_F64, .values = x, .row_stride = 1};
  must(copse_dataset_from_table(run->ctx, &table, NULL, NULL, run->params, schema, &set, &err), &err);
  must(copse_dataset_set(set, COPSE_LABEL, label, 4, &err), &err);
  return set;
}

/* valid: labels of the validation sets, NULL-terminated. */
static void prepare(struct run *run, const char *params, const float *const *valid) {
  copse_error err;
  must(copse_context_create(NULL, &run->ctx, &err), &err);
  run->params = small_params(params);
  copse_dataset *train = make_set(run, y, NULL);
  must(copse_booster_create(run->ctx, train, run->params, &run->booster, &err), &err);
  for (int v = 0; valid != NULL && valid[v] != NULL; v++) {
    copse_dataset *set = make_set(run, valid[v], copse_dataset_schema(train));
    char name[32];
    snprintf(name, sizeof name, "valid_%d", v + 1);
    must(copse_booster_add_valid(run->booster, set, name, &err), &err);
    copse_dataset_free(set);
  }
  copse_dataset_free(train);
}

static void train(struct run *run, const char *params, const float *const *valid) {
  copse_error err;
  prepare(run, params, valid);
  must(copse_train(run->booster, run->params, on_round, run, &run->model, &run->report, &err), &err);
}

static void finish(struct run *run) {
  copse_model_free(run->model);
  copse_booster_free(run->booster);
  copse_params_free(run->params);
  assert_int_equal(copse_context_memory_used(run->ctx), 0);
  copse_context_free(run->ctx);
  memset(run, 0, sizeof *run);
}

static void check_stop(const struct run *run, copse_stop_reason reason, int trained, int kept) {
  if (run->report.reason != reason || run->report.rounds_trained != trained || run->report.best_round != kept)
    fail_msg("reason %d, %d rounds, %d kept; expected %d, %d, %d", run->report.reason,
             run->report.rounds_trained, run->report.best_round, reason, trained, kept);
  assert_int_equal(copse_booster_round(run->booster), trained);
  assert_int_equal(copse_model_n_rounds(run->model), kept);
}

/* ---- early stopping ---- */

struct stop_case {
  const char *params;
  const float *valid[3];
  copse_stop_reason reason;
  int trained, kept;
  const char *stopped_by;
};

static const struct stop_case stops[] = {
    /* [T7d] best at 1, patience 3: stops at 4, keeps 1 */
    {"early_stopping_round=3 num_iterations=20 " HALVES, {after_1}, COPSE_STOP_EARLY, 4, 1, "valid_1 l2"},
    {"early_stopping_round=1 num_iterations=20 " HALVES, {after_1}, COPSE_STOP_EARLY, 2, 1, "valid_1 l2"},
    {"early_stopping_round=3 num_iterations=20 " HALVES, {after_2}, COPSE_STOP_EARLY, 5, 2, "valid_1 l2"},
    /* fires in the very last round */
    {"early_stopping_round=3 num_iterations=4 " HALVES, {after_1}, COPSE_STOP_EARLY, 4, 1, "valid_1 l2"},
    /* never fires: the best round is kept, or every one where LightGBM is to be matched */
    {"early_stopping_round=3 num_iterations=3 " HALVES, {after_1}, COPSE_STOP_ROUNDS, 3, 1, ""},
    {"early_stopping_round=9 num_iterations=5 " HALVES, {after_2}, COPSE_STOP_ROUNDS, 5, 2, ""},
    {"early_stopping_round=9 num_iterations=5 compat=lightgbm " HALVES,
     {after_2},
     COPSE_STOP_ROUNDS,
     5,
     5,
     ""},
    {"early_stopping_round=3 num_iterations=20 compat=lightgbm " HALVES,
     {after_1},
     COPSE_STOP_EARLY,
     4,
     1,
     "valid_1 l2"},
    {"early_stopping_round=0 num_iterations=5 " HALVES, {after_1}, COPSE_STOP_ROUNDS, 5, 5, ""},
    /* no validation set: nothing to stop on, also with training metrics */
    {"early_stopping_round=1 num_iterations=5 is_provide_training_metric=true " HALVES,
     {NULL},
     COPSE_STOP_ROUNDS,
     5,
     5,
     ""},
    /* any set stops, whichever it is */
    {"early_stopping_round=3 num_iterations=20 " HALVES, {y, after_1}, COPSE_STOP_EARLY, 4, 1, "valid_2 l2"},
    {"early_stopping_round=3 num_iterations=20 " HALVES,
     {after_2, opposite},
     COPSE_STOP_EARLY,
     4,
     1,
     "valid_2 l2"},
    /* and any metric: auc is perfect from round 1 on */
    {"early_stopping_round=3 num_iterations=9 metric=l2,auc " HALVES,
     {y},
     COPSE_STOP_EARLY,
     4,
     1,
     "valid_1 auc"},
    {"early_stopping_round=3 num_iterations=9 metric=l2,auc first_metric_only=true " HALVES,
     {y},
     COPSE_STOP_ROUNDS,
     9,
     9,
     ""},
    {"early_stopping_round=3 num_iterations=9 metric=auc,l2 first_metric_only=true " HALVES,
     {y},
     COPSE_STOP_EARLY,
     4,
     1,
     "valid_1 auc"},
    /* l2 is 25 / 4^k: 6.25, 1.5625, 0.39: an improvement on the best so far must exceed the delta */
    {"early_stopping_round=3 num_iterations=20 early_stopping_min_delta=2 " HALVES,
     {y},
     COPSE_STOP_EARLY,
     5,
     2,
     "valid_1 l2"},
    {"early_stopping_round=3 num_iterations=20 early_stopping_min_delta=4.6876 " HALVES,
     {y},
     COPSE_STOP_EARLY,
     6,
     3,
     "valid_1 l2"},
    {"early_stopping_round=3 num_iterations=20 early_stopping_min_delta=4.6874 " HALVES,
     {y},
     COPSE_STOP_EARLY,
     5,
     2,
     "valid_1 l2"},
    /* metric_freq is for the eye: early stopping looks at every round */
    {"early_stopping_round=3 num_iterations=20 metric_freq=7 " HALVES,
     {after_1},
     COPSE_STOP_EARLY,
     4,
     1,
     "valid_1 l2"},
};

static void early_stopping(void **state) {
  (void)state;
  for (size_t c = 0; c < COUNT(stops); c++) {
    struct run run = {0};
    train(&run, stops[c].params, stops[c].valid);
    check_stop(&run, stops[c].reason, stops[c].trained, stops[c].kept);
    assert_string_equal(run.report.stopped_by, stops[c].stopped_by);
    assert_int_equal(run.n_events, stops[c].trained);
    finish(&run);
  }
}

/* ---- events ---- */

static void what_events_tell(void **state) {
  (void)state;
  const float *const valid[] = {after_1, NULL};
  for (int training = 0; training < 2; training++) {
    struct run run = {0};
    train(&run,
          training ? "metric_freq=2 num_iterations=5 is_provide_training_metric=true metric=l2,l1 " HALVES
                   : "metric_freq=2 num_iterations=5 metric=l2,l1 " HALVES,
          valid);
    assert_int_equal(run.n_events, 5);
    for (int e = 0; e < 5; e++) {
      assert_int_equal(run.rounds[e], e + 1);
      assert_int_equal(run.evaluated[e], (e + 1) % 2 == 0);
      if (!run.evaluated[e]) continue;
      double error = ldexp(5, -(e + 1)), valid_error = fabs(error - 2.5);
      if (training) {
        near(run.values[e][0], error * error);
        near(run.values[e][1], error);
      } else {
        assert_true(isnan(run.values[e][0]) && isnan(run.values[e][1]));
      }
      near(run.values[e][2], valid_error * valid_error);
      near(run.values[e][3], valid_error);
    }
    check_stop(&run, COPSE_STOP_ROUNDS, 5, 5);
    finish(&run);
  }
}

static void no_callback_no_report(void **state) {
  (void)state;
  struct run run = {0};
  copse_error err;
  prepare(&run, "num_iterations=3 " HALVES, NULL);
  must(copse_train(run.booster, run.params, NULL, NULL, &run.model, NULL, &err), &err);
  assert_int_equal(copse_model_n_rounds(run.model), 3);
  finish(&run);
}

/* The callback holds the booster and may use it. */
static void a_set_added_by_the_callback(void **state) {
  (void)state;
  const float *const valid[] = {after_1, NULL};
  struct run run = {.add_at = 2};
  train(&run, "early_stopping_round=8 num_iterations=6 metric=l2,l1 is_provide_training_metric=true " HALVES,
        valid);
  check_stop(&run, COPSE_STOP_ROUNDS, 6, 1);
  assert_int_equal(copse_booster_n_sets(run.booster), 3);
  finish(&run);
}

/* ---- other ends ---- */

static void cancelled(void **state) {
  (void)state;
  copse_error err;
  struct run run = {.cancel_at = 3};
  train(&run, "num_iterations=20 " HALVES, NULL);
  check_stop(&run, COPSE_STOP_CANCELLED, 3, 3);
  assert_int_equal(run.n_events, 3);
  assert_int_equal(copse_booster_step(run.booster, NULL, &err), COPSE_ERR_INTERRUPTED);
  finish(&run);
  /* with early stopping the best round is kept here too */
  const float *const valid[] = {after_1, NULL};
  run.cancel_at = 3;
  train(&run, "early_stopping_round=10 num_iterations=20 " HALVES, valid);
  check_stop(&run, COPSE_STOP_CANCELLED, 3, 1);
  finish(&run);
  /* before the first round there is nothing to return */
  prepare(&run, "num_iterations=20 " HALVES, NULL);
  copse_context_cancel(run.ctx);
  memset(&run.report, 0x5A, sizeof run.report);
  copse_train_report untouched = run.report;
  run.model = (copse_model *)&run;
  assert_int_equal(copse_train(run.booster, run.params, on_round, &run, &run.model, &run.report, &err),
                   COPSE_ERR_INTERRUPTED);
  assert_null(run.model);
  assert_memory_equal(&run.report, &untouched, sizeof untouched);
  assert_int_equal(run.n_events, 0);
  finish(&run);
}

static void out_of_time(void **state) {
  (void)state;
  struct run run = {0};
  train(&run, "time_limit=1e-9 num_iterations=20 " HALVES, NULL);
  check_stop(&run, COPSE_STOP_TIME, 1, 1);
  assert_true(run.report.elapsed_s > 0);
  finish(&run);
  train(&run, "time_limit=1000 num_iterations=4 " HALVES, NULL);
  check_stop(&run, COPSE_STOP_ROUNDS, 4, 4);
  finish(&run);
}

static void nothing_left_to_split(void **state) {
  (void)state;
  struct run run = {0};
  train(&run, "min_gain_to_split=10 num_iterations=20 " HALVES, NULL); /* gains 100, 25, 6.25 */
  check_stop(&run, COPSE_STOP_NO_SPLIT, 2, 2);
  assert_int_equal(run.n_events, 2);
  finish(&run);
  train(&run, "min_gain_to_split=1000 num_iterations=20 " HALVES, NULL);
  check_stop(&run, COPSE_STOP_NO_SPLIT, 1, 1);
  finish(&run);
}

static void no_rounds(void **state) {
  (void)state;
  struct run run = {0};
  train(&run, "num_iterations=0 " HALVES, NULL);
  check_stop(&run, COPSE_STOP_ROUNDS, 0, 0);
  assert_int_equal(run.n_events, 0);
  finish(&run);
}

/* Rounds count from the booster's first, so a second call goes on where the first one ended. */
static void training_on(void **state) {
  (void)state;
  copse_error err;
  struct run run = {0};
  train(&run, "num_iterations=3 " HALVES, NULL);
  copse_params *more = small_params("num_iterations=7 " HALVES);
  copse_model_free(run.model);
  must(copse_train(run.booster, more, on_round, &run, &run.model, &run.report, &err), &err);
  check_stop(&run, COPSE_STOP_ROUNDS, 7, 7);
  assert_int_equal(run.n_events, 7);
  struct run whole = {0};
  train(&whole, "num_iterations=7 " HALVES, NULL);
  char *a = model_trees(run.model), *b = model_trees(whole.model);
  assert_string_equal(a, b);
  copse_free(a);
  copse_free(b);
  copse_params_free(more);
  finish(&run);
  finish(&whole);
}

/* A booster with gradients of its own cannot be looped over. */
static void custom_objective(void **state) {
  (void)state;
  copse_error err;
  struct run run = {0};
  prepare(&run, "objective=custom " HALVES, NULL);
  assert_int_equal(copse_train(run.booster, run.params, NULL, NULL, &run.model, NULL, &err), COPSE_ERR_STATE);
  assert_null(run.model);
  finish(&run);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(early_stopping),
      cmocka_unit_test(what_events_tell),
      cmocka_unit_test(no_callback_no_report),
      cmocka_unit_test(a_set_added_by_the_callback),
      cmocka_unit_test(cancelled),
      cmocka_unit_test(out_of_time),
      cmocka_unit_test(nothing_left_to_split),
      cmocka_unit_test(no_rounds),
      cmocka_unit_test(training_on),
      cmocka_unit_test(custom_objective),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
