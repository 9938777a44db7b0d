/* scan_bounds_avx2.c - upper bounds of gains (scan_bounds.h), eight thresholds at a time. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "kernels/scan_bounds.h"
#include "kernels/tiers.h"

enum { LANES = 8 };

/* What the loops need of `struct bounds`, in memory: compilers that are short of registers make them anew for
 * each vector, on the port that shuffles, which these loops wait for. For that port's sake shifts are by
 * vectors too, and lanes move by one permutation (256 bins: 258 ns a column, so 205). */
struct constants {
  __m256i g_shift, h_shift, total_g, total_h, least_h, most_h;
  __m256 slack, l1, least_weight, slack_terms;
};

static inline __attribute__((always_inline)) void take_constants(const struct bounds *b,
                                                                 struct constants *c) {
  c->g_shift = _mm256_set1_epi64x(b->g_shift);
  c->h_shift = _mm256_set1_epi64x(b->h_shift);
  c->total_g = _mm256_set1_epi32(b->total_g);
  c->total_h = _mm256_set1_epi32(b->total_h);
  c->least_h = _mm256_set1_epi32(b->least_h);
  c->most_h = _mm256_set1_epi32(b->most_h);
  c->slack = _mm256_set1_ps(b->slack);
  c->l1 = _mm256_set1_ps(b->l1);
  c->least_weight = _mm256_set1_ps(b->least_weight);
  c->slack_terms = _mm256_set1_ps(b->slack_terms);
  __asm__("" : "+m"(*c));
}

/* Low halves of eight shifted cells. */
static inline __m256i cut(const int64_t *cells, __m256i shift) {
  const __m256i *at = (const __m256i *)(const void *)cells;
  __m256 low = _mm256_castsi256_ps(_mm256_srlv_epi64(_mm256_loadu_si256(at), shift));
  __m256 high = _mm256_castsi256_ps(_mm256_srlv_epi64(_mm256_loadu_si256(at + 1), shift));
  __m256i mixed = _mm256_castps_si256(_mm256_shuffle_ps(low, high, 0x88)); /* 0 1 4 5, 2 3 6 7 */
  return _mm256_permute4x64_epi64(mixed, 0xD8);
}

/* Sums of the lanes up to each. */
static inline __m256i prefix(__m256i x) {
  const __m256i upper = _mm256_setr_epi32(0, 0, 0, 0, -1, -1, -1, -1);
  x = _mm256_add_epi32(x, _mm256_slli_si256(x, 4));
  x = _mm256_add_epi32(x, _mm256_slli_si256(x, 8));
  __m256i lower_sum = _mm256_permutevar8x32_epi32(x, _mm256_set1_epi32(LANES / 2 - 1));
  return _mm256_add_epi32(x, _mm256_and_si256(lower_sum, upper));
}

static inline __m256i last_lane(__m256i x) {
  return _mm256_permutevar8x32_epi32(x, _mm256_set1_epi32(LANES - 1));
}

static inline __m256 square(__m256 x) { return _mm256_mul_ps(x, x); }

static inline __m256 pull(const struct constants *c, __m256 sum) {
  __m256 magnitude = _mm256_add_ps(_mm256_andnot_ps(_mm256_set1_ps(-0.0f), sum), c->slack);
  return square(_mm256_max_ps(_mm256_sub_ps(magnitude, c->l1), _mm256_setzero_ps()));
}

static inline __m256 weight(const struct constants *c, __m256i sum) {
  return _mm256_max_ps(_mm256_cvtepi32_ps(sum), c->least_weight);
}

/* A bound is `dividend` over `divisor`. */
struct fraction {
  __m256 dividend, divisor;
};

static inline __attribute__((always_inline)) struct fraction gain_bounds(const struct constants *c,
                                                                         __m256i left_g, __m256i left_h,
                                                                         bool has_l1) {
  __m256 gl = _mm256_cvtepi32_ps(left_g), gr = _mm256_cvtepi32_ps(_mm256_sub_epi32(c->total_g, left_g));
  __m256 dl = weight(c, left_h), dr = weight(c, _mm256_sub_epi32(c->total_h, left_h));
  __m256 left = _mm256_mul_ps(has_l1 ? pull(c, gl) : square(gl), dr);
  __m256 right = _mm256_mul_ps(has_l1 ? pull(c, gr) : square(gr), dl);
  __m256 both = _mm256_add_ps(left, right);
  if (!has_l1) both = _mm256_add_ps(both, c->slack_terms);
  return (struct fraction){both, _mm256_mul_ps(dl, dr)};
}

