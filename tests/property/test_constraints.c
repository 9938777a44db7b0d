/* What constraints promise, on data with missing values, ties and categories: models are in order, and that
 * can be proved; and they are a function of data and parameters alone. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "draw.h"
#include "mixed_data.h"
#include "testing.h"
#include "tiers.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
enum { FEATURES = 6 };

struct rows {
  struct small_data data;
  double *x;
  float *label, *classes;
  bool categorical[FEATURES];
};

/* Columns: tied numbers, missing values, many zeros, few values with missing ones, a plain number,
 * categories. */
static double cell(struct draw *draw, int column) {
  double u = draw_uniform(draw);
  switch (column) {
    case 0: return floor(u * 40) - 20;
    case 1: return u < 0.2 ? NAN : u * 10 - 6;
    case 2: return u < 0.6 ? 0 : u * 8 - 6;
    case 3: return u < 0.1 ? NAN : floor(u * 5);
    case 4: return u * 2 - 1;
    default: return floor(u * 9);
  }
}

static struct rows make_rows(uint64_t n, uint64_t seed) {
  struct draw draw = {seed, 0};
  struct rows out = {.categorical = {[5] = true}};
  out.x = copse_alloc(NULL, n * FEATURES, sizeof *out.x);
  out.label = copse_alloc(NULL, n, sizeof *out.label);
  out.classes = copse_alloc(NULL, n, sizeof *out.classes);
  for (uint64_t i = 0; i < n; i++) {
    double *x = out.x + i * FEATURES;
    for (int c = 0; c < FEATURES; c++) x[c] = cell(&draw, c);
    double y = sin(x[0] / 3) + (isnan(x[1]) ? 1 : x[1] * x[4] / 4) + (x[2] > 0 ? x[0] / 9 : 0) +
               (isnan(x[3]) ? -1 : x[3] / 2) + (x[5] > 6 ? x[4] : 0) + draw_uniform(&draw);
    out.label[i] = (float)y;
    out.classes[i] = y > 1;
  }
  out.data = (struct small_data){
      .n_rows = n, .n_features = FEATURES, .x = out.x, .label = out.label, .categorical = NULL};
  return out;
}

static void free_rows(struct rows *rows) {
  copse_free(rows->x);
  copse_free(rows->label);
  copse_free(rows->classes);
}

#define GROW "verbosity=-1 learning_rate=0.3 num_leaves=15 min_data_in_leaf=5 "
#define ORDER "monotone_constraints=1,-1,1,1,0,0 "
#define METHOD(m) "monotone_constraints_method=" m " "

/* ---- order ---- */

struct tally {
  int n[3];
  copse_verification last;
  double scores[4];
};

static void count_verdict(void *user, const copse_verification *result) {
  struct tally *tally = user;
  tally->n[result->verdict]++;
  tally->last = *result;
  if (result->n_rows > 0) memcpy(tally->scores, result->scores, (size_t)result->n_rows * sizeof(double));
}

static struct tally verify(const copse_model *model, uint64_t steps) {
  copse_error err;
  struct tally tally = {0};
  assert_int_equal(copse_model_verify(model, steps, count_verdict, &tally, &err), COPSE_OK);
  return tally;
}

/* Rows that differ in one constrained feature alone, neither value missing. */
static void check_order(copse_model *model, bool zero_missing, const char *what) {
  static const int signs[FEATURES] = {1, -1, 1, 1, 0, 0};
  struct draw draw = {77, 0};
  copse_error err;
  copse_predictor *predictor;
  assert_int_equal(copse_predictor_create(NULL, model, COPSE_PREDICT_RAW, 0, -1, &predictor, &err), COPSE_OK);
  for (int i = 0; i < 4000; i++) {
    double row[FEATURES], other[FEATURES], before, after;
    for (int c = 0; c < FEATURES; c++) row[c] = cell(&draw, c);
    int f = i % 4;
    memcpy(other, row, sizeof row);
    other[f] = cell(&draw, f);
    if (isnan(row[f]) || isnan(other[f]) || (zero_missing && (row[f] == 0 || other[f] == 0))) continue;
    copse_predictor_row(predictor, row, &before);
    copse_predictor_row(predictor, other, &after);
    double rise = signs[f] * (after - before) * (other[f] > row[f] ? 1 : -1);
    if (other[f] != row[f] && rise < 0) fail_msg("%s: feature %d breaks its order by %g", what, f, rise);
  }
  copse_predictor_free(predictor);
}

