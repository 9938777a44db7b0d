/* kernels_avx512.c - the tier of processors with AVX-512 F, BW, DQ and VL: its histogram slots, and the parts
 * that have files of their own. Same bits as the scalar tier. */
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "kernels/kernels.h"
#include "kernels/spill_loops.h"
#include "kernels/tiers.h"

enum { LANES = 8 };

static void hist_subtract(int64_t *gradient, int64_t *hessian, uint32_t *count, const int64_t *child_gradient,
                          const int64_t *child_hessian, const uint32_t *child_count, uint64_t n) {
  uint64_t i = 0;
  for (; i + LANES <= n; i += LANES) {
    __m512i g = _mm512_sub_epi64(_mm512_loadu_si512(gradient + i), _mm512_loadu_si512(child_gradient + i));
    __m512i h = _mm512_sub_epi64(_mm512_loadu_si512(hessian + i), _mm512_loadu_si512(child_hessian + i));
    _mm512_storeu_si512(gradient + i, g);
    _mm512_storeu_si512(hessian + i, h);
  }
  for (; i < n; i++) {
    gradient[i] -= child_gradient[i];
    hessian[i] -= child_hessian[i];
  }
  if (count == NULL) return;
  for (i = 0; i + 2 * LANES <= n; i += 2 * LANES)
    _mm512_storeu_si512(count + i,
                        _mm512_sub_epi32(_mm512_loadu_si512(count + i), _mm512_loadu_si512(child_count + i)));
  for (; i < n; i++) count[i] -= child_count[i];
}

static inline __attribute__((always_inline)) void spill_i64(int64_t *to, int64_t *parent, __m512i x,
                                                            struct spill_facts facts) {
  if (facts.kept) _mm512_storeu_si512(to, facts.first ? x : _mm512_add_epi64(_mm512_loadu_si512(to), x));
  if (facts.parent) _mm512_storeu_si512(parent, _mm512_sub_epi64(_mm512_loadu_si512(parent), x));
}

static inline __attribute__((always_inline)) void spill_u32(uint32_t *to, uint32_t *parent, __m256i x,
                                                            struct spill_facts facts) {
  __m256i *t = (__m256i *)(void *)to, *p = (__m256i *)(void *)parent;
  if (facts.kept) _mm256_storeu_si256(t, facts.first ? x : _mm256_add_epi32(_mm256_loadu_si256(t), x));
  if (facts.parent) _mm256_storeu_si256(p, _mm256_sub_epi32(_mm256_loadu_si256(p), x));
}

static inline __attribute__((always_inline)) uint64_t spill_vectors(struct hist_pair *cells, uint64_t n,
                                                                    unsigned count_bits,
                                                                    const struct hist_target *target,
                                                                    struct spill_facts facts) {
  const struct hist_planes parent = facts.parent ? target->parent : target->planes;
  const struct hist_planes to = facts.kept ? target->planes : parent;
  const __m128i shift = _mm_cvtsi32_si128((int)count_bits);
  const __m512i mask = _mm512_set1_epi64((int64_t)(((uint64_t)1 << count_bits) - 1));
  const __m512i even = _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14),
                odd = _mm512_setr_epi64(1, 3, 5, 7, 9, 11, 13, 15);
  uint64_t i = 0;
  for (; i + LANES <= n; i += LANES) {
    __m512i a = _mm512_loadu_si512(cells + i), b = _mm512_loadu_si512(cells + i + LANES / 2);
    __m512i g = _mm512_permutex2var_epi64(a, even, b), h = _mm512_permutex2var_epi64(a, odd, b);
    _mm512_storeu_si512(cells + i, _mm512_setzero_si512());
    _mm512_storeu_si512(cells + i + LANES / 2, _mm512_setzero_si512());
    spill_i64(to.gradient + i, parent.gradient + i, g, facts);
    spill_i64(to.hessian + i, parent.hessian + i, _mm512_srl_epi64(h, shift), facts);
    if (facts.counted)
      spill_u32(to.count + i, parent.count + i, _mm512_cvtepi64_epi32(_mm512_and_si512(h, mask)), facts);
  }
  return i;
}

static void hist_spill(struct hist_pair *cells, uint64_t n, unsigned count_bits,
                       const struct hist_target *target) {
  spill_cells(cells, n, count_bits, target, spill_vectors);
}

/* Without their sign floats are ordered as their bits. */
static float max_abs(const float *values, uint64_t n) {
  const __m512i no_sign = _mm512_set1_epi32(INT32_MAX);
  __m512i best = _mm512_setzero_si512();
  uint64_t i = 0;
  for (; i + 2 * LANES <= n; i += 2 * LANES)
    best = _mm512_max_epi32(best, _mm512_and_si512(_mm512_loadu_si512(values + i), no_sign));
  int32_t lanes[2 * LANES], most = 0;
  _mm512_storeu_si512(lanes, best);
  for (unsigned k = 0; k < 2 * LANES; k++) most = lanes[k] > most ? lanes[k] : most;
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

/* Inherited, for wider vectors cannot help: transpose and interleave take and give every cache line once, as
 * add_range does; add_values, where a tree has more values than registers hold, is a load a number and
 * tree, which gathers are as well; sets of rows (bits_above, bits_below) are 256 bits. */
void kernels_overlay_avx512(struct kernels *slots) {
  slots->hist_subtract = hist_subtract;
  slots->hist_spill = hist_spill;
  slots->max_abs = max_abs;
  kernels_hist_avx512(slots);
  kernels_scan_avx512(slots);
  kernels_rows_avx512(slots);
  kernels_gradients_avx512(slots); /* over the compiler's vectors of the same loops */
  kernels_partition_avx512(slots);
  kernels_packed_avx512(slots);
  kernels_pack_avx512(slots);
  kernels_reach_avx512(slots);
  kernels_encode_avx512(slots);
  kernels_buckets_avx512(slots);
  kernels_bits_avx512(slots);
}
#endif
