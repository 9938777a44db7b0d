/* What single cells and values mean in a profile: missing values, classes, order, digits, dates, and files
 * that are no table. */
#define _GNU_SOURCE
#include "profile_support.h"

static int count_bins(json_t *column, const char *kind, int *n, int *n_pos) {
  size_t i;
  json_t *bin;
  int found = 0;
  json_array_foreach(at(column, "target/bins"), i, bin) {
    if (strcmp(text_at(bin, "kind"), kind) != 0) continue;
    found++;
    *n = (int)number_at(bin, "n");
    *n_pos = (int)number_at(bin, "n_pos");
  }
  return found;
}

/* A declared missing value is missing beside the target, too: a number, a word, in numbers and in texts. */
static void test_declared_missing(void **state) {
  (void)state;
  begin("x,z,colour,y");
  for (int i = 0; i < 1200; i++) {
    int y = i % 3 == 0;
    fprintf(made, "%s,%s,%s,%d\n",
            i % 6 == 0 ? "-999"
            : i % 2    ? "1.25"
                       : "7.5",
            i % 4 == 0 ? "unknown"
            : i % 2    ? "3"
                       : "4",
            i % 5 == 0   ? "unknown"
            : i % 2 == 0 ? "red"
                         : "blue",
            y);
  }
  json_t *json = parsed(finish("declared.csv"),
                        (copse_profile_options){.target = "y", .missing_values = "unknown,-999"});
  static const int missing[] = {200, 300, 240}, positive[] = {200, 100, 80};
  for (int i = 0; i < 3; i++) {
    char where[32];
    int n = 0, n_pos = 0;
    snprintf(where, sizeof where, "columns/%d", i);
    json_t *column = at(json, where);
    assert_int_equal((int)number_at(column, "missing/n"), missing[i]);
    assert_int_equal((int)number_at(column, "missing/declared"), missing[i]);
    assert_int_equal((int)number_at(column, "mismatched/n"), 0);
    assert_int_equal(count_bins(column, "missing", &n, &n_pos), 1);
    assert_int_equal(n, missing[i]);
    assert_int_equal(n_pos, positive[i]);
    assert_int_equal(count_bins(column, "mismatched", &n, &n_pos), 0);
  }
  assert_string_equal(text_at(json, "columns/2/category/top/0/value"), "blue");
  json_decref(json);
}

/* Texts of the target beyond what is kept of a text lose no row, and are classes of their own. */
static void test_long_classes(void **state) {
  (void)state;
  char text[400], other[400];
  memset(text, 'x', sizeof text);
  text[sizeof text - 1] = '\0';
  memcpy(other, text, sizeof text);
  other[sizeof other - 2] = 'y';
  begin("a,y");
  for (int i = 0; i < 600; i++)
    fprintf(made, "%d,%s\n", i % 7, i % 3 == 0 ? text : i % 3 == 1 ? other : "short");
  const char *path = finish("long.csv");
  json_t *json = parsed(path, (copse_profile_options){.target = "y", .positive = other});
  assert_string_equal(text_at(json, "target/kind"), "multiclass");
  assert_int_equal((int)number_at(json, "target/n"), 600);
  assert_int_equal((int)number_at(json, "target/n_pos"), 200);
  for (int i = 0; i < 3; i++) {
    char where[32];
    snprintf(where, sizeof where, "target/classes/%d/n", i);
    assert_int_equal((int)number_at(json, where), 200);
  }
  json_decref(json);
}

static void test_order(void **state) {
  (void)state;
  begin("up,down,below,shuffled");
  for (int i = 0; i < 900; i++)
    fprintf(made, "%d,%d,%d,%d\n", 1000 + 7 * i, -3 * i - 5, 3 * i - 9000, i * 7919 % 907);
  json_t *json = parsed(finish("order.csv"), (copse_profile_options){.target = NULL});
  assert_string_equal(text_at(json, "columns/0/order"), "asc");
  assert_string_equal(text_at(json, "columns/1/order"), "desc");
  assert_string_equal(text_at(json, "columns/2/order"), "asc");
  assert_string_equal(text_at(json, "columns/3/order"), "none");
  /* ascending whole numbers that never come again are identifiers, with gaps and below 0 as well */
  assert_string_equal(text_at(json, "columns/0/type"), "id");
  assert_string_equal(text_at(json, "columns/2/type"), "id");
  json_decref(json);
}

