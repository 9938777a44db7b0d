/* Sums as LightGBM rounds them (compat=lightgbm, algorithms 4.3, 4.4, 4.6, 10.18): on data where exact
 * arithmetic finds many candidates equal, a run of version 4.6.0, node by node. */
#include <math.h>
#include <stdio.h>

#include "small_train.h"
#include "testing.h"

enum { N_ROWS = 160, N_FEATURES = 6, N_TREES = 3, N_LEAVES = 10 };

#define PARAMS                                                                                         \
  "objective=binary num_iterations=3 num_leaves=10 min_data_in_leaf=5 min_data_in_bin=1 cat_smooth=1 " \
  "cat_l2=0 min_data_per_group=5 verbosity=-1 "

/* One feature is another one's mirror, three more are functions of the first two: one category of few, one
 * sorted, one with missing values. */
static copse_model *train(const char *params) {
  static double x[N_ROWS * N_FEATURES];
  static float y[N_ROWS];
  static const bool categorical[N_FEATURES] = {false, false, false, true, true, false};
  for (int i = 0; i < N_ROWS; i++) {
    const int a = i * 7 % 13, b = i * 5 % 11;
    const double row[N_FEATURES] = {a, b, 13 - a, b % 3, a, a % 4 == 0 ? (double)NAN : (double)b};
    for (int f = 0; f < N_FEATURES; f++) x[i * N_FEATURES + f] = row[f];
    y[i] = i * i % 17 < 8 ? 1.0f : 0.0f;
  }
  const struct small_data data = {N_ROWS, N_FEATURES, x, y, NULL, categorical};
  return small_train(&data, params);
}

static copse_node node_of(const copse_model *model, int tree, int number) {
  copse_node node;
  assert_true(copse_model_tree_node(model, tree, number, &node));
  return node;
}

static const int features[N_TREES][N_LEAVES - 1] = {
    {4, 3, 5, 1, 4, 3, 2, 0, 4}, {4, 3, 3, 2, 5, 1, 4, 0, 4}, {4, 3, 5, 1, 4, 5, 4, 4, 5}};
static const bool missing_left[N_TREES][N_LEAVES - 1] = {
    {0, 0, 1, 1, 0, 0, 1, 1, 0}, {0, 0, 0, 1, 1, 1, 0, 1, 0}, {0, 0, 1, 1, 0, 0, 0, 0, 0}};
static const double leaves[N_TREES][N_LEAVES] = {
    {-0.41778008145611367, -0.32696083504783569, -0.25717548337047924, -0.15757573261969848,
     -0.22605056126086029, -0.49994987582550765, -0.4204307199841586, -0.29452538990202215,
     -0.29452538990202215, -0.40327952950857343},
    {-0.082308827199034942, -0.031808034676947441, 0.0075178655094823429, -0.084785136652086812,
     0.029880203983585409, 0.14998557991223579, 0.090320012157577095, -0.16065610442846245,
     0.029880203983585419, 0.08145431435378496},
    {0.039371858163098163, -0.027998567395780178, -0.010088762360342373, 0.13409427508599966,
     -0.15165382013798259, 0.065157240748778641, 0.11164213021192118, -0.16620301529578729,
     -0.041703051439316331, 0.07720481052149708}};

static void rounding_chooses_as_lightgbms(void **state) {
  (void)state;
  static const char *const ways[] = {"num_threads=1", "num_threads=3",
                                     "num_threads=2 histogram_pool_size=0.001"};
  for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
    char params[512];
    snprintf(params, sizeof params, PARAMS "compat=lightgbm %s", ways[w]);
    copse_model *model = train(params);
    for (int t = 0; t < N_TREES; t++) {
      assert_int_equal(copse_model_tree_n_leaves(model, t), N_LEAVES);
      for (int k = 0; k < N_LEAVES - 1; k++) {
        assert_int_equal(node_of(model, t, k).feature, features[t][k]);
        assert_int_equal(node_of(model, t, k).default_left, missing_left[t][k]);
      }
      for (int l = 0; l < N_LEAVES; l++) {
        const double value = node_of(model, t, ~l).value;
        if (!(fabs(value - leaves[t][l]) <= 1e-15))
          fail_msg("%s: tree %d leaf %d: expected %.17g, found %.17g", ways[w], t, l, leaves[t][l], value);
      }
    }
    copse_model_free(model);
  }
}

/* Without the quirk equal candidates are equal: the first of them is taken. */
static void exact_sums_take_the_first(void **state) {
  (void)state;
  copse_model *model = train(PARAMS "leaf_counts=hessian");
  int n_others = 0;
  for (int k = 0; k < N_LEAVES - 1; k++) {
    n_others += node_of(model, 0, k).feature != features[0][k];
    assert_true(node_of(model, 0, k).feature != 2); /* the mirror of feature 0 */
  }
  assert_true(n_others > 0);
  copse_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rounding_chooses_as_lightgbms),
      cmocka_unit_test(exact_sums_take_the_first),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
