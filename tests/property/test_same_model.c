/* The model is a function of data, parameters and seed only: not of threads, CPU tier, memory for histograms,
 * or how rows were cut into pushes. */
#include <stdio.h>
#include <string.h>

#include "checks.h"
#include "mixed_data.h"
#include "predict/predictor.h"
#include "tiers.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

struct setting {
  const char *params;
  uint64_t n_rows;
  uint32_t n_features;
  bool weighted, binary;
};

#define SMALL "verbosity=-1 min_data_in_leaf=5 learning_rate=0.3 num_leaves=15 num_iterations=2 "

/* Large enough for every loop that is cut between threads to be cut: rows for gradients, histograms by rows
 * and partition; columns for histograms by blocks and the split search. */
static const struct setting settings[] = {
    {SMALL, 70000, 14, false, false},
    {"compat=lightgbm objective=binary max_bin=1000 " SMALL, 66000, 7, true, true},
    {"max_bin=1023 min_data_in_bin=1 " SMALL, 1500, 130, true, false},
    {"min_data_per_group=2 cat_smooth=1 " SMALL, 700, 150, true, false},
    {"compat=lightgbm " SMALL, 900, 40, true, false},
    {"use_quantized_grad=true objective=binary " SMALL, 70000, 14, false, true},
    {"use_quantized_grad=true num_grad_quant_bins=6 quant_train_renew_leaf=true max_bin=1000 " SMALL, 66000,
     7, true, false},
    {"boosting=goss learning_rate=1.5 " SMALL, 70000, 14, false, false},
    {"data_sample_strategy=mvs bagging_fraction=0.4 objective=binary use_quantized_grad=true " SMALL, 66000,
     7, true, true},
    {"boosting=rf bagging_freq=1 bagging_fraction=0.6 objective=binary " SMALL, 66000, 7, true, true},
    {"boosting=rf data_sample_strategy=goss max_bin=1000 use_quantized_grad=true " SMALL, 66000, 7, true,
     false},
    {"boosting=dart drop_rate=0.7 skip_drop=0 num_iterations=5 objective=binary " SMALL, 66000, 7, true,
     true},
    {"boosting=dart drop_rate=0.7 skip_drop=0.2 xgboost_dart_mode=true num_iterations=5 "
     "use_quantized_grad=true data_sample_strategy=goss learning_rate=0.7 " SMALL,
     66000, 7, false, false},
    {"grow_policy=depthwise " SMALL, 70000, 14, false, false},
    /* enough rows to be laid out anew, see cluster.h */
    {"boosting=dart drop_rate=0.9 skip_drop=0 num_iterations=4 data_sample_strategy=goss "
     "learning_rate=0.7 " SMALL,
     140000, 7, false, false},
    {"boosting=rf bagging_freq=1 bagging_fraction=0.6 num_iterations=3 objective=binary " SMALL, 140000, 7,
     false, true},
};

/* Gives the booster a tier of the test's choice. */
static void force_tier(copse_booster *booster, const struct kernels *kernels) {
  booster->workspace.kernels = booster->objective.kernels = kernels;
}

struct variant {
  const char *params;            /* put in front of the setting's */
  const struct kernels *kernels; /* NULL: the booster's own */
};

struct result {
  char *trees;
  uint64_t fingerprint;
};

static struct result run(const struct setting *s, copse_dataset *set, struct variant variant) {
  copse_error err;
  copse_booster *booster;
  copse_model *model;
  char text[512];
  strcpy(text, variant.params);
  strcat(text, s->params);
  copse_params *params = small_params(text);
  must(copse_booster_create(NULL, set, params, &booster, &err), &err);
  must(copse_booster_add_valid(booster, set, "v", &err), &err); /* scored by bins, not by the partition */
  if (variant.kernels != NULL) force_tier(booster, variant.kernels);
  must(copse_train(booster, params, NULL, NULL, &model, NULL, &err), &err);
  uint64_t n;
  const double *training = copse_booster_scores(booster, 0, &n);
  assert_memory_equal(training, copse_booster_scores(booster, 1, NULL), n * sizeof *training);
  struct result result = {model_trees(model), copse_model_fingerprint(model)};
  copse_model_free(model);
  copse_booster_free(booster);
  copse_params_free(params);
  return result;
}

