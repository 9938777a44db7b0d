/* objective=multi_regression: as many trees a round as a row has labels, and each of them, bit by bit, the
 * tree that objective=regression grows for that label alone; the rest of the engine with several labels:
 * fields, subsets, files, models, metrics, and what is refused. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "checks.h"
#include "mixed_data.h"

enum { ROWS = 4000, FEATURES = MIXED_COLUMNS, LABELS = 3, ROUNDS = 8 };

static float labels[LABELS * ROWS];

static struct mixed_data make_data(uint64_t seed) {
  struct mixed_data mixed = mixed_data_make(ROWS, FEATURES, seed);
  for (int i = 0; i < ROWS; i++) {
    float y = mixed.label[i], class = mixed.class_label[i];
    labels[i] = y;
    labels[ROWS + i] = 1000 * class - y * y;
    labels[2 * ROWS + i] = (float)(i % 11) * class / 64;
  }
  mixed.data.label = labels;
  return mixed;
}

static copse_model *model_after(copse_booster *booster, int n_rounds) {
  copse_error err;
  copse_model *model;
  for (int r = 0; r < n_rounds; r++) must_step(booster);
  must(copse_booster_model(booster, 0, &model, &err), &err);
  return model;
}

/* A model of `settings` on all labels, or with label >= 0 of that one alone. */
static copse_model *trained(const struct mixed_data *mixed, int label, const char *settings) {
  char text[400];
  struct small_data data = mixed->data;
  if (label >= 0) data.label += (size_t)label * ROWS;
  snprintf(text, sizeof text, "objective=%s verbosity=-1 num_leaves=15 min_data_in_leaf=20 %s",
           label >= 0 ? "regression" : "multi_regression", settings);
  copse_booster *booster = labels_booster(&data, label >= 0 ? 1 : LABELS, text);
  copse_model *model = model_after(booster, ROUNDS);
  copse_booster_free(booster);
  return model;
}

/* Tree `index` of the model's text, behind its first line, which has its number. Ends at the next one. */
static const char *tree_at(const char *trees, int index, size_t *length) {
  char head[32];
  snprintf(head, sizeof head, "Tree=%d\n", index);
  const char *at = strstr(trees, head);
  assert_non_null(at);
  at += strlen(head);
  const char *end = strstr(at, "Tree=");
  *length = end != NULL ? (size_t)(end - at) : strlen(at);
  return at;
}

static void check_tree_by_tree(const struct mixed_data *mixed, const char *settings) {
  copse_model *all = trained(mixed, -1, settings);
  char *trees = model_trees(all);
  assert_int_equal(copse_model_n_trees(all), LABELS * ROUNDS);
  assert_int_equal(copse_model_n_outputs(all), LABELS);
  for (int k = 0; k < LABELS; k++) {
    copse_model *one = trained(mixed, k, settings);
    char *alone = model_trees(one);
    assert_int_equal(copse_model_n_trees(one), ROUNDS);
    for (int r = 0; r < ROUNDS; r++) {
      size_t n, n_alone;
      const char *found = tree_at(trees, r * LABELS + k, &n), *expected = tree_at(alone, r, &n_alone);
      while (n > 0 && found[n - 1] == '\n') n--;
      while (n_alone > 0 && expected[n_alone - 1] == '\n') n_alone--;
      if (n != n_alone || memcmp(found, expected, n) != 0)
        fail_msg("%s: label %d, round %d: another tree than alone", settings, k, r);
    }
    copse_free(alone);
    copse_model_free(one);
  }
  copse_free(trees);
  copse_model_free(all);
}

static void a_label_at_a_time_is_a_regression(void **state) {
  (void)state;
  struct mixed_data mixed = make_data(931);
  static const char *const settings[] = {"num_threads=1",
                                         "num_threads=3",
                                         "num_threads=2 lambda_l2=3 max_depth=4",
                                         "num_threads=1 boost_from_average=false",
                                         "num_threads=1 monotone_constraints=1,0,-1,0,0,0,0",
                                         "num_threads=1 linear_tree=true",
                                         "num_threads=2 bagging_freq=1 bagging_fraction=0.6",
                                         "num_threads=2 boosting=rf bagging_freq=1 bagging_fraction=0.6",
                                         "num_threads=2 use_quantized_grad=true stochastic_rounding=false",
                                         "num_threads=2 grow_policy=depthwise max_depth=3",
                                         "num_threads=2 path_smooth=5 feature_contri=0.9,1,0.5,1,1,1,1",
                                         "num_threads=2 boosting=dart drop_rate=0.5 skip_drop=0.2"};
  for (int weighted = 0; weighted < 2; weighted++) {
    mixed.data.weight = weighted ? mixed.weight : NULL;
    for (size_t s = 0; s < sizeof settings / sizeof *settings; s++) check_tree_by_tree(&mixed, settings[s]);
  }
  mixed_data_free(&mixed);
}

