/* The worked examples of rf, dart and refit (algorithms 7.2, 7.3, 7.6, 7.7 and 10.5 to 10.7). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "checks.h"
#include "mixed_data.h"
#include "model/model.h"

#define BASE                                                                                       \
  "objective=regression metric=l2 num_leaves=2 min_data_in_leaf=1 min_data_in_bin=1 verbosity=-1 " \
  "min_sum_hessian_in_leaf=0 learning_rate=0.5 "
#define DART "boosting=dart drop_rate=1 skip_drop=0 max_drop=-1 " BASE

/* of [T7b] */
static const double six_x[] = {1, 0, 1, 1, 2, 0, 2, 1, 3, 1, 3, 0};
static const float six_y[] = {1, 2, 2, 6, 9, 12}, seven_y[] = {2, 3, 3, 7, 10, 13};
static const struct small_data six = {.n_rows = 6, .n_features = 2, .x = six_x, .label = six_y};
/* of [T7a] */
static const double four_x[] = {1, 2, 3, 4};
static const float four_y[] = {1, 1, 5, 5};
static const struct small_data four = {.n_rows = 4, .n_features = 1, .x = four_x, .label = four_y};
/* of 10.5: the second feature says nothing */
static const double mute_x[] = {1, 1, 1, 2, 2, 1, 2, 2};
static const struct small_data mute = {.n_rows = 4, .n_features = 2, .x = mute_x, .label = four_y};

static void check_tree(const copse_model *model, int tree, double left, double right) {
  assert_int_equal(copse_model_tree_n_leaves(model, tree), 2);
  near(model->trees[tree].leaf_value[0], left);
  near(model->trees[tree].leaf_value[1], right);
}

static double training_l2(copse_booster *booster) {
  copse_error err;
  double value;
  must(copse_booster_eval(booster, 0, &value, &err), &err);
  return value;
}

/* ---- dart ---- */

/* [T7a]: in LightGBM the starting score is dropped with the first tree. */
static void dart_drops_the_start_in_compat(void **state) {
  (void)state;
  copse_booster *booster = mixed_booster(&four, "compat=lightgbm " DART);
  must_step(booster);
  must_step(booster);
  copse_model *model = model_of(booster);
  check_tree(model, 0, 1, 2);
  check_tree(model, 1, 0.25, 1.25);
  copse_model_free(model);
  copse_booster_free(booster);
}

/* [T7b] */
static void dart_scales_dropped_trees(void **state) {
  (void)state;
  const double l2[] = {6.54514, 8.32292, 9.70563};
  copse_booster *booster = mixed_booster(&six, "compat=lightgbm " DART);
  for (int r = 0; r < 3; r++) {
    must_step(booster);
    near(training_l2(booster) / l2[r], 1 + 1e-7);
  }
  copse_model *model = model_of(booster);
  check_tree(model, 0, 1.3472222, 2.6388889);
  check_tree(model, 1, 0.4583333, 1.75);
  check_tree(model, 2, 0.4583333, 1.75);
  copse_model_free(model);
  copse_booster_free(booster);
  booster = mixed_booster(&six, "compat=lightgbm xgboost_dart_mode=true " DART);
  for (int r = 0; r < 3; r++) must_step(booster);
  model = model_of(booster);
  check_tree(model, 0, 2.1555556, 4.2222222);
  check_tree(model, 1, 0.7333333, 2.8);
  check_tree(model, 2, 0.55, 2.1);
  copse_model_free(model);
  copse_booster_free(booster);
}

/* The mean, 3, stays: the first tree, -1 and 1, is halved, and the second is a quarter of -2 and 2. */
static void dart_keeps_the_start(void **state) {
  (void)state;
  copse_booster *booster = mixed_booster(&four, DART);
  must_step(booster);
  must_step(booster);
  copse_model *model = model_of(booster);
  check_tree(model, 0, 2.5, 3.5);
  check_tree(model, 1, -0.5, 0.5);
  copse_model_free(model);
  copse_booster_free(booster);
}

/* A round that finds no split leaves the trees it dropped as they were. */
static void dart_restores_before_it_ends(void **state) {
  (void)state;
  copse_booster *booster = mixed_booster(&four, DART);
  copse_error err;
  must_step(booster);
  must_step(booster);
  double before[4];
  memcpy(before, copse_booster_scores(booster, 0, NULL), sizeof before);
  copse_model *was = model_of(booster);
  must(copse_booster_set_param(booster, "min_gain_to_split", "1000", &err), &err);
  assert_true(must_step(booster));
  copse_model *is = model_of(booster);
  assert_int_equal(copse_model_n_rounds(is), 2);
  assert_true(copse_model_fingerprint(was) == copse_model_fingerprint(is));
  assert_memory_equal(before, copse_booster_scores(booster, 0, NULL), sizeof before);
  copse_model_free(was);
  copse_model_free(is);
  copse_booster_free(booster);
}

