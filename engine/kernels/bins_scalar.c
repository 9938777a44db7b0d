/* bins_scalar.c - values to bins, and what finding cut points asks of every value. */
#include <math.h>

#include "kernels/tiers.h"

/* Search by halving. The number of steps depends on n_upper only, so several values take them together: that
 * hides the latency of the loads (41 -> 5 ns a value with 255 bounds). */
void bin_numeric_scalar(const double *upper, uint32_t n_upper, const double *values, uint64_t n,
                        uint16_t *bins) {
  enum { LANES = 8 };
  for (uint64_t begin = 0; begin < n; begin += LANES) {
    double value[LANES] = {0};
    uint32_t low[LANES] = {0};
    uint64_t lanes = n - begin < LANES ? n - begin : LANES;
    for (uint64_t j = 0; j < lanes; j++) value[j] = values[begin + j];
    for (uint32_t length = n_upper; length > 1;) {
      uint32_t half = length / 2;
      /* a product, not a choice: gcc turns choices that depend on a load into branches */
      for (int j = 0; j < LANES; j++) low[j] += (uint32_t)(upper[low[j] + half - 1] < value[j]) * half;
      length -= half;
    }
    for (uint64_t j = 0; j < lanes; j++) bins[begin + j] = (uint16_t)low[j];
  }
}

void transpose_scalar(const double *rows, size_t row_stride, uint64_t n, uint32_t n_columns, double *columns,
                      size_t column_stride) {
  for (uint32_t c = 0; c < n_columns; c++)
    for (uint64_t i = 0; i < n; i++) columns[c * column_stride + i] = rows[i * row_stride + c];
}

void interleave_scalar(const uint8_t *const *columns, uint32_t n_columns, uint64_t n, uint8_t *rows,
                       size_t row_stride) {
  for (uint32_t c = 0; c < n_columns; c++)
    for (uint64_t i = 0; i < n; i++) rows[i * row_stride + c] = columns[c][i];
}

void add_range_scalar(const double *values, uint64_t n, double zero, struct number_range *range) {
  struct number_range seen = *range;
  for (uint64_t i = 0; i < n; i++) {
    double value = values[i];
    double above = value > zero ? value : HUGE_VAL, below = value < -zero ? value : -HUGE_VAL;
    seen.least_positive = above < seen.least_positive ? above : seen.least_positive;
    seen.most_negative = below > seen.most_negative ? below : seen.most_negative;
    if (value < -zero && value < seen.least_negative) seen.least_negative = value;
    if (value > zero && value > seen.most_positive) seen.most_positive = value;
    seen.n += fabs(value) > zero ? 1 : 0;
  }
  *range = seen;
}

unsigned find_buckets_scalar(const double *values, uint64_t n, const struct bucket_rule *rule,
                             uint16_t *buckets) {
  const struct bucket_rule by = *rule;
  unsigned facts = 0;
  for (uint64_t i = 0; i < n; i++) buckets[i] = bucket_of(values[i], &by, &facts);
  return facts;
}

uint64_t look_up_scalar(const uint16_t *buckets, uint64_t n, const uint16_t *table, uint8_t *cells,
                        uint32_t first, uint32_t *list) {
  uint64_t n_listed = 0;
  for (uint64_t i = 0; i < n; i++) {
    const uint16_t entry = table[buckets[i]];
    if (cells != NULL) cells[i] = (uint8_t)entry;
    list[n_listed] = first + (uint32_t)i; /* without a jump: most are written over */
    n_listed += entry / BUCKET_MARK;
  }
  return n_listed;
}

#define TRANSPOSE transpose_scalar
#define FIND_BUCKETS find_buckets_scalar
#include "kernels/bucket_loops.h"

void kernels_bins_scalar(struct kernels *slots) {
  slots->bin_numeric = bin_numeric_scalar;
  slots->transpose = transpose_scalar;
  slots->interleave = interleave_scalar;
  slots->add_range = add_range_scalar;
  slots->find_buckets = find_buckets_scalar;
  slots->bucket_rows = bucket_rows;
  slots->look_up = look_up_scalar;
}
