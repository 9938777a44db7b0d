/* kernels_avx2.c - slots that gain from 256-bit integers; the others are inherited. Same bits as the scalar
 * tier. */
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "kernels/kernels.h"
#include "kernels/tiers.h"

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

static void hist_spill(struct hist_pair *cells, uint64_t n, unsigned count_bits, int64_t *gradient,
                       int64_t *hessian, uint32_t *count) {
  const __m128i shift = _mm_cvtsi32_si128((int)count_bits);
  const uint64_t mask = ((uint64_t)1 << count_bits) - 1;
  uint64_t i = 0;
  for (; i + 4 <= n; i += 4) {
    __m256i a = _mm256_loadu_si256((const __m256i *)(const void *)(cells + i));     /* g0 h0 g1 h1 */
    __m256i b = _mm256_loadu_si256((const __m256i *)(const void *)(cells + i + 2)); /* g2 h2 g3 h3 */
    __m256i g = _mm256_permute4x64_epi64(_mm256_unpacklo_epi64(a, b), 0xD8);
    __m256i h = _mm256_permute4x64_epi64(_mm256_unpackhi_epi64(a, b), 0xD8);
    __m256i *gp = (__m256i *)(void *)(gradient + i), *hp = (__m256i *)(void *)(hessian + i);
    _mm256_storeu_si256(gp, _mm256_add_epi64(_mm256_loadu_si256(gp), g));
    _mm256_storeu_si256(hp, _mm256_add_epi64(_mm256_loadu_si256(hp), _mm256_srl_epi64(h, shift)));
    if (count_bits > 0)
      for (unsigned k = 0; k < 4; k++) count[i + k] += (uint32_t)(cells[i + k].hessian & mask);
  }
  for (; i < n; i++) {
    gradient[i] += cells[i].gradient;
    hessian[i] += (int64_t)(cells[i].hessian >> count_bits);
    if (count_bits > 0) count[i] += (uint32_t)(cells[i].hessian & mask);
  }
  memset(cells, 0, n * sizeof *cells);
}

/* For each mask of 8 decisions: the lanes that are set, in order, then the others. */
struct permutations {
  uint32_t lane[256][8];
};

static const struct permutations *permutation_table(void) {
  static struct permutations table;
  static int ready; /* builders that race write the same numbers */
  if (__atomic_load_n(&ready, __ATOMIC_ACQUIRE)) return &table;
  for (unsigned mask = 0; mask < 256; mask++) {
    unsigned at = 0;
    for (unsigned bit = 0; bit < 8; bit++)
      if (mask >> bit & 1) __atomic_store_n(&table.lane[mask][at++], bit, __ATOMIC_RELAXED);
    for (unsigned bit = 0; bit < 8; bit++)
      if (!(mask >> bit & 1)) __atomic_store_n(&table.lane[mask][at++], bit, __ATOMIC_RELAXED);
  }
  __atomic_store_n(&ready, 1, __ATOMIC_RELEASE);
  return &table;
}

static bool goes_left(const struct split_rule *rule, uint32_t bin) {
  if (rule->categorical) return bin / 32 < rule->n_words && (rule->bits[bin / 32] >> (bin % 32) & 1) != 0;
  return bin == rule->missing_bin ? rule->default_left : bin <= rule->threshold;
}

/* Eight byte loads, a table of decisions, one permutation: left lanes first. Whole vectors are stored, so the
 * last rows (where a store could pass the buffer's end) go one by one. */
static uint64_t partition(const struct split_rule *rule, const uint32_t *rows, uint64_t n, uint32_t *left,
                          uint32_t *right) {
  const uint8_t *bytes = rule->cell_bytes == 1 ? rule->cells : NULL;
  const uint16_t *words = rule->cells;
  uint8_t decision[256];
  for (uint32_t bin = 0; bin < 256; bin++) decision[bin] = goes_left(rule, bin);
  const struct permutations *table = permutation_table();
  uint64_t n_left = 0, n_right = 0, i = 0;
  enum { AHEAD = 64 };
  if (bytes != NULL) {
    /* Vector stores reach 8 entries past n_left and n_right, which never pass i + 8 <= n. */
    for (; i + 8 <= n; i += 8) {
      __m256i index = _mm256_loadu_si256((const __m256i *)(const void *)(rows + i));
      unsigned mask = 0;
      for (unsigned k = 0; k < 8; k++) mask |= (unsigned)decision[bytes[rows[i + k]]] << k;
      if (i + AHEAD + 8 <= n)
        for (unsigned k = 0; k < 8; k++) _mm_prefetch((const char *)&bytes[rows[i + AHEAD + k]], _MM_HINT_T0);
      __m256i lanes = _mm256_loadu_si256((const __m256i *)(const void *)table->lane[mask]);
      __m256i sorted = _mm256_permutevar8x32_epi32(index, lanes);
      unsigned went = (unsigned)__builtin_popcount(mask);
      __m256i others = _mm256_loadu_si256((const __m256i *)(const void *)table->lane[~mask & 0xFF]);
      _mm256_storeu_si256((__m256i *)(void *)(right + n_right), _mm256_permutevar8x32_epi32(index, others));
      _mm256_storeu_si256((__m256i *)(void *)(left + n_left), sorted);
      n_left += went;
      n_right += 8 - went;
    }
  }
  for (; i < n; i++) {
    uint32_t row = rows[i];
    bool go = bytes != NULL ? decision[bytes[row]] : goes_left(rule, words[row]);
    left[n_left] = row;
    right[n_right] = row;
    n_left += go;
    n_right += !go;
  }
  return n_left;
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
  slots->hist_subtract = hist_subtract;
  slots->hist_spill = hist_spill;
  slots->scan_numeric = scan_numeric_avx2;
  slots->partition = partition;
  slots->max_abs = max_abs;
  kernels_gradients_avx2(slots);
  kernels_packed_avx2(slots);
}
#endif
