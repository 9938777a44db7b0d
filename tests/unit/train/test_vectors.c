/* The worked examples of LightGBM's semantics: one small data set, one configuration, the tree that must come
 * out. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "small_train.h"
#include "testing.h"

#define BASE                                                                                  \
  "compat=lightgbm objective=regression learning_rate=1 num_iterations=1 min_data_in_leaf=1 " \
  "min_data_in_bin=1 "                                                                        \
  "min_sum_hessian_in_leaf=0 "
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const double NaN = NAN;

/* Columns are given one per feature, for readability. */
static struct small_data one_feature(const double *x, const float *y, uint64_t n) {
  return (struct small_data){.n_rows = n, .n_features = 1, .x = x, .label = y};
}

static void must(copse_status status, const copse_error *err) {
  if (status != COPSE_OK) fail_msg("%s", err->message);
}

static void near(double found, double expected, double tolerance) {
  if (!(fabs(found - expected) <= tolerance * fmax(1.0, fabs(expected))))
    fail_msg("expected %.17g, found %.17g", expected, found);
}

struct expected_node {
  double threshold, gain;
};

static void check_nodes(const copse_model *model, int tree, const struct expected_node *nodes, int n) {
  assert_int_equal(copse_model_tree_n_leaves(model, tree), n + 1);
  for (int i = 0; i < n; i++) {
    copse_node node;
    assert_true(copse_model_tree_node(model, tree, i, &node));
    near(node.threshold, nodes[i].threshold, 0);
    if (nodes[i].gain > 0) near(node.gain, nodes[i].gain, 1e-5);
  }
}

static void check_leaves(const copse_model *model, int tree, const double *values, int n) {
  assert_int_equal(copse_model_tree_n_leaves(model, tree), n);
  for (int i = 0; i < n; i++) {
    copse_node node;
    assert_true(copse_model_tree_node(model, tree, ~i, &node));
    near(node.value, values[i], 1e-6);
  }
}

static copse_node node_of(const copse_model *model, int tree, int index) {
  copse_node node;
  assert_true(copse_model_tree_node(model, tree, index, &node));
  return node;
}

static double above(double v) { return nextafter(v, INFINITY); }

