/* scan_avx2.c - the split scan of a numeric feature, four thresholds at a time. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "kernels/scan_ranges.h"
#include "kernels/tiers.h"

/* int64 -> double, rounded once, for every value (AVX2 has no such conversion). The halves become doubles by
 * their bits: low as 2^52 + low, high (sign bit turned) as 2^84 + (high + 2^31) 2^32. The subtraction leaves
 * high 2^32 - 2^52, a multiple of 2^32 below 2^64: exact. The addition makes the only rounding. */
static inline __m256d double_of(__m256i x) {
  const __m256i low_bits = _mm256_set1_epi64x(0x4330000000000000);  /* 2^52 */
  const __m256i high_bits = _mm256_set1_epi64x(0x4530000080000000); /* 2^84 + 2^63 */
  const __m256d both = _mm256_set1_pd(0x1.00000801p84);             /* 2^84 + 2^63 + 2^52 */
  __m256i low = _mm256_blend_epi32(low_bits, x, 0x55);
  __m256i high = _mm256_xor_si256(_mm256_srli_epi64(x, 32), high_bits);
  return _mm256_add_pd(_mm256_sub_pd(_mm256_castsi256_pd(high), both), _mm256_castsi256_pd(low));
}

/* The same for |x| < 2^51, where it is exact: x + 1.5 2^52 in the bits, then that number off. */
static inline __m256d double_of_small(__m256i x) {
  const __m256d magic = _mm256_set1_pd(0x1.8p52);
  return _mm256_sub_pd(_mm256_castsi256_pd(_mm256_add_epi64(x, _mm256_castpd_si256(magic))), magic);
}

/* Lane 3 in all lanes. */
static inline __m256i last_lane(__m256i x) {
  __m256i high = _mm256_permute2x128_si256(x, x, 0x11);
  return _mm256_unpackhi_epi64(high, high);
}

/* Sums of the lanes up to each. */
static inline __m256i prefix(__m256i x) {
  x = _mm256_add_epi64(x, _mm256_slli_si256(x, 8));
  __m256i low = _mm256_permute2x128_si256(x, x, 0x08);
  return _mm256_add_epi64(x, _mm256_unpackhi_epi64(low, low));
}

struct scan_lanes {
  __m256i total_gradient, total_hessian; /* what the sides add up to */
  __m256d gradient_unit, hessian_unit, l1, l2;
};

/* What is known of a range before its loop; a constant in each copy of the loop. */
struct scan_facts {
  bool has_l1;
  bool small_hessian; /* sums below 2^51 */
  bool skips;         /* a bin adds nothing and a threshold is no candidate */
};

/* The gains of four thresholds from their left sums; the operations of the scalar scan in their order. */
static inline __attribute__((always_inline)) __m256d gains(const struct scan_lanes *s,
                                                           struct scan_facts facts, __m256i left_g,
                                                           __m256i left_h) {
  const __m256d epsilon = _mm256_set1_pd(SCAN_EPSILON), sign = _mm256_set1_pd(-0.0);
  __m256i right_g = _mm256_sub_epi64(s->total_gradient, left_g);
  __m256i right_h = _mm256_sub_epi64(s->total_hessian, left_h);
  __m256d hl = facts.small_hessian ? double_of_small(left_h) : double_of(left_h);
  __m256d hr = facts.small_hessian ? double_of_small(right_h) : double_of(right_h);
  __m256d tl = _mm256_andnot_pd(sign, _mm256_mul_pd(double_of(left_g), s->gradient_unit));
  __m256d tr = _mm256_andnot_pd(sign, _mm256_mul_pd(double_of(right_g), s->gradient_unit));
  if (facts.has_l1) {
    tl = _mm256_max_pd(_mm256_sub_pd(tl, s->l1), _mm256_setzero_pd());
    tr = _mm256_max_pd(_mm256_sub_pd(tr, s->l1), _mm256_setzero_pd());
  }
  __m256d dl = _mm256_add_pd(_mm256_add_pd(_mm256_mul_pd(hl, s->hessian_unit), epsilon), s->l2);
  __m256d dr = _mm256_add_pd(_mm256_add_pd(_mm256_mul_pd(hr, s->hessian_unit), epsilon), s->l2);
  __m256d left = _mm256_mul_pd(_mm256_mul_pd(tl, tl), dr);
  __m256d right = _mm256_mul_pd(_mm256_mul_pd(tr, tr), dl);
  return _mm256_div_pd(_mm256_add_pd(left, right), _mm256_mul_pd(dl, dr));
}

