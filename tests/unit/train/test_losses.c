/* LightGBM's worked examples for the other losses: starting scores, renewed leaves, classes, going on from a
 * model. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "small_train.h"
#include "testing.h"

#define BASE                                                                                            \
  "compat=lightgbm learning_rate=1 num_iterations=1 min_data_in_leaf=1 min_data_in_bin=1 num_leaves=2 " \
  "min_sum_hessian_in_leaf=0 verbosity=-1"

static const double x6[] = {1, 2, 3, 4, 5, 6};

static void near(double found, double expected, double tolerance) {
  if (!(fabs(found - expected) <= tolerance * fmax(1.0, fabs(expected))))
    fail_msg("expected %.17g, found %.17g", expected, found);
}

static copse_node node_of(const copse_model *model, int tree, int index) {
  copse_node node;
  assert_true(copse_model_tree_node(model, tree, index, &node));
  return node;
}

/* One stump: value of the root (the starting score), threshold, leaves. NaN: not checked. */
static void stump(const copse_model *model, int tree, double start, double threshold, double left,
                  double right) {
  assert_int_equal(copse_model_tree_n_leaves(model, tree), 2);
  if (!isnan(start)) near(node_of(model, tree, 0).value, start, 1e-5);
  if (!isnan(threshold)) near(node_of(model, tree, 0).threshold, nextafter(threshold, INFINITY), 0);
  near(node_of(model, tree, ~0).value, left, 2e-6);
  near(node_of(model, tree, ~1).value, right, 2e-6);
}

struct loss_case {
  const char *params;
  bool weighted;
  double threshold, left, right;
};

/* [T2h] and 2.9: y and w as there. With compat the weighted percentile extrapolates. */
static void regression_losses(void **state) {
  (void)state;
  const float y[] = {.5f, 1, 2, 3.5f, 5, 8}, w[] = {1, 2, .5f, 1.5f, 3, 1};
  const struct loss_case cases[] = {
      {"objective=regression_l1 ", false, 3.5, 1, 5},
      {"objective=quantile alpha=.7 ", false, 4.5, 2.15, 7.1},
      {"objective=regression_l1 ", true, 2.5, 1, 0.5},
      {"objective=quantile alpha=.7 ", true, 1.5, .5, 1.4},
      {"objective=huber alpha=.9 ", false, 3.5, 2.43333336, 3.98888887},
      {"objective=huber alpha=.9 ", true, 4.5, 2.88944446, 4.42777778},
      {"objective=poisson ", false, 4.5, .96809479, 1.67572882},
      {"objective=mape ", false, 1.5, .5, 2},
      {"objective=mape ", true, 2.5, 1, 5},
      {"objective=fair ", false, 4.5, 1.59822867, 11.76644643},
      {"objective=gamma ", false, 2.5, -2.24047153, 1.48325207},
      {"objective=tweedie ", false, 3.5, .24100983, 1.69453885},
  };
  for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
    struct small_data data = {6, 1, x6, y, cases[c].weighted ? w : NULL, NULL};
    char params[512];
    snprintf(params, sizeof params, "%s" BASE, cases[c].params);
    copse_model *model = small_train(&data, params);
    stump(model, 0, NAN, cases[c].threshold, cases[c].left, cases[c].right);
    copse_model_free(model);
  }
}

/* The same, of version 4.7.0: its weighted percentile is another. */
static void regression_losses_of_47(void **state) {
  (void)state;
  const float y[] = {.5f, 1, 2, 3.5f, 5, 8}, w[] = {1, 2, .5f, 1.5f, 3, 1};
  const struct small_data data = {6, 1, x6, y, w, NULL};
  const struct loss_case cases[] = {
      {"objective=regression_l1 ", true, 3.5, .6875, 4.125},
      {"objective=quantile alpha=.7 ", true, 4.5, 1, 5},
      {"objective=mape ", true, 1.5, .5, 1},
  };
  for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
    char params[512];
    snprintf(params, sizeof params, "compat=lightgbm4.7 %s" BASE, cases[c].params);
    copse_model *model = small_train(&data, params);
    stump(model, 0, NAN, cases[c].threshold, cases[c].left, cases[c].right);
    copse_model_free(model);
  }
}

/* [T2h], 10.3: the first row's weight for every hessian, the true sum for the root; without compat the true
 * weights of the leaves. */
static void weighted_percentage_error(void **state) {
  (void)state;
  const float y[] = {.5f, 1, 2, 3.5f, 5, 8}, w[] = {1, 2, .5f, 1.5f, 3, 1};
  struct small_data data = {6, 1, x6, y, w, NULL};
  copse_model *model = small_train(&data, "objective=mape " BASE);
  near(node_of(model, 0, ~0).weight, 5, 1e-6);
  near(node_of(model, 0, ~1).weight, 4, 1e-6);
  copse_model_free(model);
  model = small_train(&data, "compat=none objective=mape " BASE);
  double sum = node_of(model, 0, ~0).weight, all = sum + node_of(model, 0, ~1).weight, left = 0;
  for (int i = 0; i < 6 && x6[i] <= node_of(model, 0, 0).threshold; i++) left += (double)w[i];
  near(sum, left, 1e-6);
  near(all, 9, 1e-6);
  copse_model_free(model);
}

