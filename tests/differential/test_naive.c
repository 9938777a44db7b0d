/* The trainer against the naive one: random small data with missing values, categories, weights and ties;
 * random settings; several rounds. Trees must be equal node by node. A difference is accepted only as a tie:
 * when both splits' gains, in long double, agree to 1e-9 of the larger. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "model/model.h"
#include "naive.h"
#include "small_train.h"
#include "testing.h"
#include "train/booster.h"

enum { MAX_ROWS = 260, MAX_FEATURES = 5, ROUNDS = 4, CASES = 160 };

struct draw {
  uint64_t seed, at;
};

static double uniform(struct draw *d) { return (double)(rng_bits(d->seed, 7, d->at++) >> 11) * 0x1p-53; }
static int between(struct draw *d, int low, int high) { return low + (int)(uniform(d) * (high - low + 1)); }

struct random_case {
  struct small_data data;
  double x[MAX_ROWS * MAX_FEATURES];
  float label[MAX_ROWS], weight[MAX_ROWS];
  bool categorical[MAX_FEATURES];
  bool binary;
  char params[512];
};

static void make_data(struct random_case *c, struct draw *d) {
  int n = between(d, 20, MAX_ROWS), f = between(d, 1, MAX_FEATURES);
  c->binary = uniform(d) < 0.5;
  c->data =
      (struct small_data){.n_rows = (uint64_t)n, .n_features = (uint32_t)f, .x = c->x, .label = c->label};
  c->data.categorical = c->categorical;
  if (uniform(d) < 0.5) c->data.weight = c->weight;
  double missing_rate = uniform(d) < 0.5 ? 0 : 0.3 * uniform(d);
  int levels[MAX_FEATURES];
  for (int j = 0; j < f; j++) {
    c->categorical[j] = uniform(d) < 0.3;
    levels[j] = between(d, 2, 30);
  }
  for (int i = 0; i < n; i++) {
    double signal = 0;
    for (int j = 0; j < f; j++) {
      double v = between(d, 0, levels[j] - 1);
      if (!c->categorical[j]) v = v - levels[j] / 3;
      if (uniform(d) < 0.3 && !c->categorical[j]) v += uniform(d);
      signal += (j % 2 ? -1 : 1) * fmod(v * (j + 3), 7.0);
      c->x[i * f + j] = uniform(d) < missing_rate ? NAN : v;
    }
    double noisy = signal + 6 * (uniform(d) - 0.5);
    c->label[i] = (float)(c->binary ? noisy > 0 : noisy);
    c->weight[i] = (float)between(d, 1, 4) / 2;
  }
  if (c->binary) c->label[0] = 0, c->label[n - 1] = 1;
}

static void make_params(struct random_case *c, struct draw *d) {
  static const char *const rules[] = {"",
                                      "lambda_l1=0.5 ",
                                      "lambda_l2=2 ",
                                      "max_delta_step=0.7 ",
                                      "path_smooth=3 ",
                                      "min_gain_to_split=0.3 ",
                                      "lambda_l1=0.3 lambda_l2=1 path_smooth=1.5 ",
                                      "max_depth=3 "};
  snprintf(c->params, sizeof c->params,
           "objective=%s %sleaf_counts=exact num_leaves=%d min_data_in_leaf=%d min_data_in_bin=%d "
           "min_sum_hessian_in_leaf=%g max_bin=%d learning_rate=0.3 min_data_per_group=%d cat_smooth=%d "
           "cat_l2=%d max_cat_to_onehot=%d zero_as_missing=%s max_cat_threshold=%d verbosity=-1",
           c->binary ? "binary" : "regression", rules[between(d, 0, 7)], between(d, 2, 16), between(d, 2, 12),
           between(d, 1, 4), uniform(d) < 0.5 ? 0.001 : 1.0, between(d, 4, 40), between(d, 1, 20),
           between(d, 1, 6), between(d, 0, 8), between(d, 1, 6), uniform(d) < 0.25 ? "true" : "false",
           between(d, 1, 8));
}

static bool same_split(const struct tree *tree, int node, const struct naive_split *want, uint32_t n_bins) {
  if (tree->split_feature[node] != (int)want->feature) return false;
  if (((tree->decision_type[node] & DECISION_CATEGORICAL) != 0) != want->categorical) return false;
  if (!want->categorical)
    return tree->threshold_bin[node] == want->threshold &&
           ((tree->decision_type[node] & DECISION_DEFAULT_LEFT) != 0) == want->default_left;
  uint32_t first = tree->bin_boundaries[(int)tree->threshold[node]];
  for (uint32_t b = 0; b < n_bins; b++)
    if (((tree->bin_words[first + b / 32] >> (b % 32) & 1) != 0) != want->in_set[b]) return false;
  return true;
}

static struct naive_split split_of(const struct tree *tree, int node, uint32_t n_bins) {
  struct naive_split s = {.feature = (uint32_t)tree->split_feature[node]};
  s.categorical = (tree->decision_type[node] & DECISION_CATEGORICAL) != 0;
  s.default_left = (tree->decision_type[node] & DECISION_DEFAULT_LEFT) != 0;
  s.threshold = tree->threshold_bin[node];
  if (s.categorical) {
    uint32_t first = tree->bin_boundaries[(int)tree->threshold[node]];
    for (uint32_t b = 0; b < n_bins && b < NAIVE_MAX_BINS; b++)
      s.in_set[b] = (tree->bin_words[first + b / 32] >> (b % 32) & 1) != 0;
  }
  return s;
}

/* Replays the naive growth up to `node`, then asks what both candidates are worth. */
static bool is_tie(const copse_dataset *data, const struct grow_params *grow, const copse_booster *booster,
                   const struct tree *tree, int node, struct naive_tree *naive) {
  struct grow_params fewer = *grow;
  fewer.num_leaves = node + 1;
  struct naive_split wanted = naive->nodes[node];
  int wanted_leaf = naive->split_leaf[node];
  naive_grow(data, &fewer, booster->gradient, booster->hessian, naive);
  int leaf = node == 0 ? 0 : -1;
  for (int above = 0; above < node; above++) {
    if (tree->left_child[above] == node) leaf = naive->split_leaf[above];
    if (tree->right_child[above] == node) leaf = above + 1;
  }
  /* A left child keeps its parent's leaf number. */
  uint32_t n_bins = data->schema->features[tree->split_feature[node]].n_bins;
  struct naive_split ours = split_of(tree, node, n_bins);
  long double a = naive_gain_of(data, grow, booster->gradient, booster->hessian, naive, leaf,
                                naive->leaf_value[leaf], &ours);
  long double b = naive_gain_of(data, grow, booster->gradient, booster->hessian, naive, wanted_leaf,
                                naive->leaf_value[wanted_leaf], &wanted);
  return fabsl(a - b) <= 1e-9L * fmaxl(fabsl(a), fabsl(b)) || (fabsl(a) < 1e-12L && fabsl(b) < 1e-12L);
}

