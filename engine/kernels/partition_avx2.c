/* partition_avx2.c - dividing a leaf's rows, eight at a time: bins are fetched one by one, decided together,
 * and one permutation puts the left ones in front. No jump depends on the data. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "kernels/tiers.h"

enum { LANES = 8, AHEAD = 64, RUN = 32 };

/* For each mask of 8 decisions: the lanes that are set, in order, then the others. */
struct permutations {
  uint32_t lane[256][LANES];
};

static const struct permutations *permutation_table(void) {
  static struct permutations table;
  static int ready; /* builders that race write the same numbers */
  if (__atomic_load_n(&ready, __ATOMIC_ACQUIRE)) return &table;
  for (unsigned mask = 0; mask < 256; mask++) {
    unsigned at = 0;
    for (unsigned bit = 0; bit < LANES; bit++)
      if (mask >> bit & 1) __atomic_store_n(&table.lane[mask][at++], bit, __ATOMIC_RELAXED);
    for (unsigned bit = 0; bit < LANES; bit++)
      if (!(mask >> bit & 1)) __atomic_store_n(&table.lane[mask][at++], bit, __ATOMIC_RELAXED);
  }
  __atomic_store_n(&ready, 1, __ATOMIC_RELEASE);
  return &table;
}

/* A rule made ready for the loops. */
struct decider {
  const struct split_rule *rule;
  uint8_t table[256];               /* of 8-bit cells */
  __m128i threshold, missing, flip; /* numeric: flip is set where the missing bin goes the other way */
};

static inline unsigned decide_by_table(const struct decider *d, const uint32_t *rows) {
  const uint8_t *cells = d->rule->cells;
  unsigned mask = 0;
  for (unsigned k = 0; k < LANES; k++) mask |= (unsigned)d->table[cells[rows[k]]] << k;
  return mask;
}

/* Bins as 16-bit numbers: <= threshold; the missing bin is turned where its way is another. */
static inline unsigned decide_numbers(const struct decider *d, __m128i bins) {
  __m128i left = _mm_cmpeq_epi16(_mm_min_epu16(bins, d->threshold), bins);
  left = _mm_xor_si128(left, _mm_and_si128(_mm_cmpeq_epi16(bins, d->missing), d->flip));
  return (unsigned)_mm_movemask_epi8(_mm_packs_epi16(left, _mm_setzero_si128()));
}

static inline unsigned decide_words(const struct decider *d, const uint32_t *rows) {
  const int16_t *c = d->rule->cells; /* the same bits */
  return decide_numbers(d, _mm_setr_epi16(c[rows[0]], c[rows[1]], c[rows[2]], c[rows[3]], c[rows[4]],
                                          c[rows[5]], c[rows[6]], c[rows[7]]));
}

static inline unsigned decide_categories(const struct decider *d, const uint32_t *rows) {
  const uint16_t *cells = d->rule->cells;
  unsigned mask = 0;
  for (unsigned k = 0; k < LANES; k++) mask |= (unsigned)rule_goes_left(d->rule, cells[rows[k]]) << k;
  return mask;
}

struct sides {
  uint32_t *left, *right;
  uint64_t n_left, n_right;
};

/* Whole vectors are stored: they reach 8 entries past n_left and n_right, which never pass the rows read. */
static inline void put(struct sides *sides, const struct permutations *table, __m256i rows, unsigned mask) {
  __m256i lanes = _mm256_loadu_si256((const __m256i *)(const void *)table->lane[mask]);
  __m256i others = _mm256_loadu_si256((const __m256i *)(const void *)table->lane[~mask & 0xFF]);
  unsigned went = (unsigned)__builtin_popcount(mask);
  _mm256_storeu_si256((__m256i *)(void *)(sides->right + sides->n_right),
                      _mm256_permutevar8x32_epi32(rows, others));
  _mm256_storeu_si256((__m256i *)(void *)(sides->left + sides->n_left),
                      _mm256_permutevar8x32_epi32(rows, lanes));
  sides->n_left += went;
  sides->n_right += LANES - went;
}