static void models_are_in_order(void **state) {
  (void)state;
  static const char *const methods[] = {METHOD("basic"), METHOD("intermediate"), METHOD("advanced")};
  static const struct {
    const char *params;
    bool classes;
  } cases[] = {{"objective=regression ", false},
               {"objective=binary ", true},
               {"objective=regression_l1 ", false},
               {"objective=quantile alpha=0.3 bagging_fraction=0.7 bagging_freq=1 ", false},
               {"path_smooth=4 lambda_l1=0.3 lambda_l2=2 ", false},
               {"max_delta_step=0.4 max_bin=12 ", false},
               {"use_quantized_grad=true quant_train_renew_leaf=true ", false},
               {"objective=binary use_quantized_grad=true num_grad_quant_bins=6 ", true},
               {"extra_trees=true feature_fraction_bynode=0.7 monotone_penalty=0.5 ", false},
               {"zero_as_missing=true ", false},
               {"leaf_counts=hessian histogram_pool_size=0.01 ", false},
               {"compat=lightgbm ", false},
               {"cegb_penalty_feature_coupled=1,1,1,1,1,1 cegb_penalty_feature_lazy=.01,0,0,0,0,.02 "
                "interaction_constraints=[0,1,2],[2,3,4,5] feature_contri=1,1,1,1,.5,1 ",
                false}};
  struct rows rows = make_rows(900, 5);
  rows.data.categorical = rows.categorical;
  for (size_t m = 0; m < COUNT(methods); m++)
    for (size_t c = 0; c < COUNT(cases); c++) {
      /* LightGBM's own limits are in no order where values are missing, as here. */
      if (m > 0 && strstr(cases[c].params, "compat=") != NULL) continue;
      char params[512];
      snprintf(params, sizeof params, "%s%s" ORDER GROW "num_iterations=6 ", methods[m], cases[c].params);
      rows.data.label = cases[c].classes ? rows.classes : rows.label;
      copse_model *model = small_train(&rows.data, params);
      struct tally tally = verify(model, 0);
      int n = 4 + (strstr(params, "interaction") != NULL);
      if (tally.n[COPSE_PROVED] != n || tally.n[COPSE_REFUTED] + tally.n[COPSE_UNDECIDED] != 0)
        fail_msg("%s: %d proved, %d broken, %d not proved", params, tally.n[0], tally.n[1], tally.n[2]);
      check_order(model, strstr(params, "zero_as_missing") != NULL, params);
      copse_model_free(model);
    }
  free_rows(&rows);
}

/* The freer a method, the better it fits. */
static void freer_methods_fit_better(void **state) {
  (void)state;
  static const char *const methods[] = {METHOD("basic"), METHOD("intermediate"), METHOD("advanced")};
  struct rows rows = make_rows(3000, 6);
  double squares[3] = {0};
  for (size_t m = 0; m < COUNT(methods); m++) {
    char params[512];
    snprintf(params, sizeof params, "%smonotone_constraints=1,1,0,1,0,0 " GROW "num_iterations=30 ",
             methods[m]);
    copse_model *model = small_train(&rows.data, params);
    for (uint64_t i = 0; i < rows.data.n_rows; i++) {
      double miss = small_predict(model, COPSE_PREDICT_RAW, rows.x + i * FEATURES) - (double)rows.label[i];
      squares[m] += miss * miss;
    }
    copse_model_free(model);
  }
  assert_true(squares[1] < squares[0]);
  assert_true(squares[2] < squares[1]);
  free_rows(&rows);
}

/* ---- verification of models that break what they say ---- */

static copse_model *restate(copse_model *model, const char *monotone, const char *groups) {
  copse_error err;
  assert_int_equal(model_set_text(NULL, &model->monotone_constraints, monotone, strlen(monotone), &err),
                   COPSE_OK);
  char config[200];
  snprintf(config, sizeof config, "a=1\ninteraction_constraints=%s\nb=2\n", groups);
  assert_int_equal(model_set_text(NULL, &model->config, config, strlen(config), &err), COPSE_OK);
  return model;
}

