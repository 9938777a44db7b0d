/* Cut points of the caller's own: LightGBM's vector T1e, the places of zero, missing values and infinity,
 * more points than bins, and how the parameters carry them. */
#include <math.h>
#include <string.h>

#include "copse.h"
#include "params/params.h"
#include "testing.h"

static copse_params *params_with(const char *max_bin, const char *min_data_in_bin) {
  copse_params *params;
  assert_int_equal(copse_params_create(NULL, &params, NULL), COPSE_OK);
  assert_int_equal(copse_params_set(params, "max_bin", max_bin, COPSE_SOURCE_COMMAND, NULL), COPSE_OK);
  assert_int_equal(copse_params_set(params, "min_data_in_bin", min_data_in_bin, COPSE_SOURCE_COMMAND, NULL),
                   COPSE_OK);
  assert_int_equal(copse_params_set(params, "feature_pre_filter", "false", COPSE_SOURCE_COMMAND, NULL),
                   COPSE_OK);
  return params;
}

static copse_status schema_of(const double *values, uint64_t n, const copse_params *params,
                              copse_schema **out, copse_error *err) {
  copse_table table = {
      .layout = COPSE_ROWS, .n_rows = n, .n_cols = 1, .dtype = COPSE_F64, .values = values, .row_stride = 1};
  return copse_schema_create(NULL, &table, n, NULL, NULL, params, out, err);
}

/* Bounds of the bins; |b| <= 1e-35 shows as +-1e-35. */
static void assert_bounds(const double *values, uint64_t n, const copse_params *params,
                          const double *expected, uint32_t n_expected) {
  copse_schema *schema;
  copse_error err;
  double bounds[64];
  if (schema_of(values, n, params, &schema, &err) != COPSE_OK) fail_msg("%s", err.message);
  assert_int_equal(copse_schema_bins(schema, 0, NULL), n_expected);
  copse_schema_bins(schema, 0, bounds);
  for (uint32_t b = 0; b < n_expected; b++) {
    bool same = isnan(expected[b]) ? isnan(bounds[b])
                                   : bounds[b] == expected[b] || fabs(bounds[b] - expected[b]) < 1e-14;
    if (!same) fail_msg("bound %u: expected %.17g, found %.17g", b, expected[b], bounds[b]);
  }
  copse_schema_free(schema);
}

static const double ten[10] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};

static void test_vector(void **unused) {
  (void)unused;
  static const double forced[] = {2.2, 7.7};
  static const double four[] = {1e-35, 2.2, 7.7, HUGE_VAL}, five[] = {1e-35, 2.2, 5.5, 7.7, HUGE_VAL},
                      all[] = {1e-35, 1.5, 2.2, 3.5, 4.5, 5.5, 6.5, 7.7, 8.5, 9.5, HUGE_VAL};
  const struct {
    const char *max_bin;
    const double *bounds;
    uint32_t n;
  } cases[] = {{"4", four, 4}, {"5", five, 5}, {"255", all, 11}};
  for (size_t i = 0; i < 3; i++) {
    copse_params *params = params_with(cases[i].max_bin, "1");
    assert_int_equal(copse_params_set_forced_bins(params, 0, forced, 2, NULL), COPSE_OK);
    assert_bounds(ten, 10, params, cases[i].bounds, cases[i].n);
    copse_params_free(params);
  }
}

/* Both sides of zero, points in any order, doubled ones, those at zero, and those beyond the room. */
static void test_places(void **unused) {
  (void)unused;
  static const double mixed[] = {-3, -2, -1, 0, 1, 2, 3, NAN}, plain[] = {-3, -2, -1, 0, 1, 2, 3};
  static const double points[] = {2.5, 2.5, 1e-40, 0, -1.5, 9};
  copse_params *params = params_with("6", "1");
  assert_int_equal(copse_params_set_forced_bins(params, 0, points, 6, NULL), COPSE_OK);
  static const double six[] = {-1.5, -1e-35, 1e-35, 2.5, 9, HUGE_VAL};
  assert_bounds(plain, 7, params, six, 6);
  static const double with_missing[] = {-1.5, -1e-35, 1e-35, 2.5, HUGE_VAL, NAN};
  assert_bounds(mixed, 8, params, with_missing, 6);
  copse_params_free(params);
  params = params_with("2", "1");
  assert_int_equal(copse_params_set_forced_bins(params, 0, points, 6, NULL), COPSE_OK);
  static const double two[] = {-1e-35, HUGE_VAL}, two_positive[] = {1e-35, HUGE_VAL};
  assert_bounds(plain, 7, params, two, 2);
  static const double not_negative[] = {0, 0, 1, 2};
  assert_bounds(not_negative, 4, params, two_positive, 2);
  copse_params_free(params);
}

