/* Schemas: sampled rows, names, sampling against a table of the same rows, refusals, threads. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "data/dataset.h"
#include "testing.h"

enum { ROWS = 3000, COLUMNS = 21 };

static copse_params *params_with(const char *key, const char *value) {
  copse_params *params;
  assert_int_equal(copse_params_create(NULL, &params, NULL), COPSE_OK);
  if (key != NULL)
    assert_int_equal(copse_params_set(params, key, value, COPSE_SOURCE_COMMAND, NULL), COPSE_OK);
  return params;
}

static float *values_of(uint64_t seed) {
  float *values = copse_alloc(NULL, ROWS * COLUMNS, sizeof *values);
  assert_non_null(values);
  for (uint64_t i = 0; i < ROWS * COLUMNS; i++) {
    uint64_t bits = rng_bits(seed, 0, i);
    unsigned column = (unsigned)(i % COLUMNS);
    float value = (float)(bits >> 40) / 16777216.0f - 0.5f;
    if (column % 3 == 1) value = (float)(bits % 17) - 4;
    if (column % 3 == 2 && bits % 4 != 0) value = 0;
    if (column % 5 == 4 && bits % 9 == 0) value = NAN;
    values[i] = value;
  }
  return values;
}

static copse_table rows_of(const float *values, uint64_t n_rows) {
  return (copse_table){.layout = COPSE_ROWS,
                       .n_rows = n_rows,
                       .n_cols = COLUMNS,
                       .dtype = COPSE_F32,
                       .values = values,
                       .row_stride = COLUMNS};
}

static void assert_same_bins(const copse_schema *a, const copse_schema *b) {
  assert_int_equal(a->n_features, b->n_features);
  for (uint32_t f = 0; f < a->n_features; f++) {
    const struct feature_bins *x = &a->features[f], *y = &b->features[f];
    assert_int_equal(x->used, y->used);
    assert_int_equal(x->n_bins, y->n_bins);
    assert_int_equal(x->missing, y->missing);
    assert_int_equal(x->default_bin, y->default_bin);
    assert_int_equal(x->most_freq_bin, y->most_freq_bin);
    assert_true(x->min_value == y->min_value && x->max_value == y->max_value);
    if (x->upper != NULL) assert_memory_equal(x->upper, y->upper, x->n_bins * sizeof *x->upper);
    if (x->category != NULL) assert_memory_equal(x->category, y->category, x->n_bins * sizeof *x->category);
  }
}

static void all_rows_unless_a_sample_is_asked_for(void **state) {
  (void)state;
  static uint64_t rows[1000], again[1000];
  uint64_t n;
  copse_params *params = params_with(NULL, NULL);
  assert_int_equal(copse_sample_rows(UINT64_C(5000000), params, NULL, &n, NULL), COPSE_OK);
  assert_true(n == 5000000);
  copse_params_free(params);

  params = params_with("bin_construct_sample_cnt", "300");
  assert_int_equal(copse_sample_rows(200, params, rows, &n, NULL), COPSE_OK);
  assert_true(n == 200 && rows[0] == 0 && rows[199] == 199);
  assert_int_equal(copse_sample_rows(1000, params, rows, &n, NULL), COPSE_OK);
  assert_true(n == 300);
  for (int i = 1; i < 300; i++) assert_true(rows[i - 1] < rows[i] && rows[i] < 1000);
  int late = 0; /* about half of them come from the second half */
  for (int i = 0; i < 300; i++) late += rows[i] >= 500;
  assert_in_range(late, 115, 185);
  assert_int_equal(copse_sample_rows(1000, params, again, &n, NULL), COPSE_OK);
  assert_memory_equal(rows, again, 300 * sizeof *rows);
  assert_int_equal(copse_params_set(params, "data_random_seed", "99", COPSE_SOURCE_COMMAND, NULL), COPSE_OK);
  assert_int_equal(copse_sample_rows(1000, params, again, &n, NULL), COPSE_OK);
  assert_memory_not_equal(rows, again, 300 * sizeof *rows);
  copse_params_free(params);
}

