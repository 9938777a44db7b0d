/* scan_bounds.h - which thresholds of a direction can be the best one, by upper bounds of their gains;
 * included by the tiers that find them.
 *
 * Sums are cut to 31 bits and gains computed with floats, a vector of thresholds at a time, each error in the
 * direction that makes the gain larger. A threshold whose bound is not above what is there already, or not as
 * large as the exact gain of the one with the largest bound, is out; what is left for the exact scan is a few
 * thresholds, or none.
 *
 * A side's gain is t^2 / d. In steps of 2^g_shift gradients and 2^h_shift hessians, with sums rounded down
 * cell by cell: t is known to half a step per bin, d at least the sum of what the cells keep. Sums of few
 * levels (quantised training) are whole steps as they stand: with a shift of 0 nothing is rounded, and bounds
 * have no slack, which would be more than such sums are. */
#ifndef COPSE_KERNELS_SCAN_BOUNDS_H
#define COPSE_KERNELS_SCAN_BOUNDS_H

#include <math.h>

#include "kernels/scan_hopeless.h"

/* So few that may be above the floor are scanned as they are. */
enum { BOUND_MOST_THRESHOLDS = 512, BOUND_MOST_LANES = 16, BOUND_FEW_THRESHOLDS = 64 };

/* How much larger a bound may be on account of the slack in its sums. */
static const double BOUND_SLACK_SHARE = 0x1p-12;

/* What the loop over a direction's thresholds knows before it begins. */
struct bounds {
  const int64_t *gradient, *hessian;
  int64_t first, last; /* thresholds; with counts all of them pass the tests */
  unsigned g_shift, h_shift;
  int32_t left_g, left_h;   /* before bin `first` */
  int32_t total_g, total_h; /* the right side: total less left; hessians: the least it can be */
  int32_t lost_h;           /* steps that a sum of hessians may have lost */
  int32_t least_h, most_h;  /* without counts left hessians must be above and below */
  float slack, l1;          /* of a gradient sum; in steps */
  float slack_terms;        /* without l1: what slack adds to a bound's dividend */
  float least_weight;       /* of a hessian sum with what is added to it */
  double share;             /* of an exact gain, which no bound of such a gain is below */
};

/* What it finds: thresholds begin..end - 1, the others do not pass the tests. */
struct bounded {
  int64_t begin, end; /* begin -1: there is none */
  float most;
};

/* Fills bound[begin .. end - 1], in whole vectors of at most BOUND_MOST_LANES. With counts. */
typedef struct bounded (*find_bounds_fn)(const struct bounds *b, bool has_l1, float *restrict bound);
/* Whether the bound of some threshold that passes the tests is above `least`; without counts, with l1. No
 * division: a bound's dividend is compared with `least` times its divisor. That may be beyond the range of
 * floats, which no dividend is. */
typedef bool (*any_above_fn)(const struct bounds *b, float least);
/* The first threshold of begin..end - 1 whose bound is at least `least`, and the last: there is one. */
typedef void (*find_at_least_fn)(const float *bound, int64_t begin, int64_t end, float least, int64_t *first,
                                 int64_t *last);

/* A whole number as an integer of at most 2^BOUND_SUM_BITS + 2 in magnitude. */
static inline int32_t bound_steps(double steps) {
  const double most = (1 << BOUND_SUM_BITS) + 2;
  return (int32_t)(steps > most ? most : (steps < -most ? -most : steps));
}

/* What a left side's hessians are above and below where both sides pass the tests. `lost`: steps that a sum
 * may have lost by rounding down; 0: it is exact. */
static inline void bounds_of_hessians(const struct scan_steps *s, int32_t lost, struct bounds *b) {
  const int32_t least = bound_steps(lost > 0 ? floor(s->least) : ceil(s->least));
  b->total_h = s->total_h - lost + 2 * s->l2;
  b->least_h = least - 1 - lost + s->l2 - (lost > 0 ? 2 : 0);
  b->most_h = s->total_h - least + 1 + s->l2 + (lost > 0 ? 2 : 0);
}

/* The slack of gradient sums is half a step of each bin. A sum less l1 may lose 2^-23 of the sum by rounding
 * to floats: up to 1.5 l1 that is less than l1 gives way here, beyond it is 2^-21 of what is left. */
static inline void bounds_of_gradients(double l1, int32_t lost, double weights, struct bounds *b) {
  const double slack = lost > 0 ? lost / 2 + 3 : 0;
  b->slack = (float)slack;
  b->l1 = (float)(l1 * (1 - 0x1p-22));
  /* (|t| + s)^2 <= t^2 (1 + r) + s^2 (1 + 1 / r); both sides' together times the other's weight. */
  b->slack_terms = (float)(slack * slack * (1 + 1 / BOUND_SLACK_SHARE) * weights);
  b->share = slack > 0 ? (1 - BOUND_ROUNDING) / (1 + BOUND_SLACK_SHARE) : 1 - BOUND_ROUNDING;
}

/* False: these sums cannot be bounded here. */
static inline bool bounds_prepare(const struct scan_direction *d, struct bounds *b) {
  const struct scan_input *in = d->in;
  const struct scan_steps *s = in->steps;
  if (!s->known || d->last_threshold >= BOUND_MOST_THRESHOLDS || d->base.count < 0 || d->base.hessian < 0)
    return false;
  const int32_t n = (int32_t)d->last_threshold + 2; /* sums rounded down, the base among them */
  const int32_t g_lost = s->g_shift > 0 ? n : 0, h_lost = s->h_shift > 0 ? n : 0;
  const double least_weight = s->added * (1 - BOUND_ROUNDING);
  b->gradient = in->gradient;
  b->hessian = in->hessian;
  b->first = 0;
  b->last = d->last_threshold;
  b->g_shift = s->g_shift;
  b->h_shift = s->h_shift;
  b->lost_h = h_lost;
  b->left_g = (int32_t)(d->base.gradient >> s->g_shift) + g_lost / 2;
  b->left_h = (int32_t)(d->base.hessian >> s->h_shift) + s->l2;
  b->total_g = s->total_g;
  b->least_weight = (float)least_weight;
  bounds_of_hessians(s, h_lost, b);
  bounds_of_gradients(s->l1, g_lost, b->total_h + h_lost + 2 * least_weight + 2, b);
  return true;
}

