/* immintrin.h - stands before the compiler's own when the AVX-512 tier is compiled for processors without it:
 * SIMDe's functions under Intel's names, and here, as plain loops after Intel's description, those that SIMDe
 * 0.7.4 does not have. The tier's sources are compiled as they are. */
#ifndef COPSE_TESTS_EMULATED_IMMINTRIN_H
#define COPSE_TESTS_EMULATED_IMMINTRIN_H

#define SIMDE_ENABLE_NATIVE_ALIASES
#define SIMDE_NO_NATIVE
#include <math.h>
#include <simde/x86/avx512.h>
#include <string.h>

typedef simde__mmask8 __mmask8;
typedef simde__mmask16 __mmask16;
typedef simde__mmask64 __mmask64;

/* Each of n numbers by itself: x. */
#define EMULATE_EACH(name, OUT, OUT_NUMBER, IN, IN_NUMBER, n, result) \
  static inline OUT name(IN vector) {                                 \
    IN_NUMBER in[n];                                                  \
    OUT_NUMBER out[n];                                                \
    memcpy(in, &vector, sizeof in);                                   \
    for (int k = 0; k < (n); k++) {                                   \
      const IN_NUMBER x = in[k];                                      \
      out[k] = (result);                                              \
    }                                                                 \
    OUT made;                                                         \
    memcpy(&made, out, sizeof made);                                  \
    return made;                                                      \
  }

/* A bit for each pair of n numbers: x and y. */
#define EMULATE_MASK(name, MASK, IN, IN_NUMBER, n, test) \
  static inline MASK name(IN one, IN other) {            \
    IN_NUMBER a[n], b[n];                                \
    unsigned mask = 0;                                   \
    memcpy(a, &one, sizeof a);                           \
    memcpy(b, &other, sizeof b);                         \
    for (int k = 0; k < (n); k++) {                      \
      const IN_NUMBER x = a[k], y = b[k];                \
      mask |= (unsigned)(test) << k;                     \
    }                                                    \
    return (MASK)mask;                                   \
  }

EMULATE_EACH(emulated_cvtepi64_pd, __m512d, double, __m512i, int64_t, 8, (double)x)
#define _mm512_cvtepi64_pd emulated_cvtepi64_pd

EMULATE_EACH(emulated_cvtpd_epi64, __m512i, int64_t, __m512d, double, 8, llrint(x))
#define _mm512_cvtpd_epi64 emulated_cvtpd_epi64
EMULATE_EACH(emulated_cvtpd_epi64_256, __m256i, int64_t, __m256d, double, 4, llrint(x))
#define _mm256_cvtpd_epi64 emulated_cvtpd_epi64_256

EMULATE_EACH(emulated_cvtps_pd, __m512d, double, __m256, float, 8, (double)x)
#define _mm512_cvtps_pd emulated_cvtps_pd

/* Lanes whose bit is 0 are not read. */
static inline __m512i emulated_maskz_loadu_epi64(__mmask8 mask, const void *from) {
  int64_t out[8] = {0};
  for (int k = 0; k < 8; k++)
    if (mask >> k & 1) memcpy(&out[k], (const char *)from + 8 * k, sizeof out[k]);
  __m512i y;
  memcpy(&y, out, sizeof y);
  return y;
}
#define _mm512_maskz_loadu_epi64 emulated_maskz_loadu_epi64

EMULATE_EACH(emulated_cvttpd_epi32, __m256i, int32_t, __m512d, double, 8, (int32_t)x)
#define _mm512_cvttpd_epi32 emulated_cvttpd_epi32

EMULATE_EACH(emulated_cvtepi64_epi16, __m128i, int16_t, __m512i, int64_t, 8, (int16_t)x)
#define _mm512_cvtepi64_epi16 emulated_cvtepi64_epi16

EMULATE_EACH(emulated_cvtusepi16_epi8, __m256i, uint8_t, __m512i, uint16_t, 32, (uint8_t)(x < 255 ? x : 255))
#define _mm512_cvtusepi16_epi8 emulated_cvtusepi16_epi8

static inline __m512d emulated_i64gather_pd(__m512i x, const void *from, int scale) {
  int64_t in[8];
  double out[8];
  memcpy(in, &x, sizeof in);
  for (int k = 0; k < 8; k++) memcpy(&out[k], (const char *)from + in[k] * scale, sizeof out[k]);
  __m512d y;
  memcpy(&y, out, sizeof y);
  return y;
}
#define _mm512_i64gather_pd emulated_i64gather_pd

static inline __m512i emulated_i32gather_epi32(__m512i x, const void *from, int scale) {
  int32_t in[16], out[16];
  memcpy(in, &x, sizeof in);
  for (int k = 0; k < 16; k++) memcpy(&out[k], (const char *)from + (int64_t)in[k] * scale, sizeof out[k]);
  __m512i y;
  memcpy(&y, out, sizeof y);
  return y;
}
#define _mm512_i32gather_epi32 emulated_i32gather_epi32

EMULATE_EACH(emulated_cvtepi32_ps, __m512, float, __m512i, int32_t, 16, (float)x)
#define _mm512_cvtepi32_ps emulated_cvtepi32_ps

static inline __m512i emulated_maskz_loadu_epi32(__mmask16 mask, const void *from) {
  int32_t out[16] = {0};
  for (int k = 0; k < 16; k++)
    if (mask >> k & 1) memcpy(&out[k], (const char *)from + 4 * k, sizeof out[k]);
  __m512i y;
  memcpy(&y, out, sizeof y);
  return y;
}
#define _mm512_maskz_loadu_epi32 emulated_maskz_loadu_epi32

