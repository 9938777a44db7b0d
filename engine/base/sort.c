/* sort.c - least-significant-digit radix sort (Knuth vol. 3, 5.2.5): eight passes of one byte, each stable.
 *
 * One sweep counts the digits of all passes; a pass in which every key has the same digit is left out, so
 * that small integers, float32 values and constants cost few passes. Short arrays are sorted by insertion. */
#include "base/sort.h"

#include <stdbool.h>

enum { DIGITS = 8, RADIX = 256, SHORT = 48 };

static unsigned digit_of(uint64_t key, int pass) { return (unsigned)(key >> (8 * pass)) & (RADIX - 1); }

/* Counts become first positions; false when all n keys share the pass's digit. */
static bool positions_of(size_t *count, size_t n) {
  size_t position = 0;
  for (int d = 0; d < RADIX; d++) {
    if (count[d] == n) return false;
    size_t here = count[d];
    count[d] = position;
    position += here;
  }
  return true;
}

static void insert_pairs(struct sort_pair *pairs, size_t n) {
  for (size_t i = 1; i < n; i++) {
    struct sort_pair pair = pairs[i];
    size_t j = i;
    for (; j > 0 && pairs[j - 1].key > pair.key; j--) pairs[j] = pairs[j - 1];
    pairs[j] = pair;
  }
}

void sort_pairs(struct sort_pair *pairs, struct sort_pair *scratch, size_t n) {
  if (n <= SHORT) {
    insert_pairs(pairs, n);
    return;
  }
  size_t counts[DIGITS][RADIX] = {{0}};
  for (size_t i = 0; i < n; i++)
    for (int pass = 0; pass < DIGITS; pass++) counts[pass][digit_of(pairs[i].key, pass)]++;
  struct sort_pair *from = pairs, *to = scratch;
  for (int pass = 0; pass < DIGITS; pass++) {
    if (!positions_of(counts[pass], n)) continue;
    for (size_t i = 0; i < n; i++) to[counts[pass][digit_of(from[i].key, pass)]++] = from[i];
    struct sort_pair *swap = from;
    from = to;
    to = swap;
  }
  if (from != pairs) memcpy(pairs, from, n * sizeof *pairs);
}
