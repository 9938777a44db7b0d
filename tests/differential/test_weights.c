/* Weights over twelve orders of magnitude. A feature follows the weight, so trees part the light rows from
 * the heavy ones and must give them the outputs of their own sums, which are taken here in long double over
 * the rows of each leaf: not those of what rounding left of them beside the heavy rows. Counts are exact, and
 * the trees do not depend on threads. */
#include <math.h>
#include <stdio.h>

#include "base/rng.h"
#include "model/model.h"
#include "model/route.h"
#include "naive.h"
#include "small_train.h"
#include "testing.h"
#include "train/booster.h"

enum { ROWS = 40000, FEATURES = 3, MAX_LEAVES = 64 };

static double x[ROWS * FEATURES];
static float label[ROWS], weight[ROWS];

static double uniform(uint64_t i) { return (double)(rng_bits(5, 11, i) >> 11) * 0x1p-53; }

static struct small_data make(uint64_t n_rows, double orders) {
  for (uint64_t i = 0; i < n_rows; i++) {
    double u = uniform(4 * i), a = uniform(4 * i + 1), b = uniform(4 * i + 2);
    double exponent = orders * (u - 0.5);
    weight[i] = (float)pow(10, exponent);
    x[i * FEATURES] = exponent + 0.3 * a;
    x[i * FEATURES + 1] = a;
    x[i * FEATURES + 2] = b;
    label[i] = (float)(sin(6 * a) + b + 2 * sin(u * 20) + 0.5 * uniform(4 * i + 3) > 1);
  }
  return (struct small_data){
      .n_rows = n_rows, .n_features = FEATURES, .x = x, .label = label, .weight = weight};
}

/* Sums of a leaf's rows. */
struct leaf_sums {
  long double g, size, h; /* size: of the absolute gradients */
  int64_t n;
};

static void check_tree(const copse_booster *b, const struct tree *tree, const copse_dataset *data) {
  static struct leaf_sums sums[MAX_LEAVES];
  for (int l = 0; l < MAX_LEAVES; l++) sums[l] = (struct leaf_sums){0};
  for (uint64_t r = 0; r < data->n_rows; r++) {
    struct leaf_sums *s = &sums[route_binned(tree, &data->binned, data->schema->features, r)];
    s->g += b->gradient[r];
    s->size += fabsf(b->gradient[r]);
    s->h += b->hessian[r];
    s->n++;
  }
  assert_true(tree->n_leaves > 8);
  for (int l = 0; l < tree->n_leaves; l++) {
    long double want = -sums[l].g / sums[l].h, error = fabsl(tree->leaf_value[l] - want);
    if (error > 1e-6L * sums[l].size / sums[l].h + 1e-12L)
      fail_msg("leaf %d of weight %Lg: value %.9g, from its rows %.9Lg", l, sums[l].h, tree->leaf_value[l],
               want);
    assert_int_equal(tree->leaf_count[l], sums[l].n);
    assert_true(sums[l].n >= 20);
  }
}

static copse_booster *trained(const char *objective, const struct small_data *d, int threads, int rounds,
                              copse_dataset **data) {
  char text[300];
  snprintf(text, sizeof text,
           "objective=%s num_leaves=40 min_data_in_leaf=20 min_sum_hessian_in_leaf=1e-4 learning_rate=1 "
           "num_threads=%d verbosity=-1",
           objective, threads);
  copse_params *params = small_params(text);
  *data = small_dataset(d, params, NULL);
  copse_booster *b;
  copse_error err;
  bool finished;
  if (copse_booster_create(NULL, *data, params, &b, &err) != COPSE_OK) fail_msg("%s", err.message);
  assert_int_equal(booster_reserve_gradients(b, &err), COPSE_OK); /* they are kept to be looked at */
  for (int round = 0; round < rounds; round++) {
    if (copse_booster_step(b, &finished, &err) != COPSE_OK) fail_msg("%s", err.message);
    assert_false(finished);
    check_tree(b, &b->trees[round], *data);
  }
  copse_params_free(params);
  return b;
}

static void leaves_are_their_rows(void **unused) {
  (void)unused;
  static const char *const objectives[] = {"regression", "binary"};
  for (int o = 0; o < 2; o++)
    for (int orders = 0; orders <= 12; orders += 4) {
      struct small_data d = make(4000, orders);
      copse_dataset *data;
      copse_booster *b = trained(objectives[o], &d, 1, 3, &data);
      copse_booster_free(b);
      copse_dataset_free(data);
    }
}

/* More rows than a count beside a hessian could sum, cut between threads. */
static void threads_do_not_matter(void **unused) {
  (void)unused;
  struct small_data d = make(ROWS, 12);
  copse_dataset *data[2];
  copse_booster *one = trained("regression", &d, 1, 2, &data[0]);
  copse_booster *three = trained("regression", &d, 3, 2, &data[1]);
  copse_model *a, *b;
  assert_int_equal(copse_booster_model(one, 0, &a, NULL), COPSE_OK);
  assert_int_equal(copse_booster_model(three, 0, &b, NULL), COPSE_OK);
  assert_true(copse_model_fingerprint(a) == copse_model_fingerprint(b));
  copse_model_free(a);
  copse_model_free(b);
  copse_booster_free(one);
  copse_booster_free(three);
  copse_dataset_free(data[0]);
  copse_dataset_free(data[1]);
}

/* The naive trainer's trees, node by node, until a tie of rounding. */
static void splits_are_the_naive_ones(void **unused) {
  (void)unused;
  enum { FEW = 500 };
  static int leaf_of_row[FEW];
  int same = 0, all = 0;
  for (int orders = 6; orders <= 12; orders += 2) {
    struct small_data d = make(FEW, orders);
    copse_params *params = small_params(
        "objective=regression num_leaves=12 min_data_in_leaf=20 max_bin=60 min_sum_hessian_in_leaf=1e-6");
    copse_dataset *data = small_dataset(&d, params, NULL);
    copse_booster *b;
    assert_int_equal(copse_booster_create(NULL, data, params, &b, NULL), COPSE_OK);
    assert_int_equal(booster_reserve_gradients(b, NULL), COPSE_OK);
    assert_int_equal(copse_booster_step(b, NULL, NULL), COPSE_OK);
    struct naive_tree naive = {.leaf_of_row = leaf_of_row};
    naive_grow(data, &b->workspace.grow, b->gradient, b->hessian, &naive);
    const struct tree *tree = &b->trees[0];
    assert_int_equal(tree->n_leaves, naive.n_leaves);
    for (int node = 0; node < tree->n_leaves - 1; node++) {
      all++;
      same += tree->split_feature[node] == (int)naive.nodes[node].feature &&
              tree->threshold_bin[node] == naive.nodes[node].threshold;
    }
    copse_booster_free(b);
    copse_dataset_free(data);
    copse_params_free(params);
  }
  assert_int_equal(all, 44);
  assert_int_equal(same, all);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(leaves_are_their_rows),
                                     cmocka_unit_test(threads_do_not_matter),
                                     cmocka_unit_test(splits_are_the_naive_ones)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