/* Bins are dealt out by the rows that have a value: those of the NaN bin do not count. */
static void test_share(void **unused) {
  (void)unused;
  static const double points[] = {2.2, 7.7};
  static const double expected[] = {1e-35, 2.2, 5.5, 7.7, 12.5, 16.5, HUGE_VAL, NAN};
  double values[40];
  for (int i = 0; i < 40; i++) values[i] = i < 20 ? i + 1.0 : NAN;
  copse_params *params = params_with("8", "1");
  assert_int_equal(copse_params_set_forced_bins(params, 0, points, 2, NULL), COPSE_OK);
  assert_bounds(values, 40, params, expected, 8);
  copse_params_free(params);
}

/* min_data_in_bin holds between the points, not for them. */
static void test_min_data(void **unused) {
  (void)unused;
  static const double points[] = {1.5};
  static const double expected[] = {1e-35, 1.5, 5.5, 9.5, HUGE_VAL};
  copse_params *params = params_with("255", "4");
  assert_int_equal(copse_params_set_forced_bins(params, 0, points, 1, NULL), COPSE_OK);
  assert_bounds(ten, 10, params, expected, 5);
  copse_params_free(params);
}

static void test_carried(void **unused) {
  (void)unused;
  static const double points[] = {2.2, 7.7}, one[] = {4.2}, bad[] = {1, NAN};
  static const double four[] = {1e-35, 2.2, 7.7, HUGE_VAL}, changed[] = {1e-35, 4.2, 7.5, HUGE_VAL};
  size_t used = copse_context_memory_used(NULL);
  copse_params *params = params_with("4", "1"), *copy;
  copse_error err;
  assert_int_equal(copse_params_set_forced_bins(params, 3, one, 1, NULL), COPSE_OK);
  assert_int_equal(copse_params_set_forced_bins(params, 0, points, 2, NULL), COPSE_OK);
  copse_schema *schema;
  assert_int_equal(schema_of(ten, 10, params, &schema, &err), COPSE_ERR_ARGUMENT);
  assert_non_null(strstr(err.message, "forced bins for feature 3"));
  assert_int_equal(copse_params_set_forced_bins(params, 3, NULL, 0, NULL), COPSE_OK);
  assert_int_equal(copse_params_copy(params, &copy, NULL), COPSE_OK);
  assert_int_equal(copse_params_set_forced_bins(params, 0, one, 1, NULL), COPSE_OK);
  assert_bounds(ten, 10, params, changed, 4);
  copse_params_free(params);
  assert_bounds(ten, 10, copy, four, 4);
  assert_int_equal(copse_params_set_forced_bins(copy, 0, bad, 2, &err), COPSE_ERR_ARGUMENT);
  assert_non_null(strstr(err.message, "forced bound 1 is nan"));
  assert_bounds(ten, 10, copy, four, 4);
  copse_params_free(copy);
  assert_int_equal(copse_context_memory_used(NULL), used);
}

/* Nothing but NaN: no rows to share bins out by. */
static void test_all_missing(void **unused) {
  (void)unused;
  static const double points[] = {0.5, 2}, missing[] = {NAN, NAN, NAN, NAN}, all[] = {0.5, 2, HUGE_VAL, NAN};
  copse_params *params = params_with("255", "1");
  assert_int_equal(copse_params_set_forced_bins(params, 0, points, 2, NULL), COPSE_OK);
  assert_bounds(missing, 4, params, all, 4);
  copse_params_free(params);
}

/* What no feature was told stays as it is without: and a forced list that changes nothing is no change. */
static void test_others_untouched(void **unused) {
  (void)unused;
  double rows[60];
  for (int i = 0; i < 30; i++) {
    rows[2 * i] = i % 7 - 3;
    rows[2 * i + 1] = i * i % 31;
  }
  copse_table table = {
      .layout = COPSE_ROWS, .n_rows = 30, .n_cols = 2, .dtype = COPSE_F64, .values = rows, .row_stride = 2};
  copse_params *params = params_with("8", "3");
  copse_schema *plain, *forced;
  static const double points[] = {0.5};
  assert_int_equal(copse_schema_create(NULL, &table, 30, NULL, NULL, params, &plain, NULL), COPSE_OK);
  assert_int_equal(copse_params_set_forced_bins(params, 0, points, 1, NULL), COPSE_OK);
  assert_int_equal(copse_schema_create(NULL, &table, 30, NULL, NULL, params, &forced, NULL), COPSE_OK);
  double a[8], b[8];
  uint32_t n = copse_schema_bins(plain, 1, a);
  assert_int_equal(copse_schema_bins(forced, 1, b), n);
  assert_memory_equal(a, b, n * sizeof *a);
  n = copse_schema_bins(forced, 0, b);
  bool found = false;
  for (uint32_t i = 0; i < n; i++) found |= b[i] == 0.5;
  assert_true(found);
  copse_schema_free(plain);
  copse_schema_free(forced);
  copse_params_free(params);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_vector),          cmocka_unit_test(test_places),
      cmocka_unit_test(test_share),           cmocka_unit_test(test_min_data),
      cmocka_unit_test(test_carried),         cmocka_unit_test(test_all_missing),
      cmocka_unit_test(test_others_untouched)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
