/* encode_avx512.c - values to codes, and codes to cells. Same bits as the scalar tier.
 *
 * Codes by halving gain most: a register holds the cuts of a level, a permutation picks each value's own, and
 * only what is below four levels is gathered (eight values and ten cuts: 19 instructions instead of 180 with
 * 256 bits; a level below: 12 instead of 71). Cells of values save little, a comparison where a cell has more
 * than four cuts (86 instead of 134): their cuts are not gathered, which costs as much as the loads it stands
 * for. */
#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>

#include "kernels/kernels.h"
#include "kernels/tiers.h"

enum { LANES = 8, MOST_LEVELS = 4, FEW = (1 << MOST_LEVELS) - 1 };

/* NaN counts as 0. */
static inline __m512d load_numbers(const double *values) {
  __m512d v = _mm512_loadu_pd(values);
  return _mm512_maskz_mov_pd(_mm512_cmp_pd_mask(v, v, _CMP_ORD_Q), v);
}

/* How many of the cuts from `at` on are below the number, which all lanes have: of four, or of eight. */
static inline __attribute__((always_inline)) unsigned cuts_below(const double *at, __m512d number,
                                                                 bool eight) {
  unsigned below;
  if (eight)
    below = _mm512_cmp_pd_mask(number, _mm512_loadu_pd(at), _CMP_GT_OQ);
  else
    below = _mm256_cmp_pd_mask(_mm512_castpd512_pd256(number), _mm256_loadu_pd(at), _CMP_GT_OQ);
  return (unsigned)__builtin_popcount(below);
}

static inline __attribute__((always_inline)) void encode_cells(const struct code_map *map,
                                                               const double *values, size_t n, bool eight,
                                                               uint16_t *codes) {
  const double *cuts = map->cuts;
  const uint16_t *first = map->first;
  const __m512d low = _mm512_set1_pd(map->low), scale = _mm512_set1_pd(map->scale);
  const __m512d zero = _mm512_setzero_pd(), last = _mm512_set1_pd((double)(map->n_cells - 1));
  size_t i = 0;
  for (; i + LANES <= n; i += LANES) {
    uint32_t cell[LANES];
    __m512d v = load_numbers(values + i);
    __m512d x = _mm512_mul_pd(_mm512_sub_pd(v, low), scale);
    x = _mm512_min_pd(_mm512_max_pd(x, zero), last);
    _mm256_storeu_si256((__m256i *)(void *)cell, _mm512_cvttpd_epi32(x));
    __asm__("" : "+m"(cell)); /* loads, where compilers would move lanes instead */
#pragma GCC unroll 8
    for (size_t k = 0; k < LANES; k++) {
      uint32_t code = first[cell[k]];
      /* not by way of memory: prediction takes 3 % longer (Zen 5) */
      const __m512d number = _mm512_permutexvar_pd(_mm512_set1_epi64((long long)k), v);
      codes[i + k] = (uint16_t)(code + cuts_below(cuts + code, number, eight));
    }
  }
  for (; i < n; i++) codes[i] = (uint16_t)code_of(map, values[i]);
}

#define CUTS_BELOW(cuts, value, eight) cuts_below((cuts), _mm512_set1_pd(value), (eight))
#include "kernels/encode_loops.h"

/* The first levels of a search by halving, the same for all values but for the cuts. A value's way is a
 * number: bit k: the cut of level k was below it. */
struct levels {
  double cut[MOST_LEVELS][LANES]; /* by the way so far */
  uint64_t code[2 * LANES];       /* by the whole way */
  uint32_t left;                  /* codes that are still possible, less than one by one */
};

static void find_levels(const struct code_map *map, unsigned n_levels, struct levels *out) {
  const uint32_t possible = map->n_cuts < FEW ? 1u << n_levels : map->n_cuts + 1;
  *out = (struct levels){.left = possible};
  for (unsigned k = 0; k < n_levels; k++) {
    const uint32_t half = out->left / 2;
    for (unsigned way = 0; way < 1u << k; way++) {
      const uint64_t at = out->code[way] + half - 1;
      out->cut[k][way] = at < map->n_cuts ? map->cuts[at] : HUGE_VAL;
      out->code[way | 1u << k] = out->code[way] + half;
    }
    out->left -= half;
  }
}

