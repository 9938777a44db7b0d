/* bins_avx2.c - values to bins: two comparisons with sixteen bounds each, counted, and no jump. */
#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "kernels/tiers.h"

enum { GROUP = 16, MOST_BOUNDS = GROUP * GROUP };

/* How many of sixteen bounds are below the value. */
static inline unsigned count_below(const double *bounds, __m256d value) {
  __m256i a = _mm256_castpd_si256(_mm256_cmp_pd(_mm256_loadu_pd(bounds), value, _CMP_LT_OQ));
  __m256i b = _mm256_castpd_si256(_mm256_cmp_pd(_mm256_loadu_pd(bounds + 4), value, _CMP_LT_OQ));
  __m256i c = _mm256_castpd_si256(_mm256_cmp_pd(_mm256_loadu_pd(bounds + 8), value, _CMP_LT_OQ));
  __m256i d = _mm256_castpd_si256(_mm256_cmp_pd(_mm256_loadu_pd(bounds + 12), value, _CMP_LT_OQ));
  __m256i all = _mm256_packs_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d)); /* two bytes each */
  return (unsigned)__builtin_popcount((unsigned)_mm256_movemask_epi8(all)) / 2;
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
    __m256d value = _mm256_broadcast_sd(values + i);
    unsigned first = GROUP * count_below(last_of_group, value);
    bins[i] = (uint16_t)(first + count_below(bounds + first, value));
  }
}

void kernels_bins_avx2(struct kernels *slots) { slots->bin_numeric = bin_numeric; }
#endif
