/* The booster as a state machine: what copse.h promises of steps, rollbacks, sets, fields and errors. */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "checks.h"
#include "hooked_allocator.h"
#include "mixed_data.h"

#define QUIET "num_threads=1 verbosity=-1 "
#define SMALL QUIET "num_leaves=7 min_data_in_leaf=3 learning_rate=0.3 "
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { ROWS = 300, FEATURES = MIXED_COLUMNS };

static void refused(copse_status got, copse_status want, const copse_error *err, const char *words) {
  if (got != want) fail_msg("%s, expected %s", copse_status_name(got), copse_status_name(want));
  assert_int_equal(err->status, want);
  if (strstr(err->message, words) == NULL) fail_msg("\"%s\" lacks \"%s\"", err->message, words);
}

static copse_dataset *valid_set(copse_booster *booster, const struct small_data *data) {
  return small_dataset(data, booster->params, copse_dataset_schema(booster->sets[0].data));
}

static void add_valid(copse_booster *booster, const struct small_data *data, const char *name) {
  copse_error err;
  copse_dataset *valid = valid_set(booster, data);
  must(copse_booster_add_valid(booster, valid, name, &err), &err);
  copse_dataset_free(valid);
}

static void same_scores(copse_booster *a, int set_a, copse_booster *b, int set_b) {
  uint64_t n_a, n_b;
  const double *x = copse_booster_scores(a, set_a, &n_a), *y = copse_booster_scores(b, set_b, &n_b);
  assert_int_equal(n_a, n_b);
  assert_memory_equal(x, y, n_a * sizeof *x);
}

static void same_trees(copse_booster *a, copse_booster *b) {
  char *x = booster_trees(a), *y = booster_trees(b);
  assert_string_equal(x, y);
  copse_free(x);
  copse_free(y);
}

/* Gradients for a booster without an objective of its own: of every output another target. */
static bool step_own(copse_booster *booster) {
  copse_error err;
  uint64_t cells, n = copse_dataset_n_rows(booster->sets[0].data);
  const double *score = copse_booster_scores(booster, 0, &cells);
  const float *label = booster->sets[0].data->label;
  float *gradient = copse_alloc(NULL, cells, sizeof *gradient),
        *hessian = copse_alloc(NULL, cells, sizeof *hessian);
  for (uint64_t i = 0; i < cells; i++) {
    gradient[i] = (float)(score[i] - (double)label[i % n] * (double)(1 + i / n));
    hessian[i] = 1.0f + 0.25f * (float)(i % 3);
  }
  bool finished = false;
  must(copse_booster_step_custom(booster, gradient, hessian, &finished, &err), &err);
  copse_free(gradient);
  copse_free(hessian);
  return finished;
}

static bool step_any(copse_booster *booster) {
  return booster->resolved->objective.kind == OBJECTIVE_CUSTOM ? step_own(booster) : must_step(booster);
}

/* ---- steps and rollbacks ---- */

enum { ROUNDS = 5 };

struct record {
  char *trees;
  double *scores[2];
  size_t bytes[2];
};

static struct record take_record(copse_booster *booster) {
  struct record r = {.trees = booster_trees(booster)};
  for (int s = 0; s < 2; s++) {
    uint64_t n;
    const double *scores = copse_booster_scores(booster, s, &n);
    r.bytes[s] = n * sizeof *scores;
    r.scores[s] = copse_alloc(NULL, n, sizeof *scores);
    memcpy(r.scores[s], scores, r.bytes[s]);
  }
  return r;
}

static void check_record(copse_booster *booster, const struct record *r) {
  struct record now = take_record(booster);
  assert_string_equal(now.trees, r->trees);
  for (int s = 0; s < 2; s++) {
    assert_memory_equal(now.scores[s], r->scores[s], r->bytes[s]);
    copse_free(now.scores[s]);
  }
  copse_free(now.trees);
}

struct machine {
  const char *params;
  bool weighted, binary, init;
};

static const struct machine machines[] = {
    {"objective=regression " SMALL, false, false, false},
    {"objective=regression " SMALL, true, false, true},
    {"objective=binary " SMALL, false, true, false},
    {"objective=binary boost_from_average=false " SMALL, true, true, false},
    {"objective=binary compat=lightgbm " SMALL, true, true, true},
    {"objective=custom num_class=3 " SMALL, false, false, false},
    {"objective=custom num_class=2 " SMALL, false, false, true},
};

static copse_booster *make_machine(const struct machine *m, struct mixed_data *train,
                                   struct mixed_data *valid) {
  copse_error err;
  struct mixed_data *both[] = {train, valid};
  for (int s = 0; s < 2; s++) {
    both[s]->data.label = m->binary ? both[s]->class_label : both[s]->label;
    both[s]->data.weight = m->weighted ? both[s]->weight : NULL;
  }
  copse_params *params = small_params(m->params);
  copse_dataset *sets[2] = {small_dataset(&train->data, params, NULL), NULL};
  sets[1] = small_dataset(&valid->data, params, copse_dataset_schema(sets[0]));
  uint64_t outputs = (uint64_t)copse_params_get_int(params, "num_class");
  for (int s = 0; s < 2 && m->init; s++) {
    uint64_t n = copse_dataset_n_rows(sets[s]) * outputs;
    double *init = copse_alloc(NULL, n, sizeof *init);
    for (uint64_t i = 0; i < n; i++) init[i] = i % 5 == 0 ? -0.0 : 0.1 * (double)(i % 7);
    must(copse_dataset_set(sets[s], COPSE_INIT_SCORE, init, n, &err), &err);
    copse_free(init);
  }
  copse_booster *booster;
  must(copse_booster_create(NULL, sets[0], params, &booster, &err), &err);
  must(copse_booster_add_valid(booster, sets[1], "valid_1", &err), &err);
  copse_dataset_free(sets[0]);
  copse_dataset_free(sets[1]);
  copse_params_free(params);
  return booster;
}

