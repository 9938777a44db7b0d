/* Data sets: the same cells whatever the layout, the pieces and the threads; both copies agree; fields are
 * checked; calls out of order, lack of memory and cancelling end in a status. */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "data/dataset.h"
#include "hooked_allocator.h"
#include "same_cells.h"
#include "testing.h"

enum { ROWS = 2500, COLUMNS = 75, CODES_EVERY = 10 };

/* One small world: the same values in every layout the public header knows. */
struct world {
  double *dense;
  double *by_column;
  copse_column columns[COLUMNS];
  int64_t *indptr;
  int32_t *indices;
  double *stored;
  int64_t *csc_indptr;
  int32_t *csc_indices;
  double *csc_stored;
  bool categorical[COLUMNS];
  copse_params *params;
  copse_table rows, cols, csr, csc;
};

static double world_value(uint64_t row, uint64_t column) {
  uint64_t bits = rng_bits(77, column, row);
  double unit = (double)(bits >> 11) * 0x1p-53;
  if (column % CODES_EVERY == 0) return (double)(bits % 400);
  switch (column % 7) {
    case 0: return unit - 0.25;
    case 1: return bits % 3 == 0 ? 0.0 : (double)(bits % 23) - 5;
    case 2: return bits % 8 != 0 ? 0.0 : unit;
    case 3: return bits % 50 == 0 ? NAN : (double)(float)unit;
    case 4: return 3.0; /* constant: not used */
    case 5: return (double)(bits % 12) - 2;
    default: return bits % 6 == 0 ? NAN : (double)(bits % 2);
  }
}

static void world_make(struct world *w) {
  memset(w, 0, sizeof *w);
  w->dense = copse_alloc(NULL, ROWS * COLUMNS, sizeof *w->dense);
  w->by_column = copse_alloc(NULL, ROWS * COLUMNS, sizeof *w->by_column);
  w->stored = copse_alloc(NULL, ROWS * COLUMNS, sizeof *w->stored);
  w->indices = copse_alloc(NULL, ROWS * COLUMNS, sizeof *w->indices);
  w->indptr = copse_alloc_zero(NULL, ROWS + 1, sizeof *w->indptr);
  int64_t n_stored = 0;
  for (uint64_t r = 0; r < ROWS; r++) {
    for (uint64_t c = 0; c < COLUMNS; c++) {
      double value = world_value(r, c);
      w->dense[r * COLUMNS + c] = w->by_column[c * ROWS + r] = value;
      if (value == 0.0 && r % 5 != 0) continue; /* some zeros are stored */
      w->indices[n_stored] = (int32_t)c;
      w->stored[n_stored++] = value;
    }
    w->indptr[r + 1] = n_stored;
  }
  w->csc_stored = copse_alloc(NULL, ROWS * COLUMNS, sizeof *w->csc_stored);
  w->csc_indices = copse_alloc(NULL, ROWS * COLUMNS, sizeof *w->csc_indices);
  w->csc_indptr = copse_alloc_zero(NULL, COLUMNS + 1, sizeof *w->csc_indptr);
  n_stored = 0;
  for (uint64_t c = 0; c < COLUMNS; c++) {
    for (uint64_t r = 0; r < ROWS; r++) {
      if (w->by_column[c * ROWS + r] == 0.0 && r % 3 != 0) continue;
      w->csc_indices[n_stored] = (int32_t)r;
      w->csc_stored[n_stored++] = w->by_column[c * ROWS + r];
    }
    w->csc_indptr[c + 1] = n_stored;
  }
  for (uint32_t c = 0; c < COLUMNS; c++) {
    w->columns[c] = (copse_column){COPSE_F64, w->by_column + (size_t)c * ROWS, 1};
    w->categorical[c] = c % 7 == 5 && c % CODES_EVERY != 0;
  }
  w->rows = (copse_table){.layout = COPSE_ROWS,
                          .n_rows = ROWS,
                          .n_cols = COLUMNS,
                          .dtype = COPSE_F64,
                          .values = w->dense,
                          .row_stride = COLUMNS};
  w->cols = (copse_table){.layout = COPSE_COLUMNS, .n_rows = ROWS, .n_cols = COLUMNS, .columns = w->columns};
  w->csr = (copse_table){.layout = COPSE_CSR,
                         .n_rows = ROWS,
                         .n_cols = COLUMNS,
                         .dtype = COPSE_F64,
                         .values = w->stored,
                         .indptr = w->indptr,
                         .indices = w->indices};
  w->csc = w->csr;
  w->csc.layout = COPSE_CSC;
  w->csc.values = w->csc_stored;
  w->csc.indptr = w->csc_indptr;
  w->csc.indices = w->csc_indices;
  assert_int_equal(copse_params_create(NULL, &w->params, NULL), COPSE_OK);
  assert_int_equal(copse_params_set(w->params, "max_bin", "500", COPSE_SOURCE_COMMAND, NULL), COPSE_OK);
  assert_int_equal(copse_params_set(w->params, "min_data_in_bin", "1", COPSE_SOURCE_COMMAND, NULL), COPSE_OK);
  assert_int_equal(copse_params_set(w->params, "num_threads", "2", COPSE_SOURCE_COMMAND, NULL), COPSE_OK);
}

