/* Some rows of a data set as one of their own: trained on, they give the bits of a table that has just these
 * rows, bundles, categories, weights and init scores included. */
#include <string.h>

#include "checks.h"
#include "data/dataset.h"
#include "mixed_data.h"
#include "sparse_data.h"

enum { ROWS = 5000, EVERY = 3 };

struct chosen {
  uint32_t rows[ROWS];
  uint64_t n;
};

static struct chosen choose(void) {
  struct chosen chosen = {.n = 0};
  for (uint32_t row = 0; row < ROWS; row++)
    if (row % EVERY != 1 || row % 7 == 0) chosen.rows[chosen.n++] = row;
  return chosen;
}

static char *trees_of(copse_dataset *set, const copse_params *params) {
  copse_error err;
  copse_booster *booster;
  must(copse_booster_create(NULL, set, params, &booster, &err), &err);
  for (int round = 0; round < 4; round++) must_step(booster);
  char *trees = booster_trees(booster);
  copse_booster_free(booster);
  return trees;
}

/* The fields of all rows, then of the chosen ones alone. */
static void set_fields(copse_dataset *set, const float *label, const float *weight,
                       const struct chosen *rows) {
  copse_error err;
  uint64_t n = rows != NULL ? rows->n : ROWS;
  float *labels = copse_alloc(NULL, n, sizeof *labels), *weights = copse_alloc(NULL, n, sizeof *weights);
  double *init = copse_alloc(NULL, n, sizeof *init);
  for (uint64_t i = 0; i < n; i++) {
    uint64_t row = rows != NULL ? rows->rows[i] : i;
    labels[i] = label[row];
    weights[i] = weight[row];
    init[i] = (double)(row % 11) / 8;
  }
  must(copse_dataset_set(set, COPSE_LABEL, labels, n, &err), &err);
  must(copse_dataset_set(set, COPSE_WEIGHT, weights, n, &err), &err);
  must(copse_dataset_set(set, COPSE_INIT_SCORE, init, n, &err), &err);
  copse_free(labels);
  copse_free(weights);
  copse_free(init);
}

static void gives_the_trees_of_a_table_of_its_rows(void **state) {
  (void)state;
  copse_error err;
  struct chosen chosen = choose();
  struct sparse_data sparse = sparse_data_make(ROWS, 17, 5);
  copse_params *params = small_params("verbosity=-1 num_leaves=12 min_data_in_leaf=5");
  double *x = copse_alloc(NULL, chosen.n * SPARSE_COLUMNS, sizeof *x);
  for (uint64_t i = 0; i < chosen.n; i++)
    memcpy(x + i * SPARSE_COLUMNS, sparse.dense + (size_t)chosen.rows[i] * SPARSE_COLUMNS,
           SPARSE_COLUMNS * sizeof *x);
  copse_table part = sparse.rows;
  part.n_rows = chosen.n;
  part.values = x;
  for (int threads = 1; threads <= 3; threads += 2) {
    copse_dataset *whole, *subset, *direct;
    must(copse_dataset_from_table(NULL, &sparse.rows, NULL, sparse.categorical, params, NULL, &whole, &err),
         &err);
    set_fields(whole, sparse.label, sparse.weight, NULL);
    must(copse_dataset_subset(whole, chosen.rows, chosen.n, threads, &subset, &err), &err);
    must(
        copse_dataset_from_table(NULL, &part, NULL, NULL, params, copse_dataset_schema(whole), &direct, &err),
        &err);
    set_fields(direct, sparse.label, sparse.weight, &chosen);
    copse_dataset_free(whole); /* the subset does not need it */
    assert_int_equal(copse_dataset_n_rows(subset), chosen.n);
    for (int field = COPSE_LABEL; field <= COPSE_INIT_SCORE; field++) {
      uint64_t n;
      const void *values = copse_dataset_get(subset, (copse_field)field, &n);
      assert_int_equal(n, chosen.n);
      assert_memory_equal(values, copse_dataset_get(direct, (copse_field)field, NULL),
                          n * (field == COPSE_INIT_SCORE ? sizeof(double) : sizeof(float)));
    }
    char *found = trees_of(subset, params), *expected = trees_of(direct, params);
    assert_string_equal(found, expected);
    copse_free(found);
    copse_free(expected);
    copse_dataset_free(subset);
    copse_dataset_free(direct);
  }
  copse_free(x);
  copse_params_free(params);
  sparse_data_free(&sparse);
}

static void keeps_of_each_group_what_was_chosen(void **state) {
  (void)state;
  copse_error err;
  struct mixed_data mixed = mixed_data_make(10, 3, 1);
  copse_params *params = small_params("verbosity=-1");
  copse_dataset *whole = small_dataset(&mixed.data, params, NULL), *subset;
  must(copse_dataset_set(whole, COPSE_GROUP, (const int32_t[]){4, 1, 2, 1, 2}, 5, &err), &err);
  must(copse_dataset_set(whole, COPSE_POSITION, (const int32_t[]){9, 1, 1, 9, 0, 0, 0, 3, 9, 1}, 10, &err),
       &err);
  must(copse_dataset_subset(whole, (const uint32_t[]){0, 3, 7, 8, 9}, 5, 1, &subset, &err), &err);
  uint64_t n;
  const int32_t *sizes = copse_dataset_get(subset, COPSE_GROUP, &n);
  assert_int_equal(n, 3);
  assert_memory_equal(sizes, ((const int32_t[]){2, 1, 2}), 3 * sizeof *sizes);
  /* who shares a position, not its number: 9 9 3 9 1 */
  const int32_t *positions = copse_dataset_get(subset, COPSE_POSITION, &n);
  assert_int_equal(n, 5);
  assert_memory_equal(positions, ((const int32_t[]){0, 0, 1, 0, 2}), 5 * sizeof *positions);
  copse_dataset_free(subset);
  copse_dataset_free(whole);
  copse_params_free(params);
  mixed_data_free(&mixed);
}

static void refuses_rows_that_are_not_ascending(void **state) {
  (void)state;
  copse_error err;
  struct mixed_data mixed = mixed_data_make(10, 3, 1);
  copse_params *params = small_params("verbosity=-1");
  copse_dataset *whole = small_dataset(&mixed.data, params, NULL), *subset;
  const uint32_t wrong[][2] = {{3, 3}, {3, 2}, {0, 10}};
  for (size_t i = 0; i < 3; i++) {
    assert_int_equal(copse_dataset_subset(whole, wrong[i], 2, 1, &subset, &err), COPSE_ERR_ARGUMENT);
    assert_non_null(strstr(err.message, "ascending rows"));
    assert_null(subset);
  }
  assert_int_equal(copse_dataset_subset(whole, wrong[0], 0, 1, &subset, &err), COPSE_ERR_DATA);
  copse_dataset_free(whole);
  copse_params_free(params);
  mixed_data_free(&mixed);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(gives_the_trees_of_a_table_of_its_rows),
                                     cmocka_unit_test(keeps_of_each_group_what_was_chosen),
                                     cmocka_unit_test(refuses_rows_that_are_not_ascending)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
