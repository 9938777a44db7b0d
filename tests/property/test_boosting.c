/* What holds in every mode of boosting and of drawing rows: rounds may be taken back and made again, a model
 * taken later of earlier rounds is the model taken then, and a model continued is the model trained in one
 * go.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "checks.h"
#include "mixed_data.h"
#include "model/model.h"

enum { ROWS = 3000, FEATURES = MIXED_COLUMNS, ROUNDS = 9, BEFORE = 5 };

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define SMALL "verbosity=-1 min_data_in_leaf=5 learning_rate=0.3 num_leaves=7 max_bin=63 "
#define THREE "objective=multiclass num_class=3 "

static const char *const modes[] = {
    "objective=binary " SMALL,
    "objective=binary grow_policy=depthwise " SMALL,
    "objective=binary boosting=goss " SMALL,
    THREE "data_sample_strategy=goss top_rate=0.1 other_rate=0.2 " SMALL,
    "objective=regression data_sample_strategy=mvs bagging_fraction=0.3 " SMALL,
    "objective=binary boosting=rf bagging_freq=2 bagging_fraction=0.6 " SMALL,
    "objective=regression_l1 boosting=rf feature_fraction=0.5 " SMALL,
    THREE "boosting=rf data_sample_strategy=goss " SMALL,
    "objective=binary boosting=dart drop_rate=0.5 skip_drop=0.2 " SMALL,
    "objective=regression boosting=dart drop_rate=0.6 skip_drop=0 uniform_drop=true max_drop=2 " SMALL,
    "objective=quantile boosting=dart drop_rate=0.6 skip_drop=0 xgboost_dart_mode=true " SMALL,
    THREE "boosting=dart drop_rate=0.5 skip_drop=0.2 bagging_freq=1 bagging_fraction=0.7 " SMALL,
    "objective=binary boosting=dart drop_rate=0.5 skip_drop=0.2 compat=lightgbm "
    "use_quantized_grad=true " SMALL,
    "objective=binary boosting=dart drop_rate=0.5 skip_drop=0.2 boost_from_average=false " SMALL,
};

static struct mixed_data data_of(const char *mode) {
  struct mixed_data mixed = mixed_data_make(ROWS, FEATURES, 41);
  if (strstr(mode, "objective=binary") != NULL) mixed.data.label = mixed.class_label;
  if (strstr(mode, "multiclass") != NULL) {
    for (int i = 0; i < ROWS; i++) mixed.class_label[i] = (float)((i % 7 == 0) + mixed.class_label[i]);
    mixed.data.label = mixed.class_label;
  }
  return mixed;
}

static uint64_t fingerprint_at(copse_booster *booster, int n_rounds) {
  copse_error err;
  copse_model *model;
  must(copse_booster_model(booster, n_rounds, &model, &err), &err);
  assert_int_equal(copse_model_n_rounds(model), n_rounds > 0 ? n_rounds : copse_booster_round(booster));
  uint64_t fingerprint = copse_model_fingerprint(model);
  copse_model_free(model);
  return fingerprint;
}

static double *copy_scores(copse_booster *booster, int set, uint64_t *n) {
  const double *scores = copse_booster_scores(booster, set, n);
  double *copy = copse_alloc(NULL, *n, sizeof *copy);
  memcpy(copy, scores, *n * sizeof *copy);
  return copy;
}

/* A round taken back leaves scores and model as they were, and comes out the same when it is made again. */
static void rounds_can_be_taken_back(void **state) {
  (void)state;
  for (size_t m = 0; m < COUNT(modes); m++) {
    struct mixed_data mixed = data_of(modes[m]);
    copse_booster *booster = mixed_booster(&mixed.data, modes[m]);
    copse_error err;
    must(copse_booster_add_valid(booster, booster->sets[0].data, "v", &err), &err);
    uint64_t after[ROUNDS + 1] = {0};
    for (int r = 1; r <= ROUNDS; r++) {
      assert_false(must_step(booster));
      after[r] = fingerprint_at(booster, 0);
      uint64_t n;
      double *before = copy_scores(booster, 0, &n);
      assert_memory_equal(before, copse_booster_scores(booster, 1, NULL), n * sizeof *before);
      assert_false(must_step(booster));
      must(copse_booster_rollback(booster, &err), &err);
      assert_memory_equal(before, copse_booster_scores(booster, 0, NULL), n * sizeof *before);
      assert_memory_equal(before, copse_booster_scores(booster, 1, NULL), n * sizeof *before);
      assert_true(fingerprint_at(booster, 0) == after[r]);
      copse_free(before);
    }
    for (int r = 1; r <= ROUNDS; r++) assert_true(fingerprint_at(booster, r) == after[r]);
    while (copse_booster_round(booster) > 0) must(copse_booster_rollback(booster, &err), &err);
    for (int r = 1; r <= ROUNDS; r++) {
      must_step(booster);
      assert_true(fingerprint_at(booster, 0) == after[r]);
    }
    copse_booster_free(booster);
    mixed_data_free(&mixed);
  }
}