static void rollback_returns_to_the_same_bits(void **state) {
  (void)state;
  for (size_t m = 0; m < COUNT(machines); m++) {
    struct mixed_data train = mixed_data_make(ROWS, FEATURES, 1), valid = mixed_data_make(77, FEATURES, 2);
    copse_booster *booster = make_machine(&machines[m], &train, &valid);
    struct record records[ROUNDS + 1];
    for (int r = 0; r <= ROUNDS; r++) {
      assert_int_equal(copse_booster_round(booster), r);
      records[r] = take_record(booster);
      if (r < ROUNDS) assert_false(step_any(booster));
    }
    copse_error err;
    for (int r = ROUNDS - 1; r >= 0; r--) {
      must(copse_booster_rollback(booster, &err), &err);
      assert_int_equal(copse_booster_round(booster), r);
      check_record(booster, &records[r]);
    }
    refused(copse_booster_rollback(booster, &err), COPSE_ERR_STATE, &err, "no round");
    check_record(booster, &records[0]);
    for (int r = 1; r <= ROUNDS; r++) { /* and forward again, with a step back in between */
      assert_false(step_any(booster));
      must(copse_booster_rollback(booster, &err), &err);
      assert_false(step_any(booster));
      check_record(booster, &records[r]);
    }
    for (int r = 0; r <= ROUNDS; r++) {
      copse_free(records[r].trees);
      for (int s = 0; s < 2; s++) copse_free(records[r].scores[s]);
    }
    copse_booster_free(booster);
    mixed_data_free(&train);
    mixed_data_free(&valid);
  }
}

static void a_late_validation_set_catches_up(void **state) {
  (void)state;
  for (size_t m = 0; m < COUNT(machines); m++) {
    struct mixed_data train = mixed_data_make(ROWS, FEATURES, 3), valid = mixed_data_make(90, FEATURES, 4);
    copse_booster *booster = make_machine(&machines[m], &train, &valid);
    copse_error err;
    for (int r = 0; r < 3; r++) step_any(booster);
    must(copse_booster_add_valid(booster, booster->sets[1].data, "late", &err), &err);
    must(copse_booster_add_valid(booster, booster->sets[0].data, "the training set itself", &err), &err);
    assert_int_equal(copse_booster_n_sets(booster), 4);
    assert_string_equal(copse_booster_set_name(booster, 2), "late");
    for (int r = 0; r < 2; r++) {
      same_scores(booster, 1, booster, 2);
      same_scores(booster, 0, booster, 3);
      double early[4], late[4];
      assert_true(copse_booster_n_metrics(booster) <= 4);
      must(copse_booster_eval(booster, 1, early, &err), &err);
      must(copse_booster_eval(booster, 2, late, &err), &err);
      assert_memory_equal(early, late, (size_t)copse_booster_n_metrics(booster) * sizeof *early);
      step_any(booster);
    }
    copse_booster_free(booster);
    mixed_data_free(&train);
    mixed_data_free(&valid);
  }
}

/* The model's raw predictions are the scores, bit for bit: the average sits in the first tree. */
static void a_model_predicts_the_scores(void **state) {
  (void)state;
  for (size_t m = 0; m < COUNT(machines); m++) {
    if (machines[m].init || strstr(machines[m].params, "custom") != NULL) continue;
    struct mixed_data train = mixed_data_make(ROWS, FEATURES, 5), valid = mixed_data_make(90, FEATURES, 6);
    copse_booster *booster = make_machine(&machines[m], &train, &valid);
    copse_error err;
    copse_model *model;
    copse_predictor *predictor;
    for (int r = 0; r < 4; r++) must_step(booster);
    must(copse_booster_model(booster, 0, &model, &err), &err);
    must(copse_predictor_create(NULL, model, COPSE_PREDICT_RAW, 0, 0, &predictor, &err), &err);
    const struct mixed_data *both[] = {&train, &valid};
    for (int s = 0; s < 2; s++) {
      uint64_t n;
      const double *scores = copse_booster_scores(booster, s, &n);
      for (uint64_t r = 0; r < n; r++) {
        double raw;
        copse_predictor_row(predictor, both[s]->x + r * FEATURES, &raw);
        assert_memory_equal(&raw, &scores[r], sizeof raw);
      }
    }
    copse_predictor_free(predictor);
    copse_model_free(model);
    copse_booster_free(booster);
    mixed_data_free(&train);
    mixed_data_free(&valid);
  }
}

static void a_snapshot_is_the_model_of_that_round(void **state) {
  (void)state;
  struct mixed_data train = mixed_data_make(ROWS, FEATURES, 7), valid = mixed_data_make(60, FEATURES, 8);
  for (size_t m = 0; m < COUNT(machines); m++) {
    copse_booster *booster = make_machine(&machines[m], &train, &valid);
    copse_error err;
    char *then = NULL;
    for (int r = 1; r <= 4; r++) {
      step_any(booster);
      if (r == 2) then = booster_trees(booster);
    }
    const int rounds[] = {2, 4, 5, INT_MAX, -3};
    for (size_t i = 0; i < COUNT(rounds); i++) {
      copse_model *model;
      must(copse_booster_model(booster, rounds[i], &model, &err), &err);
      assert_int_equal(copse_model_n_rounds(model), rounds[i] == 2 ? 2 : 4);
      if (rounds[i] == 2) {
        char *now = model_trees(model);
        assert_string_equal(now, then);
        copse_free(now);
      }
      copse_model_free(model);
    }
    copse_free(then);
    copse_booster_free(booster);
  }
  mixed_data_free(&train);
  mixed_data_free(&valid);
}

/* ---- gradients ---- */

static void naive_gradients(copse_booster *booster, bool binary, float *gradient, float *hessian) {
  uint64_t n;
  const double *score = copse_booster_scores(booster, 0, &n);
  const copse_dataset *data = booster->sets[0].data;
  const double one[2] = {1, 1};
  if (binary)
    kernels_best()->grad_logistic(score, data->label, data->weight, n, 1.0, one, gradient, hessian);
  else
    kernels_best()->grad_squared(score, data->label, data->weight, n, gradient, hessian);
}

