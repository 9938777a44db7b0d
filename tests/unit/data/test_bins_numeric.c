/* Cut points of numeric features: worked examples of LightGBM (vectors T1a to T1d), missing types, limits. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "data/bins.h"
#include "testing.h"

#define ZT BINS_ZERO
#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct bin_params plain(int min_data_in_bin) {
  return (struct bin_params){
      .min_data_in_bin = min_data_in_bin, .use_missing = true, .pre_filter = false, .min_data_in_leaf = 1};
}

static struct feature_bins find(const double *values, size_t n, uint64_t n_zeros, int max_bin,
                                const struct bin_params *params) {
  struct bins_column column = {.values = values,
                               .n_values = n,
                               .n_zeros = n_zeros,
                               .n_rows = n + n_zeros,
                               .max_bin = max_bin,
                               .params = params};
  struct feature_bins bins;
  assert_int_equal(bins_find_numeric(NULL, &column, &bins, NULL), COPSE_OK);
  return bins;
}

/* Finds, compares every bound but the last (+inf), releases. */
static void check_bounds(const double *values, size_t n, int max_bin, int min_data_in_bin,
                         const double *expected, size_t n_expected) {
  struct bin_params params = plain(min_data_in_bin);
  struct feature_bins bins = find(values, n, 0, max_bin, &params);
  assert_true(bins.used);
  assert_int_equal(bins.n_bins, n_expected + 1);
  for (size_t i = 0; i < n_expected; i++) assert_true(bins.upper[i] == expected[i]);
  assert_true(bins.upper[n_expected] == INFINITY);
  bins_release(&bins);
}

static double above(double x) { return nextafter(x, INFINITY); }

static const double one_to_ten[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};

static void t1a_zero_is_isolated(void **state) {
  (void)state;
  const double values[] = {-2, -1, 0, 0, 1, 1, 2, 3, 4, 5};
  const double expected[] = {-1.4999999999999998, -1.0000000180025095e-35, 1.0000000180025095e-35,
                             1.5000000000000002,  2.5000000000000004,      3.5000000000000004,
                             4.5000000000000009};
  check_bounds(values, COUNT(values), 255, 1, expected, COUNT(expected));
}

static void t1b_an_empty_zero_bin_uses_budget(void **state) {
  (void)state;
  const double three[] = {ZT, 5.500000000000001};
  const double four[] = {ZT, above(4.5), above(7.5)};
  const double five[] = {ZT, above(3.5), above(6.5), above(8.5)};
  const double by_three_rows[] = {ZT, above(3.5), above(6.5), above(9.5)};
  const double by_four_rows[] = {ZT, above(4.5), above(8.5)};
  check_bounds(one_to_ten, 10, 3, 1, three, COUNT(three));
  check_bounds(one_to_ten, 10, 4, 1, four, COUNT(four));
  check_bounds(one_to_ten, 10, 5, 1, five, COUNT(five));
  check_bounds(one_to_ten, 10, 255, 3, by_three_rows, COUNT(by_three_rows));
  check_bounds(one_to_ten, 10, 255, 4, by_four_rows, COUNT(by_four_rows));
}