static inline __attribute__((always_inline)) struct scan_best scan_range(const struct scan_range *r,
                                                                         const struct scan_lanes *lanes,
                                                                         struct scan_facts facts) {
  const int64_t *gradient = r->in->gradient, *hessian = r->in->hessian;
  const __m256i end = _mm256_set1_epi64x(r->last + 1);
  const __m256i no_bin = _mm256_set1_epi64x(r->skipped_bin),
                no_threshold = _mm256_set1_epi64x(r->no_threshold);
  __m256i left_g = _mm256_set1_epi64x(r->left_gradient), left_h = _mm256_set1_epi64x(r->left_hessian);
  __m256i index = _mm256_add_epi64(_mm256_set1_epi64x(r->first), _mm256_setr_epi64x(0, 1, 2, 3));
  __m256i best_index = _mm256_set1_epi64x(-1);
  /* >= with the next number above the floor is > with the floor */
  double floor = r->latest_of_equal ? nextafter(r->floor, INFINITY) : r->floor;
  __m256d best = _mm256_set1_pd(floor);
  for (int64_t t = r->first; t <= r->last; t += 4) {
    __m256i g, h, candidate;
    if (!facts.skips && t + 3 <= r->last) {
      g = _mm256_loadu_si256((const __m256i *)(const void *)(gradient + t));
      h = _mm256_loadu_si256((const __m256i *)(const void *)(hessian + t));
      candidate = _mm256_set1_epi64x(-1);
    } else {
      __m256i inside = _mm256_cmpgt_epi64(end, index);
      __m256i adds = facts.skips ? _mm256_andnot_si256(_mm256_cmpeq_epi64(index, no_bin), inside) : inside;
      g = _mm256_maskload_epi64((const void *)(gradient + t), adds);
      h = _mm256_maskload_epi64((const void *)(hessian + t), adds);
      candidate = facts.skips ? _mm256_andnot_si256(_mm256_cmpeq_epi64(index, no_threshold), inside) : inside;
    }
    __m256i g_sums = prefix(g), h_sums = prefix(h);
    __m256d gain = gains(lanes, facts, _mm256_add_epi64(left_g, g_sums), _mm256_add_epi64(left_h, h_sums));
    left_g = _mm256_add_epi64(left_g, last_lane(g_sums));
    left_h = _mm256_add_epi64(left_h, last_lane(h_sums));
    __m256d better =
        r->latest_of_equal ? _mm256_cmp_pd(gain, best, _CMP_GE_OQ) : _mm256_cmp_pd(gain, best, _CMP_GT_OQ);
    better = _mm256_and_pd(better, _mm256_castsi256_pd(candidate));
    best = _mm256_blendv_pd(best, gain, better);
    best_index = _mm256_castpd_si256(
        _mm256_blendv_pd(_mm256_castsi256_pd(best_index), _mm256_castsi256_pd(index), better));
    index = _mm256_add_epi64(index, _mm256_set1_epi64x(4));
  }
  double gain[4];
  int64_t threshold[4];
  _mm256_storeu_pd(gain, best);
  _mm256_storeu_si256((__m256i *)(void *)threshold, best_index);
  return scan_best_of_lanes(gain, threshold, 4, r->latest_of_equal);
}

static struct scan_best find_best(const struct scan_range *r) {
  const struct scan_lanes lanes = {.total_gradient = _mm256_set1_epi64x(r->in->total_gradient),
                                   .total_hessian = _mm256_set1_epi64x(r->in->total_hessian),
                                   .gradient_unit = _mm256_set1_pd(r->in->gradient_unit),
                                   .hessian_unit = _mm256_set1_pd(r->in->hessian_unit),
                                   .l1 = _mm256_set1_pd(r->rules->lambda_l1),
                                   .l2 = _mm256_set1_pd(r->rules->lambda_l2)};
  /* Hessians are not negative: no side has more than the leaf. */
  bool small = r->in->total_hessian < (int64_t)1 << 51;
  if (r->skipped_bin >= 0) return scan_range(r, &lanes, (struct scan_facts){true, false, true});
  if (small && r->rules->lambda_l1 == 0)
    return scan_range(r, &lanes, (struct scan_facts){false, true, false});
  return scan_range(r, &lanes, (struct scan_facts){true, false, false});
}

/* Estimates are at most the leaf's rows, fewer than 2^31. */
static void estimate_counts(const int64_t *hessian, uint32_t n, double unit, double factor,
                            uint32_t *counts) {
  const __m256d units = _mm256_set1_pd(unit), factors = _mm256_set1_pd(factor), half = _mm256_set1_pd(0.5);
  uint32_t b = 0;
  for (; b + 4 <= n; b += 4) {
    __m256d h = double_of(_mm256_loadu_si256((const __m256i *)(const void *)(hessian + b)));
    __m256d count = _mm256_add_pd(_mm256_mul_pd(_mm256_mul_pd(h, units), factors), half);
    _mm_storeu_si128((__m128i *)(void *)(counts + b), _mm256_cvttpd_epi32(count));
  }
  for (; b < n; b++) counts[b] = (uint32_t)((double)hessian[b] * unit * factor + 0.5);
}

static void scan_numeric(const struct scan_input *in, const struct scan_rules *rules,
                         struct scan_result *out) {
  if (!scan_fits_ranges(in, rules)) {
    scan_numeric_scalar(in, rules, out);
    return;
  }
  struct scan_input room;
  struct scan_steps steps;
  in = scan_with_steps(in, rules, &room, &steps);
  if (scan_hopeless_avx2(in, rules))
    *out = (struct scan_result){.gain = -INFINITY};
  else
    scan_by_ranges(in, rules, find_best, scan_narrow_avx2, estimate_counts, out);
}

void kernels_scan_avx2(struct kernels *slots) { slots->scan_numeric = scan_numeric; }
#endif
