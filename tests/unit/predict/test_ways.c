/* Every way through the trees, under every kernel tier, against the plain definition: bit for bit. */
#include "../model/samples.h"
#include "draw.h"
#include "predict/predictor.h"
#include "tiers.h"

enum { N_FEATURES = 11, MOST_ROWS = 700, SPACE = 16 };

/* What a random model is made of. */
struct shape {
  const char *name;
  int n_outputs, n_trees, min_leaves, max_leaves;
  int n_values;   /* of numeric cuts, per feature */
  int n_category; /* 0: no categorical nodes */
  bool chain;     /* the newest leaf is split again and again */
};

static const struct shape shapes[] = {
    {"a lone leaf", 1, 1, 1, 1, 10, 0, false},
    {"small trees", 1, 37, 1, 40, 13, 0, false},
    {"small trees with sets", 1, 37, 1, 40, 13, 70, false},
    {"three outputs", 3, 21, 1, 64, 60, 70, false},
    {"one piece, full", 1, 5, 255, 256, 300, 0, false},
    {"two pieces and more", 1, 4, 257, 700, 700, 40, false},
    {"up to the most leaves", 1, 3, 1000, 1024, 2000, 0, false},
    {"too many leaves for a program", 1, 3, 1025, 2000, 2000, 40, false},
    {"too many leaves for bits beside others", 1, 3, 1900, 2300, 90, 0, false},
    {"a chain", 1, 3, 200, 256, 50, 0, true},
    {"a long chain", 1, 3, 257, 1024, 50, 30, true},
    {"many categories", 1, 9, 20, 90, 20, 900, false},
};

static double cut_of(struct draw *draw, const struct shape *shape) {
  int64_t k = draw_between(draw, 0, shape->n_values - 1);
  switch (draw_between(draw, 0, 40)) {
    case 0: return 0.0;
    case 1: return -0.0;
    case 2: return 1e-36;
    case 3: return -1e-36;
    case 4: return (double)INFINITY;
    case 5: return (double)-INFINITY;
    case 6: return 1e300 * (double)(k - 3);
    case 7: return -BINS_ZERO;
    default: return ((double)k - 0.4 * shape->n_values) * 0.37;
  }
}

static void split_leaf(struct draw *draw, const struct shape *shape, struct tree *tree) {
  uint32_t words[32];
  int feature = (int)draw_between(draw, 0, N_FEATURES - 2), right; /* the last feature is never used */
  size_t n_words = ((size_t)shape->n_category + 31) / 32;
  for (size_t w = 0; w < n_words; w++) words[w] = (uint32_t)(draw_bits(draw) & draw_bits(draw));
  struct tree_split split = {
      .leaf = shape->chain ? tree->n_leaves - 1 : (int)draw_between(draw, 0, tree->n_leaves - 1),
      .feature = feature,
      .gain = 1,
      .decision_type = (uint8_t)((unsigned)draw_between(draw, 0, 2) << DECISION_MISSING_SHIFT |
                                 (draw_bits(draw) & DECISION_DEFAULT_LEFT)),
      .threshold = cut_of(draw, shape),
      .category_bits = words,
      .n_category_words = n_words,
      .left = {draw_uniform(draw) - 0.5, 1, 1},
      .right = {draw_uniform(draw) - 0.5, 1, 1}};
  if (n_words > 0 && (feature < 2 || (feature == 2 && draw_bits(draw) % 2)))
    split.decision_type = DECISION_CATEGORICAL; /* feature 2 is split by value as well */
  assert_int_equal(tree_split(tree, &split, &right, NULL), COPSE_OK);
}

static copse_model *random_model(struct draw *draw, const struct shape *shape) {
  static const char *const names[N_FEATURES] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"};
  const struct model_shape model_shape = {.n_features = N_FEATURES,
                                          .names = names,
                                          .trees_per_round = shape->n_outputs,
                                          .n_class = shape->n_outputs,
                                          .objective = "custom"};
  copse_model *model;
  assert_int_equal(model_create(NULL, &model_shape, &model, NULL), COPSE_OK);
  for (int t = 0; t < shape->n_trees; t++) {
    struct tree tree;
    int n_leaves = (int)draw_between(draw, shape->min_leaves, shape->max_leaves);
    assert_int_equal(tree_create(NULL, n_leaves, false, &tree, NULL), COPSE_OK);
    tree.leaf_value[0] = draw_uniform(draw);
    while (tree.n_leaves < n_leaves) split_leaf(draw, shape, &tree);
    assert_int_equal(model_add_tree(model, &tree, NULL), COPSE_OK);
  }
  return model;
}

static double value_of(struct draw *draw, const struct shape *shape, int feature) {
  switch (draw_between(draw, 0, 12)) {
    case 0: return NAN;
    case 1: return 0.0;
    case 2: return -0.0;
    case 3: return 1e-36;
    case 4: return draw_bits(draw) % 2 ? (double)INFINITY : (double)-INFINITY;
    case 5: return cut_of(draw, shape); /* on a cut, most likely */
    case 6: return nextafter(cut_of(draw, shape), draw_bits(draw) % 2 ? 1e308 : -1e308);
    case 7: return 2e-35;
    default: break;
  }
  if (feature <= 2) return (double)draw_between(draw, -2, shape->n_category + 3) + 0.25;
  return (draw_uniform(draw) - 0.45) * 0.4 * shape->n_values;
}