/* The caller's gradients give the built-in objective's trees when they are the same numbers. */
static void own_gradients_give_the_same_trees(void **state) {
  (void)state;
  struct mixed_data train = mixed_data_make(ROWS, FEATURES, 9);
  for (int i = 0; i < 4; i++) {
    bool binary = i % 2 == 1;
    train.data.label = binary ? train.class_label : train.label;
    train.data.weight = i >= 2 ? train.weight : NULL;
    copse_booster *built_in =
        mixed_booster(&train.data, binary ? "objective=binary boost_from_average=false " SMALL
                                          : "objective=regression boost_from_average=false " SMALL);
    copse_booster *own = mixed_booster(&train.data, "objective=custom " SMALL);
    copse_error err;
    float gradient[ROWS], hessian[ROWS];
    for (int r = 0; r < 4; r++) {
      naive_gradients(own, binary, gradient, hessian);
      must(copse_booster_step_custom(own, gradient, hessian, NULL, &err), &err);
      must_step(built_in);
      same_scores(own, 0, built_in, 0);
    }
    same_trees(own, built_in);
    copse_booster_free(own);
    copse_booster_free(built_in);
  }
  mixed_data_free(&train);
}

/* On a booster with an objective, the caller's gradients start at 0, not at the average, and the objective's
 * own idea of what can be trained does not count. */
static void own_gradients_on_a_built_in_objective(void **state) {
  (void)state;
  struct mixed_data train = mixed_data_make(ROWS, FEATURES, 10);
  copse_error err;
  float gradient[ROWS], hessian[ROWS];
  for (int one_class = 0; one_class < 2; one_class++) {
    train.data.label = train.class_label;
    copse_booster *own = mixed_booster(&train.data, "objective=custom " SMALL);
    naive_gradients(own, true, gradient, hessian);
    if (one_class)
      for (int r = 0; r < ROWS; r++) train.class_label[r] = 1;
    copse_booster *binary = mixed_booster(&train.data, "objective=binary " SMALL);
    bool finished = true;
    must(copse_booster_step_custom(own, gradient, hessian, NULL, &err), &err);
    must(copse_booster_step_custom(binary, gradient, hessian, &finished, &err), &err);
    assert_false(finished);
    same_trees(own, binary);
    same_scores(own, 0, binary, 0);
    copse_booster_free(own);
    copse_booster_free(binary);
  }
  mixed_data_free(&train);
}

/* Every row at the largest number of its power of two, all of one sign: the sums that come closest to the end
 * of 64 bits. */
static void gradients_at_the_limit(void **state) {
  (void)state;
  enum { N = 1024 };
  double x[N];
  float gradient[N], hessian[N];
  struct small_data data = {.n_rows = N, .n_features = 1, .x = x};
  for (int i = 0; i < N; i++) x[i] = i % 7;
  for (int sign = -1; sign <= 1; sign += 2) {
    for (int exponent = -120; exponent <= 100; exponent += 55) {
      const float most = ldexpf(0x1.fffffep0f, exponent);
      for (int i = 0; i < N; i++) gradient[i] = (float)sign * most, hessian[i] = 0x1.fffffep0f;
      copse_error err;
      copse_booster *booster = mixed_booster(&data, "objective=custom min_data_in_bin=1 " SMALL);
      must(copse_booster_step_custom(booster, gradient, hessian, NULL, &err), &err);
      const struct workspace *ws = &booster->workspace;
      double g = 0, h = 0;
      for (int l = 0; l < booster->trees[0].n_leaves; l++) {
        g += (double)ws->leaves[l].total_gradient * ws->gradient_unit;
        h += (double)ws->leaves[l].total_hessian * ws->hessian_unit;
        assert_true(ws->leaves[l].output * sign < 0);
      }
      assert_true(g == N * (double)gradient[0]);
      assert_true(fabs(h - N * (double)hessian[0]) < 1e-6 * h);
      copse_booster_free(booster);
    }
  }
}

static void bad_gradients_are_refused(void **state) {
  (void)state;
  struct mixed_data train = mixed_data_make(ROWS, FEATURES, 11);
  copse_booster *booster = mixed_booster(&train.data, "objective=custom " SMALL);
  copse_error err;
  refused(copse_booster_step(booster, NULL, &err), COPSE_ERR_STATE, &err, "copse_booster_step_custom");
  const struct { float g, h; } bad[] = {{NAN, 1}, {INFINITY, 1}, {1, NAN}, {1, INFINITY}, {1, -0.5f}};
  float gradient[ROWS], hessian[ROWS];
  for (size_t b = 0; b < COUNT(bad); b++) {
    for (int r = 0; r < ROWS; r++) gradient[r] = hessian[r] = 1;
    gradient[ROWS - 1] = bad[b].g;
    hessian[ROWS - 1] = bad[b].h;
    refused(copse_booster_step_custom(booster, gradient, hessian, NULL, &err), COPSE_ERR_DATA, &err, "299");
    assert_int_equal(copse_booster_round(booster), 0);
  }
  copse_booster_free(booster);
  mixed_data_free(&train);
}

/* Packed histograms count rows by their hessians, where these are all 1. */
static void packed_counts_are_refused_where_hessians_differ(void **state) {
  (void)state;
  struct mixed_data train = mixed_data_make(ROWS, FEATURES, 12);
  for (int c = 0; c < 3; c++) {
    copse_error err;
    copse_booster *booster;
    copse_params *params =
        small_params(c == 2 ? "data_sample_strategy=goss use_quantized_grad=true leaf_counts=exact " SMALL
                            : "use_quantized_grad=true leaf_counts=exact " SMALL);
    train.data.weight = c == 1 ? train.weight : NULL;
    copse_dataset *set = small_dataset(&train.data, params, NULL);
    copse_status status = copse_booster_create(NULL, set, params, &booster, &err);
    if (c == 0)
      must(status, &err);
    else
      refused(status, COPSE_ERR_ARGUMENT, &err, "leaf_counts=exact conflicts with use_quantized_grad=true");
    copse_booster_free(booster);
    copse_dataset_free(set);
    copse_params_free(params);
  }
  mixed_data_free(&train);
}

