/* kernels_avx2.c - slots that gain from 256-bit integers; the others are inherited. Same bits as the scalar
 * tier. */
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "kernels/kernels.h"
#include "kernels/spill_loops.h"
#include "kernels/tiers.h"

#define PAIR_QUANTIZE quantize_rows_avx2
#include "kernels/pair_loops.h"

static void subtract_i64(int64_t *a, const int64_t *b, uint64_t n) {
  uint64_t i = 0;
  for (; i + 4 <= n; i += 4) {
    __m256i x = _mm256_loadu_si256((const __m256i *)(const void *)(a + i));
    __m256i y = _mm256_loadu_si256((const __m256i *)(const void *)(b + i));
    _mm256_storeu_si256((__m256i *)(void *)(a + i), _mm256_sub_epi64(x, y));
  }
  for (; i < n; i++) a[i] -= b[i];
}

static void hist_subtract(int64_t *gradient, int64_t *hessian, uint32_t *count, const int64_t *child_gradient,
                          const int64_t *child_hessian, const uint32_t *child_count, uint64_t n) {
  subtract_i64(gradient, child_gradient, n);
  subtract_i64(hessian, child_hessian, n);
  if (count == NULL) return;
  uint64_t i = 0;
  for (; i + 8 <= n; i += 8) {
    __m256i x = _mm256_loadu_si256((const __m256i *)(const void *)(count + i));
    __m256i y = _mm256_loadu_si256((const __m256i *)(const void *)(child_count + i));
    _mm256_storeu_si256((__m256i *)(void *)(count + i), _mm256_sub_epi32(x, y));
  }
  for (; i < n; i++) count[i] -= child_count[i];
}

static inline __m256i load(const void *at) { return _mm256_loadu_si256((const __m256i *)at); }
static inline void store(void *at, __m256i x) { _mm256_storeu_si256((__m256i *)at, x); }

static inline __attribute__((always_inline)) void spill_i64(int64_t *to, int64_t *parent, __m256i x,
                                                            struct spill_facts facts) {
  if (facts.kept) store(to, facts.first ? x : _mm256_add_epi64(load(to), x));
  if (facts.parent) store(parent, _mm256_sub_epi64(load(parent), x));
}

static inline __attribute__((always_inline)) void spill_u32(uint32_t *to, uint32_t *parent, __m128i x,
                                                            struct spill_facts facts) {
  __m128i *t = (__m128i *)(void *)to, *p = (__m128i *)(void *)parent;
  if (facts.kept) _mm_storeu_si128(t, facts.first ? x : _mm_add_epi32(_mm_loadu_si128(t), x));
  if (facts.parent) _mm_storeu_si128(p, _mm_sub_epi32(_mm_loadu_si128(p), x));
}

static inline __attribute__((always_inline)) uint64_t spill_vectors(struct hist_pair *cells, uint64_t n,
                                                                    unsigned count_bits,
                                                                    const struct hist_target *target,
                                                                    struct spill_facts facts) {
  const struct hist_planes parent = facts.parent ? target->parent : target->planes;
  const struct hist_planes to = facts.kept ? target->planes : parent;
  const __m128i shift = _mm_cvtsi32_si128((int)count_bits);
  const __m256i mask = _mm256_set1_epi64x((int64_t)(((uint64_t)1 << count_bits) - 1));
  const __m256i low_halves = _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6);
  uint64_t i = 0;
  for (; i + 4 <= n; i += 4) {
    __m256i a = load(cells + i), b = load(cells + i + 2); /* g0 h0 g1 h1, g2 h2 g3 h3 */
    __m256i g = _mm256_permute4x64_epi64(_mm256_unpacklo_epi64(a, b), 0xD8);
    __m256i h = _mm256_permute4x64_epi64(_mm256_unpackhi_epi64(a, b), 0xD8);
    store(cells + i, _mm256_setzero_si256());
    store(cells + i + 2, _mm256_setzero_si256());
    spill_i64(to.gradient + i, parent.gradient + i, g, facts);
    spill_i64(to.hessian + i, parent.hessian + i, facts.counted ? _mm256_srl_epi64(h, shift) : h, facts);
    if (!facts.counted) continue;
    __m256i count = _mm256_permutevar8x32_epi32(_mm256_and_si256(h, mask), low_halves);
    spill_u32(to.count + i, parent.count + i, _mm256_castsi256_si128(count), facts);
  }
  return i;
}

static void hist_spill(struct hist_pair *cells, uint64_t n, unsigned count_bits,
                       const struct hist_target *target) {
  spill_cells(cells, n, count_bits, target, spill_vectors);
}

/* Without their sign floats are ordered as their bits. */
static float max_abs(const float *values, uint64_t n) {
  const __m256i no_sign = _mm256_set1_epi32(INT32_MAX);
  __m256i best = _mm256_setzero_si256();
  uint64_t i = 0;
  for (; i + 8 <= n; i += 8) {
    __m256i bits = _mm256_loadu_si256((const __m256i *)(const void *)(values + i));
    best = _mm256_max_epi32(best, _mm256_and_si256(bits, no_sign));
  }
  int32_t lanes[8], most = 0;
  _mm256_storeu_si256((__m256i *)(void *)lanes, best);
  for (unsigned k = 0; k < 8; k++) most = lanes[k] > most ? lanes[k] : most;
  for (; i < n; i++) {
    int32_t bits;
    memcpy(&bits, &values[i], sizeof bits);
    bits &= INT32_MAX;
    most = bits > most ? bits : most;
  }
  float magnitude;
  memcpy(&magnitude, &most, sizeof magnitude);
  return magnitude;
}

void kernels_overlay_avx2(struct kernels *slots) {
  slots->hist_update = hist_update;
  slots->hist_subtract = hist_subtract;
  slots->hist_spill = hist_spill;
  slots->max_abs = max_abs;
  kernels_scan_avx2(slots);
  kernels_gradients_avx2(slots);
  kernels_packed_avx2(slots);
  kernels_reach_avx2(slots);
  kernels_bits_avx2(slots);
  kernels_bins_avx2(slots);
  kernels_partition_avx2(slots);
  kernels_joint_avx2(slots);
}
#endif
