/* Fingerprints: fixed values, a change of any bit, of the length or of the seed shows, and both halves
 * spread. */
#include <string.h>

#include "copse.h"
#include "testing.h"

enum { BYTES = 200 };

static void fill(unsigned char *bytes, size_t n) {
  for (size_t i = 0; i < n; i++) bytes[i] = (unsigned char)(i * 37 + 11);
}

static bool same(const uint64_t a[2], const uint64_t b[2]) { return a[0] == b[0] || a[1] == b[1]; }

static void test_every_bit_counts(void **unused) {
  (void)unused;
  unsigned char bytes[BYTES];
  uint64_t plain[2], other[2];
  fill(bytes, BYTES);
  for (size_t n = 0; n <= BYTES; n++) {
    copse_hash(bytes, n, 5, plain);
    int turned = 0;
    for (size_t bit = 0; bit < 8 * n; bit++) {
      bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
      copse_hash(bytes, n, 5, other);
      assert_false(same(plain, other));
      turned += __builtin_popcountll(plain[0] ^ other[0]) + __builtin_popcountll(plain[1] ^ other[1]);
      bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    /* about half of the 128 bits turn with each */
    if (n > 0) assert_true(turned > (int)(8 * n) * 56 && turned < (int)(8 * n) * 72);
    copse_hash(bytes, n, 6, other);
    assert_false(same(plain, other));
  }
}

static void test_length_and_order_count(void **unused) {
  (void)unused;
  unsigned char zeros[BYTES] = {0}, bytes[BYTES];
  uint64_t seen[BYTES][2], swapped[2], plain[2];
  for (size_t n = 0; n < BYTES; n++) {
    copse_hash(zeros, n, 0, seen[n]);
    for (size_t k = 0; k < n; k++) assert_false(same(seen[n], seen[k]));
  }
  fill(bytes, BYTES);
  copse_hash(bytes, BYTES, 0, plain);
  for (size_t i = 0; i + 8 < BYTES; i += 8) { /* neighbouring words change places */
    unsigned char other[BYTES];
    memcpy(other, bytes, BYTES);
    size_t n = i + 16 <= BYTES ? 8 : BYTES - i - 8;
    memcpy(other + i, bytes + i + 8, n);
    memcpy(other + i + n, bytes + i, 8);
    copse_hash(other, BYTES, 0, swapped);
    assert_false(same(plain, swapped));
  }
}

/* What files hold does not change with the version or the machine. */
static void test_fixed_values(void **unused) {
  (void)unused;
  unsigned char bytes[BYTES];
  uint64_t hash[2], aligned[2];
  fill(bytes, BYTES);
  copse_hash(bytes, 0, 0, hash);
  assert_int_equal(hash[0], UINT64_C(0xec68d04366193d55));
  assert_int_equal(hash[1], UINT64_C(0x2dec1c6642284343));
  copse_hash(bytes, BYTES, 42, hash);
  assert_int_equal(hash[0], UINT64_C(0xf50090f150afb467));
  assert_int_equal(hash[1], UINT64_C(0x74888fc344cff9ab));
  unsigned char shifted[BYTES + 3];
  memcpy(shifted + 3, bytes, BYTES);
  copse_hash(shifted + 3, BYTES, 42, aligned);
  assert_memory_equal(hash, aligned, sizeof hash);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_bit_counts),
      cmocka_unit_test(test_length_and_order_count),
      cmocka_unit_test(test_fixed_values),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
