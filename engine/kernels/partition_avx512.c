/* partition_avx512.c - dividing a leaf's rows, sixteen at a time: bins are read one by one, or gathered where
 * the core is quick at that, decided together, and each side's rows are compressed. No jump depends on the
 * data. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "kernels/tiers.h"

enum { LANES = 16, AHEAD = 64, RUN = 64, DECIDED = 16 };
enum { LINE = 16, STORES_AHEAD = 512, ROWS_AHEAD = 1024, CELLS_AHEAD = 512, FOR_WRITING = 1 };

struct sides {
  uint32_t *left, *right;
  uint64_t n_left, n_right;
};

/* What is written beside the rows is in no cache as a rule, and stores that wait for it hold up all others:
 * it is fetched ahead. (1,000,000 x 28 rows, 255 leaves: a tenth less time for dividing them.) */
static inline void fetch(const uint32_t *to) { __builtin_prefetch(to + STORES_AHEAD, FOR_WRITING); }

static inline void fetch_first(const uint32_t *to, uint64_t n) {
  for (uint64_t i = 0; i < STORES_AHEAD && i < n; i += LINE) __builtin_prefetch(to + i, FOR_WRITING);
}

/* Whole vectors are stored: they reach 16 entries past n_left and n_right, which do not pass the vector's own
 * place. The rows of the next one are as they were, where left is rows itself. */
static inline void put(struct sides *sides, __m512i rows, unsigned mask) {
  unsigned went = (unsigned)__builtin_popcount(mask);
  fetch(sides->right + sides->n_right);
  _mm512_storeu_si512(sides->right + sides->n_right, _mm512_maskz_compress_epi32((__mmask16)~mask, rows));
  _mm512_storeu_si512(sides->left + sides->n_left, _mm512_maskz_compress_epi32((__mmask16)mask, rows));
  sides->n_left += went;
  sides->n_right += LANES - went;
}

/* Decisions for 64 cells in a row: bytes that are <= the threshold; the missing bin is turned where its way
 * is another. */
static inline uint64_t decide_run(const struct split_rule *rule, uint32_t first) {
  __m512i bins = _mm512_loadu_si512((const uint8_t *)rule->cells + first);
  uint32_t most = rule->threshold < 255 ? rule->threshold : 255;
  uint64_t left = _mm512_cmple_epu8_mask(bins, _mm512_set1_epi8((char)most));
  if (rule->missing_bin > 255 || rule->default_left == (rule->missing_bin <= rule->threshold)) return left;
  return left ^ _mm512_cmpeq_epi8_mask(bins, _mm512_set1_epi8((char)rule->missing_bin));
}

/* Whole runs of rows first, first + 1, ... by a rule over numbers that are bytes; returns how many rows are
 * divided then. */
