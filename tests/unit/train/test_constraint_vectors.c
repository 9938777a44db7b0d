/* LightGBM's trees under constraints and costs: the worked examples of its semantics (T4h to T4l), and runs
 * of version 4.6 on data that are written here as a formula, each with what came out. */
#include <math.h>
#include <stdio.h>

#include "small_train.h"
#include "testing.h"

#define TINY "min_data_in_leaf=1 min_data_in_bin=1 min_sum_hessian_in_leaf=0 verbosity=-1 "
#define BASE "compat=lightgbm learning_rate=1 num_iterations=1 " TINY
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void near(double found, double expected, double tolerance, const char *what) {
  if (!(fabs(found - expected) <= tolerance * fmax(1.0, fabs(expected))))
    fail_msg("%s: expected %.12g, found %.12g", what, expected, found);
}

static void check_gains(copse_model *model, const double *gains, int n, const char *what) {
  if (copse_model_tree_n_leaves(model, 0) != n + 1)
    fail_msg("%s: %d leaves", what, copse_model_tree_n_leaves(model, 0));
  for (int i = 0; i < n; i++) {
    copse_node node;
    assert_true(copse_model_tree_node(model, 0, i, &node));
    near(node.gain, gains[i], 1e-5, what);
  }
}

static void check_leaves(copse_model *model, const double *values, int n, const char *what) {
  if (copse_model_tree_n_leaves(model, 0) != n)
    fail_msg("%s: %d leaves", what, copse_model_tree_n_leaves(model, 0));
  for (int i = 0; i < n; i++) {
    copse_node node;
    assert_true(copse_model_tree_node(model, 0, ~i, &node));
    near(node.value, values[i], 1e-6, what);
  }
}

static const double H_X[] = {1, 2, 3, 4, 5, 6, 7, 8};
static const float H_Y[] = {1, 5, 2, 6, 3, 7, 6, 9};
static const struct small_data h_data = {.n_rows = 8, .n_features = 1, .x = H_X, .label = H_Y};

/* [T4h] */
static void one_constrained_feature(void **state) {
  (void)state;
  static const char *const methods[] = {"basic", "intermediate", "advanced"};
  const double gains[] = {29.0083, 7.2, 4.16667, 1}, expected[] = {1, 3.5, 3.5, 4.5, 4.5, 6.5, 6.5, 9};
  for (size_t m = 0; m < COUNT(methods); m++) {
    char params[300];
    snprintf(params, sizeof params,
             "monotone_constraints=1 num_leaves=8 monotone_constraints_method=%s " BASE, methods[m]);
    copse_model *model = small_train(&h_data, params);
    check_gains(model, gains, 4, methods[m]);
    for (int i = 0; i < 8; i++)
      near(small_predict(model, COPSE_PREDICT_RAW, &H_X[i]), expected[i], 1e-9, methods[m]);
    copse_model_free(model);
  }
  copse_model *model = small_train(&h_data, "monotone_constraints=1 monotone_penalty=.5 num_leaves=3 " BASE);
  check_gains(model, (const double[]){14.5042, 5.4}, 2, "penalty");
  copse_model_free(model);
}

/* [T4i] Gains and leaves tell the methods apart. */
static void methods_differ(void **state) {
  (void)state;
  const double x[] = {1, 4, 4, 1, 2, 4, 3, 4, 1, 4, 1, 2, 2, 2, 2, 3, 4, 4, 1, 4};
  const float y[] = {4, 5, 2, 2, 0, 7, 1, 7, 7, 1};
  const struct small_data data = {.n_rows = 10, .n_features = 2, .x = x, .label = y};
#define METHOD(m) "monotone_constraints=1,0 num_leaves=5 monotone_constraints_method=" m " " BASE
  copse_model *basic = small_train(&data, METHOD("basic"));
  check_leaves(basic, (const double[]){4.5, 5, 1.8, 7}, 4, "basic");
  copse_model *intermediate = small_train(&data, METHOD("intermediate"));
  check_leaves(intermediate, (const double[]){4, 6, 1.8, 6, 7}, 5, "intermediate");
  check_gains(intermediate, (const double[]){14.4, 19.2, 5, 1}, 4, "intermediate");
  copse_model *advanced = small_train(&data, METHOD("advanced"));
  check_leaves(advanced, (const double[]){4, 5, 1.8, 6, 7}, 5, "advanced");
  check_gains(advanced, (const double[]){14.4, 19.2, 5, 2}, 4, "advanced");
  copse_model_free(basic);
  copse_model_free(intermediate);
  copse_model_free(advanced);
}