static void world_free(struct world *w) {
  copse_free(w->dense);
  copse_free(w->by_column);
  copse_free(w->stored);
  copse_free(w->indices);
  copse_free(w->indptr);
  copse_free(w->csc_stored);
  copse_free(w->csc_indices);
  copse_free(w->csc_indptr);
  copse_params_free(w->params);
}

static copse_dataset *make(const struct world *w, const copse_table *table, copse_schema *schema) {
  copse_dataset *dataset;
  copse_error error;
  assert_int_equal(
      copse_dataset_from_table(NULL, table, NULL, w->categorical, w->params, schema, &dataset, &error),
      COPSE_OK);
  return dataset;
}

/* Bundles may refer to other bins in sparse layouts; what the cells stand for is the same. */
static void assert_same_bins(const copse_dataset *a, const copse_dataset *b) {
  assert_int_equal(a->binned.n_columns, b->binned.n_columns);
  for (uint32_t c = 0; c < a->binned.n_columns; c++)
    for (uint64_t r = 0; r < a->n_rows; r++)
      assert_int_equal(binned_cell(&a->binned.columns[c], r), binned_cell(&b->binned.columns[c], r));
}

static void layouts_give_the_same_cells(void **state) {
  const struct world *w = *state;
  copse_dataset *rows = make(w, &w->rows, NULL), *cols = make(w, &w->cols, NULL),
                *csr = make(w, &w->csr, NULL), *csc = make(w, &w->csc, NULL);
  assert_same_cells(rows, cols);
  assert_same_bins(rows, csr);
  assert_same_cells(csr, csc);
  copse_dataset *shared = make(w, &w->csr, copse_dataset_schema(rows));
  assert_ptr_equal(copse_dataset_schema(shared), copse_dataset_schema(rows));
  assert_same_cells(rows, shared);
  copse_dataset_free(rows);
  copse_dataset_free(cols);
  copse_dataset_free(csr);
  copse_dataset_free(csc);
  copse_dataset_free(shared);
}

