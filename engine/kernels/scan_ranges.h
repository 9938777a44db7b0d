/* scan_ranges.h - what a vector scan does around its inner loop; included by the tiers that have one.
 *
 * A direction of the scan is brought to one form. L(t) = base + bins 0..t is the left side at threshold t and
 * total - L(t) the right side: in the reverse scan base is what that scan never adds to the right (the
 * missing bin), so that both directions do the very integer sums of the scalar scan. Counts and hessians of a
 * side only grow with the side, so the thresholds that pass the tests are one range: two short walks from the
 * ends find it, and the inner loop has no tests left. Ascending order with >= keeps the largest threshold
 * among equal gains, which the reverse scan meets first; with > the smallest, which the forward scan does. */
#ifndef COPSE_KERNELS_SCAN_RANGES_H
#define COPSE_KERNELS_SCAN_RANGES_H

#include <math.h>
#include <string.h>

#include "kernels/scan_steps.h"

enum { SCAN_MOST_COUNTS = 1024, SCAN_FEWEST_BINS = 8, SCAN_NO_BIN = -1 };

struct scan_sums {
  int64_t gradient, hessian, count;
};

/* Thresholds first..last, both included, that pass every test. */
struct scan_range {
  const struct scan_input *in;
  const struct scan_rules *rules;
  int64_t left_gradient, left_hessian; /* the left side without bin `first` */
  int64_t first, last;
  int64_t skipped_bin;  /* adds nothing; SCAN_NO_BIN: none */
  int64_t no_threshold; /* no candidate; SCAN_NO_BIN: none */
  double floor;         /* a candidate's gain must be larger */
  bool latest_of_equal; /* which of equal gains wins */
};

struct scan_best {
  double gain;
  int64_t threshold; /* -1: none above the floor */
};

/* Of the best gains of some lanes (threshold -1: none) the largest; equal ones: the last or the first
 * threshold. */
static inline struct scan_best scan_best_of_lanes(const double *gain, const int64_t *threshold, int n,
                                                  bool latest) {
  struct scan_best best = {0, -1};
  for (int k = 0; k < n; k++) {
    if (threshold[k] < 0) continue;
    bool later = latest ? threshold[k] > best.threshold : threshold[k] < best.threshold;
    if (best.threshold < 0 || gain[k] > best.gain || (gain[k] == best.gain && later))
      best = (struct scan_best){gain[k], threshold[k]};
  }
  return best;
}

/* The best threshold of a range; and LightGBM's estimate of every cell's count, below 2^31. */
typedef struct scan_best (*scan_range_fn)(const struct scan_range *range);
typedef void (*scan_estimate_fn)(const int64_t *hessian, uint32_t n, double unit, double factor,
                                 uint32_t *counts);

/* One direction. */
struct scan_direction {
  const struct scan_input *in;
  const struct scan_rules *rules;
  const uint32_t *counts;
  struct scan_sums base; /* the left side before bin 0 */
  struct scan_sums bins; /* bins 0..last_threshold but the skipped one */
  int64_t last_threshold, skipped_bin;
};

/* Narrows thresholds 0..last_threshold to first..last, among which are all whose gain is above `floor` and
 * largest of all. False: there is none. */
typedef bool (*scan_narrow_fn)(const struct scan_direction *d, double floor, int64_t *first, int64_t *last);

/* Of bins from..end - 1. */
static inline struct scan_sums scan_sum_bins(const struct scan_input *in, const uint32_t *counts,
                                             int64_t from, int64_t end, int64_t skipped) {
  int64_t g = 0, h = 0, c = 0;
  for (int64_t b = from; b < end; b++) g += in->gradient[b];
  for (int64_t b = from; b < end; b++) h += in->hessian[b];
  for (int64_t b = from; b < end; b++) c += counts[b];
  if (skipped >= from && skipped < end) {
    g -= in->gradient[skipped];
    h -= in->hessian[skipped];
    c -= counts[skipped];
  }
  return (struct scan_sums){g, h, c};
}

static inline bool scan_side_fits(const struct scan_direction *d, int64_t hessian, int64_t count) {
  return count >= d->rules->min_data &&
         (double)hessian * d->in->hessian_unit + SCAN_EPSILON >= d->rules->min_sum_hessian;
}

