/* Linear leaves (algorithms 8.1): LightGBM's worked example, and what must hold of them on mixed data. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "checks.h"
#include "data/dataset.h"
#include "mixed_data.h"
#include "model/model.h"

#define SMALL                                                                                             \
  "objective=regression linear_tree=true num_leaves=2 min_data_in_leaf=2 min_data_in_bin=1 verbosity=-1 " \
  "min_sum_hessian_in_leaf=0 learning_rate=1 num_iterations=2 "
#define MIXED                                                                                   \
  "objective=regression linear_tree=true linear_lambda=0.01 num_leaves=15 min_data_in_leaf=10 " \
  "verbosity=-1 metric=l2 "
#define DART "boosting=dart drop_rate=0.5 skip_drop=0.2 "
enum { N_ROWS = 5000, N_FEATURES = 14, N_ROUNDS = 8 };

/* ---- [T8a] ---- */

/* y = 2x + 1, and 3x more above 3; then rows whose only value is missing. */
static const double line_x[] = {1, 2, 3, 4, 5, 6, 7, 8, NAN, NAN};
static const float line_y[] = {3, 5, 7, 21, 26, 31, 36, 41, 30, 31};
static struct small_data line(uint64_t n_rows) {
  return (struct small_data){.n_rows = n_rows, .n_features = 1, .x = line_x, .label = line_y};
}

static void check_leaf(const copse_model *model, int leaf, double value, double constant,
                       double coefficient) {
  const struct tree *tree = &model->trees[1];
  assert_int_equal(tree->linear->begin[leaf + 1], leaf + 1);
  near(tree->leaf_value[leaf], value);
  near(tree->linear->constant[leaf], constant);
  near(tree->linear->coefficient[leaf], coefficient);
}

static void worked_example(void **state) {
  (void)state;
  struct small_data data = line(8);
  copse_model *model = small_train(&data, SMALL);
  assert_int_equal(model->trees[0].linear->begin[2], 0);
  near(model->trees[0].threshold[0], 3.5);
  near(model->trees[0].linear->constant[0], 5);
  near(model->trees[0].linear->constant[1], 31);
  near(model->trees[1].threshold[0], 6.5);
  check_leaf(model, 0, -2.5, -0.8, -0.4857142857);
  check_leaf(model, 1, 7.5, -30, 5);
  copse_model_free(model);
  model = small_train(&data, SMALL "linear_lambda=1");
  check_leaf(model, 0, -2.5, -0.8918919, -0.4594595);
  check_leaf(model, 1, 7.5, -5, 1.6666667);
  copse_model_free(model);
}

static void missing_values_get_leaf_values(void **state) {
  (void)state;
  struct small_data data = line(10);
  copse_model *model = small_train(&data, SMALL);
  near(small_predict(model, COPSE_PREDICT_RAW, &line_x[8]), 28.946429);
  copse_model_free(model);
}

/* A copy of a feature, a constant one and one that is nearly constant far from 0 must not break a model. */
static void singular_systems(void **state) {
  (void)state;
  enum { N = 400 };
  static double x[N * 3];
  static float y[N];
  for (int i = 0; i < N; i++) {
    x[3 * i] = x[3 * i + 1] = i % 97;
    x[3 * i + 2] = 16777216.0 + 2 * (i % 3);
    y[i] = (float)(3 * (i % 97) + (i % 3) + (i * 7 % 11) * 0.01);
  }
  struct small_data data = {.n_rows = N, .n_features = 3, .x = x, .label = y};
  copse_model *model =
      small_train(&data,
                  "objective=regression linear_tree=true num_leaves=8 min_data_in_leaf=5 learning_rate=0.5 "
                  "num_iterations=200 verbosity=-1 feature_fraction_bynode=0.4");
  double most = 0;
  for (int i = 0; i < N; i++)
    most = fmax(most, fabs(small_predict(model, COPSE_PREDICT_RAW, x + 3 * i) - (double)y[i]));
  if (!(most < 0.5)) fail_msg("off by %g", most);
  /* The copy gets a coefficient only where its twin is not on the way to the leaf. */
  size_t n_terms = 0;
  for (int t = 0; t < model->n_trees; t++) {
    const struct leaf_models *linear = model->trees[t].linear;
    for (int l = 0; l < model->trees[t].n_leaves; l++)
      for (size_t k = linear->begin[l] + 1; k < linear->begin[l + 1]; k++) {
        assert_true(linear->feature[k] != 1 || linear->feature[k - 1] != 0);
        n_terms++;
      }
  }
  assert_true(n_terms > 0);
  copse_model_free(model);
}

