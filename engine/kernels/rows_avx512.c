/* rows_avx512.c - gradients eight rows at a time, pairs of a query too, their rounding to fixed point, and
 * values to bins. */
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

/* The first four lanes, then the others: the order in which the four parts of a sum grow. */
static inline __m256d add_halves(__m256d sum, __m512d x) {
  sum = _mm256_add_pd(sum, _mm512_castpd512_pd256(x));
  return _mm256_add_pd(sum, _mm512_extractf64x4_pd(x, 1));
}

/* rank_pair of eight rows, lane by lane the same operations. */
static inline __attribute__((always_inline)) void pairs_of_row(const struct rank_pairs *in, const bool norm,
                                                               double sums[3]) {
  const __m512d score = _mm512_set1_pd(in->score), gain = _mm512_set1_pd(in->gain);
  const __m512d discount = _mm512_set1_pd(in->discount), label = _mm512_set1_pd(in->label);
  const __m512d own = _mm512_set1_pd(in->own_odds), best = _mm512_set1_pd(in->inverse_best);
  const __m512d slope = _mm512_set1_pd(in->sigmoid), slope2 = _mm512_set1_pd(in->sigmoid * in->sigmoid);
  const __m512d one = _mm512_set1_pd(1.0), least = _mm512_set1_pd((double)0.01f);
  const __m512d zero = _mm512_setzero_pd(), sign = _mm512_set1_pd(-0.0);
  __m256d sum_g = _mm256_setzero_pd(), sum_h = _mm256_setzero_pd(), sum_pull = _mm256_setzero_pd();
  uint64_t j = 0;
  for (; j + LANES <= in->n; j += LANES) {
    __m512d apart = _mm512_sub_pd(label, _mm512_loadu_pd(in->labels + j));
    __m512d some = _mm512_maskz_mov_pd(_mm512_cmp_pd_mask(apart, zero, _CMP_NEQ_UQ), one);
    __m512d side = _mm512_or_pd(some, _mm512_and_pd(apart, sign));
    __m512d other = _mm512_loadu_pd(in->odds + j), total = _mm512_add_pd(own, other);
    __m512d delta = _mm512_mul_pd(side, _mm512_sub_pd(gain, _mm512_loadu_pd(in->gains + j)));
    delta = _mm512_mul_pd(delta, _mm512_sub_pd(discount, _mm512_loadu_pd(in->discounts + j)));
    delta = _mm512_mul_pd(delta, best);
    __mmask8 behind = _mm512_movepi64_mask(_mm512_castpd_si512(side));
    __m512d p, lower = _mm512_mask_mov_pd(other, behind, own);
    if (norm) {
      __m512d gap = _mm512_add_pd(least, _mm512_sub_pd(score, _mm512_loadu_pd(in->scores + j)));
      __m512d inverse = _mm512_div_pd(one, _mm512_mul_pd(gap, total));
      p = _mm512_mul_pd(_mm512_mul_pd(lower, gap), inverse);
      delta = _mm512_mul_pd(_mm512_mul_pd(delta, total), inverse);
    } else {
      p = _mm512_div_pd(lower, total);
    }
    __m512d pull = _mm512_mul_pd(p, _mm512_mul_pd(slope, delta)), g = _mm512_mul_pd(pull, side);
    __m512d h = _mm512_mul_pd(_mm512_mul_pd(p, _mm512_sub_pd(one, p)), _mm512_mul_pd(slope2, delta));
    _mm512_storeu_pd(in->gradient + j, _mm512_add_pd(_mm512_loadu_pd(in->gradient + j), g));
    _mm512_storeu_pd(in->hessian + j, _mm512_add_pd(_mm512_loadu_pd(in->hessian + j), h));
    sum_g = add_halves(sum_g, g);
    sum_h = add_halves(sum_h, h);
    sum_pull = add_halves(sum_pull, pull);
  }
  double lanes[3][4];
  _mm256_storeu_pd(lanes[0], sum_g);
  _mm256_storeu_pd(lanes[1], sum_h);
  _mm256_storeu_pd(lanes[2], sum_pull);
  rank_rest(in, j, lanes, sums);
}

static void rank_pairs_avx512(const struct rank_pairs *in, double sums[3]) {
  if (in->norm)
    pairs_of_row(in, true, sums);
  else
    pairs_of_row(in, false, sums);
}

void kernels_rows_avx512(struct kernels *slots) {
  gradient_slots(slots);
  slots->rank_pairs = rank_pairs_avx512;
  slots->quantize = quantize;
  slots->bin_numeric = bin_numeric;
}
#endif
