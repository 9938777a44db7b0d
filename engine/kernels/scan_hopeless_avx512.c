/* scan_hopeless_avx512.c - the walk of scan_hopeless.h, sixteen thresholds at a time. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "kernels/scan_hopeless.h"

enum { LANES = 16, HALF = LANES / 2 };

struct walk {
  __m512i g_shift, h_shift, left;
  __m512 c, k, weight, least, level;
};

/* Eight cells in steps, each one integer: gradient above hessian, whose sum has no carry. */
static inline __attribute__((always_inline)) __m512i cut(const struct walk *w, __m512i g, __m512i h) {
  return _mm512_mask_mov_epi32(_mm512_srlv_epi64(h, w->h_shift), 0xAAAA, _mm512_sllv_epi64(g, w->g_shift));
}

/* Sums of the lanes up to each: within each quarter, then with the quarter before, then with the two before
 * these. */
static inline __attribute__((always_inline)) __m512i prefix(__m512i x) {
  const __m512i quarter = _mm512_setr_epi64(0, 0, 1, 1, 3, 3, 5, 5);
  const __m512i half = _mm512_setr_epi64(0, 0, 0, 0, 1, 1, 3, 3);
  x = _mm512_add_epi64(x, _mm512_bslli_epi128(x, 8));
  x = _mm512_add_epi64(x, _mm512_maskz_permutexvar_epi64(0xFC, quarter, x));
  return _mm512_add_epi64(x, _mm512_maskz_permutexvar_epi64(0xF0, half, x));
}

static inline __m512i last_lane(__m512i x) {
  return _mm512_permutexvar_epi64(_mm512_set1_epi64(HALF - 1), x);
}

static inline __m512 floats(__m512 integers) { return _mm512_cvtepi32_ps(_mm512_castps_si512(integers)); }

/* Whether one of sixteen thresholds may be above the floor. */
static inline __attribute__((always_inline)) bool rising(struct walk *w, __m512i low, __m512i high) {
  low = _mm512_add_epi64(w->left, prefix(low));
  high = _mm512_add_epi64(last_lane(low), prefix(high));
  w->left = last_lane(high);
  const __m512 a = _mm512_castsi512_ps(low), b = _mm512_castsi512_ps(high);
  const __m512 d = floats(_mm512_shuffle_ps(a, b, 0x88)), g = floats(_mm512_shuffle_ps(a, b, 0xDD));
  const __m512 pull = _mm512_sub_ps(g, _mm512_mul_ps(w->c, d));
  const __m512 needed = _mm512_mul_ps(_mm512_mul_ps(w->k, d), _mm512_sub_ps(w->weight, d));
  const __m512 more = _mm512_sub_ps(_mm512_mul_ps(pull, pull), _mm512_max_ps(needed, w->least));
  return _mm512_cmp_ps_mask(more, w->level, _CMP_GE_OQ) != 0;
}

static inline __attribute__((always_inline)) bool rising_whole(const struct hopeless *h, void *walk,
                                                               int64_t t) {
  const int64_t *g = h->gradient + t, *hessian = h->hessian + t;
  return rising(walk, cut(walk, _mm512_loadu_si512(g), _mm512_loadu_si512(hessian)),
                cut(walk, _mm512_loadu_si512(g + HALF), _mm512_loadu_si512(hessian + HALF)));
}

/* Lanes of cells behind the last threshold are 0: their sums are the last threshold's. */
static inline bool rising_at_end(const struct hopeless *h, void *walk, int64_t t) {
  const unsigned inside = (1u << (h->last + 1 - t)) - 1;
  const __mmask8 low = (__mmask8)inside, high = (__mmask8)(inside >> HALF);
  const int64_t *g = h->gradient + t, *hessian = h->hessian + t;
  return rising(
      walk, cut(walk, _mm512_maskz_loadu_epi64(low, g), _mm512_maskz_loadu_epi64(low, hessian)),
      cut(walk, _mm512_maskz_loadu_epi64(high, g + HALF), _mm512_maskz_loadu_epi64(high, hessian + HALF)));
}

bool scan_may_rise_avx512(const struct hopeless *h, int64_t *first, int64_t *last) {
  struct walk w = {.g_shift = _mm512_set1_epi64(32 - (int)h->g_shift),
                   .h_shift = _mm512_set1_epi64(h->h_shift),
                   .left = _mm512_set1_epi64(hopeless_left(h)),
                   .c = _mm512_set1_ps(h->c),
                   .k = _mm512_set1_ps(h->k),
                   .weight = _mm512_set1_ps(h->weight),
                   .least = _mm512_set1_ps(h->least),
                   .level = _mm512_set1_ps(h->level)};
  return hopeless_walk(h, &w, LANES, rising_whole, rising_at_end, first, last);
}
#endif
