/* Refit of linear leaves (algorithms 7.7, 8.1): LightGBM 4.6's figures, and what must hold of it on mixed
 * data. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "checks.h"
#include "mixed_data.h"
#include "model/model.h"

#define BASE                                                                                              \
  "objective=regression linear_tree=true num_leaves=2 min_data_in_leaf=2 min_data_in_bin=1 verbosity=-1 " \
  "min_sum_hessian_in_leaf=0 learning_rate=0.5 num_iterations=3 feature_pre_filter=false "
#define MIXED                                                                                            \
  "linear_tree=true linear_lambda=0.01 num_leaves=15 min_data_in_leaf=10 verbosity=-1 num_iterations=6 " \
  "learning_rate=0.3 cat_l2=0 "
enum { N_ROWS = 5000, N_FEATURES = 14 };

static const double line_x[] = {1, 2, 3, 4, 5, 6, 7, 8};
static const float line_y[] = {3, 5, 7, 21, 26, 31, 36, 41};
static const float other_y[] = {1, 5, 2, 20, 11, 50, 31, 41, 3};

static copse_model *line_model(const char *params) {
  struct small_data data = {.n_rows = 8, .n_features = 1, .x = line_x, .label = line_y};
  return small_train(&data, params);
}

static copse_model *refit_table(copse_model *model, const struct small_data *data, const copse_table *table,
                                const char *params) {
  copse_error err;
  copse_model *out;
  copse_booster *booster = mixed_booster(data, params);
  must(copse_booster_refit(booster, model, table, &out, &err), &err);
  copse_booster_free(booster);
  return out;
}

static copse_model *refit(copse_model *model, const struct small_data *data, const char *params) {
  copse_table table = small_table(data);
  return refit_table(model, data, &table, params);
}

/* ---- LightGBM's figures: Booster.refit(x, y, decay_rate=0.3), version 4.6 */

struct leaf_figures {
  double value, constant, coefficient;
};

static void check_leaf(const copse_model *model, int t, int leaf, struct leaf_figures expected) {
  const struct tree *tree = &model->trees[t];
  const struct leaf_models *linear = tree->linear;
  near(tree->leaf_value[leaf], expected.value);
  near(linear->constant[leaf], expected.constant);
  assert_int_equal(linear->begin[leaf + 1] - linear->begin[leaf], t > 0);
  if (t > 0) near(linear->coefficient[linear->begin[leaf]], expected.coefficient);
}

static void figures_of_lightgbm(void **state) {
  (void)state;
  static const struct {
    const char *params;
    double x[9];
    uint64_t n_rows;
    struct leaf_figures leaves[3][2];
  } runs[] = {{"",
               {1, 2, 3, 4, 5, 6, 7, 8},
               8,
               {{{5.804166667, 5.804166667, 0}, {29.2575, 29.2575, 0}},
                {{-3.473674959, -0.7958750826, -0.8925999588}, {5.474458398, 11.2494584, -0.825}},
                {{-1.149668743, -0.7054437965, -0.1776899788}, {0.9961062536, -10.84364339, 1.821499946}}}},
              /* one row for the right leaf of the second tree */
              {"",
               {1, 2, 3, 4, 5, 8},
               6,
               {{{5.804166667, 5.804166667, 0}, {26.7375, 26.7375, 0}},
                {{-3.120875028, -1.236874996, -0.6280000108}, {9.623125267, -0.4006561565, 0}},
                {{-1.006343753, -0.9920937777, -0.005699990094}, {2.728567968, -26.09313321, 4.434107873}}}},
              {"lambda_l2=2 linear_lambda=0.7",
               {1, 2, 3, 4, 5, 6, 7, 8},
               8,
               {{{6.0325, 6.779166667, 0}, {22.71964286, 28.83964286, 0}},
                {{-2.181761893, -3.355052064, 0.03296369}, {1.905868996, -15.58637255, 2.837719391}},
                {{-0.9449309637, -1.028282038, -0.1556457631}, {0.80042199, -9.70597293, 1.677939372}}}},
              {"",
               {1, 2, 3, NAN, 5, 6, NAN, 8, 7},
               9,
               {{{12.1975, 12.47575, 0}, {26.2125, 26.18625, 0}},
                {{-1.971708309, -4.606582527, -0.09894497871}, {3.282729038, 9.057727869, -0.8249998331}},
                {{0.4728408897, -2.952750413, 0.2921308064}, {0.1825854644, -6.890559958, 1.088176219}}}}};
  for (size_t r = 0; r < sizeof runs / sizeof runs[0]; r++) {
    char params[400];
    struct small_data data = {.n_rows = runs[r].n_rows, .n_features = 1, .x = runs[r].x, .label = other_y};
    snprintf(params, sizeof params, BASE "compat=lightgbm refit_decay_rate=0.3 %s", runs[r].params);
    copse_model *model = line_model(params), *out = refit(model, &data, params);
    for (int t = 0; t < 3; t++)
      for (int l = 0; l < 2; l++) check_leaf(out, t, l, runs[r].leaves[t][l]);
    copse_model_free(model);
    copse_model_free(out);
  }
}

