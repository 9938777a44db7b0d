/* Categories to bins: the 99 % rule and worked examples of LightGBM (vectors T1f, T1g). */
#include <math.h>
#include <string.h>

#include "data/bins.h"
#include "testing.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct bin_params plain(void) {
  return (struct bin_params){
      .min_data_in_bin = 1, .use_missing = true, .pre_filter = false, .min_data_in_leaf = 1};
}

static struct feature_bins find(const double *values, size_t n, int max_bin,
                                const struct bin_params *params) {
  struct bins_column column = {
      .values = values, .n_values = n, .n_rows = n, .max_bin = max_bin, .params = params};
  struct feature_bins bins;
  assert_int_equal(bins_find_categorical(NULL, &column, &bins, NULL), COPSE_OK);
  assert_true(bins.categorical);
  return bins;
}

static void check_mapping(const struct feature_bins *bins, const int32_t *expected, size_t n) {
  assert_int_equal(bins->n_bins, n);
  assert_memory_equal(bins->category, expected, n * sizeof *expected);
  for (size_t b = 1; b < n; b++) assert_int_equal(bins_of_value(bins, expected[b]), b);
}

static void t1f_the_last_rare_category_is_dropped(void **state) {
  (void)state;
  double values[1000];
  for (int i = 0; i < 1000; i++) values[i] = i < 500 ? 0 : i < 800 ? 1 : i < 996 ? 2 : 3;
  struct bin_params params = plain();
  struct feature_bins bins = find(values, 1000, 255, &params);
  const int32_t expected[] = {-1, 0, 1, 2};
  check_mapping(&bins, expected, COUNT(expected));
  assert_int_equal(bins.missing, MISSING_NAN);
  assert_int_equal(bins_of_value(&bins, 3), 0);
  assert_int_equal(bins.default_bin, 1);
  bins_release(&bins);
}

static void t1g_truncation_and_negative_categories(void **state) {
  (void)state;
  const double values[] = {-0.5, -0.5, 2.9, 2.9, -3, -3};
  struct bin_params params = plain();
  struct feature_bins bins = find(values, COUNT(values), 255, &params);
  const int32_t expected[] = {-1, 0, 2};
  check_mapping(&bins, expected, COUNT(expected));
  assert_int_equal(bins.missing, MISSING_NAN);
  assert_int_equal(bins_of_value(&bins, -0.5), 1);
  assert_int_equal(bins_of_value(&bins, -0.999), 1);
  assert_int_equal(bins_of_value(&bins, -1), 0);
  assert_int_equal(bins_of_value(&bins, -3), 0);
  assert_int_equal(bins_of_value(&bins, 2.1), 2);
  assert_int_equal(bins_of_value(&bins, 1), 0);
  assert_int_equal(bins_of_value(&bins, NAN), 0);
  assert_int_equal(bins_of_value(&bins, INFINITY), 0);
  assert_int_equal(bins_of_value(&bins, 1e300), 0);
  bins_release(&bins);
}

static void coverage_wins_over_max_bin(void **state) {
  (void)state;
  double values[400];
  for (int i = 0; i < 400; i++) values[i] = i % 20;
  struct bin_params params = plain();
  struct feature_bins bins = find(values, 400, 5, &params);
  assert_int_equal(bins.n_bins, 21);
  assert_int_equal(bins.missing, MISSING_NONE);
  for (int c = 0; c < 20; c++) assert_int_equal(bins.category[c + 1], c); /* ties: ascending category */
  bins_release(&bins);
}

static void frequent_categories_come_first(void **state) {
  (void)state;
  const double values[] = {9, 4, 9, 4, 9, 100, 7, 7, 7};
  struct bin_params params = plain();
  struct feature_bins bins = find(values, COUNT(values), 255, &params);
  const int32_t expected[] = {-1, 7, 9, 4, 100};
  check_mapping(&bins, expected, COUNT(expected));
  for (uint32_t i = 1; i + 1 < bins.n_bins; i++)
    assert_true(bins.sorted_category[i - 1] < bins.sorted_category[i]);
  uint16_t out[3];
  bins_of_values(&bins, (const double[]){100, NAN, 9}, 3, out);
  assert_true(out[0] == 4 && out[1] == 0 && out[2] == 2);
  bins_release(&bins);
}