/* Leaves in which a column is constant, the twin of another, missing in all rows or in some, or beyond
 * float32: with any penalty the model is none worse than the leaves' plain values, of which it is a special
 * case. */
enum { S_ROWS = 600, S_COLUMNS = 6 };

static void degenerate_rows(double *x, float *y) {
  for (int i = 0; i < S_ROWS; i++) {
    double *row = x + S_COLUMNS * i, wave = sin(i) * 3;
    row[0] = i % 2; /* constant below its split */
    row[1] = wave;
    row[2] = 2 * wave + 3;                  /* a twin */
    row[3] = i % 2 ? 7.25 : cos(i * 0.7);   /* constant in one half */
    row[4] = wave > 0 ? NAN : cos(i * 1.3); /* missing in one half */
    row[5] = i % 50 == 0 ? 1e39 * (i % 3 - 1) : cos(i * 2.1);
    y[i] = (float)(row[0] * wave + row[3] + (wave > 0 ? 2 : row[4]) + (i * 7 % 11) * 0.1 + cos(i * 2.1));
  }
}

static double squares(const struct small_data *data, const char *params) {
  copse_model *model = small_train(data, params);
  double sum = 0;
  for (uint64_t i = 0; i < data->n_rows; i++) {
    double value = small_predict(model, COPSE_PREDICT_RAW, data->x + i * data->n_features);
    if (!isfinite(value)) fail_msg("%s: row %d: %g", params, (int)i, value);
    sum += (value - (double)data->label[i]) * (value - (double)data->label[i]);
  }
  for (int t = 0; t < model->n_trees; t++) {
    const struct leaf_models *linear = model->trees[t].linear;
    for (size_t k = 0; linear != NULL && k < linear->begin[model->trees[t].n_leaves]; k++)
      assert_true(isfinite(linear->coefficient[k]) && linear->coefficient[k] != 0);
  }
  copse_model_free(model);
  return sum;
}

static void degenerate_leaves_are_no_worse(void **state) {
  (void)state;
  static double x[S_ROWS * S_COLUMNS];
  static float y[S_ROWS];
  static const char *const penalties[] = {"0", "1e-6", "0.5", "1000"};
  degenerate_rows(x, y);
  struct small_data data = {.n_rows = S_ROWS, .n_features = S_COLUMNS, .x = x, .label = y};
  for (int n_leaves = 2; n_leaves <= 300; n_leaves = n_leaves * 2 + 1)
    for (size_t p = 0; p < sizeof penalties / sizeof penalties[0]; p++) {
      char params[300];
      int n = snprintf(params, sizeof params,
                       "num_leaves=%d min_data_in_leaf=1 learning_rate=1 verbosity=-1 num_iterations=2 ",
                       n_leaves);
      /* The first tree has no linear leaves: the second one divides what it left in both. */
      double plain = squares(&data, params);
      snprintf(params + n, sizeof params - (size_t)n, "linear_tree=true linear_lambda=%s", penalties[p]);
      double linear = squares(&data, params);
      if (!(linear <= plain * (1 + 1e-6) + 1e-6)) fail_msg("%s: %g, without %g", params, linear, plain);
    }
}

/* ---- mixed data, whose values a float holds ---- */

static struct mixed_data floats(uint64_t n_rows, uint64_t seed) {
  struct mixed_data mixed = mixed_data_make(n_rows, N_FEATURES, seed);
  for (uint64_t i = 0; i < n_rows * N_FEATURES; i++) mixed.x[i] = (double)(float)mixed.x[i];
  return mixed;
}

static char *trees_after(const struct small_data *data, const char *params, int n_rounds) {
  copse_booster *booster = mixed_booster(data, params);
  for (int r = 0; r < n_rounds; r++) must_step(booster);
  char *trees = booster_trees(booster);
  copse_booster_free(booster);
  return trees;
}

