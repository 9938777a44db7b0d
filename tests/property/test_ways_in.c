/* Every way into a data set gives the same model, and every way into a prediction the same bits: float and
 * double, rows and columns, sparse rows and columns, and chunks read twice of which no whole ever exists. */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "checks.h"
#include "small_train.h"

enum { ROWS = 6000, COLUMNS = 9, CATEGORY = 4, CHUNK = 700 };

static double by_row[ROWS][COLUMNS], by_column[COLUMNS][ROWS];
static float narrow[ROWS][COLUMNS + 2], narrow_column[COLUMNS][ROWS];
static float label[ROWS], weight[ROWS];
static bool categorical[COLUMNS];

struct sparse {
  int64_t indptr[ROWS + 1];
  int32_t indices[ROWS * COLUMNS];
  double values[ROWS * COLUMNS];
};
static struct sparse sparse_rows, sparse_columns;

/* Numbers that a float holds: plain, many zeros, missing ones, categories. */
static double cell(uint64_t row, uint64_t column) {
  uint64_t bits = rng_bits(5, column, row);
  if (column == CATEGORY) return (double)(bits % 17);
  if (column % 3 == 1) return bits % 5 != 0 ? 0 : (double)(bits % 900) / 8;
  if (column % 3 == 2 && bits % 11 == 0) return NAN;
  return (double)(bits % 60000) / 16 - 1000;
}

static void store(struct sparse *to, uint64_t line, uint64_t place, double value) {
  if (place == 0) to->indptr[line + 1] = to->indptr[line];
  if (value == 0) return;
  to->indices[to->indptr[line + 1]] = (int32_t)place;
  to->values[to->indptr[line + 1]++] = value;
}

static int fill(void **state) {
  (void)state;
  for (uint64_t i = 0; i < ROWS; i++) {
    for (uint64_t f = 0; f < COLUMNS; f++) {
      double value = cell(i, f);
      by_row[i][f] = by_column[f][i] = value;
      narrow[i][f] = narrow_column[f][i] = (float)value;
      store(&sparse_rows, i, f, value);
    }
    double signal = by_row[i][0] / 1000 + (by_row[i][1] > 0 ? 1 : 0) + (isnan(by_row[i][2]) ? 1 : 0) +
                    (double)((uint64_t)by_row[i][CATEGORY] % 3);
    label[i] = signal > 2;
    weight[i] = 1 + (float)(i % 4);
  }
  for (uint64_t f = 0; f < COLUMNS; f++)
    for (uint64_t i = 0; i < ROWS; i++) store(&sparse_columns, f, i, by_column[f][i]);
  categorical[CATEGORY] = true;
  return 0;
}

enum way { ROWS_F64, ROWS_F32, COLUMNS_F64, COLUMNS_F32, CSR, CSC, N_WAYS };

static copse_table table_of(enum way way, copse_column columns[COLUMNS]) {
  copse_table table = {.n_rows = ROWS, .n_cols = COLUMNS, .dtype = COPSE_F64, .columns = columns};
  const struct sparse *sparse = way == CSR ? &sparse_rows : &sparse_columns;
  for (uint32_t f = 0; f < COLUMNS; f++)
    columns[f] = way == COLUMNS_F64 ? (copse_column){COPSE_F64, by_column[f], 1}
                                    : (copse_column){COPSE_F32, narrow_column[f], 1};
  switch (way) {
    case ROWS_F64:
      table.values = by_row;
      table.row_stride = COLUMNS;
      break;
    case ROWS_F32:
      table.dtype = COPSE_F32;
      table.values = narrow;
      table.row_stride = COLUMNS + 2;
      break;
    case COLUMNS_F64:
    case COLUMNS_F32: table.layout = COPSE_COLUMNS; break;
    default:
      table.layout = way == CSR ? COPSE_CSR : COPSE_CSC;
      table.values = sparse->values;
      table.indptr = sparse->indptr;
      table.indices = sparse->indices;
  }
  return table;
}

#define SETTINGS                                                                                  \
  "objective=binary num_iterations=12 num_leaves=15 min_data_in_leaf=10 metric=auc verbosity=-1 " \
  "num_threads=2 "

/* Sets the fields, reads them back, trains. Takes the data set. */
static copse_model *train(copse_dataset *dataset, const copse_params *params) {
  copse_booster *booster;
  copse_model *model;
  copse_error err;
  uint64_t count;
  must(copse_dataset_set(dataset, COPSE_LABEL, label, ROWS, &err), &err);
  must(copse_dataset_set(dataset, COPSE_WEIGHT, weight, ROWS, &err), &err);
  assert_memory_equal(copse_dataset_get(dataset, COPSE_LABEL, &count), label, sizeof label);
  assert_int_equal(count, ROWS);
  assert_memory_equal(copse_dataset_get(dataset, COPSE_WEIGHT, NULL), weight, sizeof weight);
  must(copse_booster_create(NULL, dataset, params, &booster, &err), &err);
  must(copse_train(booster, params, NULL, NULL, &model, NULL, &err), &err);
  copse_booster_free(booster);
  copse_dataset_free(dataset);
  return model;
}

