/* Which features share a cell, that every bin can be read back from it whatever the layout, and what becomes
 * of rows in which exclusive features turn out to meet. */
#include <string.h>

#include "data/dataset.h"
#include "small_train.h"
#include "sparse_data.h"
#include "testing.h"

enum { ROWS = 3000 };

static copse_params *params;
static copse_error error;

static void must(copse_status status) {
  if (status != COPSE_OK) fail_msg("%s", error.message);
}

static copse_dataset *make(const struct sparse_data *data, const copse_table *table, copse_schema *schema) {
  copse_dataset *set;
  must(copse_dataset_from_table(NULL, table, NULL, data->categorical, params, schema, &set, &error));
  return set;
}

/* Both copies hold the bin of every value. */
static void check_bins(const copse_dataset *set, const struct sparse_data *data) {
  const struct binned *binned = &set->binned;
  for (uint32_t c = 0; c < binned->n_columns; c++) {
    const struct binned_column *column = &binned->columns[c];
    const struct binned_carrier *carrier = &binned->carriers[column->carrier];
    const struct binned_block *block = &binned->blocks[carrier->block];
    const struct feature_bins *bins = &set->schema->features[column->feature];
    assert_int_equal(column->block, carrier->block);
    for (uint64_t r = 0; r < set->n_rows; r++) {
      uint16_t cell = 0;
      memcpy(&cell, block->rows + r * block->row_bytes + (size_t)carrier->slot * carrier->cell_bytes,
             carrier->cell_bytes);
      uint32_t bin = bins_of_value(bins, data->dense[r * SPARSE_COLUMNS + column->feature]);
      assert_true(cell < carrier->n_values);
      assert_int_equal(binned_bin(column, cell), bin);
      assert_int_equal(binned_cell(column, r), bin);
    }
  }
}

static uint32_t digit_of(const copse_dataset *set, uint32_t feature) {
  return set->binned.columns[set->binned.column_of[feature]].digit;
}

static uint32_t carrier_of(const copse_dataset *set, uint32_t feature) {
  return set->binned.columns[set->binned.column_of[feature]].carrier;
}

static void exclusive_features_share_a_digit(void **state) {
  (void)state;
  struct sparse_data data = sparse_data_make(ROWS, 0, 3);
  const copse_table *tables[] = {&data.rows, &data.csr, &data.csc};
  for (size_t t = 0; t < 3; t++) {
    copse_dataset *set = make(&data, tables[t], NULL);
    assert_int_equal(set->binned.n_columns, SPARSE_COLUMNS);
    for (uint32_t group = 0; group < 3; group++)
      for (uint32_t i = 1; i < 10; i++)
        assert_int_equal(digit_of(set, group * 10), digit_of(set, group * 10 + i));
    assert_int_not_equal(digit_of(set, 0), digit_of(set, 10));
    assert_int_equal(digit_of(set, 38), digit_of(set, 39));
    /* missing is the common value: exclusive for a table of all values, not for one of those stored */
    assert_true((digit_of(set, 35) == digit_of(set, 36)) == (t == 0));
    assert_false(set->binned.columns[set->binned.column_of[37]].bundled);
    check_bins(set, &data);
    copse_dataset_free(set);
  }
  sparse_data_free(&data);
}

static void few_values_share_a_carrier_where_rows_are_many(void **state) {
  (void)state;
  for (uint64_t rows = 200; rows <= 40000; rows += 39800) {
    struct sparse_data data = sparse_data_make(rows, 0, 4);
    copse_dataset *set = make(&data, &data.rows, NULL);
    uint32_t joint = 0, alone = 0;
    for (uint32_t k = 0; k < set->binned.n_carriers; k++) {
      const struct binned_carrier *carrier = &set->binned.carriers[k];
      joint += carrier->n_digits > 1;
      alone += !carrier->bundled;
      if (carrier->bundled) assert_in_range(carrier->n_values, 3, BUNDLE_MOST_VALUES);
    }
    assert_true(rows < 1000 ? joint == 0 : joint >= 3);
    assert_false(set->binned.columns[set->binned.column_of[37]].bundled);
    if (rows > 1000) assert_in_range(alone, 1, 2); /* that one, and what found no partner */
    check_bins(set, &data);
    copse_dataset_free(set);
    sparse_data_free(&data);
  }
}

