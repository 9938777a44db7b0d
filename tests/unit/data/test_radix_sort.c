/* The sort of doubles against insertion, on the shapes that take its different paths. */
#include <float.h>
#include <math.h>
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

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(sorts_like_insertion)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