static copse_model *through_text(copse_booster *booster, int n_rounds) {
  copse_error err;
  copse_model *model, *loaded;
  copse_text text = {0};
  must(copse_booster_model(booster, n_rounds, &model, &err), &err);
  must(copse_model_write(model, 0, 0, &text, &err), &err);
  must(copse_model_parse(NULL, text.data, text.length, "model", &loaded, &err), &err);
  copse_text_release(&text);
  copse_model_free(model);
  return loaded;
}

static void continued_is_uninterrupted(void **state) {
  (void)state;
  for (size_t m = 0; m < COUNT(modes); m++) {
    struct mixed_data mixed = data_of(modes[m]);
    copse_booster *whole = mixed_booster(&mixed.data, modes[m]), *rest = mixed_booster(&mixed.data, modes[m]);
    copse_error err;
    for (int r = 0; r < ROUNDS; r++) must_step(whole);
    copse_model *part = through_text(whole, BEFORE);
    bool scored = false;
    must(copse_booster_continue(rest, part, &scored, &err), &err);
    assert_true(scored);
    for (int r = BEFORE; r < ROUNDS; r++) must_step(rest);
    if (fingerprint_at(whole, 0) != fingerprint_at(rest, 0)) fail_msg("%s", modes[m]);
    uint64_t n;
    const double *scores = copse_booster_scores(whole, 0, &n);
    assert_memory_equal(scores, copse_booster_scores(rest, 0, NULL), n * sizeof *scores);
    copse_model_free(part);
    copse_booster_free(whole);
    copse_booster_free(rest);
    mixed_data_free(&mixed);
  }
}

/* Where dart goes on from trees that have no weights, those are never dropped. */
static void dart_goes_on_from_boosting(void **state) {
  (void)state;
  struct mixed_data mixed = data_of("objective=binary");
  const char *dart = "objective=binary boosting=dart drop_rate=1 skip_drop=0 " SMALL;
  copse_booster *first = mixed_booster(&mixed.data, modes[0]), *whole = mixed_booster(&mixed.data, dart);
  copse_booster *rest = mixed_booster(&mixed.data, dart);
  copse_error err;
  for (int r = 0; r < BEFORE; r++) must_step(first);
  copse_model *base = through_text(first, 0);
  must(copse_booster_continue(whole, base, NULL, &err), &err);
  for (int r = 0; r < 6; r++) must_step(whole);
  copse_model *model = through_text(whole, 0), *part = through_text(whole, BEFORE + 3);
  for (int t = 0; t < BEFORE; t++)
    for (int l = 0; l < base->trees[t].n_leaves; l++)
      assert_true(base->trees[t].leaf_value[l] == model->trees[t].leaf_value[l]);
  assert_true(model->dart_weight[0] == 0 && model->dart_weight[BEFORE] > 0 &&
              model->dart_weight[BEFORE] < 0.3);
  must(copse_booster_continue(rest, part, NULL, &err), &err);
  for (int r = 3; r < 6; r++) must_step(rest);
  assert_true(fingerprint_at(rest, 0) == copse_model_fingerprint(model));
  copse_model_free(base);
  copse_model_free(model);
  copse_model_free(part);
  copse_booster_free(first);
  copse_booster_free(whole);
  copse_booster_free(rest);
  mixed_data_free(&mixed);
}