static uint64_t divide_runs(const struct split_rule *rule, uint32_t first, uint64_t n, struct sides *sides) {
  __m512i rows = _mm512_add_epi32(_mm512_set1_epi32((int)first),
                                  _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
  uint64_t i = 0;
  while (i + RUN <= n) {
    uint64_t mask = decide_run(rule, first + (uint32_t)i);
    for (unsigned k = 0; k < RUN; k += LANES, i += LANES) {
      fetch(sides->left + sides->n_left);
      put(sides, rows, (unsigned)(mask >> k) & 0xFFFF);
      rows = _mm512_add_epi32(rows, _mm512_set1_epi32(LANES));
    }
  }
  return i;
}

/* The cells of sixteen rows, taken out of the aligned words they lie in: no word that holds no cell is read.
 */
static inline __m512i gather_bytes(const uint8_t *cells, __m512i rows) {
  const __m512i skew = _mm512_set1_epi32((int)((uintptr_t)cells & 3)), three = _mm512_set1_epi32(3);
  const __m512i low = _mm512_add_epi32(_mm512_and_si512(rows, three), skew);
  const __m512i word = _mm512_add_epi32(_mm512_srli_epi32(rows, 2), _mm512_srli_epi32(low, 2));
  __m512i words = _mm512_i32gather_epi32(word, cells - ((uintptr_t)cells & 3), 4);
  words = _mm512_srlv_epi32(words, _mm512_slli_epi32(_mm512_and_si512(low, three), 3));
  return _mm512_and_si512(words, _mm512_set1_epi32(255));
}

/* The same one by one, where that is quicker (Zen 5: a quarter less time than a gather, a sixth less than
 * each row's decision looked up in a table of bytes). */
static inline __m512i insert_bytes(const uint8_t *cells, const uint32_t *rows) {
  __m128i low = _mm_cvtsi32_si128(cells[rows[0]]), high = _mm_cvtsi32_si128(cells[rows[8]]);
#define INSERT(K)                                \
  low = _mm_insert_epi8(low, cells[rows[K]], K); \
  high = _mm_insert_epi8(high, cells[rows[8 + K]], K)
  INSERT(1);
  INSERT(2);
  INSERT(3);
  INSERT(4);
  INSERT(5);
  INSERT(6);
  INSERT(7);
#undef INSERT
  return _mm512_cvtepu8_epi32(_mm_unpacklo_epi64(low, high));
}

/* A bit for each bin below 256: whether it goes left. */
static __m512i table_of(const struct split_rule *rule) {
  enum { WORDS = 256 / 32 };
  uint32_t left[LANES] = {0};
  for (uint32_t w = 0; w < WORDS; w++) {
    const uint32_t first = w * 32;
    if (rule->categorical)
      left[w] = w < rule->n_words ? rule->bits[w] : 0;
    else if (first <= rule->threshold)
      left[w] = rule->threshold - first >= 31 ? UINT32_MAX : ((uint32_t)2 << (rule->threshold - first)) - 1;
  }
  const uint32_t missing = rule->missing_bin;
  if (!rule->categorical && missing < 256) {
    const uint32_t bit = (uint32_t)1 << missing % 32;
    left[missing / 32] = rule->default_left ? left[missing / 32] | bit : left[missing / 32] & ~bit;
  }
  return _mm512_loadu_si512(left);
}

/* Some vectors are decided before any is stored: no cell that is read has to wait to know where a row goes
 * (Zen 5, in the cache: a sixth less time). Cells are read so early that not every row's need be prefetched:
 * one of eight is (Zen 5), or of sixteen where they are gathered (Xeon: every row's took 20 % longer), for
 * rows of a leaf are mostly neighbours. The list of rows itself is what takes longest to come: the processor
 * fetches it ahead within a page only. */
static inline __attribute__((always_inline)) uint64_t divide_bytes(const struct split_rule *rule,
                                                                   const uint32_t *rows, uint64_t n,
                                                                   struct sides *sides, const bool gathers) {
  const uint8_t *cells = rule->cells;
  const unsigned between = gathers ? LANES : LANES / 2;
  const __m512i table = table_of(rule), one = _mm512_set1_epi32(1);
  uint64_t i = 0;
  while (i + LANES <= n) {
    const uint64_t vectors = (n - i) / LANES < DECIDED ? (n - i) / LANES : DECIDED;
    __mmask16 masks[DECIDED];
    for (uint64_t v = 0; v < vectors; v++) {
      const uint32_t *at = rows + i + v * LANES;
      __builtin_prefetch(at + ROWS_AHEAD);
      for (unsigned k = 0; k < LANES && i + v * LANES + CELLS_AHEAD + LANES <= n; k += between)
        __builtin_prefetch(cells + at[CELLS_AHEAD + k]);
      const __m512i bins = gathers ? gather_bytes(cells, _mm512_loadu_si512(at)) : insert_bytes(cells, at);
      __m512i words = _mm512_permutexvar_epi32(_mm512_srli_epi32(bins, 5), table);
      words = _mm512_srlv_epi32(words, _mm512_and_si512(bins, _mm512_set1_epi32(31)));
      masks[v] = _mm512_test_epi32_mask(words, one);
    }
    for (uint64_t v = 0; v < vectors; v++, i += LANES) put(sides, _mm512_loadu_si512(rows + i), masks[v]);
  }
  return i;
}

static uint64_t divide_words(const struct split_rule *rule, const uint32_t *rows, uint64_t n,
                             struct sides *sides) {
  const uint16_t *cells = rule->cells;
  uint64_t i = 0;
  for (; i + LANES <= n; i += LANES) {
    if (i + AHEAD + LANES <= n)
      for (unsigned k = 0; k < LANES; k++) __builtin_prefetch(cells + rows[i + AHEAD + k]);
    unsigned mask = 0;
    for (unsigned k = 0; k < LANES; k++) mask |= (unsigned)rule_goes_left(rule, cells[rows[i + k]]) << k;
    put(sides, _mm512_loadu_si512(rows + i), mask);
  }
  return i;
}

static inline __attribute__((always_inline)) uint64_t divide(const struct split_rule *rule,
                                                             const uint32_t *rows, uint64_t n, uint32_t *left,
                                                             uint32_t *right, const bool gathers) {
  struct sides sides = {left, right, 0, 0};
  uint64_t i;
  fetch_first(right, n);
  if (rule->cell_bytes == 1)
    i = divide_bytes(rule, rows, n, &sides, gathers);
  else
    i = divide_words(rule, rows, n, &sides);
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

static uint64_t divide_rows(const struct split_rule *rule, const uint32_t *rows, uint64_t n, uint32_t *left,
                            uint32_t *right) {
  return divide(rule, rows, n, left, right, false);
}

static uint64_t divide_rows_gathering(const struct split_rule *rule, const uint32_t *rows, uint64_t n,
                                      uint32_t *left, uint32_t *right) {
  return divide(rule, rows, n, left, right, true);
}

static uint64_t divide_all(const struct split_rule *rule, uint32_t first, uint64_t n, uint32_t *left,
                           uint32_t *right) {
  struct sides sides = {left, right, 0, 0};
  const bool runs = rule->cell_bytes == 1 && !rule->categorical;
  const uint64_t i = runs ? divide_runs(rule, first, n, &sides) : 0;
  return sides.n_left + partition_numbered(divide_rows, rule, first + (uint32_t)i, n - i, left + sides.n_left,
                                           right + sides.n_right);
}

static uint64_t partition(const struct split_rule *rule, const uint32_t *rows, uint32_t first, uint64_t n,
                          uint32_t *left, uint32_t *right) {
  return rows != NULL ? divide_rows(rule, rows, n, left, right) : divide_all(rule, first, n, left, right);
}

static uint64_t partition_gathering(const struct split_rule *rule, const uint32_t *rows, uint32_t first,
                                    uint64_t n, uint32_t *left, uint32_t *right) {
  return rows != NULL ? divide_rows_gathering(rule, rows, n, left, right)
                      : divide_all(rule, first, n, left, right);
}

void kernels_partition_avx512(struct kernels *slots) { slots->partition = partition; }

void kernels_overlay_avx512_fp16(struct kernels *slots) { slots->partition = partition_gathering; }
#endif