/* [T2i] */
static void quantiles(void **state) {
  (void)state;
  const double x[] = {1, 1, 1, 2, 2, 2};
  const float y[] = {1, 2, 3, 10, 20, 30};
  struct small_data data = {6, 1, x, y, NULL, NULL};
  copse_model *model = small_train(&data, "objective=quantile alpha=.5 " BASE);
  stump(model, 0, NAN, 1.5, 2, 20);
  copse_model_free(model);
  model = small_train(&data, "objective=quantile alpha=.9 " BASE);
  stump(model, 0, NAN, 1.5, 2.79999995, 27.9999995);
  copse_model_free(model);
}

/* [T2c] */
static void classes(void **state) {
  (void)state;
  const float y[] = {0, 1, 2, 2, 1, 0};
  struct small_data data = {6, 1, x6, y, NULL, NULL};
  copse_model *model = small_train(&data, "objective=multiclass num_class=3 " BASE);
  assert_int_equal(copse_model_n_trees(model), 3);
  stump(model, 0, -1.098612, 5.5, -1.498612, 0.901388);
  stump(model, 1, -1.098612, 5.5, -0.898612, -2.098612);
  stump(model, 2, -1.098612, 4.5, -0.598612, -2.098612);
  near(node_of(model, 2, ~0).weight, 1.3333334, 1e-6);
  copse_model_free(model);
  model = small_train(&data, "objective=multiclassova num_class=3 " BASE);
  stump(model, 0, -0.693147, 5.5, -1.293147, 2.306853);
  stump(model, 2, -0.693147, 4.5, 0.056853, -2.193147);
  copse_model_free(model);
}

/* [T2d] a class without rows */
static void absent_class(void **state) {
  (void)state;
  const float y[] = {0, 1, 0, 1, 1, 0};
  struct small_data data = {6, 1, x6, y, NULL, NULL};
  copse_model *model = small_train(&data, "num_iterations=2 objective=multiclass num_class=3 " BASE);
  assert_int_equal(copse_model_n_trees(model), 6);
  assert_int_equal(copse_model_tree_n_leaves(model, 2), 1);
  near(node_of(model, 2, ~0).value, -34.538776391283193, 1e-15);
  assert_int_equal(copse_model_tree_n_leaves(model, 5), 1);
  near(node_of(model, 5, ~0).value, 0, 0);
  copse_model_free(model);
}

/* [T2e] starting score of cross_entropy */
static void probabilities(void **state) {
  (void)state;
  const float y[] = {.1f, .9f, .3f, .6f, 1, 0}, w[] = {1, 2, .5f, 1.5f, 3, 1};
  struct small_data data = {6, 1, x6, y, NULL, NULL};
  copse_model *model = small_train(&data, "objective=cross_entropy " BASE);
  near(node_of(model, 0, 0).value, -0.066691, 1e-5);
  copse_model_free(model);
  data.weight = w;
  model = small_train(&data, "objective=cross_entropy " BASE);
  near(node_of(model, 0, 0).value, 0.668250, 1e-5);
  copse_model_free(model);
}

/* [T7e] two rounds, then two more */
static void going_on(void **state) {
  (void)state;
  const double x[] = {1, 0, 1, 1, 2, 0, 2, 1, 3, 1, 3, 0};
  const float y[] = {1, 2, 2, 6, 9, 12};
  const char *settings = "learning_rate=.5 num_iterations=2 objective=regression " BASE;
  struct small_data data = {6, 2, x, y, NULL, NULL};
  copse_model *first = small_train(&data, settings);
  stump(first, 0, NAN, NAN, 4.041667, 7.916667);
  stump(first, 1, NAN, NAN, -.645833, 1.291667);
  copse_error err;
  copse_params *params = small_params(settings);
  copse_dataset *set = small_dataset(&data, params, NULL);
  copse_booster *booster = NULL;
  copse_model *model = NULL;
  bool scored = false;
  if (copse_booster_create(NULL, set, params, &booster, &err) != COPSE_OK ||
      copse_booster_continue(booster, first, &scored, &err) != COPSE_OK ||
      copse_train(booster, params, NULL, NULL, &model, NULL, &err) != COPSE_OK)
    fail_msg("%s", err.message);
  assert_true(scored);
  stump(model, 2, NAN, NAN, -.947917, .473958);
  stump(model, 3, NAN, NAN, -.473958, .236979);
  double l2;
  assert_int_equal(copse_booster_eval(booster, 0, &l2, &err), COPSE_OK);
  near(l2, 2.35776, 1e-5);
  copse_model_free(model);
  copse_model_free(first);
  copse_booster_free(booster);
  copse_dataset_free(set);
  copse_params_free(params);
}

