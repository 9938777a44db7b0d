/* radix_sort.c - least-significant-digit radix sort of doubles through order-preserving integer keys.
 *
 * A double's bits, with the sign flipped for positive and all bits flipped for negative numbers, compare like
 * the number (Knuth vol. 3, 5.2.5; Herf 2001). Six digits of 11 bits cover the key; one pass counts all of
 * them, and a digit that is the same in every key is skipped: a column read as float32 needs four passes, one
 * of small whole numbers two. */
#include "data/radix_sort.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { DIGIT_BITS = 11, N_DIGITS = 6, RADIX = 1 << DIGIT_BITS, SMALL = 64 };

static uint64_t key_load(const double *at) {
  uint64_t bits;
  memcpy(&bits, at, sizeof bits);
  return bits ^ ((uint64_t)((int64_t)bits >> 63) | 0x8000000000000000u);
}

static uint32_t digit_of(uint64_t key, int digit) {
  return (uint32_t)(key >> (digit * DIGIT_BITS)) & (RADIX - 1);
}

static void sort_small(double *values, size_t n) {
  for (size_t i = 1; i < n; i++) {
    double value = values[i];
    uint64_t key = key_load(&value);
    size_t j = i;
    for (; j > 0 && key_load(&values[j - 1]) > key; j--) values[j] = values[j - 1];
    values[j] = value;
  }
}

/* Counts every digit of every key; true when the values are in order already. */
static bool count_digits(const double *values, size_t n, uint32_t counts[N_DIGITS][RADIX]) {
  bool sorted = true;
  uint64_t before = 0;
  for (size_t i = 0; i < n; i++) {
    uint64_t key = key_load(&values[i]);
    sorted &= before <= key;
    before = key;
    for (int d = 0; d < N_DIGITS; d++) counts[d][digit_of(key, d)]++;
  }
  return sorted;
}

static void scatter(const double *from, double *to, size_t n, int digit, uint32_t *counts) {
  uint32_t next = 0;
  for (int i = 0; i < RADIX; i++) {
    uint32_t count = counts[i];
    counts[i] = next;
    next += count;
  }
  for (size_t i = 0; i < n; i++) {
    uint32_t d = digit_of(key_load(&from[i]), digit);
    to[counts[d]++] = from[i];
  }
}

void radix_sort_doubles(double *values, double *scratch, size_t n) {
  assert(n <= UINT32_MAX);
  if (n <= SMALL) {
    sort_small(values, n);
    return;
  }
  uint32_t counts[N_DIGITS][RADIX] = {{0}};
  if (count_digits(values, n, counts)) return;
  uint64_t any_key = key_load(&values[0]);
  double *from = values, *to = scratch;
  for (int d = 0; d < N_DIGITS; d++) {
    if (counts[d][digit_of(any_key, d)] == n) continue;
    scatter(from, to, n, d, counts[d]);
    double *swap = from;
    from = to;
    to = swap;
  }
  if (from != values) memcpy(values, from, n * sizeof *values);
}