static size_t tier_variants(struct variant variants[CPU_N_TIERS]) {
  size_t n = 0;
  FOR_EACH_TIER(k) variants[n++] = (struct variant){"num_threads=2 ", k};
  return n;
}

static void check_variants(const struct variant *variants, size_t n_variants, const struct setting *tried,
                           size_t n_settings) {
  for (size_t i = 0; i < n_settings; i++) {
    const struct setting *s = &tried[i];
    struct mixed_data mixed = mixed_data_make(s->n_rows, s->n_features, 100 + i);
    if (s->weighted) mixed.data.weight = mixed.weight;
    if (s->binary) mixed.data.label = mixed.class_label;
    copse_params *params = small_params(s->params);
    copse_dataset *set = small_dataset(&mixed.data, params, NULL);
    struct result first = {0};
    for (size_t v = 0; v < n_variants; v++) {
      struct result result = run(s, set, variants[v]);
      if (v == 0) {
        first = result;
        assert_non_null(strstr(first.trees, "Tree=1"));
        continue;
      }
      if (strcmp(first.trees, result.trees) != 0)
        fail_msg("\"%s\" gives another model than \"%s\": %s", variants[v].params, variants[0].params,
                 s->params);
      assert_true(first.fingerprint == result.fingerprint);
      copse_free(result.trees);
    }
    copse_free(first.trees);
    copse_dataset_free(set);
    copse_params_free(params);
    mixed_data_free(&mixed);
  }
}

static void any_number_of_threads(void **state) {
  (void)state;
  static const struct variant variants[] = {
      {"num_threads=1 ", NULL}, {"num_threads=2 ", NULL}, {"num_threads=3 ", NULL}, {"num_threads=8 ", NULL}};
  check_variants(variants, COUNT(variants), settings, COUNT(settings));
}

static void any_tier(void **state) {
  (void)state;
  struct variant variants[CPU_N_TIERS];
  size_t n = tier_variants(variants);
  check_variants(variants, n, settings, COUNT(settings));
}

/* ---- data at the edges ---- */

static const struct edge {
  const char *params;
  uint64_t n_rows;
  uint32_t n_features;
  uint64_t n_values; /* of a feature */
} edges[] = {
    {SMALL, 1, 3, 7},                            /* one row */
    {SMALL, 500, 1, 50},                         /* one feature */
    {SMALL, 300, 4, 1},                          /* constant features */
    {SMALL "min_data_in_leaf=200 ", 300, 3, 50}, /* trees of one leaf */
    {SMALL "max_bin=65535 min_data_in_bin=1 num_iterations=1 ", 66000, 1,
     66000}, /* as many bins as there may be */
};

/* Trees and, by a predictor of the same tier, the scores of training. */
static char *train_edge(const struct small_data *data, copse_dataset *set, const char *text,
                        const struct kernels *kernels) {
  copse_error err;
  copse_booster *booster;
  copse_model *model;
  copse_predictor *predictor;
  copse_params *params = small_params(text);
  must(copse_booster_create(NULL, set, params, &booster, &err), &err);
  force_tier(booster, kernels);
  must(copse_train(booster, params, NULL, NULL, &model, NULL, &err), &err);
  must(copse_predictor_create(NULL, model, COPSE_PREDICT_RAW, 0, -1, &predictor, &err), &err);
  predictor->kernels = kernels;
  double *out = copse_alloc(NULL, data->n_rows, sizeof *out);
  const copse_table table = small_table(data);
  must(copse_predictor_run(predictor, &table, 2, out, &err), &err);
  assert_memory_equal(out, copse_booster_scores(booster, 0, NULL), data->n_rows * sizeof *out);
  char *trees = model_trees(model);
  copse_free(out);
  copse_predictor_free(predictor);
  copse_model_free(model);
  copse_booster_free(booster);
  copse_params_free(params);
  return trees;
}

