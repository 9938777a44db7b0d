/* Sampling: draws belong to rows and column names, so neither threads, nor the order of columns, nor one more
 * column reshuffle what the others draw; and a model continued is the model trained in one go. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "model/model.h"
#include "small_train.h"
#include "testing.h"

enum { ROWS = 40000, FEATURES = 7 };

#define SAMPLING                                                                                           \
  "bagging_freq=2 bagging_fraction=0.7 feature_fraction=0.8 feature_fraction_bynode=0.7 extra_trees=true " \
  "num_leaves=15 "                                                                                         \
  "learning_rate=0.2 min_data_in_leaf=10 verbosity=-1 "

struct columns {
  double x[ROWS * (FEATURES + 1)];
  float label[ROWS];
};

static double uniform(uint64_t row, uint64_t column) {
  return (double)(rng_bits(column, 99, row) >> 11) * 0x1p-53;
}

/* order[j]: which original column stands at place j; FEATURES is a useless one, a thousand values of no
 * meaning. */
static void fill(struct columns *c, const int *order, int n) {
  for (uint64_t i = 0; i < ROWS; i++) {
    double signal = 0;
    for (int j = 0; j < n; j++) c->x[i * (uint64_t)n + (uint64_t)j] = uniform(i, (uint64_t)order[j]);
    for (int f = 0; f < FEATURES; f++) signal += (f % 2 ? -1 : 1) * uniform(i, (uint64_t)f) * (f + 1);
    c->label[i] = signal + 4 * (uniform(i, 77) - 0.5) > 2;
  }
}

/* A useless column is constant: it can never be split on, but it takes part in the draws. */
static void fill_useless(struct columns *c, int place, int n) {
  for (uint64_t i = 0; i < ROWS; i++)
    c->x[i * (uint64_t)n + (uint64_t)place] = (double)(i % 2 == 0 && i < 60);
}

static copse_model *train_named(const struct columns *c, const int *order, int n, const char *text) {
  static const char *const all[] = {"a", "b", "c", "d", "e", "f", "g", "useless"};
  const char *names[FEATURES + 1];
  for (int j = 0; j < n; j++) names[j] = all[order[j]];
  copse_error err;
  copse_params *params = small_params(text);
  copse_table table = {COPSE_ROWS, ROWS, (uint32_t)n, COPSE_F64, c->x, (size_t)n, NULL, NULL, NULL};
  copse_dataset *data;
  copse_booster *booster = NULL;
  copse_model *model = NULL;
  if (copse_dataset_from_table(NULL, &table, names, NULL, params, NULL, &data, &err) != COPSE_OK ||
      copse_dataset_set(data, COPSE_LABEL, c->label, ROWS, &err) != COPSE_OK ||
      copse_booster_create(NULL, data, params, &booster, &err) != COPSE_OK ||
      copse_train(booster, params, NULL, NULL, &model, NULL, &err) != COPSE_OK)
    fail_msg("%s", err.message);
  copse_booster_free(booster);
  copse_dataset_free(data);
  copse_params_free(params);
  return model;
}

static struct columns data, other;
static const int straight[] = {0, 1, 2, 3, 4, 5, 6, FEATURES};

static void threads_change_nothing(void **state) {
  (void)state;
  fill(&data, straight, FEATURES);
  uint64_t first = 0;
  const int threads[] = {1, 2, 3, 8};
  for (int t = 0; t < 4; t++) {
    char text[512];
    snprintf(text, sizeof text, "objective=binary num_iterations=8 num_threads=%d " SAMPLING, threads[t]);
    copse_model *model = train_named(&data, straight, FEATURES, text);
    if (t == 0) first = copse_model_fingerprint(model);
    assert_true(copse_model_fingerprint(model) == first);
    copse_model_free(model);
  }
}