/* A forest and a sum of trees do not go on from each other. */
static void forests_stay_forests(void **state) {
  (void)state;
  struct mixed_data mixed = data_of("objective=binary");
  const char *rf = "objective=binary boosting=rf feature_fraction=0.5 " SMALL;
  copse_booster *sum = mixed_booster(&mixed.data, modes[0]), *forest = mixed_booster(&mixed.data, rf);
  must_step(sum);
  must_step(forest);
  copse_model *a = through_text(sum, 0), *b = through_text(forest, 0);
  copse_booster *other = mixed_booster(&mixed.data, modes[0]), *wood = mixed_booster(&mixed.data, rf);
  copse_error err;
  assert_int_equal(copse_booster_continue(other, b, NULL, &err), COPSE_ERR_UNSUPPORTED);
  assert_non_null(strstr(err.message, "boosting=rf"));
  assert_int_equal(copse_booster_continue(wood, a, NULL, &err), COPSE_ERR_UNSUPPORTED);
  float cells[ROWS] = {0};
  assert_int_equal(copse_booster_step_custom(wood, cells, cells, NULL, &err), COPSE_ERR_UNSUPPORTED);
  copse_model_free(a);
  copse_model_free(b);
  copse_booster_free(sum);
  copse_booster_free(forest);
  copse_booster_free(other);
  copse_booster_free(wood);
  mixed_data_free(&mixed);
}

/* On other data a forest's averages come as init scores, and more trees are averaged in. */
static void a_forest_goes_on_elsewhere(void **state) {
  (void)state;
  struct mixed_data mixed = data_of("objective=regression");
  const char *rf = "objective=regression boosting=rf feature_fraction=0.5 " SMALL;
  copse_booster *first = mixed_booster(&mixed.data, rf);
  copse_error err;
  for (int r = 0; r < 4; r++) must_step(first);
  copse_model *base = through_text(first, 0);
  for (int i = 0; i < ROWS * FEATURES; i++)
    if (!mixed.categorical[i % FEATURES]) mixed.x[i] = mixed.x[i] * 1.01 + 0.001;
  double *scores = copse_alloc(NULL, ROWS, sizeof *scores);
  for (int i = 0; i < ROWS; i++) scores[i] = small_predict(base, COPSE_PREDICT_RAW, mixed.x + i * FEATURES);
  copse_booster *booster = mixed_booster(&mixed.data, rf);
  must(copse_dataset_set(booster->sets[0].data, COPSE_INIT_SCORE, scores, ROWS, &err), &err);
  bool scored = true;
  must(copse_booster_continue(booster, base, &scored, &err), &err);
  assert_false(scored);
  for (int r = 0; r < 3; r++) must_step(booster);
  copse_model *model = through_text(booster, 0);
  assert_int_equal(copse_model_n_rounds(model), 7);
  const double *inside = copse_booster_scores(booster, 0, NULL);
  for (int i = 0; i < ROWS; i += 7)
    assert_true(fabs(small_predict(model, COPSE_PREDICT_RAW, mixed.x + i * FEATURES) - inside[i]) < 1e-9);
  copse_free(scores);
  copse_model_free(base);
  copse_model_free(model);
  copse_booster_free(first);
  copse_booster_free(booster);
  mixed_data_free(&mixed);
}

/* ---- early stopping ---- */

struct seen {
  double value[200];
  uint64_t fingerprint[200];
};

static void on_round(void *user, copse_booster *booster, const copse_train_event *event) {
  struct seen *seen = user;
  seen->value[event->round] = event->values[1];
  seen->fingerprint[event->round] = fingerprint_at(booster, 0);
}

