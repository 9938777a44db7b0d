/* scan_avx512.c - the split scan of a numeric feature, eight thresholds at a time. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "kernels/scan_ranges.h"
#include "kernels/tiers.h"

enum { LANES = 8 };

/* Sums of the lanes up to each: lanes moved up by one, two and four. */
static inline __m512i prefix(__m512i x) {
  const __m512i one = _mm512_setr_epi64(0, 0, 1, 2, 3, 4, 5, 6),
                two = _mm512_setr_epi64(0, 0, 0, 1, 2, 3, 4, 5),
                four = _mm512_setr_epi64(0, 0, 0, 0, 0, 1, 2, 3);
  x = _mm512_add_epi64(x, _mm512_maskz_permutexvar_epi64(0xFE, one, x));
  x = _mm512_add_epi64(x, _mm512_maskz_permutexvar_epi64(0xFC, two, x));
  return _mm512_add_epi64(x, _mm512_maskz_permutexvar_epi64(0xF0, four, x));
}

static inline __m512i last_lane(__m512i x) {
  return _mm512_permutexvar_epi64(_mm512_set1_epi64(LANES - 1), x);
}

/* |sum * unit| less l1, not below 0 */
static inline __m512d pull(__m512i sum, double unit, double l1) {
  __m512d value = _mm512_abs_pd(_mm512_mul_pd(_mm512_cvtepi64_pd(sum), _mm512_set1_pd(unit)));
  return _mm512_max_pd(_mm512_sub_pd(value, _mm512_set1_pd(l1)), _mm512_setzero_pd());
}

static inline __m512d weight(__m512i sum, double unit, double l2) {
  __m512d value = _mm512_mul_pd(_mm512_cvtepi64_pd(sum), _mm512_set1_pd(unit));
  return _mm512_add_pd(_mm512_add_pd(value, _mm512_set1_pd(SCAN_EPSILON)), _mm512_set1_pd(l2));
}

/* The gains of eight thresholds from their left sums; the operations of the scalar scan in their order. */
static inline __m512d gains(const struct scan_range *r, __m512i left_g, __m512i left_h) {
  const struct scan_input *in = r->in;
  __m512i right_g = _mm512_sub_epi64(_mm512_set1_epi64(in->total_gradient), left_g);
  __m512i right_h = _mm512_sub_epi64(_mm512_set1_epi64(in->total_hessian), left_h);
  __m512d tl = pull(left_g, in->gradient_unit, r->rules->lambda_l1);
  __m512d tr = pull(right_g, in->gradient_unit, r->rules->lambda_l1);
  __m512d dl = weight(left_h, in->hessian_unit, r->rules->lambda_l2);
  __m512d dr = weight(right_h, in->hessian_unit, r->rules->lambda_l2);
  __m512d left = _mm512_mul_pd(_mm512_mul_pd(tl, tl), dr), right = _mm512_mul_pd(_mm512_mul_pd(tr, tr), dl);
  return _mm512_div_pd(_mm512_add_pd(left, right), _mm512_mul_pd(dl, dr));
}

static struct scan_best find_best(const struct scan_range *r) {
  const int64_t *gradient = r->in->gradient, *hessian = r->in->hessian;
  const __m512i no_bin = _mm512_set1_epi64(r->skipped_bin), no_threshold = _mm512_set1_epi64(r->no_threshold);
  __m512i left_g = _mm512_set1_epi64(r->left_gradient), left_h = _mm512_set1_epi64(r->left_hessian);
  __m512i index = _mm512_add_epi64(_mm512_set1_epi64(r->first), _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7));
  __m512i best_index = _mm512_set1_epi64(-1);
  /* >= with the next number above the floor is > with the floor */
  __m512d best = _mm512_set1_pd(r->latest_of_equal ? nextafter(r->floor, INFINITY) : r->floor);
  for (int64_t t = r->first; t <= r->last; t += LANES) {
    int64_t n = r->last - t + 1;
    __mmask8 inside = (__mmask8)(n < LANES ? (1u << n) - 1 : 0xFFu);
    __mmask8 adds = inside & (__mmask8)~_mm512_cmpeq_epi64_mask(index, no_bin);
    __mmask8 candidate = inside & (__mmask8)~_mm512_cmpeq_epi64_mask(index, no_threshold);
    __m512i g_sums = prefix(_mm512_maskz_loadu_epi64(adds, gradient + t));
    __m512i h_sums = prefix(_mm512_maskz_loadu_epi64(adds, hessian + t));
    __m512d gain = gains(r, _mm512_add_epi64(left_g, g_sums), _mm512_add_epi64(left_h, h_sums));
    left_g = _mm512_add_epi64(left_g, last_lane(g_sums));
    left_h = _mm512_add_epi64(left_h, last_lane(h_sums));
    __mmask8 better = r->latest_of_equal ? _mm512_cmp_pd_mask(gain, best, _CMP_GE_OQ)
                                         : _mm512_cmp_pd_mask(gain, best, _CMP_GT_OQ);
    better &= candidate;
    best = _mm512_mask_mov_pd(best, better, gain);
    best_index = _mm512_mask_mov_epi64(best_index, better, index);
    index = _mm512_add_epi64(index, _mm512_set1_epi64(LANES));
  }
  double gain[LANES];
  int64_t threshold[LANES];
  _mm512_storeu_pd(gain, best);
  _mm512_storeu_si512(threshold, best_index);
  return scan_best_of_lanes(gain, threshold, LANES, r->latest_of_equal);
}

/* The compiler has the conversions for this loop. */
static void estimate_counts(const int64_t *hessian, uint32_t n, double unit, double factor,
                            uint32_t *counts) {
  for (uint32_t b = 0; b < n; b++) counts[b] = (uint32_t)(int64_t)((double)hessian[b] * unit * factor + 0.5);
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
  if (scan_hopeless_avx512(in, rules))
    *out = (struct scan_result){.gain = -INFINITY};
  else
    scan_by_ranges(in, rules, find_best, scan_narrow_avx512, estimate_counts, out);
}

void kernels_scan_avx512(struct kernels *slots) { slots->scan_numeric = scan_numeric; }
#endif
