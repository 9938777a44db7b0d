/* scan_hopeless_avx2.c - the walk of scan_hopeless.h, eight thresholds at a time. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "kernels/scan_hopeless.h"

enum { LANES = 8, HALF = LANES / 2 };

struct walk {
  __m256i g_shift, h_shift, left;
  __m256 c, k, weight, least, level;
};

static inline __m256i load(const int64_t *at) {
  return _mm256_loadu_si256((const __m256i *)(const void *)at);
}

/* Four cells in steps, each one integer: gradient above hessian, whose sum has no carry. */
static inline __attribute__((always_inline)) __m256i cut(const struct walk *w, __m256i g, __m256i h) {
  return _mm256_blend_epi32(_mm256_srlv_epi64(h, w->h_shift), _mm256_sllv_epi64(g, w->g_shift), 0xAA);
}

/* Sums of the lanes up to each. */
static inline __attribute__((always_inline)) __m256i prefix(__m256i x) {
  const __m256i upper = _mm256_setr_epi64x(0, 0, -1, -1);
  x = _mm256_add_epi64(x, _mm256_slli_si256(x, 8));
  return _mm256_add_epi64(x, _mm256_and_si256(_mm256_permute4x64_epi64(x, 0x55), upper));
}

static inline __m256i last_lane(__m256i x) { return _mm256_permute4x64_epi64(x, 0xFF); }

static inline __m256 floats(__m256 integers) { return _mm256_cvtepi32_ps(_mm256_castps_si256(integers)); }

/* Whether one of eight thresholds may be above the floor. */
static inline __attribute__((always_inline)) bool rising(struct walk *w, __m256i low, __m256i high) {
  low = _mm256_add_epi64(w->left, prefix(low));
  high = _mm256_add_epi64(last_lane(low), prefix(high));
  w->left = last_lane(high);
  const __m256 a = _mm256_castsi256_ps(low), b = _mm256_castsi256_ps(high);
  const __m256 d = floats(_mm256_shuffle_ps(a, b, 0x88)), g = floats(_mm256_shuffle_ps(a, b, 0xDD));
  const __m256 pull = _mm256_sub_ps(g, _mm256_mul_ps(w->c, d));
  const __m256 needed = _mm256_mul_ps(_mm256_mul_ps(w->k, d), _mm256_sub_ps(w->weight, d));
  const __m256 more = _mm256_sub_ps(_mm256_mul_ps(pull, pull), _mm256_max_ps(needed, w->least));
  return _mm256_movemask_ps(_mm256_cmp_ps(more, w->level, _CMP_GE_OQ)) != 0;
}

static inline __attribute__((always_inline)) bool rising_whole(const struct hopeless *h, void *walk,
                                                               int64_t t) {
  const int64_t *g = h->gradient + t, *hessian = h->hessian + t;
  return rising(walk, cut(walk, load(g), load(hessian)), cut(walk, load(g + HALF), load(hessian + HALF)));
}

/* Lanes of cells behind the last threshold are 0: their sums are the last threshold's. */
static inline __m256i load_some(const int64_t *at, __m256i inside) {
  return _mm256_maskload_epi64((const void *)at, inside);
}

static inline bool rising_at_end(const struct hopeless *h, void *walk, int64_t t) {
  static const int64_t window[2 * LANES] = {-1, -1, -1, -1, -1, -1, -1, -1};
  const int64_t *from = window + LANES - (h->last + 1 - t), *g = h->gradient + t, *hessian = h->hessian + t;
  const __m256i low = load(from), high = load(from + HALF);
  return rising(walk, cut(walk, load_some(g, low), load_some(hessian, low)),
                cut(walk, load_some(g + HALF, high), load_some(hessian + HALF, high)));
}

bool scan_may_rise_avx2(const struct hopeless *h, int64_t *first, int64_t *last) {
  struct walk w = {.g_shift = _mm256_set1_epi64x(32 - (int)h->g_shift),
                   .h_shift = _mm256_set1_epi64x(h->h_shift),
                   .left = _mm256_set1_epi64x(hopeless_left(h)),
                   .c = _mm256_set1_ps(h->c),
                   .k = _mm256_set1_ps(h->k),
                   .weight = _mm256_set1_ps(h->weight),
                   .least = _mm256_set1_ps(h->least),
                   .level = _mm256_set1_ps(h->level)};
  return hopeless_walk(h, &w, LANES, rising_whole, rising_at_end, first, last);
}
#endif