static void broken_promises_are_found(void **state) {
  (void)state;
  struct rows rows = make_rows(900, 7);
  copse_model *model = restate(small_train(&rows.data, GROW "num_iterations=5"), "1 0 0 0 0 0", "");
  struct tally tally = verify(model, 0);
  assert_int_equal(tally.n[COPSE_REFUTED], 1);
  assert_int_equal(tally.last.feature, 0);
  assert_true(tally.scores[1] < tally.scores[0]);
  restate(model, "", "[0,1],[2,3],[4,5]");
  tally = verify(model, 0);
  assert_int_equal(tally.n[COPSE_REFUTED], 1);
  assert_true(tally.last.interaction && tally.last.n_rows == 4);
  assert_true(fabs(tally.scores[0] - tally.scores[1] - tally.scores[2] + tally.scores[3]) > 1e-9);
  restate(model, "", "[1,2,3,4,5]");
  tally = verify(model, 0);
  assert_int_equal(tally.n[COPSE_REFUTED], 1);
  assert_int_equal(tally.last.feature, 0);
  assert_int_equal(tally.last.n_rows, 2);
  assert_true(tally.scores[0] != tally.scores[1]);
  /* Too little time is no verdict. */
  restate(model, "1 0 0 0 0 0", "[1,2,3,4,5]");
  tally = verify(model, 1);
  assert_int_equal(tally.n[COPSE_UNDECIDED], 2);
  restate(model, "", "");
  tally = verify(model, 0);
  assert_int_equal(tally.n[0] + tally.n[1] + tally.n[2], 0);
  copse_model_free(model);
  free_rows(&rows);
}

/* ---- the same model ---- */

#define COSTS "cegb_penalty_feature_coupled=9,0,5,3,2,8 cegb_penalty_feature_lazy=0,.01,.02,0,.01,0 "

static const char *const settings[] = {
    METHOD("basic") ORDER,
    METHOD("intermediate") ORDER "monotone_penalty=0.7 ",
    METHOD("advanced") ORDER "objective=regression_l1 ",
    METHOD("advanced") ORDER "compat=lightgbm use_quantized_grad=true quant_train_renew_leaf=true ",
    "interaction_constraints=[0,1,2],[3],[4,5,0] feature_contri=1,.5,1,1,2,1 feature_fraction_bynode=0.8 ",
    COSTS "cegb_penalty_split=.001 bagging_fraction=.7 bagging_freq=1 "};

static char *train_forced(copse_dataset *set, const char *text, const struct kernels *kernels) {
  static const copse_forced_split splits[] = {{4, 0.1, 1, -1}, {5, 3, -1, 2}, {1, 0, -1, -1}};
  copse_error err;
  copse_booster *booster;
  copse_params *params = small_params(text);
  if (strstr(text, "interaction") == NULL)
    assert_int_equal(copse_params_set_forced_splits(params, splits, COUNT(splits), &err), COPSE_OK);
  if (copse_booster_create(NULL, set, params, &booster, &err) != COPSE_OK) fail_msg("%s", err.message);
  if (kernels != NULL) booster->workspace.kernels = booster->objective.kernels = kernels;
  for (int round = 0; round < 4; round++)
    if (copse_booster_step(booster, NULL, &err) != COPSE_OK) fail_msg("%s", err.message);
  /* A round taken back and made again is the same round. */
  if (copse_booster_rollback(booster, &err) != COPSE_OK) fail_msg("%s", err.message);
  if (copse_booster_step(booster, NULL, &err) != COPSE_OK) fail_msg("%s", err.message);
  char *trees = booster_trees(booster);
  copse_booster_free(booster);
  copse_params_free(params);
  return trees;
}

static void threads_tiers_and_memory_change_nothing(void **state) {
  (void)state;
  static const char *const ways[] = {"num_threads=1 ", "num_threads=2 ", "num_threads=3 ", "num_threads=8 ",
                                     "num_threads=2 histogram_pool_size=0.05 "};
  struct rows rows = make_rows(20000, 8);
  rows.data.categorical = rows.categorical;
  for (size_t s = 0; s < COUNT(settings); s++) {
    char *first = NULL, params[512];
    copse_params *bins = small_params("");
    copse_dataset *set = small_dataset(&rows.data, bins, NULL);
    copse_params_free(bins);
    for (size_t w = 0; w < COUNT(ways); w++) {
      snprintf(params, sizeof params, "%s%s" GROW, ways[w], settings[s]);
      FOR_EACH_TIER(k) {
        if (w != 1 && k != kernels_of_tier(CPU_SCALAR)) continue;
        char *trees = train_forced(set, params, k);
        if (first == NULL) {
          first = trees;
          assert_non_null(strstr(first, "Tree=3"));
          continue;
        }
        if (strcmp(trees, first) != 0) fail_msg("another model: %s", params);
        copse_free(trees);
      }
    }
    copse_free(first);
    copse_dataset_free(set);
  }
  free_rows(&rows);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(models_are_in_order), cmocka_unit_test(freer_methods_fit_better),
      cmocka_unit_test(broken_promises_are_found), cmocka_unit_test(threads_tiers_and_memory_change_nothing)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