/* [T4j] */
static void groups_of_features(void **state) {
  (void)state;
  double x[24];
  float y[8];
  for (int i = 0; i < 8; i++) {
    for (int f = 0; f < 3; f++) x[3 * i + f] = i >> (2 - f) & 1;
    y[i] = (float)(4 * x[3 * i] * x[3 * i + 1] + 3 * x[3 * i + 2]);
  }
  const struct small_data data = {.n_rows = 8, .n_features = 3, .x = x, .label = y};
  copse_model *free = small_train(&data, "num_leaves=8 " BASE);
  check_gains(free, (const double[]){18, 4, 8, 4, 8}, 5, "no groups");
  copse_model *apart = small_train(&data, "num_leaves=8 interaction_constraints=[0,1],[2] " BASE);
  check_leaves(apart, (const double[]){1, 4}, 2, "[0,1],[2]");
  copse_model *crossed = small_train(&data, "num_leaves=8 interaction_constraints=[0,2],[1,2] " BASE);
  check_gains(crossed, (const double[]){18, 4, 4}, 3, "[0,2],[1,2]");
  copse_model *named =
      small_train(&data, "num_leaves=8 interaction_constraints=[Column_0,2],[Column_1,Column_2] " BASE);
  assert_true(copse_model_fingerprint(named) == copse_model_fingerprint(crossed));
  copse_model_free(free);
  copse_model_free(apart);
  copse_model_free(crossed);
  copse_model_free(named);
}

/* [T4l] */
static void costs_and_factors(void **state) {
  (void)state;
  const struct {
    const char *params;
    double gains[2];
  } cases[] = {{"num_leaves=3 " BASE, {29.0083, 7.2}},
               {"cegb_penalty_split=.5 num_leaves=3 " BASE, {25.0083, 4.7}},
               {"cegb_penalty_feature_coupled=4 num_leaves=3 " BASE, {25.0083, 7.2}},
               {"cegb_penalty_feature_lazy=1 num_leaves=3 " BASE, {21.0083, 7.2}},
               {"feature_contri=.5 num_leaves=3 " BASE, {14.5042, 3.6}},
               {"cegb_tradeoff=.1 num_leaves=3 " BASE, {29.0083, 7.2}}};
  for (size_t c = 0; c < COUNT(cases); c++) {
    copse_model *model = small_train(&h_data, cases[c].params);
    check_gains(model, cases[c].gains, 2, cases[c].params);
    copse_model_free(model);
  }
}

/* ---- forced splits ---- */

static copse_model *train_forced(const struct small_data *data, const char *text,
                                 const copse_forced_split *splits, size_t n) {
  copse_error err;
  copse_params *params = small_params(text);
  copse_booster *booster;
  copse_model *model;
  assert_int_equal(copse_params_set_forced_splits(params, splits, n, &err), COPSE_OK);
  copse_dataset *set = small_dataset(data, params, NULL);
  if (copse_booster_create(NULL, set, params, &booster, &err) != COPSE_OK) fail_msg("%s", err.message);
  assert_int_equal(copse_train(booster, params, NULL, NULL, &model, NULL, &err), COPSE_OK);
  copse_booster_free(booster);
  copse_dataset_free(set);
  copse_params_free(params);
  return model;
}

