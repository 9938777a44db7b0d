/* reach_avx2.c - the routing slots with 256-bit vectors. The leaf numbers of all REACH_ROWS rows stay in
 * eight registers while the nodes of a tree go by. Same bits as the scalar tier. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "kernels/kernels.h"
#include "kernels/tiers.h"

static inline __m256i load(const void *at) { return _mm256_loadu_si256((const __m256i *)at); }
static inline void store(void *at, __m256i v) { _mm256_storeu_si256((__m256i *)at, v); }

/* How many of the cuts from `at` on are below the number: of four, or of eight. */
static inline __attribute__((always_inline)) unsigned cuts_below(const double *at, double number,
                                                                 bool eight) {
  __m256d x = _mm256_set1_pd(number);
  unsigned below = (unsigned)_mm256_movemask_pd(_mm256_cmp_pd(x, _mm256_loadu_pd(at), _CMP_GT_OQ));
  if (eight)
    below |= (unsigned)_mm256_movemask_pd(_mm256_cmp_pd(x, _mm256_loadu_pd(at + 4), _CMP_GT_OQ)) << 4;
  return (unsigned)__builtin_popcount(below);
}

/* The cells of four values at a time, and in a cell all its cuts at once. */
static inline __attribute__((always_inline)) void encode_cells(const struct code_map *map,
                                                               const double *values, size_t n, bool eight,
                                                               uint16_t *codes) {
  const double *cuts = map->cuts;
  const uint16_t *first = map->first;
  const __m256d low = _mm256_set1_pd(map->low), scale = _mm256_set1_pd(map->scale);
  const __m256d zero = _mm256_setzero_pd(), last = _mm256_set1_pd((double)(map->n_cells - 1));
  size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    double number[4];
    uint32_t cell[4];
    __m256d v = _mm256_loadu_pd(values + i);
    v = _mm256_and_pd(v, _mm256_cmp_pd(v, v, _CMP_ORD_Q));
    _mm256_storeu_pd(number, v);
    __m256d x = _mm256_mul_pd(_mm256_sub_pd(v, low), scale);
    x = _mm256_min_pd(_mm256_max_pd(x, zero), last);
    _mm_storeu_si128((__m128i *)(void *)cell, _mm256_cvttpd_epi32(x));
#pragma GCC unroll 4
    for (size_t k = 0; k < 4; k++) {
      uint32_t code = first[cell[k]];
      codes[i + k] = (uint16_t)(code + cuts_below(cuts + code, number[k], eight));
    }
  }
  for (; i < n; i++) codes[i] = (uint16_t)code_of(map, values[i]);
}

#define CUTS_BELOW cuts_below
#include "kernels/encode_loops.h"

/* Few cuts are compared one after the other with four values at a time. */
static void encode_few(const struct code_map *map, const double *values, size_t n, uint16_t *codes) {
  size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    __m256d v = _mm256_loadu_pd(values + i);
    v = _mm256_and_pd(v, _mm256_cmp_pd(v, v, _CMP_ORD_Q));
    __m256i code = _mm256_setzero_si256();
    for (uint32_t c = 0; c < map->n_cuts; c++)
      code = _mm256_sub_epi64(
          code, _mm256_castpd_si256(_mm256_cmp_pd(_mm256_broadcast_sd(map->cuts + c), v, _CMP_LT_OQ)));
    __m128i halves = _mm_packs_epi32(_mm256_castsi256_si128(code), _mm256_extracti128_si256(code, 1));
    _mm_storel_epi64((__m128i *)(void *)(codes + i), _mm_packus_epi32(halves, halves));
  }
  for (; i < n; i++) codes[i] = (uint16_t)code_of(map, values[i]);
}

/* Eight searches in step: their loads overlap, and the loop ends for all at once. */
static void encode_halving(const struct code_map *map, const double *values, size_t n, uint16_t *codes) {
  enum { TOGETHER = 8 };
  size_t i = 0;
  for (; i + TOGETHER <= n; i += TOGETHER) {
    double number[TOGETHER];
    uint32_t code[TOGETHER] = {0};
    for (size_t k = 0; k < TOGETHER; k++) number[k] = values[i + k] == values[i + k] ? values[i + k] : 0.0;
    for (uint32_t left = map->n_cuts + 1; left > 1;) {
      uint32_t half = left / 2;
      const double *middle = map->cuts + half - 1;
#pragma GCC unroll 8
      for (size_t k = 0; k < TOGETHER; k++) code[k] += half & -(uint32_t)(middle[code[k]] < number[k]);
      left -= half;
    }
    for (size_t k = 0; k < TOGETHER; k++) codes[i + k] = (uint16_t)code[k];
  }
  for (; i < n; i++) codes[i] = (uint16_t)code_of(map, values[i]);
}