static void a_sample_is_the_table_of_its_rows(void **state) {
  (void)state;
  float *values = values_of(1), *chosen = copse_alloc(NULL, ROWS * COLUMNS, sizeof *chosen);
  uint64_t *rows = copse_alloc(NULL, ROWS, sizeof *rows), n;
  copse_params *params = params_with("bin_construct_sample_cnt", "1100");
  assert_int_equal(copse_sample_rows(ROWS, params, rows, &n, NULL), COPSE_OK);
  for (uint64_t i = 0; i < n; i++)
    memcpy(chosen + i * COLUMNS, values + rows[i] * COLUMNS, COLUMNS * sizeof *values);
  copse_table all = rows_of(values, ROWS), sample = rows_of(chosen, n);
  copse_schema *schema;
  copse_dataset *dataset;
  assert_int_equal(copse_schema_create(NULL, &sample, ROWS, NULL, NULL, params, &schema, NULL), COPSE_OK);
  assert_int_equal(copse_dataset_from_table(NULL, &all, NULL, NULL, params, NULL, &dataset, NULL), COPSE_OK);
  assert_same_bins(schema, copse_dataset_schema(dataset));
  copse_dataset_free(dataset);
  copse_schema_free(schema);
  copse_params_free(params);
  copse_free(values);
  copse_free(chosen);
  copse_free(rows);
}

static void threads_do_not_matter(void **state) {
  (void)state;
  float *values = values_of(2);
  bool categorical[COLUMNS] = {[1] = true, [4] = true, [16] = true};
  copse_table table = rows_of(values, ROWS);
  copse_schema *schemas[4];
  static const char *const threads[] = {"1", "2", "3", "8"};
  for (int i = 0; i < 4; i++) {
    copse_params *params = params_with("num_threads", threads[i]);
    assert_int_equal(copse_schema_create(NULL, &table, ROWS, NULL, categorical, params, &schemas[i], NULL),
                     COPSE_OK);
    copse_params_free(params);
  }
  assert_true(copse_schema_bins(schemas[0], 0, NULL) > 100);
  for (int i = 1; i < 4; i++) assert_same_bins(schemas[0], schemas[i]);
  for (int i = 0; i < 4; i++) copse_schema_free(schemas[i]);
  copse_free(values);
}

static void max_bin_by_feature_and_what_can_be_read(void **state) {
  (void)state;
  const double values[] = {1, 5, 7, 2, 5, 7, 3, 6, 7, 4, 6, 7};
  copse_table table = {
      .layout = COPSE_ROWS, .n_rows = 4, .n_cols = 3, .dtype = COPSE_F64, .values = values, .row_stride = 3};
  const bool categorical[] = {false, true, false};
  copse_params *params = params_with("max_bin_by_feature", "3,9,9");
  assert_int_equal(copse_params_set(params, "min_data_in_bin", "1", COPSE_SOURCE_COMMAND, NULL), COPSE_OK);
  assert_int_equal(copse_params_set(params, "min_data_in_leaf", "1", COPSE_SOURCE_COMMAND, NULL), COPSE_OK);
  copse_schema *schema;
  assert_int_equal(copse_schema_create(NULL, &table, 4, NULL, categorical, params, &schema, NULL), COPSE_OK);
  double bounds[9];
  assert_int_equal(copse_schema_n_features(schema), 3);
  assert_int_equal(copse_schema_bins(schema, 0, bounds), 3);
  assert_true(bounds[0] == BINS_ZERO && bounds[1] == nextafter(2.5, 9) && bounds[2] == INFINITY);
  assert_int_equal(copse_schema_bins(schema, 1, bounds), 3);
  assert_true(bounds[0] == -1 && bounds[1] == 5 && bounds[2] == 6);
  assert_int_equal(copse_schema_bins(schema, 2, NULL), 0);
  copse_schema_free(schema);
  copse_params_free(params);

  copse_error error;
  params = params_with("max_bin_by_feature", "3,9");
  assert_int_equal(copse_schema_create(NULL, &table, 4, NULL, NULL, params, &schema, &error),
                   COPSE_ERR_ARGUMENT);
  assert_null(schema);
  assert_non_null(strstr(error.message, "max_bin_by_feature has 2 entries"));
  copse_params_free(params);
}