#define TINY QUIET "min_data_in_leaf=1 min_data_in_bin=1 "

/* Labels and weights that are each finite, but whose gradient is not a float any more. */
static void gradients_that_overflow_are_refused(void **state) {
  (void)state;
  const double x[] = {1, 2, 3, 4, 5, 6};
  const float far[] = {3e38f, -3e38f, -3e38f, -3e38f, -3e38f, -3e38f}, large[] = {1e30f, 0, 0, 0, 1, 0};
  const float heavy[] = {1e20f, 1, 1, 1, 1, 1}, none[] = {0, 1, 1, 1, 1, 1};
  const struct {
    const float *label, *weight;
    const char *params;
  } cases[] = {{far, NULL, TINY}, {large, heavy, TINY "boost_from_average=false"}, {far, none, TINY}};
  for (size_t c = 0; c < COUNT(cases); c++) {
    struct small_data data = {
        .n_rows = 6, .n_features = 1, .x = x, .label = cases[c].label, .weight = cases[c].weight};
    copse_error err;
    copse_booster *booster = mixed_booster(&data, cases[c].params);
    refused(copse_booster_step(booster, NULL, &err), COPSE_ERR_DATA, &err, "gradient");
    assert_int_equal(copse_booster_round(booster), 0);
    copse_booster_free(booster);
  }
}

/* ---- evaluation ---- */

static void evaluation_is_of_the_scores(void **state) {
  (void)state;
  struct mixed_data train = mixed_data_make(ROWS, FEATURES, 12), valid = mixed_data_make(80, FEATURES, 13);
  copse_booster *booster = mixed_booster(&train.data, "metric=l2,rmse,l1 " SMALL);
  add_valid(booster, &valid.data, "v");
  assert_int_equal(copse_booster_n_metrics(booster), 3);
  assert_string_equal(copse_booster_metric_name(booster, 1), "rmse");
  assert_false(copse_booster_metric_higher_is_better(booster, 0));
  copse_error err;
  for (int round = 0; round < 3; round++) {
    for (int s = 0; s < 2; s++) {
      const float *label = s == 0 ? train.label : valid.label;
      double values[3], l1 = 0, l2 = 0;
      uint64_t n;
      const double *score = copse_booster_scores(booster, s, &n);
      for (uint64_t r = 0; r < n; r++) {
        l1 += fabs(score[r] - (double)label[r]) / (double)n;
        l2 += (score[r] - (double)label[r]) * (score[r] - (double)label[r]) / (double)n;
      }
      must(copse_booster_eval(booster, s, values, &err), &err);
      assert_true(fabs(values[0] - l2) < 1e-12 * l2);
      assert_true(fabs(values[1] - sqrt(l2)) < 1e-12);
      assert_true(fabs(values[2] - l1) < 1e-12 * l1);
    }
    must_step(booster);
  }
  double unused[3];
  refused(copse_booster_eval(booster, 2, unused, &err), COPSE_ERR_ARGUMENT, &err, "set 2");
  refused(copse_booster_eval(booster, -1, unused, &err), COPSE_ERR_ARGUMENT, &err, "set -1");
  copse_booster_free(booster);
  mixed_data_free(&train);
  mixed_data_free(&valid);
}

/* ---- starts ---- */

static const double step_x[] = {1, 1, 2, 2};
static const float step_y[] = {1, 3, 9, 11};
#define STEP \
  QUIET "min_data_in_leaf=1 min_data_in_bin=1 min_sum_hessian_in_leaf=0 num_leaves=2 learning_rate=0.5 "
static const struct small_data step_data = {.n_rows = 4, .n_features = 1, .x = step_x, .label = step_y};

static void check_scores(copse_booster *booster, const double want[4]) {
  const double *score = copse_booster_scores(booster, 0, NULL);
  for (int r = 0; r < 4; r++)
    if (fabs(score[r] - want[r]) > 1e-12) fail_msg("row %d: %.17g, expected %g", r, score[r], want[r]);
}

static void where_scores_start(void **state) {
  (void)state;
  copse_error err;
  copse_booster *booster = mixed_booster(&step_data, STEP);
  must_step(booster); /* the average 6, then half of -4 and 4 */
  check_scores(booster, (double[]){4, 4, 8, 8});
  copse_booster_free(booster);
  booster = mixed_booster(&step_data, STEP "boost_from_average=false");
  must_step(booster);
  check_scores(booster, (double[]){1, 1, 5, 5});
  copse_booster_free(booster);
  /* init scores take the average's place, and are there before the first round */
  const double init[] = {1, 3, 9, 15};
  copse_params *params = small_params(STEP);
  copse_dataset *set = small_dataset(&step_data, params, NULL);
  must(copse_dataset_set(set, COPSE_INIT_SCORE, init, 4, &err), &err);
  must(copse_booster_create(NULL, set, params, &booster, &err), &err);
  check_scores(booster, init);
  double l2;
  must(copse_booster_eval(booster, 0, &l2, &err), &err);
  assert_true(l2 == 4);
  must_step(booster);
  check_scores(booster, (double[]){1, 3, 8, 14});
  must(copse_booster_rollback(booster, &err), &err);
  check_scores(booster, init);
  copse_booster_free(booster);
  copse_dataset_free(set);
  copse_params_free(params);
}

/* ---- no split ---- */

static double lone_leaf(copse_booster *booster) {
  copse_error err;
  copse_model *model;
  copse_node node;
  must(copse_booster_model(booster, 0, &model, &err), &err);
  assert_int_equal(copse_model_n_trees(model), 1);
  assert_int_equal(copse_model_tree_n_leaves(model, 0), 1);
  assert_true(copse_model_tree_node(model, 0, ~0, &node));
  copse_model_free(model);
  return node.value;
}

