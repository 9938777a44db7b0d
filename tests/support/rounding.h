/* rounding.h - rounding without the instructions under test. */
#ifndef TESTS_ROUNDING_H
#define TESTS_ROUNDING_H

#include <math.h>
#include <stdint.h>

#include "kernels/kernels.h"

/* Half to even, in integers. */
static inline int64_t naive_round(double value) {
  double whole = floor(value), rest = value - whole;
  int64_t low = (int64_t)whole;
  if (rest > 0.5 || (rest == 0.5 && low % 2 != 0)) low++;
  return low;
}

/* What a row adds to its cells. */
static inline struct hist_pair naive_pair(const struct hist_source *source, struct row_gradient row) {
  int64_t g = naive_round((double)row.gradient * source->gradient_scale);
  uint64_t h = (uint64_t)naive_round((double)row.hessian * source->hessian_scale);
  if (h == 0 && row.hessian > 0) h = 1;
  return (struct hist_pair){g, h << source->count_bits | (source->count_bits > 0 ? 1 : 0)};
}

#endif
