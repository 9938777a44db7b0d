/* test_params.c - setting, precedence, configuration text, messages, copying, lack of memory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "copse.h"
#include "hooked_allocator.h"
#include "params/table.h"
#include "testing.h"

static copse_params *params;
static copse_error err;

static int setup(void **state) {
  (void)state;
  return copse_params_create(NULL, &params, &err) != COPSE_OK;
}

static int teardown(void **state) {
  (void)state;
  copse_params_free(params);
  params = NULL;
  return 0;
}

static copse_status set(const char *key, const char *value) {
  return copse_params_set(params, key, value, COPSE_SOURCE_COMMAND, &err);
}

static copse_status parse(const char *text) {
  return copse_params_parse(params, text, strlen(text), "train.conf", COPSE_SOURCE_FILE, &err);
}

#define assert_value(name, text) assert_string_equal(copse_params_get(params, name), text)
#define assert_refused(key, value, text)                   \
  do {                                                     \
    assert_int_equal(set(key, value), COPSE_ERR_ARGUMENT); \
    assert_string_equal(err.message, text);                \
    assert_int_equal(err.status, COPSE_ERR_ARGUMENT);      \
  } while (0)

static void test_defaults_read_back(void **state) {
  (void)state;
  for (size_t i = 0; i < copse_params_count(); i++) {
    copse_params_info info;
    assert_true(copse_params_describe(i, &info));
    assert_false(copse_params_given(params, info.name));
    assert_int_equal(set(info.name, info.default_value), COPSE_OK);
    if (i != PARAM_metric) assert_value(info.name, info.default_value);
    assert_true(copse_params_given(params, info.name));
  }
  assert_int_equal(copse_params_resolve(params, &err), COPSE_OK);
}

static void test_values_by_type(void **state) {
  (void)state;
  assert_int_equal(set(" num_leaves ", "\t+63\r\n"), COPSE_OK);
  assert_value("num_leaves", "63");
  assert_int_equal(copse_params_get_int(params, "max_leaf"), 63);
  assert_int_equal(set("eta", "\"5e-2\""), COPSE_OK);
  assert_value("learning_rate", "0.05");
  assert_true(copse_params_get_double(params, "learning_rate") == 0.05);
  assert_int_equal(set("lambda_l1", "-0"), COPSE_OK);
  assert_value("lambda_l1", "0");
  assert_int_equal(set("lambda_l2", "0.1234567890123456"), COPSE_OK);
  assert_value("lambda_l2", "0.1234567890123456");
  assert_int_equal(set("num_threads", "-2147483648"), COPSE_OK);
  assert_int_equal(copse_params_get_int(params, "nthread"), INT32_MIN);
  assert_true(copse_params_get_double(params, "nthread") == INT32_MIN);
  assert_int_equal(set("objective", "'RMSE'"), COPSE_OK);
  assert_value("objective", "regression");
  assert_int_equal(set("metric", "mse, AUC,l2,mae"), COPSE_OK);
  assert_value("metric", "l2,auc,l1");
  assert_int_equal(set("max_bin_by_feature", "2, 16 ,255"), COPSE_OK);
  assert_value("max_bin_by_feature", "2,16,255");
  assert_int_equal(set("label_gain", "0,.5,1e3"), COPSE_OK);
  assert_value("label_gain", "0,0.5,1000");
  assert_int_equal(set("label", "name:a=b"), COPSE_OK);
  assert_value("label_column", "name:a=b");
  assert_null(copse_params_get(params, "nonsense"));
  assert_false(copse_params_given(params, "nonsense"));
}

static void test_bools(void **state) {
  (void)state;
  static const char *const yes[] = {"true", "TRUE", "+", "1", "yes", "Yes"};
  static const char *const no[] = {"false", "False", "-", "0", "no", "NO"};
  for (size_t i = 0; i < 6; i++) {
    copse_params *p;
    assert_int_equal(copse_params_create(NULL, &p, &err), COPSE_OK);
    assert_int_equal(copse_params_set(p, "header", yes[i], COPSE_SOURCE_FILE, &err), COPSE_OK);
    assert_true(copse_params_get_bool(p, "has_header"));
    assert_int_equal(copse_params_set(p, "header", no[i], COPSE_SOURCE_COMMAND, &err), COPSE_OK);
    assert_false(copse_params_get_bool(p, "header"));
    assert_string_equal(copse_params_get(p, "header"), "false");
    copse_params_free(p);
  }
}

static void test_separator(void **state) {
  (void)state;
  static const char *const cases[][2] = {{"auto", "auto"}, {",", ","},     {"comma", ","}, {";", ";"},
                                         {"tab", "\t"},    {"\\t", "\t"},  {"|", "|"},     {"space", " "},
                                         {"\" \"", " "},   {"'\t'", "\t"}, {"Pipe", "|"},  {"^", "^"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    copse_params *p;
    assert_int_equal(copse_params_create(NULL, &p, &err), COPSE_OK);
    assert_int_equal(copse_params_set(p, "separator", cases[i][0], COPSE_SOURCE_COMMAND, &err), COPSE_OK);
    assert_string_equal(copse_params_get(p, "separator"), cases[i][1]);
    copse_params_free(p);
  }
  assert_int_equal(set("separator", "::"), COPSE_ERR_ARGUMENT);
  assert_int_equal(set("separator", ""), COPSE_ERR_ARGUMENT);
  assert_int_equal(set("separator", "\xC3\xA9"), COPSE_ERR_ARGUMENT);
}

static void test_unknown_keys(void **state) {
  (void)state;
  assert_refused("num_leafs", "3",
                 "unknown parameter \"num_leafs\"; did you mean \"num_leaf\" (num_leaves)?");
  assert_refused("learning-rate", "3",
                 "unknown parameter \"learning-rate\"; did you mean \"learning_rate\"?");
  assert_refused("n_estimator", "3",
                 "unknown parameter \"n_estimator\"; did you mean \"n_estimators\" (num_iterations)?");
  assert_refused("quetzalcoatl", "1",
                 "unknown parameter \"quetzalcoatl\" (\"copse params\" lists those that exist)");
  assert_refused("", "1", "unknown parameter \"\" (\"copse params\" lists those that exist)");
}

static void test_wrong_values(void **state) {
  (void)state;
  assert_refused("num_leaves", "10x", "num_leaves=10x: expected a whole number with 1 < x <= 131072");
  assert_refused("num_leaves", "1", "num_leaves=1: expected a whole number with 1 < x <= 131072");
  assert_refused("num_leaves", "131073", "num_leaves=131073: expected a whole number with 1 < x <= 131072");
  assert_refused("max_leaves", "3.0",
                 "max_leaves=3.0 (num_leaves): expected a whole number with 1 < x <= 131072");
  assert_refused("num_trees", "ten",
                 "num_trees=ten (num_iterations): expected a whole number with x >= 0, at most 2147483647");
  assert_refused(
      "num_trees", "",
      "num_trees= (num_iterations): expected a whole number with x >= 0, at most 2147483647, found nothing");
  assert_refused("seed", "2147483648", "seed=2147483648: expected a whole number, at most 2147483647");
  assert_refused("seed", "99999999999999999999999999",
                 "seed=99999999999999999999999999: expected a whole number, at most 2147483647");
  assert_refused("seed", "-2147483649", "seed=-2147483649: expected a whole number, at most 2147483647");
  assert_refused("learning_rate", "0", "learning_rate=0: expected a finite number with x > 0.0");
  assert_refused("learning_rate", "nan", "learning_rate=nan: expected a finite number with x > 0.0");
  assert_refused("learning_rate", "1e999", "learning_rate=1e999: expected a finite number with x > 0.0");
  assert_refused("learning_rate", "0.1 0.2", "learning_rate=0.1 0.2: expected a finite number with x > 0.0");
  assert_refused("tweedie_variance_power", "2",
                 "tweedie_variance_power=2: expected a finite number with 1.0 <= x < 2.0");
  assert_refused("decision_threshold", "1.5",
                 "decision_threshold=1.5: expected a finite number with 0.0 <= x <= 1.0");
  assert_refused("use_missing", "maybe", "use_missing=maybe: expected true or false (1 and 0 will do)");
  assert_refused(
      "objective", "binry",
      "objective=binry: expected one of: regression, regression_l1, huber, fair, poisson, quantile, mape, "
      "gamma, tweedie, binary, multiclass, multiclassova, cross_entropy, cross_entropy_lambda, lambdarank, "
      "rank_xendcg, quantiles, expectile, focal, cox, aft, "
      "multi_regression, custom; did you mean \"binary\"?");
  assert_refused("quantiles", "0.5,1",
                 "quantiles=0.5,1: expected finite numbers, comma separated with 0.0 < x < "
                 "1.0, found \"1\" in the list");
  assert_refused("compat", "xgboost", "compat=xgboost: expected one of: none, lightgbm, lightgbm4.7");
  assert_refused(
      "max_bin_by_feature", "16,1",
      "max_bin_by_feature=16,1: expected whole numbers, comma separated with x > 1, found \"1\" in the list");
  assert_refused("label_gain", "1,,2",
                 "label_gain=1,,2: expected finite numbers, comma separated, found \"\" in the list");
  assert_refused(
      "monotone_constraints", "0,2",
      "monotone_constraints=0,2: expected whole numbers, comma separated with -1 <= x <= 1, found \"2\" in "
      "the list");
  assert_refused("data", "a\nb", "data=a\nb: expected a text without line breaks and control characters");
  assert_int_equal(set("metric", "auc,aucc"), COPSE_ERR_ARGUMENT);
  assert_non_null(strstr(err.message, "found \"aucc\" in the list; did you mean \"auc\"?"));
  assert_int_equal(copse_params_set(params, "num_leaves", "x", COPSE_SOURCE_FILE, NULL), COPSE_ERR_ARGUMENT);
  for (size_t i = 0; i < copse_params_count(); i++) {
    copse_params_info info;
    copse_params_describe(i, &info);
    if (strcmp(info.type, "string") == 0) continue;
    assert_int_equal(set(info.name, "no value at all"), COPSE_ERR_ARGUMENT);
    assert_false(copse_params_given(params, info.name)); /* nothing changed */
  }
}