static void check_edge(const struct edge *edge, const char *objective) {
  char text[512];
  snprintf(text, sizeof text, "num_threads=2 %s%s", objective, edge->params);
  double *x = copse_alloc(NULL, edge->n_rows * edge->n_features, sizeof *x);
  float *label = copse_alloc(NULL, edge->n_rows, sizeof *label);
  for (uint64_t r = 0; r < edge->n_rows; r++) {
    for (uint32_t f = 0; f < edge->n_features; f++)
      x[r * edge->n_features + f] = (double)((r + f) * 7919 % edge->n_values);
    label[r] = r * 7919 % edge->n_values * 3 < 2 * edge->n_values ? 1.0f : 0.0f;
  }
  struct small_data data = {.n_rows = edge->n_rows, .n_features = edge->n_features, .x = x, .label = label};
  copse_params *params = small_params(text);
  copse_dataset *set = small_dataset(&data, params, NULL);
  if (edge->n_rows > 65535) assert_int_equal(set->schema->features[0].n_bins, 65535);
  char *scalar = NULL;
  FOR_EACH_TIER(k) {
    char *trees = train_edge(&data, set, text, k);
    if (scalar == NULL) scalar = trees;
    assert_string_equal(trees, scalar);
    if (trees != scalar) copse_free(trees);
  }
  copse_free(scalar);
  copse_dataset_free(set);
  copse_params_free(params);
  copse_free(x);
  copse_free(label);
}

static void edges_in_any_tier(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(edges); i++) {
    if (edges[i].n_rows < 1000) check_edge(&edges[i], "");
    check_edge(&edges[i], "objective=binary ");
    check_edge(&edges[i], "use_quantized_grad=true objective=binary ");
  }
}

/* Few slots force histograms to be built again instead of subtracted. */
static void any_memory_for_histograms(void **state) {
  (void)state;
  static const struct variant variants[] = {{"num_threads=2 ", NULL},
                                            {"num_threads=2 histogram_pool_size=0.00001 ", NULL},
                                            {"num_threads=1 histogram_pool_size=0.3 ", NULL},
                                            {"num_threads=2 histogram_pool_size=2 ", NULL}};
  check_variants(variants, COUNT(variants), settings, COUNT(settings));
}

/* Rows pushed in pieces, in any order, from one thread or two, as rows or as columns. */
static void any_pushes(void **state) {
  (void)state;
  const struct setting *s = &settings[2];
  struct mixed_data mixed = mixed_data_make(s->n_rows, s->n_features, 120);
  copse_error err;
  copse_params *params = small_params(s->params);
  copse_dataset *whole = small_dataset(&mixed.data, params, NULL), *pieces;
  must(copse_dataset_create(NULL, copse_dataset_schema(whole), s->n_rows, &pieces, &err), &err);
  uint64_t step = 701;
  for (uint64_t k = (s->n_rows + step - 1) / step; k-- > 0;) {
    uint64_t begin = k * step, n = s->n_rows - begin < step ? s->n_rows - begin : step;
    copse_table table = {.layout = COPSE_ROWS,
                         .n_rows = n,
                         .n_cols = s->n_features,
                         .dtype = COPSE_F64,
                         .values = mixed.x + begin * s->n_features,
                         .row_stride = s->n_features};
    must(copse_dataset_push(pieces, &table, begin, k % 2 == 0 ? 2 : 1, &err), &err);
  }
  must(copse_dataset_finish(pieces, &err), &err);
  must(copse_dataset_set(pieces, COPSE_LABEL, mixed.label, s->n_rows, &err), &err);
  struct variant one = {"num_threads=1 ", NULL};
  struct result a = run(s, whole, one), b = run(s, pieces, one);
  assert_string_equal(a.trees, b.trees);
  copse_free(a.trees);
  copse_free(b.trees);
  copse_dataset_free(whole);
  copse_dataset_free(pieces);
  copse_params_free(params);
  mixed_data_free(&mixed);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(any_number_of_threads),
      cmocka_unit_test(any_tier),
      cmocka_unit_test(edges_in_any_tier),
      cmocka_unit_test(any_memory_for_histograms),
      cmocka_unit_test(any_pushes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