/* What samples, drops, rounds and averages: the same model for any number of threads, and it learns. */
static void every_mode_is_the_same_for_any_threads(void **state) {
  (void)state;
  struct mixed_data mixed = make_data(932);
  static const char *const modes[] = {"bagging_freq=1 bagging_fraction=0.6",
                                      "feature_fraction=0.7",
                                      "data_sample_strategy=goss learning_rate=0.5",
                                      "data_sample_strategy=mvs bagging_fraction=0.5",
                                      "boosting=dart drop_rate=0.5",
                                      "boosting=rf bagging_freq=1 bagging_fraction=0.6",
                                      "use_quantized_grad=true",
                                      "extra_trees=true",
                                      "grow_policy=depthwise"};
  for (size_t m = 0; m < sizeof modes / sizeof *modes; m++) {
    uint64_t first = 0;
    for (int n_threads = 1; n_threads <= 3; n_threads++) {
      char settings[200];
      snprintf(settings, sizeof settings, "%s num_threads=%d", modes[m], n_threads);
      copse_model *model = trained(&mixed, -1, settings);
      uint64_t fingerprint = copse_model_fingerprint(model);
      if (n_threads == 1) first = fingerprint;
      if (fingerprint != first) fail_msg("%s: another model", settings);
      assert_int_equal(copse_model_n_trees(model), LABELS * ROUNDS);
      copse_model_free(model);
    }
  }
  mixed_data_free(&mixed);
}

/* ---- fields, subsets, files ---- */

static copse_dataset *make_dataset(const struct mixed_data *mixed) {
  copse_params *params = small_params("objective=multi_regression verbosity=-1");
  copse_dataset *set = small_dataset(&mixed->data, params, NULL);
  copse_error err;
  must(copse_dataset_set(set, COPSE_LABEL, labels, LABELS * ROWS, &err), &err);
  copse_params_free(params);
  return set;
}

static copse_status append(void *user, const void *data, size_t length, copse_error *err) {
  copse_text *out = user;
  (void)err;
  copse_text_append(out, data, length);
  return COPSE_OK;
}

static copse_status read_at(void *user, uint64_t offset, void *out, size_t length, copse_error *err) {
  const copse_text *text = user;
  (void)err;
  memcpy(out, text->data + offset, length);
  return COPSE_OK;
}

static void labels_are_kept(void **state) {
  (void)state;
  struct mixed_data mixed = make_data(933);
  copse_error err;
  copse_dataset *set = make_dataset(&mixed), *some, *back;
  uint64_t count;
  const float *kept = copse_dataset_get(set, COPSE_LABEL, &count);
  assert_int_equal(count, LABELS * ROWS);
  assert_memory_equal(kept, labels, sizeof labels);

  static const uint32_t rows[] = {0, 5, 6, 3999};
  must(copse_dataset_subset(set, rows, 4, 1, &some, &err), &err);
  kept = copse_dataset_get(some, COPSE_LABEL, &count);
  assert_int_equal(count, LABELS * 4);
  for (int k = 0; k < LABELS; k++)
    for (int i = 0; i < 4; i++) assert_true(kept[k * 4 + i] == labels[k * ROWS + (int)rows[i]]);

  copse_text bytes = {0};
  must(copse_dataset_write(set, append, &bytes, &err), &err);
  must(copse_dataset_read(NULL, "d.bin", read_at, &bytes, bytes.length, 1, NULL, &back, &err), &err);
  kept = copse_dataset_get(back, COPSE_LABEL, &count);
  assert_int_equal(count, LABELS * ROWS);
  assert_memory_equal(kept, labels, sizeof labels);
  copse_text_release(&bytes);

  labels[2 * ROWS + 17] = NAN;
  assert_int_equal(copse_dataset_set(set, COPSE_LABEL, labels, LABELS * ROWS, &err), COPSE_ERR_DATA);
  assert_non_null(strstr(err.message, "label: row 17: expected a finite number, found nan"));
  assert_int_equal(copse_dataset_set(set, COPSE_LABEL, labels, ROWS + 1, &err), COPSE_ERR_DATA);
  copse_dataset_free(set);
  copse_dataset_free(some);
  copse_dataset_free(back);
  mixed_data_free(&mixed);
}

/* ---- metrics ---- */

