/* two_avx2.c - the histogram update of two sources with 256-bit vectors. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "kernels/kernels.h"
#include "kernels/tiers.h"

#define TWO_VALUES round_two
#include "kernels/two_loops.h"

static inline void round_two(const struct hist_source *sources, uint64_t at, size_t n, two_pairs *room) {
  _Alignas(32) struct hist_pair pairs[2][HIST_TILE_ROWS];
  for (int s = 0; s < 2; s++) quantize_rows_avx2(&sources[s], sources[s].rows + at, NULL, n, pairs[s]);
  for (size_t i = 0; i < n; i++) {
    __m128i first = _mm_load_si128((const __m128i *)(const void *)&pairs[0][i]);
    __m128i second = _mm_load_si128((const __m128i *)(const void *)&pairs[1][i]);
    room[i] = (two_pairs)_mm256_inserti128_si256(_mm256_castsi128_si256(first), second, 1);
  }
}

void kernels_two_avx2(struct kernels *slots) { slots->hist_update_two = hist_update_two; }
#endif
