/* Bins as many as cells of two bytes can tell apart: max_bin up to 65,535. Cut points stay between
 * neighbours, cells come back, trees find a step between any two of them and predict the very scores of
 * training; a feature of a few bins beside it, missing values and many categories too. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/model.h"
#include "small_train.h"
#include "testing.h"
#include "train/booster.h"

enum { ROWS = 70000, FEATURES = 3 };

static double x[ROWS * FEATURES];
static float label[ROWS];
static const bool categorical[FEATURES] = {false, false, true};

/* Feature 0: every row another value; 1: two values; 2: many categories. */
static struct small_data make(uint64_t n_rows, uint64_t step, uint32_t n_categories) {
  for (uint64_t i = 0; i < n_rows; i++) {
    uint64_t place = i * 7919 % n_rows; /* each once: 7919 is a prime that divides no n_rows here */
    x[i * FEATURES] = (double)place + 0.25;
    x[i * FEATURES + 1] = (double)(i % 2);
    x[i * FEATURES + 2] = (double)(i * 7919 % n_categories);
    label[i] = place >= step ? 1.0f : 0.0f;
  }
  return (struct small_data){
      .n_rows = n_rows, .n_features = FEATURES, .x = x, .label = label, .categorical = categorical};
}

static copse_booster *trained(const struct small_data *d, const char *settings, int rounds,
                              copse_dataset **data) {
  copse_params *params = small_params(settings);
  copse_booster *b;
  copse_error err;
  *data = small_dataset(d, params, NULL);
  if (copse_booster_create(NULL, *data, params, &b, &err) != COPSE_OK) fail_msg("%s", err.message);
  for (int round = 0; round < rounds; round++)
    if (copse_booster_step(b, NULL, &err) != COPSE_OK) fail_msg("%s", err.message);
  copse_params_free(params);
  return b;
}

/* Predictions of the model's thresholds are the scores that training made on bins. */
static void assert_scores(copse_booster *b, const struct small_data *d) {
  copse_model *model;
  copse_predictor *predictor;
  static double out[ROWS];
  copse_table table = {.layout = COPSE_ROWS,
                       .n_rows = d->n_rows,
                       .n_cols = d->n_features,
                       .dtype = COPSE_F64,
                       .values = d->x,
                       .row_stride = d->n_features};
  assert_int_equal(copse_booster_model(b, 0, &model, NULL), COPSE_OK);
  assert_int_equal(copse_predictor_create(NULL, model, COPSE_PREDICT_RAW, 0, 0, &predictor, NULL), COPSE_OK);
  assert_int_equal(copse_predictor_run(predictor, &table, 2, out, NULL), COPSE_OK);
  assert_memory_equal(out, copse_booster_scores(b, 0, NULL), d->n_rows * sizeof *out);
  copse_predictor_free(predictor);
  copse_model_free(model);
}

static void steps_anywhere(void **unused) {
  (void)unused;
  static const uint64_t steps[] = {1, 12345, 32768, 40001, 65000};
  for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
    struct small_data d = make(65000 + i, steps[i], 300);
    copse_dataset *data;
    copse_booster *b =
        trained(&d,
                "objective=regression max_bin=65535 min_data_in_bin=1 min_data_in_leaf=1 num_leaves=2 "
                "learning_rate=1 feature_pre_filter=false verbosity=-1",
                1, &data);
    const struct feature_bins *bins = &data->schema->features[0];
    assert_true(bins->n_bins > 256 && bins->n_bins <= 65535);
    const struct tree *tree = &b->trees[0];
    assert_int_equal(tree->n_leaves, 2);
    assert_int_equal(tree->split_feature[0], 0);
    assert_true(tree->threshold[0] > (double)steps[i] - 0.75 && tree->threshold[0] < (double)steps[i] + 0.25);
    uint64_t below = 0;
    for (uint64_t r = 0; r < d.n_rows; r++) below += label[r] == 0;
    assert_int_equal(tree->leaf_count[0], below);
    assert_scores(b, &d);
    copse_booster_free(b);
    copse_dataset_free(data);
  }
}

