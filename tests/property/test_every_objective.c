/* Whatever the table of objectives trains: the same model for any number of threads and however often, a loss
 * that falls, a file that predicts the scores of training, and what each promises of its predictions. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "checks.h"
#include "mixed_data.h"

enum { ROWS = 3000, FEATURES = MIXED_COLUMNS, ROUNDS = 12, LABELS = 3 };

/* Several labels per row: the data's own, a feature's, and what of both is above the other. */
static void make_several(const struct mixed_data *mixed, float *out) {
  for (int i = 0; i < ROWS; i++) {
    float y = mixed->label[i], class = mixed->class_label[i];
    out[i] = y;
    out[ROWS + i] = 100 * class - y * y;
    out[2 * ROWS + i] = (float)(i % 11) * class / 64;
  }
}

/* Labels that the objective takes, made of those of the data. */
static void make_labels(const struct objective_row *row, const struct mixed_data *mixed, float *out) {
  for (int i = 0; i < ROWS; i++) {
    float y = mixed->label[i], class = mixed->class_label[i], positive = 0.5f + fabsf(y);
    switch (row->kind) {
      case OBJECTIVE_BINARY:
      case OBJECTIVE_FOCAL: out[i] = class; break;
      case OBJECTIVE_MULTICLASS:
      case OBJECTIVE_MULTICLASSOVA: out[i] = class > 0 ? (float)(1 + (y > 2)) : 0; break;
      case OBJECTIVE_CROSS_ENTROPY:
      case OBJECTIVE_CROSS_ENTROPY_LAMBDA: out[i] = 1 / (1 + expf(-y)); break;
      case OBJECTIVE_POISSON:
      case OBJECTIVE_TWEEDIE: out[i] = class > 0 ? positive : 0; break;
      case OBJECTIVE_GAMMA: out[i] = positive; break;
      case OBJECTIVE_COX:
      case OBJECTIVE_AFT: out[i] = i % 3 == 0 ? -positive : positive; break;
      default: out[i] = y;
    }
  }
}

static void settings_of(const struct objective_row *row, int n_threads, char out[256]) {
  bool classes = row->output == OUTPUT_SOFTMAX || row->output == OUTPUT_SIGMOIDS;
  snprintf(out, 256, "objective=%s %s num_threads=%d num_leaves=15 min_data_in_leaf=20 verbosity=-1",
           row->name, classes ? "num_class=3" : "", n_threads);
}

static copse_booster *train(const struct objective_row *row, const struct small_data *data, int n_threads,
                            double loss[2]) {
  char settings[256];
  copse_error err;
  settings_of(row, n_threads, settings);
  uint64_t n_labels = row->kind == OBJECTIVE_MULTI_REGRESSION ? LABELS : 1;
  copse_booster *booster = labels_booster(data, n_labels, settings);
  double values[8];
  for (int r = 0; r < ROUNDS; r++) {
    must_step(booster);
    must(copse_booster_eval(booster, 0, values, &err), &err);
    if (r == 0) loss[0] = values[0];
  }
  loss[1] = values[0];
  return booster;
}

static void check_predictions(copse_booster *booster, const struct small_data *data) {
  copse_error err;
  copse_model *model, *back;
  copse_text text = {0};
  must(copse_booster_model(booster, 0, &model, &err), &err);
  must(copse_model_write(model, 0, 0, &text, &err), &err);
  must(copse_model_parse(NULL, text.data, text.length, "m.txt", &back, &err), &err);
  assert_true(copse_model_fingerprint(model) == copse_model_fingerprint(back));
  assert_string_equal(copse_model_objective(model), copse_model_objective(back));
  copse_predictor *raw, *value;
  must(copse_predictor_create(NULL, back, COPSE_PREDICT_RAW, 0, 0, &raw, &err), &err);
  must(copse_predictor_create(NULL, back, COPSE_PREDICT_VALUE, 0, 0, &value, &err), &err);
  uint64_t cells;
  const double *scores = copse_booster_scores(booster, 0, &cells);
  int n_outputs = (int)(cells / ROWS);
  const struct objective_row *row = booster->objective.row;
  for (uint64_t i = 0; i < ROWS; i += 7) {
    double found[8], shown[8];
    copse_predictor_row(raw, data->x + i * FEATURES, found);
    copse_predictor_row(value, data->x + i * FEATURES, shown);
    for (int k = 0; k < n_outputs; k++) {
      double score = scores[(uint64_t)k * ROWS + i];
      assert_true(fabs(found[k] - score) <= 1e-9 * (1 + fabs(score)));
      if (row->output == OUTPUT_SORTED && k > 0) assert_true(shown[k] >= shown[k - 1]);
      if (row->output == OUTPUT_EXP) assert_true(shown[k] > 0);
      if (row->output == OUTPUT_SIGMOID) assert_true(shown[k] > 0 && shown[k] < 1);
    }
  }
  copse_predictor_free(raw);
  copse_predictor_free(value);
  copse_text_release(&text);
  copse_model_free(back);
  copse_model_free(model);
}

