/* scan_hopeless.h - whether any threshold of a direction can have a gain above the floor, in one walk over
 * its bins that looks at no counts and divides nothing; included by the tiers that have the loop.
 *
 * G and D are both sides' gradients and weights (hessians with what is added to them) together, g and d the
 * left side's. Without l1
 *
 *   g^2 / d + (G - g)^2 / (D - d) = G^2 / D + (g - c d)^2 D / (d (D - d)),  c = G / D,
 *
 * so a gain is above the floor where (g - c d)^2 is more than k d (D - d), k = (floor - G^2 / D) / D: half
 * the operations of the bounds of scan_bounds.h, in the same steps and with each error in the same direction.
 * Most columns of a leaf get no further; of others some thresholds are left. Those with too few rows on a
 * side are tried as well, and where a side has less hessian than it may have the right side of the test is as
 * if it had. */
#ifndef COPSE_KERNELS_SCAN_HOPELESS_H
#define COPSE_KERNELS_SCAN_HOPELESS_H

#include "kernels/scan_ranges.h"

/* What the loop knows before it begins. */
struct hopeless {
  const int64_t *gradient, *hessian;
  int64_t last; /* threshold */
  unsigned g_shift, h_shift;
  int32_t left_g, left_h; /* before bin 0 */
  float c, k;
  float weight; /* D, the least it can be */
  float least;  /* k d (D - d) is no less where sides have hessian enough */
  float level;  /* where (g - c d)^2 - k d (D - d) is less than this the gain is not above the floor */
};

/* Whether some threshold may be above the floor; if so those that may are among first..last. */
typedef bool (*may_rise_fn)(const struct hopeless *h, int64_t *first, int64_t *last);

/* (|x| + e)^2 <= x^2 (1 + r) + e^2 (1 + 1 / r): how much lower the floor is on account of errors. */
static const double HOPELESS_SHARE = 0x1p-7;

/* slack: of a gradient sum; lost_h: steps that a sum of hessians may have lost; weight: of both sides, the
 * least it can be. False: it cannot be told. */
static inline bool hopeless_prepare(const struct scan_direction *d, double floor, double slack,
                                    int32_t lost_h, int32_t weight, struct hopeless *h) {
  const struct scan_steps *s = d->in->steps;
  const double above = floor * s->per_unit * (1 - 0x1p-40) - s->shared_gain;
  const double k = above * s->per_weight * ((1 - BOUND_ROUNDING) / (1 + HOPELESS_SHARE));
  if (!(k > 0x1p-100 && k < 0x1p60)) return false;
  const double least = (s->least > 0 ? s->least : 0) + s->added;
  const double error = slack + fabs(s->mean) * (lost_h + s->added - s->l2) + s->rounded;
  h->gradient = d->in->gradient;
  h->hessian = d->in->hessian;
  h->last = d->last_threshold;
  h->g_shift = s->g_shift;
  h->h_shift = s->h_shift;
  h->c = (float)s->mean;
  h->k = (float)k;
  h->weight = (float)(weight * (1 - 0x1p-22));
  h->least = (float)(k * least * (s->weight - least) * (1 - BOUND_ROUNDING));
  h->level = (float)(error * error * (-(1 + BOUND_ROUNDING) / HOPELESS_SHARE));
  return true;
}

/* Both halves of a walk's state before bin 0: gradient above hessian. */
static inline int64_t hopeless_left(const struct hopeless *h) {
  return (int64_t)((uint64_t)(uint32_t)h->left_g << 32 | (uint32_t)h->left_h);
}

/* Whether some of a tier's `lanes` thresholds from t on may be above the floor. walk: what the tier keeps. */
typedef bool (*rising_fn)(const struct hopeless *h, void *walk, int64_t t);

/* A tier's may_rise_fn; at_end: of fewer thresholds, the last ones. */
static inline __attribute__((always_inline)) bool hopeless_walk(const struct hopeless *h, void *walk,
                                                                const int64_t lanes, rising_fn rising,
                                                                rising_fn at_end, int64_t *first,
                                                                int64_t *last) {
  int64_t t = 0;
  *first = *last = -1;
  for (; t + lanes <= h->last + 1; t += lanes) {
    if (__builtin_expect(!rising(h, walk, t), 1)) continue;
    if (*first < 0) *first = t;
    *last = t + lanes - 1;
  }
  if (t <= h->last && at_end(h, walk, t)) {
    if (*first < 0) *first = t;
    *last = h->last;
  }
  return *first >= 0;
}

#if defined(__x86_64__)
bool scan_may_rise_avx2(const struct hopeless *h, int64_t *first, int64_t *last);
bool scan_may_rise_avx512(const struct hopeless *h, int64_t *first, int64_t *last);
#endif

#endif
