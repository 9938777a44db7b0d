/* scan_bounds_avx512.c - upper bounds of gains (scan_bounds.h), sixteen thresholds at a time: some 80
 * instructions and a division of floats, where the exact scan takes 158 and two divisions of doubles for as
 * many. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "kernels/scan_bounds.h"

/* Fewer thresholds are scanned as soon as bounds are prepared. */
enum { LANES = 16, FEWEST_THRESHOLDS = 2 * LANES };

/* Low halves of sixteen shifted cells. */
static inline __m512i cut(__m512i a, __m512i b, __m128i shift) {
  const __m512i low_halves = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  return _mm512_permutex2var_epi32(_mm512_srl_epi64(a, shift), low_halves, _mm512_srl_epi64(b, shift));
}

/* Sums of the lanes up to each: within each quarter, then with the quarter before, then with the two before
 * these. */
static inline __m512i prefix(__m512i x) {
  const __m512i quarter = _mm512_setr_epi32(0, 0, 0, 0, 3, 3, 3, 3, 7, 7, 7, 7, 11, 11, 11, 11);
  const __m512i half = _mm512_setr_epi32(0, 0, 0, 0, 0, 0, 0, 0, 3, 3, 3, 3, 7, 7, 7, 7);
  x = _mm512_add_epi32(x, _mm512_bslli_epi128(x, 4));
  x = _mm512_add_epi32(x, _mm512_bslli_epi128(x, 8));
  x = _mm512_add_epi32(x, _mm512_maskz_permutexvar_epi32(0xFFF0, quarter, x));
  return _mm512_add_epi32(x, _mm512_maskz_permutexvar_epi32(0xFF00, half, x));
}

static inline __m512i last_lane(__m512i x) {
  return _mm512_permutexvar_epi32(_mm512_set1_epi32(LANES - 1), x);
}

static inline __m512 square(__m512 x) { return _mm512_mul_ps(x, x); }

static inline __m512 pull(const struct bounds *b, __m512 sum) {
  __m512 magnitude = _mm512_add_ps(_mm512_abs_ps(sum), _mm512_set1_ps(b->slack));
  return square(_mm512_max_ps(_mm512_sub_ps(magnitude, _mm512_set1_ps(b->l1)), _mm512_setzero_ps()));
}

static inline __m512 weight(const struct bounds *b, __m512i sum) {
  return _mm512_max_ps(_mm512_cvtepi32_ps(sum), _mm512_set1_ps(b->least_weight));
}

/* A bound is `dividend` over `divisor`. */
struct fraction {
  __m512 dividend, divisor;
};

static inline __attribute__((always_inline)) struct fraction gain_bounds(const struct bounds *b,
                                                                         __m512i left_g, __m512i left_h,
                                                                         bool has_l1) {
  __m512i right_g = _mm512_sub_epi32(_mm512_set1_epi32(b->total_g), left_g);
  __m512i right_h = _mm512_sub_epi32(_mm512_set1_epi32(b->total_h), left_h);
  __m512 gl = _mm512_cvtepi32_ps(left_g), gr = _mm512_cvtepi32_ps(right_g);
  __m512 dl = weight(b, left_h), dr = weight(b, right_h);
  __m512 left = _mm512_mul_ps(has_l1 ? pull(b, gl) : square(gl), dr);
  __m512 right = _mm512_mul_ps(has_l1 ? pull(b, gr) : square(gr), dl);
  __m512 both = _mm512_add_ps(left, right);
  if (!has_l1) both = _mm512_add_ps(both, _mm512_set1_ps(b->slack_terms));
  return (struct fraction){both, _mm512_mul_ps(dl, dr)};
}

struct bins {
  __m512i g, h;
};

static inline __attribute__((always_inline)) struct bins full_bins(const struct bounds *b, int64_t t) {
  const int64_t *g = b->gradient + t, *h = b->hessian + t;
  const __m128i g_shift = _mm_cvtsi32_si128((int)b->g_shift), h_shift = _mm_cvtsi32_si128((int)b->h_shift);
  return (struct bins){cut(_mm512_loadu_si512(g), _mm512_loadu_si512(g + LANES / 2), g_shift),
                       cut(_mm512_loadu_si512(h), _mm512_loadu_si512(h + LANES / 2), h_shift)};
}

/* Those behind the last threshold are 0. */
static inline __attribute__((always_inline)) struct bins last_bins(const struct bounds *b, int64_t t) {
  const __mmask16 inside = (__mmask16)((1u << (b->last + 1 - t)) - 1);
  const __mmask8 low = (__mmask8)inside, high = (__mmask8)(inside >> LANES / 2);
  const int64_t *g = b->gradient + t, *h = b->hessian + t;
  const __m128i g_shift = _mm_cvtsi32_si128((int)b->g_shift), h_shift = _mm_cvtsi32_si128((int)b->h_shift);
  return (struct bins){
      cut(_mm512_maskz_loadu_epi64(low, g), _mm512_maskz_loadu_epi64(high, g + LANES / 2), g_shift),
      cut(_mm512_maskz_loadu_epi64(low, h), _mm512_maskz_loadu_epi64(high, h + LANES / 2), h_shift)};
}

