/* reach_avx512.c - routing with 512-bit vectors and mask registers. Same bits as the scalar tier. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "kernels/kernels.h"
#include "kernels/tiers.h"

enum { WIDTH = 64 };

static inline __m512i load(const void *at) { return _mm512_loadu_si512(at); }
static inline void store(void *at, __m512i v) { _mm512_storeu_si512(at, v); }

#define EACH(STEP) STEP(0) STEP(1) STEP(2) STEP(3)

static void reach(const struct reach_node *nodes, uint32_t n_nodes, const int8_t *cells, uint8_t *masks,
                  uint8_t *numbers) {
#define BEGIN(j) __m512i number##j = _mm512_setzero_si512();
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
          const __m512i threshold = _mm512_set1_epi8(node->threshold);
          const __m512i weight = _mm512_set1_epi8((char)node->weight);
#define INNER(j)                                                                 \
  {                                                                              \
    __m512i reach = load(from + WIDTH * j);                                      \
    __mmask64 above = _mm512_cmpgt_epi8_mask(threshold, load(cell + WIDTH * j)); \
    __m512i goes = _mm512_maskz_mov_epi8(above, reach);                          \
    store(right + WIDTH * j, goes);                                              \
    store(left + WIDTH * j, _mm512_xor_si512(reach, goes));                      \
    number##j = _mm512_add_epi8(number##j, _mm512_and_si512(goes, weight));      \
  }
          EACH(INNER)
        }
        break;
      case REACH_ONE:
        for (; node < run_end; node++) {
          const int8_t *cell = cells + (size_t)node->column * REACH_ROWS;
          const uint8_t *from = masks + (size_t)node->from * REACH_ROWS;
          uint8_t *right = masks + (size_t)node->right * REACH_ROWS;
          const __m512i threshold = _mm512_set1_epi8(node->threshold);
          const __mmask64 flip = node->flip != 0 ? ~(__mmask64)0 : 0;
#define ONE(j)                                                                          \
  {                                                                                     \
    __mmask64 above = flip ^ _mm512_cmpgt_epi8_mask(threshold, load(cell + WIDTH * j)); \
    __m512i goes = _mm512_maskz_mov_epi8(above, load(from + WIDTH * j));                \
    store(right + WIDTH * j, goes);                                                     \
    number##j = _mm512_sub_epi8(number##j, goes);                                       \
  }
          EACH(ONE)
        }
        break;
      case REACH_LEAVES:
        for (; node < run_end; node++) {
          const int8_t *cell = cells + (size_t)node->column * REACH_ROWS;
          const uint8_t *from = masks + (size_t)node->from * REACH_ROWS;
          const __m512i threshold = _mm512_set1_epi8(node->threshold);
#define LEAVES(j)                                                                                        \
  number##j = _mm512_mask_sub_epi8(number##j, _mm512_cmpgt_epi8_mask(threshold, load(cell + WIDTH * j)), \
                                   number##j, load(from + WIDTH * j));
          EACH(LEAVES)
        }
        break;
    }
  }
#define END(j) store(numbers + WIDTH * j, number##j);
  EACH(END)
}

/* A tree's values. */
struct few_values {
  __m512d part[ADD_FEW / 8];
};

static inline struct few_values load_few(const double *values) {
  return (struct few_values){{_mm512_loadu_pd(values), _mm512_loadu_pd(values + 8),
                              _mm512_loadu_pd(values + 16), _mm512_loadu_pd(values + 24)}};
}

/* Those of eight rows. */
static inline __m512d few_of(const struct few_values *few, const uint8_t *numbers) {
  const __m512i number = _mm512_cvtepu8_epi64(_mm_loadl_epi64((const __m128i *)(const void *)numbers));
  const __m512d low = _mm512_permutex2var_pd(few->part[0], number, few->part[1]);
  const __m512d high = _mm512_permutex2var_pd(few->part[2], number, few->part[3]);
  return _mm512_mask_mov_pd(low, _mm512_test_epi64_mask(number, _mm512_set1_epi64(16)), high);
}

/* Two trees at a time, whose values are registers. */
static void add_few_values(const double *const values[ADD_TREES], uint8_t numbers[ADD_TREES][REACH_ROWS],
                           double scores[REACH_ROWS]) {
  for (size_t t = 0; t < ADD_TREES; t += 2) {
    const struct few_values one = load_few(values[t]), two = load_few(values[t + 1]);
    for (size_t i = 0; i < REACH_ROWS; i += 8) {
      __m512d score = _mm512_add_pd(_mm512_loadu_pd(scores + i), few_of(&one, numbers[t] + i));
      _mm512_storeu_pd(scores + i, _mm512_add_pd(score, few_of(&two, numbers[t + 1] + i)));
    }
  }
}

void kernels_reach_avx512(struct kernels *slots) {
  slots->reach = reach;
  slots->add_few_values = add_few_values;
}
#endif
