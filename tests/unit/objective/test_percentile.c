/* Percentiles against a plain sort: LightGBM's numbers, random values with ties, weights that are 0. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "draw.h"
#include "objective/percentile.h"
#include "testing.h"

enum { MOST = 200 };

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* The definition: ranks from 0 to n - 1, interpolated. */
static double plain(const double *values, uint64_t n, double level) {
  double sorted[MOST];
  memcpy(sorted, values, n * sizeof *sorted);
  qsort(sorted, n, sizeof *sorted, by_value);
  double rank = (double)(n - 1) * level;
  uint64_t below = (uint64_t)rank;
  if (below + 1 >= n) return sorted[n - 1];
  return sorted[below] + (rank - (double)below) * (sorted[below + 1] - sorted[below]);
}

struct item {
  double value;
  float weight;
  uint32_t row;
};

static int by_value_and_row(const void *a, const void *b) {
  const struct item *x = a, *y = b;
  if (x->value != y->value) return x->value < y->value ? -1 : 1;
  return x->row < y->row ? -1 : 1;
}

/* Section 2.7 of the reference, letter by letter; PERCENTILE_BETWEEN as 10.2 recommends,
 * PERCENTILE_LIGHTGBM47 as version 4.7.0 does. */
static double plain_weighted(const double *values, const float *weight, uint64_t n, double level,
                             enum percentile_rule rule) {
  struct item items[MOST];
  double c[MOST];
  for (uint64_t i = 0; i < n; i++) items[i] = (struct item){values[i], weight[i], (uint32_t)i};
  qsort(items, n, sizeof *items, by_value_and_row);
  for (uint64_t i = 0; i < n; i++) c[i] = (i > 0 ? c[i - 1] : 0) + (double)items[i].weight;
  double t = level * c[n - 1];
  uint64_t pos = 0;
  while (pos < n - 1 && c[pos] <= t) pos++;
  if (pos == 0) return items[0].value;
  double v1 = items[pos - 1].value, v2 = items[pos].value;
  if (rule != PERCENTILE_BETWEEN && pos == n - 1) return v2;
  if (rule == PERCENTILE_LIGHTGBM46) {
    if (c[pos + 1] - c[pos] < 1) return v2;
    return v1 + (t - c[pos]) / (c[pos + 1] - c[pos]) * (v2 - v1);
  }
  if (rule == PERCENTILE_LIGHTGBM47 && c[pos] - c[pos - 1] < 1) return v1;
  return t < c[pos] ? v1 + (t - c[pos - 1]) / (c[pos] - c[pos - 1]) * (v2 - v1) : v2;
}

static double weighted(const double *values, const float *weight, uint64_t n, double level,
                       enum percentile_rule rule) {
  double copy[MOST];
  uint32_t rows[MOST];
  for (uint64_t i = 0; i < n; i++) {
    copy[i] = values[i];
    rows[i] = (uint32_t)i;
  }
  double result = percentile_weighted(copy, rows, weight, n, level, rule);
  for (uint64_t i = 0; i < n; i++) assert_true(copy[i] == values[rows[i]]); /* moved together */
  return result;
}

static void assert_near(double got, double expected, double tolerance) {
  if (!(fabs(got - expected) <= tolerance)) fail_msg("got %.17g, expected %.17g", got, expected);
}

/* [T2h], [T2i], 10.2 */
static void lightgbms_numbers(void **state) {
  (void)state;
  double y[6] = {0.5, 1, 2, 3.5, 5, 8}, q[6] = {30, 1, 20, 2, 10, 3};
  static const float w[6] = {1, 2, 0.5f, 1.5f, 3, 1};
  assert_true(weighted(y, w, 6, 0.5, PERCENTILE_LIGHTGBM46) == 1.75);
  assert_true(weighted(y, w, 6, 0.5, PERCENTILE_BETWEEN) == 3);
  assert_near(weighted(y, w, 6, (double)0.7f, PERCENTILE_LIGHTGBM46), 0.95, 1e-6);
  assert_true(weighted(y + 2, w + 2, 4, 0.5, PERCENTILE_LIGHTGBM46) == 0.5); /* outside the data */
  assert_true(weighted(y + 2, w + 2, 4, 0.5, PERCENTILE_BETWEEN) == 3.5 + 1.0 / 3 * 1.5);
  assert_true(percentile(y, 6, 0.5) == 2.75);
  assert_near(percentile(q, 6, (double)0.9f), 24.999998807907104, 1e-14);
}

/* The median that version 4.7.0 begins with: objective=regression_l1 and quantile with these weights, and
 * mape with them times 1 / max(1, y). */
