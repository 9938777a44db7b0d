/* gradients_avx512.c - the gradients that are asked for most, eight rows at a time: of the logistic loss, and
 * the exponentials of a softmax. Same bits as the loops of gradient_loops.h, which the compiler makes vectors
 * of as well, but of a third more instructions. */
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "kernels/kernel_math.h"
#include "kernels/kernels.h"
#include "kernels/tiers.h"

/* Rows are fetched a page ahead, since the processor by itself fetches ahead within a page only. */
enum { LANES = 8, PAGE = 1 << 12 };

enum { EXP_NEARER_TO_ZERO = 2 }; /* of vrangepd */

static inline __m512d exp_term(__m512d r, double constant, double factor) {
  return _mm512_add_pd(_mm512_set1_pd(constant), _mm512_mul_pd(r, _mm512_set1_pd(factor)));
}

static inline __m512d exp_sum(__m512d a, __m512d r, __m512d b) {
  return _mm512_add_pd(a, _mm512_mul_pd(r, b));
}

/* kernel_exp of eight numbers: the same operations in the same order but where one instruction gives the bits
 * of several, the smaller of two magnitudes with the sign of the first, and a product with a power of two,
 * which is rounded once as kernel_exp's two are together: the first of them is exact. */
static inline __attribute__((always_inline)) __m512d exp_eight(__m512d x) {
  const __m512d magic = _mm512_set1_pd(0x1.8p52), one = _mm512_set1_pd(1.0);
  const __mmask8 number = _mm512_cmp_pd_mask(x, x, _CMP_ORD_Q);
  __m512d a = _mm512_range_pd(x, _mm512_set1_pd(746.0), EXP_NEARER_TO_ZERO);
  __m512d k = _mm512_mul_pd(a, _mm512_set1_pd(0x1.71547652b82fep0)); /* 1 / ln 2 */
  k = _mm512_sub_pd(_mm512_add_pd(k, magic), magic);
  __m512d high = _mm512_sub_pd(a, _mm512_mul_pd(k, _mm512_set1_pd(KERNEL_LN2_HIGH)));
  __m512d low = _mm512_mul_pd(k, _mm512_set1_pd(KERNEL_LN2_LOW));
  __m512d r = _mm512_sub_pd(high, low), c = _mm512_sub_pd(_mm512_sub_pd(high, r), low);
  __m512d r2 = _mm512_mul_pd(r, r), r4 = _mm512_mul_pd(r2, r2);
  __m512d p03 = exp_sum(exp_term(r, 0.5, 1.0 / 6.0), r2, exp_term(r, 1.0 / 24.0, 1.0 / 120.0));
  __m512d p47 =
      exp_sum(exp_term(r, 1.0 / 720.0, 1.0 / 5040.0), r2, exp_term(r, 1.0 / 40320.0, 1.0 / 362880.0));
  __m512d p8b = exp_sum(exp_term(r, 1.0 / 3628800.0, 1.0 / 39916800.0), r2,
                        exp_term(r, 1.0 / 479001600.0, 1.0 / 6227020800.0));
  __m512d q = _mm512_mul_pd(r2, exp_sum(p03, r4, exp_sum(p47, r4, p8b)));
  __m512d sum = _mm512_add_pd(one, r), carry = _mm512_add_pd(_mm512_sub_pd(one, sum), r);
  __m512d y = _mm512_add_pd(sum, _mm512_add_pd(carry, _mm512_add_pd(c, q)));
  return _mm512_mask_scalef_pd(_mm512_castsi512_pd(_mm512_set1_epi64(-1)), number, y, k);
}

struct logistic {
  __m512d sigmoid, weight[2];
};

/* kernel_logistic of eight rows, and their weights. */
static inline __attribute__((always_inline)) void logistic_eight(const struct logistic *rule,
                                                                 const double *score, const float *label,
                                                                 const float *weight, const bool classes,
                                                                 float *gradient, float *hessian) {
  const __m512d sign = _mm512_set1_pd(-0.0), one = _mm512_set1_pd(1.0);
  const __mmask8 positive = _mm256_cmpgt_epi32_mask(_mm256_castps_si256(_mm256_loadu_ps(label)),
                                                    _mm256_setzero_si256()); /* by bits, as ever */
  __m512d x = _mm512_mul_pd(rule->sigmoid, _mm512_loadu_pd(score));
  x = _mm512_mask_xor_pd(x, (__mmask8)~positive, x, sign);
  __m512d magnitude = _mm512_div_pd(rule->sigmoid, _mm512_add_pd(one, exp_eight(x)));
  __m512d g = _mm512_mask_xor_pd(magnitude, positive, magnitude, sign);
  __m512d h = _mm512_mul_pd(magnitude, _mm512_sub_pd(rule->sigmoid, magnitude));
  if (classes) {
    __m512d c = _mm512_mask_mov_pd(rule->weight[0], positive, rule->weight[1]);
    g = _mm512_mul_pd(g, c);
    h = _mm512_mul_pd(h, c);
  }
  if (weight != NULL) {
    __m512d w = _mm512_cvtps_pd(_mm256_loadu_ps(weight));
    g = _mm512_mul_pd(g, w);
    h = _mm512_mul_pd(h, w);
  }
  _mm256_storeu_ps(gradient, _mm512_cvtpd_ps(g));
  _mm256_storeu_ps(hessian, _mm512_cvtpd_ps(h));
}