static void rare_categories_stop_the_list(void **state) {
  (void)state;
  const double values[] = {1, 1, 1, 1, 2, 2, 2, 3, 3, 4};
  struct bin_params params = plain();
  params.min_data_in_bin = 3;
  struct feature_bins bins = find(values, COUNT(values), 255, &params);
  const int32_t expected[] = {-1, 1, 2};
  check_mapping(&bins, expected, COUNT(expected));
  bins_release(&bins);
  params.min_data_in_bin = 100; /* two categories are taken whatever their size */
  bins = find(values, COUNT(values), 255, &params);
  check_mapping(&bins, expected, COUNT(expected));
  bins_release(&bins);
}

static void nothing_but_missing_is_not_used(void **state) {
  (void)state;
  const double values[] = {NAN, -1, -7, NAN};
  struct bin_params params = plain();
  struct feature_bins bins = find(values, COUNT(values), 255, &params);
  assert_false(bins.used);
  assert_int_equal(bins.n_bins, 0);
  params.use_missing = false; /* NaN is a zero then, and zero a category */
  bins = find(values, COUNT(values), 255, &params);
  assert_true(bins.used);
  assert_int_equal(bins.category[1], 0);
  assert_int_equal(bins_of_value(&bins, NAN), 0); /* but a NaN is never looked up */
  bins_release(&bins);
}

static void pre_filter_tests_two_bins_only(void **state) {
  (void)state;
  const double one[] = {5, 5, 5, 5, 5, 5, 5, 5, NAN, NAN}, two[] = {5, 5, 5, 5, 5, 5, 5, 5, 6, 6};
  struct bin_params params = plain();
  params.pre_filter = true;
  params.min_data_in_leaf = 3;
  struct feature_bins bins = find(one, COUNT(one), 255, &params);
  assert_false(bins.used);
  params.min_data_in_leaf = 2;
  bins = find(one, COUNT(one), 255, &params);
  assert_true(bins.used);
  bins_release(&bins);
  params.min_data_in_leaf = 5;
  bins = find(two, COUNT(two), 255, &params);
  assert_true(bins.used);
  bins_release(&bins);
}

static void too_large_a_category_is_an_error(void **state) {
  (void)state;
  const double values[] = {1, 2147483648.0};
  struct bin_params params = plain();
  struct feature_bins bins;
  copse_error error;
  struct bins_column column = {
      .values = values, .n_values = 2, .n_rows = 2, .max_bin = 255, .params = &params};
  assert_int_equal(bins_find_categorical(NULL, &column, &bins, &error), COPSE_ERR_DATA);
  assert_non_null(strstr(error.message, "2147483648"));
}

/* With missing values off LightGBM counts NaN, but no negative number, as category 0. */
static void absent_cells_count_as_zero_without_missing_values(void **state) {
  (void)state;
  const double values[] = {COPSE_CODE_ABSENT, NAN, COPSE_CODE_ABSENT, 5, 5, -1, -1, -1, -1};
  struct bin_params params = plain();
  params.zero_as_missing = true;
  struct feature_bins bins = find(values, COUNT(values), 255, &params);
  const int32_t zero_first[] = {-1, 0, 5};
  check_mapping(&bins, zero_first, COUNT(zero_first));
  assert_int_equal(bins_of_value(&bins, COPSE_CODE_ABSENT), 0);
  bins_release(&bins);
  params.zero_as_missing = false;
  bins = find(values, 5, 255, &params); /* without the negative ones */
  const int32_t five_only[] = {-1, 5};
  check_mapping(&bins, five_only, COUNT(five_only));
  bins_release(&bins);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(t1f_the_last_rare_category_is_dropped),
                                     cmocka_unit_test(t1g_truncation_and_negative_categories),
                                     cmocka_unit_test(coverage_wins_over_max_bin),
                                     cmocka_unit_test(frequent_categories_come_first),
                                     cmocka_unit_test(rare_categories_stop_the_list),
                                     cmocka_unit_test(nothing_but_missing_is_not_used),
                                     cmocka_unit_test(pre_filter_tests_two_bins_only),
                                     cmocka_unit_test(too_large_a_category_is_an_error),
                                     cmocka_unit_test(absent_cells_count_as_zero_without_missing_values)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