/* Rows with room beside them, so that views may begin anywhere. */
static double values[MOST_ROWS][N_FEATURES + 2];
static double expected[MOST_ROWS * SPACE], leaves[MOST_ROWS * 64];

static void judge(const copse_model *model, size_t row) {
  int n = model->trees_per_round;
  for (int k = 0; k < n; k++) expected[row * (size_t)n + (size_t)k] = 0.0;
  for (int t = 0; t < model->n_trees; t++) {
    int leaf = sample_leaf(&model->trees[t], values[row]);
    expected[row * (size_t)n + (size_t)(t % n)] += model->trees[t].leaf_value[leaf];
    leaves[row * (size_t)model->n_trees + (size_t)t] = leaf;
  }
}

static void expect_table(const copse_predictor *predictor, const copse_table *table, size_t first,
                         const char *name) {
  static double out[MOST_ROWS * 64];
  size_t width = copse_predictor_width(predictor);
  const double *want = predictor->kind == COPSE_PREDICT_LEAF ? leaves : expected;
  memset(out, 0xFF, sizeof out);
  assert_int_equal(copse_predictor_run(predictor, table, 2, out, NULL), COPSE_OK);
  if (memcmp(out, want + first * width, table->n_rows * width * sizeof *out) != 0)
    fail_msg("%s: way %d, kind %d, %d rows from %d, layout %d", name, (int)predictor->way,
             (int)predictor->kind, (int)table->n_rows, (int)first, (int)table->layout);
}

static void expect_every_view(const copse_predictor *predictor, const char *name) {
  static const size_t counts[] = {1, 5, 63, 64, 255, 257, MOST_ROWS};
  copse_column columns[N_FEATURES];
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
    for (size_t first = 0; first < 3 && first + counts[i] <= MOST_ROWS; first += 2) {
      copse_table table = {.layout = COPSE_ROWS,
                           .n_rows = counts[i],
                           .n_cols = N_FEATURES,
                           .dtype = COPSE_F64,
                           .values = values[first],
                           .row_stride = N_FEATURES + 2};
      expect_table(predictor, &table, first, name);
      for (size_t f = 0; f < N_FEATURES; f++)
        columns[f] = (copse_column){COPSE_F64, &values[first][f], N_FEATURES + 2};
      table = (copse_table){
          .layout = COPSE_COLUMNS, .n_rows = counts[i], .n_cols = N_FEATURES, .columns = columns};
      expect_table(predictor, &table, first, name);
    }
}

/* Columns of consecutive doubles are read where they lie. */
static void expect_plain_columns(const copse_predictor *predictor, const char *name) {
  static double held[N_FEATURES][MOST_ROWS];
  copse_column columns[N_FEATURES];
  for (size_t f = 0; f < N_FEATURES; f++) {
    for (size_t i = 0; i < MOST_ROWS; i++) held[f][i] = values[i][f];
    columns[f] = (copse_column){COPSE_F64, held[f], 1};
  }
  const copse_table table = {
      .layout = COPSE_COLUMNS, .n_rows = MOST_ROWS, .n_cols = N_FEATURES, .columns = columns};
  expect_table(predictor, &table, 0, name);
}

static void expect_rows(copse_predictor *predictor, const char *name) {
  static double out[64];
  size_t width = copse_predictor_width(predictor);
  const double *want = predictor->kind == COPSE_PREDICT_LEAF ? leaves : expected;
  for (int how = 0; how < 3; how++) { /* by values, by nodes, by blocks */
    if (how > 0 && !(predictor->coded.usable && predictor->coded.walkable)) continue;
    predictor->row_coded = how > 0;
    predictor->way = how == 1 ? WAY_WALK : WAY_AUTO;
    for (size_t i = 0; i < MOST_ROWS; i++) {
      copse_predictor_row(predictor, values[i], out);
      if (memcmp(out, want + i * width, width * sizeof *out) != 0)
        fail_msg("%s: row %d, by way %d", name, (int)i, how);
    }
  }
}

static void all_ways_give_the_bits_of_the_definition(void **state) {
  (void)state;
  struct draw draw = {.seed = 4711};
  for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
    const struct shape *shape = &shapes[s];
    copse_model *model = random_model(&draw, shape);
    for (size_t i = 0; i < MOST_ROWS; i++) {
      for (int f = 0; f < N_FEATURES; f++) values[i][f] = value_of(&draw, shape, f);
      judge(model, i);
    }
    const copse_predict_kind kinds[] = {COPSE_PREDICT_RAW, COPSE_PREDICT_LEAF};
    for (int k = 0; k < 2; k++) {
      copse_predictor *predictor = sample_predictor(model, kinds[k], 0, 0);
      assert_true(predictor->coded.usable);
      FOR_EACH_TIER(kernels) {
        predictor->kernels = kernels;
        expect_rows(predictor, shape->name);
      }
      FOR_EACH_TIER(kernels)
      for (int way = WAY_AUTO; way <= WAY_BITS; way++) {
        predictor->kernels = kernels;
        predictor->way = (enum predict_way)way;
        expect_every_view(predictor, shape->name);
        expect_plain_columns(predictor, shape->name);
      }
      copse_predictor_free(predictor);
    }
    copse_model_free(model);
  }
}

