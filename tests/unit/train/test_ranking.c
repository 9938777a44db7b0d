/* Training on queries: LightGBM's position biases, rounds taken back and gone on with, the same model for any
 * number of threads and any layout of the rows, early stopping on the last rank. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "checks.h"
#include "mixed_data.h"
#include "tiers.h"

#define SMALL "num_leaves=15 min_data_in_leaf=5 learning_rate=0.3 verbosity=-1 "

struct sets {
  struct mixed_data mixed;
  float *label, *weight;
  int32_t *group, *position;
  uint64_t n_groups;
};

/* Grades 0 to 4 after the target of mixed data, queries of 1 to 60 rows. */
static struct sets make_sets(uint64_t n_rows, uint64_t seed) {
  struct sets s = {.mixed = mixed_data_make(n_rows, MIXED_COLUMNS, seed)};
  s.label = copse_alloc(NULL, n_rows, sizeof *s.label);
  s.group = copse_alloc(NULL, n_rows, sizeof *s.group);
  s.position = copse_alloc(NULL, n_rows, sizeof *s.position);
  assert_true(s.label != NULL && s.group != NULL && s.position != NULL);
  uint64_t x = seed;
  for (uint64_t begin = 0; begin < n_rows;) {
    x = x * 6364136223846793005u + 1442695040888963407u;
    uint64_t size = 1 + (x >> 40) % 60;
    if (size > n_rows - begin) size = n_rows - begin;
    for (uint64_t i = 0; i < size; i++) s.position[begin + i] = (int32_t)(i < 9 ? i : 9);
    s.group[s.n_groups++] = (int32_t)size;
    begin += size;
  }
  for (uint64_t i = 0; i < n_rows; i++)
    s.label[i] = (float)(s.mixed.class_label[i] > 0 ? 1 + (int)(fabsf(s.mixed.label[i]) * 3) % 4 : 0);
  s.mixed.data.label = s.label;
  s.weight = s.mixed.weight;
  return s;
}

static void sets_free(struct sets *s) {
  copse_free(s->label);
  copse_free(s->group);
  copse_free(s->position);
  mixed_data_free(&s->mixed);
}

static copse_dataset *dataset_of(const struct sets *s, const copse_params *params, bool positions) {
  copse_error err;
  copse_dataset *data = small_dataset(&s->mixed.data, params, NULL);
  must(copse_dataset_set(data, COPSE_GROUP, s->group, s->n_groups, &err), &err);
  if (positions) must(copse_dataset_set(data, COPSE_POSITION, s->position, s->mixed.data.n_rows, &err), &err);
  return data;
}

static copse_booster *booster_of(const struct sets *s, const char *text, bool positions) {
  copse_error err;
  copse_booster *booster;
  copse_params *params = small_params(text);
  copse_dataset *data = dataset_of(s, params, positions);
  must(copse_booster_create(NULL, data, params, &booster, &err), &err);
  copse_dataset_free(data);
  copse_params_free(params);
  return booster;
}

static void same_trees(copse_booster *a, copse_booster *b) {
  char *x = booster_trees(a), *y = booster_trees(b);
  assert_string_equal(x, y);
  copse_free(x);
  copse_free(y);
}

static void steps(copse_booster *booster, int n) {
  for (int i = 0; i < n; i++) must_step(booster);
}

