/* The radix sort orders like the doubles and keeps equal keys in their old order. */
#include <float.h>
#include <math.h>

#include "base/sort.h"
#include "testing.h"

enum { MOST = 5000 };

static void keys_order_like_doubles(void **state) {
  (void)state;
  static const double ascending[] = {-INFINITY, -DBL_MAX, -1.5, -1,  -DBL_MIN, -0x1p-1074, -0.0,       0.0,
                                     0x1p-1074, DBL_MIN,  1,    1.5, DBL_MAX,  INFINITY,   (double)NAN};
  for (size_t i = 1; i < sizeof ascending / sizeof *ascending; i++)
    assert_true(sort_key_of(ascending[i - 1]) < sort_key_of(ascending[i]));
  assert_true(sort_key_of(-0.0 + 0.0) == sort_key_of(0.0));
}

static void pairs_are_sorted_and_stable(void **state) {
  (void)state;
  static struct sort_pair pairs[MOST], scratch[MOST];
  static const size_t sizes[] = {0, 1, 2, 47, 48, 49, 255, 256, 257, MOST};
  static const uint64_t masks[] = {0, 0x7, 0xff00, 0xff, UINT64_MAX, 0xff000000000000ff, UINT64_C(1) << 63};
  uint64_t x = 1;
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
    for (size_t m = 0; m < sizeof masks / sizeof *masks; m++) {
      uint64_t sum = 0, sorted_sum = 0;
      for (size_t i = 0; i < sizes[s]; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        pairs[i] = (struct sort_pair){(x ^ x >> 29) & masks[m], i};
        sum += pairs[i].key * (2 * i + 1);
      }
      sort_pairs(pairs, scratch, sizes[s]);
      for (size_t i = 0; i < sizes[s]; i++) {
        sorted_sum += pairs[i].key * (2 * pairs[i].value + 1);
        if (i == 0) continue;
        assert_true(pairs[i - 1].key < pairs[i].key ||
                    (pairs[i - 1].key == pairs[i].key && pairs[i - 1].value < pairs[i].value));
      }
      assert_true(sum == sorted_sum); /* every key still with its value */
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(keys_order_like_doubles),
      cmocka_unit_test(pairs_are_sorted_and_stable),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