static copse_model *train_whole(enum way way, const copse_params *params) {
  copse_column columns[COLUMNS];
  copse_table table = table_of(way, columns);
  copse_dataset *dataset;
  copse_error err;
  must(copse_dataset_from_table(NULL, &table, NULL, categorical, params, NULL, &dataset, &err), &err);
  return train(dataset, params);
}

/* What a source that can only be read from its start gives: rows [first, first + n). */
static void read_chunk(uint64_t first, uint64_t n, double out[CHUNK][COLUMNS]) {
  for (uint64_t i = 0; i < n; i++)
    for (uint64_t f = 0; f < COLUMNS; f++) out[i][f] = cell(first + i, f);
}

/* The header's recipe for data that never lie in memory as a whole. */
static copse_model *train_in_chunks(const copse_params *params) {
  static double chunk[CHUNK][COLUMNS];
  copse_error err;
  copse_schema *schema;
  copse_dataset *dataset;
  uint64_t n_sample = 0, taken = 0;
  must(copse_sample_rows(ROWS, params, NULL, &n_sample, &err), &err);
  uint64_t *wanted = copse_alloc(NULL, n_sample, sizeof *wanted);
  double *sample = copse_alloc(NULL, n_sample * COLUMNS, sizeof *sample);
  assert_true(wanted != NULL && sample != NULL);
  must(copse_sample_rows(ROWS, params, wanted, &n_sample, &err), &err);
  for (uint64_t first = 0; first < ROWS; first += CHUNK) {
    uint64_t n = ROWS - first < CHUNK ? ROWS - first : CHUNK;
    read_chunk(first, n, chunk);
    for (; taken < n_sample && wanted[taken] < first + n; taken++)
      memcpy(sample + taken * COLUMNS, chunk[wanted[taken] - first], sizeof chunk[0]);
  }
  assert_int_equal(taken, n_sample);
  copse_table table = {.layout = COPSE_ROWS,
                       .n_rows = n_sample,
                       .n_cols = COLUMNS,
                       .dtype = COPSE_F64,
                       .values = sample,
                       .row_stride = COLUMNS};
  must(copse_schema_create(NULL, &table, ROWS, NULL, categorical, params, &schema, &err), &err);
  copse_free(sample);
  copse_free(wanted);
  must(copse_dataset_create(NULL, schema, ROWS, &dataset, &err), &err);
  copse_schema_free(schema);
  for (uint64_t first = 0; first < ROWS; first += CHUNK) {
    table.n_rows = ROWS - first < CHUNK ? ROWS - first : CHUNK;
    table.values = chunk;
    read_chunk(first, table.n_rows, chunk);
    must(copse_dataset_push(dataset, &table, first, 2, &err), &err);
  }
  must(copse_dataset_finish(dataset, &err), &err);
  return train(dataset, params);
}

static void every_way_gives_the_same_model(const char *settings, uint64_t n_sample) {
  copse_params *params = small_params(settings);
  uint64_t n;
  assert_int_equal(copse_sample_rows(ROWS, params, NULL, &n, NULL), COPSE_OK);
  assert_int_equal(n, n_sample);
  copse_model *first = train_whole(ROWS_F64, params);
  assert_int_equal(copse_model_n_rounds(first), 12);
  for (int way = ROWS_F32; way <= N_WAYS; way++) {
    copse_model *model = way < N_WAYS ? train_whole((enum way)way, params) : train_in_chunks(params);
    assert_true(copse_model_fingerprint(model) == copse_model_fingerprint(first));
    copse_model_free(model);
  }
  copse_model_free(first);
  copse_params_free(params);
}

static void on_all_rows(void **state) {
  (void)state;
  every_way_gives_the_same_model(SETTINGS, ROWS);
}

static void on_a_sample(void **state) {
  (void)state;
  every_way_gives_the_same_model(SETTINGS "bin_construct_sample_cnt=1500", 1500);
}

static void every_way_gives_the_same_predictions(void **state) {
  (void)state;
  static double expected[ROWS], out[ROWS];
  copse_params *params = small_params(SETTINGS);
  copse_model *model = train_whole(CSC, params);
  copse_predictor *predictor;
  copse_error err;
  must(copse_predictor_create(NULL, model, COPSE_PREDICT_VALUE, 0, 0, &predictor, &err), &err);
  for (uint64_t i = 0; i < ROWS; i++) copse_predictor_row(predictor, by_row[i], &expected[i]);
  for (int way = ROWS_F64; way < N_WAYS; way++) {
    copse_column columns[COLUMNS];
    copse_table table = table_of((enum way)way, columns);
    must(copse_predictor_run(predictor, &table, 2, out, &err), &err);
    assert_memory_equal(out, expected, sizeof out);
  }
  assert_true(expected[0] != expected[1]);
  copse_predictor_free(predictor);
  copse_model_free(model);
  copse_params_free(params);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(on_all_rows), cmocka_unit_test(on_a_sample),
                                     cmocka_unit_test(every_way_gives_the_same_predictions)};
  return cmocka_run_group_tests(tests, fill, NULL);
}
