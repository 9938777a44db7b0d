/* bins_distinct.c - distinct values by a full sort; zeros never enter it. Section numbers in comments are
 * those of the algorithms' description. */
#include "data/bins_distinct.h"

#include <math.h>

#include "data/radix_sort.h"

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
