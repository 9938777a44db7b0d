/* Prediction: kinds, ranges of rounds, every table layout and type, threads, and one row at a time. */
#include "../model/samples.h"
#include "hooked_allocator.h"
#include "model/route.h"
#include "predict/predictor.h"

static uint64_t bits_of(double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static double predict_one(copse_model *model, copse_predict_kind kind, int start, int count,
                          const double *row) {
  copse_predictor *predictor = sample_predictor(model, kind, start, count);
  double out[8];
  assert_in_range(copse_predictor_width(predictor), 1, 8);
  copse_predictor_row(predictor, row, out);
  copse_predictor_free(predictor);
  return out[0];
}

static void raw_scores_add_the_leaves_that_the_rules_name(void **state) {
  (void)state;
  copse_model *model = sample_model(SAMPLE);
  /* age, debt, town; tree 0 and tree 2 decide, tree 1 adds 0.0625 */
  const struct {
    double row[3], leaf_0, leaf_2;
  } cases[] = {
      {{0, -2, 0}, 0.1, -1},
      {{0.5, -1.5, 0}, 0.1, -1},
      {{0, -1, 0}, 0.3, -1},
      {{NAN, -2, 0}, 0.1, -1},
      {{0, 0, 0}, 0.3, -1},
      {{0, NAN, 0}, 0.3, -1},
      {{0, -0.0, 0}, 0.3, -1},
      {{0, 1e-35, 0}, 0.3, -1},
      {{0, 2e-35, 0}, 0.3, 2},
      {{0, -1e-36, 0}, 0.3, -1},
      {{1, 5, 1}, -0.2, 2},
      {{1, 5, 33.9}, -0.2, 2},
      {{1, 5, 70}, -0.2, 2},
      {{1, 5, 0}, -0.4, 2},
      {{1, 5, NAN}, -0.4, 2},
      {{1, 5, -1}, -0.4, 2},
      {{1, 5, 96}, -0.4, 2},
      {{1, 5, 1e18}, -0.4, 2},
      {{INFINITY, INFINITY, INFINITY}, -0.4, 2},
      {{-INFINITY, -INFINITY, -INFINITY}, 0.1, -1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    double expected = 0.0;
    expected += cases[i].leaf_0;
    expected += 0.0625;
    expected += cases[i].leaf_2;
    assert_int_equal(bits_of(sample_raw(model, cases[i].row)), bits_of(expected));
    double value = 1.0 / (1.0 + exp(-1.0 * expected));
    assert_int_equal(bits_of(predict_one(model, COPSE_PREDICT_VALUE, 0, 0, cases[i].row)), bits_of(value));
  }
  copse_model_free(model);
}

static void leaf_indices_are_one_per_tree(void **state) {
  (void)state;
  copse_model *model = sample_model(SAMPLE);
  copse_predictor *predictor = sample_predictor(model, COPSE_PREDICT_LEAF, 0, 0);
  assert_int_equal(copse_predictor_width(predictor), 3);
  double out[3];
  const double row[3] = {1, 5, 1};
  copse_predictor_row(predictor, row, out);
  assert_true(out[0] == 1 && out[1] == 0 && out[2] == 1);
  copse_predictor_free(predictor);
  copse_model_free(model);
}

static void rounds_select_trees(void **state) {
  (void)state;
  copse_model *model = sample_model(SAMPLE);
  const double row[3] = {1, 5, 1}; /* -0.2, 0.0625, 2 */
  assert_true(predict_one(model, COPSE_PREDICT_RAW, 0, 1, row) == -0.2);
  assert_true(predict_one(model, COPSE_PREDICT_RAW, 1, 1, row) == 0.0625);
  assert_true(predict_one(model, COPSE_PREDICT_RAW, 1, 0, row) == 2.0625);
  assert_true(predict_one(model, COPSE_PREDICT_RAW, 2, 50, row) == 2);
  assert_true(predict_one(model, COPSE_PREDICT_RAW, 3, 0, row) == 0);
  assert_true(predict_one(model, COPSE_PREDICT_VALUE, 9, 0, row) == 0.5);
  copse_predictor *none = sample_predictor(model, COPSE_PREDICT_LEAF, 3, 0);
  assert_int_equal(copse_predictor_width(none), 0);
  copse_predictor_free(none);
  copse_model_free(model);
}

static void averages_divide_all_but_sums(void **state) {
  (void)state;
  static char text[sizeof SAMPLE + 64];
  const char *at = strstr(SAMPLE, "objective=");
  size_t before = (size_t)(at - SAMPLE);
  memcpy(text, SAMPLE, before);
  strcpy(text + before, "objective=regression\naverage_output\n");
  strcat(text, strchr(at, '\n') + 1);
  copse_model *model = sample_model(text);
  const double row[3] = {1, 5, 1};
  double sum = 0.0 + -0.2 + 0.0625 + 2;
  assert_int_equal(bits_of(predict_one(model, COPSE_PREDICT_SUM, 0, 0, row)), bits_of(sum));
  assert_int_equal(bits_of(predict_one(model, COPSE_PREDICT_RAW, 0, 0, row)), bits_of(sum / 3));
  assert_int_equal(bits_of(predict_one(model, COPSE_PREDICT_VALUE, 0, 0, row)), bits_of(sum / 3));
  assert_true(predict_one(model, COPSE_PREDICT_VALUE, 1, 2, row) == 2.0625 / 2);
  assert_true(predict_one(model, COPSE_PREDICT_VALUE, 5, 2, row) == 0);
  copse_model_free(model);
}

/* A random model of many trees over numeric and categorical features, through the engine's own tree_split. */
enum { N_FEATURES = 9, UNUSED_FEATURE = 4, N_ROWS = 1237 };

static copse_model *random_model(const char *objective, int n_outputs, int n_rounds, bool with_sets) {
  static const char *const names[N_FEATURES] = {"a", "b", "c", "d", "e", "f", "g", "h", "i"};
  const struct model_shape shape = {.n_features = N_FEATURES,
                                    .names = names,
                                    .trees_per_round = n_outputs,
                                    .n_class = n_outputs,
                                    .objective = objective};
  copse_model *model;
  assert_int_equal(model_create(NULL, &shape, &model, NULL), COPSE_OK);
  uint64_t seed = 99;
  for (int t = 0; t < n_rounds * n_outputs; t++) {
    struct tree tree;
    int n_leaves = (int)(sample_random(&seed) % 40) + 1;
    assert_int_equal(tree_create(NULL, n_leaves, false, &tree, NULL), COPSE_OK);
    if (n_leaves == 1) tree.leaf_value[0] = 0.1 * t;
    while (tree.n_leaves < n_leaves) {
      uint32_t words[3] = {sample_random(&seed), sample_random(&seed), sample_random(&seed)};
      int feature = (int)(sample_random(&seed) % N_FEATURES), right;
      bool set = with_sets && t % 3 == 0 && feature < 3;
      struct tree_split split = {
          .leaf = (int)(sample_random(&seed) % (uint32_t)tree.n_leaves),
          .feature = feature == UNUSED_FEATURE ? 0 : feature,
          .gain = 1,
          .decision_type = (uint8_t)(sample_random(&seed) % 3 << DECISION_MISSING_SHIFT |
                                     (sample_random(&seed) & DECISION_DEFAULT_LEFT)),
          .threshold = (double)(sample_random(&seed) % 13) - 6,
          .category_bits = words,
          .n_category_words = 3,
          .left = {sample_random(&seed) / 4294967296.0 - 0.5, 1, 1},
          .right = {sample_random(&seed) / 4294967296.0 - 0.5, 1, 1}};
      if (set) split.decision_type = DECISION_CATEGORICAL;
      assert_int_equal(tree_split(&tree, &split, &right, NULL), COPSE_OK);
    }
    assert_int_equal(model_add_tree(model, &tree, NULL), COPSE_OK);
  }
  return model;
}

static double random_value(uint64_t *seed) {
  switch (sample_random(seed) % 8) {
    case 0: return NAN;
    case 1: return 0;
    case 2: return 1e-36;
    case 3: return -1e-35;
    case 4: return (double)(sample_random(seed) % 100);
    case 5: return sample_random(seed) % 2 ? INFINITY : -INFINITY;
    default: return (double)(sample_random(seed) % 16) - 8;
  }
}

static double rows[N_ROWS][N_FEATURES];

static void fill_rows(void) {
  uint64_t seed = 5;
  for (int i = 0; i < N_ROWS; i++)
    for (int f = 0; f < N_FEATURES; f++) rows[i][f] = random_value(&seed);
}

static copse_table dense(void) {
  return (copse_table){.layout = COPSE_ROWS,
                       .n_rows = N_ROWS,
                       .n_cols = N_FEATURES,
                       .dtype = COPSE_F64,
                       .values = rows,
                       .row_stride = N_FEATURES};
}

/* The plain definition: trees in order, each walked over its arrays. */
static void judge(const copse_model *model, int first, int last, const double *row, double *raw) {
  for (int k = 0; k < model->trees_per_round; k++) raw[k] = 0.0;
  for (int t = first * model->trees_per_round; t < last * model->trees_per_round; t++)
    raw[t % model->trees_per_round] += model->trees[t].leaf_value[sample_leaf(&model->trees[t], row)];
}

static void batches_equal_the_plain_walk_bit_by_bit(void **state) {
  (void)state;
  fill_rows();
  const copse_table table = dense();
  static double out[N_ROWS * 3];
  for (int n_outputs = 1; n_outputs <= 3; n_outputs += 2) {
    const char *objective = n_outputs == 1 ? "binary sigmoid:1" : "multiclass num_class:3";
    copse_model *model = random_model(objective, n_outputs, 23, true);
    copse_predictor *predictor = sample_predictor(model, COPSE_PREDICT_RAW, 2, 17);
    for (int n_threads = 1; n_threads <= 8; n_threads += n_threads == 1 ? 1 : 6) {
      memset(out, 0xFF, sizeof out);
      assert_int_equal(copse_predictor_run(predictor, &table, n_threads, out, NULL), COPSE_OK);
      for (int i = 0; i < N_ROWS; i++) {
        double raw[3], one[3];
        judge(model, 2, 19, rows[i], raw);
        assert_memory_equal(out + i * n_outputs, raw, (size_t)n_outputs * sizeof *raw);
        copse_predictor_row(predictor, rows[i], one);
        assert_memory_equal(one, raw, (size_t)n_outputs * sizeof *raw);
      }
    }
    copse_predictor_free(predictor);
    copse_model_free(model);
  }
}

static void leaves_of_batches_equal_the_plain_walk(void **state) {
  (void)state;
  fill_rows();
  const copse_table table = dense();
  copse_model *model = random_model("regression", 1, 30, true);
  copse_predictor *predictor = sample_predictor(model, COPSE_PREDICT_LEAF, 0, 0);
  static double out[N_ROWS * 30];
  assert_int_equal(copse_predictor_run(predictor, &table, 2, out, NULL), COPSE_OK);
  for (int i = 0; i < N_ROWS; i++)
    for (int t = 0; t < 30; t++) assert_true(out[i * 30 + t] == sample_leaf(&model->trees[t], rows[i]));
  copse_predictor_free(predictor);
  copse_model_free(model);
}

static void values_are_transformed_over_all_outputs(void **state) {
  (void)state;
  fill_rows();
  const copse_table table = dense();
  copse_model *model = random_model("multiclass num_class:3", 3, 5, false);
  copse_predictor *predictor = sample_predictor(model, COPSE_PREDICT_VALUE, 0, 0);
  static double out[N_ROWS * 3];
  assert_int_equal(copse_predictor_run(predictor, &table, 2, out, NULL), COPSE_OK);
  for (int i = 0; i < N_ROWS; i++) {
    double raw[3];
    judge(model, 0, 5, rows[i], raw);
    double largest = fmax(fmax(raw[0], raw[1]), raw[2]), sum = 0;
    for (int k = 0; k < 3; k++) sum += exp(raw[k] - largest);
    for (int k = 0; k < 3; k++) assert_true(fabs(out[i * 3 + k] - exp(raw[k] - largest) / sum) < 1e-15);
  }
  copse_predictor_free(predictor);
  copse_model_free(model);
}

static void expect_same(const copse_predictor *predictor, const copse_table *table, const double *expected) {
  static double out[N_ROWS];
  copse_error err;
  if (copse_predictor_run(predictor, table, 2, out, &err) != COPSE_OK) fail_msg("%s", err.message);
  assert_memory_equal(out, expected, sizeof out);
}

static void every_layout_and_type_gives_the_same_bits(void **state) {
  (void)state;
  fill_rows();
  for (int i = 0; i < N_ROWS; i++) { /* values that every type holds, where it must */
    rows[i][1] = (double)(i % 50) - 10;
    rows[i][2] = (double)(i % 97) - 3;
  }
  copse_model *model = random_model("regression", 1, 40, true);
  copse_predictor *predictor = sample_predictor(model, COPSE_PREDICT_RAW, 0, 0);
  static double expected[N_ROWS], wide[N_ROWS][N_FEATURES + 3], values[N_ROWS * N_FEATURES];
  static float narrow[N_ROWS][N_FEATURES], column_0[N_ROWS][2];
  static int32_t column_1[N_ROWS], indices[N_ROWS * N_FEATURES];
  static int64_t column_2[N_ROWS], indptr[N_ROWS + 1];
  static double rounded[N_ROWS][N_FEATURES];
  /* 1e-36 is a denormal of float, which stays within zero */
  for (int i = 0; i < N_ROWS; i++)
    for (int f = 0; f < N_FEATURES; f++) {
      narrow[i][f] = (float)rows[i][f];
      rounded[i][f] = (double)narrow[i][f];
      wide[i][f] = rounded[i][f];
    }
  copse_table table = dense();
  table.values = rounded;
  assert_int_equal(copse_predictor_run(predictor, &table, 1, expected, NULL), COPSE_OK);
  table.values = wide;
  table.row_stride = N_FEATURES + 3;
  expect_same(predictor, &table, expected);
  table.values = narrow;
  table.row_stride = N_FEATURES;
  table.dtype = COPSE_F32;
  expect_same(predictor, &table, expected);

  copse_column columns[N_FEATURES];
  for (int f = 0; f < N_FEATURES; f++) columns[f] = (copse_column){COPSE_F64, &rounded[0][f], N_FEATURES};
  for (int i = 0; i < N_ROWS; i++) {
    column_0[i][0] = narrow[i][0];
    column_1[i] = (int32_t)rows[i][1];
    column_2[i] = (int64_t)rows[i][2];
  }
  columns[0] = (copse_column){COPSE_F32, column_0, 2};
  columns[1] = (copse_column){COPSE_I32, column_1, 1};
  columns[2] = (copse_column){COPSE_I64, column_2, 1};
  const copse_table by_column = {
      .layout = COPSE_COLUMNS, .n_rows = N_ROWS, .n_cols = N_FEATURES, .columns = columns};
  expect_same(predictor, &by_column, expected);

  size_t n = 0;
  for (int i = 0; i < N_ROWS; i++) {
    for (int f = 0; f < N_FEATURES; f++) {
      if (rounded[i][f] == 0) continue; /* absent is zero */
      indices[n] = f;
      values[n++] = rounded[i][f];
    }
    indptr[i + 1] = (int64_t)n;
  }
  const copse_table sparse = {.layout = COPSE_CSR,
                              .n_rows = N_ROWS,
                              .n_cols = N_FEATURES,
                              .dtype = COPSE_F64,
                              .values = values,
                              .indptr = indptr,
                              .indices = indices};
  expect_same(predictor, &sparse, expected);

  int64_t starts[N_FEATURES + 1] = {0};
  n = 0;
  for (int f = 0; f < N_FEATURES; f++) {
    for (int i = 0; i < N_ROWS; i++) {
      if (rounded[i][f] == 0 && i % 2) continue; /* some zeros are stored */
      indices[n] = i;
      values[n++] = rounded[i][f];
    }
    starts[f + 1] = (int64_t)n;
  }
  copse_table by_stored_column = sparse;
  by_stored_column.layout = COPSE_CSC;
  by_stored_column.indptr = starts;
  expect_same(predictor, &by_stored_column, expected);
  copse_predictor_free(predictor);
  copse_model_free(model);
}

struct shared {
  const copse_predictor *predictor;
  const double *expected;
  atomic_int wrong;
};

static void ask_rows(void *user, size_t chunk, int thread) {
  struct shared *shared = user;
  (void)thread;
  for (int i = 0; i < N_ROWS; i += 7) {
    int row = (int)((size_t)i + chunk * 13) % N_ROWS;
    double out[3];
    copse_predictor_row(shared->predictor, rows[row], out);
    if (memcmp(out, shared->expected + row * 3, sizeof out) != 0) atomic_fetch_add(&shared->wrong, 1);
  }
}

static void one_row_is_reentrant_and_allocates_nothing(void **state) {
  (void)state;
  fill_rows();
  struct hooked_allocator hook = {0};
  copse_allocator allocator = hooked_allocator(&hook);
  copse_context *ctx;
  assert_int_equal(copse_context_create(&allocator, &ctx, NULL), COPSE_OK);
  copse_model *model = random_model("multiclass num_class:3", 3, 8, true);
  copse_predictor *predictor;
  assert_int_equal(copse_predictor_create(ctx, model, COPSE_PREDICT_VALUE, 0, 0, &predictor, NULL), COPSE_OK);
  copse_model_free(model); /* the predictor keeps its own reference */
  static double expected[N_ROWS * 3];
  const copse_table table = dense();
  assert_int_equal(copse_predictor_run(predictor, &table, 1, expected, NULL), COPSE_OK);
  struct shared shared = {.predictor = predictor, .expected = expected};
  size_t calls = hook.calls;
  copse_parallel_for(8, 64, ask_rows, &shared);
  assert_int_equal(shared.wrong, 0);
  assert_int_equal(hook.calls, calls);
  copse_predictor_free(predictor);
  copse_context_free(ctx);
  assert_int_equal(hook.live, 0);
}

static void wrong_tables_are_refused(void **state) {
  (void)state;
  fill_rows();
  copse_model *model = random_model("regression", 1, 2, false);
  copse_predictor *predictor = sample_predictor(model, COPSE_PREDICT_RAW, 0, 0);
  static double out[N_ROWS];
  copse_error err;
  copse_table table = dense();
  table.n_cols = N_FEATURES + 1;
  assert_int_equal(copse_predictor_run(predictor, &table, 1, out, &err), COPSE_ERR_DATA);
  assert_non_null(strstr(err.message, "expected 9 columns"));
  assert_non_null(strstr(err.message, "found 10"));
  table = dense();
  table.row_stride = 3;
  assert_int_equal(copse_predictor_run(predictor, &table, 1, out, &err), COPSE_ERR_ARGUMENT);
  table = dense();
  table.dtype = COPSE_I32;
  assert_int_equal(copse_predictor_run(predictor, &table, 1, out, &err), COPSE_ERR_ARGUMENT);
  table = dense();
  table.layout = (copse_layout)7;
  assert_int_equal(copse_predictor_run(predictor, &table, 1, out, &err), COPSE_ERR_ARGUMENT);
  copse_column columns[N_FEATURES];
  for (int f = 0; f < N_FEATURES; f++) columns[f] = (copse_column){COPSE_F64, &rows[0][f], N_FEATURES};
  columns[8].dtype = (copse_dtype)9;
  const copse_table by_column = {
      .layout = COPSE_COLUMNS, .n_rows = N_ROWS, .n_cols = N_FEATURES, .columns = columns};
  assert_int_equal(copse_predictor_run(predictor, &by_column, 1, out, &err), COPSE_ERR_ARGUMENT);
  assert_non_null(strstr(err.message, "column 8"));
  const double values[2] = {1, 2};
  int64_t indptr[3] = {0, 1, 2};
  int32_t indices[2] = {0, N_FEATURES};
  const copse_table sparse = {.layout = COPSE_CSR,
                              .n_rows = 2,
                              .n_cols = N_FEATURES,
                              .dtype = COPSE_F64,
                              .values = values,
                              .indptr = indptr,
                              .indices = indices};
  assert_int_equal(copse_predictor_run(predictor, &sparse, 1, out, &err), COPSE_ERR_DATA);
  assert_non_null(strstr(err.message, "row 1"));
  indices[1] = -1;
  assert_int_equal(copse_predictor_run(predictor, &sparse, 1, out, &err), COPSE_ERR_DATA);
  indices[1] = 2;
  assert_int_equal(copse_predictor_run(predictor, &sparse, 1, out, &err), COPSE_OK);
  indptr[1] = 3;
  assert_int_equal(copse_predictor_run(predictor, &sparse, 1, out, &err), COPSE_ERR_DATA);
  table = dense();
  table.n_rows = 0;
  assert_int_equal(copse_predictor_run(predictor, &table, 1, NULL, &err), COPSE_OK);
  copse_predictor *none = predictor;
  assert_int_equal(copse_predictor_create(NULL, model, (copse_predict_kind)5, 0, 0, &none, &err),
                   COPSE_ERR_ARGUMENT);
  assert_null(none);
  copse_predictor_free(predictor);
  copse_predictor_free(NULL);
  copse_model_free(model);
}

static void cancelling_ends_a_run(void **state) {
  (void)state;
  fill_rows();
  copse_context *ctx;
  assert_int_equal(copse_context_create(NULL, &ctx, NULL), COPSE_OK);
  copse_model *model = random_model("regression", 1, 2, false);
  copse_predictor *predictor;
  assert_int_equal(copse_predictor_create(ctx, model, COPSE_PREDICT_RAW, 0, 0, &predictor, NULL), COPSE_OK);
  static double out[N_ROWS];
  const copse_table table = dense();
  copse_context_cancel(ctx);
  assert_int_equal(copse_predictor_run(predictor, &table, 2, out, NULL), COPSE_ERR_INTERRUPTED);
  copse_predictor_free(predictor);
  copse_model_free(model);
  copse_context_free(ctx);
}

static void lack_of_memory_is_an_error(void **state) {
  (void)state;
  fill_rows();
  copse_model *model = random_model("regression", 1, 4, true);
  static double out[N_ROWS];
  const copse_table table = dense();
  bool refused = true;
  for (size_t fail_at = 1; refused; fail_at++) {
    struct hooked_allocator hook = {0};
    copse_allocator allocator = hooked_allocator(&hook);
    copse_context *ctx;
    assert_int_equal(copse_context_create(&allocator, &ctx, NULL), COPSE_OK);
    hook.fail_at = hook.calls + fail_at;
    copse_predictor *predictor;
    copse_status status = copse_predictor_create(ctx, model, COPSE_PREDICT_RAW, 0, 0, &predictor, NULL);
    if (status == COPSE_OK) status = copse_predictor_run(predictor, &table, 2, out, NULL);
    refused = hook.refused > 0;
    assert_int_equal(status, refused ? COPSE_ERR_MEMORY : COPSE_OK);
    copse_predictor_free(predictor);
    copse_context_free(ctx);
    assert_int_equal(hook.live, 0);
    assert_true(fail_at < 100);
  }
  copse_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(raw_scores_add_the_leaves_that_the_rules_name),
      cmocka_unit_test(leaf_indices_are_one_per_tree),
      cmocka_unit_test(rounds_select_trees),
      cmocka_unit_test(averages_divide_all_but_sums),
      cmocka_unit_test(batches_equal_the_plain_walk_bit_by_bit),
      cmocka_unit_test(leaves_of_batches_equal_the_plain_walk),
      cmocka_unit_test(values_are_transformed_over_all_outputs),
      cmocka_unit_test(every_layout_and_type_gives_the_same_bits),
      cmocka_unit_test(one_row_is_reentrant_and_allocates_nothing),
      cmocka_unit_test(wrong_tables_are_refused),
      cmocka_unit_test(cancelling_ends_a_run),
      cmocka_unit_test(lack_of_memory_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