/* What LightGBM 4.6 prints (verbosity=2) and grows: the second tree sees the biases of the first round. */
static void position_biases_are_lightgbms(void **state) {
  (void)state;
  static const double x[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  static const float y[8] = {2, 0, 1, 0, 2, 0, 1, 0};
  static const int32_t group[2] = {4, 4}, position[8] = {0, 1, 2, 3, 0, 1, 2, 3};
  static const double biases[2][4] = {{.717469, -.451791, -.295914, -.541912},
                                      {.505159, -.44673, .0356372, -.534697}};
  static const double second_tree[4] = {.52448674, -.74130185, .65193892, -.72987999};
  copse_error err;
  struct small_data small = {.n_rows = 8, .n_features = 1, .x = x, .label = y};
  copse_params *params = small_params(
      "compat=lightgbm objective=lambdarank learning_rate=0.5 lambdarank_position_bias_regularization=0.1 "
      "min_data_in_leaf=1 min_data_in_bin=1 min_sum_hessian_in_leaf=0 num_leaves=8 verbosity=-1");
  copse_dataset *data = small_dataset(&small, params, NULL);
  must(copse_dataset_set(data, COPSE_GROUP, group, 2, &err), &err);
  must(copse_dataset_set(data, COPSE_POSITION, position, 8, &err), &err);
  copse_booster *booster;
  must(copse_booster_create(NULL, data, params, &booster, &err), &err);
  double before[8];
  for (int round = 0; round < 2; round++) {
    memcpy(before, copse_booster_scores(booster, 0, NULL), sizeof before);
    steps(booster, 1);
    for (int p = 0; p < 4; p++) {
      double found = booster->position_bias.rounds[4 * (round + 1) + p];
      if (!(fabs(found - biases[round][p]) < 2e-6))
        fail_msg("round %d, bias %d: %.9g, expected %.9g", round, p, found, biases[round][p]);
    }
  }
  const double *score = copse_booster_scores(booster, 0, NULL);
  for (int i = 0; i < 8; i++)
    if (!(fabs(score[i] - before[i] - second_tree[i % 4]) < 1e-6))
      fail_msg("row %d: leaf %.9g, expected %.9g", i, score[i] - before[i], second_tree[i % 4]);
  copse_booster_free(booster);
  copse_dataset_free(data);
  copse_params_free(params);
}

static const char *const objectives[] = {
    "objective=lambdarank " SMALL, "objective=rank_xendcg " SMALL,
    "objective=lambdarank compat=lightgbm bagging_by_query=true bagging_freq=1 bagging_fraction=0.6 " SMALL,
    "objective=rank_xendcg compat=lightgbm feature_fraction=0.7 " SMALL};

static void rounds_taken_back_come_again(void **state) {
  (void)state;
  copse_error err;
  struct sets s = make_sets(3000, 11);
  for (int o = 0; o < 4; o++) {
    copse_booster *a = booster_of(&s, objectives[o], true), *b = booster_of(&s, objectives[o], true);
    steps(a, 5);
    steps(b, 7);
    for (int i = 0; i < 4; i++) must(copse_booster_rollback(b, &err), &err);
    must(copse_booster_set_param(b, "num_threads", "2", &err), &err); /* makes the objective anew */
    steps(b, 2);
    same_trees(a, b);
    copse_booster_free(a);
    copse_booster_free(b);
  }
  sets_free(&s);
}

/* With positions too, whose biases travel in the model's header. */
static void going_on_has_the_bits_of_one_run(void **state) {
  (void)state;
  copse_error err;
  struct sets s = make_sets(3000, 12);
  for (int o = 0; o < 8; o++) {
    bool positions = o >= 4, learnt = o == 4 || o == 6;
    copse_booster *whole = booster_of(&s, objectives[o % 4], positions),
                  *part = booster_of(&s, objectives[o % 4], positions),
                  *rest = booster_of(&s, objectives[o % 4], positions);
    copse_model *model, *read;
    copse_text text = {0};
    bool scored;
    steps(whole, 6);
    steps(part, 4);
    must(copse_booster_model(part, 0, &model, &err), &err);
    must(copse_model_write(model, 0, 0, &text, &err), &err);
    must(copse_model_parse(NULL, text.data, text.length, "model", &read, &err), &err);
    assert_true((strstr(text.data, "\ncopse_position_bias=") != NULL) == learnt);
    must(copse_booster_continue(rest, read, &scored, &err), &err);
    assert_true(scored);
    steps(rest, 2);
    same_trees(whole, rest);
    if (learnt) { /* the model of fewer rounds has theirs */
      copse_model *fewer;
      must(copse_booster_model(whole, 4, &fewer, &err), &err);
      assert_memory_equal(fewer->position_bias, model->position_bias,
                          model->n_position_biases * sizeof(double));
      copse_model_free(fewer);
    }
    copse_text_release(&text);
    copse_model_free(read);
    copse_model_free(model);
    copse_booster_free(whole);
    copse_booster_free(part);
    copse_booster_free(rest);
  }
  sets_free(&s);
}

/* Rounds of another objective have none: those behind them begin at 0 again, not at what lay in memory. */
static void rounds_without_biases_are_a_new_beginning(void **state) {
  (void)state;
  copse_error err;
  struct sets s = make_sets(2000, 19);
  copse_booster *b = booster_of(&s, objectives[0], true);
  steps(b, 2);
  must(copse_booster_set_param(b, "objective", "rank_xendcg", &err), &err);
  steps(b, 2);
  must(copse_booster_set_param(b, "objective", "lambdarank", &err), &err);
  steps(b, 1);
  assert_int_equal(b->position_bias.first_round, 4);
  for (uint64_t p = 0; p < b->position_bias.n; p++) assert_true(b->position_bias.rounds[p] == 0);
  steps(b, 1);
  assert_int_equal(b->position_bias.first_round, 4);
  copse_booster_free(b);
  sets_free(&s);
}

/* Positions that were set anew begin with no bias: the bits of a booster that never saw the others. */
static void positions_set_anew_begin_at_zero(void **state) {
  (void)state;
  copse_error err;
  struct sets s = make_sets(2000, 13);
  copse_booster *a = booster_of(&s, objectives[0], true), *b = booster_of(&s, objectives[0], true);
  steps(a, 3);
  steps(b, 3);
  copse_dataset *data = b->sets[0].data;
  must(copse_dataset_set(data, COPSE_WEIGHT, s.weight, 2000, &err), &err);
  must(copse_dataset_set(data, COPSE_WEIGHT, NULL, 0, &err), &err); /* other fields do not touch them */
  steps(a, 1);
  steps(b, 1);
  same_trees(a, b);
  must(copse_dataset_set(data, COPSE_POSITION, s.position, 2000, &err), &err);
  steps(b, 1);
  for (uint64_t p = 0; p < b->position_bias.n; p++) assert_true(b->position_bias.rounds[p] == 0);
  must(copse_dataset_set(data, COPSE_POSITION, NULL, 0, &err), &err);
  steps(b, 1);
  copse_booster_free(a);
  copse_booster_free(b);
  sets_free(&s);
}

static void any_threads_tier_and_layout(void **state) {
  (void)state;
  struct sets s = make_sets(140000, 14); /* enough to be clustered */
  for (int o = 0; o < 4; o++) {
    char text[300];
    copse_booster *one = NULL;
    for (int threads = 1; threads <= 8; threads = threads == 3 ? 8 : threads + 1) {
      snprintf(text, sizeof text, "num_threads=%d %s", threads, objectives[o]);
      copse_booster *booster = booster_of(&s, text, true);
      if (threads == 2) booster->workspace.cluster_tried = true;
      if (threads == 3) booster->objective.kernels = booster->workspace.kernels = kernels_of_tier(CPU_SCALAR);
      steps(booster, 3);
      if (one != NULL) {
        same_trees(one, booster);
        copse_booster_free(booster);
      } else {
        one = booster;
      }
    }
    copse_booster_free(one);
  }
  sets_free(&s);
}

/* metric=ndcg is a value for each rank; the last rank alone stops (10.22 of LightGBM's semantics). */
static void the_last_rank_stops(void **state) {
  (void)state;
  copse_error err;
  struct sets s = make_sets(3000, 15), other = make_sets(1500, 16);
  copse_params *params = small_params(
      "objective=lambdarank metric=l2,ndcg eval_at=5,1,3,1 early_stopping_round=3 num_iterations=300 " SMALL);
  copse_dataset *train = dataset_of(&s, params, false);
  copse_dataset *valid = small_dataset(&other.mixed.data, params, copse_dataset_schema(train));
  must(copse_dataset_set(valid, COPSE_GROUP, other.group, other.n_groups, &err), &err);
  for (int first = 0; first < 2; first++) {
    copse_booster *booster;
    copse_model *model;
    copse_train_report report;
    copse_params *asked =
        small_params(first ? "objective=lambdarank metric=ndcg,l2 first_metric_only=true eval_at=1,3,5 "
                             "early_stopping_round=3 num_iterations=300 " SMALL
                           : "objective=lambdarank metric=ndcg eval_at=5,1,3,1 early_stopping_round=3 "
                             "num_iterations=300 " SMALL);
    must(copse_booster_create(NULL, train, asked, &booster, &err), &err);
    must(copse_booster_add_valid(booster, valid, "valid_1", &err), &err);
    assert_int_equal(copse_booster_n_metrics(booster), 3 + first);
    assert_string_equal(copse_booster_metric_name(booster, 0), "ndcg@1");
    assert_string_equal(copse_booster_metric_name(booster, 2), "ndcg@5");
    must(copse_train(booster, asked, NULL, NULL, &model, &report, &err), &err);
    assert_int_equal(report.reason, COPSE_STOP_EARLY);
    assert_string_equal(report.stopped_by, "valid_1 ndcg@5");
    double at_end[4], best = -1, value[4];
    must(copse_booster_eval(booster, 1, at_end, &err), &err);
    for (int r = 0; r < 3; r++) must(copse_booster_rollback(booster, &err), &err);
    must(copse_booster_eval(booster, 1, value, &err), &err);
    assert_int_equal(copse_booster_round(booster), report.best_round);
    best = value[2];
    assert_true(at_end[2] <= best);
    copse_model_free(model);
    copse_booster_free(booster);
    copse_params_free(asked);
  }
  copse_dataset_free(valid);
  copse_dataset_free(train);
  copse_params_free(params);
  sets_free(&s);
  sets_free(&other);
}

static void refused(copse_status status, const copse_error *err, copse_status expected, const char *part) {
  assert_int_equal(status, expected);
  if (strstr(err->message, part) == NULL) fail_msg("%s", err->message);
}

static void what_cannot_be_is_told(void **state) {
  (void)state;
  copse_error err;
  copse_booster *booster = NULL;
  struct sets s = make_sets(500, 17);
  copse_params *params = small_params(objectives[0]);
  copse_dataset *data = small_dataset(&s.mixed.data, params, NULL);
  refused(copse_booster_create(NULL, data, params, &booster, &err), &err, COPSE_ERR_DATA,
          "objective=lambdarank ranks the rows of a query, and the data have no queries");
  must(copse_dataset_set(data, COPSE_GROUP, s.group, s.n_groups, &err), &err);
  must(copse_booster_create(NULL, data, params, &booster, &err), &err);
  steps(booster, 1);
  refused(copse_booster_set_param(booster, "objective", "regression", &err), &err, COPSE_ERR_STATE,
          "the number of metrics cannot change between rounds");
  must(copse_booster_set_param(booster, "objective", "rank_xendcg", &err), &err);
  refused(copse_booster_set_param(booster, "label_gain", "0,1", &err), &err, COPSE_ERR_DATA,
          "takes the relevance labels 0 to 1");
  steps(booster, 1);
  must(copse_dataset_set(data, COPSE_GROUP, NULL, 0, &err), &err);
  refused(copse_booster_step(booster, NULL, &err), &err, COPSE_ERR_DATA, "have no queries");
  copse_booster_free(booster);
  copse_dataset_free(data);
  copse_params_free(params);
  sets_free(&s);
}

/* LightGBM 4.6 loses them: the training scores that its next trees follow are not what its model predicts. */
static void queries_out_of_the_bag_are_scored(void **state) {
  (void)state;
  struct sets s = make_sets(1500, 12);
  for (int o = 0; o < 2; o++) {
    char text[300];
    snprintf(text, sizeof text,
             "objective=lambdarank bagging_by_query=true bagging_freq=1 bagging_fraction=0.5 %s " SMALL,
             o == 0 ? "" : "compat=lightgbm");
    copse_booster *booster = booster_of(&s, text, false);
    steps(booster, 4);
    copse_model *model = model_of(booster);
    for (uint64_t i = 0; i < s.mixed.data.n_rows; i++)
      near(booster->sets[0].score[i], small_predict(model, COPSE_PREDICT_RAW, s.mixed.x + i * MIXED_COLUMNS));
    copse_model_free(model);
    copse_booster_free(booster);
  }
  sets_free(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rounds_without_biases_are_a_new_beginning),
      cmocka_unit_test(position_biases_are_lightgbms),
      cmocka_unit_test(rounds_taken_back_come_again),
      cmocka_unit_test(going_on_has_the_bits_of_one_run),
      cmocka_unit_test(positions_set_anew_begin_at_zero),
      cmocka_unit_test(any_threads_tier_and_layout),
      cmocka_unit_test(the_last_rank_stops),
      cmocka_unit_test(queries_out_of_the_bag_are_scored),
      cmocka_unit_test(what_cannot_be_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
