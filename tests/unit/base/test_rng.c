/* Counter-based random numbers: pinned bits, no visible pattern over any of the three keys, fair scaling. */
#include "base/rng.h"
#include "testing.h"

/* Models depend on these for ever. */
static void bits_are_pinned(void **state) {
  (void)state;
  assert_true(rng_bits(0, 0, 0) == UINT64_C(0x2ce809ae01cab7d7));
  assert_true(rng_bits(1, RNG_SAMPLE_ROWS, 2) == UINT64_C(0x4515b4aba12e6182));
  assert_true(rng_bits(UINT64_MAX, 7, UINT64_C(1) << 40) == UINT64_C(0x54124a014342a3e5));
}

static uint64_t draw(int key, uint64_t i) {
  return rng_bits(key == 0 ? i : 5, key == 1 ? i : 6, key == 2 ? i : 7);
}

/* Each of the 64 bits is set half of the time, and a step of one key flips it half of the time. */
static void every_key_reaches_every_bit(void **state) {
  (void)state;
  enum { N = 4000, FEWEST = N / 2 - 160, MOST = N / 2 + 160 }; /* five standard deviations */
  for (int key = 0; key < 3; key++) {
    int set[64] = {0}, flipped[64] = {0};
    for (uint64_t i = 0; i < N; i++) {
      uint64_t bits = draw(key, i), change = bits ^ draw(key, i + 1);
      for (int b = 0; b < 64; b++) {
        set[b] += (int)(bits >> b & 1);
        flipped[b] += (int)(change >> b & 1);
      }
    }
    for (int b = 0; b < 64; b++) {
      assert_in_range(set[b], FEWEST, MOST);
      assert_in_range(flipped[b], FEWEST, MOST);
    }
  }
}

static void below_stays_below_and_is_even(void **state) {
  (void)state;
  int count[10] = {0};
  for (uint64_t i = 0; i < 10000; i++) {
    uint64_t drawn = rng_below(rng_bits(3, 4, i), 10);
    assert_true(drawn < 10);
    count[drawn]++;
  }
  for (int i = 0; i < 10; i++) assert_in_range(count[i], 850, 1150);
  assert_true(rng_below(UINT64_MAX, 1) == 0);
  assert_true(rng_below(0, UINT64_MAX) == 0);
  assert_true(rng_below(UINT64_MAX, UINT64_MAX) == UINT64_MAX - 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(bits_are_pinned),
                                     cmocka_unit_test(every_key_reaches_every_bit),
                                     cmocka_unit_test(below_stays_below_and_is_even)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