/* A first round without a split keeps constant trees, and stepping on changes nothing. */
static void first_round_without_a_split(void **state) {
  (void)state;
  const double flat[] = {5, 5, 5, 5}, one_x[] = {3};
  const float ones[] = {1, 1, 1, 1};
  const struct {
    struct small_data data;
    const char *params;
    double value;
  } cases[] = {
      {{4, 1, flat, step_y, NULL, NULL}, STEP, 6},                            /* no usable feature */
      {{4, 1, flat, step_y, NULL, NULL}, STEP "boost_from_average=false", 6}, /* the average all the same */
      {{4, 1, step_x, ones, NULL, NULL}, STEP "objective=binary", 34.539575992340879}, /* one class */
      {{4, 1, step_x, ones, NULL, NULL}, STEP, 1},                                     /* nothing to gain */
      {{1, 1, one_x, ones, NULL, NULL}, STEP, 1},                                      /* one row */
      {{4, 1, step_x, step_y, NULL, NULL}, STEP "min_gain_to_split=1000", 6},
  };
  for (size_t c = 0; c < COUNT(cases); c++) {
    copse_error err;
    copse_booster *booster = mixed_booster(&cases[c].data, cases[c].params);
    for (int again = 0; again < 3; again++) {
      assert_true(must_step(booster));
      assert_int_equal(copse_booster_round(booster), 1);
      if (fabs(lone_leaf(booster) - cases[c].value) > 1e-9) fail_msg("case %zu: %g", c, lone_leaf(booster));
      assert_true(fabs(copse_booster_scores(booster, 0, NULL)[0] - cases[c].value) < 1e-9);
    }
    must(copse_booster_rollback(booster, &err), &err);
    assert_int_equal(copse_booster_round(booster), 0);
    assert_true(copse_booster_scores(booster, 0, NULL)[0] == 0);
    assert_true(must_step(booster));
    assert_true(fabs(lone_leaf(booster) - cases[c].value) < 1e-9);
    copse_booster_free(booster);
  }
}

/* A later one is dropped; taking a round back opens the booster again. */
static void later_round_without_a_split(void **state) {
  (void)state;
  copse_error err;
  copse_booster *booster = mixed_booster(&step_data, "min_gain_to_split=10 " STEP); /* gains 64, 16, 4 */
  assert_false(must_step(booster));
  assert_false(must_step(booster));
  char *trees = booster_trees(booster);
  for (int again = 0; again < 3; again++) {
    assert_true(must_step(booster));
    assert_int_equal(copse_booster_round(booster), 2);
    check_scores(booster, (double[]){3, 3, 9, 9});
  }
  char *now = booster_trees(booster);
  assert_string_equal(now, trees);
  copse_free(now);
  must(copse_booster_rollback(booster, &err), &err);
  check_scores(booster, (double[]){4, 4, 8, 8});
  assert_false(must_step(booster));
  check_scores(booster, (double[]){3, 3, 9, 9});
  now = booster_trees(booster);
  assert_string_equal(now, trees);
  copse_free(now);
  copse_free(trees);
  copse_booster_free(booster);
}

/* ---- fields that change ---- */

static void labels_between_rounds(void **state) {
  (void)state;
  struct mixed_data train = mixed_data_make(ROWS, FEATURES, 14);
  train.data.label = train.class_label;
  copse_error err;
  copse_booster *booster = mixed_booster(&train.data, "objective=binary boost_from_average=false " SMALL);
  copse_booster *own = mixed_booster(&train.data, "objective=custom " SMALL);
  float gradient[ROWS], hessian[ROWS];
  for (int r = 0; r < 4; r++) {
    if (r == 2) {
      for (int i = 0; i < ROWS; i++) train.class_label[i] = 1 - train.class_label[i];
      copse_booster *both[] = {booster, own};
      for (int b = 0; b < 2; b++)
        must(copse_dataset_set(both[b]->sets[0].data, COPSE_LABEL, train.class_label, ROWS, &err), &err);
    }
    naive_gradients(own, true, gradient, hessian);
    must(copse_booster_step_custom(own, gradient, hessian, NULL, &err), &err);
    must_step(booster);
    same_scores(booster, 0, own, 0);
  }
  /* labels the objective cannot take stop the booster, not the program, and it goes on with better ones */
  train.class_label[5] = 7;
  must(copse_dataset_set(booster->sets[0].data, COPSE_LABEL, train.class_label, ROWS, &err), &err);
  for (int again = 0; again < 2; again++)
    refused(copse_booster_step(booster, NULL, &err), COPSE_ERR_DATA, &err, "row 6");
  train.class_label[5] = 1;
  must(copse_dataset_set(booster->sets[0].data, COPSE_LABEL, train.class_label, ROWS, &err), &err);
  must_step(booster);
  assert_int_equal(copse_booster_round(booster), 5);
  copse_booster_free(booster);
  copse_booster_free(own);
  mixed_data_free(&train);
}

/* Counting rows by a constant hessian does not survive weights: refused for as long as they are there. */
static void weights_after_the_booster_was_made(void **state) {
  (void)state;
  struct mixed_data train = mixed_data_make(ROWS, FEATURES, 15);
  copse_error err;
  copse_booster *booster = mixed_booster(&train.data, SMALL), *plain = mixed_booster(&train.data, SMALL);
  must_step(booster);
  must(copse_dataset_set(booster->sets[0].data, COPSE_WEIGHT, train.weight, ROWS, &err), &err);
  for (int again = 0; again < 3; again++)
    refused(copse_booster_step(booster, NULL, &err), COPSE_ERR_STATE, &err, "new booster");
  assert_int_equal(copse_booster_round(booster), 1);
  must(copse_dataset_set(booster->sets[0].data, COPSE_WEIGHT, NULL, 0, &err), &err);
  must_step(booster);
  must_step(plain);
  must_step(plain);
  same_trees(booster, plain);
  copse_booster_free(booster);
  copse_booster_free(plain);
  /* the other way round is harmless */
  train.data.weight = train.weight;
  booster = mixed_booster(&train.data, SMALL);
  train.data.weight = NULL;
  plain = mixed_booster(&train.data, SMALL);
  must(copse_dataset_set(booster->sets[0].data, COPSE_WEIGHT, NULL, 0, &err), &err);
  for (int r = 0; r < 3; r++) {
    must_step(booster);
    must_step(plain);
  }
  same_scores(booster, 0, plain, 0);
  copse_booster_free(booster);
  copse_booster_free(plain);
  mixed_data_free(&train);
}