static float largest(__m512 x) {
  float lanes[LANES], most = 0;
  _mm512_storeu_ps(lanes, x);
  for (unsigned k = 0; k < LANES; k++) most = lanes[k] > most ? lanes[k] : most;
  return most;
}

/* The next sixteen thresholds' bins. */
static inline __attribute__((always_inline)) struct bins next_bins(const struct bounds *b, int64_t t) {
  return __builtin_expect(t + LANES <= b->last + 1, 1) ? full_bins(b, t) : last_bins(b, t);
}

static inline __attribute__((always_inline)) struct bounded find_bounds(const struct bounds *b, bool has_l1,
                                                                        float *restrict bound) {
  __m512i left_g = _mm512_set1_epi32(b->left_g), left_h = _mm512_set1_epi32(b->left_h);
  __m512 most = _mm512_setzero_ps();
  for (int64_t t = b->first; t <= b->last; t += LANES) {
    struct bins x = next_bins(b, t);
    __m512i gs = _mm512_add_epi32(left_g, prefix(x.g)), hs = _mm512_add_epi32(left_h, prefix(x.h));
    left_g = last_lane(gs);
    left_h = last_lane(hs);
    struct fraction gain = gain_bounds(b, gs, hs, has_l1);
    __m512 bounds = _mm512_div_ps(gain.dividend, gain.divisor);
    _mm512_storeu_ps(bound + t, bounds);
    most = _mm512_max_ps(most, bounds);
  }
  return (struct bounded){b->first, b->last + 1, largest(most)};
}

static inline __attribute__((always_inline)) bool any_above(const struct bounds *b, float least) {
  __m512i left_g = _mm512_set1_epi32(b->left_g), left_h = _mm512_set1_epi32(b->left_h);
  const __m512i least_h = _mm512_set1_epi32(b->least_h), most_h = _mm512_set1_epi32(b->most_h);
  const __m512 level = _mm512_set1_ps(least);
  bool begun = false;
  for (int64_t t = b->first; t <= b->last; t += LANES) {
    struct bins x = next_bins(b, t);
    __m512i gs = _mm512_add_epi32(left_g, prefix(x.g)), hs = _mm512_add_epi32(left_h, prefix(x.h));
    left_g = last_lane(gs);
    left_h = last_lane(hs);
    __mmask16 below = _mm512_cmpgt_epi32_mask(most_h, hs);
    __mmask16 rows = _mm512_mask_cmpgt_epi32_mask(below, hs, least_h);
    if (rows == 0) { /* hessians only grow */
      if (begun || below == 0) break;
      continue;
    }
    begun = true;
    struct fraction gain = gain_bounds(b, gs, hs, true);
    __mmask16 above = _mm512_cmp_ps_mask(gain.dividend, _mm512_mul_ps(level, gain.divisor), _CMP_GT_OQ);
    if ((above & rows) != 0) return true;
  }
  return false;
}

static inline void find_at_least(const float *bound, int64_t begin, int64_t end, float least, int64_t *first,
                                 int64_t *last) {
  const __m512 level = _mm512_set1_ps(least);
  unsigned lanes = 0;
  for (*first = begin; lanes == 0; *first += LANES)
    lanes = _mm512_cmp_ps_mask(_mm512_loadu_ps(bound + *first), level, _CMP_GE_OQ);
  *first += __builtin_ctz(lanes) - LANES;
  lanes = 0;
  int64_t at = begin + (end - 1 - begin) / LANES * LANES;
  for (; lanes == 0; at -= LANES) lanes = _mm512_cmp_ps_mask(_mm512_loadu_ps(bound + at), level, _CMP_GE_OQ);
  *last = at + LANES + 31 - __builtin_clz(lanes);
  if (*last >= end) *last = end - 1; /* lanes behind the last threshold repeat its sums */
}

bool scan_hopeless_avx512(const struct scan_input *in, const struct scan_rules *rules) {
  return bounds_hopeless(in, rules, scan_may_rise_avx512, any_above);
}

bool scan_narrow_avx512(const struct scan_direction *d, double floor, int64_t *first, int64_t *last) {
  if (d->last_threshold >= FEWEST_THRESHOLDS)
    return bounds_narrow(d, floor, scan_may_rise_avx512, find_bounds, find_at_least, first, last);
  *first = 0;
  *last = d->last_threshold;
  return true;
}
#endif