static void both_copies_hold_the_bins_of_the_values(void **state) {
  const struct world *w = *state;
  copse_dataset *dataset = make(w, &w->rows, NULL);
  const struct binned *binned = &dataset->binned;
  uint32_t wide = 0;
  for (uint32_t c = 0; c < binned->n_columns; c++) {
    const struct binned_column *column = &binned->columns[c];
    const struct binned_block *block = &binned->blocks[column->block];
    assert_int_equal(binned->column_of[column->feature], c);
    assert_int_equal(column->cell_bytes, column->n_bins > 256 ? 2 : 1);
    wide += column->cell_bytes == 2;
    for (uint64_t r = 0; r < ROWS; r++) {
      uint32_t bin =
          bins_of_value(&dataset->schema->features[column->feature], w->dense[r * COLUMNS + column->feature]);
      const uint8_t *row = block->rows + r * block->row_bytes;
      uint16_t wide_cell;
      const uint32_t slot = binned->carriers[column->carrier].slot;
      memcpy(&wide_cell, row + (size_t)2 * (column->cell_bytes == 2 ? slot : 0), sizeof wide_cell);
      assert_int_equal(binned_cell(column, r), bin);
      assert_int_equal(binned_bin(column, column->cell_bytes == 1 ? row[slot] : wide_cell), bin);
    }
  }
  assert_in_range(wide, 33, binned->n_columns - 1); /* more than one block of them, and narrow ones */
  assert_true(binned->n_columns < COLUMNS);         /* the constant ones are gone */
  assert_int_equal(binned->column_of[4], BINNED_NO_COLUMN);
  copse_dataset_free(dataset);
}

struct pieces {
  const struct world *world;
  copse_dataset *dataset;
  size_t n;
  atomic_int failures;
};

/* Every piece is a table of its own; odd pieces come as columns, even ones as rows. */
static void push_piece(void *user, size_t piece, int thread) {
  (void)thread;
  struct pieces *pieces = user;
  uint64_t begin = ROWS * piece / pieces->n, end = ROWS * (piece + 1) / pieces->n;
  copse_table table = pieces->world->rows;
  copse_column columns[COLUMNS];
  table.values = pieces->world->dense + begin * COLUMNS;
  if (piece % 2 == 1) {
    table = pieces->world->cols;
    for (uint32_t c = 0; c < COLUMNS; c++) {
      columns[c] = pieces->world->columns[c];
      columns[c].data = (const double *)columns[c].data + begin;
    }
    table.columns = columns;
  }
  table.n_rows = end - begin;
  if (copse_dataset_push(pieces->dataset, &table, begin, 1, NULL) != COPSE_OK)
    atomic_fetch_add(&pieces->failures, 1);
}

static void pieces_pushed_at_once_give_the_same_cells(void **state) {
  const struct world *w = *state;
  copse_dataset *whole = make(w, &w->rows, NULL);
  static const size_t counts[] = {1, 2, 7, 100};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
    struct pieces pieces = {.world = w, .n = counts[i]};
    assert_int_equal(copse_dataset_create(NULL, copse_dataset_schema(whole), ROWS, &pieces.dataset, NULL),
                     COPSE_OK);
    copse_parallel_for(3, counts[i], push_piece, &pieces);
    assert_int_equal(atomic_load(&pieces.failures), 0);
    assert_int_equal(copse_dataset_finish(pieces.dataset, NULL), COPSE_OK);
    assert_same_cells(whole, pieces.dataset);
    copse_dataset_free(pieces.dataset);
  }
  copse_dataset_free(whole);
}

/* Elements of every type, and strides, read as the same numbers. */
static void element_types_are_exact(void **state) {
  (void)state;
  enum { N = 40 };
  float f32[2 * N];
  double f64[N];
  int32_t i32[3 * N];
  int64_t i64[N];
  for (int i = 0; i < N; i++) {
    f64[i] = i - 10;
    f32[2 * i] = (float)(i - 10);
    i32[3 * i] = i - 10;
    i64[i] = i - 10;
  }
  copse_column columns[] = {
      {COPSE_F32, f32, 2}, {COPSE_F64, f64, 1}, {COPSE_I32, i32, 3}, {COPSE_I64, i64, 1}};
  copse_table table = {.layout = COPSE_COLUMNS, .n_rows = N, .n_cols = 4, .columns = columns};
  double out[N];
  for (uint32_t c = 0; c < 4; c++) {
    struct table_rows all = {.n = N}, tail = {.first = 30, .n = 10};
    table_gather(&table, c, &all, out);
    assert_memory_equal(out, f64, sizeof out);
    table_gather(&table, c, &tail, out);
    assert_memory_equal(out, f64 + 30, 10 * sizeof *out);
    const uint64_t list[] = {1, 5, 39};
    struct table_rows some = {.list = list, .n = 3};
    table_gather(&table, c, &some, out);
    assert_true(out[0] == -9 && out[1] == -5 && out[2] == 29);
  }
}

