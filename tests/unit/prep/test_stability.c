/* The index of two samples of one population is hardly ever beyond chance, however few they are; of two
 * populations it is. */
#include <math.h>

#include "copse_prep.h"
#include "testing.h"

enum { PARTS = 11, RUNS = 400 };

static uint64_t random_state = 7;
static double uniform(void) {
  random_state = random_state * 6364136223846793005u + 1442695040888963407u;
  return (double)(random_state >> 11) * 0x1p-53;
}

/* Rows by part: ten equal ones, and one of 0.1 %; `heavier`: the first has twice its share. */
static void draw(double *counts, int n, bool heavier) {
  for (int i = 0; i < PARTS; i++) counts[i] = 0;
  for (int r = 0; r < n; r++) {
    double u = uniform();
    if (heavier && uniform() < 0.12) u = 0;
    counts[u > 0.999 ? 10 : (int)(u * 10)]++;
  }
}

static int n_beyond(int n_before, int n_now, bool heavier, double limit) {
  int n = 0;
  double before[PARTS], now[PARTS];
  for (int run = 0; run < RUNS; run++) {
    draw(before, n_before, false);
    draw(now, n_now, heavier);
    copse_stability s = copse_stability_of(before, now, PARTS, 1);
    n += s.beyond_chance && s.excess > limit;
  }
  return n;
}

static void test_chance(void **unused) {
  (void)unused;
  static const int sizes[] = {1, 2, 5, 10, 20, 50, 200, 2000};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    assert_in_range(n_beyond(3000, sizes[i], false, 0), 0, RUNS / 40);
    assert_in_range(n_beyond(sizes[i], 3000, false, 0), 0, RUNS / 40);
  }
  assert_in_range(n_beyond(3000, 1000, true, 0.03), RUNS * 9 / 10, RUNS);
}

static void test_values(void **unused) {
  (void)unused;
  double before[] = {500, 500}, now[] = {250, 750}, same[] = {50, 50};
  copse_stability s = copse_stability_of(before, now, 2, 1);
  assert_int_equal(s.n_parts, 2);
  assert_true(fabs(s.psi - 0.25 * log(3)) < 1e-3 && s.beyond_chance); /* (p - q) ln(p / q), twice */
  assert_true(fabs(s.chance - 3.841 * 0.002) < 2e-4 && fabs(s.psi - s.excess - 0.002) < 1e-12);
  s = copse_stability_of(before, same, 2, 1);
  assert_true(s.psi < 1e-6 && !s.beyond_chance);
  /* all parts of few rows become one, and a part that nobody has is none */
  double one[] = {1, 0, 0}, many[] = {900, 100, 0};
  s = copse_stability_of(many, one, 3, 1);
  assert_int_equal(s.n_parts, 1);
  assert_true(s.psi == 0 && s.chance == 0 && !s.beyond_chance);
}

static void test_rows_needed(void **unused) {
  (void)unused;
  assert_true(copse_stability_rows(1, 0.25) == 1);
  assert_true(fabs(copse_stability_rows(10, 0.25) - 16.92 / 0.25) < 1.5);
  assert_true(copse_stability_rows(10, 0.1) > copse_stability_rows(10, 0.25));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_chance),
      cmocka_unit_test(test_values),
      cmocka_unit_test(test_rows_needed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