static void test_range_ends(void **state) {
  (void)state;
  static const struct {
    const char *key, *value;
    bool fits;
  } cases[] = {{"bagging_fraction", "0", false},
               {"bagging_fraction", "1", true},
               {"bagging_fraction", "1.0000001", false},
               {"drop_rate", "0", true},
               {"drop_rate", "-0.1", false},
               {"num_iterations", "0", true},
               {"num_iterations", "-1", false},
               {"max_bin", "1", false},
               {"max_bin", "2", true},
               {"tweedie_variance_power", "1", true},
               {"num_leaves", "131072", true},
               {"metric_freq", "0", false},
               {"time_limit", "0", true},
               {"time_limit", "-1", false}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    assert_int_equal(set(cases[i].key, cases[i].value), cases[i].fits ? COPSE_OK : COPSE_ERR_ARGUMENT);
}

static void test_precedence(void **state) {
  (void)state;
  assert_int_equal(parse("learning_rate = 0.3\n"), COPSE_OK);
  assert_int_equal(set("eta", "0.2"), COPSE_OK); /* command beats file, even as an alias */
  assert_value("learning_rate", "0.2");
  assert_int_equal(parse("learning_rate = 0.4\n"), COPSE_OK);
  assert_value("learning_rate", "0.2");
  assert_int_equal(set("eta", "0.5"), COPSE_OK); /* first mention wins */
  assert_value("learning_rate", "0.2");
  assert_int_equal(set("shrinkage_rate", "0.5"), COPSE_OK); /* the shorter alias stays */
  assert_value("learning_rate", "0.2");
  assert_int_equal(set("learning_rate", "0.6"), COPSE_OK); /* the primary name beats aliases */
  assert_value("learning_rate", "0.6");
  assert_int_equal(parse("num_trees=5\nnum_round=6\nnrounds=7\nn_iter=8\n"), COPSE_OK);
  assert_value("num_iterations", "8"); /* n_iter is the shortest */
  assert_int_equal(copse_params_set(params, "output_model", "m.txt", COPSE_SOURCE_DEFAULT, &err), COPSE_OK);
  assert_value("output_model", "m.txt");
  assert_false(copse_params_given(params, "output_model"));
  assert_int_equal(parse("model_out = n.txt"), COPSE_OK);
  assert_value("output_model", "n.txt");
  assert_int_equal(set("eta", "bad"), COPSE_ERR_ARGUMENT); /* checked although it would lose */
}

static void test_config_text(void **state) {
  (void)state;
  assert_int_equal(parse("\xEF\xBB\xBF# a comment\r\n\r\n  num_leaves =  63  # more leaves\r\n"
                         "data=dir/a=b.csv\n\t\nmissing_values = '#N/A,?' # quoted\nvalid = a.csv,b.csv"),
                   COPSE_OK);
  assert_value("num_leaves", "63");
  assert_value("data", "dir/a=b.csv");
  assert_value("missing_values", "#N/A,?");
  assert_value("valid", "a.csv,b.csv");
  assert_int_equal(parse(""), COPSE_OK);
  assert_int_equal(parse("# key = value\nmetric =\n"), COPSE_OK);
  assert_true(copse_params_given(params, "metric"));
}

static void test_config_errors(void **state) {
  (void)state;
  assert_int_equal(parse("a\n"), COPSE_ERR_FORMAT);
  assert_string_equal(err.message, "train.conf:1: expected key = value, found \"a\"");
  assert_int_equal(parse("num_leaves=3\n\n#x\n\"learning rate # = 3"), COPSE_ERR_FORMAT);
  assert_string_equal(err.message, "train.conf:4: expected key = value, found \"\"learning rate\"");
  assert_int_equal(parse("=3"), COPSE_ERR_FORMAT);
  assert_string_equal(err.message, "train.conf:1: expected a key before \"=\"");
  assert_int_equal(parse("\nnum_leavs = 3\r\n"), COPSE_ERR_ARGUMENT);
  assert_string_equal(err.message,
                      "train.conf:2: unknown parameter \"num_leavs\"; did you mean \"num_leaves\"?");
  assert_int_equal(parse("max_bin = 1"), COPSE_ERR_ARGUMENT);
  assert_string_equal(err.message,
                      "train.conf:1: max_bin=1: expected a whole number with x > 1, at most 2147483647");
  assert_int_equal(parse("config_file = other.conf"), COPSE_ERR_ARGUMENT);
  assert_string_equal(
      err.message,
      "train.conf:1: a configuration file cannot name another one; give config on the command line");
  assert_int_equal(copse_params_parse(params, "seed\0=3", 7, "x", COPSE_SOURCE_FILE, &err), COPSE_ERR_FORMAT);
  assert_string_equal(err.message, "x:1: the line holds a NUL byte; expected text, one key = value per line");
}

/* The keys that LightGBM's example configurations use. */
static void test_lightgbm_example(void **state) {
  (void)state;
  assert_int_equal(
      parse("task = train\nboosting_type = gbdt\nobjective = binary\n"
            "metric = binary_logloss,auc\nmetric_freq = 1\nis_training_metric = true\nmax_bin = 255\n"
            "data = binary.train\nvalid_data = binary.test\nnum_trees = 100\nlearning_rate = 0.1\n"
            "num_leaves = 63\ntree_learner = serial\nnum_threads = 8\nfeature_fraction = 0.8\n"
            "bagging_freq = 5\nbagging_fraction = 0.8\nmin_data_in_leaf = 50\n"
            "min_sum_hessian_in_leaf = 5.0\nis_enable_sparse = true\nuse_two_round_loading = false\n"
            "is_save_binary_file = false\noutput_model = LightGBM_model.txt\nnum_machines = 1\n"
            "local_listen_port = 12400\nmachine_list_file = mlist.txt\n"),
      COPSE_OK);
  assert_int_equal(copse_params_resolve(params, &err), COPSE_OK);
  assert_value("num_iterations", "100");
  assert_true(copse_params_get_bool(params, "is_provide_training_metric"));
}

static char logged[2048];
static void keep_log(void *user, copse_log_level level, const char *text) {
  (void)user;
  snprintf(logged, sizeof logged, "%d %s", (int)level, text);
}

static void test_twice_is_told(void **state) {
  (void)state;
  copse_context *ctx;
  copse_params *p;
  assert_int_equal(copse_context_create(NULL, &ctx, &err), COPSE_OK);
  copse_context_set_log(ctx, keep_log, NULL, COPSE_LOG_WARNING);
  assert_int_equal(copse_params_create(ctx, &p, &err), COPSE_OK);
  const char *text = "eta=0.1\neta = 0.10\n";
  assert_int_equal(copse_params_parse(p, text, strlen(text), "c", COPSE_SOURCE_FILE, &err), COPSE_OK);
  assert_string_equal(logged, ""); /* the same value twice is no news */
  text = "eta=0.1\n\nlearning_rate=0.2\n";
  assert_int_equal(copse_params_parse(p, text, strlen(text), "c", COPSE_SOURCE_FILE, &err), COPSE_OK);
  assert_string_equal(logged, "0 c:3: learning_rate is given twice; 0.2 is used, 0.1 is not");
  copse_params_free(p);
  copse_context_free(ctx);
}

static void test_copy(void **state) {
  (void)state;
  assert_int_equal(parse("max_bin_by_feature=3,4\nlabel=name:x\nlabel_gain=1,2\npred_early_stop=true\n"),
                   COPSE_OK);
  copse_params *copy;
  assert_int_equal(copse_params_copy(params, &copy, &err), COPSE_OK);
  copse_params_free(params);
  params = NULL;
  assert_string_equal(copse_params_get(copy, "max_bin_by_feature"), "3,4");
  assert_string_equal(copse_params_get(copy, "label_column"), "name:x");
  assert_string_equal(copse_params_get(copy, "num_leaves"), "31");
  assert_true(copse_params_given(copy, "label"));
  assert_int_equal(copse_params_resolve(copy, &err), COPSE_ERR_UNSUPPORTED);
  assert_non_null(strstr(err.message, "train.conf:4: pred_early_stop=true"));
  copse_params_free(copy);
}

static copse_status whole_life(copse_context *ctx) {
  static const char text[] =
      "max_bin_by_feature=3,4\nlabel=name:x\nmetric=auc,l2\nnum_leaves=7\nlabel=name:y\n";
  copse_params *p = NULL, *copy = NULL;
  copse_status status = copse_params_create(ctx, &p, &err);
  if (status == COPSE_OK)
    status = copse_params_parse(p, text, sizeof text - 1, "x.conf", COPSE_SOURCE_FILE, &err);
  if (status == COPSE_OK) status = copse_params_set(p, "num_leaves", "8", COPSE_SOURCE_COMMAND, &err);
  if (status == COPSE_OK) status = copse_params_copy(p, &copy, &err);
  if (status == COPSE_OK) status = copse_params_resolve(copy, &err);
  copse_params_free(p);
  copse_params_free(copy);
  return status;
}

static void test_out_of_memory(void **state) {
  (void)state;
  int failures = 0;
  copse_status status = COPSE_ERR_MEMORY;
  for (size_t n = 1; n < 200 && status != COPSE_OK; n++) {
    struct hooked_allocator hook = {.fail_at = n + 1}; /* the first request makes the context */
    copse_allocator allocator = hooked_allocator(&hook);
    copse_context *ctx;
    assert_int_equal(copse_context_create(&allocator, &ctx, &err), COPSE_OK);
    status = whole_life(ctx);
    assert_true(status == COPSE_OK || status == COPSE_ERR_MEMORY);
    failures += status == COPSE_ERR_MEMORY;
    assert_int_equal(copse_context_memory_used(ctx), 0);
    copse_context_free(ctx);
    assert_int_equal(hook.live, 0);
  }
  assert_int_equal(status, COPSE_OK);
  assert_true(failures > 10);
}

int main(void) {
#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
  const struct CMUnitTest tests[] = {
      CASE(test_defaults_read_back),
      CASE(test_values_by_type),
      CASE(test_bools),
      CASE(test_separator),
      CASE(test_unknown_keys),
      CASE(test_wrong_values),
      CASE(test_range_ends),
      CASE(test_precedence),
      CASE(test_config_text),
      CASE(test_config_errors),
      CASE(test_lightgbm_example),
      CASE(test_twice_is_told),
      CASE(test_copy),
      CASE(test_out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