/* The last rows, fewer than eight. */
static void logistic_rest(const struct logistic *rule, const double *score, const float *label,
                          const float *weight, size_t n, float *gradient, float *hessian) {
  double scores[LANES] = {0};
  float labels[LANES] = {0}, weights[LANES] = {0}, gradients[LANES], hessians[LANES];
  memcpy(scores, score, n * sizeof *score);
  memcpy(labels, label, n * sizeof *label);
  if (weight != NULL) memcpy(weights, weight, n * sizeof *weight);
  if (weight != NULL)
    logistic_eight(rule, scores, labels, weights, true, gradients, hessians);
  else
    logistic_eight(rule, scores, labels, NULL, true, gradients, hessians);
  memcpy(gradient, gradients, n * sizeof *gradient);
  memcpy(hessian, hessians, n * sizeof *hessian);
}

static inline __m512d times_plus(__m512d a, __m512d b, __m512d c) {
  return _mm512_add_pd(_mm512_mul_pd(a, b), c);
}

/* Without weights, in a fifth less time: from an exponential that may be wrong in its last eleven bits, which
 * the rounding to float32 almost always drops. False: for one of the rows it might not, or a margin is
 * not in the range that the errors are known for; nothing is stored then.
 *
 * e^x = 2^(j / 16) 2^i e^r with |r| <= ln 2 / 32, of which six terms of its series are at most 2^-42 off. Of
 * margins from -6 to 50 the gradient is no more than that off, and the hessian, whose second factor loses up
 * to 9 bits in either way, 2^-40; FLOAT_SLACK of a double's last places are 2^-39 or more. A sum of a
 * number's bits that leaves 0 in tie_bits is that close to the middle between two floats. */
