/* bins_distinct.c - distinct values by a full sort; zeros never enter it. Section numbers in comments are
 * those of the algorithms' description. */
#include "data/bins_distinct.h"

#include <math.h>

#include "data/bins.h"
#include "data/radix_sort.h"

enum { LANES = 4, BLOCK = 512 };

/* Independent lanes: no chain of comparisons is longer than a share of the values. */
struct lanes {
  double least[LANES], most[LANES], most_negative[LANES], least_positive[LANES];
  double n_kept[LANES], n_nan[LANES]; /* whole numbers */
};

static inline void look_at(struct lanes *lanes, const double *values) {
  for (int k = 0; k < LANES; k++) {
    double value = values[k];
    double above = value > BINS_ZERO ? value : HUGE_VAL, below = value < -BINS_ZERO ? value : -HUGE_VAL;
    lanes->least_positive[k] = above < lanes->least_positive[k] ? above : lanes->least_positive[k];
    lanes->most_negative[k] = below > lanes->most_negative[k] ? below : lanes->most_negative[k];
    lanes->least[k] = value < lanes->least[k] ? value : lanes->least[k];
    lanes->most[k] = value > lanes->most[k] ? value : lanes->most[k];
    lanes->n_kept[k] += fabs(value) > BINS_ZERO ? 1.0 : 0.0;
    lanes->n_nan[k] += value != value ? 1.0 : 0.0;
  }
}

static uint64_t keep_block(const double *from, size_t n, double *to) {
  uint64_t kept = 0;
  for (size_t i = 0; i < n; i++) {
    double value = from[i];
    to[kept] = value;
    kept += fabs(value) > BINS_ZERO ? 1 : 0;
  }
  return kept;
}

static uint64_t sum_of(const double *counts) {
  double sum = 0;
  for (int k = 0; k < LANES; k++) sum += counts[k];
  return (uint64_t)sum;
}

void distinct_keep_nonzero(double *values, uint64_t n, struct value_range *range) {
  struct lanes all;
  for (int k = 0; k < LANES; k++) {
    all.least[k] = all.least_positive[k] = HUGE_VAL;
    all.most[k] = all.most_negative[k] = -HUGE_VAL;
    all.n_kept[k] = all.n_nan[k] = 0;
  }
  uint64_t kept = 0;
  for (uint64_t start = 0; start < n; start += BLOCK) {
    size_t length = n - start < BLOCK ? (size_t)(n - start) : BLOCK, i = 0;
    struct lanes lanes = all;
    for (; i + LANES <= length; i += LANES) look_at(&lanes, values + start + i);
    if (i < length) {
      double tail[LANES] = {0}; /* zeros count for nothing */
      memcpy(tail, values + start + i, (length - i) * sizeof *tail);
      look_at(&lanes, tail);
    }
    bool whole = sum_of(lanes.n_kept) - sum_of(all.n_kept) == length;
    all = lanes;
    if (!whole)
      kept += keep_block(values + start, length, values + kept);
    else if (kept == start)
      kept += length;
    else {
      memmove(values + kept, values + start, length * sizeof *values);
      kept += length;
    }
  }
  for (int k = 1; k < LANES; k++) {
    all.least[0] = fmin(all.least[0], all.least[k]);
    all.most[0] = fmax(all.most[0], all.most[k]);
    all.least_positive[0] = fmin(all.least_positive[0], all.least_positive[k]);
    all.most_negative[0] = fmax(all.most_negative[0], all.most_negative[k]);
  }
  *range =
      (struct value_range){.n = kept,
                           .n_nan = sum_of(all.n_nan),
                           .any_negative = all.least[0]<-BINS_ZERO, .any_positive = all.most[0]> BINS_ZERO,
                           .least_negative = all.least[0],
                           .most_negative = all.most_negative[0],
                           .least_positive = all.least_positive[0],
                           .most_positive = all.most[0]};
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
