/* test_resolve.c - derived values, conflicts, refusals, compat, the structs, the written configuration. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "params/internal.h"
#include "testing.h"

static copse_params *params;
static copse_error err;

/* New parameters from "key=value" words (blank separated), unresolved. */
static void make(const char *words) {
  copse_params_free(params);
  assert_int_equal(copse_params_create(NULL, &params, &err), COPSE_OK);
  char text[600];
  size_t n = strlen(words);
  assert_true(n < sizeof text);
  memcpy(text, words, n + 1);
  for (size_t i = 0; i < n; i++)
    if (text[i] == ' ') text[i] = '\n';
  copse_status status = copse_params_parse(params, text, n, "c", COPSE_SOURCE_FILE, &err);
  if (status != COPSE_OK) print_error("%s\n", err.message);
  assert_int_equal(status, COPSE_OK);
}

static const struct resolved_params *resolved(const char *words) {
  make(words);
  const struct resolved_params *out = NULL;
  copse_status status = params_resolved(params, &out, &err);
  if (status != COPSE_OK) print_error("%s\n", err.message);
  assert_int_equal(status, COPSE_OK);
  return out;
}

static void assert_fails(const char *words, copse_status status, const char *message) {
  make(words);
  err.message[0] = '\0';
  assert_int_equal(copse_params_resolve(params, &err), status);
  assert_string_equal(err.message, message);
  assert_int_equal(err.status, status);
}

static void assert_derived(const char *name, int64_t value) {
  assert_int_equal(copse_params_get_int(params, name), value);
  assert_int_equal(strtol(copse_params_get(params, name), NULL, 10), value);
}

static void test_defaults(void **state) {
  (void)state;
  const struct resolved_params *r = resolved("");
  assert_int_equal(r->grow.num_leaves, 31);
  assert_int_equal(r->grow.max_depth, -1);
  assert_int_equal(r->grow.min_data_in_leaf, 20);
  assert_true(r->grow.min_sum_hessian_in_leaf == 1e-3);
  assert_true(r->grow.cat_l2 == 10 && r->grow.cat_smooth == 10);
  assert_int_equal(r->grow.min_data_per_group, 100);
  assert_int_equal(r->grow.max_cat_threshold, 32);
  assert_int_equal(r->grow.max_cat_to_onehot, 4);
  assert_true(r->grow.histogram_pool_mb == -1);
  assert_false(r->grow.compat.hessian_counts || r->grow.compat.inherit_unsplittable ||
               r->grow.compat.forward_skips_bin0 || r->grow.compat.keep_all_rounds);
  assert_int_equal(r->bin.max_bin, 255);
  assert_null(r->bin.max_bin_by_feature);
  assert_int_equal(r->bin.min_data_in_bin, 3);
  assert_int_equal(r->bin.sample_count, 0);
  assert_int_equal(r->bin.sample_seed, 1);
  assert_true(r->bin.use_missing && r->bin.pre_filter && !r->bin.zero_as_missing);
  assert_int_equal(r->bin.min_data_in_leaf, 20);
  assert_int_equal(r->objective.kind, OBJECTIVE_REGRESSION);
  assert_int_equal(r->objective.n_outputs, 1);
  assert_true(r->objective.boost_from_average && r->objective.sigmoid == 1 &&
              r->objective.scale_pos_weight == 1);
  assert_true(r->objective.alpha == 0.9 && r->objective.poisson_max_delta_step == 0.7 &&
              r->objective.percentile == PERCENTILE_BETWEEN);
  assert_true(r->sample.bagging_freq == 0 && r->sample.bagging_fraction == 1 && !r->sample.bagging_by_class &&
              !r->sample.bagging_by_query && r->sample.feature_fraction == 1 &&
              r->sample.feature_fraction_bynode == 1 && !r->sample.extra_trees);
  assert_int_equal(r->sample.bagging_seed, 3);
  assert_int_equal(r->sample.feature_fraction_seed, 2);
  assert_int_equal(r->sample.extra_seed, 6);
  assert_int_equal(r->boost.num_iterations, 100);
  assert_true(r->boost.learning_rate == 0.1);
  assert_int_equal(r->boost.metric_freq, 1);
  assert_false(r->boost.keep_all_rounds || r->boost.training_metric);
  assert_int_equal(r->metric.n_names, 1);
  assert_string_equal(r->metric.names[0], "l2");
  assert_true(r->metric.defaulted && r->metric.threshold == 0.5 && r->metric.alpha == 0.9 &&
              r->metric.top_k == 1);
  assert_string_equal(r->metric.printed[0], "l2");
}

