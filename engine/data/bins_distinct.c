/* bins_distinct.c - distinct values by a full sort; zeros never enter it. Section numbers in comments are
 * those of the algorithms' description. */
#include "data/bins_distinct.h"

#include <math.h>

#include "data/bins.h"
#include "data/radix_sort.h"

void distinct_keep_nonzero(double *values, uint64_t n, struct value_range *range) {
  uint64_t kept = 0, nan_rows = 0, negative = 0;
  double least = HUGE_VAL, most = -HUGE_VAL, most_negative = -HUGE_VAL, least_positive = HUGE_VAL;
  for (uint64_t i = 0; i < n; i++) {
    double value = values[i];
    bool above = value > BINS_ZERO, below = value < -BINS_ZERO;
    nan_rows += isnan(value) ? 1 : 0;
    values[kept] = value;
    kept += above | below;
    negative += below;
    double if_above = above ? value : HUGE_VAL, if_below = below ? value : -HUGE_VAL;
    least_positive = if_above < least_positive ? if_above : least_positive;
    most_negative = if_below > most_negative ? if_below : most_negative;
    least =
        value < least ? value : least; /* zeros only move them towards zero, where the other sign begins */
    most = value > most ? value : most;
  }
  *range = (struct value_range){.n = kept,
                                .n_negative = negative,
                                .n_nan = nan_rows,
                                .least_negative = least,
                                .most_negative = most_negative,
                                .least_positive = least_positive,
                                .most_positive = most};
}

size_t distinct_merge(double *values, uint64_t n, uint64_t *counts) {
  if (n == 0) return 0;
  size_t last = 0;
  double before = values[0];
  for (uint64_t i = 0; i < n; i++) {
    double value = values[i];
    last += nearly_equal(before, value) ? 0 : 1;
    values[last] = before = value;
    counts[last] = i + 1; /* where the group ends */
  }
  for (size_t i = last; i > 0; i--) counts[i] -= counts[i - 1];
  return last + 1;
}

void distinct_sort(double *values, uint64_t n, void *scratch, struct distinct *out) {
  radix_sort_doubles(values, scratch, n);
  uint64_t low = 0, high = n; /* the first positive value */
  while (low < high) {
    uint64_t middle = low + (high - low) / 2;
    if (values[middle] < 0)
      low = middle + 1;
    else
      high = middle;
  }
  out->values = values;
  out->counts = scratch;
  out->unsorted = NULL;
  out->negative_rows = low;
  out->positive_rows = n - low;
  out->n_negative = distinct_merge(values, low, out->counts);
  out->n_positive = distinct_merge(values + low, n - low, out->counts + low);
  /* close the gap that merging left between the two sides */
  for (size_t i = 0; i < out->n_positive; i++) {
    values[out->n_negative + i] = values[low + i];
    out->counts[out->n_negative + i] = out->counts[low + i];
  }
}
