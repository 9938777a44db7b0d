/* Rows that a tree was not grown on reach the leaves that routing takes them to: the training set's scores
 * are the very ones of a validation set of the same rows, whatever draws the rows, with columns of every kind
 * and bundles, shallow trees and deep ones, rows laid out by leaves or not. */
#include <string.h>

#include "checks.h"
#include "mixed_data.h"

enum { ROWS = 140000, COLUMNS = 2 * MIXED_COLUMNS, ROUNDS = 4 };

#define SMALL "verbosity=-1 max_bin=63 learning_rate=0.3 "

struct setting {
  const char *params;
  bool binary, custom; /* custom: every other round is the caller's, by the order of rows */
};

static const struct setting settings[] = {
    {"num_leaves=31 bagging_freq=1 bagging_fraction=0.5 num_threads=1 " SMALL, false, true},
    {"num_leaves=15 bagging_freq=2 bagging_fraction=0.9 use_quantized_grad=true num_threads=2 " SMALL, false,
     false},
    {"num_leaves=2000 min_data_in_leaf=1 bagging_freq=1 bagging_fraction=0.03 num_threads=3 " SMALL, false,
     false},
    {"num_leaves=3000 min_data_in_leaf=1 bagging_freq=1 bagging_fraction=0.1 max_bin=400 num_threads=2 "
     "verbosity=-1 learning_rate=0.3 ",
     false, false},
    {"objective=binary num_leaves=12 bagging_freq=1 neg_bagging_fraction=0.2 num_threads=2 " SMALL, true,
     false},
    {"objective=multiclass num_class=2 num_leaves=12 bagging_freq=1 bagging_fraction=0.4 num_threads=2 "
     "max_bin=400 verbosity=-1 ",
     true, false},
    {"data_sample_strategy=goss num_leaves=31 learning_rate=0.9 num_threads=2 verbosity=-1 ", false, false},
    {"data_sample_strategy=mvs bagging_fraction=0.3 num_leaves=31 num_threads=2 " SMALL, false, false},
    {"boosting=rf num_leaves=63 bagging_freq=1 bagging_fraction=0.6 num_threads=2 " SMALL, false, false},
};

/* The columns behind the pattern's: of each row one of them is not 0, so that they share a cell. */
static void fill_exclusive(struct mixed_data *mixed) {
  for (uint32_t c = MIXED_COLUMNS; c < COLUMNS; c++) mixed->categorical[c] = false;
  for (uint64_t r = 0; r < ROWS; r++) {
    const uint64_t which = r * 2654435761u / 64 % MIXED_COLUMNS;
    for (uint64_t c = 0; c < MIXED_COLUMNS; c++)
      mixed->x[r * COLUMNS + MIXED_COLUMNS + c] = c == which ? (double)(1 + r % 3) : 0;
    mixed->label[r] += (float)which / 4;
  }
}

static void step_by_row(copse_booster *booster) {
  static float gradient[ROWS], hessian[ROWS];
  copse_error err;
  for (int r = 0; r < ROWS; r++) {
    gradient[r] = (float)(r * 37 % 101 - 50) / 50;
    hessian[r] = 1 + (float)(r % 3);
  }
  must(copse_booster_step_custom(booster, gradient, hessian, NULL, &err), &err);
}

static void check_setting(const struct setting *s, struct mixed_data *mixed) {
  copse_error err;
  mixed->data.label = s->binary ? mixed->class_label : mixed->label;
  mixed->data.weight = mixed->weight;
  copse_booster *booster = mixed_booster(&mixed->data, s->params);
  const struct binned *binned = &booster->sets[0].data->binned;
  assert_true(binned->n_carriers < binned->n_columns);
  copse_params *params = small_params(s->params);
  copse_dataset *valid = small_dataset(&mixed->data, params, booster->sets[0].data->schema);
  must(copse_booster_add_valid(booster, valid, "the same rows", &err), &err);
  for (int round = 0; round < ROUNDS; round++) {
    if (s->custom && round % 2 == 1)
      step_by_row(booster);
    else
      must_step(booster);
    uint64_t n;
    const double *scores = copse_booster_scores(booster, 0, &n);
    assert_memory_equal(scores, copse_booster_scores(booster, 1, NULL), n * sizeof *scores);
  }
  assert_true(booster->workspace.n_bag < ROWS);
  assert_non_null(booster->workspace.row_of);
  copse_booster_free(booster);
  copse_dataset_free(valid);
  copse_params_free(params);
}

static void rows_out_of_the_bag_are_routed(void **state) {
  (void)state;
  struct mixed_data mixed = mixed_data_make(ROWS, COLUMNS, 44);
  fill_exclusive(&mixed);
  for (size_t s = 0; s < sizeof settings / sizeof settings[0]; s++) check_setting(&settings[s], &mixed);
  mixed_data_free(&mixed);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(rows_out_of_the_bag_are_routed)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
