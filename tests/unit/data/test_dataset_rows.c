/* A float64 matrix in memory, whose bins are found through buckets and may go to where the data set keeps
 * them: the cells are those of columns and of pushed rows, lack of memory is a status, and no memory is set
 * aside that the data set cannot use. */
#include <math.h>

#include "base/rng.h"
#include "data/dataset.h"
#include "hooked_allocator.h"
#include "same_cells.h"
#include "testing.h"

enum { ROWS = 4200, MOST_ROWS = 90000, COLUMNS = 24, KINDS = 4 };

struct matrix {
  uint64_t n_rows;
  uint32_t n_columns;
  double *rows, *by_column;
  copse_column columns[64];
  copse_table as_rows, as_columns;
};

/* What the bins of `kind` are: of one byte; of two; of both; few, so that columns share cells. */
static double value_of(int kind, uint64_t row, uint32_t column) {
  const uint64_t bits = rng_bits(91, column, row);
  const double unit = (double)(bits >> 11) * 0x1p-53;
  if (kind == 3) return (double)(bits % 4);
  if (kind == 2 && column % 2 == 0) return (double)(bits % 5);
  switch (column % 4) {
    case 0: return unit - 0.3;
    case 1: return row % 7 == 0 ? NAN : exp(unit * 40);
    case 2: return bits % 3 == 0 ? 0.0 : unit;
    default: return row % 2 == 0 ? -unit * 1e300 : unit;
  }
}

static void matrix_make(struct matrix *m, int kind, uint64_t n_rows, uint32_t n_columns) {
  *m = (struct matrix){.n_rows = n_rows, .n_columns = n_columns};
  const uint64_t stride = n_columns + 1;
  m->rows = copse_alloc_zero(NULL, n_rows * stride, sizeof *m->rows);
  m->by_column = copse_alloc(NULL, n_rows * n_columns, sizeof *m->by_column);
  for (uint64_t r = 0; r < n_rows; r++)
    for (uint32_t c = 0; c < n_columns; c++)
      m->rows[r * stride + c] = m->by_column[c * n_rows + r] = value_of(kind, r, c);
  for (uint32_t c = 0; c < n_columns; c++)
    m->columns[c] = (copse_column){COPSE_F64, m->by_column + c * n_rows, 1};
  m->as_rows = (copse_table){.layout = COPSE_ROWS,
                             .n_rows = n_rows,
                             .n_cols = n_columns,
                             .dtype = COPSE_F64,
                             .values = m->rows,
                             .row_stride = stride};
  m->as_columns =
      (copse_table){.layout = COPSE_COLUMNS, .n_rows = n_rows, .n_cols = n_columns, .columns = m->columns};
}

static void matrix_free(struct matrix *m) {
  copse_free(m->rows);
  copse_free(m->by_column);
}

static copse_params *params_of(const char *max_bin, const char *threads) {
  copse_params *params;
  assert_int_equal(copse_params_create(NULL, &params, NULL), COPSE_OK);
  assert_int_equal(copse_params_set(params, "max_bin", max_bin, COPSE_SOURCE_COMMAND, NULL), COPSE_OK);
  assert_int_equal(copse_params_set(params, "num_threads", threads, COPSE_SOURCE_COMMAND, NULL), COPSE_OK);
  return params;
}

static copse_dataset *make(const copse_table *table, const copse_params *params, copse_schema *schema) {
  copse_dataset *dataset;
  assert_int_equal(copse_dataset_from_table(NULL, table, NULL, NULL, params, schema, &dataset, NULL),
                   COPSE_OK);
  return dataset;
}

/* With the schema given every row is pushed into a data set that has nothing yet. */
static void compare_ways(const struct matrix *m, const char *max_bin) {
  static const char *const threads[] = {"1", "2", "3"};
  copse_params *one = params_of(max_bin, "1");
  copse_dataset *columns = make(&m->as_columns, one, NULL);
  for (int t = 0; t < 3; t++) {
    copse_params *params = params_of(max_bin, threads[t]);
    copse_dataset *rows = make(&m->as_rows, params, NULL);
    copse_dataset *pushed = make(&m->as_rows, params, copse_dataset_schema(rows));
    assert_same_cells(rows, columns);
    assert_same_cells(rows, pushed);
    copse_dataset_free(rows);
    copse_dataset_free(pushed);
    copse_params_free(params);
  }
  copse_dataset_free(columns);
  copse_params_free(one);
}

static const char *max_bin_of(int kind) { return kind == 1 || kind == 2 ? "1000" : "50"; }

static void ways_give_the_same_cells(void **state) {
  (void)state;
  for (int kind = 0; kind < KINDS; kind++) {
    struct matrix m;
    matrix_make(&m, kind, ROWS, COLUMNS);
    compare_ways(&m, max_bin_of(kind));
    matrix_free(&m);
  }
}

/* Two bytes a cell, which buckets tell. */
static void wide_cells_by_buckets(void **state) {
  (void)state;
  struct matrix m;
  matrix_make(&m, 0, MOST_ROWS, 4);
  compare_ways(&m, "257");
  matrix_free(&m);
}

static void lack_of_memory_is_a_status(void **state) {
  (void)state;
  for (int kind = 0; kind < KINDS; kind++) {
    struct matrix m;
    matrix_make(&m, kind, ROWS, COLUMNS);
    copse_params *params = params_of(max_bin_of(kind), "1");
    size_t calls = 0;
    for (size_t fail_at = 0; fail_at <= calls; fail_at++) {
      struct hooked_allocator hook = {.fail_at = fail_at == 0 ? 0 : fail_at + 1}; /* 1 is the context */
      copse_allocator allocator = hooked_allocator(&hook);
      copse_context *ctx;
      copse_dataset *dataset;
      assert_int_equal(copse_context_create(&allocator, &ctx, NULL), COPSE_OK);
      copse_status status =
          copse_dataset_from_table(ctx, &m.as_rows, NULL, NULL, params, NULL, &dataset, NULL);
      if (fail_at == 0) calls = atomic_load(&hook.calls) - 1;
      assert_int_equal(status, fail_at == 0 ? COPSE_OK : COPSE_ERR_MEMORY);
      copse_dataset_free(dataset);
      assert_true(copse_context_memory_used(ctx) == 0);
      copse_context_free(ctx);
      assert_true(atomic_load(&hook.live) == 0);
    }
    assert_true(calls > 50);
    copse_params_free(params);
    matrix_free(&m);
  }
}

/* Cells of two bytes: the most is when the numbers of all columns and nearly all of their bins are there, and
 * no room for a matrix of one byte a cell, which would be as much as the bins. */
static void no_room_for_wide_cells(void **state) {
  (void)state;
  struct matrix m;
  matrix_make(&m, 1, 4 * ROWS, 64);
  copse_params *params = params_of("1000", "1");
  copse_context *ctx;
  copse_dataset *dataset;
  assert_int_equal(copse_context_create(NULL, &ctx, NULL), COPSE_OK);
  assert_int_equal(copse_dataset_from_table(ctx, &m.as_rows, NULL, NULL, params, NULL, &dataset, NULL),
                   COPSE_OK);
  const size_t bins = (size_t)2 * 4 * ROWS * 64, numbers = 4 * bins;
  assert_in_range(copse_context_memory_peak(ctx), numbers, numbers + 2 * bins);
  copse_dataset_free(dataset);
  copse_context_free(ctx);
  copse_params_free(params);
  matrix_free(&m);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ways_give_the_same_cells), cmocka_unit_test(wide_cells_by_buckets),
      cmocka_unit_test(lack_of_memory_is_a_status), cmocka_unit_test(no_room_for_wide_cells)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