/* Rows that the schema did not see. */
static void features_that_meet_get_carriers_of_their_own(void **state) {
  (void)state;
  struct sparse_data apart = sparse_data_make(ROWS, 0, 5), meeting = sparse_data_make(ROWS, 100, 6);
  const copse_table *seen[] = {&apart.rows, &apart.csr};
  const copse_table *tables[] = {&meeting.rows, &meeting.csr, &meeting.csc};
  for (size_t s = 0; s < 2; s++) {
    copse_dataset *first = make(&apart, seen[s], NULL);
    assert_int_equal(digit_of(first, 38), digit_of(first, 39));
    for (size_t t = 0; t < 3; t++) {
      copse_dataset *set = make(&meeting, tables[t], copse_dataset_schema(first));
      assert_int_not_equal(carrier_of(set, 38), carrier_of(set, 39));
      assert_int_equal(carrier_of(set, 38), carrier_of(first, 38));
      assert_int_equal(carrier_of(set, 39), first->binned.n_carriers);
      assert_int_equal(set->binned.n_carriers, first->binned.n_carriers + 1);
      check_bins(set, &meeting);
      copse_dataset_free(set);
    }
    /* no row meets here: nothing moves */
    copse_dataset *same = make(&apart, &apart.csr, copse_dataset_schema(first));
    assert_int_equal(same->binned.n_carriers, first->binned.n_carriers);
    check_bins(same, &apart);
    copse_dataset_free(same);
    copse_dataset_free(first);
  }
  sparse_data_free(&apart);
  sparse_data_free(&meeting);
}

static void features_seen_to_meet_are_not_put_together(void **state) {
  (void)state;
  struct sparse_data data = sparse_data_make(ROWS, ROWS, 7); /* in the last row alone */
  copse_dataset *set = make(&data, &data.csr, NULL);
  assert_int_not_equal(digit_of(set, 38), digit_of(set, 39));
  assert_int_equal(set->binned.n_clashes, 0);
  check_bins(set, &data);
  copse_dataset_free(set);
  sparse_data_free(&data);
}

/* Of many rows a few tell already that the third column meets the others; the first two are still listed. */
static void one_that_meets_all_others_stays_alone(void **state) {
  (void)state;
  enum { MANY = 9000, N = 3 };
  double *values = copse_alloc(NULL, (size_t)MANY * N, sizeof *values);
  for (uint32_t r = 0; r < MANY; r++) {
    values[r * N] = r % 4 == 0;
    values[r * N + 1] = r % 4 == 1;
    values[r * N + 2] = r % 8 < 2;
  }
  const copse_table table = {.layout = COPSE_ROWS,
                             .n_rows = MANY,
                             .n_cols = N,
                             .dtype = COPSE_F64,
                             .values = values,
                             .row_stride = N};
  copse_dataset *set;
  must(copse_dataset_from_table(NULL, &table, NULL, NULL, params, NULL, &set, &error));
  assert_int_equal(set->binned.n_columns, N);
  assert_int_equal(digit_of(set, 0), digit_of(set, 1));
  assert_int_not_equal(digit_of(set, 0), digit_of(set, 2));
  for (uint32_t f = 0; f < N; f++)
    for (uint64_t r = 0; r < MANY; r++)
      assert_int_equal(binned_cell(&set->binned.columns[set->binned.column_of[f]], r), values[r * N + f] > 0);
  copse_dataset_free(set);
  copse_free(values);
}

static void no_bundles_when_they_are_not_wanted(void **state) {
  (void)state;
  struct sparse_data data = sparse_data_make(ROWS, 0, 8);
  assert_int_equal(copse_params_set(params, "enable_bundle", "false", COPSE_SOURCE_COMMAND, &error),
                   COPSE_OK);
  copse_dataset *set = make(&data, &data.csr, NULL);
  assert_int_equal(set->binned.n_carriers, SPARSE_COLUMNS);
  check_bins(set, &data);
  copse_dataset_free(set);
  assert_int_equal(copse_params_set(params, "enable_bundle", "true", COPSE_SOURCE_COMMAND, &error), COPSE_OK);
  sparse_data_free(&data);
}

int main(void) {
  params = small_params("verbosity=-1 num_threads=2 min_data_in_bin=1");
  const struct CMUnitTest tests[] = {cmocka_unit_test(exclusive_features_share_a_digit),
                                     cmocka_unit_test(few_values_share_a_carrier_where_rows_are_many),
                                     cmocka_unit_test(features_that_meet_get_carriers_of_their_own),
                                     cmocka_unit_test(features_seen_to_meet_are_not_put_together),
                                     cmocka_unit_test(one_that_meets_all_others_stays_alone),
                                     cmocka_unit_test(no_bundles_when_they_are_not_wanted)};
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  copse_params_free(params);
  return failed;
}