static double mean_error(const double *scores, int power, bool weighted, const float *weight) {
  double sum = 0;
  for (int k = 0; k < LABELS; k++) {
    double of_label = 0, total = 0;
    for (int i = 0; i < ROWS; i++) {
      double w = weighted ? (double)weight[i] : 1,
             d = fabs(scores[k * ROWS + i] - (double)labels[k * ROWS + i]);
      of_label += w * (power == 1 ? d : d * d);
      total += w;
    }
    sum += of_label / total;
  }
  return sum / LABELS;
}

static void assert_close(double found, double expected) {
  if (!(fabs(found - expected) <= 1e-9 * fabs(expected)))
    fail_msg("found %.17g, expected %.17g", found, expected);
}

static void metrics_are_means_over_labels(void **state) {
  (void)state;
  struct mixed_data mixed = make_data(934);
  copse_error err;
  for (int weighted = 0; weighted < 2; weighted++) {
    mixed.data.weight = weighted ? mixed.weight : NULL;
    copse_booster *booster = labels_booster(
        &mixed.data, LABELS, "objective=multi_regression metric=l2,l1,rmse,r2 num_threads=1 verbosity=-1");
    copse_model *model = model_after(booster, ROUNDS);
    const double *scores = copse_booster_scores(booster, 0, NULL);
    double values[4], again[4], r2 = 0;
    const char *names[4];
    size_t n;
    must(copse_booster_eval(booster, 0, values, &err), &err);
    assert_close(values[0], mean_error(scores, 2, weighted, mixed.weight));
    assert_close(values[1], mean_error(scores, 1, weighted, mixed.weight));
    assert_close(values[2], sqrt(values[0]));
    for (int k = 0; k < LABELS; k++) { /* of one label, as a model of it alone has it */
      struct small_data data = mixed.data;
      data.label += (size_t)k * ROWS;
      copse_booster *one = mixed_booster(&data, "objective=regression metric=r2 num_threads=1 verbosity=-1");
      copse_model *alone = model_after(one, ROUNDS);
      double value;
      must(copse_booster_eval(one, 0, &value, &err), &err);
      r2 += value / LABELS;
      copse_model_free(alone);
      copse_booster_free(one);
    }
    assert_close(values[3], r2);
    copse_params *params = small_params("metric=l2,l1,rmse,r2 num_threads=1");
    must(copse_evaluate(model, params, scores, labels, mixed.data.weight, ROWS, 4, again, names, &n, &err),
         &err);
    assert_int_equal(n, 4);
    assert_memory_equal(values, again, sizeof values);
    copse_params_free(params);
    copse_model_free(model);
    copse_booster_free(booster);
  }
  mixed_data_free(&mixed);
}

/* ---- models ---- */

static void models_come_back_and_go_on(void **state) {
  (void)state;
  struct mixed_data mixed = make_data(935);
  copse_error err;
  const char *settings = "objective=multi_regression num_threads=1 verbosity=-1 num_leaves=7";
  copse_booster *whole = labels_booster(&mixed.data, LABELS, settings),
                *half = labels_booster(&mixed.data, LABELS, settings),
                *rest = labels_booster(&mixed.data, LABELS, settings),
                *again = labels_booster(&mixed.data, LABELS, settings);
  copse_model *expected = model_after(whole, 6), *start = model_after(half, 2), *back, *refitted;
  copse_text text = {0};
  must(copse_model_write(start, 0, 0, &text, &err), &err);
  assert_non_null(strstr(text.data, "\nobjective=regression num_class:3\n")); /* LightGBM reads it */
  assert_non_null(strstr(text.data, "\nnum_tree_per_iteration=3\n"));
  must(copse_model_parse(NULL, text.data, text.length, "m.txt", &back, &err), &err);
  bool scored = false;
  must(copse_booster_continue(rest, back, &scored, &err), &err);
  assert_true(scored);
  copse_model *continued = model_after(rest, 4);
  assert_true(copse_model_fingerprint(continued) == copse_model_fingerprint(expected));

  copse_table table = {.layout = COPSE_ROWS,
                       .n_rows = ROWS,
                       .n_cols = FEATURES,
                       .dtype = COPSE_F64,
                       .values = mixed.data.x,
                       .row_stride = FEATURES};
  must(copse_booster_refit(again, expected, &table, &refitted, &err), &err);
  assert_int_equal(copse_model_n_trees(refitted), 6 * LABELS);
  assert_string_equal(copse_model_objective(refitted), "regression num_class:3");
  char *leaves = model_trees(refitted);
  copse_model_free(refitted);
  /* labels that are set again count, wherever they lie then */
  must(copse_dataset_set(again->sets[0].data, COPSE_LABEL, labels, LABELS * ROWS, &err), &err);
  must(copse_booster_refit(again, expected, &table, &refitted, &err), &err);
  char *same = model_trees(refitted);
  assert_string_equal(leaves, same);
  copse_free(same);
  copse_model_free(refitted);
  for (int i = 0; i < LABELS * ROWS; i++) labels[i] += 1000;
  must(copse_dataset_set(again->sets[0].data, COPSE_LABEL, labels, LABELS * ROWS, &err), &err);
  must(copse_booster_refit(again, expected, &table, &refitted, &err), &err);
  char *moved = model_trees(refitted);
  assert_string_not_equal(leaves, moved);
  copse_free(moved);
  copse_free(leaves);
  copse_model_free(refitted);
  copse_model_free(continued);
  copse_model_free(back);
  copse_model_free(start);
  copse_model_free(expected);
  copse_text_release(&text);
  copse_booster_free(whole);
  copse_booster_free(half);
  copse_booster_free(rest);
  copse_booster_free(again);
  mixed_data_free(&mixed);
}