static void every_objective_trains(void **state) {
  (void)state;
  struct mixed_data mixed = mixed_data_make(ROWS, FEATURES, 411);
  static float label[LABELS * ROWS];
  mixed.data.label = label;
  for (size_t o = 0; o < objective_count(); o++) {
    const struct objective_row *row = objective_at(o);
    if (row->gradients == NULL) continue;
    make_labels(row, &mixed, label);
    if (row->kind == OBJECTIVE_MULTI_REGRESSION) make_several(&mixed, label);
    for (int weighted = 0; weighted < 2; weighted++) {
      static const int threads[] = {2, 3, 8};
      double loss[2], other[2];
      mixed.data.weight = weighted ? mixed.weight : NULL;
      copse_booster *one = train(row, &mixed.data, 1, loss);
      if (!(loss[1] < loss[0])) fail_msg("%s: loss %g after %g", row->name, loss[1], loss[0]);
      char *trees = booster_trees(one);
      for (int t = 0; t < 3; t++) {
        copse_booster *many = train(row, &mixed.data, threads[t], other);
        char *same = booster_trees(many);
        if (strcmp(trees, same) != 0) fail_msg("%s: another model with %d threads", row->name, threads[t]);
        assert_memory_equal(loss, other, sizeof loss);
        copse_free(same);
        copse_booster_free(many);
      }
      check_predictions(one, &mixed.data);
      copse_free(trees);
      copse_booster_free(one);
    }
  }
  mixed_data_free(&mixed);
}

/* Scores of different levels do cross, or the order of predictions would not be worth a test. */
static void quantiles_cross_before_they_are_ordered(void **state) {
  (void)state;
  struct mixed_data mixed = mixed_data_make(ROWS, FEATURES, 412);
  copse_booster *booster = mixed_booster(&mixed.data,
                                         "objective=quantiles quantiles=0.4,0.45,0.5,0.55,0.6 num_threads=1 "
                                         "verbosity=-1 num_leaves=31 min_data_in_leaf=3 learning_rate=0.5");
  for (int r = 0; r < 20; r++) must_step(booster);
  const double *scores = copse_booster_scores(booster, 0, NULL);
  int crossed = 0;
  for (uint64_t i = 0; i < ROWS; i++)
    for (uint64_t k = 1; k < 5; k++) crossed += scores[k * ROWS + i] < scores[(k - 1) * ROWS + i];
  assert_true(crossed > 0);
  check_predictions(booster, &mixed.data);
  copse_booster_free(booster);
  mixed_data_free(&mixed);
}

/* A level at a time is what objective=quantile trains. */
static void a_level_is_a_model_of_its_own(void **state) {
  (void)state;
  struct mixed_data mixed = mixed_data_make(ROWS, FEATURES, 413);
  const char *shape = "num_threads=1 verbosity=-1 num_leaves=7 ";
  char settings[256];
  snprintf(settings, sizeof settings, "objective=quantiles quantiles=0.25,0.8 %s", shape);
  copse_booster *both = mixed_booster(&mixed.data, settings);
  snprintf(settings, sizeof settings, "objective=quantile alpha=0.8 %s", shape);
  copse_booster *one = mixed_booster(&mixed.data, settings);
  for (int r = 0; r < 5; r++) {
    must_step(both);
    must_step(one);
  }
  const double *scores = copse_booster_scores(both, 0, NULL);
  for (uint64_t i = 0; i < ROWS; i++)
    assert_true(fabs(scores[ROWS + i] - copse_booster_scores(one, 0, NULL)[i]) < 1e-5);
  copse_booster_free(both);
  copse_booster_free(one);
  mixed_data_free(&mixed);
}

int main(void) {
  small_threads(true);
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_objective_trains),
                                     cmocka_unit_test(quantiles_cross_before_they_are_ordered),
                                     cmocka_unit_test(a_level_is_a_model_of_its_own)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
