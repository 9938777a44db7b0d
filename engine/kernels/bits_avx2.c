/* bits_avx2.c - routing by bits: a vector is a set of all rows of a block. Same bits as the scalar tier. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "kernels/kernels.h"
#include "kernels/tiers.h"

static inline __m256i load(const void *at) { return _mm256_loadu_si256((const __m256i *)at); }
static inline void store(void *at, __m256i v) { _mm256_storeu_si256((__m256i *)at, v); }

enum { BYTES = REACH_ROWS / 8 };

/* Every row sets its bit at its code; then each set takes over those above it. Rows that follow each other
 * lie in different bytes, so that no update waits for the one before it. */
static void bits_above(const uint16_t *codes, uint32_t most, uint64_t *bits) {
  uint8_t *bytes = (uint8_t *)bits;
  for (size_t c = 0; c <= most; c++) store(bytes + c * BYTES, _mm256_setzero_si256());
  for (unsigned k = 0; k < 8; k++, codes += BYTES) {
    const uint8_t bit = (uint8_t)(1u << k);
#pragma GCC unroll 32
    for (size_t j = 0; j < BYTES; j++) bytes[(size_t)codes[j] * BYTES + j] |= bit;
  }
  __m256i above = load(bytes + (size_t)most * BYTES);
  for (size_t c = most; c-- > 0;) {
    above = _mm256_or_si256(above, load(bytes + c * BYTES));
    store(bytes + c * BYTES, above);
  }
}

#define EACH(STEP) STEP(0) STEP(1) STEP(2) STEP(3) STEP(4) STEP(5) STEP(6) STEP(7)

static void bits_below(const int8_t *cells, int8_t threshold, uint64_t bits[BIT_WORDS]) {
  const __m256i limit = _mm256_set1_epi8(threshold);
  __m256i set = _mm256_setzero_si256();
#define BELOW(k)                                                                                \
  set = _mm256_or_si256(set, _mm256_and_si256(_mm256_cmpgt_epi8(limit, load(cells + 32 * (k))), \
                                              _mm256_set1_epi8((char)(1u << (k)))));
  EACH(BELOW)
  store(bits, set);
}

static inline void run_nodes(const struct bit_program *program, const uint64_t *conditions, uint64_t *masks) {
  const struct bit_node *node = program->nodes, *inner_end = node + program->n_inner;
  const struct bit_node *end = node + program->n_nodes;
  uint64_t *out = masks + 2 * BIT_WORDS;
  store(masks, _mm256_set1_epi8(-1));
  for (; node < inner_end; node++, out += 2 * BIT_WORDS) {
    __m256i from = load(masks + node->from),
            condition = load(conditions + (size_t)node->condition * BIT_WORDS);
    store(out, _mm256_and_si256(from, condition));
    store(out + BIT_WORDS, _mm256_andnot_si256(condition, from));
  }
  for (; node < end; node++, out += BIT_WORDS)
    store(out,
          _mm256_and_si256(load(masks + node->from), load(conditions + (size_t)node->condition * BIT_WORDS)));
}

static inline __m256i plane_of(const uint64_t *masks, const uint16_t *turn, size_t n) {
  __m256i a = _mm256_setzero_si256(), b = a;
  size_t i = 0;
  for (; i + 2 <= n; i += 2) {
    a = _mm256_xor_si256(a, load(masks + turn[i]));
    b = _mm256_xor_si256(b, load(masks + turn[i + 1]));
  }
  if (i < n) a = _mm256_xor_si256(a, load(masks + turn[i]));
  return _mm256_xor_si256(a, b);
}

/* Bits s away change places between two vectors: bit i + s of the first with bit i of the second. */
#define SWAP(a, b, s, mask)                                                                \
  {                                                                                        \
    __m256i differ = _mm256_and_si256(_mm256_xor_si256(_mm256_srli_epi16(a, s), b), mask); \
    b = _mm256_xor_si256(b, differ);                                                       \
    a = _mm256_xor_si256(a, _mm256_slli_epi16(differ, s));                                 \
  }

/* In each byte place an eight by eight transposition: bit k of plane p becomes bit p of vector k. */
void bits_planes_to_bytes(const uint64_t (*planes)[BIT_WORDS], uint8_t *numbers) {
  const __m256i ones = _mm256_set1_epi8(0x55), twos = _mm256_set1_epi8(0x33), fours = _mm256_set1_epi8(0x0F);
#define TAKE(p) __m256i v##p = load(planes[p]);
  EACH(TAKE)
  SWAP(v0, v4, 4, fours)
  SWAP(v1, v5, 4, fours)
  SWAP(v2, v6, 4, fours)
  SWAP(v3, v7, 4, fours)
  SWAP(v0, v2, 2, twos)
  SWAP(v1, v3, 2, twos)
  SWAP(v4, v6, 2, twos)
  SWAP(v5, v7, 2, twos)
  SWAP(v0, v1, 1, ones)
  SWAP(v2, v3, 1, ones)
  SWAP(v4, v5, 1, ones)
  SWAP(v6, v7, 1, ones)
#define GIVE(k) store(numbers + 32 * (k), v##k);
  EACH(GIVE)
}

static void reach_bits(const struct bit_program *program, const uint64_t *conditions, uint64_t *masks,
                       uint8_t *numbers, uint8_t *high) {
  uint64_t planes[16][BIT_WORDS];
  const uint16_t *turn = program->turns;
  run_nodes(program, conditions, masks);
  for (uint32_t p = 0; p < program->n_planes; turn += program->n_turns[p++])
    store(planes[p], plane_of(masks, turn, program->n_turns[p]));
  for (uint32_t p = program->n_planes; p < 16; p++) store(planes[p], _mm256_setzero_si256());
  bits_planes_to_bytes((const uint64_t(*)[BIT_WORDS])planes, numbers);
  if (program->n_planes > 8) bits_planes_to_bytes((const uint64_t(*)[BIT_WORDS])planes + 8, high);
}

void kernels_bits_avx2(struct kernels *slots) {
  slots->bits_above = bits_above;
  slots->bits_below = bits_below;
  slots->reach_bits = reach_bits;
}
#endif