static void threads_change_nothing(void **state) {
  (void)state;
  static const char *const modes[] = {MIXED, MIXED "boosting=rf bagging_freq=1 bagging_fraction=0.6 ",
                                      MIXED "data_sample_strategy=goss ", MIXED "use_quantized_grad=true ",
                                      MIXED DART};
  struct mixed_data mixed = floats(N_ROWS, 3);
  for (size_t m = 0; m < sizeof modes / sizeof modes[0]; m++) {
    char *first = NULL;
    static const int threads[] = {1, 2, 3, 8};
    for (size_t i = 0; i < sizeof threads / sizeof threads[0]; i++) {
      char text[400];
      snprintf(text, sizeof text, "%snum_threads=%d", modes[m], threads[i]);
      char *trees = trees_after(&mixed.data, text, N_ROUNDS);
      assert_non_null(strstr(trees, "is_linear=1"));
      if (first != NULL) assert_string_equal(trees, first);
      if (first == NULL)
        first = trees;
      else
        copse_free(trees);
    }
    copse_free(first);
  }
  mixed_data_free(&mixed);
}

/* In LightGBM 4.6 no gradient reaches the histograms of such trees: its model is one constant. */
static void quantised_gradients_teach(void **state) {
  (void)state;
  static const char *const modes[] = {"", "compat=lightgbm", "quant_train_renew_leaf=true"};
  struct mixed_data mixed = floats(2000, 7);
  for (size_t m = 0; m < sizeof modes / sizeof modes[0]; m++) {
    char text[400];
    double l2[2];
    for (int quantised = 0; quantised < 2; quantised++) {
      snprintf(text, sizeof text, MIXED "use_quantized_grad=%s %s", quantised ? "true" : "false",
               quantised ? modes[m] : "");
      copse_booster *booster = mixed_booster(&mixed.data, text);
      for (int r = 0; r < N_ROUNDS; r++) must_step(booster);
      l2[quantised] = 0;
      for (uint64_t i = 0; i < mixed.data.n_rows; i++) {
        double off = booster->sets[0].score[i] - (double)mixed.label[i];
        l2[quantised] += off * off;
      }
      copse_booster_free(booster);
    }
    if (!(l2[1] < 1.1 * l2[0])) fail_msg("%s: %g, with all digits %g", modes[m], l2[1], l2[0]);
  }
  mixed_data_free(&mixed);
}

/* compat=lightgbm: a leaf without terms takes no part in lambda_l2 where LightGBM fits its constant; a
 * constant is the mean residual of the leaf's rows then. */
static void constants_without_terms(void **state) {
  (void)state;
  static const double colours[] = {0, 0, 0, 0, 1, 1, 1, 1};
  static const float y[] = {1, 2, 3, 2, 9, 8, 7, 8};
  static const bool categorical[] = {true};
  struct small_data data = {
      .n_rows = 8, .n_features = 1, .x = colours, .label = y, .categorical = categorical};
#define COLOURS SMALL "min_data_per_group=1 cat_smooth=0 cat_l2=0 lambda_l2=4 "
  copse_model *plain = small_train(&data, COLOURS), *theirs = small_train(&data, COLOURS "compat=lightgbm");
  for (int l = 0; l < 2; l++) { /* tree 0: 5 -+ 3 * 4 / (4 + 4); then 1.5 is left of each side */
    double value = plain->trees[1].leaf_value[l];
    near(fabs(value), 0.75);
    near(plain->trees[1].linear->constant[l], value);
    near(theirs->trees[1].linear->constant[l], 2 * value);
  }
  copse_model_free(plain);
  copse_model_free(theirs);
}

static void check_scores(const struct scored_set *set, const struct mixed_data *mixed, copse_model *model,
                         double tolerance) {
  for (uint64_t i = 0; i < mixed->data.n_rows; i++) {
    double found = small_predict(model, COPSE_PREDICT_RAW, mixed->x + i * N_FEATURES);
    if (!(fabs(found - set->score[i]) <= tolerance))
      fail_msg("row %d: %.17g and %.17g", (int)i, found, set->score[i]);
  }
}