static void test_every_field_is_filled(void **state) {
  (void)state;
  const struct resolved_params *r = resolved(
      "max_bin=63 max_bin_by_feature=7,9 min_data_in_bin=5 subsample_for_bin=1000 data_seed=77 use_missing=0 "
      "zero_as_missing=1 feature_pre_filter=0 min_data=11 objective=binary boost_from_average=0 "
      "is_unbalance=1 "
      "sigmoid=2 reg_sqrt=1 num_leaf=15 max_depth=9 min_hessian=0.25 reg_alpha=1 reg_lambda=2 "
      "min_split_gain=3 "
      "max_leaf_output=4 path_smooth=5 min_data_per_group=6 max_cat_threshold=7 cat_l2=8 cat_smooth=9 "
      "max_cat_to_onehot=10");
  assert_int_equal(r->bin.max_bin, 63);
  assert_int_equal(r->bin.n_max_bin_by_feature, 2);
  assert_int_equal(r->bin.max_bin_by_feature[1], 9);
  assert_int_equal(r->bin.min_data_in_bin, 5);
  assert_int_equal(r->bin.sample_count, 1000);
  assert_int_equal(r->bin.sample_seed, 77);
  assert_true(!r->bin.use_missing && r->bin.zero_as_missing && !r->bin.pre_filter);
  assert_int_equal(r->bin.min_data_in_leaf, 11);
  assert_int_equal(r->objective.kind, OBJECTIVE_BINARY);
  assert_true(!r->objective.boost_from_average && r->objective.is_unbalance && r->objective.reg_sqrt);
  assert_true(r->objective.sigmoid == 2);
  assert_int_equal(r->grow.num_leaves, 15);
  assert_int_equal(r->grow.max_depth, 9);
  assert_int_equal(r->grow.min_data_in_leaf, 11);
  assert_true(r->grow.min_sum_hessian_in_leaf == 0.25 && r->grow.lambda_l1 == 1 && r->grow.lambda_l2 == 2);
  assert_true(r->grow.min_gain_to_split == 3 && r->grow.max_delta_step == 4 && r->grow.path_smooth == 5);
  assert_int_equal(r->grow.min_data_per_group, 6);
  assert_int_equal(r->grow.max_cat_threshold, 7);
  assert_true(r->grow.cat_l2 == 8 && r->grow.cat_smooth == 9);
  assert_int_equal(r->grow.max_cat_to_onehot, 10);
  r = resolved(
      "objective=custom num_class=3 scale_pos_weight=2 hist_pool_size=64 num_round=7 eta=0.5 "
      "metric=multi_error,accuracy alpha=0.3 poisson_max_delta_step=0.4 multi_error_top_k=2 "
      "early_stopping=4 early_stopping_min_delta=0.01 first_metric_only=1 output_freq=2 train_metric=1 "
      "max_seconds=1.5 n_jobs=3 decision_threshold=0.25");
  assert_int_equal(r->objective.kind, OBJECTIVE_CUSTOM);
  assert_int_equal(r->objective.n_outputs, 3);
  assert_true(r->objective.scale_pos_weight == 2 && r->grow.histogram_pool_mb == 64);
  assert_int_equal(r->boost.num_iterations, 7);
  assert_int_equal(r->boost.early_stopping_round, 4);
  assert_true(r->boost.learning_rate == 0.5 && r->boost.early_stopping_min_delta == 0.01);
  assert_true(r->boost.first_metric_only && r->boost.training_metric && r->boost.time_limit_s == 1.5);
  assert_int_equal(r->boost.metric_freq, 2);
  assert_int_equal(r->boost.n_threads, 3);
  assert_int_equal(r->metric.n_names, 2);
  assert_string_equal(r->metric.names[0], "multi_error");
  assert_string_equal(r->metric.printed[0], "multi_error@2");
  assert_string_equal(r->metric.names[1], "accuracy");
  assert_string_equal(r->metric.printed[1], "accuracy");
  assert_true(!r->metric.defaulted && r->metric.threshold == 0.25 && r->metric.alpha == 0.3 &&
              r->metric.top_k == 2);
  assert_true(r->objective.alpha == 0.3 && r->objective.poisson_max_delta_step == 0.4);
}

