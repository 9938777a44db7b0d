/* Bundles change no bit of a model: the same data with enable_bundle on and off, in every layout, give the
 * same trees, and rows that the training set did not have are scored by the same bins. */
#include <stdio.h>
#include <string.h>

#include "checks.h"
#include "mixed_data.h"
#include "sparse_data.h"
#include "tiers.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define SMALL \
  "verbosity=-1 min_data_in_leaf=5 min_data_in_bin=1 learning_rate=0.3 num_leaves=20 num_iterations=3 "

static const struct setting {
  const char *params;
  uint64_t n_rows;
  bool weighted, binary;
} settings[] = {
    {SMALL, 3000, false, false},                                       /* counts by shift */
    {"min_data_per_group=2 cat_smooth=1 " SMALL, 3000, true, false},   /* counts beside the hessians */
    {"objective=binary " SMALL, 40000, false, true},                   /* several spills, joint cells */
    {"objective=binary num_threads=2 " SMALL, 70000, true, true},      /* rows cut between threads */
    {"objective=binary leaf_counts=hessian " SMALL, 3000, true, true}, /* estimated counts */
    {"zero_as_missing=true " SMALL, 3000, true, false},
    {"compat=lightgbm zero_as_missing=true objective=binary " SMALL, 3000, true, true},
    {"compat=lightgbm " SMALL, 3000, true, false},
    {"use_quantized_grad=true objective=binary " SMALL, 40000, true, true}, /* packed sums */
    {"use_missing=false " SMALL, 3000, false, false},
    {"bagging_freq=1 bagging_fraction=0.5 feature_fraction=0.6 feature_fraction_bynode=0.7 "
     "extra_trees=true " SMALL,
     40000, true, false},
    {"max_cat_to_onehot=10 max_bin=15 histogram_pool_size=0.001 " SMALL, 3000, true, false},
    {"bin_construct_sample_cnt=300 min_data_per_group=2 " SMALL, 3000, false, false}, /* meetings unseen */
};

static void set_fields(const struct setting *s, const struct sparse_data *data, copse_dataset *set) {
  copse_error err;
  must(copse_dataset_set(set, COPSE_LABEL, s->binary ? data->class_label : data->label, data->n_rows, &err),
       &err);
  if (s->weighted) must(copse_dataset_set(set, COPSE_WEIGHT, data->weight, data->n_rows, &err), &err);
}

struct result {
  char *trees;
  double *valid_scores;
  uint64_t n_scores;
  uint32_t n_carriers, n_columns;
};

static struct result train(const struct setting *s, const struct sparse_data *data, const copse_table *table,
                           const struct sparse_data *valid, bool bundle, const struct kernels *kernels) {
  copse_error err;
  char text[512];
  snprintf(text, sizeof text, "enable_bundle=%s %s", bundle ? "true" : "false", s->params);
  copse_params *params = small_params(text);
  copse_dataset *set, *other;
  must(copse_dataset_from_table(NULL, table, NULL, data->categorical, params, NULL, &set, &err), &err);
  set_fields(s, data, set);
  must(copse_dataset_from_table(NULL, &valid->csr, NULL, NULL, params, copse_dataset_schema(set), &other,
                                &err),
       &err);
  set_fields(s, valid, other);
  copse_booster *booster;
  must(copse_booster_create(NULL, set, params, &booster, &err), &err);
  if (kernels != NULL) booster->workspace.kernels = booster->objective.kernels = kernels;
  must(copse_booster_add_valid(booster, set, "training rows", &err), &err);
  must(copse_booster_add_valid(booster, other, "other rows", &err), &err);
  copse_model *model;
  must(copse_train(booster, params, NULL, NULL, &model, NULL, &err), &err);
  struct result result = {
      .trees = model_trees(model), .n_carriers = set->binned.n_carriers, .n_columns = set->binned.n_columns};
  const double *training = copse_booster_scores(booster, 0, &result.n_scores);
  assert_memory_equal(training, copse_booster_scores(booster, 1, NULL), result.n_scores * sizeof *training);
  const double *scores = copse_booster_scores(booster, 2, &result.n_scores);
  result.valid_scores = copse_alloc(NULL, result.n_scores, sizeof *scores);
  memcpy(result.valid_scores, scores, result.n_scores * sizeof *scores);
  copse_model_free(model);
  copse_booster_free(booster);
  copse_dataset_free(set);
  copse_dataset_free(other);
  copse_params_free(params);
  return result;
}

static void result_free(struct result *result) {
  copse_free(result->trees);
  copse_free(result->valid_scores);
}

static void check(const struct setting *s, uint64_t seed) {
  struct sparse_data data = sparse_data_make(s->n_rows, 1000, seed);
  struct sparse_data valid = sparse_data_make(500, 50, seed + 1); /* with rows that meet */
  struct result plain = train(s, &data, &data.csr, &valid, false, NULL);
  assert_int_equal(plain.n_carriers, plain.n_columns);
  assert_non_null(strstr(plain.trees, "num_leaves=20"));
  const copse_table *tables[] = {&data.rows, &data.csr, &data.csc};
  for (size_t t = 0; t < COUNT(tables); t++) {
    struct result bundled = train(s, &data, tables[t], &valid, true, NULL);
    assert_true(bundled.n_carriers + 20 < bundled.n_columns);
    assert_string_equal(bundled.trees, plain.trees);
    assert_memory_equal(bundled.valid_scores, plain.valid_scores, plain.n_scores * sizeof(double));
    result_free(&bundled);
  }
  struct result scalar = train(s, &data, &data.csr, &valid, true, kernels_of_tier(CPU_SCALAR));
  assert_string_equal(scalar.trees, plain.trees);
  result_free(&scalar);
  result_free(&plain);
  sparse_data_free(&data);
  sparse_data_free(&valid);
}

static void bundles_change_no_bit(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(settings); i++) check(&settings[i], 40 + 2 * i);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(bundles_change_no_bit)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
