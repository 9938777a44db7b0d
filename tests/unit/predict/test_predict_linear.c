/* Prediction of linear leaves: the order of additions, the fallback of missing values, every table layout. */
#include "../model/samples.h"
#include "hooked_allocator.h"
#include "predict/predictor.h"

enum { N_ROWS = 700 };

static uint64_t bits_of(double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static void sums_begin_with_the_constant_and_keep_the_stored_order(void **state) {
  (void)state;
  copse_model *model = sample_model(SAMPLE_LINEAR);
  const double age = 1.1, debt = 0.3, row[3] = {age, debt, 70}; /* leaf 2 of tree 0; tree 2 gives 2 */
  const double constant = 0.3, first = -1.3 * debt, second = 1000000.1 * age, lone = 0.125 + 2 * age;
  double expected = constant + first + second + lone + 2;
  assert_int_equal(bits_of(sample_raw(model, row)), bits_of(expected));
  /* Both other orders would be seen. */
  assert_true(expected != first + second + constant + lone + 2);
  assert_true(expected != constant + second + first + lone + 2);
  copse_model_free(model);
}

static void missing_values_fall_back_to_the_leaf_value(void **state) {
  (void)state;
  copse_model *model = sample_model(SAMPLE_LINEAR);
  /* age, debt, town; the leaf of tree 0, what it adds, what the lone leaf adds, what tree 2 adds */
  const struct {
    double row[3];
    int leaf;
    double added[3];
  } cases[] = {
      {{0, 3, 1}, 0, {0.1 + 0.7 * 3, 0.125, 2}},
      {{0, NAN, 1}, 0, {0.75, 0.125, -1}},          /* debt is used by leaf 0 */
      {{NAN, 3, 1}, 0, {0.1 + 0.7 * 3, 0.0625, 2}}, /* age routes to leaf 0, which does not use it */
      {{NAN, NAN, NAN}, 1, {-0.5, 0.0625, -1}},     /* leaf 1 is constant */
      {{4, NAN, 33}, 2, {0.25, 0.125 + 2 * 4, -1}}, /* one of two is missing */
      {{1e-36, -1e-36, 1}, 0, {0.1, 0.125, -1}},    /* as good as zero */
      {{-2e-35, 2e-35, 1}, 0, {0.1, 0.125, 2}},     /* too small to be seen in the sum */
      {{-INFINITY, 1, 1}, 0, {0.1 + 0.7, -INFINITY, 2}},
  };
  copse_predictor *leaves = sample_predictor(model, COPSE_PREDICT_LEAF, 0, 0);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    double expected = 0.0, leaf[3];
    for (int t = 0; t < 3; t++) expected += cases[i].added[t];
    assert_int_equal(bits_of(sample_raw(model, cases[i].row)), bits_of(expected));
    copse_predictor_row(leaves, cases[i].row, leaf);
    assert_true(leaf[0] == cases[i].leaf && leaf[1] == 0);
  }
  const double opposite[3] = {INFINITY, INFINITY, 1}; /* no value is missing, the sum is not a number */
  assert_true(isnan(sample_raw(model, opposite)));
  copse_predictor_free(leaves);
  copse_model_free(model);
}

static double rows[N_ROWS][3], columns[3][N_ROWS];
static double stored[N_ROWS * 3], stored_by_column[N_ROWS * 3];
static int64_t row_starts[N_ROWS + 1], column_starts[4];
static int32_t row_indices[N_ROWS * 3], column_indices[N_ROWS * 3];

static void fill_rows(void) {
  uint64_t seed = 3;
  const double values[] = {0, 0, NAN, 1e-36, -0.25, 0.5, 1, 33, 70, 1.0 / 3};
  int64_t n = 0;
  for (int i = 0; i < N_ROWS; i++) {
    for (int f = 0; f < 3; f++) {
      rows[i][f] = columns[f][i] = values[sample_random(&seed) % 10];
      if (rows[i][f] == 0) continue;
      row_indices[n] = f;
      stored[n++] = rows[i][f];
    }
    row_starts[i + 1] = n;
  }
  n = 0;
  for (int f = 0; f < 3; f++) {
    for (int i = 0; i < N_ROWS; i++) {
      if (rows[i][f] == 0) continue;
      column_indices[n] = i;
      stored_by_column[n++] = rows[i][f];
    }
    column_starts[f + 1] = n;
  }
}

