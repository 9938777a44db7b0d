/* The raw and the binned walk: every kind of missing value, the edges of the rules, and agreement of both. */
#include "model/route.h"
#include "samples.h"

static unsigned decision(unsigned missing, bool default_left) {
  return missing << DECISION_MISSING_SHIFT | (default_left ? DECISION_DEFAULT_LEFT : 0);
}

static bool left(double value, double threshold, unsigned decision_type) {
  return route_numeric_left(route_value(value), threshold, decision_type);
}

static void missing_values_go_the_default_way(void **state) {
  (void)state;
  for (int way = 0; way < 2; way++) {
    assert_int_equal(left(NAN, 5, decision(MISSING_NAN, way)), way);
    assert_int_equal(left(NAN, -5, decision(MISSING_NAN, way)), way);
    assert_int_equal(left(0, -5, decision(MISSING_ZERO, way)), way);
    assert_int_equal(left(NAN, -5, decision(MISSING_ZERO, way)), way);
    assert_int_equal(left(-1e-36, -5, decision(MISSING_ZERO, way)), way);
    assert_int_equal(left(-BINS_ZERO, -5, decision(MISSING_ZERO, way)), way);
    /* without a missing type the default way is never asked for: NaN is 0 */
    assert_int_equal(left(NAN, 5, decision(MISSING_NONE, way)), 1);
    assert_int_equal(left(NAN, -5, decision(MISSING_NONE, way)), 0);
    /* zero is an ordinary number of a feature whose missing type is NaN */
    assert_int_equal(left(0, 5, decision(MISSING_NAN, way)), 1);
    assert_int_equal(left(0, -5, decision(MISSING_NAN, way)), 0);
    /* just outside zero */
    assert_int_equal(left(1.0000000180025097e-35, -5, decision(MISSING_ZERO, way)), 0);
    assert_int_equal(left(-1.0000000180025097e-35, 5, decision(MISSING_ZERO, way)), 1);
  }
}

static void ordinary_values_compare_with_the_threshold(void **state) {
  (void)state;
  unsigned none = decision(MISSING_NONE, true);
  assert_true(left(0.5, 0.5, none));
  assert_false(left(nextafter(0.5, 1), 0.5, none));
  assert_true(left(-INFINITY, -1e300, none));
  assert_false(left(INFINITY, 1e300, none));
  assert_true(left(INFINITY, INFINITY, none));
  assert_true(left(-0.0, 0.0, none));
  /* |v| <= 1e-35 is zero at every node */
  assert_true(left(BINS_ZERO, 0.0, none));
  assert_false(left(-BINS_ZERO, -BINS_ZERO, none));
  assert_true(left(1.0000000180025095e-35, 1.0000000180025095e-35, none));
  assert_false(left(1.0000000180025097e-35, 1.0000000180025095e-35, none));
}

static void categories_truncate_toward_zero(void **state) {
  (void)state;
  const uint32_t words[4] = {1u, 2u, 0, 0x80000000u}; /* 0, 33, 127 */
  const double in[] = {0, -0.0, 0.9, -0.999, 33, 33.7, 127, 127.5};
  const double out[] = {1,     -1,     -1.5,         NAN,          INFINITY,     -INFINITY,    32,
                        128,   1e18,   -1e18,        2147483647.0, 2147483648.0, 4294967296.0, 4294967329.0,
                        1e300, 126.99, -2147483648.0};
  for (size_t i = 0; i < sizeof in / sizeof in[0]; i++) assert_true(route_categorical_left(in[i], words, 4));
  for (size_t i = 0; i < sizeof out / sizeof out[0]; i++)
    assert_false(route_categorical_left(out[i], words, 4));
  assert_false(route_categorical_left(0, words, 0));
}

/* Five features, one of each kind. A numeric bin holds one whole number; its upper bound lies half above. */
enum { N_FEATURES = 5, WIDE = 3, N_ROWS = 2700 };

struct world {
  struct feature_bins features[N_FEATURES];
  struct binned_column columns[N_FEATURES];
  struct binned binned;
  uint8_t bytes[N_FEATURES][N_ROWS];
  uint16_t wide[N_ROWS];
  double rows[N_ROWS][N_FEATURES];
};

static const uint32_t bins_of_feature[N_FEATURES] = {8, 9, 40, 300, 256};

/* A value of the bin, as a row of the table would hold it. */
static double value_of(int feature, uint32_t bin) {
  if (feature == 0) return (double)bin - 4;                          /* none; bin 4 is zero */
  if (feature == 1) return bin == 8 ? (double)NAN : (double)bin - 4; /* NaN in the last bin */
  if (feature == 2) return (double)bin - 7;                          /* zero is missing: bin 7 */
  return bin == 0 ? -1 : (double)(bin * 7);                          /* categorical, codes of their own */
}

static double upper_of(int feature, uint32_t bin) { return value_of(feature, bin) + 0.5; }