/* Scores of training and validation are what the model's file predicts. */
static void check_predictions(const char *params, double tolerance) {
  copse_error err;
  struct mixed_data mixed = floats(900, 4), other = floats(300, 5);
  copse_booster *booster = mixed_booster(&mixed.data, params);
  copse_dataset *valid = small_dataset(&other.data, NULL, booster->sets[0].data->schema);
  must(copse_booster_add_valid(booster, valid, "v", &err), &err);
  for (int r = 0; r < N_ROUNDS; r++) must_step(booster);
  copse_model *model = model_of(booster), *read;
  copse_text text = {0};
  must(copse_model_write(model, 0, -1, &text, &err), &err);
  must(copse_model_parse(NULL, text.data, text.length, "m", &read, &err), &err);
  check_scores(&booster->sets[0], &mixed, read, tolerance);
  check_scores(&booster->sets[1], &other, read, tolerance);
  copse_text_release(&text);
  copse_model_free(model);
  copse_model_free(read);
  copse_dataset_free(valid);
  copse_booster_free(booster);
  mixed_data_free(&mixed);
  mixed_data_free(&other);
}

/* dart's scores are sums of multiples of 2^-37 of the first tree's magnitude. */
static void scores_are_predictions(void **state) {
  (void)state;
  check_predictions(MIXED "bagging_freq=1 bagging_fraction=0.7", 0);
  check_predictions(MIXED DART, 1e-8);
  check_predictions(MIXED DART "compat=lightgbm", 1e-8);
}

/* Values are float32 in training and double in prediction: a twin that is one but for that rounding has no
 * coefficient, else large ones would tell the two apart. */
static void rounding_is_no_information(void **state) {
  (void)state;
  enum { N = 600, COLUMNS = 4 };
  static double x[N * COLUMNS];
  static float y[N];
  for (int i = 0; i < N; i++) {
    double *row = x + COLUMNS * i, wave = sin(i) * 3;
    row[0] = i % 2;
    row[1] = wave;
    row[2] = 2 * wave + 3;
    row[3] = cos(i * 0.7);
    y[i] = (float)(row[0] * wave + row[3] + (i * 7 % 11) * 0.1 + cos(i * 2.1));
  }
  struct small_data data = {.n_rows = N, .n_features = COLUMNS, .x = x, .label = y};
  copse_booster *booster = mixed_booster(&data,
                                         "linear_tree=true linear_lambda=0 num_leaves=31 learning_rate=1 "
                                         "min_data_in_leaf=1 verbosity=-1");
  for (int r = 0; r < N_ROUNDS; r++) must_step(booster);
  copse_model *model = model_of(booster);
  double most = 0;
  for (int i = 0; i < N; i++) {
    double found = small_predict(model, COPSE_PREDICT_RAW, x + (size_t)COLUMNS * i);
    most = fmax(most, fabs(found - booster->sets[0].score[i]));
  }
  if (!(most < 1e-4)) fail_msg("%g apart", most);
  copse_model_free(model);
  copse_booster_free(booster);
}

/* A part and the rest are the bits of the whole; so is a round that is taken back and made again. */
static void check_parts(const char *params) {
  copse_error err;
  struct mixed_data mixed = floats(N_ROWS, 6);
  char *whole = trees_after(&mixed.data, params, N_ROUNDS);
  copse_booster *first = mixed_booster(&mixed.data, params), *rest = mixed_booster(&mixed.data, params);
  for (int r = 0; r < 5; r++) must_step(first);
  copse_model *model = model_of(first);
  bool scored = false;
  must(copse_booster_continue(rest, model, &scored, &err), &err);
  assert_true(scored);
  for (int r = 5; r < N_ROUNDS; r++) must_step(rest);
  char *trees = booster_trees(rest);
  assert_string_equal(trees, whole);
  copse_free(trees);
  must(copse_booster_rollback(first, &err), &err);
  must(copse_booster_rollback(first, &err), &err);
  for (int r = 3; r < N_ROUNDS; r++) must_step(first);
  trees = booster_trees(first);
  assert_string_equal(trees, whole);
  copse_free(trees);
  copse_free(whole);
  copse_model_free(model);
  copse_booster_free(first);
  copse_booster_free(rest);
  mixed_data_free(&mixed);
}

static void going_on_and_back(void **state) {
  (void)state;
  check_parts(MIXED);
  check_parts(MIXED DART);
}