/* 10.5: one tree, and its only feature not drawn for the second: LightGBM's model is that tree, negated with
 * the mean in it. */
static void dart_ends_negated_in_compat(void **state) {
  (void)state;
  copse_booster *booster =
      mixed_booster(&mute, "compat=lightgbm feature_fraction=0.5 feature_fraction_seed=2 " DART);
  copse_error err;
  assert_false(must_step(booster));
  copse_model *model = model_of(booster);
  check_tree(model, 0, 2, 4);
  copse_model_free(model);
  assert_true(must_step(booster));
  model = model_of(booster);
  assert_int_equal(copse_model_n_rounds(model), 1);
  check_tree(model, 0, -2, -4);
  near(model->trees[0].shrinkage, -1);
  const double *score = copse_booster_scores(booster, 0, NULL);
  near(score[0], -2);
  near(score[3], -4);
  copse_text text = {0};
  copse_model *again;
  must(copse_model_write(model, 0, 0, &text, &err), &err);
  must(copse_model_parse(NULL, text.data, text.length, "model", &again, &err), &err);
  copse_text_release(&text);
  assert_true(copse_model_fingerprint(model) == copse_model_fingerprint(again));
  copse_model_free(model);
  copse_model_free(again);
  copse_booster_free(booster);
}

/* max_drop: so many; 0 or less all of them, in LightGBM 0 is one. A tree that k are dropped for shrinks k + 1
 * times as much. */
static void dart_limits_what_it_drops(void **state) {
  (void)state;
  static const struct {
    const char *params;
    int dropped;
  } cases[] = {{"max_drop=2 uniform_drop=true drop_rate=1 ", -2},
               {"max_drop=0 ", 6},
               {"max_drop=0 compat=lightgbm ", 1},
               {"max_drop=-1 compat=lightgbm ", 6},
               {"drop_rate=0 ", 0},
               {"skip_drop=1 ", 0}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char text[400];
    strcpy(text, cases[i].params);
    strcat(text, DART);
    copse_booster *booster = mixed_booster(&six, text);
    for (int r = 0; r < 7; r++) must_step(booster);
    double k = 0.5 / booster->trees[6].shrinkage - 1;
    if (cases[i].dropped < 0)
      assert_true(k <= -cases[i].dropped + 1e-9);
    else
      near(k, cases[i].dropped);
    copse_booster_free(booster);
  }
}

/* ---- rf ---- */

/* [T7c]: a tree on either feature, and averages of them. */
static void forest_averages(void **state) {
  (void)state;
  copse_booster *booster = mixed_booster(&six, "boosting=rf feature_fraction=0.5 " BASE);
  double first = 0;
  for (int r = 0; r < 12; r++) must_step(booster);
  copse_model *model = model_of(booster);
  assert_true(model->average_output);
  int n_first = 0;
  for (int t = 0; t < 12; t++) {
    bool on_first = model->trees[t].split_feature[0] == 0;
    check_tree(model, t, on_first ? 2.75 : 5, on_first ? 10.5 : 5 + 2.0 / 3);
    n_first += on_first;
    first += on_first ? 2.75 : 5;
  }
  assert_true(n_first > 0 && n_first < 12);
  double sum = small_predict(model, COPSE_PREDICT_SUM, six_x),
         raw = small_predict(model, COPSE_PREDICT_RAW, six_x);
  near(sum, first);
  assert_true(raw == sum / 12 && small_predict(model, COPSE_PREDICT_VALUE, six_x) == raw);
  near(copse_booster_scores(booster, 0, NULL)[0], raw);
  copse_model_free(model);
  copse_booster_free(booster);
}

/* 10.7: a tree that cannot be split is the starting score, in LightGBM 0. */
static void forest_keeps_constant_trees(void **state) {
  (void)state;
  for (int compat = 0; compat < 2; compat++) {
    copse_booster *booster =
        mixed_booster(&mute, compat ? "compat=lightgbm boosting=rf feature_fraction=0.5 " BASE
                                    : "boosting=rf feature_fraction=0.5 " BASE);
    for (int r = 0; r < 12; r++) assert_false(must_step(booster));
    copse_model *model = model_of(booster);
    int n_constant = 0;
    for (int t = 0; t < 12; t++) {
      if (copse_model_tree_n_leaves(model, t) > 1) {
        check_tree(model, t, 1, 5);
        continue;
      }
      n_constant++;
      near(model->trees[t].leaf_value[0], compat ? 0 : 3);
      assert_int_equal(model->trees[t].leaf_count[0], 4);
    }
    assert_true(n_constant > 0 && n_constant < 12);
    near(copse_booster_scores(booster, 0, NULL)[0], small_predict(model, COPSE_PREDICT_VALUE, mute_x));
    copse_model_free(model);
    copse_booster_free(booster);
  }
}