static inline __attribute__((always_inline)) bool logistic_by_floats(const struct logistic *rule,
                                                                     const double *score, const float *label,
                                                                     float *gradient, float *hessian) {
  enum { STEPS = 16, HALF_FLOAT = 1 << 28, FLOAT_SLACK = 1 << 14 };
  const int64_t tie_bits = 2 * HALF_FLOAT - 2 * FLOAT_SLACK;
  const __m512d sign = _mm512_set1_pd(-0.0), one = _mm512_set1_pd(1.0);
  const __m512d magic = _mm512_set1_pd(0x1.8p52 / STEPS); /* added to, sixteenths are the low bits */
  const __m512d low_roots =
      _mm512_setr_pd(0x1.0000000000000p+0, 0x1.0b5586cf9890fp+0, 0x1.172b83c7d517bp+0, 0x1.2387a6e756238p+0,
                     0x1.306fe0a31b715p+0, 0x1.3dea64c123422p+0, 0x1.4bfdad5362a27p+0, 0x1.5ab07dd485429p+0);
  const __m512d high_roots =
      _mm512_setr_pd(0x1.6a09e667f3bcdp+0, 0x1.7a11473eb0187p+0, 0x1.8ace5422aa0dbp+0, 0x1.9c49182a3f090p+0,
                     0x1.ae89f995ad3adp+0, 0x1.c199bdd85529cp+0, 0x1.d5818dcfba487p+0, 0x1.ea4afa2a490dap+0);
  const __m512i to_tie = _mm512_set1_epi64(FLOAT_SLACK - HALF_FLOAT), tie = _mm512_set1_epi64(tie_bits);
  const __mmask8 positive =
      _mm256_cmpgt_epi32_mask(_mm256_castps_si256(_mm256_loadu_ps(label)), _mm256_setzero_si256());
  __m512d x = _mm512_mul_pd(rule->sigmoid, _mm512_loadu_pd(score));
  x = _mm512_mask_xor_pd(x, (__mmask8)~positive, x, sign);
  __mmask8 odd = _mm512_cmp_pd_mask(x, _mm512_set1_pd(-6.0), _CMP_NGE_UQ);
  odd |= _mm512_cmp_pd_mask(x, _mm512_set1_pd(50.0), _CMP_NLE_UQ);
  const __m512d at = times_plus(x, _mm512_set1_pd(0x1.71547652b82fep0), magic); /* 1 / ln 2 */
  const __m512d n = _mm512_sub_pd(at, magic);
  const __m512d r = times_plus(n, _mm512_set1_pd(-0x1.62e42fefa39efp-1), x);
  __m512d y = times_plus(r, _mm512_set1_pd(1.0 / 120.0), _mm512_set1_pd(1.0 / 24.0));
  y = times_plus(y, r, _mm512_set1_pd(1.0 / 6.0));
  y = times_plus(y, r, _mm512_set1_pd(0.5));
  y = times_plus(y, r, one);
  y = times_plus(y, r, one);
  y = _mm512_mul_pd(y, _mm512_permutex2var_pd(low_roots, _mm512_castpd_si512(at), high_roots));
  y = _mm512_scalef_pd(y, n); /* by the whole part */
  const __m512d g = _mm512_div_pd(rule->sigmoid, _mm512_add_pd(one, y));
  const __m512d h = _mm512_mul_pd(g, _mm512_sub_pd(rule->sigmoid, g));
  odd |= _mm512_testn_epi64_mask(_mm512_add_epi64(_mm512_castpd_si512(g), to_tie), tie);
  odd |= _mm512_testn_epi64_mask(_mm512_add_epi64(_mm512_castpd_si512(h), to_tie), tie);
  if (__builtin_expect(odd != 0, 0)) return false;
  _mm256_storeu_ps(gradient, _mm512_cvtpd_ps(_mm512_mask_xor_pd(g, positive, g, sign)));
  _mm256_storeu_ps(hessian, _mm512_cvtpd_ps(h));
  return true;
}

static inline __attribute__((always_inline)) void logistic_all(const struct logistic *rule,
                                                               const double *score, const float *label,
                                                               const float *weight, uint64_t n,
                                                               const bool classes, const bool by_floats,
                                                               float *gradient, float *hessian) {
  uint64_t i = 0;
  for (; i + LANES <= n; i += LANES) {
    __builtin_prefetch((const char *)(score + i) + PAGE);
    if (i % (2 * LANES) == 0) __builtin_prefetch((const char *)(label + i) + PAGE);
    if (by_floats && logistic_by_floats(rule, score + i, label + i, gradient + i, hessian + i)) continue;
    logistic_eight(rule, score + i, label + i, weight != NULL ? weight + i : NULL, classes, gradient + i,
                   hessian + i);
  }
  if (i < n)
    logistic_rest(rule, score + i, label + i, weight != NULL ? weight + i : NULL, n - i, gradient + i,
                  hessian + i);
}

static void grad_logistic(const double *score, const float *label, const float *weight, uint64_t n,
                          double sigmoid, const double class_weight[2], float *gradient, float *hessian) {
  const struct logistic rule = {_mm512_set1_pd(sigmoid),
                                {_mm512_set1_pd(class_weight[0]), _mm512_set1_pd(class_weight[1])}};
  const bool classes = class_weight[0] != 1 || class_weight[1] != 1; /* else a factor of 1 */
  if (weight != NULL)
    logistic_all(&rule, score, label, weight, n, true, false, gradient, hessian);
  else if (classes)
    logistic_all(&rule, score, label, NULL, n, true, false, gradient, hessian);
  else if (sigmoid > 0x1p-20 && sigmoid < 0x1p20) /* floats have all their bits */
    logistic_all(&rule, score, label, NULL, n, false, true, gradient, hessian);
  else
    logistic_all(&rule, score, label, NULL, n, false, false, gradient, hessian);
}

static void exp_differences(const double *values, const double *less, uint64_t n, double *out) {
  uint64_t i = 0;
  for (; i + LANES <= n; i += LANES)
    _mm512_storeu_pd(out + i,
                     exp_eight(_mm512_sub_pd(_mm512_loadu_pd(values + i), _mm512_loadu_pd(less + i))));
  for (; i < n; i++) out[i] = kernel_exp(values[i] - less[i]);
}

void kernels_gradients_avx512(struct kernels *slots) {
  slots->grad_logistic = grad_logistic;
  slots->exp_differences = exp_differences;
}
#endif
