/* rank_loops.h - the pairs of one row of a query with the rows ranked behind it, without jumps; included by
 * each tier, like gradient_loops.h. */
#ifndef COPSE_KERNELS_RANK_LOOPS_H
#define COPSE_KERNELS_RANK_LOOPS_H

#include "kernels/kernel_math.h"
#include "kernels/kernels.h"

#define RANK_INLINE static inline __attribute__((always_inline))

/* -1, 0 or 1 after the sign; by bits, as a compiler makes jumps of comparisons here. */
RANK_INLINE double rank_side(double apart) {
  uint64_t bits = kernel_bits_of(apart), magnitude = bits & ~KERNEL_SIGN_BIT;
  uint64_t one = kernel_mask_less(0, magnitude) & KERNEL_ONE_BITS;
  return kernel_double_of(one | (bits & KERNEL_SIGN_BIT));
}

/* p = lower / total with lower the odds of the row with the lower label and total those of both; the division
 * by the distance shares its division. out: g, h, pull. */
RANK_INLINE void rank_pair(const struct rank_pairs *in, uint64_t j, double out[3]) {
  double side = rank_side(in->label - in->labels[j]), other = in->odds[j], total = in->own_odds + other;
  double delta = side * (in->gain - in->gains[j]) * (in->discount - in->discounts[j]) * in->inverse_best;
  uint64_t behind = -(kernel_bits_of(side) >> 63);
  double lower = kernel_double_of(kernel_select(behind, kernel_bits_of(in->own_odds), kernel_bits_of(other)));
  double p;
  if (in->norm) {
    double gap = (double)0.01f + (in->score - in->scores[j]), inverse = 1.0 / (gap * total);
    p = lower * gap * inverse;
    delta = delta * total * inverse;
  } else {
    p = lower / total;
  }
  double pull = p * (in->sigmoid * delta);
  out[0] = pull * side;
  out[1] = p * (1.0 - p) * (in->sigmoid * in->sigmoid * delta);
  out[2] = pull;
}

/* The pairs from `from` on, and the sums of all: lanes hold those before. */
RANK_INLINE void rank_rest(const struct rank_pairs *in, uint64_t from, double lanes[3][4], double sums[3]) {
  for (uint64_t j = from; j < in->n; j++) {
    double out[3];
    rank_pair(in, j, out);
    in->gradient[j] += out[0];
    in->hessian[j] += out[1];
    for (int s = 0; s < 3; s++) lanes[s][j % 4] += out[s];
  }
  for (int s = 0; s < 3; s++) sums[s] = (lanes[s][0] + lanes[s][1]) + (lanes[s][2] + lanes[s][3]);
}

static void rank_pairs(const struct rank_pairs *in, double sums[3]) {
  double lanes[3][4] = {{0}};
  rank_rest(in, 0, lanes, sums);
}

/* ---- as LightGBM has it ---- */

/* What is written comes as parameters: a compiler believes `restrict` of these alone. */
RANK_INLINE void rank_cells_loop(const struct rank_pairs *in, const struct rank_cells *cells, bool norm,
                                 float *restrict gradient, float *restrict hessian,
                                 float *restrict own_gradient, float *restrict own_hessian,
                                 double *restrict pulls) {
  const double *scores = in->scores, *gains = in->gains, *discounts = in->discounts, *labels = in->labels;
  const double score = in->score, gain = in->gain, discount = in->discount, label = in->label;
  const double sigmoid = in->sigmoid, inverse_best = in->inverse_best, last = RANK_N_CELLS - 1;
  const double least = cells->least, per_score = cells->per_score;
  const uint64_t n = in->n;
  for (uint64_t j = 0; j < n; j++) {
    double side = rank_side(label - labels[j]), distance = score - scores[j];
    double delta = side * (gain - gains[j]) * (discount - discounts[j]) * inverse_best;
    if (norm) delta = delta / ((double)0.01f + distance);
    double at = (side * distance - least) * per_score;
    at = kernel_smaller(kernel_larger(at, 0.0), last);
    double edge = (double)(int32_t)at / per_score + least;
    double p = 1.0 / (1.0 + kernel_exp(edge * sigmoid)), pull = p * (sigmoid * delta);
    float g = (float)pull * (float)side, h = (float)(p * (1.0 - p) * (sigmoid * sigmoid * delta));
    pulls[j] = pull;
    own_gradient[j] = -g;
    own_hessian[j] = h;
    gradient[j] += g;
    hessian[j] += h;
  }
}

static void rank_cells(const struct rank_pairs *in, const struct rank_cells *cells) {
  if (in->norm)
    rank_cells_loop(in, cells, true, cells->gradient, cells->hessian, cells->own_gradient, cells->own_hessian,
                    cells->pull);
  else
    rank_cells_loop(in, cells, false, cells->gradient, cells->hessian, cells->own_gradient,
                    cells->own_hessian, cells->pull);
}

#endif
