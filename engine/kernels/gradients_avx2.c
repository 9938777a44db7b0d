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

/* rank_pair of four rows, lane by lane the same operations. */
static void rank_pairs_avx2(const struct rank_pairs *in, double sums[3]) {
  const __m256d score = _mm256_set1_pd(in->score), gain = _mm256_set1_pd(in->gain);
  const __m256d discount = _mm256_set1_pd(in->discount), label = _mm256_set1_pd(in->label);
  const __m256d own = _mm256_set1_pd(in->own_odds), best = _mm256_set1_pd(in->inverse_best);
  const __m256d slope = _mm256_set1_pd(in->sigmoid), slope2 = _mm256_set1_pd(in->sigmoid * in->sigmoid);
  const __m256d one = _mm256_set1_pd(1.0), sign = _mm256_set1_pd(-0.0), zero = _mm256_setzero_pd();
  const __m256d least = _mm256_set1_pd((double)0.01f);
  __m256d sum_g = zero, sum_h = zero, sum_pull = zero;
  uint64_t j = 0;
  for (; j + 4 <= in->n; j += 4) {
    __m256d apart = _mm256_sub_pd(label, _mm256_loadu_pd(in->labels + j));
    __m256d some = _mm256_and_pd(_mm256_cmp_pd(apart, zero, _CMP_NEQ_UQ), one);
    __m256d side = _mm256_or_pd(some, _mm256_and_pd(apart, sign));
    __m256d other = _mm256_loadu_pd(in->odds + j), total = _mm256_add_pd(own, other);
    __m256d delta = _mm256_mul_pd(side, _mm256_sub_pd(gain, _mm256_loadu_pd(in->gains + j)));
    delta = _mm256_mul_pd(delta, _mm256_sub_pd(discount, _mm256_loadu_pd(in->discounts + j)));
    delta = _mm256_mul_pd(delta, best);
    __m256d p, lower = _mm256_blendv_pd(other, own, side);
    if (in->norm) {
      __m256d gap = _mm256_add_pd(least, _mm256_sub_pd(score, _mm256_loadu_pd(in->scores + j)));
      __m256d inverse = _mm256_div_pd(one, _mm256_mul_pd(gap, total));
      p = _mm256_mul_pd(_mm256_mul_pd(lower, gap), inverse);
      delta = _mm256_mul_pd(_mm256_mul_pd(delta, total), inverse);
    } else {
      p = _mm256_div_pd(lower, total);
    }
    __m256d pull = _mm256_mul_pd(p, _mm256_mul_pd(slope, delta)), g = _mm256_mul_pd(pull, side);
    __m256d h = _mm256_mul_pd(_mm256_mul_pd(p, _mm256_sub_pd(one, p)), _mm256_mul_pd(slope2, delta));
    _mm256_storeu_pd(in->gradient + j, _mm256_add_pd(_mm256_loadu_pd(in->gradient + j), g));
    _mm256_storeu_pd(in->hessian + j, _mm256_add_pd(_mm256_loadu_pd(in->hessian + j), h));
    sum_g = _mm256_add_pd(sum_g, g);
    sum_h = _mm256_add_pd(sum_h, h);
    sum_pull = _mm256_add_pd(sum_pull, pull);
  }
  double lanes[3][4];
  _mm256_storeu_pd(lanes[0], sum_g);
  _mm256_storeu_pd(lanes[1], sum_h);
  _mm256_storeu_pd(lanes[2], sum_pull);
  rank_rest(in, j, lanes, sums);
}

void kernels_gradients_avx2(struct kernels *slots) {
  gradient_slots(slots);
  slots->rank_pairs = rank_pairs_avx2;
  slots->quantize = quantize_avx2;
}
#endif