static inline __m512i emulated_bslli_epi128(__m512i x, int bytes) {
  char in[64], out[64] = {0};
  memcpy(in, &x, sizeof in);
  for (int k = 0; k < 64; k++)
    if (k % 16 >= bytes) out[k] = in[k - bytes];
  __m512i y;
  memcpy(&y, out, sizeof y);
  return y;
}
#define _mm512_bslli_epi128 emulated_bslli_epi128

#define _mm512_mask_cmp_pd_mask(mask, a, b, how) ((__mmask8)((mask)&_mm512_cmp_pd_mask((a), (b), how)))
#undef _mm256_mask_cmp_pd_mask
#define _mm256_mask_cmp_pd_mask(mask, a, b, how) \
  ((__mmask8)((mask)&simde_mm256_movemask_pd(simde_mm256_cmp_pd((a), (b), how))))

EMULATE_MASK(emulated_cmplt_epi8_mask, __mmask16, __m128i, int8_t, 16, x < y)
#define _mm_cmplt_epi8_mask emulated_cmplt_epi8_mask

EMULATE_MASK(emulated_cmpeq_epi16_mask, __mmask16, __m256i, int16_t, 16, x == y)
#define _mm256_cmpeq_epi16_mask emulated_cmpeq_epi16_mask

EMULATE_EACH(emulated_cvtepu8_epi32, __m512i, uint32_t, __m128i, uint8_t, 16, x)
#define _mm512_cvtepu8_epi32 emulated_cvtepu8_epi32
EMULATE_EACH(emulated_cvtepu8_epi64, __m512i, uint64_t, __m128i, uint8_t, 8, x)
#define _mm512_cvtepu8_epi64 emulated_cvtepu8_epi64

EMULATE_EACH(emulated_cvtepu16_epi32, __m512i, uint32_t, __m256i, uint16_t, 16, x)
#define _mm512_cvtepu16_epi32 emulated_cvtepu16_epi32

EMULATE_EACH(emulated_cvtepi32_epi8, __m128i, uint8_t, __m512i, uint32_t, 16, (uint8_t)x)
#define _mm512_cvtepi32_epi8 emulated_cvtepi32_epi8

EMULATE_MASK(emulated_cmplt_epu64_mask, __mmask8, __m512i, uint64_t, 8, x < y)
#define _mm512_cmplt_epu64_mask emulated_cmplt_epu64_mask

EMULATE_MASK(emulated_testn_epi64_mask, __mmask8, __m512i, uint64_t, 8, (x & y) == 0)
#define _mm512_mask_testn_epi64_mask(only, x, y) ((__mmask8)((only)&emulated_testn_epi64_mask((x), (y))))
EMULATE_MASK(emulated_testn_epi64_mask_256, __mmask8, __m256i, uint64_t, 4, (x & y) == 0)
#define _mm256_mask_testn_epi64_mask(only, x, y) ((__mmask8)((only)&emulated_testn_epi64_mask_256((x), (y))))

EMULATE_EACH(emulated_cvtpd_ps, __m256, float, __m512d, double, 8, (float)x)
#define _mm512_cvtpd_ps emulated_cvtpd_ps

EMULATE_EACH(emulated_cvtepu32_pd, __m512d, double, __m256i, uint32_t, 8, (double)x)
#define _mm512_cvtepu32_pd emulated_cvtepu32_pd

EMULATE_EACH(emulated_cvttpd_epi64, __m512i, int64_t, __m512d, double, 8, (int64_t)x)
#define _mm512_cvttpd_epi64 emulated_cvttpd_epi64

EMULATE_EACH(emulated_cvtepu32_ps, __m512, float, __m512i, uint32_t, 16, (float)x)
#define _mm512_cvtepu32_ps emulated_cvtepu32_ps

EMULATE_EACH(emulated_cvttps_epi32, __m512i, int32_t, __m512, float, 16, (int32_t)x)
#define _mm512_cvttps_epi32 emulated_cvttps_epi32

EMULATE_MASK(emulated_cmpgt_epi32_mask, __mmask8, __m256i, int32_t, 8, x > y)
#define _mm256_cmpgt_epi32_mask emulated_cmpgt_epi32_mask

/* Towards 0, of sums above 0 whose second number is the larger. */
#ifndef _MM_FROUND_NO_EXC
#define _MM_FROUND_NO_EXC SIMDE_MM_FROUND_NO_EXC
#endif
static inline __m512d emulated_add_to_zero(__m512d x, __m512d y) {
  double a[8], b[8], out[8];
  memcpy(a, &x, sizeof a);
  memcpy(b, &y, sizeof b);
  for (int k = 0; k < 8; k++) {
    out[k] = a[k] + b[k];
    if (out[k] - b[k] > a[k]) out[k] = nextafter(out[k], 0);
  }
  __m512d z;
  memcpy(&z, out, sizeof z);
  return z;
}
#define _mm512_add_round_pd(x, y, rounding) emulated_add_to_zero((x), (y))

/* SIMDe rounds twice where the result is subnormal. */
static inline __m512d emulated_mask_scalef_pd(__m512d other, __mmask8 mask, __m512d x, __m512d power) {
  double in[8], powers[8], out[8];
  memcpy(in, &x, sizeof in);
  memcpy(powers, &power, sizeof powers);
  memcpy(out, &other, sizeof out);
  for (int k = 0; k < 8; k++)
    if (mask >> k & 1) out[k] = ldexp(in[k], (int)floor(powers[k]));
  __m512d y;
  memcpy(&y, out, sizeof y);
  return y;
}
#undef _mm512_mask_scalef_pd
#define _mm512_mask_scalef_pd emulated_mask_scalef_pd

#endif
