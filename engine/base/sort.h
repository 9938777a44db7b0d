/* sort.h - a stable radix sort of (key, value) pairs, and keys that order doubles. */
#ifndef COPSE_BASE_SORT_H
#define COPSE_BASE_SORT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct sort_pair {
  uint64_t key, value;
};

/* Unsigned integers in the order of the doubles: -inf < ... < -0 < 0 < ... < inf < NaN. Add 0.0 to a value
 * first where -0 and 0 are to be one key. */
static inline uint64_t sort_key_of(double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits ^ (-(bits >> 63) | 0x8000000000000000u);
}

/* Ascending by key, equal keys in their old order; scratch [n]. The result is in pairs. */
void sort_pairs(struct sort_pair *pairs, struct sort_pair *scratch, size_t n);

#endif