/* [T4k], and the order of features under it. */
static void splits_to_begin_with(void **state) {
  (void)state;
  const copse_forced_split two[] = {{0, 2.5, -1, 1}, {0, 6.5, -1, -1}};
  copse_model *model = train_forced(&h_data, "num_leaves=3 " BASE, two, 2);
  check_gains(model, (const double[]){9.375, 12}, 2, "forced");
  check_leaves(model, (const double[]){3, 4.5, 7.5}, 3, "forced");
  copse_model_free(model);
  /* Where the order forbids it, the split is left out. */
  model = train_forced(&h_data, "num_leaves=3 monotone_constraints=-1 " BASE, two, 2);
  assert_int_equal(copse_model_tree_n_leaves(model, 0), 1);
  copse_model_free(model);
  /* A split that gains nothing ends the forcing in LightGBM; here it takes those under it with it alone. */
  const double flat_x[] = {1, 1, 1, 2, 1, 3, 2, 1, 2, 2, 2, 3};
  const float flat_y[] = {1, 1, 1, 2, 2, 9};
  const struct small_data flat = {.n_rows = 6, .n_features = 2, .x = flat_x, .label = flat_y};
  const copse_forced_split three[] = {{0, 1, 1, 2}, {1, 1, -1, -1}, {1, 1, -1, -1}};
  model = train_forced(&flat, "num_leaves=3 " TINY "num_iterations=1 learning_rate=1", three, 3);
  copse_node node;
  assert_true(copse_model_tree_node(model, 0, 1, &node));
  assert_int_equal(node.feature, 1);
  near(node.threshold, 1.5, 1e-9, "the right side is forced all the same");
  copse_model_free(model);
  model = train_forced(&flat, "num_leaves=3 " BASE, three, 3);
  assert_true(copse_model_tree_node(model, 0, 1, &node));
  near(node.threshold, 2.5, 1e-9, "in LightGBM the best split follows");
  copse_model_free(model);
}

/* ---- runs of LightGBM ---- */

enum { ROWS = 120, FEATURES = 4 };
static double run_x[ROWS * FEATURES];
static float run_y[ROWS];

static struct small_data run_data(void) {
  for (int i = 0; i < ROWS; i++) {
    double *x = run_x + i * FEATURES;
    x[0] = i * 7 % 13;
    x[1] = i * 5 % 11;
    x[2] = i * 3 % 7;
    x[3] = i * i % 5;
    run_y[i] = (float)((i * i * 31 + i * 17) % 101 / 10.0 + x[0] * .3 - x[1] * .2);
  }
  return (struct small_data){.n_rows = ROWS, .n_features = FEATURES, .x = run_x, .label = run_y};
}

#define RUN                                                                                 \
  "compat=lightgbm num_iterations=5 learning_rate=.3 min_data_in_leaf=4 min_data_in_bin=1 " \
  "min_sum_hessian_in_leaf=0 verbosity=-1 feature_pre_filter=false "
#define LEAVES "num_leaves=12 "
#define ORDER LEAVES "monotone_constraints=1,-1,0,1 "
#define TAXED "lambda_l1=.5 lambda_l2=1 monotone_penalty=1.5 "

/* Predictions of rows 0, 17, 50, 99 and the sum of squares of all, after five rounds. */
static const struct run {
  const char *params;
  int n_leaves;
  double rows[4], squares;
} runs[] = {
    {LEAVES, 60, {2.254872101, 4.18352073, 8.273842529, 8.510632175}, 4093.056589},
    {ORDER "monotone_constraints_method=basic ",
     60,
     {3.067568351, 4.403836705, 8.047557349, 7.000234972},
     3991.709769},
    {ORDER TAXED "monotone_constraints_method=basic ",
     60,
     {3.262356223, 4.607636039, 7.474936581, 6.779238432},
     4019.01256},
    {ORDER "path_smooth=2 ", 60, {2.902223703, 4.354941659, 7.954893519, 7.090795818}, 4019.907603},
    {ORDER "monotone_constraints_method=intermediate ",
     59,
     {3.226272284, 4.689507156, 8.230010406, 7.274040198},
     4057.850221},
    {ORDER TAXED "monotone_constraints_method=intermediate ",
     60,
     {3.656346494, 4.311485148, 7.421357718, 7.009273401},
     4046.507748},
    {ORDER "monotone_constraints_method=advanced ",
     60,
     {3.03901546, 4.527129475, 8.087515669, 7.245040798},
     4077.555833},
    {ORDER "monotone_constraints_method=intermediate path_smooth=2 ",
     60,
     {3.126765307, 4.454261428, 8.101099811, 7.355598157},
     4038.814356},
    {ORDER "monotone_constraints_method=advanced path_smooth=2 ",
     60,
     {3.151895769, 4.23735872, 7.91850252, 7.240480965},
     4022.5129},
    /* Where limits that later splits have loosened stay. */
    {"num_leaves=20 monotone_constraints=1,-1,0,1 monotone_constraints_method=advanced ",
     86,
     {2.306766755, 4.378708746, 8.393213343, 7.315855913},
     4077.213464},
    {LEAVES "monotone_constraints=1,-1,0,0 monotone_constraints_method=advanced ",
     60,
     {2.784585103, 4.26768083, 8.529981933, 7.508950918},
     4129.203823},
    {LEAVES "interaction_constraints=[0,1],[1,2],[3] ",
     60,
     {3.111569109, 4.848639686, 7.82761771, 7.197539326},
     4010.674038},
    {LEAVES "feature_contri=1,.5,.2,1.3 ",
     60,
     {3.311731877, 4.282202388, 7.869960032, 7.82433123},
     4055.379266},
    {LEAVES "cegb_penalty_split=.02 cegb_penalty_feature_lazy=.05,.01,.1,0 cegb_tradeoff=1.5 ",
     60,
     {2.254872101, 3.87395405, 8.273842529, 8.495402238},
     4091.04626},
    {"num_leaves=2 cegb_penalty_feature_coupled=20,30,10,5 cegb_penalty_feature_lazy=.05,.01,.1,0 ",
     10,
     {3.930810437, 4.487552998, 7.168182649, 5.878792427},
     3840.994721},
};