/* Labels of far apart scales, and one that is 0 in every row: boosting=dart sums each exactly, takes rounds
 * back to the very scores and goes on from a file. */
static void dart_has_a_grid_for_each_label(void **state) {
  (void)state;
  enum { BEFORE = 3, ALL = 7 };
  struct mixed_data mixed = make_data(938);
  copse_error err;
  static double kept[LABELS * ROWS];
  for (int i = 0; i < ROWS; i++) {
    labels[i] = ldexpf(labels[i], -50);
    labels[ROWS + i] = ldexpf(labels[ROWS + i], 40);
  }
  check_tree_by_tree(&mixed, "boosting=dart drop_rate=0.5 skip_drop=0 num_threads=2");
  for (int i = 0; i < ROWS; i++) labels[2 * ROWS + i] = 0;
  const char *settings =
      "objective=multi_regression boosting=dart drop_rate=0.5 skip_drop=0 num_threads=1 verbosity=-1 "
      "num_leaves=7";
  copse_booster *whole = labels_booster(&mixed.data, LABELS, settings),
                *half = labels_booster(&mixed.data, LABELS, settings),
                *rest = labels_booster(&mixed.data, LABELS, settings);
  copse_model *expected = model_after(whole, ALL), *start = model_after(half, BEFORE), *back;
  memcpy(kept, copse_booster_scores(half, 0, NULL), sizeof kept);
  must_step(half);
  must(copse_booster_rollback(half, &err), &err);
  assert_memory_equal(copse_booster_scores(half, 0, NULL), kept, sizeof kept);
  copse_text text = {0};
  must(copse_model_write(start, 0, 0, &text, &err), &err);
  must(copse_model_parse(NULL, text.data, text.length, "m.txt", &back, &err), &err);
  bool scored = false;
  must(copse_booster_continue(rest, back, &scored, &err), &err);
  assert_true(scored);
  assert_memory_equal(copse_booster_scores(rest, 0, NULL), kept, sizeof kept);
  copse_model *continued = model_after(rest, ALL - BEFORE), *stepped = model_after(half, ALL - BEFORE);
  assert_true(copse_model_fingerprint(continued) == copse_model_fingerprint(expected));
  assert_true(copse_model_fingerprint(stepped) == copse_model_fingerprint(expected));
  const double *scores = copse_booster_scores(whole, 0, NULL);
  for (int i = 0; i < ROWS; i++) assert_true(scores[2 * ROWS + i] == 0);
  copse_text_release(&text);
  copse_model_free(continued);
  copse_model_free(stepped);
  copse_model_free(back);
  copse_model_free(start);
  copse_model_free(expected);
  copse_booster_free(whole);
  copse_booster_free(half);
  copse_booster_free(rest);
  mixed_data_free(&mixed);
}

/* ---- refusals ---- */

static void assert_refused(copse_dataset *set, const char *settings, const char *message) {
  copse_error err;
  copse_booster *booster;
  copse_params *params = small_params(settings);
  assert_int_equal(copse_booster_create(NULL, set, params, &booster, &err), COPSE_ERR_DATA);
  assert_string_equal(err.message, message);
  copse_params_free(params);
}

