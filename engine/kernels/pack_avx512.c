/* pack_avx512.c - gradients to levels, sixteen rows at a time. Same bits as packed_loops.h.
 *
 * Two divisions a row are what that loop waits for. The gradient's is a product with the reciprocal here:
 * what is cut off behind it is the same unless the sum lies next to a whole number. Of levels below 2^16 the
 * quotient and the product are 3 2^-37 apart at most, and each sum of level and shift is rounded by 2^-37 or
 * less; where the sums with 2^-32 added and taken off have the same whole part, so has the true one. Else the
 * eight rows are divided. */
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "kernels/kernels.h"
#include "kernels/tiers.h"

/* Rows are fetched a page ahead, since the processor by itself fetches ahead within a page only. */
enum { LANES = 8, ALL_LANES = 0xFF, GROUP = 2 * LANES, PAGE = 1 << 12 };
enum { TO_ZERO = _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC };

struct packing {
  __m512d g_step, g_inverse, g_most, h_step, h_most;
  bool stochastic, constant_hessian;
  bool by_floats; /* for few levels single precision tells the whole parts of almost all rows */
  __m512 g_inverse_f, g_most_f, g_error, h_inverse_f, h_most_f, h_error;
};

static inline __m512i spread_bits(__m512i rows, uint32_t key) {
  __m512i x = _mm512_xor_si512(rows, _mm512_set1_epi32((int32_t)key));
  x = _mm512_xor_si512(x, _mm512_srli_epi32(x, 16));
  x = _mm512_mullo_epi32(x, _mm512_set1_epi32((int32_t)0x85ebca6bu));
  x = _mm512_xor_si512(x, _mm512_srli_epi32(x, 13));
  x = _mm512_mullo_epi32(x, _mm512_set1_epi32((int32_t)0xc2b2ae35u));
  return _mm512_xor_si512(x, _mm512_srli_epi32(x, 16));
}

/* Whole parts in the low halves. bits: of the shift, in units of 2^-31 behind the lowest. */
static inline __attribute__((always_inline)) __m512i gradient_levels(const struct packing *p,
                                                                     __m512d gradient, __m256i bits) {
  const __m512d magic = _mm512_set1_pd(0x1.8p52); /* added to, whole numbers are the low bits */
  const __m512d magnitude = _mm512_abs_pd(gradient);
  __m512d above = _mm512_set1_pd(0.5 + 0x1p-32); /* the shift and 2^-32 */
  if (p->stochastic)
    above = _mm512_mul_pd(_mm512_cvtepu32_pd(_mm256_or_si256(bits, _mm256_set1_epi32(1))),
                          _mm512_set1_pd(0x1p-32));
  __m512d upper = _mm512_add_pd(_mm512_mul_pd(magnitude, p->g_inverse), above);
  upper = _mm512_min_pd(upper, _mm512_add_pd(p->g_most, _mm512_set1_pd(0.25)));
  __m512d lower = _mm512_sub_pd(upper, _mm512_set1_pd(0x1p-31));
  __m512i whole = _mm512_castpd_si512(_mm512_add_round_pd(upper, magic, TO_ZERO));
  __m512i other = _mm512_castpd_si512(_mm512_add_round_pd(lower, magic, TO_ZERO));
  if (__builtin_expect(_mm512_cmpeq_epi64_mask(whole, other) == ALL_LANES, 1)) return whole;
  __m512d level =
      _mm512_add_pd(_mm512_div_pd(magnitude, p->g_step), _mm512_sub_pd(above, _mm512_set1_pd(0x1p-32)));
  return _mm512_castpd_si512(_mm512_add_round_pd(_mm512_min_pd(level, p->g_most), magic, TO_ZERO));
}

static inline __attribute__((always_inline)) __m512i hessian_levels(const struct packing *p, __m256 hessian,
                                                                    __m256i bits) {
  __m512d shift = _mm512_set1_pd(0.5), level = _mm512_set1_pd(1.0);
  if (p->stochastic)
    shift = _mm512_mul_pd(_mm512_cvtepu32_pd(_mm256_srli_epi32(bits, 1)), _mm512_set1_pd(0x1p-31));
  if (!p->constant_hessian) level = _mm512_div_pd(_mm512_cvtps_pd(hessian), p->h_step);
  return _mm512_cvttpd_epi64(_mm512_min_pd(_mm512_add_pd(level, shift), p->h_most));
}