/* The gain of one threshold; -inf where it does not pass the tests. The scalar scan's operations. */
static inline double bound_exact_gain(const struct scan_direction *d, int64_t threshold) {
  const struct scan_input *in = d->in;
  struct scan_sums left = scan_plus(d->base, scan_sum_bins(in, d->counts, 0, threshold + 1, SCAN_NO_BIN));
  struct scan_sums right = {in->total_gradient - left.gradient, in->total_hessian - left.hessian,
                            in->n_rows - left.count};
  if (!scan_side_fits(d, left.hessian, left.count) || !scan_side_fits(d, right.hessian, right.count))
    return -INFINITY;
  const double l1 = d->rules->lambda_l1, l2 = d->rules->lambda_l2;
  double tl = leaf_threshold_l1((double)left.gradient * in->gradient_unit, l1);
  double tr = leaf_threshold_l1((double)right.gradient * in->gradient_unit, l1);
  double dl = (double)left.hessian * in->hessian_unit + SCAN_EPSILON + l2;
  double dr = (double)right.hessian * in->hessian_unit + SCAN_EPSILON + l2;
  return (tl * tl * dr + tr * tr * dl) / (dl * dr);
}

/* The floor as a bound has it, or -1: it cannot be told. */
static inline double bound_floor(const struct scan_direction *d, const struct bounds *b, double floor) {
  const double least = floor * d->in->steps->per_unit * b->share;
  return least >= 0 && least < 0x1p100 ? least : -1;
}

/* False: no threshold's gain can be above the floor. Else those where it can are among first..last. */
static inline bool bounds_may_rise(const struct scan_direction *d, const struct bounds *b, double floor,
                                   may_rise_fn may_rise, int64_t *first, int64_t *last) {
  struct hopeless h = {.left_g = b->left_g, .left_h = b->left_h};
  *first = 0;
  *last = d->last_threshold;
  if (!hopeless_prepare(d, floor, b->slack, b->lost_h, b->total_h, &h)) return true;
  return may_rise(&h, first, last);
}

/* True: no threshold of a whole column can be above the floor. Without the counts, which cost as much as the
 * bounds do where they are yet to be found. */
static inline __attribute__((always_inline)) bool bounds_hopeless(const struct scan_input *in,
                                                                  const struct scan_rules *rules,
                                                                  may_rise_fn may_rise,
                                                                  any_above_fn any_above) {
  const struct scan_direction all = {
      .in = in, .rules = rules, .last_threshold = (int64_t)in->n_bins - 2, .skipped_bin = SCAN_NO_BIN};
  struct bounds b;
  if (in->count_kind == COUNT_FIELD || in->missing != 0 || in->total_hessian <= 0) return false;
  if (!bounds_prepare(&all, &b)) return false;
  const double least = bound_floor(&all, &b, in->min_gain_shift);
  if (least < 0) return false;
  int64_t first, last;
  if (rules->lambda_l1 > 0) return !any_above(&b, (float)least);
  return !bounds_may_rise(&all, &b, in->min_gain_shift, may_rise, &first, &last);
}

/* Two short walks from the ends leave the thresholds that pass the tests, so that the loop has none. False:
 * there are none. */
static inline bool bounds_keep_range(const struct scan_direction *d, struct bounds *b) {
  struct scan_range range;
  if (!scan_find_range(d, &range)) return false;
  b->first = range.first;
  b->last = range.last;
  b->left_g += (int32_t)(range.left_gradient >> b->g_shift) - (int32_t)(d->base.gradient >> b->g_shift);
  b->left_h += (int32_t)(range.left_hessian >> b->h_shift) - (int32_t)(d->base.hessian >> b->h_shift);
  return true;
}

/* A tier's scan_narrow_fn. */
static inline __attribute__((always_inline)) bool bounds_narrow(const struct scan_direction *d, double floor,
                                                                may_rise_fn may_rise, find_bounds_fn find,
                                                                find_at_least_fn at_least, int64_t *first,
                                                                int64_t *last) {
  struct bounds b;
  *first = 0;
  *last = d->last_threshold;
  if (!bounds_prepare(d, &b)) return true;
  const double least = bound_floor(d, &b, floor);
  if (least < 0) return true;
  if (d->rules->lambda_l1 == 0) {
    if (!bounds_may_rise(d, &b, floor, may_rise, first, last)) return false;
    if (*last - *first < BOUND_FEW_THRESHOLDS) return true;
  }
  if (!bounds_keep_range(d, &b)) return false;
  float bound[BOUND_MOST_THRESHOLDS + BOUND_MOST_LANES];
  struct bounded found = d->rules->lambda_l1 > 0 ? find(&b, true, bound) : find(&b, false, bound);
  if (found.begin < 0 || !((double)found.most > least)) return false;
  int64_t at, same;
  at_least(bound, found.begin, found.end, found.most, &at, &same);
  /* Equal gains stay in: the direction says which of them wins. */
  double gain = bound_exact_gain(d, at) * d->in->steps->per_unit * b.share;
  float level = (float)(gain > least ? gain : least);
  if (level > found.most) level = found.most;
  at_least(bound, found.begin, found.end, level, first, last);
  return true;
}

#endif