static void calls_out_of_order_are_refused(void **state) {
  const struct world *w = *state;
  copse_dataset *whole = make(w, &w->rows, NULL), *dataset;
  copse_error error;
  assert_int_equal(copse_dataset_push(whole, &w->rows, 0, 1, &error), COPSE_ERR_STATE);
  assert_int_equal(copse_dataset_finish(whole, &error), COPSE_ERR_STATE);
  copse_schema *schema = copse_dataset_schema(whole);
  assert_int_equal(copse_dataset_create(NULL, schema, 0, &dataset, &error), COPSE_ERR_DATA);
  assert_int_equal(copse_dataset_create(NULL, schema, UINT64_C(1) << 32, &dataset, &error),
                   COPSE_ERR_UNSUPPORTED);
  assert_null(dataset);
  assert_int_equal(copse_dataset_create(NULL, schema, ROWS + 1, &dataset, &error), COPSE_OK);
  assert_int_equal(copse_dataset_push(dataset, &w->rows, 2, 1, &error), COPSE_ERR_ARGUMENT);
  assert_int_equal(copse_dataset_push(dataset, &w->rows, ROWS + 2, 1, &error), COPSE_ERR_ARGUMENT);
  copse_table narrow = w->rows;
  narrow.n_cols--;
  assert_int_equal(copse_dataset_push(dataset, &narrow, 0, 1, &error), COPSE_ERR_DATA);
  assert_int_equal(copse_dataset_push(dataset, &w->rows, 0, 1, &error), COPSE_OK);
  assert_int_equal(copse_dataset_finish(dataset, &error), COPSE_ERR_STATE);
  assert_non_null(strstr(error.message, "2500 rows were pushed"));
  copse_dataset_free(dataset);
  copse_dataset_free(whole);
  assert_int_equal(copse_dataset_from_table(NULL, &w->rows, NULL, NULL, NULL, NULL, &dataset, &error),
                   COPSE_ERR_ARGUMENT);
}

