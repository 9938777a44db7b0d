/* hist_narrow_avx512.c - the histogram updates of exact training where 512-bit floats cost the clock
 * (tier AVX512_FP16): hist_avx512.c with rows rounded two at a time. The one instruction from doubles to
 * 64-bit integers is there in 256 bits too. Same bits as the scalar tier. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "kernels/kernels.h"
#include "kernels/tiers.h"

enum { ROWS = 2 };

/* Scales, shifts and counts of two pairs: gradients are the even lanes. */
struct rounding {
  __m256d scale;
  __m256i shift, count;
};

static inline struct rounding rounding_of(const struct hist_source *source) {
  const double g = source->gradient_scale, h = source->hessian_scale;
  const long long shift = source->count_bits, count = source->count_bits > 0;
  return (struct rounding){_mm256_setr_pd(g, h, g, h), _mm256_setr_epi64x(0, shift, 0, shift),
                           _mm256_setr_epi64x(0, count, 0, count)};
}

/* The conversion rounds half to even, the processor's mode. */
static inline __m256i round_rows(const struct rounding *r, __m128 rows) {
  const __mmask8 hessians = 0xA;
  __m256d value = _mm256_cvtps_pd(rows);
  __m256i whole = _mm256_cvtpd_epi64(_mm256_mul_pd(value, r->scale));
  __mmask8 some = _mm256_mask_cmp_pd_mask(hessians, value, _mm256_setzero_pd(), _CMP_GT_OQ);
  __mmask8 lost = _mm256_mask_testn_epi64_mask(some, whole, whole);
  whole = _mm256_mask_mov_epi64(whole, lost, _mm256_set1_epi64x(1));
  return _mm256_or_si256(_mm256_sllv_epi64(whole, r->shift), r->count);
}

static inline __m128 rows_side_by_side(const struct row_gradient *rows) {
  return _mm_loadu_ps((const float *)(const void *)rows);
}

static inline __m128 rows_anywhere(const struct row_gradient *all, const uint32_t *rows) {
  const double *from = (const double *)(const void *)all; /* a row is 8 bytes */
  return _mm_castpd_ps(_mm_loadh_pd(_mm_load_sd(from + rows[0]), from + rows[1]));
}

static inline void store_pairs(struct hist_pair *to, __m256i pairs) {
  _mm256_storeu_si256((__m256i *)(void *)to, pairs);
}

#define ROUND_FLOATS __m128
#include "kernels/round_loops.h"

/* A pair of either source. */
static inline __m256i side_by_side(__m256i a, __m256i b, const int half) {
  return half == 0 ? _mm256_permute2x128_si256(a, b, 0x20) : _mm256_permute2x128_si256(a, b, 0x31);
}

static inline __attribute__((always_inline)) void round_joint(const struct hist_source *sources,
                                                              const int n_sources, uint64_t at, size_t n,
                                                              struct hist_pair *room) {
  struct rounding r[HIST_MOST_SOURCES];
  for (int s = 0; s < n_sources; s++) r[s] = rounding_of(&sources[s]);
  size_t i = 0;
  for (; i + ROWS <= n; i += ROWS) {
    struct hist_pair *first = room + (size_t)n_sources * i, *second = first + n_sources;
    for (int s = 0; s < n_sources; s += 2) {
      __m256i a = round_rows(&r[s], rows_side_by_side(sources[s].rows + at + i));
      __m256i b = round_rows(&r[s + 1], rows_side_by_side(sources[s + 1].rows + at + i));
      store_pairs(first + s, side_by_side(a, b, 0));
      store_pairs(second + s, side_by_side(a, b, 1));
    }
  }
  round_rest(sources, n_sources, at, i, n, room);
}

void kernels_hist_narrow_avx512(struct kernels *slots) { take_loops(slots); }
#endif
