/* hist_avx512.c - the histogram updates of exact training, with rows rounded four at a time. Same bits as the
 * scalar tier.
 *
 * Adding up is bound by a store a cell and stays as it is: gathering and scattering eight cells took 2.4
 * times as long, and 128 bits are all that a row adds to one. What gains is the rounding before. Doubles
 * become 64-bit integers by one instruction, so that gradients and hessians need not be told apart: rows are
 * the pairs' layout already. 3.3 instructions a row instead of 6.5 to 10, 5.5 instead of 9 to 12
 * where rows lie anywhere, and less than half where a row has two sources. Where 512-bit floats cost the
 * clock (tier AVX512_FP16) it is hist_narrow_avx512.c. */
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "kernels/kernels.h"
#include "kernels/tiers.h"

enum { ROWS = 4 };

/* Scales, shifts and counts of four pairs: gradients are the even lanes. */
struct rounding {
  __m512d scale;
  __m512i shift, count;
};

static inline struct rounding rounding_of(const struct hist_source *source) {
  const double g = source->gradient_scale, h = source->hessian_scale;
  const long long shift = source->count_bits, count = source->count_bits > 0;
  return (struct rounding){_mm512_setr_pd(g, h, g, h, g, h, g, h),
                           _mm512_setr_epi64(0, shift, 0, shift, 0, shift, 0, shift),
                           _mm512_setr_epi64(0, count, 0, count, 0, count, 0, count)};
}

/* The conversion rounds half to even, the processor's mode. */
static inline __m512i round_rows(const struct rounding *r, __m256 rows) {
  const __mmask8 hessians = 0xAA;
  __m512d value = _mm512_cvtps_pd(rows);
  __m512i whole = _mm512_cvtpd_epi64(_mm512_mul_pd(value, r->scale));
  __mmask8 some = _mm512_mask_cmp_pd_mask(hessians, value, _mm512_setzero_pd(), _CMP_GT_OQ);
  __mmask8 lost = _mm512_mask_cmpeq_epi64_mask(some, whole, _mm512_setzero_si512());
  whole = _mm512_mask_mov_epi64(whole, lost, _mm512_set1_epi64(1));
  return _mm512_or_si512(_mm512_sllv_epi64(whole, r->shift), r->count);
}

static inline __m256 rows_side_by_side(const struct row_gradient *rows) {
  return _mm256_loadu_ps((const float *)(const void *)rows);
}

static inline __m256 rows_anywhere(const struct row_gradient *all, const uint32_t *rows) {
  const double *from = (const double *)(const void *)all; /* a row is 8 bytes */
  __m128d a = _mm_loadh_pd(_mm_load_sd(from + rows[0]), from + rows[1]);
  __m128d b = _mm_loadh_pd(_mm_load_sd(from + rows[2]), from + rows[3]);
  return _mm256_castpd_ps(_mm256_insertf128_pd(_mm256_castpd128_pd256(a), b, 1));
}

static inline void store_pairs(struct hist_pair *to, __m512i pairs) { _mm512_storeu_si512(to, pairs); }

#define ROUND_FLOATS __m256
#include "kernels/round_loops.h"

static inline __m512i round_four(const struct hist_source *source, const struct rounding *r, uint64_t row) {
  return round_rows(r, rows_side_by_side(source->rows + row));
}

/* Of four rows the first two and the last two, a pair of either source side by side. */
struct halves {
  __m512i front, back;
};

static inline struct halves side_by_side(__m512i a, __m512i b) {
  const __m512i front = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11),
                back = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
  return (struct halves){_mm512_permutex2var_epi64(a, front, b), _mm512_permutex2var_epi64(a, back, b)};
}

/* Two rows of which either half holds two pairs. */
static inline void store_rows(__m512i ab, __m512i cd, struct hist_pair *to) {
  const __m512i first = _mm512_setr_epi64(0, 1, 2, 3, 8, 9, 10, 11),
                second = _mm512_setr_epi64(4, 5, 6, 7, 12, 13, 14, 15);
  _mm512_storeu_si512(to, _mm512_permutex2var_epi64(ab, first, cd));
  _mm512_storeu_si512(to + ROWS, _mm512_permutex2var_epi64(ab, second, cd));
}

static inline __attribute__((always_inline)) void round_joint(const struct hist_source *sources,
                                                              const int n_sources, uint64_t at, size_t n,
                                                              struct hist_pair *room) {
  struct rounding r[HIST_MOST_SOURCES];
  for (int s = 0; s < n_sources; s++) r[s] = rounding_of(&sources[s]);
  size_t i = 0;
  for (; i + ROWS <= n; i += ROWS) {
    struct hist_pair *to = room + (size_t)n_sources * i;
    struct halves ab =
        side_by_side(round_four(&sources[0], &r[0], at + i), round_four(&sources[1], &r[1], at + i));
    if (n_sources == 2) {
      _mm512_storeu_si512(to, ab.front);
      _mm512_storeu_si512(to + ROWS, ab.back);
      continue;
    }
    struct halves cd =
        side_by_side(round_four(&sources[2], &r[2], at + i), round_four(&sources[3], &r[3], at + i));
    store_rows(ab.front, cd.front, to);
    store_rows(ab.back, cd.back, to + 2 * ROWS);
  }
  round_rest(sources, n_sources, at, i, n, room);
}

void kernels_hist_avx512(struct kernels *slots) { take_loops(slots); }
#endif