static void encode(const struct code_map *map, const double *values, size_t n, uint16_t *codes) {
  enum { FEW = 10 };
  if (map->n_cuts <= FEW)
    encode_few(map, values, n, codes);
  else if (map->n_cells == 0)
    encode_halving(map, values, n, codes);
  else if (map->steps <= 4)
    encode_cells(map, values, n, false, codes);
  else
    encode_cells(map, values, n, true, codes);
}

static void spread(const uint16_t *codes, uint32_t offset, size_t n, int8_t *cells) {
  const __m256i before = _mm256_set1_epi16((short)offset), most = _mm256_set1_epi16(255);
  const __m256i top = _mm256_set1_epi8(127);
  size_t i = 0;
  for (; i + 32 <= n; i += 32) {
    __m256i a = _mm256_min_epu16(_mm256_subs_epu16(load(codes + i), before), most);
    __m256i b = _mm256_min_epu16(_mm256_subs_epu16(load(codes + i + 16), before), most);
    __m256i bytes = _mm256_permute4x64_epi64(_mm256_packus_epi16(a, b), 0xD8);
    store(cells + i, _mm256_sub_epi8(top, bytes));
  }
  for (; i < n; i++) cells[i] = code_to_cell(codes[i], offset);
}

/* A 256-bit set as two tables of 16 bytes: the byte of a code by its upper five bits, the bit by its lower
 * three. */
static void set_cells(const uint8_t *codes, const uint32_t bits[8], int8_t *cells) {
  const __m256i low = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)bits));
  const __m256i high =
      _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)(bits + 4)));
  const __m256i bit = _mm256_set1_epi64x((long long)0x8040201008040201u);
  const __m256i fives = _mm256_set1_epi8(31), sevens = _mm256_set1_epi8(7), base = _mm256_set1_epi8(126);
  for (size_t i = 0; i < REACH_ROWS; i += 32) {
    __m256i code = load(codes + i), place = _mm256_and_si256(_mm256_srli_epi16(code, 3), fives);
    __m256i from_low = _mm256_shuffle_epi8(low, place), from_high = _mm256_shuffle_epi8(high, place);
    __m256i byte = _mm256_blendv_epi8(from_low, from_high, code); /* bit 7 of the code */
    __m256i mask = _mm256_shuffle_epi8(bit, _mm256_and_si256(code, sevens));
    __m256i in = _mm256_cmpeq_epi8(_mm256_and_si256(byte, mask), mask);
    store(cells + i, _mm256_sub_epi8(base, in));
  }
}

#define EACH(STEP) STEP(0) STEP(1) STEP(2) STEP(3) STEP(4) STEP(5) STEP(6) STEP(7)

static void reach(const struct reach_node *nodes, uint32_t n_nodes, const int8_t *cells, uint8_t *masks,
                  uint8_t *numbers) {
#define BEGIN(j) __m256i number##j = _mm256_setzero_si256();
  EACH(BEGIN)
  const struct reach_node *node = nodes, *end = nodes + n_nodes;
  while (node < end) {
    const struct reach_node *run_end = node + node->run;
    switch ((enum reach_kind)node->kind) {
      case REACH_INNER:
        for (; node < run_end; node++) {
          const int8_t *cell = cells + (size_t)node->column * REACH_ROWS;
          const uint8_t *from = masks + (size_t)node->from * REACH_ROWS;
          uint8_t *left = masks + (size_t)node->left * REACH_ROWS;
          uint8_t *right = masks + (size_t)node->right * REACH_ROWS;
          const __m256i threshold = _mm256_set1_epi8(node->threshold);
          const __m256i weight = _mm256_set1_epi8((char)node->weight);
#define INNER(j)                                                            \
  {                                                                         \
    __m256i above = _mm256_cmpgt_epi8(threshold, load(cell + 32 * j));      \
    __m256i goes = _mm256_and_si256(above, load(from + 32 * j));            \
    __m256i stays = _mm256_andnot_si256(above, load(from + 32 * j));        \
    store(right + 32 * j, goes);                                            \
    store(left + 32 * j, stays);                                            \
    number##j = _mm256_add_epi8(number##j, _mm256_and_si256(goes, weight)); \
  }
          EACH(INNER)
        }
        break;
      case REACH_ONE:
        for (; node < run_end; node++) {
          const int8_t *cell = cells + (size_t)node->column * REACH_ROWS;
          const uint8_t *from = masks + (size_t)node->from * REACH_ROWS;
          uint8_t *right = masks + (size_t)node->right * REACH_ROWS;
          const __m256i threshold = _mm256_set1_epi8(node->threshold);
          const __m256i flip = _mm256_set1_epi8((char)node->flip);
#define ONE(j)                                                                                 \
  {                                                                                            \
    __m256i above = _mm256_xor_si256(flip, _mm256_cmpgt_epi8(threshold, load(cell + 32 * j))); \
    __m256i goes = _mm256_and_si256(above, load(from + 32 * j));                               \
    store(right + 32 * j, goes);                                                               \
    number##j = _mm256_sub_epi8(number##j, goes);                                              \
  }
          EACH(ONE)
        }
        break;
      case REACH_LEAVES:
        for (; node < run_end; node++) {
          const int8_t *cell = cells + (size_t)node->column * REACH_ROWS;
          const uint8_t *from = masks + (size_t)node->from * REACH_ROWS;
          const __m256i threshold = _mm256_set1_epi8(node->threshold);
#define LEAVES(j)              \
  number##j = _mm256_sub_epi8( \
      number##j, _mm256_and_si256(_mm256_cmpgt_epi8(threshold, load(cell + 32 * j)), load(from + 32 * j)));
          EACH(LEAVES)
        }
        break;
    }
  }
#define END(j) store(numbers + 32 * j, number##j);
  EACH(END)
}