/* Init scores that no longer fit the outputs are refused, never read past their end. */
static void init_scores_that_change(void **state) {
  (void)state;
  struct mixed_data train = mixed_data_make(ROWS, FEATURES, 16);
  copse_error err;
  double init[2 * ROWS] = {0};
  float gradient[2 * ROWS], hessian[2 * ROWS];
  copse_booster *booster = mixed_booster(&train.data, "objective=custom num_class=2 " SMALL);
  copse_dataset *set = booster->sets[0].data;
  for (int i = 0; i < 2 * ROWS; i++) gradient[i] = train.label[i % ROWS], hessian[i] = 1;
  must(copse_dataset_set(set, COPSE_INIT_SCORE, init, ROWS, &err), &err);
  refused(copse_booster_step_custom(booster, gradient, hessian, NULL, &err), COPSE_ERR_DATA, &err, "600");
  must(copse_dataset_set(set, COPSE_INIT_SCORE, init, 2 * ROWS, &err), &err);
  must(copse_booster_step_custom(booster, gradient, hessian, NULL, &err), &err);
  double before = copse_booster_scores(booster, 0, NULL)[0];
  must(copse_dataset_set(set, COPSE_INIT_SCORE, init, ROWS, &err), &err);
  refused(copse_booster_step_custom(booster, gradient, hessian, NULL, &err), COPSE_ERR_DATA, &err, "600");
  refused(copse_booster_rollback(booster, &err), COPSE_ERR_DATA, &err, "600");
  assert_true(copse_booster_scores(booster, 0, NULL)[0] == before);
  must(copse_dataset_set(set, COPSE_INIT_SCORE, NULL, 0, &err), &err);
  must(copse_booster_rollback(booster, &err), &err);
  assert_true(copse_booster_scores(booster, 0, NULL)[0] == 0);
  copse_booster_free(booster);
  mixed_data_free(&train);
}

/* ---- refusals ---- */

static void data_sets_that_are_refused(void **state) {
  (void)state;
  struct mixed_data train = mixed_data_make(ROWS, FEATURES, 17);
  copse_error err;
  copse_params *params = small_params(SMALL);
  copse_booster *booster = mixed_booster(&train.data, SMALL), *none;
  copse_dataset *foreign = small_dataset(&train.data, params, NULL), *unfinished;
  refused(copse_booster_add_valid(booster, foreign, "f", &err), COPSE_ERR_ARGUMENT, &err, "\"f\"");
  copse_schema *schema = copse_dataset_schema(booster->sets[0].data);
  must(copse_dataset_create(NULL, schema, 5, &unfinished, &err), &err);
  refused(copse_booster_add_valid(booster, unfinished, "u", &err), COPSE_ERR_STATE, &err, "finish");
  refused(copse_booster_create(NULL, unfinished, params, &none, &err), COPSE_ERR_STATE, &err, "finish");
  assert_null(none);
  train.data.label = NULL;
  copse_dataset *unlabelled = valid_set(booster, &train.data);
  refused(copse_booster_add_valid(booster, unlabelled, "l", &err), COPSE_ERR_STATE, &err, "label");
  refused(copse_booster_create(NULL, unlabelled, params, &none, &err), COPSE_ERR_STATE, &err, "label");
  double init[2 * ROWS] = {0};
  copse_dataset *init_set = booster->sets[0].data;
  must(copse_dataset_set(init_set, COPSE_INIT_SCORE, init, 2 * ROWS, &err), &err);
  refused(copse_booster_create(NULL, init_set, params, &none, &err), COPSE_ERR_DATA, &err, "300");
  refused(copse_booster_add_valid(booster, init_set, "i", &err), COPSE_ERR_DATA, &err, "600");
  assert_int_equal(copse_booster_n_sets(booster), 1);
  must(copse_dataset_set(init_set, COPSE_INIT_SCORE, NULL, 0, &err), &err);
  must_step(booster);
  copse_dataset_free(foreign);
  copse_dataset_free(unfinished);
  copse_dataset_free(unlabelled);
  copse_booster_free(booster);
  copse_params_free(params);
  mixed_data_free(&train);
}

static void no_label_is_needed_for_own_gradients(void **state) {
  (void)state;
  struct mixed_data train = mixed_data_make(ROWS, FEATURES, 18);
  train.data.label = NULL;
  copse_error err;
  copse_booster *booster = mixed_booster(&train.data, "objective=custom " SMALL);
  float hessian[ROWS];
  for (int r = 0; r < ROWS; r++) hessian[r] = 1;
  must(copse_booster_step_custom(booster, train.label, hessian, NULL, &err), &err);
  assert_int_equal(copse_booster_round(booster), 1);
  copse_booster_free(booster);
  mixed_data_free(&train);
}

/* ---- memory ---- */

struct own_context {
  struct hooked_allocator hook;
  copse_context *ctx;
  copse_params *params;
  copse_dataset *set;
};

static void own_context_make(struct own_context *own, const struct small_data *data, const char *params) {
  copse_error err;
  copse_allocator allocator = hooked_allocator(&own->hook);
  must(copse_context_create(&allocator, &own->ctx, &err), &err);
  own->params = small_params(params);
  const copse_table table = small_table(data);
  must(
      copse_dataset_from_table(own->ctx, &table, NULL, data->categorical, own->params, NULL, &own->set, &err),
      &err);
  must(copse_dataset_set(own->set, COPSE_LABEL, data->label, data->n_rows, &err), &err);
}

