/* scan_steps.h - the steps in which upper bounds of a leaf's gains are reckoned (scan_bounds.h,
 * scan_hopeless.h), and what all its columns have in common there: the divisions of a column's search, done
 * once a leaf.
 *
 * Sums of a leaf's rows are cut to 31 bits: gradients are counted in steps of 2^g_shift, hessians in steps of
 * 2^h_shift fixed-point steps; a gain's unit is the square of the one over the other. */
#ifndef COPSE_KERNELS_SCAN_STEPS_H
#define COPSE_KERNELS_SCAN_STEPS_H

#include <math.h>

#include "kernels/kernels.h"

enum { BOUND_SUM_BITS = 30 };

#define SCAN_EPSILON 1.0000000036274937e-15

/* More than the roundings of a bound together: at most 16 of 2^-24 each. */
static const double BOUND_ROUNDING = 0x1p-16;

struct scan_steps {
  bool known; /* false: these sums have no bounds here */
  unsigned g_shift, h_shift;
  double per_unit;          /* a gain times this is in steps */
  double l1;                /* in steps of gradients */
  double added;             /* to a side's hessian: lambda_l2 and the epsilon */
  int32_t l2;               /* of that, in whole steps */
  int32_t total_g, total_h; /* in whole steps */
  double least;             /* of hessian that a side has which passes the tests */
  double weight;            /* both sides' hessians with what is added to them */
  double mean;              /* gradient over weight */
  double shared_gain;       /* gradient^2 over weight */
  double per_weight;        /* 1 over weight */
  double rounded;           /* more than sums of gradients lose as floats */
};

static inline unsigned bound_shift(uint64_t most) {
  unsigned bits = most == 0 ? 0 : 64 - (unsigned)__builtin_clzll(most);
  return bits > BOUND_SUM_BITS ? bits - BOUND_SUM_BITS : 0;
}

/* The hessian of a side that has rows enough, in raw sums, where rows go by the hessian; what is less by more
 * than its last places has not. */
static inline double scan_least_of_rows(const struct scan_input *leaf, const struct scan_rules *rules) {
  if (leaf->count_kind == COUNT_SHIFT) return ldexp((double)rules->min_data, (int)leaf->count_shift);
  const double factor = count_share_factor(leaf->n_rows, leaf->total_hessian);
  if (leaf->count_kind != COUNT_SHARE || !(factor > 0)) return 0;
  return ((double)rules->min_data - 0.5) / factor;
}

/* Of a leaf: reads what does not depend on the column. */
static inline struct scan_steps scan_steps_of(const struct scan_input *leaf, const struct scan_rules *rules) {
  struct scan_steps s = {.known = false};
  const int64_t most_rows = (int64_t)1 << BOUND_SUM_BITS;
  if (leaf->most_gradient <= 0 || leaf->n_rows >= most_rows || rules->min_data >= most_rows) return s;
  const double l2_sum = rules->lambda_l2 / leaf->hessian_unit;
  if (!(l2_sum < 0x1p60)) return s;
  s.g_shift = bound_shift((uint64_t)leaf->most_gradient);
  s.h_shift = bound_shift((uint64_t)leaf->total_hessian + 2 * (uint64_t)l2_sum);
  if (s.g_shift > 32 || s.h_shift > 32) return s; /* the low halves of shifted cells would lack their sign */
  const double g_size = (double)((uint64_t)1 << s.g_shift), h_size = (double)((uint64_t)1 << s.h_shift);
  const double g_step = leaf->gradient_unit * g_size, h_step = leaf->hessian_unit * h_size;
  s.l1 = rules->lambda_l1 / g_step;
  const double unit = g_step * g_step / h_step;
  if (!(unit > 1e-200 && unit < 1e200 && s.l1 < 0x1p40)) return s;
  s.per_unit = 1 / unit;
  s.added = (SCAN_EPSILON + rules->lambda_l2) / h_step;
  /* Products of two are to stay in the range of floats: hessians so small that the epsilon is 2^60 steps. */
  if (!(s.added > 0x1p-59 && s.added < 0x1p60)) return s;
  s.l2 = (int32_t)((uint64_t)l2_sum >> s.h_shift);
  s.total_g = (int32_t)(leaf->total_gradient >> s.g_shift);
  s.total_h = (int32_t)(leaf->total_hessian >> s.h_shift);
  s.least = (rules->min_sum_hessian - SCAN_EPSILON) / h_step;
  const double of_rows = scan_least_of_rows(leaf, rules) / h_size;
  s.least = (of_rows > s.least ? of_rows : s.least) * (1 - 0x1p-40);
  const double gradient = (double)leaf->total_gradient / g_size;
  s.weight = (double)leaf->total_hessian / h_size + 2 * s.added;
  s.per_weight = 1 / s.weight;
  s.mean = gradient * s.per_weight;
  s.shared_gain = gradient * s.mean;
  s.rounded = (double)((leaf->most_gradient >> s.g_shift) + 1) * 0x1p-24 + fabs(gradient) * 0x1p-22;
  s.known = true;
  return s;
}

#endif
