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

static inline __m512d emulated_cvtepi64_pd(__m512i x) {
  int64_t in[8];
  double out[8];
  memcpy(in, &x, sizeof in);
  for (int k = 0; k < 8; k++) out[k] = (double)in[k];
  __m512d y;
  memcpy(&y, out, sizeof y);
  return y;
}
#define _mm512_cvtepi64_pd emulated_cvtepi64_pd

static inline __m512i emulated_cvtpd_epi64(__m512d x) {
  double in[8];
  int64_t out[8];
  memcpy(in, &x, sizeof in);
  for (int k = 0; k < 8; k++) out[k] = llrint(in[k]);
  __m512i y;
  memcpy(&y, out, sizeof y);
  return y;
}
#define _mm512_cvtpd_epi64 emulated_cvtpd_epi64

static inline __m512d emulated_cvtps_pd(__m256 x) {
  float in[8];
  double out[8];
  memcpy(in, &x, sizeof in);
  for (int k = 0; k < 8; k++) out[k] = (double)in[k];
  __m512d y;
  memcpy(&y, out, sizeof y);
  return y;
}
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

static inline __m256i emulated_cvttpd_epi32(__m512d x) {
  double in[8];
  int32_t out[8];
  memcpy(in, &x, sizeof in);
  for (int k = 0; k < 8; k++) out[k] = (int32_t)in[k];
  __m256i y;
  memcpy(&y, out, sizeof y);
  return y;
}
#define _mm512_cvttpd_epi32 emulated_cvttpd_epi32

static inline __m128i emulated_cvtepi64_epi16(__m512i x) {
  int64_t in[8];
  int16_t out[8];
  memcpy(in, &x, sizeof in);
  for (int k = 0; k < 8; k++) out[k] = (int16_t)in[k];
  __m128i y;
  memcpy(&y, out, sizeof y);
  return y;
}
#define _mm512_cvtepi64_epi16 emulated_cvtepi64_epi16

static inline __m256i emulated_cvtusepi16_epi8(__m512i x) {
  uint16_t in[32];
  uint8_t out[32];
  memcpy(in, &x, sizeof in);
  for (int k = 0; k < 32; k++) out[k] = (uint8_t)(in[k] < 255 ? in[k] : 255);
  __m256i y;
  memcpy(&y, out, sizeof y);
  return y;
}
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

static inline __m512 emulated_cvtepi32_ps(__m512i x) {
  int32_t in[16];
  float out[16];
  memcpy(in, &x, sizeof in);
  for (int k = 0; k < 16; k++) out[k] = (float)in[k];
  __m512 y;
  memcpy(&y, out, sizeof y);
  return y;
}
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

static inline __mmask16 emulated_cmplt_epi8_mask(__m128i x, __m128i y) {
  int8_t a[16], b[16];
  unsigned mask = 0;
  memcpy(a, &x, sizeof a);
  memcpy(b, &y, sizeof b);
  for (int k = 0; k < 16; k++) mask |= (unsigned)(a[k] < b[k]) << k;
  return (__mmask16)mask;
}
#define _mm_cmplt_epi8_mask emulated_cmplt_epi8_mask

static inline __mmask16 emulated_cmpeq_epi16_mask(__m256i x, __m256i y) {
  int16_t a[16], b[16];
  unsigned mask = 0;
  memcpy(a, &x, sizeof a);
  memcpy(b, &y, sizeof b);
  for (int k = 0; k < 16; k++) mask |= (unsigned)(a[k] == b[k]) << k;
  return (__mmask16)mask;
}
#define _mm256_cmpeq_epi16_mask emulated_cmpeq_epi16_mask

static inline __m512i emulated_cvtepu16_epi32(__m256i x) {
  uint16_t in[16];
  uint32_t out[16];
  memcpy(in, &x, sizeof in);
  for (int k = 0; k < 16; k++) out[k] = in[k];
  __m512i y;
  memcpy(&y, out, sizeof y);
  return y;
}
#define _mm512_cvtepu16_epi32 emulated_cvtepu16_epi32

