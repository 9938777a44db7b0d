/* walk_vbmi_avx512.c - single rows through trees by blocks, with the byte permutation of AVX-512 VBMI. Same
 * bits as the scalar tier.
 *
 * A block picks sixteen cells out of the row's. Within 128 bits that is a shuffle for every sixteen cells, a
 * blend for every two of them, and the bits to blend by; VBMI permutes all 64 at once. 29 instructions a
 * block instead of 34, or of 40 where columns are 32 and above. AVX-512 without VBMI has only words to
 * permute, for which columns and thresholds would have to be widened: no gain. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "kernels/kernels.h"
#include "kernels/tiers.h"

/* Rounds: each tree that is still open goes through one block. */
static void walk_blocks(const struct walk_block *tops, const struct walk_block *blocks, const uint32_t *first,
                        size_t n, const int8_t cells[WALK_COLUMNS], bool wide, int32_t *leaves) {
  const __m512i row = _mm512_loadu_si512(cells);
  uint32_t at[WALK_TREES], tree_of[WALK_TREES];
  (void)wide;
  for (bool top = true; n > 0; top = false) {
    size_t n_open = 0;
    for (size_t i = 0; i < n; i++) {
      const struct walk_block *block = top ? &tops[i] : &blocks[at[i]];
      uint32_t tree = top ? (uint32_t)i : tree_of[i];
      __m512i column = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)(const void *)block->column));
      __m128i own = _mm512_castsi512_si128(_mm512_permutexvar_epi8(column, row));
      __m128i threshold = _mm_loadu_si128((const __m128i *)(const void *)block->threshold);
      __m256i decisions = _mm256_set1_epi16((short)_mm_cmplt_epi8_mask(own, threshold));
      __m256i care = _mm256_loadu_si256((const __m256i *)(const void *)block->care);
      __m256i rights = _mm256_loadu_si256((const __m256i *)(const void *)block->rights);
      unsigned taken = _mm256_cmpeq_epi16_mask(_mm256_and_si256(decisions, care), rights);
      int next = block->next[__builtin_ctz(taken)];
      leaves[tree] = ~next; /* once it is one */
      at[n_open] = first[tree] + (uint32_t)next;
      tree_of[n_open] = tree;
      n_open += next >= 0;
    }
    n = n_open;
  }
}

void kernels_overlay_avx512_vbmi(struct kernels *slots) { slots->walk_blocks = walk_blocks; }
#endif