/* Same splits, by the columns' names. */
static void same_trees_by_name(const copse_model *a, const copse_model *b) {
  assert_int_equal(copse_model_n_trees(a), copse_model_n_trees(b));
  for (int t = 0; t < copse_model_n_trees(a); t++) {
    assert_int_equal(copse_model_tree_n_leaves(a, t), copse_model_tree_n_leaves(b, t));
    for (int i = 0; i < copse_model_tree_n_leaves(a, t) - 1; i++) {
      copse_node x, y;
      assert_true(copse_model_tree_node(a, t, i, &x) && copse_model_tree_node(b, t, i, &y));
      assert_string_equal(copse_model_feature_name(a, (uint32_t)x.feature),
                          copse_model_feature_name(b, (uint32_t)y.feature));
      assert_true(x.threshold == y.threshold && x.left == y.left && x.right == y.right && x.count == y.count);
    }
    for (int l = 0; l < copse_model_tree_n_leaves(a, t); l++) {
      copse_node x, y;
      assert_true(copse_model_tree_node(a, t, ~l, &x) && copse_model_tree_node(b, t, ~l, &y));
      assert_true(x.value == y.value);
    }
  }
}

static void columns_may_move_and_be_added(void **state) {
  (void)state;
  const char *text = "objective=binary num_iterations=8 " SAMPLING;
  fill(&data, straight, FEATURES);
  copse_model *plain = train_named(&data, straight, FEATURES, text);
  const int shuffled[] = {5, 2, 0, 6, 1, 4, 3};
  fill(&other, shuffled, FEATURES);
  copse_model *moved = train_named(&other, shuffled, FEATURES, text);
  same_trees_by_name(plain, moved);
  const int more[] = {0, 1, 2, FEATURES, 3, 4, 5, 6};
  fill(&other, more, FEATURES + 1);
  fill_useless(&other, 3, FEATURES + 1);
  copse_model *added = train_named(&other, more, FEATURES + 1, text);
  same_trees_by_name(plain, added);
  copse_model_free(plain);
  copse_model_free(moved);
  copse_model_free(added);
}

/* Sampling really happens: root counts are about the bag's share, and bags change every second round. */
static void bags_have_their_share(void **state) {
  (void)state;
  fill(&data, straight, FEATURES);
  copse_model *model = train_named(&data, straight, FEATURES, "objective=binary num_iterations=5 " SAMPLING);
  int64_t counts[5];
  for (int t = 0; t < 5; t++) {
    copse_node root;
    assert_true(copse_model_tree_node(model, t, 0, &root));
    counts[t] = root.count;
    assert_true(llabs(root.count - (int64_t)(0.7 * ROWS)) < 5 * 92); /* five standard deviations */
  }
  assert_true(counts[0] == counts[1] && counts[2] == counts[3] && counts[0] != counts[2]);
  copse_model_free(model);
  model = train_named(&data, straight, FEATURES,
                      "objective=binary num_iterations=1 bagging_freq=1 pos_bagging_fraction=0.2 "
                      "neg_bagging_fraction=0.9 verbosity=-1");
  copse_node root;
  assert_true(copse_model_tree_node(model, 0, 0, &root));
  double expected = 0;
  for (int i = 0; i < ROWS; i++) expected += data.label[i] > 0 ? 0.2 : 0.9;
  assert_true(fabs((double)root.count - expected) < 500);
  copse_model_free(model);
}

static copse_model *continue_from(copse_model *base, const struct columns *c, const char *text,
                                  bool *scored) {
  copse_error err;
  copse_params *params = small_params(text);
  struct small_data small = {ROWS, FEATURES, c->x, c->label, NULL, NULL};
  copse_dataset *set = small_dataset(&small, params, NULL);
  copse_booster *booster;
  copse_model *model = NULL;
  if (copse_booster_create(NULL, set, params, &booster, &err) != COPSE_OK ||
      copse_booster_continue(booster, base, scored, &err) != COPSE_OK ||
      copse_train(booster, params, NULL, NULL, &model, NULL, &err) != COPSE_OK)
    fail_msg("%s", err.message);
  copse_booster_free(booster);
  copse_dataset_free(set);
  copse_params_free(params);
  return model;
}