/* Every layout holds the same values, and so does a part of the rows. */
static void values_of_any_layout(void **state) {
  (void)state;
  enum { N = 1500, M = 3 };
  copse_error err;
  static double dense[N * M], by_column[N * M];
  static int64_t rows_ptr[N + 1], columns_ptr[M + 1];
  static int32_t columns[N * M], rows[N * M];
  static double row_values[N * M], column_values[N * M];
  copse_column column_list[M];
  for (int i = 0; i < N * M; i++) dense[i] = i % 5 == 0 ? 0 : (i * 37 % 101) / 8.0 - 3;
  for (int r = 0, k = 0; r < N; r++) {
    for (int c = 0; c < M; c++) {
      if (dense[r * M + c] == 0) continue;
      columns[k] = c;
      row_values[k++] = dense[r * M + c];
    }
    rows_ptr[r + 1] = k;
  }
  for (int c = 0, k = 0; c < M; c++) {
    for (int r = 0; r < N; r++) {
      by_column[c * N + r] = dense[r * M + c];
      if (dense[r * M + c] == 0) continue;
      rows[k] = r;
      column_values[k++] = dense[r * M + c];
    }
    columns_ptr[c + 1] = k;
    column_list[c] = (copse_column){.data = by_column + c * N, .dtype = COPSE_F64, .stride = 1};
  }
  copse_table tables[] = {
      {.layout = COPSE_ROWS, .dtype = COPSE_F64, .values = dense, .row_stride = M},
      {.layout = COPSE_COLUMNS, .columns = column_list},
      {.layout = COPSE_CSR, .dtype = COPSE_F64, .values = row_values, .indptr = rows_ptr, .indices = columns},
      {.layout = COPSE_CSC,
       .dtype = COPSE_F64,
       .values = column_values,
       .indptr = columns_ptr,
       .indices = rows}};
  copse_params *params = small_params("linear_tree=true verbosity=-1");
  uint32_t part[N / 2];
  for (uint32_t i = 0; i < N / 2; i++) part[i] = 2 * i;
  for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++) {
    copse_dataset *set, *subset;
    tables[t].n_rows = N;
    tables[t].n_cols = M;
    must(copse_dataset_from_table(NULL, &tables[t], NULL, NULL, params, NULL, &set, &err), &err);
    must(copse_dataset_subset(set, part, N / 2, 2, &subset, &err), &err);
    for (int c = 0; c < M; c++) {
      for (int r = 0; r < N; r++) assert_true((double)set->values[c][r] == dense[r * M + c]);
      for (int r = 0; r < N / 2; r++) assert_true(subset->values[c][r] == set->values[c][2 * r]);
    }
    copse_dataset_free(subset);
    copse_dataset_free(set);
  }
  copse_params_free(params);
}

static copse_status write_nowhere(void *user, const void *bytes, size_t length, copse_error *err) {
  (void)user, (void)bytes, (void)length, (void)err;
  fail_msg("bytes were written");
  return COPSE_OK;
}

/* Data without values, and what would lose them. */
static void refusals(void **state) {
  (void)state;
  copse_error err;
  struct small_data data = line(8);
  copse_params *plain = small_params("min_data_in_bin=1"), *params = small_params(SMALL);
  copse_dataset *without = small_dataset(&data, plain, NULL), *with = small_dataset(&data, params, NULL);
  copse_booster *booster = NULL;
  assert_int_equal(copse_booster_create(NULL, without, params, &booster, &err), COPSE_ERR_STATE);
  assert_non_null(strstr(err.message, "make it (or its schema) with linear_tree=true"));
  must(copse_booster_create(NULL, with, params, &booster, &err), &err);
  assert_int_equal(copse_booster_set_param(booster, "linear_tree", "false", &err), COPSE_ERR_STATE);
  assert_int_equal(copse_dataset_write(with, write_nowhere, NULL, &err), COPSE_ERR_UNSUPPORTED);
  assert_non_null(strstr(err.message, "linear_tree=true"));
  copse_booster_free(booster);
  must(copse_booster_create(NULL, with, plain, &booster, &err), &err); /* values do no harm */
  must_step(booster);
  copse_booster_free(booster);
  copse_dataset_free(without);
  copse_dataset_free(with);
  copse_params_free(plain);
  copse_params_free(params);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(worked_example),
      cmocka_unit_test(missing_values_get_leaf_values),
      cmocka_unit_test(singular_systems),
      cmocka_unit_test(degenerate_leaves_are_no_worse),
      cmocka_unit_test(threads_change_nothing),
      cmocka_unit_test(scores_are_predictions),
      cmocka_unit_test(rounding_is_no_information),
      cmocka_unit_test(going_on_and_back),
      cmocka_unit_test(values_of_any_layout),
      cmocka_unit_test(refusals),
      cmocka_unit_test(quantised_gradients_teach),
      cmocka_unit_test(constants_without_terms),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