static void fields_are_checked_and_copied(void **state) {
  (void)state;
  const double values[] = {1, 2, 3, 4};
  copse_table table = {
      .layout = COPSE_ROWS, .n_rows = 4, .n_cols = 1, .dtype = COPSE_F64, .values = values, .row_stride = 1};
  copse_params *params;
  copse_dataset *dataset;
  copse_error error;
  assert_int_equal(copse_params_create(NULL, &params, NULL), COPSE_OK);
  assert_int_equal(copse_dataset_from_table(NULL, &table, NULL, NULL, params, NULL, &dataset, &error),
                   COPSE_OK);
  copse_params_free(params);
  uint64_t count = 1;
  assert_null(copse_dataset_get(dataset, COPSE_LABEL, &count));
  assert_int_equal(count, 0);

  float label[] = {0, 1, NAN, 1};
  assert_int_equal(copse_dataset_set(dataset, COPSE_LABEL, label, 4, &error), COPSE_ERR_DATA);
  assert_non_null(strstr(error.message, "label: row 2"));
  label[2] = INFINITY;
  assert_int_equal(copse_dataset_set(dataset, COPSE_LABEL, label, 4, &error), COPSE_ERR_DATA);
  label[2] = 5;
  assert_int_equal(copse_dataset_set(dataset, COPSE_LABEL, label, 3, &error), COPSE_ERR_DATA);
  assert_int_equal(copse_dataset_set(dataset, COPSE_LABEL, NULL, 0, &error), COPSE_ERR_ARGUMENT);
  uint64_t version = dataset->version;
  assert_int_equal(copse_dataset_set(dataset, COPSE_LABEL, label, 4, &error), COPSE_OK);
  assert_true(dataset->version > version);
  label[0] = 9;
  const float *stored = copse_dataset_get(dataset, COPSE_LABEL, &count);
  assert_true(count == 4 && stored[0] == 0 && stored[2] == 5);

  float weight[] = {1, 0, 2, -1};
  assert_int_equal(copse_dataset_set(dataset, COPSE_WEIGHT, weight, 4, &error), COPSE_ERR_DATA);
  assert_non_null(strstr(error.message, "weight: row 3"));
  weight[3] = NAN;
  assert_int_equal(copse_dataset_set(dataset, COPSE_WEIGHT, weight, 4, &error), COPSE_ERR_DATA);
  weight[3] = 1;
  assert_int_equal(copse_dataset_set(dataset, COPSE_WEIGHT, weight, 4, &error), COPSE_OK);
  assert_int_equal(copse_dataset_set(dataset, COPSE_WEIGHT, NULL, 0, &error), COPSE_OK);
  assert_null(copse_dataset_get(dataset, COPSE_WEIGHT, &count));

  double score[] = {0, 1, 2, 3, 4, 5, INFINITY, 7};
  assert_int_equal(copse_dataset_set(dataset, COPSE_INIT_SCORE, score, 6, &error), COPSE_ERR_DATA);
  assert_int_equal(copse_dataset_set(dataset, COPSE_INIT_SCORE, score, 8, &error), COPSE_ERR_DATA);
  assert_non_null(strstr(error.message, "row 2, output 1"));
  score[6] = 6;
  assert_int_equal(copse_dataset_set(dataset, COPSE_INIT_SCORE, score, 8, &error), COPSE_OK);
  assert_memory_equal(copse_dataset_get(dataset, COPSE_INIT_SCORE, &count), score, sizeof score);
  assert_int_equal(count, 8);

  const int32_t short_groups[] = {1, 2}, negative[] = {5, -1}, groups[] = {1, 2, 1}, empty[] = {1, 0, 3};
  assert_int_equal(copse_dataset_set(dataset, COPSE_GROUP, short_groups, 2, &error), COPSE_ERR_DATA);
  assert_int_equal(copse_dataset_set(dataset, COPSE_GROUP, negative, 2, &error), COPSE_ERR_DATA);
  assert_non_null(strstr(error.message, "group 1 at row 5"));
  assert_int_equal(copse_dataset_set(dataset, COPSE_GROUP, empty, 3, &error), COPSE_ERR_DATA);
  assert_non_null(strstr(error.message, "group 1 at row 1: expected a number of rows, at least 1, found 0"));
  assert_int_equal(copse_dataset_set(dataset, COPSE_GROUP, groups, 3, &error), COPSE_OK);
  assert_memory_equal(copse_dataset_get(dataset, COPSE_GROUP, &count), groups, sizeof groups);
  assert_int_equal(count, 3);

  const int32_t positions[] = {0, 1, 1, 3}, beyond[] = {0, 1, 4, 2}, below[] = {0, -1, 0, 0};
  assert_int_equal(copse_dataset_set(dataset, COPSE_POSITION, positions, 3, &error), COPSE_ERR_DATA);
  assert_non_null(strstr(error.message, "position: 3 values: expected 4"));
  assert_int_equal(copse_dataset_set(dataset, COPSE_POSITION, beyond, 4, &error), COPSE_ERR_DATA);
  assert_non_null(strstr(error.message, "position: row 2: expected a number from 0 to 3, found 4"));
  assert_int_equal(copse_dataset_set(dataset, COPSE_POSITION, below, 4, &error), COPSE_ERR_DATA);
  assert_non_null(strstr(error.message, "position: row 1"));
  assert_null(copse_dataset_get(dataset, COPSE_POSITION, &count));
  assert_int_equal(copse_dataset_set(dataset, COPSE_POSITION, positions, 4, &error), COPSE_OK);
  assert_memory_equal(copse_dataset_get(dataset, COPSE_POSITION, &count), positions, sizeof positions);
  assert_int_equal(count, 4);
  assert_int_equal(copse_dataset_set(dataset, COPSE_POSITION, NULL, 0, &error), COPSE_OK);
  assert_null(copse_dataset_get(dataset, COPSE_POSITION, &count));
  copse_dataset_free(dataset);
}