/* Seconds from 1970 with some milliseconds' spread keep their digits, and numbers come back as they were. */
static void test_digits(void **state) {
  (void)state;
  begin("moment,pi");
  double sum = 0, squares = 0;
  enum { N = 5000 };
  for (int i = 0; i < N; i++) {
    int k = i * 7919 % 1009; /* 1/1024 s: exact beside the offset */
    fprintf(made, "%.10f,%s\n", 1700000000000.0 + k / 1024.0, i % 2 ? "3.141592653589793" : "0.1");
    sum += k / 1024.0;
  }
  for (int i = 0; i < N; i++) {
    double d = (i * 7919 % 1009) / 1024.0 - sum / N;
    squares += d * d;
  }
  json_t *json = parsed(finish("digits.csv"), (copse_profile_options){.values = COPSE_VALUES_FULL});
  double expected = sqrt(squares / (N - 1));
  assert_near(number_at(json, "columns/0/number/std"), expected, 1e-12 * expected, "std far from 0");
  assert_true(number_at(json, "columns/1/number/max") == 3.141592653589793);
  assert_true(number_at(json, "columns/1/number/min") == 0.1);
  json_decref(json);
}

/* A value that a third of the rows have among a hundred thousand others is told, and quantiles beside it are
 * right to the error that is said. */
static void test_spike(void **state) {
  (void)state;
  enum { N = 100000 };
  static double x[N];
  begin("x,small");
  for (int i = 0; i < N; i++) {
    x[i] = i % 3 == 0 ? 0.5 : uniform();
    fprintf(made, "%.17g,%d\n", x[i], i % 5);
  }
  json_t *json = parsed(finish("spike.csv"), (copse_profile_options){.values = COPSE_VALUES_FULL});
  json_t *number = at(json, "columns/0/number");
  assert_false(json_is_true(at(number, "exact")));
  assert_string_equal(text_at(number, "spikes/0/value"), "0.5");
  assert_near(number_at(number, "spikes/0/n"), N / 3.0, N / 100.0, "rows of the spike");
  double claimed = number_at(number, "quantile_rank_error");
  assert_true(claimed < 0.01);
  static const char *const names[] = {"0.01", "0.05", "0.25", "0.5", "0.75", "0.95", "0.99"};
  for (int q = 0; q < 7; q++) {
    char where[32];
    snprintf(where, sizeof where, "quantiles/%s", names[q]);
    double value = number_at(number, where), below = 0, upto = 0, wanted = strtod(names[q], NULL);
    for (int i = 0; i < N; i++) {
      below += x[i] < value;
      upto += x[i] <= value;
    }
    if (below / N > wanted + claimed || upto / N < wanted - claimed)
      fail_msg("quantile %s: %.9g", names[q], value);
  }
  json_decref(json);
}

static void test_heavy_tail(void **state) {
  (void)state;
  begin("x");
  for (int i = 0; i < 1000; i++)
    fprintf(made, "%s\n", i % 40 == 0 ? "1e180" : i % 2 ? "1.5" : i % 4 ? "2.5" : "3.25");
  json_t *json = parsed(finish("tail.csv"), (copse_profile_options){.values = COPSE_VALUES_FULL});
  assert_true(has_alert(json, "HEAVY_TAIL", "x"));
  assert_true(strlen(alert_text(json, "HEAVY_TAIL")) < 120);
  json_decref(json);
}

static void test_many_classes(void **state) {
  (void)state;
  begin("x,city,amount");
  for (int i = 0; i < 1000; i++)
    fprintf(made, "%d,town%d,%s\n", i % 9, i % 30, i == 500 ? "many" : i % 2 ? "12.5" : "7.25");
  for (int i = 0; i < 1000; i++) fprintf(made, "1,town1,%d\n", i);
  const char *path = finish("cities.csv");
  json_t *json = parsed(path, (copse_profile_options){.target = "city"});
  assert_string_equal(alert_level(json, "TARGET"), "note");
  assert_non_null(strstr(alert_text(json, "TARGET"), "30 classes"));
  json_decref(json);
  json = parsed(path, (copse_profile_options){.target = "amount"});
  assert_string_equal(alert_level(json, "TARGET"), "critical");
  assert_non_null(strstr(alert_text(json, "TARGET"), "texts among its numbers"));
  json_decref(json);
}

/* What lies in the future is told by the file itself: no clock makes two profiles of it differ. */
static void test_future(void **state) {
  (void)state;
  begin("made,due");
  for (int i = 0; i < 1000; i++)
    fprintf(made, "2031-%02d-%02d,%d-%02d-%02d\n", 1 + i % 12, 1 + i % 28, i == 77 || i == 78 ? 2213 : 2031,
            1 + i % 12, 1 + i % 28);
  json_t *json = parsed(finish("future.csv"), (copse_profile_options){.target = NULL});
  assert_false(has_alert(json, "FUTURE_DATE", "made"));
  assert_true(has_alert(json, "FUTURE_DATE", "due"));
  assert_int_equal((int)number_at(json, "columns/1/datetime/future"), 2);
  json_decref(json);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_declared_missing),
      cmocka_unit_test(test_long_classes),
      cmocka_unit_test(test_order),
      cmocka_unit_test(test_digits),
      cmocka_unit_test(test_spike),
      cmocka_unit_test(test_heavy_tail),
      cmocka_unit_test(test_many_classes),
      cmocka_unit_test(test_future),
  };
  return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
