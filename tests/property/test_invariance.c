/* Changes to the data that must not change the model, and what every training does to its loss. */
#include <math.h>
#include <string.h>

#include "checks.h"
#include "draw.h"
#include "mixed_data.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define SMALL "num_threads=1 verbosity=-1 min_data_in_bin=1 num_leaves=15 "

enum { ROWS = 600, FEATURES = MIXED_COLUMNS };

static void steps(copse_booster *booster, int n) {
  for (int r = 0; r < n; r++) assert_false(must_step(booster));
}

/* Whole-number labels: their sum, and so the average, is exact in any order. Bins come from sorted values,
 * and histograms from integer sums. */
static void order_of_rows(void **state) {
  (void)state;
  struct mixed_data a = mixed_data_make(ROWS, FEATURES, 201), b = mixed_data_make(ROWS, FEATURES, 201);
  struct draw d = {.seed = 202};
  uint32_t order[ROWS];
  for (uint32_t r = 0; r < ROWS; r++) {
    a.label[r] = roundf(10 * a.label[r]);
    order[r] = r;
  }
  for (uint32_t r = ROWS - 1; r > 0; r--) { /* Fisher and Yates */
    uint32_t other = (uint32_t)draw_between(&d, 0, r), kept = order[r];
    order[r] = order[other];
    order[other] = kept;
  }
  for (uint32_t r = 0; r < ROWS; r++) {
    memcpy(b.x + r * FEATURES, a.x + order[r] * FEATURES, FEATURES * sizeof *a.x);
    b.label[r] = a.label[order[r]];
  }
  const char *params = "min_data_per_group=5 cat_smooth=2 min_data_in_leaf=5 learning_rate=0.3 " SMALL;
  copse_booster *first = mixed_booster(&a.data, params), *second = mixed_booster(&b.data, params);
  steps(first, 5);
  steps(second, 5);
  char *x = booster_trees(first), *y = booster_trees(second);
  assert_string_equal(x, y);
  copse_free(x);
  copse_free(y);
  for (uint32_t r = 0; r < ROWS; r++)
    assert_true(copse_booster_scores(second, 0, NULL)[r] == copse_booster_scores(first, 0, NULL)[order[r]]);
  copse_booster_free(first);
  copse_booster_free(second);
  mixed_data_free(&a);
  mixed_data_free(&b);
}

/* A row twice is a row of weight 2, where no rule counts rows. Fixed point is one bit finer here than there,
 * so numbers agree closely, structure exactly. */
static void a_row_twice_is_weight_two(void **state) {
  (void)state;
  struct mixed_data once = mixed_data_make(ROWS, FEATURES, 203),
                    twice = mixed_data_make(2 * ROWS, FEATURES, 203);
  for (uint32_t r = 0; r < ROWS; r++) {
    once.weight[r] = 2;
    for (int copy = 0; copy < 2; copy++) {
      uint32_t at = copy == 0 ? r : 2 * ROWS - 1 - r;
      memcpy(twice.x + at * FEATURES, once.x + r * FEATURES, FEATURES * sizeof *once.x);
      twice.label[at] = once.label[r];
    }
  }
  once.data.weight = once.weight;
  const char *params =
      "min_data_in_leaf=1 min_sum_hessian_in_leaf=20 max_cat_to_onehot=100 max_bin=2000 "
      "feature_pre_filter=false learning_rate=0.3 boost_from_average=false " SMALL;
  copse_booster *a = mixed_booster(&once.data, params), *b = mixed_booster(&twice.data, params);
  steps(a, 5);
  steps(b, 5);
  for (int t = 0; t < 5; t++) {
    const struct tree *x = &a->trees[t], *y = &b->trees[t];
    assert_int_equal(x->n_leaves, y->n_leaves);
    for (int node = 0; node < x->n_leaves - 1; node++) {
      assert_int_equal(x->split_feature[node], y->split_feature[node]);
      assert_int_equal(x->decision_type[node], y->decision_type[node]);
      assert_true(x->threshold[node] == y->threshold[node]);
      assert_true(2 * x->internal_count[node] == y->internal_count[node]);
      assert_true(fabs(x->internal_weight[node] - y->internal_weight[node]) <
                  1e-6 * y->internal_weight[node]);
    }
    for (int l = 0; l < x->n_leaves; l++) {
      double scale = fabs(y->leaf_value[l]) + 1e-3;
      assert_true(fabs(x->leaf_value[l] - y->leaf_value[l]) < 1e-6 * scale);
    }
  }
  copse_booster_free(a);
  copse_booster_free(b);
  mixed_data_free(&once);
  mixed_data_free(&twice);
}