static void test_objectives(void **state) {
  (void)state;
  static const struct {
    const char *words;
    enum objective_kind kind;
    int n_outputs;
    const char *metric;
  } cases[] = {{"objective=l1", OBJECTIVE_REGRESSION_L1, 1, "l1"},
               {"objective=huber", OBJECTIVE_HUBER, 1, "huber"},
               {"objective=quantile", OBJECTIVE_QUANTILE, 1, "quantile"},
               {"objective=poisson", OBJECTIVE_POISSON, 1, "poisson"},
               {"objective=xentropy", OBJECTIVE_CROSS_ENTROPY, 1, "cross_entropy"},
               {"objective=softmax num_classes=4", OBJECTIVE_MULTICLASS, 4, "multi_logloss"},
               {"objective=ova num_class=2", OBJECTIVE_MULTICLASSOVA, 2, "multi_logloss"},
               {"objective=fair", OBJECTIVE_FAIR, 1, "fair"},
               {"objective=mean_absolute_percentage_error", OBJECTIVE_MAPE, 1, "mape"},
               {"objective=gamma", OBJECTIVE_GAMMA, 1, "gamma"},
               {"objective=tweedie", OBJECTIVE_TWEEDIE, 1, "tweedie"},
               {"objective=xentlambda", OBJECTIVE_CROSS_ENTROPY_LAMBDA, 1, "cross_entropy_lambda"},
               {"objective=expectile", OBJECTIVE_EXPECTILE, 1, "expectile"},
               {"objective=focal", OBJECTIVE_FOCAL, 1, "focal"},
               {"objective=survival_cox", OBJECTIVE_COX, 1, "cox"},
               {"objective=aft", OBJECTIVE_AFT, 1, "aft"},
               {"objective=multi_rmse", OBJECTIVE_MULTI_REGRESSION, 1, "l2"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const struct resolved_params *r = resolved(cases[i].words);
    assert_int_equal(r->objective.kind, cases[i].kind);
    assert_int_equal(r->objective.n_outputs, cases[i].n_outputs);
    assert_string_equal(r->metric.names[0], cases[i].metric);
    assert_string_equal(copse_params_get(params, "metric"), cases[i].metric);
  }
}

/* How many outputs there are the data tell. */
static void test_several_labels(void **state) {
  (void)state;
  const struct resolved_params *r =
      resolved("objective=multi_regression metric=l1,l2,rmse,r2,mape,huber,fair");
  assert_int_equal(r->metric.n_names, 7);
  assert_fails(
      "objective=multi_regression metric=auc", COPSE_ERR_ARGUMENT,
      "c:2: metric=auc conflicts with objective=multi_regression, which has an output per label: set a "
      "metric among l1, l2, rmse, r2, mape, huber, fair, or leave it out");
  assert_fails(
      "objective=multi_regression metric=quantile", COPSE_ERR_ARGUMENT,
      "c:2: metric=quantile conflicts with objective=multi_regression, which has an output per label: "
      "set a metric among l1, l2, rmse, r2, mape, huber, fair, or leave it out");
  assert_fails(
      "objective=multi_regression num_class=3", COPSE_ERR_ARGUMENT,
      "c:2: num_class=3 conflicts with objective=multi_regression, which has an output per label: leave "
      "num_class out, or use objective=multiclass");
  assert_fails("objective=multi_regression cat_encoding=ordered", COPSE_ERR_ARGUMENT,
               "c:2: cat_encoding=ordered conflicts with objective=multi_regression: it makes categories "
               "statistics of the label, and a row has several; leave cat_encoding out");
  assert_fails(
      "objective=multi_regression reg_sqrt=true", COPSE_ERR_ARGUMENT,
      "c:2: reg_sqrt=true conflicts with objective=multi_regression, which learns the labels as they "
      "are: leave it out, or give their roots");
}

static void test_quantiles(void **state) {
  (void)state;
  const struct resolved_params *r =
      resolved("objective=quantiles quantiles=0.05,0.5,0.9,0.95 metric=quantile");
  assert_int_equal(r->objective.n_outputs, 4);
  assert_true(r->objective.quantiles[0] == 0.05 && r->objective.quantiles[3] == 0.95);
  assert_int_equal(r->metric.n_names, 4);
  for (int k = 0; k < 4; k++) {
    assert_string_equal(r->metric.names[k], "quantile");
    assert_int_equal(r->metric.at[k], k + 1);
  }
  assert_string_equal(r->metric.printed[0], "quantile@0.05");
  assert_string_equal(r->metric.printed[2], "quantile@0.9");
  r = resolved("objective=quantile metric=quantile");
  assert_true(r->metric.n_names == 1 && r->metric.at[0] == 0);
  assert_string_equal(r->metric.printed[0], "quantile");
  assert_fails("objective=quantiles quantiles=0.5,0.1", COPSE_ERR_ARGUMENT,
               "c:2: quantiles=0.5,0.1: expected 1 to 32 ascending levels, none twice");
  assert_fails("objective=quantiles quantiles=", COPSE_ERR_ARGUMENT,
               "c:2: quantiles=: expected 1 to 32 ascending levels, none twice");
  assert_fails(
      "objective=quantile quantiles=0.1,0.2", COPSE_ERR_ARGUMENT,
      "c:2: quantiles=0.1,0.2 conflicts with objective=quantile: set objective=quantiles, or leave it "
      "out");
  assert_fails("objective=quantiles metric=l1", COPSE_ERR_ARGUMENT,
               "c:2: metric=l1 conflicts with objective=quantiles, which has an output per quantile: set "
               "metric=quantile, or leave it out");
  assert_fails("objective=quantiles num_class=3", COPSE_ERR_ARGUMENT,
               "c:2: num_class=3 conflicts with objective=quantiles, which has an output per quantile: leave "
               "num_class out, or use objective=multiclass");
  assert_fails("objective=expectile alpha=1", COPSE_ERR_ARGUMENT,
               "c:2: alpha=1 conflicts with objective=expectile, where it is the level: set 0 < alpha < 1");
}

static void test_sampling(void **state) {
  (void)state;
  const struct resolved_params *r = resolved(
      "bagging_freq=5 subsample=0.8 bagging_seed=11 bagging_by_query=1 feature_fraction=0.7 "
      "colsample_bynode=0.6 "
      "feature_fraction_seed=12 extra_tree=1 extra_seed=13");
  assert_true(r->sample.bagging_freq == 5 && r->sample.bagging_fraction == 0.8 &&
              r->sample.bagging_by_query && !r->sample.bagging_by_class && r->sample.extra_trees);
  assert_true(r->sample.feature_fraction == 0.7 && r->sample.feature_fraction_bynode == 0.6);
  assert_true(r->sample.bagging_seed == 11 && r->sample.feature_fraction_seed == 12 &&
              r->sample.extra_seed == 13);
  r = resolved("seed=42 extra_seed=1");
  assert_true(r->sample.bagging_seed == 400 && r->sample.feature_fraction_seed == 30056 &&
              r->sample.extra_seed == 1);
  /* Without a fraction below 1, or without a frequency, there is no bagging. */
  assert_int_equal(resolved("bagging_freq=5 bagging_fraction=1.0")->sample.bagging_freq, 0);
  assert_int_equal(resolved("bagging_freq=-1 bagging_fraction=0.5")->sample.bagging_freq, 0);
  /* By class: two classes only. */
  r = resolved("objective=binary bagging_freq=2 neg_bagging_fraction=0.25");
  assert_true(r->sample.bagging_by_class && r->sample.bagging_freq == 2 &&
              r->sample.pos_bagging_fraction == 1 && r->sample.neg_bagging_fraction == 0.25);
  r = resolved("objective=regression bagging_freq=2 neg_bagging_fraction=0.25");
  assert_true(!r->sample.bagging_by_class && r->sample.bagging_freq == 0);
}

static void test_row_strategies(void **state) {
  (void)state;
  const struct resolved_params *r = resolved("boosting=goss top_rate=0.3 other_rate=0.15");
  assert_true(r->sample.strategy == ROW_GOSS && r->sample.top_rate == 0.3 && r->sample.other_rate == 0.15);
  assert_int_equal(r->boost.boosting, BOOSTING_GBDT);
  assert_string_equal(copse_params_get(params, "boosting"), "gbdt");
  assert_string_equal(copse_params_get(params, "data_sample_strategy"), "goss");
  r = resolved("data_sample_strategy=mvs subsample=0.25 bagging_freq=1 mvs_reg=2");
  assert_true(r->sample.strategy == ROW_MVS && r->sample.mvs_fraction == 0.25 && r->sample.mvs_lambda == 2 &&
              r->sample.bagging_freq == 0);
  assert_int_equal(resolved("bagging_freq=1 bagging_fraction=0.5")->sample.strategy, ROW_BAGGING);
  static const char *const refused[] = {
      "boosting=goss bagging_freq=1 bagging_fraction=0.5",
      "boosting=goss data_sample_strategy=mvs bagging_fraction=0.5",
      "boosting=goss data_sample_strategy=bagging",
      "data_sample_strategy=goss bagging_freq=1 objective=binary pos_bagging_fraction=0.5",
      "data_sample_strategy=goss bagging_by_query=true",
      "data_sample_strategy=goss top_rate=0.8 other_rate=0.3",
      "data_sample_strategy=goss top_rate=0",
      "data_sample_strategy=goss other_rate=0",
      "data_sample_strategy=mvs",
      "data_sample_strategy=mvs bagging_fraction=0.5 bagging_freq=2",
      "data_sample_strategy=mvs subsample=0.5 bagging_freq=1 objective=binary pos_subsample=0.5",
      "data_sample_strategy=mvs bagging_fraction=0.5 bagging_by_query=true",
      "objective=binary bagging_freq=1 neg_bagging_fraction=0.5 bagging_by_query=true"};
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
    make(refused[i]);
    if (copse_params_resolve(params, &err) != COPSE_ERR_ARGUMENT) fail_msg("%s", refused[i]);
  }
}