static void lightgbm_47s_numbers(void **state) {
  (void)state;
  const enum percentile_rule rule = PERCENTILE_LIGHTGBM47;
  double y[6] = {0.5, 1, 2, 3.5, 5, 8};
  static const float w[6] = {1, 2, 0.5f, 1.5f, 3, 1}, shares[6] = {1, 2, 0.25f, 1.5f / 3.5f, 0.6f, 0.125f};
  static const float light[6] = {0.5f, 1, 0.25f, 0.75f, 0.75f, 0.5f};
  assert_true(weighted(y, w, 6, 0.5, rule) == 3); /* the place weighs 1.5, of which one third is below */
  assert_true((float)weighted(y, w, 6, (double)0.7f, rule) == 4.15f);
  assert_near(weighted(y, shares, 6, 0.5, rule), 0.8004464507102966, 6e-8);
  assert_true(weighted(y, light, 6, 0.5, rule) == 2); /* a place of 0.75: the value before */
  assert_true(weighted(y, light, 6, 0.5, PERCENTILE_LIGHTGBM46) == 3.5);
}

static void ends_and_few_values(void **state) {
  (void)state;
  static const float w[3] = {2, 0, 1}, none[3] = {0, 0, 0};
  double v[3] = {7, -1, 3};
  assert_true(percentile(NULL, 0, 0.5) == 0 && weighted(v, w, 0, 0.5, PERCENTILE_BETWEEN) == 0);
  assert_true(percentile(v, 1, 0.3) == 7 && weighted(v, none, 1, 0.3, PERCENTILE_LIGHTGBM46) == 7);
  assert_true(percentile(v, 3, 0) == -1 && percentile(v, 3, 1) == 7 && percentile(v, 3, 0.5) == 3);
  double u[3] = {7, -1, 3};
  assert_true(weighted(u, w, 3, 1, PERCENTILE_BETWEEN) == 7 &&
              weighted(u, w, 3, 1, PERCENTILE_LIGHTGBM46) == 7);
  assert_true(weighted(u, w, 3, 1, PERCENTILE_LIGHTGBM47) == 7);
  assert_true(weighted(u, none, 3, 0.5, PERCENTILE_BETWEEN) ==
              7); /* no weight at all: the last, as in LightGBM */
  assert_true(weighted(u, w, 3, 0, PERCENTILE_BETWEEN) == -1 + 0.0 / 1 * 4);
}

static void random_values_with_ties(void **state) {
  (void)state;
  struct draw draw = {.seed = 11};
  static const double levels[] = {0, 0.05, 0.25, 0.5, 0.7, 0.9, 0.99, 1};
  static const enum percentile_rule rules[] = {PERCENTILE_BETWEEN, PERCENTILE_LIGHTGBM46,
                                               PERCENTILE_LIGHTGBM47};
  for (int round = 0; round < 300; round++) {
    uint64_t n = (uint64_t)draw_between(&draw, 2, MOST);
    int64_t distinct = draw_between(&draw, 1, 2 * MOST);
    double values[MOST], copy[MOST];
    float weight[MOST];
    for (uint64_t i = 0; i < n; i++) {
      values[i] = (double)draw_between(&draw, -distinct, distinct) / 8;
      weight[i] = (float)draw_between(&draw, round % 2, 12) / 4;
    }
    for (size_t l = 0; l < sizeof levels / sizeof *levels; l++) {
      memcpy(copy, values, sizeof copy);
      assert_near(percentile(copy, n, levels[l]), plain(values, n, levels[l]), 1e-12);
      for (size_t r = 0; r < sizeof rules / sizeof *rules; r++) {
        double expected = plain_weighted(values, weight, n, levels[l], rules[r]);
        assert_near(weighted(values, weight, n, levels[l], rules[r]), expected, 1e-11 * (1 + fabs(expected)));
      }
    }
  }
}

/* Long arrays in bad orders: sorted, reversed, all equal, organ pipe. Quadratic time would show. */
static void long_arrays(void **state) {
  (void)state;
  enum { LONG = 200000 };
  static double values[LONG];
  static uint32_t rows[LONG];
  static float weight[LONG];
  for (int order = 0; order < 4; order++)
    for (int with_weights = 0; with_weights < 2; with_weights++) {
      for (int i = 0; i < LONG; i++) {
        int v = order == 0 ? i : order == 1 ? LONG - 1 - i : order == 2 ? 5 : abs(i - LONG / 2);
        values[i] = v;
        rows[i] = (uint32_t)i;
        weight[i] = 1;
      }
      double result = with_weights ? percentile_weighted(values, rows, weight, LONG, 0.5, PERCENTILE_BETWEEN)
                                   : percentile(values, LONG, 0.5);
      double expected = order < 2 ? (LONG - 1) / 2.0 : order == 2 ? 5 : LONG / 4.0;
      assert_near(result, expected, 1);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lightgbms_numbers),   cmocka_unit_test(lightgbm_47s_numbers),
      cmocka_unit_test(ends_and_few_values), cmocka_unit_test(random_values_with_ties),
      cmocka_unit_test(long_arrays),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