/* Rows of weight 0 are not there, but for the rules that count rows. */
static void weight_zero_is_absence(void **state) {
  (void)state;
  struct mixed_data with = mixed_data_make(ROWS + 100, FEATURES, 204),
                    without = mixed_data_make(ROWS, FEATURES, 204);
  for (uint32_t r = 0; r < ROWS + 100; r++) with.weight[r] = r < ROWS ? without.weight[r] : 0;
  memcpy(with.x, without.x, ROWS * FEATURES * sizeof *with.x);
  memcpy(with.label, without.label, ROWS * sizeof *with.label);
  /* copies of rows, with other labels: the same bins */
  memcpy(with.x + ROWS * FEATURES, without.x, 100 * FEATURES * sizeof *with.x);
  for (uint32_t r = ROWS; r < ROWS + 100; r++) with.label[r] = 1000;
  with.data.weight = with.weight;
  without.data.weight = without.weight;
  const char *params =
      "min_data_in_leaf=1 min_sum_hessian_in_leaf=10 max_cat_to_onehot=100 max_bin=2000 "
      "feature_pre_filter=false learning_rate=0.3 boost_from_average=false " SMALL;
  copse_booster *a = mixed_booster(&with.data, params), *b = mixed_booster(&without.data, params);
  for (int r = 0; r < 4; r++) {
    must_step(a);
    must_step(b);
    const struct tree *x = &a->trees[r], *y = &b->trees[r];
    assert_int_equal(x->n_leaves, y->n_leaves);
    for (int node = 0; node < x->n_leaves - 1; node++) {
      assert_int_equal(x->split_feature[node], y->split_feature[node]);
      assert_true(x->threshold[node] == y->threshold[node]);
    }
  }
  for (uint32_t r = 0; r < ROWS; r++) {
    double x = copse_booster_scores(a, 0, NULL)[r], y = copse_booster_scores(b, 0, NULL)[r];
    assert_true(fabs(x - y) < 1e-6 * (1 + fabs(y)));
  }
  copse_booster_free(a);
  copse_booster_free(b);
  mixed_data_free(&with);
  mixed_data_free(&without);
}

/* Small steps downhill never lead up. */
static void loss_never_rises(void **state) {
  (void)state;
  static const char *const params[] = {"learning_rate=0.1 " SMALL,
                                       "learning_rate=1 lambda_l2=3 " SMALL,
                                       "learning_rate=0.3 path_smooth=2 min_data_in_leaf=10 " SMALL,
                                       "objective=binary learning_rate=0.1 " SMALL,
                                       "objective=binary learning_rate=0.1 compat=lightgbm " SMALL,
                                       "learning_rate=0.1 lambda_l1=0.5 " SMALL};
  struct mixed_data mixed = mixed_data_make(ROWS, FEATURES, 205);
  for (size_t p = 0; p < COUNT(params); p++) {
    for (int weighted = 0; weighted < 2; weighted++) {
      copse_error err;
      mixed.data.label = strstr(params[p], "binary") != NULL ? mixed.class_label : mixed.label;
      mixed.data.weight = weighted ? mixed.weight : NULL;
      copse_booster *booster = mixed_booster(&mixed.data, params[p]);
      double before = INFINITY, first = 0;
      for (int r = 0; r < 20; r++) {
        double loss;
        must_step(booster);
        must(copse_booster_eval(booster, 0, &loss, &err), &err);
        assert_true(loss < before);
        before = loss;
        if (r == 0) first = loss;
      }
      assert_true(before < 0.8 * first);
      copse_booster_free(booster);
    }
  }
  mixed_data_free(&mixed);
}

