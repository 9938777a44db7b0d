/* partition_avx2.c - dividing a leaf's rows, eight at a time: their bins are decided together, and one
 * permutation puts the left ones in front. Eight rows that lie within 64 cells, as they mostly do once rows
 * are clustered, are picked from the decisions for all 64; else bins are fetched one by one. No jump depends
 * on bins. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "kernels/tiers.h"

enum { LANES = 8, AHEAD = 64, RUN = 32, WINDOW = 64 };
enum { STORES_AHEAD = 256, FOR_WRITING = 1 };

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
  __m256i threshold, missing, flip; /* numeric: flip is set where the missing bin goes the other way */
};

/* Numbers of a cell's width: those <= threshold go left; the missing bin is turned where its way is another.
 */
static inline __m256i decide_bytes(const struct decider *d, __m256i bins) {
  __m256i left = _mm256_cmpeq_epi8(_mm256_min_epu8(bins, d->threshold), bins);
  return _mm256_xor_si256(left, _mm256_and_si256(_mm256_cmpeq_epi8(bins, d->missing), d->flip));
}

static inline unsigned decide_by_table(const struct decider *d, const uint32_t *rows) {
  const uint8_t *cells = d->rule->cells;
  unsigned mask = 0;
  for (unsigned k = 0; k < LANES; k++) mask |= (unsigned)d->table[cells[rows[k]]] << k;
  return mask;
}

static inline unsigned decide_single_bytes(const struct decider *d, const uint32_t *rows) {
  const uint8_t *cells = d->rule->cells;
  uint64_t bins = 0;
  for (unsigned k = 0; k < LANES; k++) bins |= (uint64_t)cells[rows[k]] << (8 * k);
  __m256i left = decide_bytes(d, _mm256_set_epi64x(0, 0, 0, (int64_t)bins));
  return (unsigned)_mm256_movemask_epi8(left) & 0xFF;
}

static inline unsigned decide_words(const struct decider *d, const uint32_t *rows) {
  const int16_t *c = d->rule->cells; /* the same bits */
  __m128i bins = _mm_setr_epi16(c[rows[0]], c[rows[1]], c[rows[2]], c[rows[3]], c[rows[4]], c[rows[5]],
                                c[rows[6]], c[rows[7]]);
  __m128i left = _mm_cmpeq_epi16(_mm_min_epu16(bins, _mm256_castsi256_si128(d->threshold)), bins);
  __m128i missing = _mm_cmpeq_epi16(bins, _mm256_castsi256_si128(d->missing));
  left = _mm_xor_si128(left, _mm_and_si128(missing, _mm256_castsi256_si128(d->flip)));
  return (unsigned)_mm_movemask_epi8(_mm_packs_epi16(left, _mm_setzero_si128()));
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
  __builtin_prefetch(sides->right + sides->n_right + STORES_AHEAD, FOR_WRITING); /* it is in no cache */
  _mm256_storeu_si256((__m256i *)(void *)(sides->right + sides->n_right),
                      _mm256_permutevar8x32_epi32(rows, others));
  _mm256_storeu_si256((__m256i *)(void *)(sides->left + sides->n_left),
                      _mm256_permutevar8x32_epi32(rows, lanes));
  sides->n_left += went;
  sides->n_right += LANES - went;
}

/* Decisions for 32 cells in a row. */
static inline uint32_t decide_run(const struct decider *d, uint32_t first) {
  const uint8_t *cells = (const uint8_t *)d->rule->cells + first;
  __m256i bins = _mm256_loadu_si256((const __m256i *)(const void *)cells);
  return (uint32_t)_mm256_movemask_epi8(decide_bytes(d, bins));
}

/* rows[0 .. 8), whose distances from the first are `away`, all below 64. */
static inline unsigned decide_window(const struct decider *d, uint32_t first, __m256i away) {
  __m256i low = _mm256_set1_epi32((int)decide_run(d, first));
  __m256i high = _mm256_set1_epi32((int)decide_run(d, first + RUN));
  /* a shift by more than 31 gives 0 */
  __m256i picked = _mm256_or_si256(_mm256_srlv_epi32(low, away),
                                   _mm256_srlv_epi32(high, _mm256_sub_epi32(away, _mm256_set1_epi32(RUN))));
  return (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_slli_epi32(picked, 31)));
}