static void forest_takes_no_init_scores(void **state) {
  (void)state;
  copse_booster *booster = mixed_booster(&six, "boosting=rf feature_fraction=0.5 " BASE);
  const double init[6] = {1, 2, 3, 4, 5, 6};
  copse_error err;
  must(copse_dataset_set(booster->sets[0].data, COPSE_INIT_SCORE, init, 6, &err), &err);
  assert_int_equal(copse_booster_step(booster, NULL, &err), COPSE_ERR_UNSUPPORTED);
  assert_non_null(strstr(err.message, "init scores"));
  copse_booster_free(booster);
}

/* ---- refit ---- */

static copse_model *refit(copse_model *model, const struct small_data *data, const char *params) {
  copse_error err;
  copse_model *out;
  copse_booster *booster = mixed_booster(data, params);
  copse_table table = {COPSE_ROWS,
                       data->n_rows,
                       data->n_features,
                       COPSE_F64,
                       (void *)(uintptr_t)data->x,
                       data->n_features,
                       NULL,
                       NULL,
                       NULL};
  must(copse_booster_refit(booster, model, &table, &out, &err), &err);
  assert_int_equal(copse_booster_round(booster), 0);
  assert_int_equal(copse_model_n_trees(out), copse_model_n_trees(model));
  must_step(booster); /* which is as it was */
  copse_booster_free(booster);
  return out;
}

/* [T7e], [T7f] */
static void refit_mixes_old_and_best(void **state) {
  (void)state;
  struct small_data seven = six;
  seven.label = seven_y;
  copse_model *model = small_train(&six, "num_iterations=2 " BASE);
  check_tree(model, 0, 4.0416667, 7.9166667);
  check_tree(model, 1, -0.6458333, 1.2916667);
  copse_model *mixed = refit(model, &seven, BASE), *fresh = refit(model, &seven, "refit_decay_rate=0 " BASE);
  check_tree(mixed, 0, 4.0125, 8.275);
  check_tree(mixed, 1, -0.594375, 1.32375);
  check_tree(fresh, 0, 3.75, 11.5);
  check_tree(fresh, 1, 0, 0);
  assert_true(mixed->trees[0].leaf_count[0] == 4 &&
              mixed->trees[0].split_gain[0] == model->trees[0].split_gain[0]);
  copse_model *same = refit(model, &seven, "refit_decay_rate=1 " BASE);
  assert_true(copse_model_fingerprint(same) == copse_model_fingerprint(model));
  copse_model_free(same);
  /* path_smooth has no part in it (LightGBM takes a node's number for its parent's output) */
  same = refit(model, &seven, "path_smooth=10 " BASE);
  assert_true(copse_model_fingerprint(same) == copse_model_fingerprint(mixed));
  copse_model_free(same);
  copse_model_free(model);
  copse_model_free(mixed);
  copse_model_free(fresh);
}

/* A leaf without rows keeps its value; LightGBM's falls toward 0. */
static void refit_without_rows(void **state) {
  (void)state;
  struct small_data left = six;
  left.n_rows = 2;
  copse_model *model = small_train(&six, "num_iterations=1 " BASE);
  double left_before = model->trees[0].leaf_value[0], before = model->trees[0].leaf_value[1];
  copse_model *kept = refit(model, &left, BASE);
  assert_true(kept->trees[0].leaf_value[1] == before);
  near(kept->trees[0].leaf_value[0], 0.9 * left_before + 0.1 * 1.5);
  copse_model *fallen = refit(model, &left, "compat=lightgbm " BASE);
  near(fallen->trees[0].leaf_value[1], 0.9 * before);
  copse_model_free(model);
  copse_model_free(kept);
  copse_model_free(fallen);
}

/* Leaves that are percentiles are percentiles of the new rows; LightGBM takes a Newton step. */
static void refit_renews_percentiles(void **state) {
  (void)state;
  const float labels[] = {7, 7, 1, 5, 40, 30};
  struct small_data other = six;
  other.label = labels;
#define L1 "objective=regression_l1 metric=l1 num_leaves=2 min_data_in_leaf=1 min_data_in_bin=1 verbosity=-1 "
  copse_model *model = small_train(&six, "num_iterations=1 " L1);
  copse_model *fresh = refit(model, &other, "refit_decay_rate=0 " L1);
  assert_int_equal(model->trees[0].leaf_count[0], 4);
  double sorted_left = fresh->trees[0].leaf_value[0], right = fresh->trees[0].leaf_value[1];
  near(sorted_left, 6); /* of 1 5 7 7 */
  near(right, 35);
  copse_model_free(model);
  copse_model_free(fresh);
}