/* Creates a schema of `n` columns with these names; the message lands in `error`. */
static copse_status create_named(uint32_t n, const char *const *names, copse_schema **out,
                                 copse_error *error) {
  static const double row[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  copse_table table = {
      .layout = COPSE_ROWS, .n_rows = 1, .n_cols = n, .dtype = COPSE_F64, .values = row, .row_stride = 8};
  copse_params *params = params_with(NULL, NULL);
  copse_status status = copse_schema_create(NULL, &table, 1, names, NULL, params, out, error);
  copse_params_free(params);
  return status;
}

static void names_are_kept_made_or_refused(void **state) {
  (void)state;
  copse_schema *schema;
  copse_error error;
  assert_int_equal(create_named(3, NULL, &schema, &error), COPSE_OK);
  assert_string_equal(copse_schema_name(schema, 2), "Column_2");
  assert_true(schema->default_names);
  copse_schema_free(schema);

  const char *good[] = {"age in years", "\xc3\xa9t\xc3\xa9", "Column_2"};
  assert_int_equal(create_named(3, good, &schema, &error), COPSE_OK);
  assert_string_equal(copse_schema_name(schema, 0), "age_in_years");
  assert_string_equal(copse_schema_name(schema, 1), good[1]);
  assert_false(schema->default_names);
  copse_schema_free(schema);

  const char *duplicate[] = {"a b", "c", "a_b"};
  assert_int_equal(create_named(3, duplicate, &schema, &error), COPSE_ERR_ARGUMENT);
  assert_null(schema);
  assert_non_null(strstr(error.message, "columns 0 and 2 are both named \"a_b\""));

  const char *empty[] = {"a", ""};
  assert_int_equal(create_named(2, empty, &schema, &error), COPSE_ERR_ARGUMENT);
  assert_non_null(strstr(error.message, "column 1"));

  for (const char *c = "\",:[]{}\n\t\x7f"; *c != '\0'; c++) {
    char text[] = {'x', *c, 'y', '\0'};
    const char *bad[] = {"fine", text};
    assert_int_equal(create_named(2, bad, &schema, &error), COPSE_ERR_ARGUMENT);
    assert_non_null(strstr(error.message, "column 1"));
  }
}

static void broken_tables_are_refused(void **state) {
  (void)state;
  const double values[] = {1, 2, 3, 4};
  const int64_t indptr[] = {0, 2, 3};
  const int32_t indices[] = {0, 1, 1}, unordered[] = {1, 1, 0}, outside[] = {0, 2, 1};
  copse_table dense = {.layout = COPSE_ROWS, .n_rows = 2, .n_cols = 2, .dtype = COPSE_F64, .values = values};
  copse_table sparse = {.layout = COPSE_CSR,
                        .n_rows = 2,
                        .n_cols = 2,
                        .dtype = COPSE_F64,
                        .values = values,
                        .indptr = indptr,
                        .indices = indices};
  copse_error error;
  copse_table table = dense;
  table.row_stride = 1;
  assert_int_equal(table_check(&table, &error), COPSE_ERR_ARGUMENT);
  table.row_stride = 2;
  assert_int_equal(table_check(&table, &error), COPSE_OK);
  table.dtype = COPSE_I32;
  assert_int_equal(table_check(&table, &error), COPSE_ERR_ARGUMENT);
  table = dense;
  table.values = NULL;
  assert_int_equal(table_check(&table, &error), COPSE_ERR_ARGUMENT);

  table = sparse;
  assert_int_equal(table_check(&table, &error), COPSE_OK);
  table.indices = unordered;
  assert_int_equal(table_check(&table, &error), COPSE_ERR_DATA);
  assert_non_null(strstr(error.message, "row 0"));
  table.indices = outside;
  assert_int_equal(table_check(&table, &error), COPSE_ERR_DATA);
  const int64_t falling[] = {0, 2, 1};
  table = sparse;
  table.indptr = falling;
  assert_int_equal(table_check(&table, &error), COPSE_ERR_DATA);
  assert_non_null(strstr(error.message, "row 1"));

  /* a pointer past the end of the others is found before any index is read by it */
  const int64_t beyond[] = {0, INT64_C(1) << 40, 3};
  table.indptr = beyond;
  assert_int_equal(table_check(&table, &error), COPSE_ERR_DATA);
  assert_non_null(strstr(error.message, "row 1"));
  table = sparse;
  table.indices = NULL;
  assert_int_equal(table_check(&table, &error), COPSE_ERR_ARGUMENT);

  /* columns of three rows: 0 and 1; 1 */
  copse_table by_column = sparse;
  by_column.layout = COPSE_CSC;
  by_column.n_rows = 3;
  assert_int_equal(table_check(&by_column, &error), COPSE_OK);
  by_column.indices = outside; /* 0, 2; 1: inside now, there is a row 2 */
  assert_int_equal(table_check(&by_column, &error), COPSE_OK);
  by_column.n_rows = 2;
  assert_int_equal(table_check(&by_column, &error), COPSE_ERR_DATA);
  assert_non_null(strstr(error.message, "column 0: row index 2"));
  by_column.indices = unordered;
  assert_int_equal(table_check(&by_column, &error), COPSE_ERR_DATA);
  by_column.indptr = falling;
  assert_int_equal(table_check(&by_column, &error), COPSE_ERR_DATA);
  assert_non_null(strstr(error.message, "column 1: indptr falls"));
  by_column.indptr = NULL;
  assert_int_equal(table_check(&by_column, &error), COPSE_ERR_ARGUMENT);

  copse_column columns[] = {{COPSE_F64, values, 1}, {COPSE_I32, NULL, 1}};
  table = (copse_table){.layout = COPSE_COLUMNS, .n_rows = 2, .n_cols = 2, .columns = columns};
  assert_int_equal(table_check(&table, &error), COPSE_ERR_ARGUMENT);
  assert_non_null(strstr(error.message, "column 1"));
  columns[1] = (copse_column){COPSE_I32, indices, 0};
  assert_int_equal(table_check(&table, &error), COPSE_ERR_ARGUMENT);
}

static void a_bad_column_is_named(void **state) {
  (void)state;
  const double values[] = {1, 3e9, 1, 4e9};
  copse_table table = {
      .layout = COPSE_ROWS, .n_rows = 2, .n_cols = 2, .dtype = COPSE_F64, .values = values, .row_stride = 2};
  const char *names[] = {"small", "large"};
  const bool categorical[] = {true, true};
  copse_params *params = params_with(NULL, NULL);
  copse_schema *schema;
  copse_error error;
  assert_int_equal(copse_schema_create(NULL, &table, 2, names, categorical, params, &schema, &error),
                   COPSE_ERR_DATA);
  assert_non_null(strstr(error.message, "column \"large\": category 4000000000"));
  table.n_rows = 0;
  assert_int_equal(copse_schema_create(NULL, &table, 2, names, NULL, params, &schema, &error),
                   COPSE_ERR_DATA);
  table.n_rows = 2;
  assert_int_equal(copse_schema_create(NULL, &table, 1, names, NULL, params, &schema, &error),
                   COPSE_ERR_ARGUMENT);
  copse_params_free(params);
}

/* 70000 categories do not fit into 16-bit cells. */
static void too_many_bins_are_refused(void **state) {
  (void)state;
  enum { N = 70000 };
  int32_t *codes = copse_alloc(NULL, N, sizeof *codes);
  for (int i = 0; i < N; i++) codes[i] = i;
  copse_column column = {COPSE_I32, codes, 1};
  copse_table table = {.layout = COPSE_COLUMNS, .n_rows = N, .n_cols = 1, .columns = &column};
  const bool categorical[] = {true};
  copse_params *params = params_with("min_data_in_bin", "1");
  copse_schema *schema;
  copse_error error;
  assert_int_equal(copse_schema_create(NULL, &table, N, NULL, categorical, params, &schema, &error),
                   COPSE_ERR_UNSUPPORTED);
  assert_non_null(strstr(error.message, "column \"Column_0\""));
  copse_params_free(params);
  copse_free(codes);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(all_rows_unless_a_sample_is_asked_for),
                                     cmocka_unit_test(a_sample_is_the_table_of_its_rows),
                                     cmocka_unit_test(threads_do_not_matter),
                                     cmocka_unit_test(max_bin_by_feature_and_what_can_be_read),
                                     cmocka_unit_test(names_are_kept_made_or_refused),
                                     cmocka_unit_test(broken_tables_are_refused),
                                     cmocka_unit_test(a_bad_column_is_named),
                                     cmocka_unit_test(too_many_bins_are_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
