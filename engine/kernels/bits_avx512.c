/* bits_avx512.c - routing by bits with two sets of rows in a vector where they lie side by side, and with
 * operations of three inputs. Same bits as the scalar tier. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "kernels/kernels.h"
#include "kernels/tiers.h"

static inline __m256i load(const void *at) { return _mm256_loadu_si256((const __m256i *)at); }
static inline void store(void *at, __m256i v) { _mm256_storeu_si256((__m256i *)at, v); }
static inline __m256i xor3(__m256i a, __m256i b, __m256i c) {
  return _mm256_ternarylogic_epi64(a, b, c, 0x96);
}

/* An inner node's two masks are one store. */
static inline void run_nodes(const struct bit_program *program, const uint64_t *conditions, uint64_t *masks) {
  const struct bit_node *node = program->nodes, *inner_end = node + program->n_inner;
  const struct bit_node *end = node + program->n_nodes;
  const __m512i flip = _mm512_setr_epi64(0, 0, 0, 0, -1, -1, -1, -1);
  uint64_t *out = masks + 2 * BIT_WORDS;
  store(masks, _mm256_set1_epi8(-1));
  for (; node < inner_end; node++, out += 2 * BIT_WORDS) {
    __m512i from = _mm512_broadcast_i64x4(load(masks + node->from));
    __m512i condition = _mm512_broadcast_i64x4(load(conditions + (size_t)node->condition * BIT_WORDS));
    _mm512_storeu_si512(out, _mm512_ternarylogic_epi64(from, condition, flip, 0x60)); /* a & (b ^ c) */
  }
  for (; node < end; node++, out += BIT_WORDS)
    store(out,
          _mm256_and_si256(load(masks + node->from), load(conditions + (size_t)node->condition * BIT_WORDS)));
}

static inline __m256i plane_of(const uint64_t *masks, const uint16_t *turn, size_t n) {
  __m256i a = _mm256_setzero_si256(), b = a;
  size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    a = xor3(a, load(masks + turn[i]), load(masks + turn[i + 1]));
    b = xor3(b, load(masks + turn[i + 2]), load(masks + turn[i + 3]));
  }
  for (; i < n; i++) a = _mm256_xor_si256(a, load(masks + turn[i]));
  return _mm256_xor_si256(a, b);
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

void kernels_bits_avx512(struct kernels *slots) { slots->reach_bits = reach_bits; }
#endif