/* dart stops early as the others do, and the model is the one of the best round, weights and all. */
static void dart_stops_early(void **state) {
  (void)state;
  struct mixed_data mixed = data_of("objective=binary"), other = mixed_data_make(ROWS, FEATURES, 99);
  const char *text =
      "objective=binary metric=binary_logloss boosting=dart drop_rate=0.3 skip_drop=0 num_iterations=150 "
      "learning_rate=1.2 min_data_in_leaf=1 num_leaves=31 early_stopping_round=8 verbosity=-1";
  for (int i = 0; i < ROWS; i += 3) mixed.class_label[i] = 1 - mixed.class_label[i]; /* noise to overfit */
  copse_booster *booster = mixed_booster(&mixed.data, text);
  copse_params *params = small_params(text);
  copse_error err;
  other.data.label = other.class_label;
  copse_dataset *valid = small_dataset(&other.data, params, copse_dataset_schema(booster->sets[0].data));
  struct seen seen;
  copse_train_report report;
  copse_model *model;
  must(copse_booster_add_valid(booster, valid, "v", &err), &err);
  must(copse_train(booster, params, on_round, &seen, &model, &report, &err), &err);
  assert_int_equal(report.reason, COPSE_STOP_EARLY);
  assert_int_equal(report.best_round + 8, report.rounds_trained);
  for (int r = 1; r <= report.rounds_trained; r++)
    assert_true(seen.value[r] >= seen.value[report.best_round]);
  assert_true(copse_model_fingerprint(model) == seen.fingerprint[report.best_round]);
  copse_model_free(model);
  copse_params_free(params);
  copse_dataset_free(valid);
  copse_booster_free(booster);
  mixed_data_free(&mixed);
  mixed_data_free(&other);
}

/* ---- rows drawn by gradients ---- */

static copse_node root_of(copse_booster *booster, int tree) {
  copse_error err;
  copse_model *model;
  copse_node root;
  must(copse_booster_model(booster, 0, &model, &err), &err);
  assert_true(copse_model_tree_node(model, tree, 0, &root));
  copse_model_free(model);
  return root;
}

/* [T6b] Two rounds see all rows (int(1 / .34) = 2), then 12 of 60 are kept and 6 drawn on average, which
 * stand for 48. */
static void goss_begins_late(void **state) {
  (void)state;
#define FEW "num_leaves=3 min_data_in_leaf=1 learning_rate=0.34 verbosity=-1 num_iterations=3 "
  struct mixed_data mixed = mixed_data_make(60, FEATURES, 5);
  copse_booster *plain = mixed_booster(&mixed.data, FEW),
                *goss = mixed_booster(&mixed.data, "boosting=goss " FEW);
  double n_rows = 0, weight = 0;
  for (int r = 0; r < 2; r++) {
    must_step(plain);
    must_step(goss);
    copse_model *a = through_text(plain, 0), *b = through_text(goss, 0);
    char *trees_a = model_trees(a), *trees_b = model_trees(b);
    assert_string_equal(trees_a, trees_b);
    copse_free(trees_a);
    copse_free(trees_b);
    copse_model_free(a);
    copse_model_free(b);
  }
  enum { DRAWS = 60 };
  for (int r = 2; r < 2 + DRAWS; r++) {
    must_step(goss);
    copse_node root = root_of(goss, r);
    double drawn = (double)root.count - 12;
    assert_true(drawn >= 0 && drawn <= 48);
    assert_true(fabs(root.weight - (12 + 8 * drawn)) < 1e-3);
    n_rows += (double)root.count / DRAWS;
    weight += root.weight / DRAWS;
  }
  assert_true(fabs(n_rows - 18) < 1.5); /* the mean's standard deviation is 0.3 */
  assert_true(fabs(weight - 60) < 12);
  copse_booster_free(plain);
  copse_booster_free(goss);
  mixed_data_free(&mixed);
}

/* Where every row is as strong as the others, a tenth of them is kept and a tenth drawn all the same. */
static void goss_takes_its_share_of_ties(void **state) {
  (void)state;
  struct mixed_data mixed = mixed_data_make(20000, FEATURES, 6);
  copse_booster *booster = mixed_booster(
      &mixed.data,
      "boosting=goss top_rate=0.1 other_rate=0.1 objective=regression_l1 learning_rate=1.1 verbosity=-1");
  must_step(booster);
  copse_node root = root_of(booster, 0);
  assert_true(labs((long)root.count - 4000) < 250);
  assert_true(fabs(root.weight - 20000) < 1200);
  copse_booster_free(booster);
  mixed_data_free(&mixed);
}

