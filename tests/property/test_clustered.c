/* Rows laid out by the first tree's leaves, scores and labels with them: models, scores and metrics are the
 * very ones of rows left where they are, through everything that reads scores or makes them anew. */
#include <math.h>
#include <string.h>

#include "checks.h"
#include "mixed_data.h"

enum { ROWS = 140000, COLUMNS = 7 };

#define SMALL "verbosity=-1 num_leaves=12 min_data_in_leaf=20 learning_rate=0.3 max_bin=63 "

struct setting {
  const char *params;
  bool weighted, binary, clustered, held; /* held: by the caller, so that the matrix is copied */
};

static const struct setting settings[] = {
    {"metric=l2,l1 num_threads=2 " SMALL, true, false, true, false},
    {"objective=binary metric=auc,binary_logloss bagging_freq=1 bagging_fraction=0.5 num_threads=1 " SMALL,
     false, true, true, false},
    {"objective=binary metric=binary_logloss bagging_freq=2 pos_bagging_fraction=0.5 num_threads=3 " SMALL,
     true, true, true, false},
    {"objective=multiclass num_class=2 metric=multi_logloss num_threads=2 " SMALL, true, true, true, false},
    {"objective=binary metric=auc use_quantized_grad=true quant_train_renew_leaf=true num_threads=2 " SMALL,
     false, true, true, false},
    {"metric=l2 compat=lightgbm feature_fraction=0.7 num_threads=2 " SMALL, true, false, true, false},
    {"objective=multi_regression metric=l2,l1 num_threads=2 " SMALL, true, false, true, false},
    {"objective=regression_l1 metric=l1 num_threads=2 " SMALL, true, false, false, false},
    {"metric=l2,l1 num_threads=2 " SMALL, true, false, true, true},
    {"objective=multiclass num_class=2 metric=multi_logloss num_threads=2 " SMALL, true, true, true, true},
    {"boosting=dart drop_rate=0.5 metric=l2 num_threads=5 " SMALL "max_bin=1000 ", true, false, true, false},
    {"data_sample_strategy=goss learning_rate=0.9 metric=l2 num_threads=2 " SMALL, true, false, true, false},
    {"boosting=rf bagging_freq=1 bagging_fraction=0.5 metric=l2 num_threads=2 " SMALL, false, false, true,
     false},
    {"cegb_penalty_feature_lazy=0.1,0,0,0,0,0,0 metric=l2 num_threads=2 " SMALL, false, false, true, false},
};

static void same_scores(copse_booster *a, copse_booster *b) {
  uint64_t n;
  const double *x = copse_booster_scores(a, 0, &n), *y = copse_booster_scores(b, 0, NULL);
  assert_memory_equal(x, y, n * sizeof *x);
}

static void same_metrics(copse_booster *a, copse_booster *b) {
  double x[4], y[4];
  copse_error err;
  must(copse_booster_eval(a, 0, x, &err), &err);
  must(copse_booster_eval(b, 0, y, &err), &err);
  assert_memory_equal(x, y, (size_t)copse_booster_n_metrics(a) * sizeof *x);
}

static void same_trees(copse_booster *a, copse_booster *b) {
  char *x = booster_trees(a), *y = booster_trees(b);
  assert_string_equal(x, y);
  copse_free(x);
  copse_free(y);
}

/* Rows that moved are back where they were. */
static void same_cells(copse_booster *a, copse_booster *b) {
  const struct binned *x = &a->sets[0].data->binned, *y = &b->sets[0].data->binned;
  for (uint32_t c = 0; c < x->n_carriers; c++)
    assert_memory_equal(x->carriers[c].cells, y->carriers[c].cells,
                        x->n_rows * (size_t)x->carriers[c].cell_bytes);
  for (uint32_t k = 0; k < x->n_blocks; k++)
    assert_memory_equal(x->blocks[k].rows, y->blocks[k].rows, x->n_rows * (size_t)x->blocks[k].row_bytes);
}

