/* gradients_avx2.c - gradients four rows at a time, and their rounding to fixed point. */
#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>

#include "kernels/gradient_loops.h"
#include "kernels/tiers.h"

/* A float times a power of two, below 2^63 in magnitude, to the nearest integer, half to even (AVX2 converts
 * to 32 bits only). v = high 2^32 + low with high = rint(v / 2^32) is exact: v has 24 bits, so that low is v
 * itself where v < 2^31, and a multiple of v's last place elsewhere. Only a v below 2^24 has a fraction.
 * Adding 1.5 2^52 rounds to an integer and leaves it in the low bits. */
static inline __m256i round_wide(__m256d v) {
  const __m256d magic = _mm256_set1_pd(0x1.8p52), up = _mm256_set1_pd(0x1p32), down = _mm256_set1_pd(0x1p-32);
  __m256d high = _mm256_add_pd(_mm256_mul_pd(v, down), magic);
  __m256d low = _mm256_sub_pd(v, _mm256_mul_pd(_mm256_sub_pd(high, magic), up));
  __m256i whole =
      _mm256_sub_epi64(_mm256_castpd_si256(_mm256_add_pd(low, magic)), _mm256_castpd_si256(magic));
  /* the bits of magic leave with the shift, but for its lowest, which are 0 */
  return _mm256_add_epi64(_mm256_slli_epi64(_mm256_castpd_si256(high), 32), whole);
}

void quantize_avx2(const float *gradient, const float *hessian, uint64_t n, double gradient_scale,
                   double hessian_scale, unsigned count_bits, struct hist_pair *pairs) {
  const __m256d g_scale = _mm256_set1_pd(gradient_scale), h_scale = _mm256_set1_pd(hessian_scale);
  const __m128i shift = _mm_cvtsi32_si128((int)count_bits);
  const __m256i one = _mm256_set1_epi64x(count_bits > 0 ? 1 : 0), zero = _mm256_setzero_si256();
  uint64_t i = 0;
  for (; i + 4 <= n; i += 4) {
    __m256d h_value = _mm256_cvtps_pd(_mm_loadu_ps(hessian + i));
    __m256i g = round_wide(_mm256_mul_pd(_mm256_cvtps_pd(_mm_loadu_ps(gradient + i)), g_scale));
    __m256i h = round_wide(_mm256_mul_pd(h_value, h_scale));
    __m256i some = _mm256_castpd_si256(_mm256_cmp_pd(h_value, _mm256_setzero_pd(), _CMP_GT_OQ));
    h = _mm256_sub_epi64(h, _mm256_and_si256(_mm256_cmpeq_epi64(h, zero), some)); /* a mask is -1 */
    h = _mm256_or_si256(_mm256_sll_epi64(h, shift), one);
    __m256i even = _mm256_unpacklo_epi64(g, h), odd = _mm256_unpackhi_epi64(g, h);
    __m256i *to = (__m256i *)(void *)(pairs + i);
    _mm256_storeu_si256(to, _mm256_permute2x128_si256(even, odd, 0x20));
    _mm256_storeu_si256(to + 1, _mm256_permute2x128_si256(even, odd, 0x31));
  }
  if (i < n)
    quantize_scalar(gradient + i, hessian + i, n - i, gradient_scale, hessian_scale, count_bits, pairs + i);
}

void kernels_gradients_avx2(struct kernels *slots) {
  gradient_slots(slots);
  slots->quantize = quantize_avx2;
}
#endif