/* Nothing can be added to a model with linear leaves by a booster without values: refused by name, and the
 * booster is as before. */
static void linear_leaves_are_not_continued(void **state) {
  (void)state;
  static const char text[] =
      "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx=1\n"
      "objective=regression\nfeature_names=Column_0 Column_1\nfeature_infos=[1:3] [0:1]\n\nTree=0\n"
      "num_leaves=2\nnum_cat=0\nsplit_feature=0\nthreshold=1.5\ndecision_type=2\nleft_child=-1\n"
      "right_child=-2\nleaf_value=4 8\nis_linear=1\nleaf_const=4 7\nnum_features=0 1\nleaf_features= 0  \n"
      "leaf_coeff= 0.5  \nshrinkage=1\n\n\nend of trees\n";
  const double x[] = {1, 0, 1, 1, 2, 0, 2, 1, 3, 1, 3, 0};
  const float y[] = {1, 2, 2, 6, 9, 12};
  struct small_data data = {6, 2, x, y, NULL, NULL};
  copse_error err;
  copse_params *params = small_params("num_iterations=2 objective=regression " BASE);
  copse_dataset *set = small_dataset(&data, params, NULL);
  copse_booster *booster = NULL;
  copse_model *linear = NULL;
  bool scored = false;
  if (copse_model_parse(NULL, text, sizeof text - 1, "m.txt", &linear, &err) != COPSE_OK ||
      copse_booster_create(NULL, set, params, &booster, &err) != COPSE_OK)
    fail_msg("%s", err.message);
  assert_int_equal(copse_booster_continue(booster, linear, &scored, &err), COPSE_ERR_UNSUPPORTED);
  assert_non_null(strstr(err.message, "tree 0 of the model to continue"));
  assert_non_null(strstr(err.message, "set linear_tree=true to continue it"));
  assert_int_equal(copse_booster_round(booster), 0);
  assert_int_equal(copse_booster_step(booster, NULL, &err), COPSE_OK);
  assert_int_equal(copse_booster_round(booster), 1);
  copse_booster_free(booster);
  copse_model_free(linear);
  copse_dataset_free(set);
  copse_params_free(params);
}

/* Parameters changed between rounds act on the next one; what data set and booster were made from cannot
 * change. */
static void settings_change(void **state) {
  (void)state;
  const float y[] = {1, 2, 2, 6, 7, 9};
  struct small_data data = {6, 1, x6, y, NULL, NULL};
  copse_params *params = small_params("objective=regression " BASE);
  copse_dataset *set = small_dataset(&data, params, NULL);
  copse_error err;
  copse_booster *booster;
  copse_model *model;
  assert_int_equal(copse_booster_create(NULL, set, params, &booster, &err), COPSE_OK);
  assert_int_equal(copse_booster_step(booster, NULL, &err), COPSE_OK);
  assert_int_equal(copse_booster_set_param(booster, "learning_rate", "0.25", &err), COPSE_OK);
  assert_int_equal(copse_booster_set_param(booster, "num_leaves", "4", &err), COPSE_OK);
  assert_int_equal(copse_booster_step(booster, NULL, &err), COPSE_OK);
  assert_int_equal(copse_booster_model(booster, 0, &model, &err), COPSE_OK);
  assert_int_equal(copse_model_tree_n_leaves(model, 0), 2);
  assert_true(copse_model_tree_n_leaves(model, 1) > 2);
  copse_model_free(model);
  assert_int_equal(copse_booster_set_param(booster, "max_bin", "15", &err), COPSE_ERR_STATE);
  assert_int_equal(copse_booster_set_param(booster, "num_class", "3", &err), COPSE_ERR_STATE);
  assert_int_equal(copse_booster_set_param(booster, "num_iterations", "3", &err), COPSE_ERR_STATE);
  assert_int_equal(copse_booster_set_param(booster, "objective", "regression_l1", &err), COPSE_OK);
  assert_int_equal(copse_booster_step(booster, NULL, &err), COPSE_OK);
  assert_int_equal(copse_booster_set_param(booster, "learning_rat", "1", &err), COPSE_ERR_ARGUMENT);
  assert_int_equal(copse_booster_set_param(booster, "learning_rate", "-1", &err), COPSE_ERR_ARGUMENT);
  copse_booster_free(booster);
  copse_dataset_free(set);
  copse_params_free(params);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(regression_losses),
      cmocka_unit_test(regression_losses_of_47),
      cmocka_unit_test(weighted_percentage_error),
      cmocka_unit_test(quantiles),
      cmocka_unit_test(classes),
      cmocka_unit_test(absent_class),
      cmocka_unit_test(probabilities),
      cmocka_unit_test(going_on),
      cmocka_unit_test(linear_leaves_are_not_continued),
      cmocka_unit_test(settings_change),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