static void every_size_has_the_method_it_should(void **state) {
  (void)state;
  struct draw draw = {.seed = 5};
  const struct {
    int n_leaves;
    enum coded_method method;
    bool pieces;
  } cases[] = {{1, CODED_LONE, false},    {2, CODED_REACH, false},   {256, CODED_REACH, false},
               {257, CODED_REACH, true},  {1024, CODED_REACH, true}, {1025, CODED_WALK, false},
               {2048, CODED_WALK, false}, {2049, CODED_WALK, false}, {2000, CODED_WALK, false}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const struct shape shape = {"", 1, 1, cases[i].n_leaves, cases[i].n_leaves, 100, 0, false};
    copse_model *model = random_model(&draw, &shape);
    copse_predictor *predictor = sample_predictor(model, COPSE_PREDICT_RAW, 0, 0);
    assert_int_equal(predictor->coded.trees[0].method, cases[i].method);
    assert_int_equal(predictor->coded.trees[0].program.n_above > 0, cases[i].pieces);
    assert_int_equal(predictor->coded.trees[0].by_bits,
                     cases[i].n_leaves > 1 && cases[i].n_leaves <= BIT_MOST_LEAVES);
    assert_int_equal(predictor->coded.all_by_bits, predictor->coded.trees[0].by_bits);
    copse_predictor_free(predictor);
    copse_model_free(model);
  }
}

static void more_cuts_than_a_byte_take_several_columns(void **state) {
  (void)state;
  struct draw draw = {.seed = 6};
  const struct shape shape = {"", 1, 4, 1000, 1024, 3000, 0, false};
  copse_model *model = random_model(&draw, &shape);
  copse_predictor *predictor = sample_predictor(model, COPSE_PREDICT_RAW, 0, 0);
  assert_true(predictor->coded.sources[0].map.n_cuts > COLUMN_CUTS);
  assert_true(predictor->coded.sources[0].n_columns > 1);
  copse_predictor_free(predictor);
  copse_model_free(model);
}

static void conditions_that_would_leave_the_cache_are_left_to_bytes(void **state) {
  (void)state;
  struct draw draw = {.seed = 8};
  const struct shape few = {"", 1, 12, 1000, 1024, 100, 0, false},
                     many = {"", 1, 16, 1000, 1024, 90000, 0, false};
  const struct shape *const shapes_of[] = {&few, &many};
  for (size_t i = 0; i < 2; i++) {
    copse_model *model = random_model(&draw, shapes_of[i]);
    copse_predictor *predictor = sample_predictor(model, COPSE_PREDICT_RAW, 0, 0);
    assert_int_equal(predictor->coded.by_bits, predictor->coded.n_conditions <= MOST_CONDITIONS);
    assert_int_equal(predictor->coded.by_bits, shapes_of[i] == &few);
    for (size_t row = 0; row < MOST_ROWS; row++) {
      for (int f = 0; f < N_FEATURES; f++) values[row][f] = value_of(&draw, shapes_of[i], f);
      judge(model, row);
    }
    expect_every_view(predictor, "conditions");
    copse_predictor_free(predictor);
    copse_model_free(model);
  }
}

static void a_threshold_that_is_no_number_is_left_to_the_walk_by_values(void **state) {
  (void)state;
  struct draw draw = {.seed = 7};
  const struct shape shape = {"", 1, 2, 4, 4, 10, 0, false};
  copse_model *model = random_model(&draw, &shape);
  model->trees[1].threshold[1] = NAN;
  copse_predictor *predictor = sample_predictor(model, COPSE_PREDICT_RAW, 0, 0);
  assert_false(predictor->coded.usable);
  for (size_t i = 0; i < MOST_ROWS; i++) {
    for (int f = 0; f < N_FEATURES; f++) values[i][f] = value_of(&draw, &shape, f);
    judge(model, i);
  }
  expect_every_view(predictor, "NaN threshold");
  expect_rows(predictor, "NaN threshold");
  copse_predictor_free(predictor);
  copse_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_ways_give_the_bits_of_the_definition),
      cmocka_unit_test(every_size_has_the_method_it_should),
      cmocka_unit_test(more_cuts_than_a_byte_take_several_columns),
      cmocka_unit_test(conditions_that_would_leave_the_cache_are_left_to_bytes),
      cmocka_unit_test(a_threshold_that_is_no_number_is_left_to_the_walk_by_values),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