/* rows[0..32) are first, first + 1, ... */
static inline bool is_run(const uint32_t *rows) {
  if (rows[RUN - 1] - rows[0] != RUN - 1) return false;
  const __m256i *at = (const __m256i *)(const void *)rows;
  __m256i next = _mm256_add_epi32(_mm256_set1_epi32((int)rows[0]), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  __m256i same = _mm256_set1_epi32(-1);
  for (unsigned k = 0; k < RUN / LANES; k++) {
    same = _mm256_and_si256(same, _mm256_cmpeq_epi32(_mm256_loadu_si256(at + k), next));
    next = _mm256_add_epi32(next, _mm256_set1_epi32(LANES));
  }
  return _mm256_movemask_epi8(same) == -1;
}

/* Decisions for 32 cells in a row: bytes that are <= the threshold; the missing bin is turned where its way
 * is another. */
static inline unsigned decide_run(const struct split_rule *rule, uint32_t first) {
  const uint8_t *cells = (const uint8_t *)rule->cells + first;
  __m256i bins = _mm256_loadu_si256((const __m256i *)(const void *)cells);
  uint32_t most = rule->threshold < 255 ? rule->threshold : 255;
  __m256i threshold = _mm256_set1_epi8((char)most);
  unsigned left = (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_min_epu8(bins, threshold), bins));
  if (rule->missing_bin > 255 || rule->default_left == (rule->missing_bin <= rule->threshold)) return left;
  __m256i missing = _mm256_set1_epi8((char)rule->missing_bin);
  return left ^ (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(bins, missing));
}

/* Whole groups of 8 rows from rows[i] on by one way to decide; returns how many rows are divided then. */
static inline __attribute__((always_inline)) uint64_t divide(
    const struct decider *d, const uint32_t *rows, uint64_t i, uint64_t n, struct sides *to,
    unsigned (*decide)(const struct decider *, const uint32_t *), uint32_t cell_bytes) {
  const struct permutations *table = permutation_table();
  const char *cells = d->rule->cells;
  struct sides sides = *to;
  for (; i + LANES <= n; i += LANES) {
    if (i + AHEAD + LANES <= n)
      for (unsigned k = 0; k < LANES; k++)
        _mm_prefetch(cells + (uint64_t)rows[i + AHEAD + k] * cell_bytes, _MM_HINT_T0);
    __m256i index = _mm256_loadu_si256((const __m256i *)(const void *)(rows + i));
    put(&sides, table, index, decide(d, rows + i));
  }
  *to = sides;
  return i;
}

/* While the rows are a run, as all rows of a data set are at the root. */
static uint64_t divide_runs(const struct split_rule *rule, const uint32_t *rows, uint64_t n,
                            struct sides *sides) {
  const struct permutations *table = permutation_table();
  uint64_t i = 0;
  while (i + RUN <= n && is_run(rows + i)) {
    unsigned mask = decide_run(rule, rows[i]);
    for (unsigned k = 0; k < RUN; k += LANES, i += LANES)
      put(sides, table, _mm256_loadu_si256((const __m256i *)(const void *)(rows + i)), mask >> k & 0xFF);
  }
  return i;
}

static uint64_t partition(const struct split_rule *rule, const uint32_t *rows, uint64_t n, uint32_t *left,
                          uint32_t *right) {
  struct decider d = {.rule = rule};
  struct sides sides = {left, right, 0, 0};
  uint64_t i;
  if (rule->categorical && rule->cell_bytes == 2) {
    i = divide(&d, rows, 0, n, &sides, decide_categories, 2);
  } else if (rule->cell_bytes == 1) {
    for (uint32_t bin = 0; bin < 256; bin++) d.table[bin] = rule_goes_left(rule, bin);
    i = rule->categorical ? 0 : divide_runs(rule, rows, n, &sides);
    i = divide(&d, rows, i, n, &sides, decide_by_table, 1);
  } else {
    bool turned =
        rule->missing_bin <= UINT16_MAX && rule->default_left != (rule->missing_bin <= rule->threshold);
    d.threshold = _mm_set1_epi16((short)(rule->threshold < UINT16_MAX ? rule->threshold : UINT16_MAX));
    d.missing = _mm_set1_epi16((short)rule->missing_bin);
    d.flip = _mm_set1_epi16(turned ? -1 : 0);
    i = divide(&d, rows, 0, n, &sides, decide_words, 2);
  }
  const uint8_t *bytes = rule->cells;
  const uint16_t *words = rule->cells;
  for (; i < n; i++) {
    uint32_t row = rows[i];
    bool go = rule_goes_left(rule, rule->cell_bytes == 1 ? bytes[row] : words[row]);
    left[sides.n_left] = row;
    right[sides.n_right] = row;
    sides.n_left += go;
    sides.n_right += !go;
  }
  return sides.n_left;
}

void kernels_partition_avx2(struct kernels *slots) { slots->partition = partition; }
#endif