static void references_keep_what_they_count(void **state) {
  const struct world *w = *state;
  struct hooked_allocator hook = {0};
  copse_allocator allocator = hooked_allocator(&hook);
  copse_context *ctx;
  copse_dataset *dataset;
  assert_int_equal(copse_context_create(&allocator, &ctx, NULL), COPSE_OK);
  assert_int_equal(
      copse_dataset_from_table(ctx, &w->rows, NULL, w->categorical, w->params, NULL, &dataset, NULL),
      COPSE_OK);
  copse_schema *schema = copse_schema_ref(copse_dataset_schema(dataset));
  assert_ptr_equal(copse_dataset_ref(dataset), dataset);
  copse_dataset_free(dataset);
  assert_true(copse_dataset_n_rows(dataset) == ROWS); /* still alive */
  copse_dataset_free(dataset);
  assert_string_equal(copse_schema_name(schema, 74), "Column_74");
  copse_schema_free(schema);
  assert_true(copse_context_memory_used(ctx) == 0);
  copse_context_free(ctx);
  assert_true(atomic_load(&hook.live) == 0);
}

/* Every single refusal of memory ends in a status and leaks nothing. One thread: the calls are numbered. */
static void lack_of_memory_is_a_status(void **state) {
  const struct world *w = *state;
  copse_params *params;
  assert_int_equal(copse_params_create(NULL, &params, NULL), COPSE_OK);
  assert_int_equal(copse_params_set(params, "max_bin", "500", COPSE_SOURCE_COMMAND, NULL), COPSE_OK);
  assert_int_equal(copse_params_set(params, "min_data_in_bin", "1", COPSE_SOURCE_COMMAND, NULL), COPSE_OK);
  assert_int_equal(copse_params_set(params, "num_threads", "1", COPSE_SOURCE_COMMAND, NULL), COPSE_OK);
  copse_table tables[] = {w->rows, w->csr, w->csc};
  for (int t = 0; t < 3; t++) {
    if (t < 2) tables[t].n_rows = 200; /* a table of all columns cannot be cut short */
    size_t calls = 0;
    for (size_t fail_at = 0; fail_at <= calls; fail_at += fail_at < 40 ? 1 : t == 2 ? 41 : 13) {
      struct hooked_allocator hook = {.fail_at = fail_at == 0 ? 0 : fail_at + 1}; /* 1 is the context */
      copse_allocator allocator = hooked_allocator(&hook);
      copse_context *ctx;
      copse_dataset *dataset;
      assert_int_equal(copse_context_create(&allocator, &ctx, NULL), COPSE_OK);
      copse_status status =
          copse_dataset_from_table(ctx, &tables[t], NULL, w->categorical, params, NULL, &dataset, NULL);
      if (fail_at == 0) calls = atomic_load(&hook.calls) - 1;
      assert_int_equal(status, fail_at == 0 ? COPSE_OK : COPSE_ERR_MEMORY);
      assert_true((dataset == NULL) == (fail_at != 0));
      copse_dataset_free(dataset);
      assert_true(copse_context_memory_used(ctx) == 0);
      copse_context_free(ctx);
      assert_true(atomic_load(&hook.live) == 0);
    }
    assert_true(calls > 100);
  }
  copse_params_free(params);
}