static void test_boosting(void **state) {
  (void)state;
  const struct resolved_params *r = resolved(
      "boosting=dart rate_drop=0.2 max_drop=7 skip_drop=0.1 xgboost_dart_mode=true uniform_drop=true "
      "drop_seed=9");
  assert_true(r->boost.boosting == BOOSTING_DART && r->boost.dart.drop_rate == 0.2 &&
              r->boost.dart.max_drop == 7 && r->boost.dart.skip_drop == 0.1 && r->boost.dart.xgboost_mode &&
              r->boost.dart.uniform && r->boost.dart.seed == 9 && !r->boost.quirks);
  r = resolved("boosting=dart seed=42 compat=lightgbm refit_decay_rate=0.3");
  assert_true(r->boost.dart.seed == 17869 && r->boost.quirks && r->boost.refit_decay_rate == 0.3);
  /* A forest needs something that tells its trees apart. */
  static const char *const forests[] = {"bagging_freq=1 bagging_fraction=0.5",
                                        "feature_fraction=0.5",
                                        "feature_fraction_bynode=0.5",
                                        "extra_trees=true",
                                        "data_sample_strategy=goss",
                                        "objective=binary bagging_freq=1 neg_bagging_fraction=0.5",
                                        "objective=focal bagging_freq=1 pos_bagging_fraction=0.5"};
  for (size_t i = 0; i < sizeof forests / sizeof forests[0]; i++) {
    char text[200];
    snprintf(text, sizeof text, "boosting=random_forest %s", forests[i]);
    assert_int_equal(resolved(text)->boost.boosting, BOOSTING_RF);
  }
  static const char *const refused[] = {
      "boosting=rf", "boosting=rf bagging_freq=1", "boosting=rf bagging_fraction=0.5",
      "boosting=rf feature_fraction=0.5 objective=custom", "boosting=dart objective=custom"};
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
    make(refused[i]);
    if (copse_params_resolve(params, &err) != COPSE_ERR_ARGUMENT) fail_msg("%s", refused[i]);
  }
}

static void test_grow_policy(void **state) {
  (void)state;
  assert_false(resolved("max_depth=3")->grow.depthwise);
  assert_true(resolved("grow_policy=depthwise")->grow.depthwise);
  assert_int_equal(resolved("grow_policy=depthwise")->grow.num_leaves, 31);
  assert_int_equal(resolved("grow_policy=levelwise max_depth=8")->grow.num_leaves, 256);
  assert_int_equal(resolved("grow_policy=depthwise max_depth=40")->grow.num_leaves, 131072);
  assert_int_equal(resolved("grow_policy=depthwise max_depth=8 num_leaves=20")->grow.num_leaves, 20);
  assert_int_equal(resolved("grow_policy=depthwise max_depth=4 num_leaves=20")->grow.num_leaves, 16);
  assert_int_equal(resolved("max_depth=8")->grow.num_leaves, 31);
}

static void test_seeds(void **state) {
  (void)state;
  static const int t0[N_SEEDS] = {175, 400, 17869, 30056, 16083, 12879};
  int seeds[N_SEEDS];
  seeds_derive(42, seeds);
  assert_memory_equal(seeds, t0, sizeof t0);
  static const int of_708[N_SEEDS] = {2350, 15415, 20623, 32671, 4309, 6642};
  seeds_derive(708, seeds);
  assert_memory_equal(seeds, of_708, sizeof of_708);
  const struct resolved_params *r = resolved("random_state=42 bagging_seed=9");
  assert_int_equal(r->bin.sample_seed, 175);
  assert_derived("data_random_seed", 175);
  assert_derived("bagging_seed", 9);
  assert_derived("drop_seed", 17869);
  assert_derived("feature_fraction_seed", 30056);
  assert_derived("objective_seed", 16083);
  assert_derived("extra_seed", 12879);
  assert_int_equal(resolved("seed=42 data_random_seed=5")->bin.sample_seed, 5);
  assert_int_equal(resolved("seed=")->bin.sample_seed, 1);
  resolved("");
  assert_derived("extra_seed", 6);
}

static void test_leaves_and_rows(void **state) {
  (void)state;
  assert_int_equal(resolved("max_depth=3")->grow.num_leaves, 8);
  assert_derived("num_leaves", 8);
  assert_int_equal(resolved("max_depth=5")->grow.num_leaves, 31);
  assert_int_equal(resolved("max_depth=60 num_leaves=131072")->grow.num_leaves, 131072);
  assert_int_equal(resolved("max_depth=0")->grow.num_leaves, 31);
  assert_int_equal(resolved("path_smooth=1 min_data_in_leaf=0")->grow.min_data_in_leaf, 2);
  assert_derived("min_data_in_leaf", 2);
  assert_int_equal(resolved("path_smooth=1 min_data_in_leaf=3")->grow.min_data_in_leaf, 3);
  const struct resolved_params *r = resolved("min_data_in_leaf=0 min_sum_hessian_in_leaf=0");
  assert_int_equal(r->grow.min_data_in_leaf, 1);
  assert_int_equal(r->bin.min_data_in_leaf, 1);
  assert_int_equal(resolved("min_data_in_leaf=0")->grow.min_data_in_leaf, 0);
}

