/* two_avx2.c - the histogram update of two sources: the cells of a bin are one vector of 256 bits, added to
 * in the time of one of 128. */
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "kernels/kernels.h"
#include "kernels/tiers.h"

typedef int64_t two_pairs __attribute__((vector_size(32), may_alias));

static inline const two_pairs *two_values(const struct hist_source *sources, const uint32_t *rows,
                                          uint64_t at, size_t n, two_pairs *room) {
  _Alignas(32) struct hist_pair pairs[2][HIST_TILE_ROWS];
  (void)rows; /* the rows themselves */
  for (int s = 0; s < 2; s++) quantize_rows_avx2(&sources[s], sources[s].rows + at, NULL, n, pairs[s]);
  for (size_t i = 0; i < n; i++) {
    __m128i first = _mm_load_si128((const __m128i *)(const void *)&pairs[0][i]);
    __m128i second = _mm_load_si128((const __m128i *)(const void *)&pairs[1][i]);
    room[i] = (two_pairs)_mm256_inserti128_si256(_mm256_castsi128_si256(first), second, 1);
  }
  return room;
}

static inline const void *two_value_at(const struct hist_source *sources, uint64_t row) {
  return (const void *)((uintptr_t)sources->rows + row * sizeof *sources->rows);
}

#define HIST_CELL two_pairs
#define HIST_SOURCE struct hist_source
#define HIST_NAME(name) two_##name
#include "kernels/hist_tile.h"

static void hist_update_two(const struct hist_block *block, uint64_t begin, uint64_t end,
                            const struct hist_source sources[2], struct hist_pair *cells) {
  if (block->cell_bytes == 1)
    two_add(block, NULL, begin, end, sources, (two_pairs *)(void *)cells);
  else
    two_add_wide(block, NULL, begin, end, sources, (two_pairs *)(void *)cells);
}

void kernels_two_avx2(struct kernels *slots) { slots->hist_update_two = hist_update_two; }
#endif