/* Whole groups of 8 rows by one way to decide; returns how many rows are divided then. */
static inline __attribute__((always_inline)) uint64_t divide(
    const struct decider *d, const uint32_t *rows, uint64_t n, struct sides *to,
    unsigned (*decide)(const struct decider *, const uint32_t *), uint32_t cell_bytes) {
  const struct permutations *table = permutation_table();
  const char *cells = d->rule->cells;
  struct sides sides = *to;
  uint64_t i = 0;
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

/* Whole runs of rows first, first + 1, ... by a rule over numbers that are bytes; returns how many rows are
 * divided then. */
static uint64_t divide_runs(const struct decider *d, uint32_t first, uint64_t n, struct sides *sides) {
  const struct permutations *table = permutation_table();
  __m256i rows = _mm256_add_epi32(_mm256_set1_epi32((int)first), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  uint64_t i = 0;
  while (i + RUN <= n) {
    unsigned mask = decide_run(d, first + (uint32_t)i);
    for (unsigned k = 0; k < RUN; k += LANES, i += LANES) {
      put(sides, table, rows, mask >> k & 0xFF);
      rows = _mm256_add_epi32(rows, _mm256_set1_epi32(LANES));
    }
  }
  return i;
}

/* Numeric bytes: whole groups of 8 rows. */
static uint64_t divide_bytes(const struct decider *d, const uint32_t *rows, uint64_t n, struct sides *to) {
  const struct permutations *table = permutation_table();
  const char *cells = d->rule->cells;
  struct sides sides = *to;
  uint64_t i = 0;
  for (; i + LANES <= n; i += LANES) {
    __m256i index = _mm256_loadu_si256((const __m256i *)(const void *)(rows + i));
    __m256i away = _mm256_sub_epi32(index, _mm256_set1_epi32((int)rows[i]));
    bool within = _mm256_testz_si256(away, _mm256_set1_epi32(~(WINDOW - 1)));
    unsigned mask;
    if (within) {
      mask = decide_window(d, rows[i], away);
    } else {
      mask = decide_single_bytes(d, rows + i);
    }
    if (i + AHEAD + LANES <= n) {
      _mm_prefetch(cells + rows[i + AHEAD], _MM_HINT_T0);
      _mm_prefetch(cells + rows[i + AHEAD + LANES / 2], _MM_HINT_T0);
      if (!within)
        for (unsigned k = 1; k < LANES; k++) _mm_prefetch(cells + rows[i + AHEAD + k], _MM_HINT_T0);
    }
    put(&sides, table, index, mask);
  }
  *to = sides;
  return i;
}

/* A rule over numbers of a cell's width. */
static void ready_numbers(struct decider *d, uint32_t most, __m256i (*fill)(uint32_t)) {
  const struct split_rule *rule = d->rule;
  bool turned = rule->missing_bin <= most && rule->default_left != (rule->missing_bin <= rule->threshold);
  d->threshold = fill(rule->threshold < most ? rule->threshold : most);
  d->missing = fill(rule->missing_bin);
  d->flip = fill(turned ? most : 0);
}

static __m256i fill_bytes(uint32_t value) { return _mm256_set1_epi8((char)value); }
static __m256i fill_words(uint32_t value) { return _mm256_set1_epi16((short)value); }

static uint64_t divide_rows(const struct split_rule *rule, const uint32_t *rows, uint64_t n, uint32_t *left,
                            uint32_t *right) {
  struct decider d = {.rule = rule};
  struct sides sides = {left, right, 0, 0};
  uint64_t i;
  if (rule->categorical && rule->cell_bytes == 1) {
    for (uint32_t bin = 0; bin < 256; bin++) d.table[bin] = rule_goes_left(rule, bin);
    i = divide(&d, rows, n, &sides, decide_by_table, 1);
  } else if (rule->categorical) {
    i = divide(&d, rows, n, &sides, decide_categories, 2);
  } else if (rule->cell_bytes == 1) {
    ready_numbers(&d, UINT8_MAX, fill_bytes);
    i = divide_bytes(&d, rows, n, &sides);
  } else {
    ready_numbers(&d, UINT16_MAX, fill_words);
    i = divide(&d, rows, n, &sides, decide_words, 2);
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

static uint64_t divide_all(const struct split_rule *rule, uint32_t first, uint64_t n, uint32_t *left,
                           uint32_t *right) {
  struct sides sides = {left, right, 0, 0};
  uint64_t i = 0;
  if (rule->cell_bytes == 1 && !rule->categorical) {
    struct decider d = {.rule = rule};
    ready_numbers(&d, UINT8_MAX, fill_bytes);
    i = divide_runs(&d, first, n, &sides);
  }
  return sides.n_left + partition_numbered(divide_rows, rule, first + (uint32_t)i, n - i, left + sides.n_left,
                                           right + sides.n_right);
}

static uint64_t partition(const struct split_rule *rule, const uint32_t *rows, uint32_t first, uint64_t n,
                          uint32_t *left, uint32_t *right) {
  return rows != NULL ? divide_rows(rule, rows, n, left, right) : divide_all(rule, first, n, left, right);
}

void kernels_partition_avx2(struct kernels *slots) { slots->partition = partition; }
#endif