static float largest(__m256 x) {
  __m128 y = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  y = _mm_max_ps(y, _mm_movehl_ps(y, y));
  return _mm_cvtss_f32(_mm_max_ss(y, _mm_shuffle_ps(y, y, 1)));
}

struct bins {
  __m256i g, h;
};

/* The last ones: those behind the last threshold are 0. */
static struct bins last_bins(const struct bounds *b, const struct constants *c, int64_t t) {
  int64_t g[LANES] = {0}, h[LANES] = {0};
  for (int64_t i = 0; t + i <= b->last; i++) {
    g[i] = b->gradient[t + i];
    h[i] = b->hessian[t + i];
  }
  return (struct bins){cut(g, c->g_shift), cut(h, c->h_shift)};
}

/* Of eight thresholds. */
static inline __attribute__((always_inline)) struct bins next_bins(const struct bounds *b,
                                                                   const struct constants *c, int64_t t) {
  if (__builtin_expect(t + LANES > b->last + 1, 0)) return last_bins(b, c, t);
  return (struct bins){cut(b->gradient + t, c->g_shift), cut(b->hessian + t, c->h_shift)};
}

static inline __attribute__((always_inline)) struct bounded find_bounds(const struct bounds *b, bool has_l1,
                                                                        float *restrict bound) {
  struct constants c;
  take_constants(b, &c);
  __m256i left_g = _mm256_set1_epi32(b->left_g), left_h = _mm256_set1_epi32(b->left_h);
  __m256 most = _mm256_setzero_ps();
  for (int64_t t = b->first; t <= b->last; t += LANES) {
    struct bins x = next_bins(b, &c, t);
    __m256i gs = _mm256_add_epi32(left_g, prefix(x.g)), hs = _mm256_add_epi32(left_h, prefix(x.h));
    left_g = last_lane(gs);
    left_h = last_lane(hs);
    struct fraction gain = gain_bounds(&c, gs, hs, has_l1);
    __m256 bounds = _mm256_div_ps(gain.dividend, gain.divisor);
    _mm256_storeu_ps(bound + t, bounds);
    most = _mm256_max_ps(most, bounds);
  }
  return (struct bounded){b->first, b->last + 1, largest(most)};
}

static inline int lanes_of(__m256i mask) { return _mm256_movemask_ps(_mm256_castsi256_ps(mask)); }

static inline __attribute__((always_inline)) bool any_above(const struct bounds *b, float least) {
  struct constants c;
  take_constants(b, &c);
  __m256i left_g = _mm256_set1_epi32(b->left_g), left_h = _mm256_set1_epi32(b->left_h);
  const __m256 level = _mm256_set1_ps(least);
  bool begun = false;
  for (int64_t t = b->first; t <= b->last; t += LANES) {
    struct bins x = next_bins(b, &c, t);
    __m256i gs = _mm256_add_epi32(left_g, prefix(x.g)), hs = _mm256_add_epi32(left_h, prefix(x.h));
    left_g = last_lane(gs);
    left_h = last_lane(hs);
    __m256i below = _mm256_cmpgt_epi32(c.most_h, hs);
    __m256i rows = _mm256_and_si256(_mm256_cmpgt_epi32(hs, c.least_h), below);
    if (lanes_of(rows) == 0) { /* hessians only grow */
      if (begun || lanes_of(below) == 0) break;
      continue;
    }
    begun = true;
    struct fraction gain = gain_bounds(&c, gs, hs, true);
    __m256 above = _mm256_cmp_ps(gain.dividend, _mm256_mul_ps(level, gain.divisor), _CMP_GT_OQ);
    if (lanes_of(_mm256_and_si256(rows, _mm256_castps_si256(above))) != 0) return true;
  }
  return false;
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

bool scan_hopeless_avx2(const struct scan_input *in, const struct scan_rules *rules) {
  return bounds_hopeless(in, rules, scan_may_rise_avx2, any_above);
}

bool scan_narrow_avx2(const struct scan_direction *d, double floor, int64_t *first, int64_t *last) {
  return bounds_narrow(d, floor, scan_may_rise_avx2, find_bounds, find_at_least, first, last);
}
#endif