/* One number and one value at a time: lanes would have to be put together from as many loads. */
static void add_values(const double *const values[ADD_TREES], uint8_t numbers[ADD_TREES][REACH_ROWS],
                       double scores[REACH_ROWS]) {
  for (size_t i = 0; i < REACH_ROWS; i++) {
    __m128d score = _mm_load_sd(scores + i);
#pragma GCC unroll 8
    for (size_t t = 0; t < ADD_TREES; t++) score = _mm_add_sd(score, _mm_load_sd(values[t] + numbers[t][i]));
    _mm_store_sd(scores + i, score);
  }
}

/* Rounds: each tree that is still open goes through one block. A block's columns pick their cells out of
 * registers; its decisions are one comparison, the way out another. Which trees stay open is kept without a
 * jump. */
static inline __attribute__((always_inline)) void walk_rounds(const struct walk_block *tops,
                                                              const struct walk_block *blocks,
                                                              const uint32_t *first, size_t n,
                                                              const int8_t *cells, bool wide,
                                                              int32_t *leaves) {
  const __m128i *from = (const __m128i *)(const void *)cells;
  const __m128i part0 = _mm_loadu_si128(from), part1 = _mm_loadu_si128(from + 1);
  const __m128i part2 = _mm_loadu_si128(from + 2), part3 = _mm_loadu_si128(from + 3);
  uint32_t at[WALK_TREES], tree_of[WALK_TREES];
  for (bool top = true; n > 0; top = false) {
    size_t n_open = 0;
    for (size_t i = 0; i < n; i++) {
      const struct walk_block *block = top ? &tops[i] : &blocks[at[i]];
      uint32_t tree = top ? (uint32_t)i : tree_of[i];
      __m128i column = _mm_loadu_si128((const __m128i *)(const void *)block->column);
      __m128i bit4 = _mm_slli_epi16(column, 3);
      __m128i own = _mm_blendv_epi8(_mm_shuffle_epi8(part0, column), _mm_shuffle_epi8(part1, column), bit4);
      if (wide) {
        __m128i high =
            _mm_blendv_epi8(_mm_shuffle_epi8(part2, column), _mm_shuffle_epi8(part3, column), bit4);
        own = _mm_blendv_epi8(own, high, _mm_slli_epi16(column, 2));
      }
      __m128i threshold = _mm_loadu_si128((const __m128i *)(const void *)block->threshold);
      __m256i decisions = _mm256_set1_epi16((short)_mm_movemask_epi8(_mm_cmpgt_epi8(threshold, own)));
      __m256i taken = _mm256_cmpeq_epi16(_mm256_and_si256(decisions, load(block->care)), load(block->rights));
      unsigned way = (unsigned)__builtin_ctz((unsigned)_mm256_movemask_epi8(taken)) / 2;
      int next = block->next[way];
      leaves[tree] = ~next; /* once it is one */
      at[n_open] = first[tree] + (uint32_t)next;
      tree_of[n_open] = tree;
      n_open += next >= 0;
    }
    n = n_open;
  }
}

static void walk_blocks(const struct walk_block *tops, const struct walk_block *blocks, const uint32_t *first,
                        size_t n, const int8_t cells[WALK_COLUMNS], bool wide, int32_t *leaves) {
  if (wide)
    walk_rounds(tops, blocks, first, n, cells, true, leaves);
  else
    walk_rounds(tops, blocks, first, n, cells, false, leaves);
}

void kernels_reach_avx2(struct kernels *slots) {
  slots->encode = encode;
  slots->encode_row = encode_row;
  slots->spread = spread;
  slots->set_cells = set_cells;
  slots->reach = reach;
  slots->add_values = add_values;
  slots->add_few_values = add_values;
  slots->walk_blocks = walk_blocks;
}
#endif