static void other_numbers_of_labels_are_refused(void **state) {
  (void)state;
  struct mixed_data mixed = make_data(936);
  copse_error err;
  copse_dataset *set = make_dataset(&mixed);
  assert_refused(
      set, "objective=regression verbosity=-1",
      "data set \"training\" has 3 labels per row, objective=regression takes one: give one label, or "
      "use objective=multi_regression");
  copse_params *params = small_params("objective=multi_regression verbosity=-1");
  copse_booster *booster;
  must(copse_booster_create(NULL, set, params, &booster, &err), &err);
  copse_dataset *valid = small_dataset(&mixed.data, params, copse_dataset_schema(set));
  must(copse_dataset_set(valid, COPSE_LABEL, labels, 2 * ROWS, &err), &err);
  static const char message[] =
      "data set \"v\" has 2 labels per row, the training data have 3: give the same "
      "labels in the same order";
  assert_int_equal(copse_booster_add_valid(booster, valid, "v", &err), COPSE_ERR_DATA);
  assert_string_equal(err.message, message);
  must(copse_dataset_set(valid, COPSE_LABEL, labels, LABELS * ROWS, &err), &err);
  must(copse_booster_add_valid(booster, valid, "v", &err), &err);
  must_step(booster);
  /* later, too */
  double value;
  must(copse_dataset_set(valid, COPSE_LABEL, labels, 2 * ROWS, &err), &err);
  assert_int_equal(copse_booster_eval(booster, 1, &value, &err), COPSE_ERR_DATA);
  assert_string_equal(err.message, message);
  assert_int_equal(copse_booster_step(booster, NULL, &err), COPSE_ERR_DATA);
  must(copse_dataset_set(valid, COPSE_LABEL, labels, LABELS * ROWS, &err), &err);
  must(copse_dataset_set(set, COPSE_LABEL, labels, ROWS, &err), &err);
  assert_int_equal(copse_booster_step(booster, NULL, &err), COPSE_ERR_DATA);
  assert_int_equal(copse_booster_eval(booster, 0, &value, &err), COPSE_ERR_DATA);
  must(copse_dataset_set(set, COPSE_LABEL, labels, LABELS * ROWS, &err), &err);
  must_step(booster);
  copse_booster_free(booster);
  /* three outputs of one label are another thing than three labels */
  copse_params *silent = small_params("objective=multi_regression metric=none verbosity=-1");
  must(copse_booster_create(NULL, set, silent, &booster, &err), &err);
  assert_int_equal(copse_booster_set_param(booster, "objective", "quantiles", &err), COPSE_ERR_DATA);
  assert_non_null(strstr(err.message, "has 3 labels per row, objective=quantiles takes one"));
  must_step(booster);
  copse_booster_free(booster);
  copse_params_free(silent);
  copse_dataset_free(valid);
  copse_params_free(params);
  copse_dataset_free(set);
  mixed_data_free(&mixed);
}

/* With gradients of the caller's own labels are what his metrics make of them; those of the table want one.
 */
static copse_status count_labels(void *user, const copse_metric_input *input, double *value,
                                 copse_error *err) {
  (void)user, (void)err;
  assert_memory_equal(input->label, labels, sizeof labels);
  *value = input->n_labels;
  return COPSE_OK;
}

static void custom_objectives_take_any_number(void **state) {
  (void)state;
  struct mixed_data mixed = make_data(937);
  copse_error err;
  copse_dataset *set = make_dataset(&mixed);
  assert_refused(
      set, "objective=custom metric=l2 verbosity=-1",
      "data set \"training\" has 3 labels per row, objective=custom takes one: give one label, or use "
      "objective=multi_regression");
  copse_params *params = small_params("objective=custom num_class=2 verbosity=-1 num_threads=1");
  copse_booster *booster;
  static float gradient[2 * ROWS], hessian[2 * ROWS];
  double value;
  must(copse_booster_create(NULL, set, params, &booster, &err), &err);
  must(copse_booster_add_metric(booster, "labels", true, count_labels, NULL, &err), &err);
  for (int i = 0; i < 2 * ROWS; i++) {
    gradient[i] = -labels[i];
    hessian[i] = 1;
  }
  must(copse_booster_step_custom(booster, gradient, hessian, NULL, &err), &err);
  must(copse_booster_eval(booster, 0, &value, &err), &err);
  assert_true(value == LABELS);
  copse_booster_free(booster);
  copse_params_free(params);
  copse_dataset_free(set);
  mixed_data_free(&mixed);
}

int main(void) {
  small_threads(true);
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_label_at_a_time_is_a_regression),
                                     cmocka_unit_test(every_mode_is_the_same_for_any_threads),
                                     cmocka_unit_test(labels_are_kept),
                                     cmocka_unit_test(metrics_are_means_over_labels),
                                     cmocka_unit_test(models_come_back_and_go_on),
                                     cmocka_unit_test(dart_has_a_grid_for_each_label),
                                     cmocka_unit_test(custom_objectives_take_any_number),
                                     cmocka_unit_test(other_numbers_of_labels_are_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