static void test_metrics(void **state) {
  (void)state;
  assert_string_equal(resolved("objective=rmse")->metric.names[0], "l2");
  assert_string_equal(copse_params_get(params, "metric"), "l2");
  assert_string_equal(resolved("objective=binary")->metric.names[0], "binary_logloss");
  assert_string_equal(resolved("objective=binary metric=")->metric.names[0], "binary_logloss");
  const struct resolved_params *r = resolved("objective=custom");
  assert_int_equal(r->metric.n_names, 0);
  assert_true(r->metric.defaulted);
  r = resolved("metric=None");
  assert_int_equal(r->metric.n_names, 0);
  assert_false(r->metric.defaulted);
  r = resolved(
      "objective=binary metric=rmse,binary_error,accuracy,precision,recall,f1,f1_macro,precision_macro,"
      "recall_macro,l1,binary,auc,l2,mse");
  assert_int_equal(r->metric.n_names, 13);
  assert_string_equal(r->metric.names[10], "binary_logloss");
  assert_string_equal(r->metric.names[12], "l2");
  /* Without an objective of its own a predicting run may ask for any metric. */
  assert_string_equal(resolved("metric=binary_logloss")->metric.names[0], "binary_logloss");
}

static void test_conflicts(void **state) {
  (void)state;
  assert_fails("force_row_wise=1 force_col_wise=1", COPSE_ERR_ARGUMENT,
               "c:1: force_col_wise=true conflicts with force_row_wise=true: leave one of them out");
  assert_fails(
      "is_unbalance=1 scale_pos_weight=2", COPSE_ERR_ARGUMENT,
      "c:2: scale_pos_weight=2 conflicts with is_unbalance=true: both weigh the positive rows, leave one of "
      "them out");
  assert_fails(
      "raw_score=1 leaf_index=1", COPSE_ERR_ARGUMENT,
      "c:2: predict_leaf_index=true conflicts with predict_raw_score=true: predict either the one or the "
      "other");
  assert_fails(
      "objective=binary num_class=2", COPSE_ERR_ARGUMENT,
      "c:2: num_class=2 conflicts with objective=binary, which has one output: leave num_class out, or use "
      "objective=multiclass");
  assert_fails(
      "task=train num_class=3", COPSE_ERR_ARGUMENT,
      "c:2: num_class=3 conflicts with objective=regression, which has one output: leave num_class out, or "
      "use objective=multiclass");
  assert_fails("objective=softmax", COPSE_ERR_ARGUMENT,
               "c:1: objective=multiclass needs the number of classes: set num_class to 2 or more, or use "
               "objective=binary");
  assert_fails("objective=quantile alpha=1", COPSE_ERR_ARGUMENT,
               "c:2: alpha=1 conflicts with objective=quantile, where it is the quantile: set 0 < alpha < 1");
  resolved("objective=huber alpha=1.5");
  assert_fails("objective=ova num_class=3 metric=multi_logloss,auc", COPSE_ERR_ARGUMENT,
               "c:3: metric=auc conflicts with objective=multiclassova: it compares one prediction per row; "
               "choose a metric among multi_logloss, multi_error, accuracy, f1_macro");
  assert_fails("objective=custom num_class=3 metric=l2", COPSE_ERR_ARGUMENT,
               "c:3: metric=l2 conflicts with objective=custom: it compares one prediction per row; "
               "choose a metric among multi_logloss, multi_error, accuracy, f1_macro");
  assert_fails(
      "objective=binary metric=multi_error", COPSE_ERR_ARGUMENT,
      "c:2: metric=multi_error conflicts with objective=binary: it needs a prediction per class; set "
      "objective=multiclass and num_class, or choose another metric");
  assert_fails(
      "objective=custom metric=multi_error", COPSE_ERR_ARGUMENT,
      "c:2: metric=multi_error conflicts with objective=custom: it needs a prediction per class; set "
      "objective=multiclass and num_class, or choose another metric");
  assert_fails("objective=poisson metric=brier", COPSE_ERR_ARGUMENT,
               "c:2: metric=brier conflicts with objective=poisson: it needs the probability of a class; set "
               "objective=binary, or a metric among l1, l2, rmse, auc");
  resolved("objective=multiclass num_class=3 metric=multi_logloss,multi_error,kappa,mcc,brier,f1,accuracy");
  resolved("objective=cross_entropy metric=cross_entropy,auc,average_precision,l2,brier,kappa");
  resolved("objective=quantile metric=quantile,huber,poisson,r2,average_precision");
  resolved("metric=multi_logloss"); /* no objective of its own: the model's decides */
  assert_fails("metric=none,auc", COPSE_ERR_ARGUMENT,
               "c:1: metric=none,auc: none stands alone; leave it out, or leave the others out");
  assert_fails("task=train metric=auc,f1", COPSE_ERR_ARGUMENT,
               "c:2: metric=f1 conflicts with objective=regression: it needs the probability of a class; set "
               "objective=binary, or a metric among l1, l2, rmse, auc");
  assert_fails(
      "objective=mse metric=binary_error", COPSE_ERR_ARGUMENT,
      "c:2: metric=binary_error conflicts with objective=regression: it needs the probability of a class; "
      "set objective=binary, or a metric among l1, l2, rmse, auc");
  resolved("early_stopping=5 metric=none"); /* a caller may bring a metric of its own */
  assert_fails("task=train early_stopping=5 metric=none", COPSE_ERR_ARGUMENT,
               "c:2: early_stopping_round=5 has no metric to look at: set metric (for instance metric=l2 or "
               "metric=auc), or early_stopping_round=0");
  assert_fails("task=train early_stopping=5 objective=none", COPSE_ERR_ARGUMENT,
               "c:2: early_stopping_round=5 has no metric to look at: set metric (for instance metric=l2 or "
               "metric=auc), or early_stopping_round=0");
  assert_fails("format=libsvm separator=tab", COPSE_ERR_ARGUMENT,
               "c:2: separator=tab conflicts with format=libsvm: leave separator out");
  assert_fails("format=tsv separator=;", COPSE_ERR_ARGUMENT,
               "c:2: separator=; conflicts with format=tsv: leave separator out, or set format=csv");
  resolved("task=train model=m.txt"); /* goes on from it */
  resolved("format=tsv separator=tab task=predict model=m.txt early_stopping=-1 metric=none is_unbalance=1");
}