/* Where LightGBM takes coefficients away, or ends with a signal. */
static void few_rows_and_none(void **state) {
  (void)state;
  static const double few[] = {1, 2, 3, 4, 5, 8}, none[] = {1, 2, 3, 2.5};
  struct small_data data = {.n_rows = 6, .n_features = 1, .x = few, .label = other_y};
  static const float few_y[] = {1, 5, 2, 20, 11, 50};
  data.label = few_y;
  copse_model *model = line_model(BASE), *out = refit(model, &data, BASE "refit_decay_rate=0.3");
  double before = out->trees[0].leaf_value[1];
  near(before, 0.3 * 26.125 + 0.7 * 27);
  check_leaf(model, 1, 1, (struct leaf_figures){4.9375, -12.5625, 2.5});
  check_leaf(out, 1, 1,
             (struct leaf_figures){0.3 * 4.9375 + 0.35 * (50 - before), 0.3 * -12.5625 + 0.35 * (50 - before),
                                   0.3 * 2.5});
  copse_model_free(out);
  data = (struct small_data){.n_rows = 4, .n_features = 1, .x = none, .label = other_y};
  out = refit(model, &data, BASE "refit_decay_rate=0.3");
  check_leaf(out, 0, 1, (struct leaf_figures){26.125, 26.125, 0});
  check_leaf(out, 1, 1, (struct leaf_figures){4.9375, -12.5625, 2.5});
  copse_model_free(out);
  out = refit(model, &data, BASE "refit_decay_rate=0.3 compat=lightgbm");
  assert_true(isfinite(out->trees[1].linear->constant[1]));
  copse_model_free(out);
  copse_model_free(model);
}

/* ---- mixed data */

static struct mixed_data floats(uint64_t seed) {
  struct mixed_data mixed = mixed_data_make(N_ROWS, N_FEATURES, seed);
  for (uint64_t i = 0; i < N_ROWS * N_FEATURES; i++) mixed.x[i] = (double)(float)mixed.x[i];
  return mixed;
}

static size_t n_terms_of(const copse_model *model) {
  size_t n = 0;
  for (int t = 0; t < model->n_trees; t++)
    if (model->trees[t].linear != NULL) n += model->trees[t].linear->begin[model->trees[t].n_leaves];
  return n;
}

/* On the rows that taught it, and from the same start, nothing of the old model leads to the same one; decay
 * 1 changes no bit. */
static void what_was_taught_comes_back(void **state) {
  (void)state;
  static const char *const kinds[] = {
      "objective=regression boost_from_average=false ",
      "objective=regression boosting=rf feature_fraction=0.5 ",
      "objective=multiclass num_class=3 boost_from_average=false ",
  };
  struct mixed_data mixed = floats(21);
  /* A term without a coefficient was dropped, but rows that miss its value had not been counted. */
  for (uint64_t i = 0; i < N_ROWS * N_FEATURES; i++)
    if (isnan(mixed.x[i])) mixed.x[i] = 0;
  for (int i = 0; i < N_ROWS; i += 3) mixed.class_label[i] = 2;
  for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
    char params[400];
    struct small_data data = mixed.data;
    if (k == 2) data.label = mixed.class_label;
    snprintf(params, sizeof params, MIXED "%s", kinds[k]);
    copse_model *model = small_train(&data, params);
    if (n_terms_of(model) < 20) fail_msg("kind %d: %zu terms", (int)k, n_terms_of(model));
    snprintf(params, sizeof params, MIXED "refit_decay_rate=0 %s", kinds[k]);
    copse_model *out = refit(model, &data, params);
    for (int t = 0; t < model->n_trees; t++)
      for (int l = 0; l < model->trees[t].n_leaves; l++)
        if (!(fabs(out->trees[t].linear->constant[l] - model->trees[t].linear->constant[l]) < 1e-5))
          fail_msg("kind %d, tree %d, leaf %d: %g, was %g", (int)k, t, l, out->trees[t].linear->constant[l],
                   model->trees[t].linear->constant[l]);
    copse_model_free(out);
    snprintf(params, sizeof params, MIXED "refit_decay_rate=1 %s", kinds[k]);
    out = refit(model, &data, params);
    assert_true(copse_model_fingerprint(out) == copse_model_fingerprint(model));
    copse_model_free(out);
    copse_model_free(model);
  }
  mixed_data_free(&mixed);
}

/* Other rows, whose labels are turned round: the new leaves fit them better. */
static double squared_error(copse_model *model, const struct small_data *data) {
  double sum = 0;
  for (uint64_t i = 0; i < data->n_rows; i++) {
    double off = small_predict(model, COPSE_PREDICT_RAW, data->x + i * N_FEATURES) - (double)data->label[i];
    sum += off * off;
  }
  return sum;
}

