/* The estimators of the profile, against what a simple loop gives. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profile/cell.h"
#include "profile/distinct.h"
#include "profile/moments.h"
#include "profile/rows.h"
#include "profile/values.h"
#include "testing.h"

static uint64_t random_state = 1;
static uint64_t draw(void) { return mix64(random_state++ * 0x9e3779b97f4a7c15u); }
static double uniform(void) { return (double)(draw() >> 11) / 9007199254740992.0; }

static const struct row_target no_target = {.code = TALLY_NO_CLASS};

/* ---- cells ---- */

static void check_type(const char *text, enum cell_type expected, double value) {
  const struct missing_tokens none = {.list = NULL};
  double x = 0;
  enum cell_type type = cell_type_of(&none, text, strlen(text), &x);
  if (type != expected) fail_msg("\"%s\": type %d, expected %d", text, (int)type, (int)expected);
  if (!isnan(value) && x != value) fail_msg("\"%s\": %.17g, expected %.17g", text, x, value);
}

static void test_cell_types(void **state) {
  (void)state;
  const double any = (double)NAN;
  check_type("", CELL_TYPE_EMPTY, any);
  check_type("NA", CELL_TYPE_TOKEN, any);
  check_type("none", CELL_TYPE_TOKEN, any);
  check_type("0", CELL_TYPE_INTEGER, 0);
  check_type("-17", CELL_TYPE_INTEGER, -17);
  check_type("0.1", CELL_TYPE_DECIMAL, 0.1);
  check_type(".5", CELL_TYPE_DECIMAL, 0.5);
  check_type("5.", CELL_TYPE_DECIMAL, 5);
  check_type("1e-3", CELL_TYPE_DECIMAL, 0.001);
  check_type("123456789012345", CELL_TYPE_INTEGER, 123456789012345.0);
  check_type("1234567.890123456789", CELL_TYPE_DECIMAL, 1234567.890123456789);
  check_type("inf", CELL_TYPE_INFINITE, (double)INFINITY);
  check_type("007", CELL_TYPE_CODE, any);
  check_type("1234567890123456", CELL_TYPE_CODE, any);
  check_type("+4915112345678", CELL_TYPE_CODE, any);
  check_type("-", CELL_TYPE_TEXT, any);
  check_type("1.2.3", CELL_TYPE_TEXT, any);
  check_type("12abc", CELL_TYPE_TEXT, any);
  check_type("infinite", CELL_TYPE_TEXT, any);
  check_type("1970-01-02", CELL_TYPE_DATE, 86400);
  check_type("2024-02-29", CELL_TYPE_DATE, 1709164800);
  check_type("2023-02-29", CELL_TYPE_TEXT, any);
  check_type("2024-01-31 10:20:30", CELL_TYPE_TIME, 1706696430);
  check_type("2024-01-31T10:20:30+01:00", CELL_TYPE_ZONED, 1706692830);
  check_type("2024-01-31T10:20:30-0530", CELL_TYPE_ZONED, 1706716230);
  check_type("2024-01-31 10:20:30+02", CELL_TYPE_ZONED, 1706689230);
  check_type("2024-01-31 10:20:30 UTC", CELL_TYPE_ZONED, 1706696430);
  check_type("2024-01-31T10:20:30.5Z", CELL_TYPE_ZONED, 1706696430.5);
  check_type("2024-01-31T10:20:30+2500", CELL_TYPE_TEXT, any);
  check_type("2024-01-31T10:20:30Zulu", CELL_TYPE_TEXT, any);
  check_type(" 12.5 ", CELL_TYPE_DECIMAL, 12.5); /* blanks that stood in quotes */
  check_type("  ", CELL_TYPE_EMPTY, any);
  check_type(" na", CELL_TYPE_TOKEN, any);
  check_type("31/12/2023", CELL_TYPE_DMY, 20233112);
  check_type("31-OCT-2023", CELL_TYPE_DATE, 1698710400);
  check_type("41_10_1", CELL_TYPE_TEXT, any);
  check_type("32/13/2023", CELL_TYPE_TEXT, any);
}

static void test_days(void **state) {
  (void)state;
  for (int day = -800000; day < 800000; day += 37) {
    int y, m, d;
    double back;
    date_of(day * 86400.0, &y, &m, &d);
    assert_true(date_seconds(y, m, d, &back));
    assert_true(back == day * 86400.0);
  }
}

/* ---- moments ---- */