/* Narrows the range from both ends. False: nothing is left. */
static inline bool scan_find_range(const struct scan_direction *d, struct scan_range *range) {
  const struct scan_input *in = d->in;
  int64_t h = in->total_hessian - d->base.hessian - d->bins.hessian;
  int64_t n = in->n_rows - d->base.count - d->bins.count;
  int64_t last = d->last_threshold;
  for (; last >= 0 && !scan_side_fits(d, h, n); last--) {
    if (last == d->skipped_bin) continue;
    h += in->hessian[last];
    n += d->counts[last];
  }
  int64_t first = 0, g = d->base.gradient;
  h = d->base.hessian;
  n = d->base.count;
  for (; first <= last; first++) {
    bool adds = first != d->skipped_bin;
    int64_t more_h = h + (adds ? in->hessian[first] : 0), more_n = n + (adds ? d->counts[first] : 0);
    if (scan_side_fits(d, more_h, more_n)) break;
    h = more_h;
    n = more_n;
    g += adds ? in->gradient[first] : 0;
  }
  range->first = first;
  range->last = last;
  range->left_gradient = g;
  range->left_hessian = h;
  return first <= last;
}

static inline bool scan_fits_ranges(const struct scan_input *in, const struct scan_rules *rules) {
  if (!leaf_rules_plain(rules) || in->only_threshold != UINT32_MAX || in->skip_bin0) return false;
  if (in->bounds != NULL) return false;
  enum { MISSING_IS_ZERO = 1 };
  if (in->n_bins < SCAN_FEWEST_BINS || (in->bin0_is_rest && in->missing == MISSING_IS_ZERO)) return false;
  if (in->count_kind == COUNT_SHARE && in->missing != 0 && in->n_bins > 2) return false;
  return in->count_kind == COUNT_FIELD || (in->n_bins <= SCAN_MOST_COUNTS && in->n_rows < (int64_t)1 << 30);
}

/* The input with its leaf's steps, which are made here unless it has them. */
static inline const struct scan_input *scan_with_steps(const struct scan_input *in,
                                                       const struct scan_rules *rules,
                                                       struct scan_input *room, struct scan_steps *steps) {
  if (in->steps != NULL) return in;
  *steps = scan_steps_of(in, rules);
  *room = *in;
  room->steps = steps;
  return room;
}

static inline const uint32_t *scan_counts(const struct scan_input *in, scan_estimate_fn estimate,
                                          uint32_t *room) {
  if (in->count_kind == COUNT_FIELD) return in->count;
  if (in->count_kind == COUNT_SHIFT) {
    for (uint32_t b = 0; b < in->n_bins; b++) room[b] = (uint32_t)(in->hessian[b] >> in->count_shift);
    return room;
  }
  if (in->count_kind == COUNT_SHARE) { /* cells whose sums from the top are the shares of the right side */
    const double factor = count_share_factor(in->n_rows, in->total_hessian);
    int64_t h = 0, above = 0;
    for (uint32_t b = in->n_bins; b-- > 0;) {
      h += in->hessian[b];
      int64_t n = (int64_t)((double)h * factor + 0.5);
      room[b] = (uint32_t)(n - above);
      above = n;
    }
    return room;
  }
  double total = (double)in->total_hessian * in->hessian_unit + 2 * SCAN_EPSILON;
  estimate(in->hessian, in->n_bins, in->hessian_unit, (double)in->n_rows / total, room);
  return room;
}

static inline struct scan_sums scan_plus(struct scan_sums a, struct scan_sums b) {
  return (struct scan_sums){a.gradient + b.gradient, a.hessian + b.hessian, a.count + b.count};
}

/* Left sums at the winner: the range has none of the counts, and a second sum is cheaper than carrying them.
 */
static inline void scan_settle(const struct scan_direction *d, struct scan_best best, bool default_left,
                               struct scan_result *out) {
  struct scan_sums left =
      scan_plus(d->base, scan_sum_bins(d->in, d->counts, 0, best.threshold + 1, d->skipped_bin));
  *out = (struct scan_result){
      best.gain, (uint32_t)best.threshold, default_left, true, left.gradient, left.hessian, left.count};
}

/* The same direction over thresholds first..last alone, whose bins are numbered from 0 in `part`. */
static inline struct scan_direction scan_part(const struct scan_direction *d, int64_t first, int64_t last,
                                              struct scan_input *part) {
  struct scan_direction some = *d;
  some.base = scan_plus(d->base, scan_sum_bins(d->in, d->counts, 0, first, SCAN_NO_BIN));
  some.bins = scan_sum_bins(d->in, d->counts, first, last + 1, SCAN_NO_BIN);
  some.last_threshold = last - first;
  *part = *d->in;
  part->gradient += first;
  part->hessian += first;
  some.in = part;
  some.counts += first;
  return some;
}