/* The world's columns read piece by piece, and how often each was let go. */
struct counted_source {
  const struct world *world;
  atomic_int released[COLUMNS];
  atomic_bool read_after;
};

static void counted_read(void *user, uint32_t column, uint64_t first_row, size_t n, double *out) {
  struct counted_source *source = user;
  if (source->released[column] > 0) source->read_after = true;
  memcpy(out, source->world->by_column + (size_t)column * ROWS + first_row, n * sizeof *out);
}

static void counted_release(void *user, uint32_t column) {
  ((struct counted_source *)user)->released[column]++;
}

/* All rows, a sample of them, and with a schema: the same cells as from columns in memory; every column is
 * let go once, after it was read. */
static void sources_give_the_same_cells(void **state) {
  const struct world *w = *state;
  copse_dataset *made = make(w, &w->cols, NULL);
  for (int way = 0; way < 3; way++) {
    struct counted_source counted = {.world = w};
    copse_column_source source = {counted_read, counted_release, &counted};
    copse_table table = {.layout = COPSE_SOURCE, .n_rows = ROWS, .n_cols = COLUMNS, .values = &source};
    struct world sampled = *w;
    assert_int_equal(copse_params_copy(w->params, &sampled.params, NULL), COPSE_OK);
    if (way == 1)
      assert_int_equal(
          copse_params_set(sampled.params, "bin_construct_sample_cnt", "700", COPSE_SOURCE_COMMAND, NULL),
          COPSE_OK);
    copse_schema *schema = way == 2 ? copse_dataset_schema(made) : NULL;
    copse_dataset *expected = make(&sampled, &w->cols, schema), *found = make(&sampled, &table, schema);
    assert_same_cells(expected, found);
    for (uint32_t c = 0; c < COLUMNS; c++) assert_int_equal(counted.released[c], 1);
    assert_false(counted.read_after);
    copse_dataset_free(expected);
    copse_dataset_free(found);
    copse_params_free(sampled.params);
  }
  copse_dataset_free(made);
  copse_table empty = {.layout = COPSE_SOURCE, .n_rows = ROWS, .n_cols = COLUMNS};
  copse_error err;
  assert_int_equal(copse_dataset_from_table(NULL, &empty, NULL, NULL, w->params, NULL, &made, &err),
                   COPSE_ERR_ARGUMENT);
  assert_non_null(strstr(err.message, "copse_column_source"));
}

static void cancelling_ends_it(void **state) {
  const struct world *w = *state;
  copse_context *ctx;
  copse_dataset *dataset;
  assert_int_equal(copse_context_create(NULL, &ctx, NULL), COPSE_OK);
  copse_context_cancel(ctx);
  assert_int_equal(copse_dataset_from_table(ctx, &w->rows, NULL, NULL, w->params, NULL, &dataset, NULL),
                   COPSE_ERR_INTERRUPTED);
  assert_null(dataset);
  assert_true(copse_context_memory_used(ctx) == 0);
  copse_context_free(ctx);
}

static int setup(void **state) {
  static struct world world;
  world_make(&world);
  *state = &world;
  return 0;
}

static int teardown(void **state) {
  world_free(*state);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(layouts_give_the_same_cells),
                                     cmocka_unit_test(both_copies_hold_the_bins_of_the_values),
                                     cmocka_unit_test(pieces_pushed_at_once_give_the_same_cells),
                                     cmocka_unit_test(element_types_are_exact),
                                     cmocka_unit_test(calls_out_of_order_are_refused),
                                     cmocka_unit_test(fields_are_checked_and_copied),
                                     cmocka_unit_test(references_keep_what_they_count),
                                     cmocka_unit_test(sources_give_the_same_cells),
                                     cmocka_unit_test(lack_of_memory_is_a_status),
                                     cmocka_unit_test(cancelling_ends_it)};
  return cmocka_run_group_tests(tests, setup, teardown);
}