/* [T1a] */
static void bounds_become_thresholds(void **state) {
  (void)state;
  const double x[] = {-2, -1, 0, 0, 1, 1, 2, 3, 4, 5};
  const float y[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  struct small_data data = one_feature(x, y, 10);
  copse_model *model = small_train(&data, "num_leaves=10 " BASE);
  const double expected[] = {-1.4999999999999998, -1.0000000180025095e-35, 1.0000000180025095e-35,
                             1.5000000000000002,  2.5000000000000004,      3.5000000000000004,
                             4.5000000000000009};
  assert_int_equal(copse_model_tree_n_leaves(model, 0), COUNT(expected) + 1);
  for (size_t e = 0; e < COUNT(expected); e++) {
    bool found = false;
    for (int i = 0; i < (int)COUNT(expected); i++) found |= node_of(model, 0, i).threshold == expected[e];
    assert_true(found);
  }
  copse_model_free(model);
}

/* [T4a] Counts are estimated from the hessian share in compat mode, exact otherwise. */
static void counts_estimated_from_hessians(void **state) {
  (void)state;
  const double x[] = {1, 2, 3, 4, 5, 6};
  const float y[] = {0, 0, 0, 0, 0, 10}, w[] = {1, 1, 1, 1, 1, 5};
  struct small_data data = one_feature(x, y, 6);
  data.weight = w;
  copse_model *model = small_train(&data, "num_leaves=2 min_data_in_leaf=3 " BASE);
  assert_true(node_of(model, 0, 0).threshold == above(5.5));
  assert_int_equal(node_of(model, 0, ~0).count, 5);
  assert_int_equal(node_of(model, 0, ~1).count, 1);
  copse_model_free(model);
  model = small_train(&data,
                      "objective=regression learning_rate=1 num_iterations=1 min_data_in_bin=1 "
                      "min_sum_hessian_in_leaf=0 num_leaves=2 min_data_in_leaf=3");
  near(node_of(model, 0, 0).threshold, above(3.5), 0);
  copse_model_free(model);
  data.weight = NULL;
  model = small_train(&data, "num_leaves=2 min_data_in_leaf=3 " BASE);
  near(node_of(model, 0, 0).threshold, above(3.5), 0);
  assert_int_equal(node_of(model, 0, ~0).count, 3);
  copse_model_free(model);
}

/* [T4b] */
static void regularisation(void **state) {
  (void)state;
  const double x[] = {1, 2, 3, 4, 5, 6};
  const float y[] = {1, 2, 2, 6, 7, 9};
  const double a = above(3.5), b = above(5.5);
  const struct {
    const char *params;
    struct expected_node nodes[2];
    int n_nodes;
    double leaves[3];
  } cases[] = {
      {"", {{a, 48.166667}, {b, 4.16667}}, 2, {1.666667, 6.5, 9}},
      {"lambda_l1=2", {{a, 28.1667}}, 1, {2.333333, 6.666667}},
      {"lambda_l2=1", {{a, 36.125}}, 1, {2.375, 6.625}},
      {"path_smooth=2 min_data_in_leaf=2", {{a, 40.46}}, 1, {2.8, 6.2}},
      {"lambda_l1=1 lambda_l2=1 max_delta_step=1.5 path_smooth=1 min_data_in_leaf=2",
       {{a, 23.625}},
       1,
       {3.375, 5.625}},
      {"min_gain_to_split=5", {{a, 48.1667}}, 1, {1.666667, 7.333333}},
      {"learning_rate=.1", {{a, 48.1667}, {b, 4.16667}}, 2, {4.216667, 4.7, 4.95}},
  };
  struct small_data data = one_feature(x, y, 6);
  for (size_t c = 0; c < COUNT(cases); c++) {
    char params[512];
    /* A parameter given first wins, so the case's own comes before the common ones. */
    snprintf(params, sizeof params, "%s num_leaves=3 " BASE, cases[c].params);
    if (c == 1 || c == 2) snprintf(params, sizeof params, "%s num_leaves=2 " BASE, cases[c].params);
    copse_model *model = small_train(&data, params);
    check_nodes(model, 0, cases[c].nodes, cases[c].n_nodes);
    check_leaves(model, 0, cases[c].leaves, cases[c].n_nodes + 1);
    copse_model_free(model);
  }
  copse_model *model = small_train(&data, "learning_rate=.1 num_leaves=3 " BASE);
  near(node_of(model, 0, 0).value, 4.5, 1e-6);
  near(node_of(model, 0, 1).value, 4.78333, 1e-5);
  copse_model_free(model);
  /* The second split of max_delta_step=1 is rounding noise in LightGBM; the first is not. */
  model = small_train(&data, "num_leaves=2 max_delta_step=1 " BASE);
  check_nodes(model, 0, (struct expected_node[]){{a, 28}}, 1);
  check_leaves(model, 0, (double[]){3.5, 5.5}, 2);
  copse_model_free(model);
}

/* [T4c] */
static void missing_values_choose_a_side(void **state) {
  (void)state;
  const double x[] = {1, 2, 3, 4, NaN, NaN};
  const struct {
    float y[6];
    double threshold;
    bool default_left;
    double left, right;
    int n_left, n_right;
  } cases[] = {{{1, 1, 5, 5, 5, 5}, above(2.5), false, 1, 5, 2, 4},
               {{1, 1, 5, 5, 1, 1}, above(2.5), true, 1, 5, 4, 2},
               {{1, 1, 1, 1, 5, 5}, 1.0000000180025095e-35, true, 5, 1, 2, 4}};
  for (size_t c = 0; c < COUNT(cases); c++) {
    struct small_data data = one_feature(x, cases[c].y, 6);
    copse_model *model = small_train(&data, "num_leaves=2 " BASE);
    copse_node node = node_of(model, 0, 0);
    assert_int_equal(node.missing, 2);
    assert_true(node.threshold == cases[c].threshold);
    assert_true(node.default_left == cases[c].default_left);
    near(node_of(model, 0, ~0).value, cases[c].left, 1e-6);
    near(node_of(model, 0, ~1).value, cases[c].right, 1e-6);
    assert_int_equal(node_of(model, 0, ~0).count, cases[c].n_left);
    assert_int_equal(node_of(model, 0, ~1).count, cases[c].n_right);
    for (int i = 0; i < 6; i++) near(small_predict(model, COPSE_PREDICT_VALUE, &x[i]), cases[c].y[i], 1e-6);
    copse_model_free(model);
  }
}

/* [T4d] */
static void zero_as_missing(void **state) {
  (void)state;
  const double x[] = {-1, -2, 0, 0, 3, 4};
  const float y[] = {1, 1, 5, 5, 1, 1};
  struct small_data data = one_feature(x, y, 6);
  copse_model *model = small_train(&data, "num_leaves=3 " BASE);
  check_nodes(model, 0,
              (struct expected_node[]){{1.0000000180025095e-35, 5.33333}, {-1.0000000180025095e-35, 16}}, 2);
  check_leaves(model, 0, (double[]){1, 1, 5}, 3);
  copse_model_free(model);
  model = small_train(&data, "num_leaves=3 zero_as_missing=true " BASE);
  const double t = -1.4999999999999998;
  check_nodes(model, 0, (struct expected_node[]){{t, 10.6667}, {t, 10.6667}}, 2);
  assert_true(node_of(model, 0, 0).default_left);
  assert_false(node_of(model, 0, 1).default_left);
  assert_int_equal(node_of(model, 0, 0).missing, 1);
  check_leaves(model, 0, (double[]){1, 1, 5}, 3);
  const int counts[] = {1, 3, 2};
  for (int l = 0; l < 3; l++) assert_int_equal(node_of(model, 0, ~l).count, counts[l]);
  copse_model_free(model);
}

/* 10.9: bin 0 is not the zero bin and holds most rows; LightGBM's forward scan leaves it out. A run of 4.6.
 */
static void zero_as_missing_beside_a_full_bin(void **state) {
  (void)state;
  const double x[] = {2, 0, -2, -2, -2, -2, -2, -2, -2, -2};
  const float y[] = {9, 29, 3, 17, 9, 13, 27, 5, 23, 22};
  struct small_data data = one_feature(x, y, 10);
#define FULL "num_leaves=3 zero_as_missing=true feature_pre_filter=false "
  copse_model *model = small_train(&data, FULL BASE);
  const double expected[] = {9, 16.4444446, 16.4444446};
  for (int i = 0; i < 3; i++) near(small_predict(model, COPSE_PREDICT_VALUE, &x[i]), expected[i], 1e-6);
  copse_model_free(model);
  model = small_train(
      &data,
      FULL "learning_rate=1 num_iterations=1 min_data_in_leaf=1 min_data_in_bin=1 min_sum_hessian_in_leaf=0");
  const double sound[] = {9, 29, 14.875};
  for (int i = 0; i < 3; i++) near(small_predict(model, COPSE_PREDICT_VALUE, &x[i]), sound[i], 1e-6);
  copse_model_free(model);
}

/* [T4e] */
static void constant_target(void **state) {
  (void)state;
  const double x[] = {1, 2, 3, 4};
  const float y[] = {3, 3, 3, 3};
  struct small_data data = one_feature(x, y, 4);
  for (int average = 0; average < 2; average++) {
    copse_model *model = small_train(&data, average ? "boost_from_average=true num_leaves=4 " BASE
                                                    : "boost_from_average=false num_leaves=4 " BASE);
    if (average) {
      assert_int_equal(copse_model_n_trees(model), 1);
      check_leaves(model, 0, (double[]){3}, 1);
    }
    near(small_predict(model, COPSE_PREDICT_VALUE, x), 3, 1e-9);
    copse_model_free(model);
  }
}

/* [T1g] [T5a] [T5b] */
static void categories(void **state) {
  (void)state;
  const bool yes[] = {true};
  const double x[] = {3, 3, 3, 7, 7, 1, 1, 1};
  const float y[] = {1, 1, 1, 5, 5, 9, 9, 9};
  struct small_data data = one_feature(x, y, 8);
  data.categorical = yes;
  copse_model *model = small_train(&data, "num_leaves=3 " BASE);
  near(node_of(model, 0, 0).gain, 76.8, 1e-5);
  near(node_of(model, 0, 1).gain, 19.2, 1e-5);
  assert_int_equal(node_of(model, 0, 0).categories[0], 1u << 1);
  assert_int_equal(node_of(model, 0, 1).categories[0], 1u << 3);
  check_leaves(model, 0, (double[]){9, 1, 5}, 3);
  copse_model_free(model);
  model =
      small_train(&data, "num_leaves=3 max_cat_to_onehot=1 min_data_per_group=1 cat_smooth=1 cat_l2=1 " BASE);
  near(node_of(model, 0, 0).gain, 60, 1e-5);
  near(node_of(model, 0, 1).gain, 7.2, 1e-5);
  assert_int_equal(node_of(model, 0, 0).categories[0], 1u << 1);
  assert_int_equal(node_of(model, 0, 1).categories[0], 1u << 7);
  check_leaves(model, 0, (double[]){8, 5, 2}, 3);
  copse_model_free(model);

  const double x2[] = {3, 3, 7, 7, 1, 1};
  const float y2[] = {1, 1, 5, 5, 9, 9};
  data.n_rows = 6;
  data.x = x2;
  data.label = y2;
  model = small_train(&data, "num_leaves=3 " BASE);
  assert_int_equal(node_of(model, 0, 0).categories[0], 1u << 1);
  assert_int_equal(node_of(model, 0, 1).categories[0], 1u << 3);
  const struct { double x, y; } rows[] = {{3, 1}, {7.9, 5}, {-3, 5}, {NAN, 5}, {99, 5}, {0, 5}, {1, 9}};
  for (size_t r = 0; r < COUNT(rows); r++)
    near(small_predict(model, COPSE_PREDICT_VALUE, &rows[r].x), rows[r].y, 1e-6);
  copse_model_free(model);

  const double x3[] = {-0.5, -0.5, 2.9, 2.9, -3, -3};
  const float y3[] = {1, 1, 5, 5, 9, 9};
  data.x = x3;
  data.label = y3;
  model = small_train(&data, "num_leaves=3 " BASE);
  assert_int_equal(node_of(model, 0, 0).categories[0], 1u << 0);
  assert_int_equal(node_of(model, 0, 1).categories[0], 1u << 2);
  assert_int_equal(node_of(model, 0, 0).missing, 2);
  check_leaves(model, 0, (double[]){1, 5, 9}, 3);
  copse_model_free(model);
}

/* [T2a] and the regression rows of 2.9 */
static void squared_error(void **state) {
  (void)state;
  const double x4[] = {1, 2, 3, 4};
  const float y4[] = {-4, 1, 4, 9};
  struct small_data data = one_feature(x4, y4, 4);
  copse_model *model = small_train(&data, "reg_sqrt=true num_leaves=2 " BASE);
  check_nodes(model, 0, (struct expected_node[]){{above(1.5), 0}}, 1);
  check_leaves(model, 0, (double[]){-2, 2}, 2);
  const double transformed[] = {-4, 4, 4, 4};
  for (int i = 0; i < 4; i++) near(small_predict(model, COPSE_PREDICT_VALUE, &x4[i]), transformed[i], 1e-6);
  copse_model_free(model);

  const double x[] = {1, 2, 3, 4, 5, 6};
  const float y[] = {.5f, 1, 2, 3.5f, 5, 8}, w[] = {1, 2, .5f, 1.5f, 3, 1};
  data = one_feature(x, y, 6);
  model = small_train(&data, "num_leaves=2 " BASE);
  check_nodes(model, 0, (struct expected_node[]){{above(4.5), 0}}, 1);
  check_leaves(model, 0, (double[]){1.75000003, 6.49999990}, 2);
  near(node_of(model, 0, 0).value, 3.333333, 1e-6);
  copse_model_free(model);
  data.weight = w;
  model = small_train(&data, "num_leaves=2 " BASE);
  check_nodes(model, 0, (struct expected_node[]){{above(3.5), 0}}, 1);
  check_leaves(model, 0, (double[]){1.00000009, 5.13636363}, 2);
  near(node_of(model, 0, 0).value, 3.527778, 1e-6);
  copse_model_free(model);
}

/* [T2b]: init, and one class only */
static void logistic_starts(void **state) {
  (void)state;
  const double x[] = {1, 2, 3, 4, 5, 6};
  const float y[] = {0, 1, 0, 1, 1, 0}, w[] = {1, 2, .5f, 1.5f, 3, 1};
  struct small_data data = one_feature(x, y, 6);
  data.weight = w;
#define BINARY "objective=binary num_leaves=2 " BASE
  copse_model *model = small_train(&data, BINARY);
  near(node_of(model, 0, 0).value, 0.955511, 1e-5);
  copse_model_free(model);
  model = small_train(&data, "sigmoid=2 " BINARY);
  near(node_of(model, 0, 0).value, 0.477756, 1e-5);
  copse_model_free(model);
  data.weight = NULL;
  const float ones[] = {1, 1, 1, 1, 1, 1}, zeros[] = {0, 0, 0, 0, 0, 0};
  data.label = ones;
  model = small_train(&data, BINARY);
  check_leaves(model, 0, (double[]){34.539575992340879}, 1);
  copse_model_free(model);
  data.label = zeros;
  model = small_train(&data, BINARY);
  check_leaves(model, 0, (double[]){-34.538776391283193}, 1);
  copse_model_free(model);
}

/* [T9a] raw scores of ten trees */
static void ten_trees(void **state) {
  (void)state;
  double x[20];
  float y[20];
  for (int i = 0; i < 20; i++) {
    x[i] = i;
    y[i] = i > 10;
  }
  struct small_data data = one_feature(x, y, 20);
  copse_model *model = small_train(&data, "objective=binary num_leaves=2 num_iterations=10 " BASE);
  near(small_predict(model, COPSE_PREDICT_RAW, &x[0]), -11.218122, 1e-6);
  near(small_predict(model, COPSE_PREDICT_RAW, &x[19]), 11.220312, 1e-6);
  copse_model_free(model);
}

/* [T8b] */
static void quantised_gradients(void **state) {
  (void)state;
  const double x[] = {1, 2, 3, 4, 5, 6};
  const float y[] = {1, 2, 2, 6, 7, 9};
  struct small_data data = one_feature(x, y, 6);
  copse_model *model =
      small_train(&data, "use_quantized_grad=true stochastic_rounding=false num_leaves=3 " BASE);
  check_nodes(model, 0, (struct expected_node[]){{above(3.5), 54}, {above(1.5), 3.375}}, 2);
  check_leaves(model, 0, (double[]){0, 7.5, 2.25}, 3);
  copse_model_free(model);
  model = small_train(&data,
                      "use_quantized_grad=true stochastic_rounding=false quant_train_renew_leaf=true "
                      "num_leaves=3 " BASE);
  check_leaves(model, 0, (double[]){1, 7.333333, 2}, 3);
  copse_model_free(model);
  model = small_train(&data,
                      "use_quantized_grad=true stochastic_rounding=false num_grad_quant_bins=16 "
                      "num_leaves=3 " BASE);
  check_nodes(model, 0, (struct expected_node[]){{above(3.5), 44.3496}, {above(5.5), 4.27148}}, 2);
  check_leaves(model, 0, (double[]){1.875, 6.46875, 9}, 3);
  copse_model_free(model);
}

/* A feature of two bins under a hessian that is not constant: levels are no counts. */
static void quantised_flag(void **state) {
  (void)state;
  enum { N = 400 };
  static double x[N];
  static float y[N];
  for (int i = 0; i < N; i++) {
    x[i] = i % 2;
    y[i] = (float)(i % 10 == 0 ? 1 - i % 2 : i % 2);
  }
  struct small_data data = one_feature(x, y, N);
  static const char *const levels[] = {"", "num_grad_quant_bins=3 ", "num_grad_quant_bins=255 "};
  for (size_t l = 0; l < COUNT(levels); l++) {
    char params[256];
    snprintf(params, sizeof params,
             "use_quantized_grad=true %sobjective=binary num_iterations=1 verbosity=-1", levels[l]);
    copse_model *model = small_train(&data, params);
    assert_int_equal(copse_model_tree_n_leaves(model, 0), 2);
    assert_int_equal(node_of(model, 0, ~0).count, N / 2);
    copse_model_free(model);
  }
}

/* ---- sampled modes with LightGBM's draws; further figures than the vectors': LightGBM 4.7 ---- */

/* [T4f] feature_fraction=.5 of four features: those that the trees may use, and here all of them do. The
 * same rounds in two parts draw the same. */
static void columns_of_trees_T4f(void **state) {
  (void)state;
  static const uint32_t drawn[6][2] = {{0, 2}, {0, 1}, {0, 2}, {0, 3}, {0, 2}, {0, 2}};
  enum { N = 60 };
  static double x[N * 4];
  static float y[N];
  uint32_t bits = 1;
  for (int i = 0; i < N; i++) {
    for (int f = 0; f < 4; f++) {
      bits = bits * 1664525u + 1013904223u;
      x[i * 4 + f] = bits >> 29;
    }
    y[i] = (float)(3 * x[i * 4] + 2 * x[i * 4 + 1] + 5 * x[i * 4 + 2] + 4 * x[i * 4 + 3]);
  }
  struct small_data data = {.n_rows = N, .n_features = 4, .x = x, .label = y};
  copse_model *model =
      small_train(&data, "num_leaves=6 feature_fraction=0.5 num_iterations=6 learning_rate=0.3 " BASE);
  for (int t = 0; t < 6; t++) {
    bool used[4] = {false};
    for (int i = 0; i < copse_model_tree_n_leaves(model, t) - 1; i++)
      used[node_of(model, t, i).feature] = true;
    for (uint32_t f = 0; f < 4; f++) assert_int_equal(used[f], f == drawn[t][0] || f == drawn[t][1]);
  }
  copse_model_free(model);
}

/* [T4g] Drawn thresholds, which run on from tree to tree; a feature that an unlucky draw leaves without a
 * candidate is not tried again. */
static void thresholds_of_extra_trees_T4g(void **state) {
  (void)state;
  const double x[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  const float y[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  static const double thresholds[3][3] = {{7.5, 3.5, 4.5}, {8.5, 2.5, 1.5}, {2.5, 6.5, 4.5}};
  struct small_data data = one_feature(x, y, 10);
  copse_model *model =
      small_train(&data, "extra_trees=true num_leaves=5 num_iterations=3 learning_rate=0.5 " BASE);
  for (int t = 0; t < 3; t++) {
    assert_int_equal(copse_model_tree_n_leaves(model, t), 4);
    for (int i = 0; i < 3; i++) near(node_of(model, t, i).threshold, above(thresholds[t][i]), 0);
  }
  copse_model_free(model);
}

/* [T6a], and blocks of rows, a bag for several rounds, fractions by class, bags of queries. */
static void rows_of_bags_T6a(void **state) {
  (void)state;
  enum { MOST = 2500 };
  static double x[MOST];
  static float ramp[50], y[MOST], third[MOST], grade[MOST];
  for (int i = 0; i < MOST; i++) {
    x[i] = i;
    y[i] = (float)(i * 7919 % 1000 / 100.0);
    third[i] = i % 3 == 0;
    grade[i] = (float)((int)y[i] % 4);
    if (i < 50) ramp[i] = (float)(i % 7 + i / 10.0);
  }
  static const struct {
    const char *params;
    const float *label;
    int n_rows, n_trees, counts[5];
    double thresholds[5];
  } cases[] = {
      {"bagging_fraction=0.8 bagging_freq=1 ",
       ramp,
       50,
       5,
       {39, 44, 41, 39, 40},
       {24.5, 31.5, 3.5, 45.5, 1.5}},
      {"bagging_fraction=0.8 bagging_freq=2 ",
       y,
       MOST,
       5,
       {2025, 2025, 1992, 1992, 1978},
       {0, 30.5, 2481.5, 0, 2030.5}},
      {"bagging_fraction=0.3 bagging_freq=1 bagging_seed=11 ",
       y,
       MOST,
       5,
       {768, 767, 773, 743, 734},
       {0, 2436.5, 2490.5, 470.5, 2490.5}},
      {"objective=binary pos_bagging_fraction=0.5 neg_bagging_fraction=0.2 bagging_freq=1 ",
       third,
       MOST,
       3,
       {768, 736, 772},
       {2400.5, 2364.5, 2400.5}},
      {"objective=lambdarank bagging_by_query=true bagging_freq=1 bagging_fraction=0.5 learning_rate=1 ",
       grade,
       MOST,
       3,
       {1280, 1220, 1260},
       {0, 2490.5, 40.5}},
  };
  for (size_t c = 0; c < COUNT(cases); c++) {
    copse_error err;
    char text[400];
    snprintf(text, sizeof text, "%snum_leaves=2 %s" BASE, cases[c].params,
             strstr(cases[c].params, "learning_rate") ? "" : "learning_rate=0.5 ");
    struct small_data data = one_feature(x, cases[c].label, (uint64_t)cases[c].n_rows);
    copse_params *params = small_params(text);
    copse_dataset *set = small_dataset(&data, params, NULL);
    int32_t group[MOST / 5];
    for (int q = 0; q < MOST / 5; q++) group[q] = 5;
    if (cases[c].label == grade) must(copse_dataset_set(set, COPSE_GROUP, group, MOST / 5, &err), &err);
    copse_booster *booster;
    must(copse_booster_create(NULL, set, params, &booster, &err), &err);
    for (int t = 0; t < cases[c].n_trees; t++) must(copse_booster_step(booster, NULL, &err), &err);
    copse_model *model;
    must(copse_booster_model(booster, 0, &model, &err), &err);
    for (int t = 0; t < cases[c].n_trees; t++) {
      double expected = cases[c].thresholds[t];
      assert_int_equal(node_of(model, t, 0).count, cases[c].counts[t]);
      near(node_of(model, t, 0).threshold, expected > 0 ? above(expected) : 1.0000000180025095e-35, 0);
    }
    copse_model_free(model);
    copse_booster_free(booster);
    copse_dataset_free(set);
    copse_params_free(params);
  }
}

/* [T8c] Bundles lose nothing, whether features share a row or not: the trees are those of LightGBM with
 * enable_bundle=false. */
static void bundles_lose_nothing_T8c(void **state) {
  (void)state;
  double x[24];
  float y[12];
  for (int i = 0; i < 12; i++) {
    x[2 * i] = i < 3 ? i + 2 : -1;
    x[2 * i + 1] = i < 2 ? 1 : i < 3 ? 2 : 0;
    y[i] = i < 1 ? 9 : i < 2 ? 5 : i < 3 ? 1 : 0;
  }
  struct small_data data = {.n_rows = 12, .n_features = 2, .x = x, .label = y};
  static const char *const params[] = {"num_leaves=4 enable_bundle=true " BASE,
                                       "num_leaves=4 enable_bundle=false " BASE};
  for (int p = 0; p < 2; p++) {
    copse_model *model = small_train(&data, params[p]);
    check_nodes(model, 0,
                (struct expected_node[]){{1.0000000180025095e-35, 0}, {above(3.5), 0}, {above(2.5), 0}}, 3);
    for (int i = 0; i < 3; i++) assert_int_equal(node_of(model, 0, i).feature, 0);
    for (int i = 0; i < 12; i++)
      near(small_predict(model, COPSE_PREDICT_RAW, &x[2 * i]), (double)y[i], 1e-12);
    copse_model_free(model);
  }
}

/* What a row's prediction is expected to be where some features are known (bits) and the others' branches are
 * taken by their rows' shares: contributions are made of these. */
static double expectation(const copse_model *model, int node, const double *row, unsigned known) {
  copse_node at = node_of(model, 0, node);
  if (node < 0) return at.value;
  double left = expectation(model, at.left, row, known), right = expectation(model, at.right, row, known);
  if (known >> at.feature & 1) return row[at.feature] <= at.threshold ? left : right;
  double n_left = (double)node_of(model, 0, at.left).count;
  return (n_left * left + ((double)at.count - n_left) * right) / (double)at.count;
}

/* [T9b] Counts and values from which features contribute what they do in LightGBM, and importances. */
static void contributions_T9b(void **state) {
  (void)state;
  const double x[] = {1, 0, 1, 1, 2, 0, 2, 1, 3, 1, 3, 0};
  const float y[] = {1, 2, 2, 6, 9, 12};
  static const double expected[6][2] = {{-3.5, -.333333},     {-4.166667, .333333}, {-2, -1.333333},
                                        {-.666667, 1.333333}, {4.833333, .333333},  {5.5, -.333333}};
  struct small_data data = {.n_rows = 6, .n_features = 2, .x = x, .label = y};
  copse_model *model = small_train(&data, "num_leaves=4 " BASE);
  const struct expected_node nodes[] = {
      {above(2.5), 80.0833}, {above(1.5), 6.25}, {1.0000000180025095e-35, 8}};
  check_nodes(model, 0, nodes, 3);
  check_leaves(model, 0, (double[]){1.5, 10.5, 2, 6}, 4);
  for (int i = 0; i < 6; i++) {
    double of[4];
    for (unsigned known = 0; known < 4; known++) of[known] = expectation(model, 0, &x[2 * i], known);
    near(of[0], 5.333333, 1e-6);
    near((of[1] - of[0] + of[3] - of[2]) / 2, expected[i][0], 1e-6);
    near((of[2] - of[0] + of[3] - of[1]) / 2, expected[i][1], 1e-6);
  }
  double importance[2];
  copse_model_importance(model, false, importance);
  assert_true(importance[0] == 2 && importance[1] == 1);
  copse_model_importance(model, true, importance);
  near(importance[0], 86.333298, 1e-6);
  near(importance[1], 8, 1e-6);
  copse_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(columns_of_trees_T4f),
      cmocka_unit_test(thresholds_of_extra_trees_T4g),
      cmocka_unit_test(rows_of_bags_T6a),
      cmocka_unit_test(bundles_lose_nothing_T8c),
      cmocka_unit_test(contributions_T9b),
      cmocka_unit_test(bounds_become_thresholds),
      cmocka_unit_test(counts_estimated_from_hessians),
      cmocka_unit_test(regularisation),
      cmocka_unit_test(missing_values_choose_a_side),
      cmocka_unit_test(zero_as_missing),
      cmocka_unit_test(zero_as_missing_beside_a_full_bin),
      cmocka_unit_test(constant_target),
      cmocka_unit_test(categories),
      cmocka_unit_test(squared_error),
      cmocka_unit_test(logistic_starts),
      cmocka_unit_test(ten_trees),
      cmocka_unit_test(quantised_gradients),
      cmocka_unit_test(quantised_flag),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