static inline __attribute__((always_inline)) void pack_eight(const struct packing *p, const float *gradient,
                                                             const float *hessian, __m256i g_bits,
                                                             __m256i h_bits, int32_t *packed) {
  const __m512d value = _mm512_cvtps_pd(_mm256_loadu_ps(gradient));
  __m512i g = _mm512_slli_epi64(gradient_levels(p, value, g_bits), 16);
  __m512i h = hessian_levels(p, _mm256_loadu_ps(hessian), h_bits);
  g = _mm512_mask_sub_epi64(g, _mm512_movepi64_mask(_mm512_castpd_si512(value)), _mm512_setzero_si512(), g);
  _mm256_storeu_si256((__m256i *)(void *)packed, _mm512_cvtepi64_epi32(_mm512_add_epi64(g, h)));
}

/* Levels of sixteen magnitudes by floats: inverse, product, shift, `error` and sum are (3 levels + 4) 2^-24
 * off together at most and the difference (levels + 1) more, which is less than `error`. So where the sums
 * with it added and taken off have the same whole part, the true one has it too. The others' lanes are added
 * to `unsure`. */
static inline __attribute__((always_inline)) __m512i float_levels(__m512 magnitude, __m512 inverse,
                                                                  __m512 most, __m512 error, __m512i bits,
                                                                  bool stochastic, __mmask16 *unsure) {
  __m512 shift = _mm512_add_ps(_mm512_set1_ps(0.5f), error);
  if (stochastic)
    shift = _mm512_add_ps(_mm512_mul_ps(_mm512_cvtepu32_ps(bits), _mm512_set1_ps(0x1p-32f)), error);
  const __m512 upper = _mm512_add_ps(_mm512_mul_ps(magnitude, inverse), shift);
  const __m512 lower = _mm512_sub_ps(upper, _mm512_add_ps(error, error));
  const __m512i whole = _mm512_cvttps_epi32(_mm512_min_ps(upper, most));
  *unsure |= (__mmask16)~_mm512_cmpeq_epi32_mask(whole, _mm512_cvttps_epi32(_mm512_min_ps(lower, most)));
  return whole;
}

/* False: some row's whole parts are not certain; nothing is stored then. */
static inline __attribute__((always_inline)) bool pack_by_floats(const struct packing *p,
                                                                 const float *gradient, const float *hessian,
                                                                 __m512i g_bits, __m512i h_bits,
                                                                 int32_t *packed) {
  __mmask16 unsure = 0;
  const __m512 value = _mm512_loadu_ps(gradient);
  __m512i g = float_levels(_mm512_abs_ps(value), p->g_inverse_f, p->g_most_f, p->g_error, g_bits,
                           p->stochastic, &unsure);
  __m512i h = _mm512_set1_epi32(1);
  if (!p->constant_hessian)
    h = float_levels(_mm512_loadu_ps(hessian), p->h_inverse_f, p->h_most_f, p->h_error, h_bits, p->stochastic,
                     &unsure);
  if (__builtin_expect(unsure != 0, 0)) return false;
  g = _mm512_slli_epi32(g, 16);
  g = _mm512_mask_sub_epi32(g, _mm512_movepi32_mask(_mm512_castps_si512(value)), _mm512_setzero_si512(), g);
  _mm512_storeu_si512(packed, _mm512_add_epi32(g, h));
  return true;
}

static inline __attribute__((always_inline)) void pack_group(const struct packing *p,
                                                             const struct pack_rule *rule, __m512i rows,
                                                             const float *gradient, const float *hessian,
                                                             int32_t *packed) {
  __m512i g_bits = _mm512_setzero_si512(), h_bits = g_bits;
  if (p->stochastic) {
    g_bits = spread_bits(rows, rule->gradient_key);
    h_bits = spread_bits(rows, rule->hessian_key);
  }
  if (p->by_floats && pack_by_floats(p, gradient, hessian, g_bits, h_bits, packed)) return;
  pack_eight(p, gradient, hessian, _mm512_castsi512_si256(g_bits), _mm512_castsi512_si256(h_bits), packed);
  pack_eight(p, gradient + LANES, hessian + LANES, _mm512_extracti64x4_epi64(g_bits, 1),
             _mm512_extracti64x4_epi64(h_bits, 1), packed + LANES);
}

