/* rows_avx512.c - gradients eight rows at a time, their rounding to fixed point, and values to bins. */
#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "kernels/gradient_loops.h"
#include "kernels/tiers.h"

enum { LANES = 8, GROUP = 16, MOST_BOUNDS = GROUP * GROUP };

/* The conversion rounds half to even, the processor's mode. */
static void quantize(const float *gradient, const float *hessian, uint64_t n, double gradient_scale,
                     double hessian_scale, unsigned count_bits, struct hist_pair *pairs) {
  const __m512d g_scale = _mm512_set1_pd(gradient_scale), h_scale = _mm512_set1_pd(hessian_scale);
  const __m128i shift = _mm_cvtsi32_si128((int)count_bits);
  const __m512i one = _mm512_set1_epi64(1), count = _mm512_set1_epi64(count_bits > 0 ? 1 : 0);
  const __m512i front = _mm512_setr_epi64(0, 8, 1, 9, 2, 10, 3, 11),
                back = _mm512_setr_epi64(4, 12, 5, 13, 6, 14, 7, 15);
  uint64_t i = 0;
  for (; i + LANES <= n; i += LANES) {
    __m512d h_value = _mm512_cvtps_pd(_mm256_loadu_ps(hessian + i));
    __m512i g = _mm512_cvtpd_epi64(_mm512_mul_pd(_mm512_cvtps_pd(_mm256_loadu_ps(gradient + i)), g_scale));
    __m512i h = _mm512_cvtpd_epi64(_mm512_mul_pd(h_value, h_scale));
    __mmask8 lost = _mm512_cmp_pd_mask(h_value, _mm512_setzero_pd(), _CMP_GT_OQ) &
                    _mm512_cmpeq_epi64_mask(h, _mm512_setzero_si512());
    h = _mm512_mask_mov_epi64(h, lost, one);
    h = _mm512_or_si512(_mm512_sll_epi64(h, shift), count);
    _mm512_storeu_si512(pairs + i, _mm512_permutex2var_epi64(g, front, h));
    _mm512_storeu_si512(pairs + i + LANES / 2, _mm512_permutex2var_epi64(g, back, h));
  }
  if (i < n)
    quantize_scalar(gradient + i, hessian + i, n - i, gradient_scale, hessian_scale, count_bits, pairs + i);
}

/* How many of sixteen bounds are below the value. */
static inline unsigned count_below(const double *bounds, __m512d value) {
  unsigned low = _mm512_cmp_pd_mask(_mm512_loadu_pd(bounds), value, _CMP_LT_OQ);
  unsigned high = _mm512_cmp_pd_mask(_mm512_loadu_pd(bounds + LANES), value, _CMP_LT_OQ);
  return (unsigned)__builtin_popcount(low | high << LANES);
}

/* Bounds in groups of sixteen; the last one of a group decides whether the value lies beyond it. */
static void bin_numeric(const double *upper, uint32_t n_upper, const double *values, uint64_t n,
                        uint16_t *bins) {
  double bounds[MOST_BOUNDS], last_of_group[GROUP];
  if (n_upper > MOST_BOUNDS) {
    bin_numeric_scalar(upper, n_upper, values, n, bins);
    return;
  }
  memcpy(bounds, upper, n_upper * sizeof *bounds);
  for (uint32_t b = n_upper; b < MOST_BOUNDS; b++) bounds[b] = HUGE_VAL;
  for (uint32_t g = 0; g < GROUP; g++) last_of_group[g] = bounds[g * GROUP + GROUP - 1];
  for (uint64_t i = 0; i < n; i++) {
    __m512d value = _mm512_set1_pd(values[i]);
    unsigned first = GROUP * count_below(last_of_group, value);
    bins[i] = (uint16_t)(first + count_below(bounds + first, value));
  }
}

void kernels_rows_avx512(struct kernels *slots) {
  gradient_slots(slots);
  slots->quantize = quantize;
  slots->bin_numeric = bin_numeric;
}
#endif