static void runs_of_lightgbm(void **state) {
  (void)state;
  static const int shown[] = {0, 17, 50, 99};
  struct small_data data = run_data();
  for (size_t r = 0; r < COUNT(runs); r++) {
    char params[600];
    snprintf(params, sizeof params, "%s" RUN, runs[r].params);
    copse_model *model = small_train(&data, params);
    int n_leaves = 0;
    double squares = 0;
    for (int t = 0; t < copse_model_n_trees(model); t++) n_leaves += copse_model_tree_n_leaves(model, t);
    for (int i = 0; i < ROWS; i++) {
      double score = small_predict(model, COPSE_PREDICT_RAW, run_x + i * FEATURES);
      squares += score * score;
    }
    for (size_t s = 0; s < COUNT(shown); s++)
      near(small_predict(model, COPSE_PREDICT_RAW, run_x + shown[s] * FEATURES), runs[r].rows[s], 1e-8,
           runs[r].params);
    near(squares, runs[r].squares, 1e-8, runs[r].params);
    assert_int_equal(n_leaves, runs[r].n_leaves);
    copse_model_free(model);
  }
}

/* A run of version 4.6 where values are missing: its forward scan keeps the limits of the first bin (10.23).
 */
static void limits_that_stay(void **state) {
  (void)state;
  enum { N = 17 };
  const double x[] = {NAN, NAN, 3,   4,   NAN, NAN, 3, 2, 6, NAN, NAN, 2,   6, NAN, NAN, NAN, 6,
                      2,   1,   NAN, NAN, 2,   3,   3, 1, 5, NAN, NAN, NAN, 2, 3,   2,   NAN, 3};
  const float y[] = {3.01f,   -1.088f, -1.209f, -1.435f, -1.712f, 3.027f,  5.624f, -1.412f, -2.6f,
                     -1.164f, -0.444f, 4.102f,  -0.337f, -3.335f, -0.859f, 0.415f, 7.57f};
  const double expected[] = {-0.7365, -1.088, -0.7365, 0.1408, 1.956,   0.1408, 1.956,  -0.7365, -0.3406,
                             -1.164,  0.1408, 4.102,   -0.337, -0.7365, 0.1408, 0.1408, 7.57};
  const struct small_data data = {.n_rows = N, .n_features = 2, .x = x, .label = y};
#define MISSING "monotone_constraints=1,0 monotone_constraints_method=advanced num_leaves=10 "
  copse_model *model = small_train(&data, MISSING "feature_pre_filter=false " BASE);
  for (int i = 0; i < N; i++)
    near(small_predict(model, COPSE_PREDICT_RAW, &x[2 * i]), expected[i], 1e-6, "limits that stay");
  copse_model_free(model);
  model = small_train(&data, MISSING "learning_rate=1 num_iterations=1 " TINY);
  near(small_predict(model, COPSE_PREDICT_RAW, &x[2 * 3]), -0.3406, 1e-6, "limits that move on");
  copse_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(limits_that_stay),  cmocka_unit_test(one_constrained_feature),
      cmocka_unit_test(methods_differ),    cmocka_unit_test(groups_of_features),
      cmocka_unit_test(costs_and_factors), cmocka_unit_test(splits_to_begin_with),
      cmocka_unit_test(runs_of_lightgbm)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