/* A ranking metric is one for each rank of eval_at, ascending and each once. */
static void test_ranks(void **state) {
  (void)state;
  const struct resolved_params *r = resolved("objective=lambdarank eval_at=10,1,10,3 seed=42");
  static const char *const names[] = {"ndcg@1", "ndcg@3", "ndcg@10"};
  static const int at[] = {1, 3, 10};
  assert_int_equal(r->metric.n_names, 3);
  for (int m = 0; m < 3; m++) {
    assert_string_equal(r->metric.names[m], "ndcg");
    assert_string_equal(r->metric.printed[m], names[m]);
    assert_int_equal(r->metric.at[m], at[m]);
  }
  assert_int_equal(r->objective.rank.seed, 16083);
  assert_int_equal(r->objective.rank.truncation, 30);
  assert_true(r->objective.rank.norm && !r->objective.rank.lightgbm_math && !r->metric.plain_empty_queries);
  r = resolved("objective=rank_xendcg metric=l2,map,ndcg label_gain=0,1,5 compat=lightgbm");
  assert_int_equal(r->metric.n_names, 11);
  assert_string_equal(r->metric.printed[0], "l2");
  assert_int_equal(r->metric.at[0], 0);
  assert_string_equal(r->metric.printed[5], "map@5");
  assert_string_equal(r->metric.printed[6], "ndcg@1");
  assert_int_equal(r->metric.n_label_gain, 3);
  assert_true(r->objective.rank.label_gain[2] == 5 && r->objective.rank.lightgbm_math &&
              r->metric.plain_empty_queries);
}

static void test_later_values(void **state) {
  (void)state;
  assert_fails("pred_early_stop=true", COPSE_ERR_UNSUPPORTED,
               "c:1: pred_early_stop=true is known to Copse but not part of this version: leave it out, set "
               "pred_early_stop=false");
  static const char *const refused[] = {
      "num_machines=2",       "device=gpu",           "device_type=cuda",
      "predict_contrib=true", "pred_early_stop=true", "task=convert_model",
      "task=save_binary",     "parser_config_file=x", "predict_disable_shape_check=1"};
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
    make(refused[i]);
    assert_int_equal(copse_params_resolve(params, &err), COPSE_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.message, "known to Copse but not part of this version"));
  }
}

static void test_linear_leaves(void **state) {
  (void)state;
  static const struct {
    const char *with, *message;
  } refused[] = {{"objective=quantile", "c:1: linear_tree=true conflicts with objective=quantile"},
                 {"objective=l1", "c:1: linear_tree=true conflicts with objective=regression_l1"},
                 {"objective=mape", "c:1: linear_tree=true conflicts with objective=mape"},
                 {"objective=quantiles", "c:1: linear_tree=true conflicts with objective=quantiles"},
                 {"zero_as_missing=true", "c:1: linear_tree=true conflicts with zero_as_missing=true"},
                 {"monotone_constraints=0,1", "c:1: linear_tree=true conflicts with monotone_constraints"}};
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
    char text[100];
    snprintf(text, sizeof text, "linear_tree=true %s", refused[i].with);
    make(text);
    assert_int_equal(copse_params_resolve(params, &err), COPSE_ERR_ARGUMENT);
    assert_non_null(strstr(err.message, refused[i].message));
    resolved(refused[i].with); /* alone it stands */
  }
  const struct resolved_params *r = resolved("linear_trees=1 linear_lambda=0.5 monotone_constraints=0,0");
  assert_true(r->grow.linear.on && r->bin.keep_values);
  assert_true(r->grow.linear.lambda == 0.5);
  assert_false(resolved("linear_lambda=0.5")->grow.linear.on);
}

static void test_interaction_groups(void **state) {
  (void)state;
  static const char *const bad[] = {"0,1", "[0,1", "[0,1]]", "[0,,1]", "[]", "[0][1]", "[0],", "[0,[1]]"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    char text[100];
    snprintf(text, sizeof text, "interaction_constraints=%s", bad[i]);
    make(text);
    assert_int_equal(copse_params_resolve(params, &err), COPSE_ERR_ARGUMENT);
    assert_non_null(strstr(err.message, "expected groups of feature numbers or names, as in [0,1],[2,3]"));
  }
  resolved("interaction_constraints=[0,1],[2,age],[x]");
}

static void test_values_that_change_nothing(void **state) {
  (void)state;
  resolved("bagging_freq=5 bagging_fraction=1.0 feature_fraction=1");
  resolved("bagging_freq=0 bagging_fraction=0.8 pos_bagging_fraction=0.5");
  resolved("bagging_freq=2 pos_bagging_fraction=0.5 objective=regression");
  resolved("num_machines=1 machine_list_file=mlist.txt local_listen_port=9 machines=a:1 tree_learner=voting");
  resolved(
      "drop_rate=0.5 skip_drop=0 max_drop=3 xgboost_dart_mode=true uniform_drop=true drop_seed=8 "
      "top_rate=0.3");
  resolved("monotone_constraints=0,0,0 feature_contri=1,1 cegb_penalty_feature_lazy=0,0 snapshot_freq=0");
  resolved(
      "deterministic=1 force_col_wise=1 two_round=1 pre_partition=1 is_sparse=0 enable_bundle=0 "
      "precise_float_parser=1");
  resolved("alpha=0.3 fair_c=2 gpu_use_dp=1 eval_at=3,1 pred_early_stop_freq=3 convert_model=x.cpp");
  /* A stronger source takes a refused value back. */
  make("objective=gamma pred_early_stop=true");
  assert_int_equal(copse_params_set(params, "objective", "binary", COPSE_SOURCE_COMMAND, &err), COPSE_OK);
  assert_int_equal(copse_params_set(params, "pred_early_stop", "0", COPSE_SOURCE_COMMAND, &err), COPSE_OK);
  assert_int_equal(copse_params_resolve(params, &err), COPSE_OK);
}