static void test_moments(void **state) {
  enum { N = 5000 };
  static double x[N];
  (void)state;
  struct moments m = {.n = 0};
  double mean = 0, m2 = 0, m3 = 0, m4 = 0;
  for (int i = 0; i < N; i++) {
    x[i] = 1e6 + pow(uniform(), 3) * 100;
    moments_add(&m, x[i]);
    mean += x[i] / N;
  }
  moments_flush(&m);
  for (int i = 0; i < N; i++) {
    double d = x[i] - mean;
    m2 += d * d;
    m3 += d * d * d;
    m4 += d * d * d * d;
  }
  double n = N, g1 = (m3 / n) / pow(m2 / n, 1.5), g2 = (m4 / n) / ((m2 / n) * (m2 / n)) - 3;
  assert_true(fabs(m.mean - mean) < 1e-7);
  assert_true(fabs(moments_std(&m) - sqrt(m2 / (n - 1))) < 1e-7);
  assert_true(fabs(moments_skew(&m) - g1 * sqrt(n * (n - 1)) / (n - 2)) < 1e-7);
  assert_true(fabs(moments_kurtosis(&m) - (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * g2 + 6)) < 1e-7);
}

/* ---- tables of numbers ---- */

static int compare_doubles(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static void add_all(struct values *values, const double *x, size_t n, bool backwards) {
  values_init(values, NULL, false, 1 << 12);
  for (size_t i = 0; i < n; i++) values_add_number(values, x[backwards ? n - 1 - i : i], no_target);
  values_sort(values);
  assert_false(values->failed);
}

static void test_numbers_exact(void **state) {
  enum { N = 70000 };
  static double x[N];
  (void)state;
  for (int i = 0; i < N; i++) x[i] = (double)(int64_t)(draw() % 1000) - 300;
  struct values values;
  add_all(&values, x, N, false);
  qsort(x, N, sizeof *x, compare_doubles);
  assert_true(values.exact);
  size_t at = 0;
  for (uint32_t i = 0; i < values.n; i++) {
    uint64_t n = 0;
    for (; at < N && x[at] == values.entries[i].number.lo; at++) n++;
    assert_int_equal(values.entries[i].n, n);
    assert_true(values.entries[i].number.lo == values.entries[i].number.hi);
  }
  assert_int_equal(at, N);
  values_release(&values);
}

/* Narrowed tables do not depend on the order of the values, and know their error. */
static void test_numbers_narrow(void **state) {
  enum { N = 200000 };
  static double x[N];
  (void)state;
  for (int shape = 0; shape < 3; shape++) {
    for (int i = 0; i < N; i++) {
      double u = uniform() - 0.5;
      x[i] = shape == 0 ? u : shape == 1 ? exp(20 * u) * (i % 3 == 0 ? -1 : 1) : 1.7e9 + u * 1e7;
      if (i % 10 == 0) x[i] = 999;
    }
    struct values values, other;
    add_all(&values, x, N, false);
    add_all(&other, x, N, true);
    assert_false(values.exact);
    assert_true(values.n <= values.limit / VALUES_NARROW && values.n > values.limit / VALUES_NARROW / 4);
    assert_int_equal(values.n, other.n);
    assert_int_equal(values.shift, other.shift);
    assert_memory_equal(values.entries, other.entries, values.n * sizeof *values.entries);
    assert_int_equal(values_total(&values), N);
    assert_true(fabs(values_distinct(&values) / (0.9 * N + 1) - 1) < 0.03);
    qsort(x, N, sizeof *x, compare_doubles);
    uint64_t before = 0, widest = 0;
    bool spike = false;
    for (uint32_t i = 0; i < values.n; i++) {
      const struct value *v = &values.entries[i];
      assert_true(x[before] == v->number.lo);
      before += v->n;
      assert_true(x[before - 1] == v->number.hi);
      if (v->number.lo < v->number.hi && v->n > widest) widest = v->n;
      spike |= v->number.lo == 999 && v->number.hi == 999 && v->n == N / 10;
    }
    assert_true(shape == 1 || spike); /* a value that stands alone stays exact */
    assert_true((double)widest / N < 0.16);
    values_release(&values);
    values_release(&other);
  }
}

/* ---- tables of texts ---- */

static void test_texts(void **state) {
  enum { N = 60000, LIMIT = 4096, COMMON = 20 };
  (void)state;
  struct values values;
  uint64_t counts[COMMON] = {0};
  char text[32];
  values_init(&values, NULL, true, LIMIT);
  for (int i = 0; i < N; i++) {
    uint64_t common = draw() % (3 * COMMON);
    int length = snprintf(text, sizeof text, common < COMMON ? "common %llu" : "rare %llu",
                          (unsigned long long)(common < COMMON ? common : draw()));
    if (common < COMMON) counts[common]++;
    values_add_text(&values, cell_hash(text, (size_t)length), text, (size_t)length, 1);
  }
  values_sort(&values);
  assert_false(values.failed);
  assert_false(values.exact);
  assert_true(values.n <= LIMIT);
  for (int i = 0; i < COMMON; i++) { /* the frequent ones come first, with counts as exact as they say */
    const struct value *v = &values.entries[i];
    unsigned long long which = strtoull(values.bytes + v->text.at + strlen("common "), NULL, 10);
    assert_memory_equal(values.bytes + v->text.at, "common ", 7);
    assert_true(v->n <= counts[which] && v->n + v->text.n_lost >= counts[which]);
  }
  assert_true(fabs(values_distinct(&values) / (N * 2.0 / 3) - 1) < 0.03);
  values_release(&values);
}

static void test_long_text(void **state) {
  static char text[10000];
  (void)state;
  struct values values;
  memset(text, 'x', sizeof text);
  memcpy(text + VALUES_TEXT_KEPT - 1, "\xC3\xA9", 2); /* a character across the cut */
  values_init(&values, NULL, true, 4096);
  values_add_text(&values, cell_hash(text, sizeof text), text, sizeof text, 3);
  assert_int_equal(values.entries[0].text.kept, VALUES_TEXT_KEPT - 1);
  assert_int_equal(values.entries[0].text.length, sizeof text);
  values_release(&values);
}

static void test_distinct(void **state) {
  static uint8_t registers[DISTINCT_REGISTERS];
  (void)state;
  uint64_t next = 100, n = 0;
  for (; n < 2000000; n++) {
    distinct_add(registers, mix64(n + 12345));
    distinct_add(registers, mix64(n + 12345));
    if (n + 1 != next) continue;
    double estimate = distinct_estimate(registers);
    if (fabs(estimate / (double)next - 1) > 4 * DISTINCT_RSE) fail_msg("%g of %g", estimate, (double)next);
    next *= 10;
  }
}

/* ---- tallies ---- */

static void test_tally(void **state) {
  (void)state;
  struct values values;
  values_init(&values, NULL, false, 1 << 12);
  values_shape(&values, (struct tally_shape){.n_classes = 2, .sums = true});
  for (int i = 0; i < 100000; i++) {
    if (i == 50000)
      values_shape(&values, (struct tally_shape){.n_classes = 3, .sums = true}); /* a third class turns up */
    struct row_target target = {(uint8_t)(i >= 50000 && i % 3 == 2 ? 2 : i % 2), (uint8_t)(i % TALLY_FOLDS),
                                i % 7};
    values_add_number(&values, i % 11, target);
  }
  values_sort(&values);
  assert_int_equal(values.n, 11);
  for (uint32_t v = 0; v < 11; v++) {
    uint64_t counts[3] = {0};
    double sum = 0;
    for (int i = 0; i < 100000; i++) {
      if (i % 11 != (int)v) continue;
      counts[i >= 50000 && i % 3 == 2 ? 2 : i % 2]++;
      sum += i % 7;
    }
    for (size_t f = 0; f < TALLY_FOLDS; f++) {
      sum -= values.tally.sums[v * TALLY_FOLDS + f];
      for (size_t c = 0; c < 3; c++) counts[c] -= values.tally.counts[(v * TALLY_FOLDS + f) * 3 + c];
    }
    assert_true(sum == 0 && counts[0] == 0 && counts[1] == 0 && counts[2] == 0);
  }
  values_shape(&values, (struct tally_shape){.n_classes = 1,
                                             .sums = true}); /* too many classes: rows are still counted */
  assert_true(values.tally.counts[0] > 0);
  values_release(&values);
}

/* ---- rows ---- */

static void test_rows(void **state) {
  (void)state;
  struct rows rows = {.ctx = NULL}, other = {.ctx = NULL};
  for (uint64_t i = 0; i < 10000; i++)
    rows_add(&rows, mix64(i % 8000 + 1), i < 9000 ? 0 : 1, i < 8500 ? 0 : 1);
  struct rows_result result = rows_finish(&rows);
  assert_true(result.exact);
  assert_true(fabs(result.share_repeated - 0.2) < 1e-12);
  assert_true(fabs(result.share_conflicting - 0.2) < 1e-12); /* 1,000 pairs of different class */
  assert_true(fabs(result.best_accuracy - 0.9) < 1e-12);
  assert_true(fabs(result.share_several - 0.3) < 1e-12); /* 1,500 pairs in two files */
  for (uint64_t i = 7000; i < 9000; i++) rows_add(&other, mix64(i + 1), 0, 0);
  double apart;
  assert_true(fabs(rows_overlap(&rows, &other, &apart) - 0.5) < 1e-12);
  rows_release(&rows);
  rows_release(&other);
}

/* More different rows than are kept: the shares are estimates. */
static void test_many_rows(void **state) {
  enum { N = 6000000 };
  (void)state;
  struct rows rows = {.ctx = NULL};
  for (uint64_t i = 0; i < N; i++) rows_add(&rows, mix64((i % (N - N / 10)) + 1), 0, 0);
  struct rows_result result = rows_finish(&rows);
  assert_false(result.exact);
  assert_true(fabs(result.share_repeated - 0.1) < 0.002);
  rows_release(&rows);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_cell_types),     cmocka_unit_test(test_days),
      cmocka_unit_test(test_moments),        cmocka_unit_test(test_numbers_exact),
      cmocka_unit_test(test_numbers_narrow), cmocka_unit_test(test_texts),
      cmocka_unit_test(test_long_text),      cmocka_unit_test(test_distinct),
      cmocka_unit_test(test_tally),          cmocka_unit_test(test_rows),
      cmocka_unit_test(test_many_rows),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