static void own_context_free(struct own_context *own) {
  copse_params_free(own->params);
  copse_dataset_free(own->set);
  assert_int_equal(copse_context_memory_used(own->ctx), 0);
  copse_context_free(own->ctx);
  assert_int_equal(own->hook.live, 0);
}

static void a_memory_limit_is_an_error_and_no_more(void **state) {
  (void)state;
  struct mixed_data train = mixed_data_make(ROWS, FEATURES, 19);
  struct own_context own = {0};
  own_context_make(&own, &train.data, SMALL);
  copse_error err;
  copse_booster *booster, *free_one = mixed_booster(&train.data, SMALL);
  size_t used = copse_context_memory_used(own.ctx);
  copse_context_set_memory_limit(own.ctx, used + 1000);
  refused(copse_booster_create(own.ctx, own.set, own.params, &booster, &err), COPSE_ERR_MEMORY, &err,
          "memory");
  assert_null(booster);
  assert_int_equal(copse_context_memory_used(own.ctx), used);
  copse_context_set_memory_limit(own.ctx, 0);
  must(copse_booster_create(own.ctx, own.set, own.params, &booster, &err), &err);
  for (int r = 0; r < 3; r++) {
    used = copse_context_memory_used(own.ctx);
    copse_context_set_memory_limit(own.ctx, used + 10);
    refused(copse_booster_step(booster, NULL, &err), COPSE_ERR_MEMORY, &err, "memory");
    assert_int_equal(copse_booster_round(booster), r);
    copse_model *model;
    refused(copse_booster_model(booster, 0, &model, &err), COPSE_ERR_MEMORY, &err, "memory");
    assert_int_equal(copse_context_memory_used(own.ctx), used);
    copse_context_set_memory_limit(own.ctx, 0);
    must_step(booster);
    must_step(free_one);
    same_scores(booster, 0, free_one, 0);
  }
  same_trees(booster, free_one);
  copse_booster_free(booster);
  copse_booster_free(free_one);
  own_context_free(&own);
  mixed_data_free(&train);
}

/* A round that fails at its second tree has not begun: scores, start and trees are as before. */
static void a_round_that_fails_halfway(void **state) {
  (void)state;
  struct mixed_data train = mixed_data_make(ROWS, FEATURES, 23);
  struct own_context own = {0};
  own_context_make(&own, &train.data, "objective=custom num_class=3 " SMALL);
  copse_error err;
  copse_booster *booster;
  float gradient[3 * ROWS], hessian[3 * ROWS];
  must(copse_booster_create(own.ctx, own.set, own.params, &booster, &err), &err);
  must(copse_booster_add_valid(booster, own.set, "v", &err), &err);
  for (int i = 0; i < 3 * ROWS; i++) gradient[i] = train.label[i % ROWS] * (float)(i / ROWS), hessian[i] = 1;
  for (int r = 0; r < 3; r++) {
    struct record before = take_record(booster);
    int failed = 0;
    for (size_t request = 1;; request++) {
      own.hook.fail_at = own.hook.calls + request;
      copse_status status = copse_booster_step_custom(booster, gradient, hessian, NULL, &err);
      if (status == COPSE_OK) break;
      refused(status, COPSE_ERR_MEMORY, &err, "memory");
      failed++;
      own.hook.fail_at = 0;
      check_record(booster, &before);
    }
    own.hook.fail_at = 0;
    assert_true(failed >= 3);
    assert_int_equal(copse_booster_round(booster), r + 1);
    copse_free(before.trees);
    for (int s = 0; s < 2; s++) copse_free(before.scores[s]);
  }
  copse_booster_free(booster);
  own_context_free(&own);
  mixed_data_free(&train);
}

/* A round allocates its tree and nothing else (the list of trees was made in the first round). */
static void a_round_allocates_its_tree_only(void **state) {
  (void)state;
  struct mixed_data train = mixed_data_make(ROWS, FEATURES, 20);
  for (int f = 0; f < FEATURES; f++) train.categorical[f] = false;
  struct own_context own = {0};
  own_context_make(&own, &train.data, SMALL);
  copse_error err;
  copse_booster *booster;
  must(copse_booster_create(own.ctx, own.set, own.params, &booster, &err), &err);
  must(copse_booster_add_valid(booster, own.set, "v", &err), &err);
  must_step(booster);
  for (int r = 1; r < 20; r++) {
    size_t calls = own.hook.calls, live = own.hook.live;
    double l2;
    assert_false(must_step(booster));
    must(copse_booster_eval(booster, 1, &l2, &err), &err);
    assert_int_equal(own.hook.calls, calls + 1);
    assert_int_equal(own.hook.live, live + 1);
  }
  copse_booster_free(booster);
  own_context_free(&own);
  mixed_data_free(&train);
}

static void phases_have_names(void **state) {
  (void)state;
  copse_booster *booster = mixed_booster(&step_data, STEP);
  must_step(booster);
  int phase = 0;
  double seconds;
  for (; copse_booster_phase(booster, phase, &seconds) != NULL; phase++) assert_true(seconds >= 0);
  assert_true(phase >= 4);
  assert_null(copse_booster_phase(booster, -1, NULL));
  copse_booster_free(booster);
}

/* Of n splits that are left at most n leaves are split: the histograms of the others are given away, and
 * nobody misses them. */