/* Any mode, categories and missing values, several outputs; threads change nothing; labels raised by 1 raise
 * what a forest or a whole step predicts by 1. */
static void refit_of_every_kind(void **state) {
  (void)state;
  static const char *const kinds[] = {
      "objective=regression learning_rate=1 num_leaves=7 verbosity=-1 ",
      "objective=regression boosting=rf feature_fraction=0.5 num_leaves=7 verbosity=-1 ",
      "objective=regression boosting=dart skip_drop=0 num_leaves=7 verbosity=-1 ",
      "objective=quantile alpha=0.3 num_leaves=7 verbosity=-1 ",
  };
  struct mixed_data mixed = mixed_data_make(20000, MIXED_COLUMNS, 11);
  float *raised = copse_alloc(NULL, 20000, sizeof *raised);
  for (int i = 0; i < 20000; i++) raised[i] = mixed.label[i] + 1;
  for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
    char text[300];
    copse_model *model, *models[3];
    struct small_data data = mixed.data;
    snprintf(text, sizeof text, "num_iterations=4 %s", kinds[k]);
    model = small_train(&data, text);
    for (int t = 0; t < 3; t++) {
      if (t == 2) data.label = raised;
      snprintf(text, sizeof text, "refit_decay_rate=0 num_threads=%d %s", t == 1 ? 3 : 1, kinds[k]);
      models[t] = refit(model, &data, text);
    }
    assert_true(copse_model_fingerprint(models[0]) == copse_model_fingerprint(models[1]));
    for (int i = 0; i < 50; i++) {
      const double *row = mixed.x + i * MIXED_COLUMNS;
      double before = small_predict(models[0], COPSE_PREDICT_RAW, row);
      double after = small_predict(models[2], COPSE_PREDICT_RAW, row);
      assert_true(k == 2 || fabs(after - before - 1) < 1e-4);
      assert_true(k != 2 || after > before);
    }
    for (int t = 0; t < 3; t++) copse_model_free(models[t]);
    copse_model_free(model);
  }
  copse_free(raised);
  mixed_data_free(&mixed);
}

static void refit_refuses(void **state) {
  (void)state;
  copse_error err;
  copse_model *model = small_train(&six, "num_iterations=1 " BASE), *out = model;
  copse_booster *booster = mixed_booster(&six, "objective=poisson num_leaves=2 verbosity=-1");
  copse_table table = {COPSE_ROWS, 6, 2, COPSE_F64, (void *)(uintptr_t)six_x, 2, NULL, NULL, NULL};
  assert_int_equal(copse_booster_refit(booster, model, &table, &out, &err), COPSE_ERR_DATA);
  assert_null(out);
  assert_non_null(strstr(err.message, "objective"));
  copse_booster_free(booster);
  booster = mixed_booster(&six, BASE);
  table.n_rows = 5;
  assert_int_equal(copse_booster_refit(booster, model, &table, &out, &err), COPSE_ERR_DATA);
  table.n_rows = 6;
  table.n_cols = 1;
  assert_int_equal(copse_booster_refit(booster, model, &table, &out, &err), COPSE_ERR_DATA);
  assert_non_null(strstr(err.message, "columns"));
  table.n_cols = 2;
  must_step(booster);
  assert_int_equal(copse_booster_refit(booster, model, &table, &out, &err), COPSE_ERR_STATE);
  copse_booster_free(booster);
  booster = mixed_booster(&four, BASE);
  assert_int_equal(copse_booster_refit(booster, model, &table, &out, &err), COPSE_ERR_DATA);
  assert_non_null(strstr(err.message, "features"));
  copse_booster_free(booster);
  copse_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(dart_drops_the_start_in_compat),
      cmocka_unit_test(dart_ends_negated_in_compat),
      cmocka_unit_test(dart_scales_dropped_trees),
      cmocka_unit_test(dart_keeps_the_start),
      cmocka_unit_test(dart_restores_before_it_ends),
      cmocka_unit_test(dart_limits_what_it_drops),
      cmocka_unit_test(forest_averages),
      cmocka_unit_test(forest_keeps_constant_trees),
      cmocka_unit_test(forest_takes_no_init_scores),
      cmocka_unit_test(refit_mixes_old_and_best),
      cmocka_unit_test(refit_without_rows),
      cmocka_unit_test(refit_renews_percentiles),
      cmocka_unit_test(refit_of_every_kind),
      cmocka_unit_test(refit_refuses),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
