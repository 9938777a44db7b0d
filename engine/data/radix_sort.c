/* radix_sort.c - least-significant-digit radix sort of doubles by their bits (Knuth vol. 3, 5.2.5).
 *
 * As unsigned integers the bits of doubles order by magnitude, negative numbers last. So bits are sorted, and
 * the copy at the end puts the negative numbers in front, turned round. Only the range of bits that differ
 * between values is cut into digits: a column that was read as float32 takes four passes, small whole numbers
 * one or two. Digits have at most 10 bits: more would write to more cache lines at once than L1 holds. */
#include "data/radix_sort.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { MAX_DIGIT_BITS = 10, MAX_DIGITS = 7, RADIX = 1 << MAX_DIGIT_BITS, SMALL = 64 };

/* How the bits are cut into digits. */
struct digits {
  unsigned low, bits, n; /* digit d covers bits [low + d * bits, low + (d + 1) * bits) */
};

static uint64_t bits_of(const double *at) {
  uint64_t bits;
  memcpy(&bits, at, sizeof bits);
  return bits;
}

static uint32_t digit_of(const double *at, const struct digits *digits, unsigned d) {
  return (uint32_t)(bits_of(at) >> (digits->low + d * digits->bits)) & ((1u << digits->bits) - 1);
}

static void sort_small(double *values, size_t n) {
  for (size_t i = 1; i < n; i++) {
    double value = values[i];
    size_t j = i;
    for (; j > 0 && values[j - 1] > value; j--) values[j] = values[j - 1];
    values[j] = value;
  }
}

/* Bits in which some values differ; 0 also when the values are in order already. */
static uint64_t bits_to_sort(const double *values, size_t n) {
  uint64_t differing = 0, first = bits_of(&values[0]);
  bool ordered = true;
  for (size_t i = 1; i < n; i++) {
    differing |= bits_of(&values[i]) ^ first;
    ordered &= values[i - 1] <= values[i];
  }
  return ordered ? 0 : differing;
}

static struct digits cut_digits(uint64_t differing) {
  struct digits digits = {.low = (unsigned)__builtin_ctzll(differing)};
  unsigned width = 64 - (unsigned)__builtin_clzll(differing) - digits.low;
  digits.n = (width + MAX_DIGIT_BITS - 1) / MAX_DIGIT_BITS;
  digits.bits = (width + digits.n - 1) / digits.n;
  return digits;
}

static void scatter(const double *from, double *to, size_t n, const struct digits *digits, unsigned d,
                    uint32_t *counts) {
  uint32_t next = 0;
  for (unsigned i = 0; i < 1u << digits->bits; i++) {
    uint32_t count = counts[i];
    counts[i] = next;
    next += count;
  }
  const struct digits local = *digits;
  for (size_t i = 0; i < n; i++) to[counts[digit_of(&from[i], &local, d)]++] = from[i];
}

/* bits ascending -> numbers ascending; from and to differ */
static void order_signs(const double *from, double *to, size_t n) {
  size_t low = 0, high = n; /* the first one with a sign bit */
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (bits_of(&from[middle]) >> 63)
      high = middle;
    else
      low = middle + 1;
  }
  size_t n_negative = n - low;
  for (size_t i = 0; i < n_negative; i++) to[i] = from[n - 1 - i];
  memcpy(to + n_negative, from, low * sizeof *to);
}

void radix_sort_doubles(double *values, double *scratch, size_t n) {
  assert(n <= UINT32_MAX);
  if (n <= SMALL) {
    sort_small(values, n);
    return;
  }
  uint64_t differing = bits_to_sort(values, n);
  if (differing == 0) return;
  const struct digits digits = cut_digits(differing);
  uint32_t counts[MAX_DIGITS][RADIX];
  memset(counts, 0, digits.n * sizeof counts[0]);
  for (size_t i = 0; i < n; i++)
    for (unsigned d = 0; d < digits.n; d++) counts[d][digit_of(&values[i], &digits, d)]++;
  double *from = values, *to = scratch;
  for (unsigned d = 0; d < digits.n; d++) {
    if (counts[d][digit_of(&from[0], &digits, d)] == n) continue; /* the same in all */
    scatter(from, to, n, &digits, d, counts[d]);
    double *swap = from;
    from = to;
    to = swap;
  }
  bool any_negative = (differing | bits_of(&from[0])) >> 63;
  if (from == values && any_negative) {
    memcpy(scratch, values, n * sizeof *values);
    from = scratch;
  }
  if (from != values) order_signs(from, values, n);
}