static void t1c_a_big_value_gets_its_own_bin(void **state) {
  (void)state;
  const double values[] = {1, 1, 1, 1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  const double four[] = {ZT, above(1.5), above(6.5)};
  const double five[] = {ZT, above(1.5), above(4.5), above(7.5)};
  const double six[] = {ZT, above(1.5), above(4.5), above(6.5), above(8.5)};
  check_bounds(values, COUNT(values), 4, 1, four, COUNT(four));
  check_bounds(values, COUNT(values), 5, 1, five, COUNT(five));
  check_bounds(values, COUNT(values), 6, 1, six, COUNT(six));
}

static void t1d_both_sides_share_the_budget(void **state) {
  (void)state;
  const double values[] = {-5, -4, -3, -2, -1, 0, 0, 1, 2, 3};
  const double three[] = {-ZT, ZT};
  const double four[] = {-ZT, ZT, above(2.5)};
  const double five[] = {-2.4999999999999996, -ZT, ZT, above(2.5)};
  const double six[] = {above(-3.5), above(-1.5), -ZT, ZT, above(2.5)};
  check_bounds(values, COUNT(values), 3, 1, three, COUNT(three));
  check_bounds(values, COUNT(values), 4, 1, four, COUNT(four));
  check_bounds(values, COUNT(values), 5, 1, five, COUNT(five));
  check_bounds(values, COUNT(values), 6, 1, six, COUNT(six));
}

static void neighbours_merge_in_chains(void **state) {
  (void)state;
  double a = 1.0, b = above(a), c = above(b), gap = above(above(c));
  const double values[] = {a, b, c, gap};
  struct bin_params params = plain(1);
  struct feature_bins bins = find(values, COUNT(values), 0, 255, &params);
  assert_int_equal(bins.n_bins, 3); /* below ZT, the chain, gap */
  assert_true(bins.upper[1] == above((c + gap) / 2));
  assert_true(bins.min_value == c); /* a group is represented by its largest */
  bins_release(&bins);
}

static void missing_types(void **state) {
  (void)state;
  const double with_nan[] = {1, NAN, 2, 3}, without[] = {1, 2, 3};
  struct bin_params params = plain(1);
  struct feature_bins bins = find(with_nan, 4, 0, 255, &params);
  assert_int_equal(bins.missing, MISSING_NAN);
  assert_int_equal(bins.n_bins, 5); /* zero, 1, 2, 3, NaN */
  assert_true(isnan(bins.upper[4]) && bins.upper[3] == INFINITY);
  assert_int_equal(bins_of_value(&bins, NAN), 4);
  assert_int_equal(bins_of_value(&bins, INFINITY), 3);
  bins_release(&bins);

  /* NaN later in a feature without: the bin of 0.0 */
  bins = find(without, 3, 1, 255, &params);
  assert_int_equal(bins.missing, MISSING_NONE);
  assert_int_equal(bins_of_value(&bins, NAN), bins_of_value(&bins, 0.0));
  bins_release(&bins);

  params.zero_as_missing = true;
  bins = find(with_nan, 4, 0, 255, &params);
  assert_int_equal(bins.missing, MISSING_ZERO);
  assert_int_equal(bins_of_value(&bins, NAN), bins.default_bin);
  bins_release(&bins);
  const double single[] = {2, 2, 2, 0};
  bins = find(single, 4, 0, 255, &params);
  assert_int_equal(bins.n_bins, 2); /* exactly two: the type falls back */
  assert_int_equal(bins.missing, MISSING_NONE);
  bins_release(&bins);

  params.zero_as_missing = false;
  params.use_missing = false;
  bins = find(with_nan, 4, 0, 255, &params);
  assert_int_equal(bins.missing, MISSING_NONE);
  assert_true(bins.min_value == 0.0); /* the NaN was counted as a zero */
  bins_release(&bins);
}

static void all_missing_constant_and_single_rows(void **state) {
  (void)state;
  const double nothing[] = {NAN, NAN, NAN}, sevens[] = {7, 7, 7}, zeros[] = {0, 0, -0.0};
  struct bin_params params = plain(1);
  struct feature_bins bins = find(nothing, 3, 0, 255, &params);
  assert_true(bins.used); /* a zero bin without rows and the NaN bin; only the pre-filter drops it */
  assert_int_equal(bins.n_bins, 2);
  assert_int_equal(bins.most_freq_bin, 1);
  bins_release(&bins);
  bins = find(zeros, 3, 5, 255, &params);
  assert_false(bins.used);
  assert_int_equal(bins.n_bins, 0);
  assert_true(bins.min_value == 0 && bins.max_value == 0);
  bins = find(sevens, 3, 0, 255, &params);
  assert_int_equal(bins.n_bins, 2); /* an empty zero bin stands before the only value */
  bins_release(&bins);
  params.pre_filter = true;
  bins = find(sevens, 3, 0, 255, &params);
  assert_false(bins.used);
  assert_null(bins.upper);
  assert_true(bins.min_value == 7 && bins.max_value == 7);
  bins = find(nothing, 3, 0, 255, &params);
  assert_false(bins.used);
  bins = find(sevens, 1, 0, 255, &params);
  assert_false(bins.used);
}

static void pre_filter_wants_rows_on_both_sides(void **state) {
  (void)state;
  const double values[] = {1, 1, 1, 1, 1, 1, 1, 1, 2, 2};
  struct bin_params params = plain(1);
  params.pre_filter = true;
  params.min_data_in_leaf = 2;
  struct feature_bins bins = find(values, 10, 0, 255, &params);
  assert_true(bins.used);
  bins_release(&bins);
  params.min_data_in_leaf = 3;
  bins = find(values, 10, 0, 255, &params);
  assert_false(bins.used);
  /* the sample stands for twice the rows: 3 rows of the data set are 1.5 of the sample, rounded down */
  struct bins_column column = {
      .values = values, .n_values = 10, .n_rows = 20, .max_bin = 255, .params = &params};
  assert_int_equal(bins_find_numeric(NULL, &column, &bins, NULL), COPSE_OK);
  assert_true(bins.used);
  bins_release(&bins);
}

static void most_frequent_bin_needs_seven_tenths(void **state) {
  (void)state;
  const double dominated[] = {5, 5, 5, 5, 5, 5, 5, 1, 2, 3}, below[] = {5, 5, 5, 5, 5, 5, 4, 1, 2, 3};
  struct bin_params params = plain(1);
  struct feature_bins bins = find(dominated, 10, 0, 255, &params);
  assert_int_equal(bins.most_freq_bin, bins_of_value(&bins, 5));
  assert_int_equal(bins.default_bin, 0);
  bins_release(&bins);
  bins = find(below, 10, 0, 255, &params);
  assert_int_equal(bins.most_freq_bin, bins.default_bin);
  bins_release(&bins);
}

static void zeros_given_and_implied_are_the_same(void **state) {
  (void)state;
  const double dense[] = {0, -3, 1e-36, 2, 0, 4, -1e-35, 2, NAN}, sparse[] = {-3, 2, 4, 2, NAN};
  struct bin_params params = plain(1);
  struct feature_bins a = find(dense, 9, 0, 255, &params), b = find(sparse, 5, 4, 255, &params);
  assert_int_equal(a.n_bins, b.n_bins);
  assert_memory_equal(a.upper, b.upper, a.n_bins * sizeof *a.upper);
  assert_int_equal(a.most_freq_bin, b.most_freq_bin);
  bins_release(&a);
  bins_release(&b);
}

static void infinite_values_have_bins(void **state) {
  (void)state;
  const double values[] = {-INFINITY, -1, 0, 1, 2, INFINITY};
  struct bin_params params = plain(1);
  struct feature_bins bins = find(values, COUNT(values), 0, 255, &params);
  assert_true(bins_of_value(&bins, -INFINITY) == 0);
  assert_true(bins_of_value(&bins, -1) == 1);
  assert_true(bins.upper[bins.n_bins - 1] == INFINITY);
  for (size_t i = 1; i < COUNT(values); i++)
    assert_true(bins_of_value(&bins, values[i - 1]) <= bins_of_value(&bins, values[i]));
  assert_true(bins.max_value == INFINITY && bins.min_value == -INFINITY);
  bins_release(&bins);
}

/* Where sums of neighbours are beyond the range. */
static void ends_of_the_range_have_bins(void **state) {
  (void)state;
  const double values[] = {-INFINITY, -1.75e308, -1.5e308, -1e308,  0,       1e-3,
                           1e308,     1.5e308,   1.6e308,  1.7e308, INFINITY};
  struct bin_params params = plain(1);
  struct feature_bins bins = find(values, COUNT(values), 0, 255, &params);
  assert_int_equal(bins.n_bins, COUNT(values));
  for (uint32_t i = 0; i < bins.n_bins; i++) assert_int_equal(bins_of_value(&bins, values[i]), i);
  assert_true(bins.upper[1] == above(-1.625e308) && bins.upper[0] == -DBL_MAX && bins.upper[9] == DBL_MAX);
  bins_release(&bins);
}

static void a_value_on_a_midpoint_goes_down(void **state) {
  (void)state;
  struct bin_params params = plain(1);
  struct feature_bins bins = find(one_to_ten, 10, 0, 255, &params);
  assert_int_equal(bins_of_value(&bins, 1.5), bins_of_value(&bins, 1));
  assert_int_equal(bins_of_value(&bins, above(above(1.5))), bins_of_value(&bins, 2));
  bins_release(&bins);
}

static void many_at_once_equal_one_by_one(void **state) {
  (void)state;
  const double values[] = {-3, -2, -1, 0, 1, 2, 3, NAN, 10, 20};
  enum { N = 700 };
  double many[N];
  uint16_t out[N];
  for (int use_missing = 0; use_missing < 2; use_missing++) {
    struct bin_params params = plain(1);
    params.use_missing = use_missing;
    struct feature_bins bins = find(values, COUNT(values), 0, 255, &params);
    for (int i = 0; i < N; i++) many[i] = i % 11 == 0 ? NAN : i % 13 == 0 ? INFINITY : 0.05 * (i - N / 2);
    for (size_t n = 0; n <= N; n += 233) {
      bins_of_values(&bins, many, n, out);
      for (size_t i = 0; i < n; i++) assert_int_equal(out[i], bins_of_value(&bins, many[i]));
    }
    bins_release(&bins);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(t1a_zero_is_isolated),
                                     cmocka_unit_test(t1b_an_empty_zero_bin_uses_budget),
                                     cmocka_unit_test(t1c_a_big_value_gets_its_own_bin),
                                     cmocka_unit_test(t1d_both_sides_share_the_budget),
                                     cmocka_unit_test(neighbours_merge_in_chains),
                                     cmocka_unit_test(missing_types),
                                     cmocka_unit_test(all_missing_constant_and_single_rows),
                                     cmocka_unit_test(pre_filter_wants_rows_on_both_sides),
                                     cmocka_unit_test(most_frequent_bin_needs_seven_tenths),
                                     cmocka_unit_test(zeros_given_and_implied_are_the_same),
                                     cmocka_unit_test(infinite_values_have_bins),
                                     cmocka_unit_test(ends_of_the_range_have_bins),
                                     cmocka_unit_test(a_value_on_a_midpoint_goes_down),
                                     cmocka_unit_test(many_at_once_equal_one_by_one)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