/* The sample has the size asked for, and its weights make up for the rows left out. */
static void mvs_is_unbiased(void **state) {
  (void)state;
  struct mixed_data mixed = mixed_data_make(20000, FEATURES, 7);
  const double fractions[] = {0.05, 0.3, 0.9};
  for (size_t f = 0; f < COUNT(fractions); f++) {
    char text[200];
    snprintf(text, sizeof text, "data_sample_strategy=mvs bagging_fraction=%g mvs_lambda=1 verbosity=-1",
             fractions[f]);
    copse_booster *booster = mixed_booster(&mixed.data, text);
    for (int r = 0; r < 3; r++) {
      must_step(booster);
      copse_node root = root_of(booster, r);
      double wanted = 20000 * fractions[f];
      assert_true(fabs((double)root.count - wanted) < 0.01 * wanted + 4 * sqrt(wanted));
      assert_true(fabs(root.weight - 20000) < 20000 * 0.1);
    }
    copse_booster_free(booster);
  }
  mixed_data_free(&mixed);
}

/* Queries are drawn where there are some. */
static void queries_must_be_there(void **state) {
  (void)state;
  struct mixed_data mixed = mixed_data_make(1000, FEATURES, 12);
  copse_params *params =
      small_params("bagging_freq=1 bagging_fraction=0.5 bagging_by_query=true verbosity=-1");
  copse_dataset *set = small_dataset(&mixed.data, params, NULL);
  copse_booster *booster;
  copse_error err;
  assert_int_equal(copse_booster_create(NULL, set, params, &booster, &err), COPSE_ERR_DATA);
  assert_non_null(strstr(err.message, "bagging_by_query"));
  int32_t sizes[100];
  for (int q = 0; q < 100; q++) sizes[q] = 10;
  must(copse_dataset_set(set, COPSE_GROUP, sizes, 100, &err), &err);
  must(copse_booster_create(NULL, set, params, &booster, &err), &err);
  must_step(booster);
  copse_node root = root_of(booster, 0);
  assert_true(root.count % 10 == 0 && root.count > 200 && root.count < 800);
  copse_booster_free(booster);
  copse_dataset_free(set);
  copse_params_free(params);
  mixed_data_free(&mixed);
}

/* ---- level by level ---- */

static void depthwise_fills_levels(void **state) {
  (void)state;
  struct mixed_data mixed = mixed_data_make(20000, FEATURES, 8);
  copse_booster *booster =
      mixed_booster(&mixed.data, "grow_policy=depthwise max_depth=4 min_data_in_leaf=1 verbosity=-1");
  copse_booster *cut =
      mixed_booster(&mixed.data, "grow_policy=depthwise num_leaves=12 min_data_in_leaf=1 verbosity=-1");
  for (int r = 0; r < 4; r++) {
    must_step(booster);
    must_step(cut);
    assert_int_equal(booster->trees[r].n_leaves, 16); /* not the 31 of num_leaves' default */
    for (int l = 0; l < 16; l++) assert_int_equal(booster->trees[r].leaf_depth[l], 4);
    assert_int_equal(cut->trees[r].n_leaves, 12);
    for (int l = 0; l < 12; l++)
      assert_true(cut->trees[r].leaf_depth[l] == 3 || cut->trees[r].leaf_depth[l] == 4);
  }
  copse_booster_free(booster);
  copse_booster_free(cut);
  mixed_data_free(&mixed);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rounds_can_be_taken_back),
      cmocka_unit_test(continued_is_uninterrupted),
      cmocka_unit_test(dart_goes_on_from_boosting),
      cmocka_unit_test(forests_stay_forests),
      cmocka_unit_test(a_forest_goes_on_elsewhere),
      cmocka_unit_test(dart_stops_early),
      cmocka_unit_test(goss_begins_late),
      cmocka_unit_test(goss_takes_its_share_of_ties),
      cmocka_unit_test(mvs_is_unbiased),
      cmocka_unit_test(queries_must_be_there),
      cmocka_unit_test(depthwise_fills_levels),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