/* Whatever the table says comes later is refused or has a neutral value; whatever is inert resolves. */
static void test_support_column_holds(void **state) {
  (void)state;
  for (int id = 0; id < PARAM_COUNT; id++) {
    const struct param_row *row = &param_rows[id];
    const char *other = row->type == TYPE_BOOL ? (strcmp(row->default_text, "true") == 0 ? "false" : "true")
                        : row->type == TYPE_DOUBLE  ? (row->range.min >= 1 ? "1.25" : "0.5")
                        : row->type == TYPE_DOUBLES ? "0.5"
                        : row->type == TYPE_STRING  ? "x"
                                                    : "1";
    if (row->support == COPSE_SUPPORT_FULL || row->type == TYPE_ENUM || id == PARAM_num_machines) continue;
    copse_params_free(params);
    assert_int_equal(copse_params_create(NULL, &params, &err), COPSE_OK);
    assert_int_equal(copse_params_set(params, "bagging_freq", "1", COPSE_SOURCE_FILE, &err), COPSE_OK);
    assert_int_equal(copse_params_set(params, "objective", "binary", COPSE_SOURCE_FILE, &err), COPSE_OK);
    assert_int_equal(copse_params_set(params, row->name, other, COPSE_SOURCE_COMMAND, &err), COPSE_OK);
    assert_int_equal(copse_params_resolve(params, &err),
                     row->support == COPSE_SUPPORT_LATER ? COPSE_ERR_UNSUPPORTED : COPSE_OK);
  }
}

static void test_compat(void **state) {
  (void)state;
  const struct resolved_params *r = resolved("compat=LightGBM");
  assert_true(r->grow.compat.hessian_counts && r->grow.compat.inherit_unsplittable &&
              r->grow.compat.forward_skips_bin0 && r->grow.compat.keep_limits &&
              r->grow.compat.linear_counts && r->grow.compat.keep_all_rounds &&
              r->objective.percentile == PERCENTILE_LIGHTGBM46 && r->boost.keep_all_rounds);
  assert_int_equal(r->bin.sample_count, 200000);
  assert_derived("bin_construct_sample_cnt", 200000);
  assert_string_equal(copse_params_get(params, "leaf_counts"), "hessian");
  r = resolved("compat=lightgbm bin_construct_sample_cnt=500 leaf_counts=hessian");
  assert_int_equal(r->bin.sample_count, 500);
  assert_int_equal(resolved("compat=lightgbm4.6")->objective.percentile, PERCENTILE_LIGHTGBM46);
  r = resolved("compat=lightgbm4.7 use_quantized_grad=true");
  assert_true(r->objective.percentile == PERCENTILE_LIGHTGBM47 && r->grow.compat.hessian_counts &&
              r->boost.quirks && r->grow.quant.levels == 4);
  assert_string_equal(copse_params_get(params, "compat"), "lightgbm4.7");
  assert_false(resolved("")->grow.quant.on);
  r = resolved("use_quantized_grad=true");
  assert_true(r->grow.quant.on && r->grow.quant.stochastic && !r->grow.quant.renew_leaf);
  assert_int_equal(r->grow.quant.levels, 65534);
  assert_string_equal(copse_params_get(params, "num_grad_quant_bins"), "65534");
  assert_string_equal(copse_params_get(params, "leaf_counts"), "hessian");
  assert_int_equal(resolved("use_quantized_grad=true compat=lightgbm")->grow.quant.levels, 4);
  assert_int_equal(resolved("use_quantized_grad=true num_grad_quant_bins=14")->grow.quant.levels, 14);
  r = resolved("leaf_counts=hessian");
  assert_true(r->grow.compat.hessian_counts);
  assert_false(r->grow.compat.inherit_unsplittable || r->grow.compat.forward_skips_bin0 ||
               r->grow.compat.keep_all_rounds || r->boost.keep_all_rounds);
  assert_int_equal(r->bin.sample_count, 0);
  assert_true(resolved("use_quantized_grad=true leaf_counts=exact")->grow.quant.exact_counts);
  assert_string_equal(copse_params_get(params, "leaf_counts"), "exact");
  assert_false(resolved("use_quantized_grad=true")->grow.quant.exact_counts);
  assert_fails("use_quantized_grad=true objective=binary leaf_counts=exact", COPSE_ERR_ARGUMENT,
               "c:3: leaf_counts=exact conflicts with use_quantized_grad=true and objective=binary: packed "
               "histograms have room for counts only where all hessians are 1: leave one of them out");
  assert_fails(
      "compat=lightgbm4.7 leaf_counts=exact", COPSE_ERR_ARGUMENT,
      "c:2: leaf_counts=exact conflicts with compat=lightgbm4.7, which estimates leaf counts from hessians: "
      "leave one of them out");
}

static void test_set_after_resolve(void **state) {
  (void)state;
  resolved("max_depth=2");
  assert_derived("num_leaves", 4);
  assert_int_equal(copse_params_set(params, "max_depth", "3", COPSE_SOURCE_COMMAND, &err), COPSE_OK);
  assert_derived("num_leaves", 8);
  assert_int_equal(copse_params_set(params, "pred_early_stop", "1", COPSE_SOURCE_COMMAND, &err), COPSE_OK);
  const struct resolved_params *out = NULL;
  for (int i = 0; i < 2; i++) { /* the failure is kept, and told each time */
    err.message[0] = '\0';
    assert_int_equal(params_resolved(params, &out, &err), COPSE_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.message, "pred_early_stop=true"));
    assert_null(out);
  }
  assert_int_equal(copse_params_resolve(params, NULL), COPSE_ERR_UNSUPPORTED);
  assert_string_equal(copse_params_get(params, "num_leaves"), "31"); /* nothing is derived then */
}

