/* rank_loops.h - the pairs of one row of a query with the rows ranked behind it, as a loop without jumps;
 * included by each tier, like gradient_loops.h. */
#ifndef COPSE_KERNELS_RANK_LOOPS_H
#define COPSE_KERNELS_RANK_LOOPS_H

#include "kernels/kernel_math.h"
#include "kernels/kernels.h"

/* 1 / (1 + e^(sigmoid d)), d = the higher labelled row's score less the other's. */
static inline double rank_probability(const struct rank_rule *rule, enum rank_way way, double d, double side,
                                      double odds, double other) {
  if (way == RANK_ODDS) {
    double lower = side > 0 ? other : odds;
    return lower / (odds + other);
  }
  if (way == RANK_CELLS) {
    double at = (d - rule->least) * rule->cells_per_score;
    at = at > 0 ? at : 0;
    at = at < (double)(RANK_N_CELLS - 1) ? at : (double)(RANK_N_CELLS - 1);
    d = (double)(int32_t)at / rule->cells_per_score + rule->least;
  }
  return 1.0 / (1.0 + kernel_exp(d * rule->sigmoid));
}

static inline __attribute__((always_inline)) void rank_pairs_way(const struct rank_pairs *in,
                                                                 enum rank_way way, bool norm) {
  const struct rank_rule *rule = in->rule;
  const double *scores = in->scores, *gains = in->gains, *discounts = in->discounts;
  const double *labels = in->labels, *odds = in->odds;
  const double score = in->score, gain = in->gain, discount = in->discount, label = in->label;
  const double own_odds = in->own_odds, best = rule->inverse_best;
  const double slope = rule->sigmoid, slope2 = rule->sigmoid * rule->sigmoid;
  float *restrict gradient = in->gradient, *restrict hessian = in->hessian;
  float *restrict own_gradient = in->own_gradient, *restrict own_hessian = in->own_hessian;
  double *restrict lambda = in->lambda;
  for (uint64_t j = 0; j < in->n; j++) {
    double ahead = label > labels[j] ? 1.0 : 0.0, behind = label < labels[j] ? 1.0 : 0.0;
    double side = ahead - behind, distance = score - scores[j];
    double delta = side * (gain - gains[j]) * (discount - discounts[j]) * best;
    if (norm) delta = delta / ((double)0.01f + distance);
    double p = rank_probability(rule, way, side * distance, side, own_odds, way == RANK_ODDS ? odds[j] : 0);
    double pull = p * (-slope * delta);
    float g = (float)pull * (float)side, h = (float)(p * (1.0 - p) * (slope2 * delta));
    lambda[j] = pull;
    own_gradient[j] = g;
    own_hessian[j] = h;
    gradient[j] -= g;
    hessian[j] += h;
  }
}

static void rank_pairs(const struct rank_pairs *in) {
  switch (in->rule->way) {
    case RANK_ODDS:
      if (in->rule->norm)
        rank_pairs_way(in, RANK_ODDS, true);
      else
        rank_pairs_way(in, RANK_ODDS, false);
      break;
    case RANK_EXP: rank_pairs_way(in, RANK_EXP, in->rule->norm); break;
    case RANK_CELLS: rank_pairs_way(in, RANK_CELLS, in->rule->norm); break;
  }
}

#endif
