/* scan_bounds_avx2.c - upper bounds of gains (scan_bounds.h), eight thresholds at a time. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "kernels/scan_bounds.h"
#include "kernels/tiers.h"

enum { LANES = 8 };

/* Four cells for the low halves of vectors, and four for the high ones. */
static inline __m256i two_and_two(const int64_t *at) {
  return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)at)),
                                 _mm_loadu_si128((const __m128i *)(const void *)(at + 4)), 1);
}

/* Low halves of eight shifted cells: 0 1 4 5 and 2 3 6 7. */
static inline __m256i cut(__m256i a, __m256i b, __m128i shift) {
  __m256 low = _mm256_castsi256_ps(_mm256_srl_epi64(a, shift));
  __m256 high = _mm256_castsi256_ps(_mm256_srl_epi64(b, shift));
  return _mm256_castps_si256(_mm256_shuffle_ps(low, high, 0x88));
}

/* Sums of the lanes up to each. */
static inline __m256i prefix(__m256i x) {
  x = _mm256_add_epi32(x, _mm256_slli_si256(x, 4));
  x = _mm256_add_epi32(x, _mm256_slli_si256(x, 8));
  __m256i low = _mm256_shuffle_epi32(x, 0xFF);
  return _mm256_add_epi32(x, _mm256_permute2x128_si256(low, low, 0x08));
}

static inline __m256i last_lane(__m256i x) {
  return _mm256_shuffle_epi32(_mm256_permute2x128_si256(x, x, 0x11), 0xFF);
}

static inline __m256 square(__m256 x) { return _mm256_mul_ps(x, x); }

static inline __m256 pull(const struct bounds *b, __m256 sum) {
  __m256 magnitude = _mm256_add_ps(_mm256_andnot_ps(_mm256_set1_ps(-0.0f), sum), _mm256_set1_ps(b->slack));
  return square(_mm256_max_ps(_mm256_sub_ps(magnitude, _mm256_set1_ps(b->l1)), _mm256_setzero_ps()));
}

static inline __m256 weight(const struct bounds *b, __m256i sum) {
  return _mm256_max_ps(_mm256_cvtepi32_ps(sum), _mm256_set1_ps(b->least_weight));
}

static inline __attribute__((always_inline)) __m256 gain_bounds(const struct bounds *b, __m256i left_g,
                                                                __m256i left_h, bool has_l1) {
  __m256 gl = _mm256_cvtepi32_ps(left_g),
         gr = _mm256_cvtepi32_ps(_mm256_sub_epi32(_mm256_set1_epi32(b->total_g), left_g));
  __m256 dl = weight(b, left_h), dr = weight(b, _mm256_sub_epi32(_mm256_set1_epi32(b->total_h), left_h));
  __m256 left = _mm256_mul_ps(has_l1 ? pull(b, gl) : square(gl), dr);
  __m256 right = _mm256_mul_ps(has_l1 ? pull(b, gr) : square(gr), dl);
  __m256 both = _mm256_add_ps(left, right);
  if (!has_l1) both = _mm256_add_ps(both, _mm256_set1_ps(b->slack_terms));
  return _mm256_div_ps(both, _mm256_mul_ps(dl, dr));
}

static float largest(__m256 x) {
  __m128 y = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  y = _mm_max_ps(y, _mm_movehl_ps(y, y));
  return _mm_cvtss_f32(_mm_max_ss(y, _mm_shuffle_ps(y, y, 1)));
}

struct bins {
  __m256i g, h;
};

static inline __attribute__((always_inline)) struct bins full_bins(const struct bounds *b, int64_t t) {
  const int64_t *g = b->gradient + t, *h = b->hessian + t;
  const __m128i g_shift = _mm_cvtsi32_si128((int)b->g_shift), h_shift = _mm_cvtsi32_si128((int)b->h_shift);
  return (struct bins){cut(two_and_two(g), two_and_two(g + 2), g_shift),
                       cut(two_and_two(h), two_and_two(h + 2), h_shift)};
}

/* Those behind the last threshold are 0. */
static struct bins last_bins(const struct bounds *b, int64_t t) {
  int64_t g[LANES] = {0}, h[LANES] = {0};
  for (int64_t i = 0; t + i <= b->last; i++) {
    g[i] = b->gradient[t + i];
    h[i] = b->hessian[t + i];
  }
  const struct bounds copied = {.gradient = g, .hessian = h, .g_shift = b->g_shift, .h_shift = b->h_shift};
  return full_bins(&copied, 0);
}

static inline __attribute__((always_inline)) struct bounded find_bounds(const struct bounds *b, bool has_l1,
                                                                        bool counted, float *restrict bound) {
  __m256i left_g = _mm256_set1_epi32(b->left_g), left_h = _mm256_set1_epi32(b->left_h);
  const __m256i least_h = _mm256_set1_epi32(b->least_h), most_h = _mm256_set1_epi32(b->most_h);
  __m256 most = _mm256_setzero_ps();
  int64_t begin = counted ? b->first : -1, t = b->first;
  for (; t <= b->last; t += LANES) {
    struct bins x = __builtin_expect(t + LANES <= b->last + 1, 1) ? full_bins(b, t) : last_bins(b, t);
    __m256i gs = _mm256_add_epi32(left_g, prefix(x.g)), hs = _mm256_add_epi32(left_h, prefix(x.h));
    left_g = last_lane(gs);
    left_h = last_lane(hs);
    __m256i rows = _mm256_setzero_si256();
    if (!counted) {
      __m256i below = _mm256_cmpgt_epi32(most_h, hs);
      rows = _mm256_and_si256(_mm256_cmpgt_epi32(hs, least_h), below);
      if (_mm256_testz_si256(rows, rows)) { /* hessians only grow */
        if (begin >= 0 || _mm256_movemask_epi8(below) == 0) break;
        continue;
      }
      if (begin < 0) begin = t;
    }
    __m256 gain = gain_bounds(b, gs, hs, has_l1);
    if (!counted) gain = _mm256_and_ps(gain, _mm256_castsi256_ps(rows));
    _mm256_storeu_ps(bound + t, gain);
    most = _mm256_max_ps(most, gain);
  }
  return (struct bounded){begin, t <= b->last ? t : b->last + 1, largest(most)};
}

static inline void find_at_least(const float *bound, int64_t begin, int64_t end, float least, int64_t *first,
                                 int64_t *last) {
  const __m256 level = _mm256_set1_ps(least);
  unsigned lanes = 0;
  for (*first = begin; lanes == 0; *first += LANES)
    lanes = (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(_mm256_loadu_ps(bound + *first), level, _CMP_GE_OQ));
  *first += __builtin_ctz(lanes) - LANES;
  lanes = 0;
  int64_t at = begin + (end - 1 - begin) / LANES * LANES;
  for (; lanes == 0; at -= LANES)
    lanes = (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(_mm256_loadu_ps(bound + at), level, _CMP_GE_OQ));
  *last = at + LANES + 31 - __builtin_clz(lanes);
  if (*last >= end) *last = end - 1; /* lanes behind the last threshold repeat its sums */
}

bool scan_shares_hopeless_avx2(const struct scan_input *in, const struct scan_rules *rules) {
  return bounds_shares_hopeless(in, rules, find_bounds);
}

bool scan_narrow_avx2(const struct scan_direction *d, double floor, int64_t *first, int64_t *last) {
  return bounds_narrow(d, floor, find_bounds, find_at_least, first, last);
}
#endif