static inline __m128i emulated_cvtepi32_epi8(__m512i x) {
  uint32_t in[16];
  uint8_t out[16];
  memcpy(in, &x, sizeof in);
  for (int k = 0; k < 16; k++) out[k] = (uint8_t)in[k];
  __m128i y;
  memcpy(&y, out, sizeof y);
  return y;
}
#define _mm512_cvtepi32_epi8 emulated_cvtepi32_epi8

static inline __mmask8 emulated_cmplt_epu64_mask(__m512i x, __m512i y) {
  uint64_t a[8], b[8];
  unsigned mask = 0;
  memcpy(a, &x, sizeof a);
  memcpy(b, &y, sizeof b);
  for (int k = 0; k < 8; k++) mask |= (unsigned)(a[k] < b[k]) << k;
  return (__mmask8)mask;
}
#define _mm512_cmplt_epu64_mask emulated_cmplt_epu64_mask

static inline __mmask8 emulated_mask_testn_epi64_mask(__mmask8 only, __m512i x, __m512i y) {
  uint64_t a[8], b[8];
  unsigned mask = 0;
  memcpy(a, &x, sizeof a);
  memcpy(b, &y, sizeof b);
  for (int k = 0; k < 8; k++) mask |= (unsigned)((a[k] & b[k]) == 0) << k;
  return (__mmask8)(mask & only);
}
#define _mm512_mask_testn_epi64_mask emulated_mask_testn_epi64_mask

static inline __m256 emulated_cvtpd_ps(__m512d x) {
  double in[8];
  float out[8];
  memcpy(in, &x, sizeof in);
  for (int k = 0; k < 8; k++) out[k] = (float)in[k];
  __m256 y;
  memcpy(&y, out, sizeof y);
  return y;
}
#define _mm512_cvtpd_ps emulated_cvtpd_ps

static inline __m512d emulated_cvtepu32_pd(__m256i x) {
  uint32_t in[8];
  double out[8];
  memcpy(in, &x, sizeof in);
  for (int k = 0; k < 8; k++) out[k] = (double)in[k];
  __m512d y;
  memcpy(&y, out, sizeof y);
  return y;
}
#define _mm512_cvtepu32_pd emulated_cvtepu32_pd

static inline __m512i emulated_cvttpd_epi64(__m512d x) {
  double in[8];
  int64_t out[8];
  memcpy(in, &x, sizeof in);
  for (int k = 0; k < 8; k++) out[k] = (int64_t)in[k];
  __m512i y;
  memcpy(&y, out, sizeof y);
  return y;
}
#define _mm512_cvttpd_epi64 emulated_cvttpd_epi64

static inline __m512 emulated_cvtepu32_ps(__m512i x) {
  uint32_t in[16];
  float out[16];
  memcpy(in, &x, sizeof in);
  for (int k = 0; k < 16; k++) out[k] = (float)in[k];
  __m512 y;
  memcpy(&y, out, sizeof y);
  return y;
}
#define _mm512_cvtepu32_ps emulated_cvtepu32_ps

static inline __m512i emulated_cvttps_epi32(__m512 x) {
  float in[16];
  int32_t out[16];
  memcpy(in, &x, sizeof in);
  for (int k = 0; k < 16; k++) out[k] = (int32_t)in[k];
  __m512i y;
  memcpy(&y, out, sizeof y);
  return y;
}
#define _mm512_cvttps_epi32 emulated_cvttps_epi32

static inline __mmask8 emulated_cmpgt_epi32_mask(__m256i x, __m256i y) {
  int32_t a[8], b[8];
  unsigned mask = 0;
  memcpy(a, &x, sizeof a);
  memcpy(b, &y, sizeof b);
  for (int k = 0; k < 8; k++) mask |= (unsigned)(a[k] > b[k]) << k;
  return (__mmask8)mask;
}
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