static void half_as_many_histograms_as_leaves(void **state) {
  (void)state;
  struct mixed_data train = mixed_data_make(6000, FEATURES, 24);
  small_threads(true);
  for (int threads = 1; threads <= 3; threads++) {
    uint64_t fingerprints[2];
    for (int keeps = 0; keeps < 2; keeps++) {
      char settings[96];
      snprintf(settings, sizeof settings, "num_threads=%d num_leaves=96 min_data_in_leaf=4 verbosity=-1",
               threads);
      copse_booster *booster = mixed_booster(&train.data, settings);
      struct workspace *ws = &booster->workspace;
      ws->keeps_slots = keeps == 1;
      copse_error err;
      copse_model *model;
      for (int round = 0; round < 3; round++) {
        must(copse_booster_step(booster, NULL, &err), &err);
        assert_int_equal(booster->trees[round].n_leaves, 96);
        if (threads > 1) continue; /* leaves that are divided ahead have some as well */
        assert_in_range(ws->n_slots_used, keeps == 1 ? 80 : 2, keeps == 1 ? 96 : 96 / 2 + 4);
      }
      must(copse_booster_model(booster, 0, &model, &err), &err);
      fingerprints[keeps] = copse_model_fingerprint(model);
      copse_model_free(model);
      copse_booster_free(booster);
    }
    assert_true(fingerprints[0] == fingerprints[1]);
  }
  small_threads(false);
  mixed_data_free(&train);
}

/* Leaves that gain less than a share of what the output's last tree stopped at give their histograms away
 * first. With a share that is far too large nearly all do, and whoever is split after all is built again: the
 * trees are the same. */
static void histograms_of_unlikely_leaves_are_given_away(void **state) {
  (void)state;
  static const double shares[] = {0, -1, 1e9}; /* none, the booster's own, all */
  static const char *const kinds[] = {"objective=regression", "objective=regression use_quantized_grad=true",
                                      "objective=regression boosting=rf bagging_freq=1 bagging_fraction=0.5"};
  struct mixed_data train = mixed_data_make(6000, FEATURES, 25);
  small_threads(true);
  for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++)
    for (int threads = 1; threads <= 3; threads++) {
      uint64_t fingerprints[3];
      int used[3];
      for (int s = 0; s < 3; s++) {
        char settings[192];
        snprintf(settings, sizeof settings,
                 "%s num_threads=%d num_leaves=64 min_data_in_leaf=4 learning_rate=0.1 verbosity=-1",
                 kinds[kind], threads);
        copse_booster *booster = mixed_booster(&train.data, settings);
        struct workspace *ws = &booster->workspace;
        if (shares[s] >= 0) ws->least_in_sight = shares[s];
        copse_error err;
        copse_model *model;
        for (int round = 0; round < 4; round++) must(copse_booster_step(booster, NULL, &err), &err);
        assert_true(booster->gain_in_sight[0] >= 0);
        used[s] = ws->n_slots_used; /* by the last tree */
        must(copse_booster_model(booster, 0, &model, &err), &err);
        fingerprints[s] = copse_model_fingerprint(model);
        copse_model_free(model);
        copse_booster_free(booster);
      }
      assert_true(fingerprints[0] == fingerprints[1] && fingerprints[0] == fingerprints[2]);
      if (threads > 1) continue; /* how many are divided ahead is chance */
      assert_true(used[1] < used[0]);
      assert_in_range(used[2], 2, 4);
    }
  small_threads(false);
  mixed_data_free(&train);
}

/* On small data threads cost more than they save; large data and large validation sets get them. */
static void threads_are_worth_their_data(void **state) {
  (void)state;
  struct mixed_data train = mixed_data_make(ROWS, FEATURES, 21), large = mixed_data_make(20000, FEATURES, 22),
                    larger = mixed_data_make(60000, FEATURES, 23);
  small_threads(false);
  copse_booster *booster = mixed_booster(&train.data, "num_threads=3 verbosity=-1");
  assert_int_equal(booster_team_threads(booster), 1);
  assert_int_equal(booster->workspace.n_threads, 1);
  add_valid(booster, &large.data, "large");
  assert_int_equal(booster_team_threads(booster), 3);
  assert_int_equal(booster->workspace.n_threads, 1);
  copse_booster_free(booster);
  booster = mixed_booster(&larger.data, "num_threads=3 verbosity=-1");
  assert_int_equal(booster_team_threads(booster), 3);
  assert_int_equal(booster->workspace.n_threads, 3);
  copse_booster_free(booster);
  small_threads(true);
  booster = mixed_booster(&train.data, "num_threads=3 verbosity=-1");
  assert_int_equal(booster_team_threads(booster), 3);
  copse_booster_free(booster);
  mixed_data_free(&train);
  mixed_data_free(&large);
  mixed_data_free(&larger);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rollback_returns_to_the_same_bits),
      cmocka_unit_test(a_late_validation_set_catches_up),
      cmocka_unit_test(a_model_predicts_the_scores),
      cmocka_unit_test(a_snapshot_is_the_model_of_that_round),
      cmocka_unit_test(own_gradients_give_the_same_trees),
      cmocka_unit_test(own_gradients_on_a_built_in_objective),
      cmocka_unit_test(gradients_at_the_limit),
      cmocka_unit_test(bad_gradients_are_refused),
      cmocka_unit_test(packed_counts_are_refused_where_hessians_differ),
      cmocka_unit_test(gradients_that_overflow_are_refused),
      cmocka_unit_test(evaluation_is_of_the_scores),
      cmocka_unit_test(where_scores_start),
      cmocka_unit_test(first_round_without_a_split),
      cmocka_unit_test(later_round_without_a_split),
      cmocka_unit_test(labels_between_rounds),
      cmocka_unit_test(weights_after_the_booster_was_made),
      cmocka_unit_test(init_scores_that_change),
      cmocka_unit_test(data_sets_that_are_refused),
      cmocka_unit_test(no_label_is_needed_for_own_gradients),
      cmocka_unit_test(a_memory_limit_is_an_error_and_no_more),
      cmocka_unit_test(a_round_that_fails_halfway),
      cmocka_unit_test(a_round_allocates_its_tree_only),
      cmocka_unit_test(phases_have_names),
      cmocka_unit_test(half_as_many_histograms_as_leaves),
      cmocka_unit_test(histograms_of_unlikely_leaves_are_given_away),
      cmocka_unit_test(threads_are_worth_their_data),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