static inline __attribute__((always_inline)) void encode_levels(const struct code_map *map,
                                                                const double *values, size_t n,
                                                                const unsigned n_levels, uint16_t *codes) {
  struct levels levels;
  find_levels(map, n_levels, &levels);
  const __m512i low_codes = _mm512_loadu_si512(levels.code),
                high_codes = _mm512_loadu_si512(levels.code + LANES);
  size_t i = 0;
  for (; i + LANES <= n; i += LANES) {
    __m512d v = load_numbers(values + i);
    __m512i way = _mm512_setzero_si512();
#pragma GCC unroll 4
    for (unsigned k = 0; k < n_levels; k++) {
      __m512d cut = k == 0 ? _mm512_set1_pd(levels.cut[0][0])
                           : _mm512_permutexvar_pd(way, _mm512_loadu_pd(levels.cut[k]));
      way = _mm512_mask_or_epi64(way, _mm512_cmp_pd_mask(cut, v, _CMP_LT_OQ), way, _mm512_set1_epi64(1 << k));
    }
    __m512i code = _mm512_permutex2var_epi64(low_codes, way, high_codes);
    for (uint32_t left = levels.left; left > 1;) {
      const uint32_t half = left / 2;
      __m512d cut = _mm512_i64gather_pd(code, map->cuts + half - 1, sizeof(double));
      code =
          _mm512_mask_add_epi64(code, _mm512_cmp_pd_mask(cut, v, _CMP_LT_OQ), code, _mm512_set1_epi64(half));
      left -= half;
    }
    _mm_storeu_si128((__m128i *)(void *)(codes + i), _mm512_cvtepi64_epi16(code));
  }
  for (; i < n; i++) codes[i] = (uint16_t)code_of(map, values[i]);
}

static void encode(const struct code_map *map, const double *values, size_t n, uint16_t *codes) {
  if (map->n_cuts < 2)
    encode_levels(map, values, n, 1, codes);
  else if (map->n_cuts < 4)
    encode_levels(map, values, n, 2, codes);
  else if (map->n_cuts < 8)
    encode_levels(map, values, n, 3, codes);
  else if (map->n_cuts <= FEW || map->n_cells == 0)
    encode_levels(map, values, n, MOST_LEVELS, codes);
  else if (map->steps <= 4)
    encode_cells(map, values, n, false, codes);
  else
    encode_cells(map, values, n, true, codes);
}

/* Narrowing saturates: no minimum is needed. */
static void spread(const uint16_t *codes, uint32_t offset, size_t n, int8_t *cells) {
  enum { WIDTH = 32 };
  const __m512i before = _mm512_set1_epi16((short)offset);
  const __m256i top = _mm256_set1_epi8(127);
  size_t i = 0;
  for (; i + WIDTH <= n; i += WIDTH) {
    __m512i past = _mm512_subs_epu16(_mm512_loadu_si512(codes + i), before);
    __m256i bytes = _mm512_cvtusepi16_epi8(past);
    _mm256_storeu_si256((__m256i *)(void *)(cells + i), _mm256_sub_epi8(top, bytes));
  }
  for (; i < n; i++) cells[i] = code_to_cell(codes[i], offset);
}

/* A 256-bit set as two tables of 16 bytes: the byte of a code by its upper five bits, the bit by its lower
 * three. */
static void set_cells(const uint8_t *codes, const uint32_t bits[8], int8_t *cells) {
  enum { WIDTH = 64 };
  const __m512i low = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)bits));
  const __m512i high = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)(bits + 4)));
  const __m512i bit = _mm512_set1_epi64((long long)0x8040201008040201u);
  const __m512i fives = _mm512_set1_epi8(31), sevens = _mm512_set1_epi8(7);
  const __m512i out = _mm512_set1_epi8(126), in = _mm512_set1_epi8(127);
  for (size_t i = 0; i < REACH_ROWS; i += WIDTH) {
    __m512i code = _mm512_loadu_si512(codes + i), place = _mm512_and_si512(_mm512_srli_epi16(code, 3), fives);
    __m512i byte = _mm512_shuffle_epi8(low, place);
    byte = _mm512_mask_shuffle_epi8(byte, _mm512_movepi8_mask(code), high, place);
    __m512i mask = _mm512_shuffle_epi8(bit, _mm512_and_si512(code, sevens));
    _mm512_storeu_si512(cells + i, _mm512_mask_mov_epi8(out, _mm512_test_epi8_mask(byte, mask), in));
  }
}

void kernels_encode_avx512(struct kernels *slots) {
  slots->encode = encode;
  slots->encode_row = encode_row;
  slots->spread = spread;
  slots->set_cells = set_cells;
}
#endif
