/* radix_sort.c - radix sort of doubles by their bits, most significant range first (Knuth vol. 3, 5.2.5).
 *
 * Numbers of one sign order as their bits, so each sign is sorted by itself. What counts is the distance of a
 * number's bits from the smallest: its leading bits, as many as three digits hold, are sorted by stable
 * passes from the last digit to the first. Numbers that share all of these bits stand next to each other
 * then, mostly equal; where a walk finds two of them in the wrong order, their run is sorted by the bits that
 * follow. A column of a million measurements takes three passes and a walk, whether it was read as float32 or
 * has all 52 bits of a decimal fraction. */
#include "data/radix_sort.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { MAX_DIGIT_BITS = 11, MAX_DIGITS = 3, RADIX = 1 << MAX_DIGIT_BITS, SMALL = 48 };

/* How the bits are cut: bits - least, less its lowest `shift` bits, as one to three digits. */
struct digits {
  uint64_t least;
  unsigned shift, bits, n;
  bool all; /* nothing is left below */
};

static inline uint64_t bits_of(const double *at) {
  uint64_t bits;
  memcpy(&bits, at, sizeof bits);
  return bits;
}

static inline uint64_t head_of(const double *at, const struct digits *digits) {
  return (bits_of(at) - digits->least) >> digits->shift;
}

static void sort_small(double *values, size_t n) {
  for (size_t i = 1; i < n; i++) {
    double value = values[i];
    uint64_t bits = bits_of(&value);
    size_t j = i;
    for (; j > 0 && bits_of(&values[j - 1]) > bits; j--) values[j] = values[j - 1];
    values[j] = value;
  }
}

/* False when the numbers are in order already. */
static bool cut_digits(const double *values, size_t n, struct digits *digits) {
  uint64_t first = bits_of(&values[0]), least = first, most = first, differing = 0, before = first;
  bool ordered = true;
  for (size_t i = 1; i < n; i++) {
    uint64_t bits = bits_of(&values[i]);
    differing |= bits ^ first;
    least = bits < least ? bits : least;
    most = bits > most ? bits : most;
    ordered &= before <= bits;
    before = bits;
  }
  if (ordered) return false;
  unsigned low = (unsigned)__builtin_ctzll(differing); /* the same in all below it, so 0 in every distance */
  unsigned width = 64 - (unsigned)__builtin_clzll(most - least) - low;
  unsigned widest = n >= (size_t)1 << 16 ? MAX_DIGIT_BITS : n >= (size_t)1 << 12 ? 9 : 7;
  digits->least = least;
  digits->all = width <= MAX_DIGITS * widest;
  digits->shift = low + (digits->all ? 0 : width - MAX_DIGITS * widest);
  if (!digits->all) width = MAX_DIGITS * widest;
  digits->n = (width + widest - 1) / widest;
  digits->bits = (width + digits->n - 1) / digits->n;
  return true;
}

static void scatter(const double *from, double *to, size_t n, const struct digits *digits, unsigned d,
                    uint32_t *counts) {
  const struct digits local = *digits;
  const uint64_t mask = ((uint64_t)1 << local.bits) - 1;
  const unsigned shift = d * local.bits;
  uint32_t next = 0;
  for (uint64_t i = 0; i <= mask; i++) {
    uint32_t count = counts[i];
    counts[i] = next;
    next += count;
  }
  for (size_t i = 0; i < n; i++) to[counts[head_of(&from[i], &local) >> shift & mask]++] = from[i];
}

/* By the digits only; the result is in values. */
static void sort_heads(double *values, double *scratch, size_t n, const struct digits *digits) {
  uint32_t counts[MAX_DIGITS][RADIX];
  for (unsigned d = 0; d < MAX_DIGITS; d++) memset(counts[d], 0, sizeof(uint32_t) << digits->bits);
  const struct digits local = *digits;
  const uint64_t mask = ((uint64_t)1 << local.bits) - 1;
  for (size_t i = 0; i < n; i++) {
    uint64_t head = head_of(&values[i], &local);
    counts[0][head & mask]++;
    counts[1][head >> local.bits & mask]++;
    counts[2][head >> 2 * local.bits & mask]++;
  }
  double *from = values, *to = scratch;
  for (unsigned d = 0; d < digits->n; d++) {
    scatter(from, to, n, digits, d, counts[d]);
    double *swap = from;
    from = to;
    to = swap;
  }
  if (from != values) memcpy(values, from, n * sizeof *values);
}

/* Numbers of one sign, by their bits. */
static void sort_bits(double *values, double *scratch, size_t n) {
  struct digits digits;
  if (n <= SMALL) {
    sort_small(values, n);
    return;
  }
  if (!cut_digits(values, n, &digits)) return;
  sort_heads(values, scratch, n, &digits);
  if (digits.all) return;
  for (size_t i = 1; i < n; i++) {
    if (bits_of(&values[i - 1]) <= bits_of(&values[i])) continue;
    uint64_t head = head_of(&values[i], &digits); /* a run of the same head, in disorder */
    size_t begin = i - 1, end = i + 1;
    while (begin > 0 && head_of(&values[begin - 1], &digits) == head) begin--;
    while (end < n && head_of(&values[end], &digits) == head) end++;
    sort_bits(values + begin, scratch + begin, end - begin);
    i = end - 1;
  }
}

void radix_sort_doubles(double *values, double *scratch, size_t n) {
  assert(n <= UINT32_MAX);
  size_t n_negative = 0, n_positive = 0;
  for (size_t i = 0; i < n; i++) {
    double value = values[i];
    bool negative = bits_of(&value) >> 63;
    scratch[n_negative] = value;
    values[n_positive] = value;
    n_negative += negative;
    n_positive += !negative;
  }
  memmove(values + n_negative, values, n_positive * sizeof *values);
  memcpy(values, scratch, n_negative * sizeof *values);
  sort_bits(values, scratch, n_negative);
  for (size_t i = 0; i < n_negative / 2; i++) {
    double swap = values[i];
    values[i] = values[n_negative - 1 - i];
    values[n_negative - 1 - i] = swap;
  }
  sort_bits(values + n_negative, scratch, n_positive);
}