/* False when the trees differ by a tie, after which the rest of the run is not comparable. */
static bool compare_tree(const struct random_case *c, const copse_booster *booster, const struct tree *tree,
                         struct naive_tree *naive) {
  const copse_dataset *data = booster->sets[0].data;
  const struct grow_params *grow = &booster->workspace.grow;
  int n = tree->n_leaves < naive->n_leaves ? tree->n_leaves : naive->n_leaves;
  for (int node = 0; node < n - 1; node++) {
    uint32_t n_bins = data->schema->features[naive->nodes[node].feature].n_bins;
    if (same_split(tree, node, &naive->nodes[node], n_bins)) {
      double gain = (double)(naive->nodes[node].gain + grow->min_gain_to_split);
      if (fabs(tree->split_gain[node] - gain) > 1e-5 * fmax(1.0, fabs(gain)))
        fail_msg("node %d: gain %g, naive %g; %s", node, (double)tree->split_gain[node], gain, c->params);
      continue;
    }
    if (is_tie(data, grow, booster, tree, node, naive)) return false;
    fail_msg("tree differs at node %d (feature %d, naive %u) without a tie; %s", node,
             tree->split_feature[node], naive->nodes[node].feature, c->params);
  }
  if (tree->n_leaves != naive->n_leaves) {
    const struct naive_split *extra = &naive->nodes[n - 1];
    double gain =
        tree->n_leaves > n ? tree->split_gain[n - 1] - grow->min_gain_to_split : (double)extra->gain;
    if (fabs(gain) > 1e-9) fail_msg("%d leaves, naive %d; %s", tree->n_leaves, naive->n_leaves, c->params);
    return false;
  }
  for (int l = 0; l < n && n > 1; l++) {
    double want = (double)naive->leaf_value[l] * 0.3;
    if (fabs(tree->leaf_value[l] - want) > 1e-7 * fmax(1.0, fabs(want)))
      fail_msg("leaf %d: %.17g, naive %.17g; %s", l, tree->leaf_value[l], want, c->params);
  }
  return true;
}

static void random_trees_agree(void **state) {
  (void)state;
  static struct random_case c;
  static int leaf_of_row[MAX_ROWS];
  int trees = 0, ties = 0;
  for (uint64_t number = 0; number < CASES; number++) {
    struct draw d = {number, 0};
    make_data(&c, &d);
    make_params(&c, &d);
    copse_params *params = small_params(c.params);
    copse_dataset *data = small_dataset(&c.data, params, NULL);
    copse_booster *booster;
    copse_error err;
    if (copse_booster_create(NULL, data, params, &booster, &err) != COPSE_OK) fail_msg("%s", err.message);
    assert_int_equal(booster_reserve_gradients(booster, &err), COPSE_OK);
    for (int round = 0; round < ROUNDS; round++) {
      bool finished;
      if (copse_booster_step(booster, &finished, &err) != COPSE_OK) fail_msg("%s", err.message);
      if (finished) break;
      struct naive_tree naive = {.leaf_of_row = leaf_of_row};
      naive_grow(data, &booster->workspace.grow, booster->gradient, booster->hessian, &naive);
      trees++;
      if (!compare_tree(&c, booster, &booster->trees[round], &naive)) {
        ties++;
        break;
      }
    }
    copse_booster_free(booster);
    copse_dataset_free(data);
    copse_params_free(params);
  }
  print_message("%d trees compared, %d ended in a tie\n", trees, ties);
  assert_true(trees > 3 * CASES / 2);
  assert_true(ties * 4 < trees);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(random_trees_agree)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
