/* The sort of doubles against insertion, on the shapes that take its different paths. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "data/radix_sort.h"
#include "testing.h"

enum { MOST = 3000, SHAPES = 9 };

static double shape_value(int shape, uint64_t i, uint64_t n) {
  uint64_t bits = rng_bits(9, (uint64_t)shape, i);
  double unit = (double)(bits >> 11) * 0x1p-53;
  switch (shape) {
    case 0: return (unit - 0.5) * exp(40 * ((double)(bits & 1023) / 1023 - 0.5));
    case 1: return (double)(float)(unit - 0.5);
    case 2: return (double)(bits % 1000);
    case 3: return -(double)(bits % 7);
    case 4: return (double)i - (double)n / 2; /* in order */
    case 5: return (double)n / 2 - (double)i; /* backwards */
    case 6: return 4.25;
    case 7: return bits % 5 == 0 ? INFINITY : bits % 5 == 1 ? -INFINITY : bits % 2 ? DBL_MAX : -0x1p-1074;
    default: return bits % 2 ? -1e300 : 1e-300;
  }
}

static void sorts_like_insertion(void **state) {
  (void)state;
  static const size_t sizes[] = {0, 1, 2, 63, 64, 65, 500, MOST};
  static double values[MOST], scratch[MOST], expected[MOST];
  for (int shape = 0; shape < SHAPES; shape++)
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
      size_t n = sizes[s];
      for (size_t i = 0; i < n; i++) {
        values[i] = shape_value(shape, i, n);
        size_t j = i;
        for (; j > 0 && expected[j - 1] > values[i]; j--) expected[j] = expected[j - 1];
        expected[j] = values[i];
      }
      radix_sort_doubles(values, scratch, n);
      assert_memory_equal(values, expected, n * sizeof *values);
    }
}

/* Large enough for digits of every width, and with runs that share all leading bits. Against qsort. */
static int by_number(const void *a, const void *b) {
  double x, y;
  memcpy(&x, a, sizeof x);
  memcpy(&y, b, sizeof y);
  return x < y ? -1 : x > y;
}

static double crowded_value(int shape, uint64_t i) {
  uint64_t bits = rng_bits(10, (uint64_t)shape, i);
  double unit = (double)(bits >> 11) * 0x1p-53;
  switch (shape) {
    case 0: return (unit - 0.5) * exp(20 * ((double)(bits & 1023) / 1023 - 0.5));
    case 1: return 1.0 + (double)(bits % 5000) * 0x1p-52; /* only the last bits differ */
    case 2: return bits % 3 == 0 ? 1e300 : 1.0 + (double)(bits % 900) * 0x1p-52; /* the same, far away */
    case 3: return -floor(unit * 1e6) / 1e6 - 1e-6;
    default: return bits % 7 == 0 ? -INFINITY : (double)(float)unit;
  }
}

static void sorts_many(void **state) {
  (void)state;
  enum { MANY = 70000 };
  static double values[MANY], scratch[MANY], expected[MANY];
  static const size_t sizes[] = {49, 130, 4095, 4096, 65535, MANY};
  for (int shape = 0; shape < 5; shape++)
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
      for (size_t i = 0; i < sizes[s]; i++) values[i] = expected[i] = crowded_value(shape, i);
      qsort(expected, sizes[s], sizeof *expected, by_number);
      radix_sort_doubles(values, scratch, sizes[s]);
      assert_memory_equal(values, expected, sizes[s] * sizeof *values);
    }
}

static void minus_zero_comes_first(void **state) {
  (void)state;
  double values[100], scratch[100];
  for (size_t n = 2; n <= 100; n++) {
    for (size_t i = 0; i < n; i++) values[i] = i % 2 == 0 ? 0.0 : -0.0;
    radix_sort_doubles(values, scratch, n);
    for (size_t i = 0; i < n; i++) assert_int_equal(signbit(values[i]) != 0, i < n / 2);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(sorts_like_insertion), cmocka_unit_test(sorts_many),
                                     cmocka_unit_test(minus_zero_comes_first)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