/* More values than bins: the limit is met, and every bound lies between values. */
static void limit_is_met(void **unused) {
  (void)unused;
  static const char *const limits[] = {"257", "1000", "40000", "65535"};
  for (size_t i = 0; i < 4; i++) {
    char settings[300];
    snprintf(settings, sizeof settings,
             "objective=regression max_bin=%s min_data_in_bin=1 num_leaves=63 verbosity=-1", limits[i]);
    struct small_data d = make(ROWS, 30000, 300);
    for (uint64_t r = 0; r < ROWS; r += 10) x[r * FEATURES] = NAN;
    for (uint64_t r = 0; r < ROWS; r++) label[r] = (float)sin((double)r * 0.01) + (float)(r % 2);
    copse_dataset *data;
    copse_booster *b = trained(&d, settings, 3, &data);
    const struct feature_bins *bins = &data->schema->features[0];
    int limit = atoi(limits[i]);
    assert_int_equal(bins->missing, MISSING_NAN);
    assert_true(bins->n_bins <= (uint32_t)limit && bins->n_bins > (uint32_t)limit / 2);
    for (uint32_t c = 0; c + 2 < bins->n_bins; c++) assert_true(bins->upper[c] < bins->upper[c + 1]);
    for (uint64_t r = 0; r < ROWS; r += 97) {
      uint32_t bin = bins_of_value(bins, x[r * FEATURES]);
      for (uint32_t c = 0; c < data->binned.n_columns; c++)
        if (data->binned.columns[c].feature == 0)
          assert_int_equal(binned_cell(&data->binned.columns[c], r), bin);
    }
    assert_scores(b, &d);
    copse_booster_free(b);
    copse_dataset_free(data);
  }
}

/* Categories beyond one byte. */
static void many_categories(void **unused) {
  (void)unused;
  struct small_data d = make(60000, 30000, 5000);
  for (uint64_t r = 0; r < d.n_rows; r++) label[r] = (float)((uint64_t)x[r * FEATURES + 2] % 3);
  copse_dataset *data;
  copse_booster *b =
      trained(&d,
              "objective=regression max_bin=65535 min_data_in_leaf=5 min_data_per_group=5 cat_smooth=1 "
              "max_cat_threshold=4000 num_leaves=8 verbosity=-1",
              3, &data);
  assert_true(data->schema->features[2].n_bins > 4000);
  assert_int_equal(b->trees[0].split_feature[0], 2);
  assert_scores(b, &d);
  copse_booster_free(b);
  copse_dataset_free(data);
}

/* The same trees by 1 and 3 threads. */
static void threads_do_not_matter(void **unused) {
  (void)unused;
  uint64_t fingerprints[2];
  for (int t = 0; t < 2; t++) {
    struct small_data d = make(ROWS, 30000, 1000);
    for (uint64_t r = 0; r < ROWS; r++) label[r] = (float)sin((double)r * 0.37);
    copse_dataset *data;
    copse_model *model;
    copse_booster *b =
        trained(&d,
                t ? "objective=regression max_bin=65535 min_data_in_bin=1 num_threads=3 verbosity=-1"
                  : "objective=regression max_bin=65535 min_data_in_bin=1 num_threads=1 verbosity=-1",
                2, &data);
    assert_int_equal(copse_booster_model(b, 0, &model, NULL), COPSE_OK);
    fingerprints[t] = copse_model_fingerprint(model);
    copse_model_free(model);
    copse_booster_free(b);
    copse_dataset_free(data);
  }
  assert_true(fingerprints[0] == fingerprints[1]);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(steps_anywhere), cmocka_unit_test(limit_is_met),
                                     cmocka_unit_test(many_categories),
                                     cmocka_unit_test(threads_do_not_matter)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