static void check_setting(const struct setting *s, struct mixed_data *mixed) {
  copse_error err;
  mixed->data.weight = s->weighted ? mixed->weight : NULL;
  mixed->data.label = s->binary ? mixed->class_label : mixed->label;
  static float several[2 * ROWS];
  uint64_t n_labels = strstr(s->params, "multi_regression") != NULL ? 2 : 1;
  memcpy(several, mixed->data.label, ROWS * sizeof *several);
  memcpy(several + ROWS, mixed->class_label, ROWS * sizeof *several);
  mixed->data.label = several;
  copse_booster *a = labels_booster(&mixed->data, n_labels, s->params),
                *b = labels_booster(&mixed->data, n_labels, s->params);
  copse_dataset *held = s->held ? copse_dataset_ref(a->sets[0].data) : NULL;
  bool lazy = strstr(s->params, "lazy") != NULL; /* which rows' features are known goes by row */
  b->workspace.cluster_tried = true;
  for (int round = 0; round < 3; round++) {
    must_step(a);
    must_step(b);
  }
  assert_true((a->workspace.row_of != NULL) == s->clustered);
  assert_true(a->workspace.clustered_in_place == (s->clustered && !s->held && !lazy));
  if (held != NULL) same_cells(a, b);
  assert_null(b->workspace.row_of);
  same_metrics(a, b);
  must_step(a);
  must_step(b);
  same_scores(a, b);
  must(copse_booster_rollback(a, &err), &err);
  must(copse_booster_rollback(b, &err), &err);
  same_scores(a, b);
  must_step(a);
  must_step(b);
  same_metrics(a, b);
  must(copse_booster_set_param(a, "learning_rate", "0.1", &err), &err);
  must(copse_booster_set_param(b, "learning_rate", "0.1", &err), &err);
  same_cells(a, b);
  b->workspace.cluster_tried = true;
  for (int round = 0; round < 2; round++) {
    must_step(a);
    must_step(b);
  }
  same_scores(a, b);
  same_trees(a, b);
  copse_booster_free(a);
  copse_booster_free(b);
  copse_dataset_free(held);
}

static void places_change_nothing(void **state) {
  (void)state;
  struct mixed_data mixed = mixed_data_make(ROWS, COLUMNS, 41);
  for (size_t s = 0; s < sizeof settings / sizeof settings[0]; s++) check_setting(&settings[s], &mixed);
  mixed_data_free(&mixed);
}

/* The caller's gradients come in the order of rows, between rounds of the booster's own. */
static void gradients_of_the_caller(void **state) {
  (void)state;
  static float gradient[ROWS], hessian[ROWS];
  copse_error err;
  struct mixed_data mixed = mixed_data_make(ROWS, COLUMNS, 42);
  mixed.data.weight = mixed.weight; /* so that hessians are not all alike */
  copse_booster *pair[2];
  for (int i = 0; i < 2; i++) pair[i] = mixed_booster(&mixed.data, "metric=l2 num_threads=2 " SMALL);
  pair[1]->workspace.cluster_tried = true;
  for (int round = 0; round < 6; round++)
    for (int i = 0; i < 2; i++) {
      if (round % 2 == 0) {
        must_step(pair[i]);
        continue;
      }
      const double *score = copse_booster_scores(pair[i], 0, NULL);
      for (int r = 0; r < ROWS; r++) {
        gradient[r] = (float)tanh(score[r] - (double)mixed.label[r]);
        hessian[r] = 1.0f + (float)(r % 3);
      }
      must(copse_booster_step_custom(pair[i], gradient, hessian, NULL, &err), &err);
    }
  assert_non_null(pair[0]->workspace.row_of);
  same_scores(pair[0], pair[1]);
  same_trees(pair[0], pair[1]);
  for (int i = 0; i < 2; i++) copse_booster_free(pair[i]);
  mixed_data_free(&mixed);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(places_change_nothing),
      cmocka_unit_test(gradients_of_the_caller),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