static void threads_and_layouts_change_nothing(void **state) {
  (void)state;
  static const char *const modes[] = {"", "compat=lightgbm ", "boosting=dart skip_drop=0 "};
  struct mixed_data mixed = floats(22), other = floats(23);
  for (int i = 0; i < N_ROWS; i++) other.label[i] = -other.label[i];
  double *by_column = copse_alloc(NULL, N_ROWS * N_FEATURES, sizeof *by_column);
  copse_column columns[N_FEATURES];
  for (int c = 0; c < N_FEATURES; c++) {
    columns[c] = (copse_column){.data = by_column + c * N_ROWS, .dtype = COPSE_F64, .stride = 1};
    for (int r = 0; r < N_ROWS; r++) by_column[c * N_ROWS + r] = other.x[r * N_FEATURES + c];
  }
  copse_table table = {.layout = COPSE_COLUMNS, .n_rows = N_ROWS, .n_cols = N_FEATURES, .columns = columns};
  for (size_t m = 0; m < sizeof modes / sizeof modes[0]; m++) {
    static const int threads[] = {1, 2, 3, 8};
    char params[400];
    snprintf(params, sizeof params, MIXED "objective=regression %s", modes[m]);
    copse_model *model = small_train(&mixed.data, params);
    uint64_t first = 0;
    for (size_t i = 0; i < sizeof threads / sizeof threads[0]; i++) {
      snprintf(params, sizeof params, MIXED "objective=regression refit_decay_rate=0.2 num_threads=%d %s",
               threads[i], modes[m]);
      copse_model *out =
          i % 2 == 0 ? refit(model, &other.data, params) : refit_table(model, &other.data, &table, params);
      if (i == 0) {
        first = copse_model_fingerprint(out);
        assert_true(n_terms_of(out) == n_terms_of(model));
        assert_true(squared_error(out, &other.data) < squared_error(model, &other.data) / 2);
      }
      assert_true(copse_model_fingerprint(out) == first);
      copse_model_free(out);
    }
    copse_model_free(model);
  }
  copse_free(by_column);
  mixed_data_free(&mixed);
  mixed_data_free(&other);
}

/* The booster need not be made with linear_tree; the table has the values. */
static void data_without_values(void **state) {
  (void)state;
  struct mixed_data mixed = floats(24);
  copse_model *model = small_train(&mixed.data, MIXED "objective=regression");
  copse_model *with = refit(model, &mixed.data, MIXED "objective=regression");
  copse_model *without = refit(model, &mixed.data, "objective=regression verbosity=-1 linear_lambda=0.01");
  assert_true(copse_model_fingerprint(with) == copse_model_fingerprint(without));
  copse_model_free(with);
  copse_model_free(without);
  copse_model_free(model);
  mixed_data_free(&mixed);
}

/* ---- refusals: models that LightGBM makes */

static copse_model *edited(const copse_model *model, const char *from, const char *to) {
  copse_error err;
  copse_text text = {0}, other = {0};
  copse_model *out;
  must(copse_model_write(model, 0, -1, &text, &err), &err);
  char *mark = strstr(text.data, "\ncopse_fingerprint="); /* it stands for the trees and the objective */
  if (mark != NULL) memcpy(mark, "\nedited_by_a_test", 17);
  const char *at = strstr(text.data, from);
  assert_non_null(at);
  copse_text_append(&other, text.data, (size_t)(at - text.data));
  copse_text_append(&other, to, strlen(to));
  copse_text_append(&other, at + strlen(from), strlen(at + strlen(from)));
  must(copse_model_parse(NULL, other.data, other.length, "m", &out, &err), &err);
  copse_text_release(&text);
  copse_text_release(&other);
  return out;
}

static void check_refused(copse_model *model, const char *params, const char *why) {
  copse_error err;
  struct small_data data = {.n_rows = 8, .n_features = 1, .x = line_x, .label = line_y};
  copse_table table = small_table(&data);
  copse_model *out = model;
  copse_booster *booster = mixed_booster(&data, params);
  assert_int_equal(copse_booster_refit(booster, model, &table, &out, &err), COPSE_ERR_UNSUPPORTED);
  assert_null(out);
  if (strstr(err.message, why) == NULL) fail_msg("%s", err.message);
  copse_booster_free(booster);
}

static void refusals(void **state) {
  (void)state;
#define PLAIN "min_data_in_bin=1 min_data_in_leaf=2 verbosity=-1 "
  copse_model *model = line_model(BASE);
  copse_model *median = edited(model, "\nobjective=regression\n", "\nobjective=quantile\n");
  check_refused(median, PLAIN "objective=quantile", "percentiles");
  copse_model *rising = edited(model, "\nfeature_infos=", "\nmonotone_constraints=1\nfeature_infos=");
  check_refused(rising, PLAIN "objective=regression", "monotone_constraints");
  struct small_data data = {.n_rows = 8, .n_features = 1, .x = line_x, .label = line_y};
  copse_model_free(refit(rising, &data, PLAIN "objective=regression compat=lightgbm"));
  copse_model_free(median);
  copse_model_free(rising);
  copse_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(figures_of_lightgbm),        cmocka_unit_test(few_rows_and_none),
      cmocka_unit_test(what_was_taught_comes_back), cmocka_unit_test(threads_and_layouts_change_nothing),
      cmocka_unit_test(data_without_values),        cmocka_unit_test(refusals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