/* 6 rounds and 4 more are 10, also through the model's text. */
static void continued_is_uninterrupted(void **state) {
  (void)state;
  fill(&data, straight, FEATURES);
  struct small_data small = {ROWS, FEATURES, data.x, data.label, NULL, NULL};
  copse_model *whole = small_train(&small, "objective=binary num_iterations=10 " SAMPLING);
  copse_model *part = small_train(&small, "objective=binary num_iterations=6 " SAMPLING);
  copse_text text = {0};
  copse_error err;
  copse_model *loaded, *model;
  assert_int_equal(copse_model_write(part, 0, 0, &text, &err), COPSE_OK);
  assert_int_equal(copse_model_parse(NULL, text.data, text.length, "part", &loaded, &err), COPSE_OK);
  bool scored = false;
  model = continue_from(loaded, &data, "objective=binary num_iterations=4 " SAMPLING, &scored);
  assert_true(scored);
  assert_int_equal(copse_model_n_rounds(model), 10);
  assert_true(copse_model_fingerprint(model) == copse_model_fingerprint(whole));
  copse_text_release(&text);
  copse_model_free(model);
  copse_model_free(loaded);
  copse_model_free(part);
  copse_model_free(whole);
}

/* On other data the old trees are a prefix and the caller brings their predictions. */
static void continued_on_other_data(void **state) {
  (void)state;
  fill(&data, straight, FEATURES);
  struct small_data small = {ROWS, FEATURES, data.x, data.label, NULL, NULL};
  copse_model *part = small_train(&small, "objective=binary num_iterations=6 " SAMPLING);
  for (uint64_t i = 0; i < ROWS * FEATURES; i++) data.x[i] = data.x[i] * 1.01 + 0.001;
  copse_error err;
  copse_params *params = small_params("objective=binary num_iterations=4 " SAMPLING);
  copse_dataset *set = small_dataset(&small, params, NULL);
  copse_predictor *predictor;
  double *scores = copse_alloc(NULL, ROWS, sizeof *scores);
  copse_table table = {COPSE_ROWS, ROWS, FEATURES, COPSE_F64, data.x, FEATURES, NULL, NULL, NULL};
  assert_int_equal(copse_predictor_create(NULL, part, COPSE_PREDICT_RAW, 0, 0, &predictor, &err), COPSE_OK);
  assert_int_equal(copse_predictor_run(predictor, &table, 1, scores, &err), COPSE_OK);
  assert_int_equal(copse_dataset_set(set, COPSE_INIT_SCORE, scores, ROWS, &err), COPSE_OK);
  copse_booster *booster;
  copse_model *model;
  bool scored = true;
  assert_int_equal(copse_booster_create(NULL, set, params, &booster, &err), COPSE_OK);
  assert_int_equal(copse_booster_continue(booster, part, &scored, &err), COPSE_OK);
  assert_false(scored);
  assert_int_equal(copse_booster_round(booster), 6);
  assert_int_equal(copse_train(booster, params, NULL, NULL, &model, NULL, &err), COPSE_OK);
  assert_int_equal(copse_model_n_rounds(model), 10);
  copse_predictor_free(predictor);
  /* The whole model predicts what the booster scored, up to the order of additions. */
  assert_int_equal(copse_predictor_create(NULL, model, COPSE_PREDICT_RAW, 0, 0, &predictor, &err), COPSE_OK);
  assert_int_equal(copse_predictor_run(predictor, &table, 1, scores, &err), COPSE_OK);
  const double *inside = copse_booster_scores(booster, 0, NULL);
  for (int i = 0; i < ROWS; i++) assert_true(fabs(scores[i] - inside[i]) < 1e-12);
  copse_free(scores);
  copse_predictor_free(predictor);
  copse_model_free(model);
  copse_model_free(part);
  copse_booster_free(booster);
  copse_dataset_free(set);
  copse_params_free(params);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(threads_change_nothing),  cmocka_unit_test(columns_may_move_and_be_added),
      cmocka_unit_test(bags_have_their_share),   cmocka_unit_test(continued_is_uninterrupted),
      cmocka_unit_test(continued_on_other_data),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