static inline __m512i rows_from(uint32_t first) {
  const __m512i steps = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  return _mm512_add_epi32(steps, _mm512_set1_epi32((int32_t)first));
}

/* The last rows from i on, fewer than sixteen. */
static void pack_rest(const struct packing *p, const struct pack_rule *rule, const float *gradient,
                      const float *hessian, uint64_t i, uint64_t n, int32_t *packed) {
  const size_t left = n - i;
  float gradients[GROUP] = {0}, hessians[GROUP] = {0};
  uint32_t numbers[GROUP] = {0};
  int32_t out[GROUP];
  memcpy(gradients, gradient + i, left * sizeof *gradient);
  memcpy(hessians, hessian + i, left * sizeof *hessian);
  if (rule->row_numbers != NULL) memcpy(numbers, rule->row_numbers + i, left * sizeof *numbers);
  __m512i rows =
      rule->row_numbers != NULL ? _mm512_loadu_si512(numbers) : rows_from(rule->first_row + (uint32_t)i);
  pack_group(p, rule, rows, gradients, hessians, out);
  memcpy(packed + i, out, left * sizeof *packed);
}

static inline __attribute__((always_inline)) void pack_all(const struct packing *p,
                                                           const struct pack_rule *rule,
                                                           const float *gradient, const float *hessian,
                                                           uint64_t n, int32_t *packed) {
  const uint32_t *numbers = rule->row_numbers;
  uint64_t i = 0;
  for (; i + GROUP <= n; i += GROUP) {
    __m512i rows =
        numbers != NULL ? _mm512_loadu_si512(numbers + i) : rows_from(rule->first_row + (uint32_t)i);
    if (numbers != NULL) __builtin_prefetch((const char *)(numbers + i) + PAGE);
    __builtin_prefetch((const char *)(gradient + i) + PAGE);
    __builtin_prefetch((const char *)(hessian + i) + PAGE);
    __builtin_prefetch((const char *)(packed + i) + PAGE, 1);
    pack_group(p, rule, rows, gradient + i, hessian + i, packed + i);
  }
  if (i < n) pack_rest(p, rule, gradient, hessian, i, n, packed);
}

/* What a float has all its bits of, and its reciprocal. */
static bool float_step(double step) { return step > 0x1p-100 && step < 0x1p100; }

static __m512 float_error(double levels) { return _mm512_set1_ps((float)((levels + 2) * 0x1p-22)); }

static struct packing packing_of(const struct pack_rule *rule) {
  enum { MOST_LEVELS = 256 };
  struct packing p = {.g_step = _mm512_set1_pd(rule->gradient_step),
                      .g_inverse = _mm512_set1_pd(1 / rule->gradient_step),
                      .g_most = _mm512_set1_pd(rule->gradient_levels),
                      .h_step = _mm512_set1_pd(rule->hessian_step),
                      .h_most = _mm512_set1_pd(rule->hessian_levels)};
  p.by_floats = float_step(rule->gradient_step) && float_step(rule->hessian_step) &&
                rule->gradient_levels <= MOST_LEVELS && rule->hessian_levels <= MOST_LEVELS;
  if (!p.by_floats) return p;
  p.g_inverse_f = _mm512_set1_ps((float)(1 / rule->gradient_step));
  p.g_most_f = _mm512_set1_ps((float)rule->gradient_levels);
  p.g_error = float_error(rule->gradient_levels);
  p.h_inverse_f = _mm512_set1_ps((float)(1 / rule->hessian_step));
  p.h_most_f = _mm512_set1_ps((float)rule->hessian_levels);
  p.h_error = float_error(rule->hessian_levels);
  return p;
}

static void pack(const struct pack_rule *rule, const float *gradient, const float *hessian, uint64_t n,
                 int32_t *packed) {
  struct packing p = packing_of(rule);
  if (rule->stochastic && rule->constant_hessian) {
    p.stochastic = p.constant_hessian = true;
    pack_all(&p, rule, gradient, hessian, n, packed);
  } else if (rule->stochastic) {
    p.stochastic = true;
    p.constant_hessian = false;
    pack_all(&p, rule, gradient, hessian, n, packed);
  } else {
    p.stochastic = false;
    p.constant_hessian = rule->constant_hessian;
    pack_all(&p, rule, gradient, hessian, n, packed);
  }
}

void kernels_pack_avx512(struct kernels *slots) { slots->pack = pack; }
#endif
