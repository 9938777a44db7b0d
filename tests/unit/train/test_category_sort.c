/* test_category_sort.c - both ends of the order of categories against picking the least one again and again.
 */
#include <math.h>
#include <stdbool.h>

#include "base/rng.h"
#include "testing.h"
#include "train/category_sort.h"

enum { MOST = 1100 };

static bool before(struct category_key a, struct category_key b) {
  return a.key < b.key || (a.key == b.key && a.bin < b.bin);
}

/* Insertion sort, one after the other. */
static void sort_plainly(const struct category_key *items, uint32_t n, struct category_key *out) {
  for (uint32_t i = 0; i < n; i++) {
    uint32_t at = i;
    for (; at > 0 && before(items[i], out[at - 1]); at--) out[at] = out[at - 1];
    out[at] = items[i];
  }
}

/* n items of n_keys different keys, or all different (0). */
static void check(uint32_t n, uint32_t n_keys, uint32_t limit, uint64_t seed) {
  static struct category_key items[MOST], sorted[MOST], room[MOST];
  for (uint32_t i = 0; i < n; i++) {
    uint64_t bits = rng_bits(seed, RNG_ROUNDING, i);
    items[i].key = n_keys > 0 ? (double)(bits % n_keys) - 1 : (double)(int64_t)bits;
    if (items[i].key == 0 && bits >> 63) items[i].key = -0.0; /* equal to the other zero */
    items[i].bin = 3 * i + 1;
  }
  sort_plainly(items, n, sorted);
  category_sort_ends(items, n, limit, room);
  for (uint32_t i = 0; i < limit; i++) {
    assert_int_equal(items[i].bin, sorted[i].bin);
    assert_true(items[i].key == sorted[i].key);
    assert_int_equal(items[n - 1 - i].bin, sorted[n - 1 - i].bin);
    assert_true(items[n - 1 - i].key == sorted[n - 1 - i].key);
  }
}

static void ends_are_in_order(void **state) {
  (void)state;
  const uint32_t n_keys[] = {0, 1, 2, 5, 1000}, limits[] = {1, 2, 7, 32, 64, 65, 200, MOST};
  for (uint32_t n = 0; n <= MOST; n += n < 70 ? 1 : 37)
    for (unsigned k = 0; k < sizeof n_keys / sizeof *n_keys; k++)
      for (unsigned l = 0; l < sizeof limits / sizeof *limits; l++) {
        uint32_t most = (n + 1) / 2;
        check(n, n_keys[k], limits[l] < most ? limits[l] : most, n + k);
      }
}

/* Already in order, the other way round, and keys that only infinity bounds. */
static void special_orders(void **state) {
  (void)state;
  static struct category_key items[MOST], room[MOST];
  for (uint32_t n = 1; n <= MOST; n = 2 * n + 3)
    for (int falling = 0; falling < 2; falling++) {
      uint32_t limit = (n + 1) / 2 < 20 ? (n + 1) / 2 : 20;
      for (uint32_t i = 0; i < n; i++)
        items[i] = (struct category_key){i < 2 ? INFINITY : (falling ? -(double)i : (double)i), i};
      category_sort_ends(items, n, limit, room);
      assert_int_equal(items[n - 1].bin, n > 1 ? 1 : 0);
      for (uint32_t i = 1; i < limit; i++) assert_true(before(items[i - 1], items[i]));
      for (uint32_t i = n - limit + 1; i < n; i++) assert_true(before(items[i - 1], items[i]));
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ends_are_in_order),
      cmocka_unit_test(special_orders),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