/* The plain definition over the trees' own arrays. */
static double judge(const copse_model *model, const double *row) {
  double raw = 0.0;
  for (int t = 0; t < model->n_trees; t++) {
    const struct tree *tree = &model->trees[t];
    int leaf = sample_leaf(tree, row);
    double sum = tree->leaf_value[leaf];
    if (tree->linear != NULL) {
      sum = tree->linear->constant[leaf];
      for (size_t k = tree->linear->begin[leaf]; k < tree->linear->begin[leaf + 1]; k++)
        sum += tree->linear->coefficient[k] * route_value(row[tree->linear->feature[k]]);
      if (isnan(sum)) sum = tree->leaf_value[leaf]; /* the rows are finite or missing */
    }
    raw += sum;
  }
  return raw;
}

static void every_layout_gives_the_bits_of_the_definition(void **state) {
  (void)state;
  fill_rows();
  const copse_column list[3] = {{.dtype = COPSE_F64, .data = columns[0], .stride = 1},
                                {.dtype = COPSE_F64, .data = columns[1], .stride = 1},
                                {.dtype = COPSE_F64, .data = columns[2], .stride = 1}};
  const copse_table tables[] = {{.layout = COPSE_ROWS, .dtype = COPSE_F64, .values = rows, .row_stride = 3},
                                {.layout = COPSE_COLUMNS, .columns = list},
                                {.layout = COPSE_CSR,
                                 .dtype = COPSE_F64,
                                 .values = stored,
                                 .indptr = row_starts,
                                 .indices = row_indices},
                                {.layout = COPSE_CSC,
                                 .dtype = COPSE_F64,
                                 .values = stored_by_column,
                                 .indptr = column_starts,
                                 .indices = column_indices}};
  copse_model *model = sample_model(SAMPLE_LINEAR);
  copse_predictor *predictor = sample_predictor(model, COPSE_PREDICT_RAW, 0, 0);
  /* Round 1 alone is the lone leaf: its feature is used by no node. */
  copse_predictor *lone = sample_predictor(model, COPSE_PREDICT_RAW, 1, 1);
  for (size_t k = 0; k < sizeof tables / sizeof tables[0]; k++) {
    copse_table table = tables[k];
    double out[N_ROWS], one;
    table.n_rows = N_ROWS;
    table.n_cols = 3;
    assert_int_equal(copse_predictor_run(predictor, &table, 1 + (int)k % 2, out, NULL), COPSE_OK);
    for (int i = 0; i < N_ROWS; i++) {
      copse_predictor_row(predictor, rows[i], &one);
      assert_int_equal(bits_of(out[i]), bits_of(judge(model, rows[i])));
      assert_int_equal(bits_of(one), bits_of(out[i]));
    }
    assert_int_equal(copse_predictor_run(lone, &table, 2, out, NULL), COPSE_OK);
    for (int i = 0; i < N_ROWS; i++)
      assert_true(out[i] == (isnan(rows[i][0]) ? 0.0625 : 0.125 + 2 * route_value(rows[i][0])));
  }
  copse_predictor_free(lone);
  copse_predictor_free(predictor);
  copse_model_free(model);
}

static void lack_of_memory_is_an_error(void **state) {
  (void)state;
  copse_model *model = sample_model(SAMPLE_LINEAR);
  bool refused = true;
  for (size_t fail_at = 1; refused; fail_at++) {
    struct hooked_allocator hook = {0};
    copse_allocator allocator = hooked_allocator(&hook);
    copse_context *ctx;
    assert_int_equal(copse_context_create(&allocator, &ctx, NULL), COPSE_OK);
    hook.fail_at = hook.calls + fail_at;
    copse_predictor *predictor;
    copse_status status = copse_predictor_create(ctx, model, COPSE_PREDICT_RAW, 0, 0, &predictor, NULL);
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
      cmocka_unit_test(sums_begin_with_the_constant_and_keep_the_stored_order),
      cmocka_unit_test(missing_values_fall_back_to_the_leaf_value),
      cmocka_unit_test(every_layout_gives_the_bits_of_the_definition),
      cmocka_unit_test(lack_of_memory_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