static void read_it(void *user, size_t chunk, int thread) {
  (void)thread;
  int *good = user;
  const struct resolved_params *out;
  copse_error local;
  good[chunk] = params_resolved(params, &out, &local) == COPSE_OK && out->grow.num_leaves == 4 &&
                copse_params_get_int(params, "num_leaves") == 4;
}

static void test_const_calls_from_threads(void **state) {
  (void)state;
  for (int round = 0; round < 20; round++) {
    make("max_depth=2");
    int good[8] = {0};
    copse_parallel_for(4, 8, read_it, good);
    for (int i = 0; i < 8; i++) assert_int_equal(good[i], 1);
  }
}

static void test_model_block(void **state) {
  (void)state;
  resolved(
      "objective=binary metric=auc,binary learning_rate=0.05 num_threads=7 data=a.csv max_depth=3 seed=42 "
      "boost_from_average=0 bagging_fraction=0.5 label=name:y categorical_feature=auto");
  copse_text text = {0};
  params_write_model_block(params, &text);
  assert_false(text.failed);
  static const char begin[] =
      "[boosting: gbdt]\n[objective: binary]\n[metric: auc,binary_logloss]\n[data_sample_strategy: bagging]\n"
      "[num_iterations: 100]\n[learning_rate: 0.05]\n[num_leaves: 8]\n[seed: 42]\n[max_depth: 3]\n"
      "[min_data_in_leaf: 20]\n[min_sum_hessian_in_leaf: 0.001]\n";
  assert_memory_equal(text.data, begin, sizeof begin - 1);
  assert_non_null(strstr(text.data, "\n[data_random_seed: 175]\n"));
  assert_non_null(strstr(text.data, "\n[boost_from_average: 0]\n"));
  assert_non_null(strstr(text.data, "\n[bagging_fraction: 0.5]\n"));
  assert_non_null(strstr(text.data, "\n[use_missing: 1]\n"));
  static const char *const absent[] = {
      "num_threads",         "[data: ",      "verbosity",
      "output_model",        "refit_decay",  "predict_",
      "leaf_counts",         "compat",       "header",
      "histogram_pool_size", "label_column", "categorical_feature" /* values LightGBM cannot read */};
  for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++) assert_null(strstr(text.data, absent[i]));
  copse_text_release(&text);
  resolved("compat=lightgbm");
  params_write_model_block(params, &text);
  assert_non_null(strstr(text.data, "\n[leaf_counts: hessian]\n[compat: lightgbm]\n"));
  assert_null(strstr(text.data, "saved_feature_importance_type"));
  copse_text_release(&text);
  resolved("saved_feature_importance_type=1"); /* what the model file says of the trees, not the trees */
  params_write_model_block(params, &text);
  assert_non_null(strstr(text.data, "\n[saved_feature_importance_type: 1]\n"));
  copse_text_release(&text);
  params_write_config(params, &text);
  assert_null(strstr(text.data, "saved_feature_importance_type"));
  copse_text_release(&text);
}

/* Reading a written configuration back gives the same configuration. */
static void test_config_round_trip(void **state) {
  (void)state;
  resolved(
      "objective=binary metric=auc,f1 learning_rate=0.30000000000000004 max_bin_by_feature=3,4 "
      "leaf_counts=hessian "
      "missing_values=?,NA seed=7 early_stopping=3 max_depth=2 has_header=1");
  copse_text first = {0}, second = {0};
  params_write_config(params, &first);
  assert_false(first.failed);
  assert_non_null(strstr(first.data, "\nlearning_rate=0.30000000000000004\nnum_leaves=4\n"));
  assert_non_null(strstr(first.data, "\nleaf_counts=hessian\ncompat=none\n"));
  assert_non_null(strstr(first.data, "\nheader=true\n"));
  copse_params *back;
  assert_int_equal(copse_params_create(NULL, &back, &err), COPSE_OK);
  assert_int_equal(copse_params_parse(back, first.data, first.length, "m", COPSE_SOURCE_FILE, &err),
                   COPSE_OK);
  assert_int_equal(copse_params_resolve(back, &err), COPSE_OK);
  params_write_config(back, &second);
  assert_string_equal(first.data, second.data);
  copse_params_free(back);
  copse_text_release(&first);
  copse_text_release(&second);
}

static int teardown(void **state) {
  (void)state;
  copse_params_free(params);
  params = NULL;
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_defaults),
      cmocka_unit_test(test_every_field_is_filled),
      cmocka_unit_test(test_objectives),
      cmocka_unit_test(test_sampling),
      cmocka_unit_test(test_row_strategies),
      cmocka_unit_test(test_boosting),
      cmocka_unit_test(test_grow_policy),
      cmocka_unit_test(test_seeds),
      cmocka_unit_test(test_leaves_and_rows),
      cmocka_unit_test(test_metrics),
      cmocka_unit_test(test_conflicts),
      cmocka_unit_test(test_ranks),
      cmocka_unit_test(test_quantiles),
      cmocka_unit_test(test_several_labels),
      cmocka_unit_test(test_later_values),
      cmocka_unit_test(test_linear_leaves),
      cmocka_unit_test(test_interaction_groups),
      cmocka_unit_test(test_values_that_change_nothing),
      cmocka_unit_test(test_support_column_holds),
      cmocka_unit_test(test_compat),
      cmocka_unit_test(test_set_after_resolve),
      cmocka_unit_test(test_const_calls_from_threads),
      cmocka_unit_test(test_model_block),
      cmocka_unit_test(test_config_round_trip),
  };
  return cmocka_run_group_tests(tests, NULL, teardown);
}
