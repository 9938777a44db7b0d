/* rank_loops.h - the pairs of one row of a query with the rows ranked behind it, as a loop without jumps;
 * included by each tier, like gradient_loops.h. */
#ifndef COPSE_KERNELS_RANK_LOOPS_H
#define COPSE_KERNELS_RANK_LOOPS_H

#include "kernels/kernel_math.h"
#include "kernels/kernels.h"

/* -1, 0 or 1 after the sign; by bits, as a compiler makes jumps of comparisons here. */
static inline double rank_side(double apart) {
  uint64_t bits = kernel_bits_of(apart), magnitude = bits & ~KERNEL_SIGN_BIT;
  uint64_t one = kernel_mask_less(0, magnitude) & KERNEL_ONE_BITS;
  return kernel_double_of(one | (bits & KERNEL_SIGN_BIT));
}

/* 1 / (1 + e^(sigmoid d)), d = the higher labelled row's score less the other's. */
static inline __attribute__((always_inline)) double rank_probability(const struct rank_rule *rule,
                                                                     enum rank_way way, double d, double side,
                                                                     double odds, double other) {
  if (way == RANK_ODDS) {
    uint64_t behind = -(kernel_bits_of(side) >> 63);
    uint64_t lower = kernel_select(behind, kernel_bits_of(odds), kernel_bits_of(other));
    return kernel_double_of(lower) / (odds + other);
  }
  if (way == RANK_CELLS) {
    double at = (d - rule->least) * rule->cells_per_score;
    at = at > 0 ? at : 0;
    at = at < (double)(RANK_N_CELLS - 1) ? at : (double)(RANK_N_CELLS - 1);
    d = (double)(int32_t)at / rule->cells_per_score + rule->least;
  }
  return 1.0 / (1.0 + kernel_exp(d * rule->sigmoid));
}

/* What is written comes as parameters: a compiler believes `restrict` of these alone. */
static inline __attribute__((always_inline)) void rank_pairs_way(
    const struct rank_pairs *in, enum rank_way way, bool norm, float *restrict gradient,
    float *restrict hessian, float *restrict own_gradient, float *restrict own_hessian,
    double *restrict lambda) {
  const struct rank_rule rule = *in->rule;
  const double *scores = in->scores, *gains = in->gains, *discounts = in->discounts;
  const double *labels = in->labels, *odds = way == RANK_ODDS ? in->odds : in->scores;
  const double score = in->score, gain = in->gain, discount = in->discount, label = in->label;
  const double own_odds = in->own_odds, slope2 = rule.sigmoid * rule.sigmoid;
  const uint64_t n = in->n;
  for (uint64_t j = 0; j < n; j++) {
    double side = rank_side(label - labels[j]), distance = score - scores[j];
    double delta = side * (gain - gains[j]) * (discount - discounts[j]) * rule.inverse_best;
    if (norm) delta = delta / ((double)0.01f + distance);
    double p = rank_probability(&rule, way, side * distance, side, own_odds, odds[j]);
    double pull = p * (-rule.sigmoid * delta);
    float g = (float)pull * (float)side, h = (float)(p * (1.0 - p) * (slope2 * delta));
    lambda[j] = pull;
    own_gradient[j] = g;
    own_hessian[j] = h;
    gradient[j] -= g;
    hessian[j] += h;
  }
}

#define RANK_PAIRS_WAY(way, norm) \
  rank_pairs_way(in, way, norm, in->gradient, in->hessian, in->own_gradient, in->own_hessian, in->lambda)

static void rank_pairs(const struct rank_pairs *in) {
  bool norm = in->rule->norm;
  switch (in->rule->way) {
    case RANK_ODDS:
      if (norm)
        RANK_PAIRS_WAY(RANK_ODDS, true);
      else
        RANK_PAIRS_WAY(RANK_ODDS, false);
      break;
    case RANK_EXP:
      if (norm)
        RANK_PAIRS_WAY(RANK_EXP, true);
      else
        RANK_PAIRS_WAY(RANK_EXP, false);
      break;
    case RANK_CELLS:
      if (norm)
        RANK_PAIRS_WAY(RANK_CELLS, true);
      else
        RANK_PAIRS_WAY(RANK_CELLS, false);
      break;
  }
}

#endif