static void make_world(struct world *world) {
  uint64_t seed = 42;
  memset(world, 0, sizeof *world);
  const enum missing_type missing[N_FEATURES] = {MISSING_NONE, MISSING_NAN, MISSING_ZERO, MISSING_NAN,
                                                 MISSING_NAN};
  const uint32_t zero_bin[N_FEATURES] = {4, 4, 7, 0, 0};
  for (uint32_t f = 0; f < N_FEATURES; f++) {
    world->features[f] = (struct feature_bins){.categorical = f >= WIDE,
                                               .used = true,
                                               .missing = missing[f],
                                               .n_bins = bins_of_feature[f],
                                               .default_bin = zero_bin[f]};
    void *cells = f != WIDE ? (void *)world->bytes[f] : (void *)world->wide;
    world->columns[f] = (struct binned_column){
        .feature = f, .n_bins = bins_of_feature[f], .cell_bytes = f != WIDE ? 1 : 2, .cells = cells};
    for (int row = 0; row < N_ROWS; row++) {
      uint32_t bin = sample_random(&seed) % bins_of_feature[f];
      if (f != WIDE)
        world->bytes[f][row] = (uint8_t)bin;
      else
        world->wide[row] = (uint16_t)bin;
      world->rows[row][f] = value_of((int)f, bin);
    }
  }
  world->binned = (struct binned){.n_rows = N_ROWS, .n_columns = N_FEATURES, .columns = world->columns};
}

static void split_somewhere(struct tree *tree, const struct world *world, bool with_wide, uint64_t *seed) {
  int f = (int)(sample_random(seed) % N_FEATURES), right;
  if (f == WIDE && !with_wide) f = 0;
  uint32_t bin = sample_random(seed) % (bins_of_feature[f] - 1);
  uint32_t categories[66] = {0}, bins[10] = {0};
  struct tree_split split = {.leaf = (int)(sample_random(seed) % (uint32_t)tree->n_leaves),
                             .feature = f,
                             .column = (uint32_t)f,
                             .left = {(double)sample_random(seed), 1, 1},
                             .right = {(double)sample_random(seed), 1, 1}};
  if (f >= WIDE) {
    split.decision_type = DECISION_CATEGORICAL | MISSING_NAN << DECISION_MISSING_SHIFT;
    for (uint32_t b = 1; b < bins_of_feature[f]; b++) {
      if (sample_random(seed) % 2) continue;
      bins[b / 32] |= 1u << b % 32;
      categories[b * 7 / 32] |= 1u << b * 7 % 32;
    }
    split.bin_bits = bins;
    split.n_bin_words = 10;
    split.category_bits = categories;
    split.n_category_words = 66;
  } else {
    split.decision_type = (uint8_t)decision(world->features[f].missing, sample_random(seed) % 2);
    split.threshold = upper_of(f, bin);
    split.threshold_bin = bin;
  }
  assert_int_equal(tree_split(tree, &split, &right, NULL), COPSE_OK);
}

static void binned_rows_reach_the_leaf_of_their_values(void **state) {
  (void)state;
  static struct world world;
  static double score[N_ROWS];
  make_world(&world);
  uint64_t seed = 7;
  /* Trees without two-byte cells go by program up to 256 leaves, the largest is walked without compiling its
   * nodes. */
  const int sizes[] = {1, 2, 7, 60, 255, 256, 257, 1100};
  for (size_t s = 0; s < 2 * sizeof sizes / sizeof sizes[0]; s++) {
    struct tree tree;
    int size = sizes[s / 2];
    assert_int_equal(tree_create(NULL, size, true, &tree, NULL), COPSE_OK);
    while (tree.n_leaves < size) split_somewhere(&tree, &world, s % 2 == 0, &seed);
    for (int row = 0; row < N_ROWS; row++) score[row] = row;
    route_add_binned(&tree, &world.binned, world.features, 10, N_ROWS - 10, 1, score);
    for (int row = 0; row < N_ROWS; row++) {
      int leaf = sample_leaf(&tree, world.rows[row]);
      assert_int_equal(route_binned(&tree, &world.binned, world.features, (uint64_t)row), leaf);
      bool in_range = row >= 10 && row < N_ROWS - 10;
      assert_true(score[row] == row + (in_range ? tree.leaf_value[leaf] : 0.0));
    }
    route_add_binned(&tree, &world.binned, world.features, 10, N_ROWS - 10, -1, score);
    for (int row = 0; row < N_ROWS; row++) assert_true(score[row] == row); /* whole numbers: exact */
    tree_release(&tree);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(missing_values_go_the_default_way),
      cmocka_unit_test(ordinary_values_compare_with_the_threshold),
      cmocka_unit_test(categories_truncate_toward_zero),
      cmocka_unit_test(binned_rows_reach_the_leaf_of_their_values),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