/* Gradients sum to the leaf values: with no regularisation a leaf of squared error is the mean of its rows.
 */
static void leaves_are_means(void **state) {
  (void)state;
  struct mixed_data mixed = mixed_data_make(ROWS, FEATURES, 206);
  for (int weighted = 0; weighted < 2; weighted++) {
    mixed.data.weight = weighted ? mixed.weight : NULL;
    /* one-hot only: the sorted search of categories adds cat_l2 */
    copse_booster *booster =
        mixed_booster(&mixed.data, "learning_rate=1 max_cat_to_onehot=100 min_data_in_leaf=5 " SMALL);
    must_step(booster);
    const struct tree *tree = &booster->trees[0];
    for (int l = 0; l < tree->n_leaves; l++) {
      const struct leaf *leaf = &booster->workspace.leaves[l];
      double sum = 0, weight = 0;
      for (uint64_t i = 0; i < leaf->n_rows; i++) {
        uint32_t row = leaf->area.rows[i];
        double w = weighted ? (double)mixed.weight[row] : 1.0;
        sum += w * (double)mixed.label[row];
        weight += w;
      }
      double value = booster->start[0] + tree->leaf_value[l];
      assert_true(fabs(value - sum / weight) < 1e-6);
      assert_true(fabs(tree->leaf_weight[l] - weight) < 1e-6 * weight);
    }
    copse_booster_free(booster);
  }
  mixed_data_free(&mixed);
}

/* Hessians whose sizes differ by more than fixed point can hold: steps stay of the size of the data. */
static void hessians_of_all_sizes(void **state) {
  (void)state;
  enum { N = 400 };
  double x[N];
  float y[N], w[N];
  struct small_data data = {.n_rows = N, .n_features = 1, .x = x, .label = y};
  for (int i = 0; i < N; i++) {
    x[i] = i;
    y[i] = i < N / 2;
    w[i] = 1;
  }
  /* two classes that a tree tells apart: both saturate, one faster than the other */
  copse_booster *booster = mixed_booster(
      &data, "objective=binary learning_rate=1 min_data_in_leaf=5 min_sum_hessian_in_leaf=0 " SMALL);
  for (int r = 0; r < 60 && !must_step(booster); r++)
    for (int i = 0; i < N; i++) assert_true(fabs(copse_booster_scores(booster, 0, NULL)[i]) < 100);
  copse_booster_free(booster);
  /* one row as heavy as ten thousand million others: these are learnt from all the same */
  data.weight = w;
  for (int i = 0; i < N; i++) y[i] = (float)(i / 100 * 3 % 7);
  w[N - 1] = 1e10f;
  booster = mixed_booster(&data, "learning_rate=1 min_data_in_leaf=5 max_bin=1000 " SMALL);
  for (int r = 0; r < 60 && !must_step(booster); r++) {
  }
  for (int i = 0; i < N; i++)
    if (fabs(copse_booster_scores(booster, 0, NULL)[i] - (double)y[i]) >= 0.01)
      fail_msg("row %d: %g, label %g", i, copse_booster_scores(booster, 0, NULL)[i], (double)y[i]);
  copse_booster_free(booster);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(order_of_rows),          cmocka_unit_test(a_row_twice_is_weight_two),
      cmocka_unit_test(weight_zero_is_absence), cmocka_unit_test(loss_never_rises),
      cmocka_unit_test(leaves_are_means),       cmocka_unit_test(hessians_of_all_sizes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
