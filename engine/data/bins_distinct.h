/* bins_distinct.h - the distinct values of a numeric feature, in order. Only bins*.c and their tests include
 * this. */
#ifndef COPSE_DATA_BINS_DISTINCT_H
#define COPSE_DATA_BINS_DISTINCT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "data/bins.h"

/* The distinct values of one sign, ascending, each with its number of rows. An entry may stand for several
 * values whose order nobody asked for yet: unsorted[i] is then not 0, values[i] at most the least of them and
 * above all values before. */
struct value_side {
  const double *values;
  const uint64_t *counts;
  const uint32_t *unsorted; /* NULL: every entry is one value */
  size_t n;
  uint64_t rows;
};

/* Both sides without zero: negative ones first in the same arrays. */
struct distinct {
  double *values;
  uint64_t *counts;
  uint32_t *unsorted; /* as above */
  size_t n_negative, n_positive;
  uint64_t negative_rows, positive_rows, zero_rows;
};

/* The next double above x; +inf stays. */
static inline double next_up(double x) {
  if (x == 0.0) return 0x1p-1074;
  if (x == __builtin_huge_val()) return x;
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  bits = x > 0 ? bits + 1 : bits - 1;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static inline bool nearly_equal(double below, double above) { return above <= next_up(below); }

static inline struct value_side negative_side(const struct distinct *d) {
  return (struct value_side){d->values, d->counts, d->unsorted, d->n_negative, d->negative_rows};
}

static inline struct value_side positive_side(const struct distinct *d) {
  return (struct value_side){d->values + d->n_negative, d->counts + d->n_negative,
                             d->unsorted != NULL ? d->unsorted + d->n_negative : NULL, d->n_positive,
                             d->positive_rows};
}

/* 1.4: sorted values[0..n) become distinct values in place; a group of near neighbours is represented by its
 * largest. Returns how many; counts [n] may be the memory that served the sort. */
size_t distinct_merge(double *values, uint64_t n, uint64_t *counts);

/* All distinct values of values[0..n), by a sort in place. scratch [n] doubles: the counts afterwards. */
void distinct_sort(double *values, uint64_t n, void *scratch, struct distinct *out);

#endif