static inline __attribute__((always_inline)) void scan_one_direction(const struct scan_direction *d,
                                                                     bool reverse, scan_range_fn find,
                                                                     scan_narrow_fn narrow,
                                                                     struct scan_result *out) {
  struct scan_range range = {.rules = d->rules,
                             .skipped_bin = d->skipped_bin,
                             .no_threshold = d->skipped_bin,
                             .floor = d->in->min_gain_shift,
                             .latest_of_equal = reverse};
  if (reverse && d->skipped_bin >= 0) range.no_threshold = d->skipped_bin - 1;
  if (out->splittable) range.floor = out->gain;
  struct scan_direction some = *d;
  struct scan_input part;
  int64_t first = 0, last = d->last_threshold;
  if (d->skipped_bin < 0) {
    if (!narrow(d, range.floor, &first, &last)) return;
    some = scan_part(d, first, last, &part);
  }
  range.in = some.in;
  if (!scan_find_range(&some, &range)) return;
  struct scan_best best = find(&range);
  if (best.threshold < 0) return;
  scan_settle(&some, best, reverse, out);
  out->threshold += (uint32_t)first;
}

#if defined(__x86_64__)
/* Where counts are yet to be found, true: no threshold of the column can be above the floor. */
bool scan_hopeless_avx2(const struct scan_input *in, const struct scan_rules *rules);
bool scan_hopeless_avx512(const struct scan_input *in, const struct scan_rules *rules);
bool scan_narrow_avx2(const struct scan_direction *d, double floor, int64_t *first, int64_t *last);
bool scan_narrow_avx512(const struct scan_direction *d, double floor, int64_t *first, int64_t *last);
#endif

/* The whole slot, where scan_fits_ranges holds. */
static inline __attribute__((always_inline)) void scan_by_ranges(const struct scan_input *in,
                                                                 const struct scan_rules *rules,
                                                                 scan_range_fn find, scan_narrow_fn narrow,
                                                                 scan_estimate_fn estimate,
                                                                 struct scan_result *out) {
  enum { MISSING_IS_ZERO = 1, MISSING_IS_NAN = 2 };
  uint32_t room[SCAN_MOST_COUNTS];
  const uint32_t *counts = scan_counts(in, estimate, room);
  *out = (struct scan_result){.gain = -INFINITY};
  int64_t end = in->n_bins;
  bool zero = in->missing == MISSING_IS_ZERO, nan = in->missing == MISSING_IS_NAN;
  bool exact = in->count_kind == COUNT_FIELD || in->count_kind == COUNT_SHIFT;
  struct scan_direction d = {.in = in, .rules = rules, .counts = counts, .skipped_bin = SCAN_NO_BIN};
  /* What the reverse scan leaves out. All bins together are the leaf. */
  int64_t out_bin = zero ? in->default_bin : (nan ? end - 1 : SCAN_NO_BIN);
  struct scan_sums left_out = {0, 0, 0};
  if (out_bin >= 0)
    left_out = (struct scan_sums){in->gradient[out_bin], in->hessian[out_bin], counts[out_bin]};
  if (!exact) { /* but for estimates */
    int64_t n = 0;
    for (int64_t b = 0; b < end; b++) n += counts[b];
    left_out.count += in->n_rows - n;
  }
  if (zero) d.skipped_bin = in->default_bin;
  const struct scan_sums total = {in->total_gradient, in->total_hessian, in->n_rows};
  const struct scan_sums added = {total.gradient - left_out.gradient, total.hessian - left_out.hessian,
                                  total.count - left_out.count};

  d.base = left_out;
  d.last_threshold = end - 2 - (nan ? 1 : 0);
  struct scan_sums top = {0, 0, 0}; /* the bin right of the last threshold */
  if (d.last_threshold + 1 != d.skipped_bin)
    top = (struct scan_sums){in->gradient[d.last_threshold + 1], in->hessian[d.last_threshold + 1],
                             counts[d.last_threshold + 1]};
  d.bins =
      (struct scan_sums){added.gradient - top.gradient, added.hessian - top.hessian, added.count - top.count};
  scan_one_direction(&d, true, find, narrow, out);
  if (!zero && !nan) return;
  /* Nothing is missing here: the forward scan would find the same sums again. */
  if (exact && left_out.count == 0 && left_out.hessian == 0 && left_out.gradient == 0 && nan &&
      rules->min_data > 0)
    return;

  d.base = (struct scan_sums){0, 0, 0};
  if (in->bin0_is_rest) /* bin 0 counts the rows that the other bins leave */
    d.base.count = in->n_rows - added.count - (nan ? counts[end - 1] : 0);
  d.last_threshold = end - 2;
  if (nan) d.bins = added;
  scan_one_direction(&d, false, find, narrow, out);
}

#endif
