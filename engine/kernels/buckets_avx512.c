/* buckets_avx512.c - buckets of numbers, and what stands in a table by them. Same bits as the scalar tier.
 *
 * Rows are not turned into columns first: a register holds eight columns of a row, each with a rule of its
 * own, and only the buckets, a quarter of the bytes, change places. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "kernels/kernels.h"
#include "kernels/tiers.h"

enum { LANES = 8, ROWS_AT_ONCE = 32, A_OR_B_AND_C = 0xF8, A_OR_B_XOR_C = 0xF6 };

/* The rules of eight columns. */
struct rules {
  uint64_t shift[LANES], low[LANES], base[2][LANES], zero[LANES], plain[LANES], zero_bucket[LANES],
      nan_bucket[LANES];
  double offset[LANES], least[2][LANES], most[2][LANES];
};

/* What was seen in eight lanes. */
struct seen {
  __m512i shared;
  __mmask8 last, odd;
};

/* The rules as registers. */
struct lanes {
  __m512i shift, low, base[2], zero, plain, zero_bucket, nan_bucket;
  __m512d offset, least[2], most[2];
};

static void set_rule(struct rules *rules, unsigned lane, const struct bucket_rule *rule) {
  const uint64_t zero = bits_of_double(rule->zero) + 1;
  rules->shift[lane] = rule->shift;
  rules->offset[lane] = rule->offset;
  rules->low[lane] = ((uint64_t)1 << rule->shift) - 1;
  for (int k = 0; k < 2; k++) {
    rules->least[k][lane] = rule->least[k];
    rules->most[k][lane] = rule->most[k];
    rules->base[k][lane] = rule->base[k];
  }
  rules->zero[lane] = zero;
  rules->plain[lane] = bits_of_double(BUCKETS_HUGE) - zero;
  rules->zero_bucket[lane] = rule->n_buckets;
  rules->nan_bucket[lane] = rule->n_buckets + 1;
}

static inline __attribute__((always_inline)) struct lanes lanes_of(const struct rules *rules) {
  return (struct lanes){
      .shift = _mm512_loadu_si512(rules->shift),
      .low = _mm512_loadu_si512(rules->low),
      .base = {_mm512_loadu_si512(rules->base[0]), _mm512_loadu_si512(rules->base[1])},
      .zero = _mm512_loadu_si512(rules->zero),
      .plain = _mm512_loadu_si512(rules->plain),
      .zero_bucket = _mm512_loadu_si512(rules->zero_bucket),
      .nan_bucket = _mm512_loadu_si512(rules->nan_bucket),
      .offset = _mm512_loadu_pd(rules->offset),
      .least = {_mm512_loadu_pd(rules->least[0]), _mm512_loadu_pd(rules->least[1])},
      .most = {_mm512_loadu_pd(rules->most[0]), _mm512_loadu_pd(rules->most[1])},
  };
}

/* Eight buckets. */
static inline __attribute__((always_inline)) __m128i eight_buckets(__m512d value, const struct lanes *lanes,
                                                                   struct seen *seen) {
  const __m512i bits = _mm512_castpd_si512(value);
  const __m512i magnitude = _mm512_and_si512(bits, _mm512_set1_epi64(INT64_MAX));
  const __mmask8 negative = _mm512_movepi64_mask(bits);
  const __mmask8 plain = _mm512_cmplt_epu64_mask(_mm512_sub_epi64(magnitude, lanes->zero), lanes->plain);
  const __mmask8 nan = _mm512_cmp_pd_mask(value, value, _CMP_UNORD_Q);
  const __m512d least = _mm512_mask_mov_pd(lanes->least[0], negative, lanes->least[1]);
  const __m512d most = _mm512_mask_mov_pd(lanes->most[0], negative, lanes->most[1]);
  const __m512d offset = _mm512_castsi512_pd(_mm512_ternarylogic_epi64(
      _mm512_castpd_si512(lanes->offset), bits, _mm512_set1_epi64(INT64_MIN), A_OR_B_AND_C));
  const __m512d moved = _mm512_add_pd(value, offset);
  const __m512i back = _mm512_castpd_si512(_mm512_sub_pd(moved, offset));
  const __m512i limited = _mm512_castpd_si512(_mm512_min_pd(_mm512_max_pd(moved, least), most));
  const __m512i key = _mm512_mask_sub_epi64(limited, negative, _mm512_setzero_si512(), limited);
  const __m512i base = _mm512_mask_mov_epi64(lanes->base[0], negative, lanes->base[1]);
  __m512i bucket = _mm512_add_epi64(_mm512_srlv_epi64(key, lanes->shift), base);
  const __m512i differs = _mm512_ternarylogic_epi64(_mm512_xor_si512(limited, _mm512_castpd_si512(moved)),
                                                    back, bits, A_OR_B_XOR_C);
  const __m512i shared = _mm512_ternarylogic_epi64(differs, key, lanes->low, A_OR_B_AND_C);
  seen->shared = _mm512_mask_or_epi64(seen->shared, plain, seen->shared, shared);
  const __m512i missing = _mm512_andnot_si512(key, lanes->low);
  seen->last |= _mm512_mask_testn_epi64_mask(plain, missing, missing);
  seen->odd |= _mm512_mask_test_epi64_mask((__mmask8) ~(plain | nan), magnitude, magnitude);
  bucket = _mm512_mask_mov_epi64(lanes->zero_bucket, plain, bucket);
  return _mm512_cvtepi64_epi16(_mm512_mask_mov_epi64(bucket, nan, lanes->nan_bucket));
}

static inline unsigned facts_of(const struct seen *seen, unsigned mask) {
  const unsigned shared = _mm512_test_epi64_mask(seen->shared, seen->shared);
  return ((seen->last & mask) != 0 ? BUCKETS_LAST_KEY : 0) | ((seen->odd & mask) != 0 ? BUCKETS_ODD : 0) |
         ((shared & mask) != 0 ? BUCKETS_SHARED : 0);
}

static struct seen nothing_seen(void) { return (struct seen){.shared = _mm512_setzero_si512()}; }

static unsigned find_buckets(const double *values, uint64_t n, const struct bucket_rule *rule,
                             uint16_t *buckets) {
  struct rules rules;
  for (unsigned lane = 0; lane < LANES; lane++) set_rule(&rules, lane, rule);
  const struct lanes lanes = lanes_of(&rules);
  struct seen seen = nothing_seen();
  const uint64_t whole = n / LANES * LANES;
  for (uint64_t i = 0; i < whole; i += LANES)
    _mm_storeu_si128((__m128i *)(void *)(buckets + i),
                     eight_buckets(_mm512_loadu_pd(values + i), &lanes, &seen));
  return facts_of(&seen, 0xFF) | find_buckets_scalar(values + whole, n - whole, rule, buckets + whole);
}

/* Eight rows of eight columns, rows apart to columns apart. */
static inline __attribute__((always_inline)) void transpose_eight(const __m128i rows[8], uint16_t *out,
                                                                  size_t column_stride, uint32_t n_columns) {
  __m128i pairs[8], fours[8], columns[8];
  for (int k = 0; k < 4; k++) {
    pairs[k] = _mm_unpacklo_epi16(rows[2 * k], rows[2 * k + 1]); /* columns 0 to 3 of two rows */
    pairs[k + 4] = _mm_unpackhi_epi16(rows[2 * k], rows[2 * k + 1]);
  }
  for (int h = 0; h < 2; h++)
    for (int k = 0; k < 2; k++) { /* columns 4 h + {0, 1} and {2, 3} of rows 4 k to 4 k + 3 */
      fours[4 * h + 2 * k] = _mm_unpacklo_epi32(pairs[4 * h + 2 * k], pairs[4 * h + 2 * k + 1]);
      fours[4 * h + 2 * k + 1] = _mm_unpackhi_epi32(pairs[4 * h + 2 * k], pairs[4 * h + 2 * k + 1]);
    }
  for (int h = 0; h < 2; h++)
    for (int k = 0; k < 2; k++) {
      columns[4 * h + 2 * k] = _mm_unpacklo_epi64(fours[4 * h + k], fours[4 * h + 2 + k]);
      columns[4 * h + 2 * k + 1] = _mm_unpackhi_epi64(fours[4 * h + k], fours[4 * h + 2 + k]);
    }
#pragma GCC unroll 8
  for (uint32_t c = 0; c < LANES; c++)
    if (c < n_columns) _mm_storeu_si128((__m128i *)(void *)(out + c * column_stride), columns[c]);
}

/* At most eight columns of a tile. */
static inline __attribute__((always_inline)) void tile_columns(const double *rows, size_t row_stride,
                                                               uint32_t n_columns, const struct rules *rules,
                                                               struct seen *seen, uint16_t *buckets,
                                                               size_t column_stride) {
  const __mmask8 there = (__mmask8)((1u << n_columns) - 1);
  const struct lanes lanes = lanes_of(rules);
  struct seen so_far = *seen;
  for (unsigned i = 0; i < ROWS_AT_ONCE; i += 8) {
    __m128i found[8];
#pragma GCC unroll 8
    for (unsigned k = 0; k < 8; k++)
      found[k] = eight_buckets(
          _mm512_castsi512_pd(_mm512_maskz_loadu_epi64(there, rows + (i + k) * row_stride)), &lanes, &so_far);
    transpose_eight(found, buckets + i, column_stride, n_columns);
  }
  *seen = so_far;
}

enum { GROUPS = 8, MOST_WIDTH = GROUPS * LANES };

/* Whole tiles of at most MOST_WIDTH columns; returns how many rows they are. The lines of the next tile are
 * asked for meanwhile. */
static uint64_t bucket_tiles(const double *rows, size_t row_stride, uint64_t n, const struct rules *rules,
                             uint32_t n_columns, struct seen *seen, uint16_t *buckets, size_t column_stride) {
  enum { LINE = 8, AHEAD = 64 };
  uint64_t i = 0;
  for (; i + ROWS_AT_ONCE <= n; i += ROWS_AT_ONCE) {
    for (uint64_t k = i + AHEAD; k < i + AHEAD + ROWS_AT_ONCE && k < n; k++) {
      const double *ahead = rows + k * row_stride;
      for (uint32_t c = 0; c < n_columns; c += LINE) _mm_prefetch((const char *)(ahead + c), _MM_HINT_T0);
      _mm_prefetch((const char *)(ahead + n_columns - 1), _MM_HINT_T0);
    }
    for (uint32_t c = 0; c < n_columns; c += LANES)
      tile_columns(rows + i * row_stride + c, row_stride, n_columns - c < LANES ? n_columns - c : LANES,
                   &rules[c / LANES], &seen[c / LANES], buckets + c * column_stride + i, column_stride);
  }
  return i;
}

static void bucket_rows(const double *rows, size_t row_stride, uint64_t n, const struct bucket_rule *rules,
                        uint32_t n_columns, uint16_t *buckets, size_t column_stride, uint8_t *facts) {
  for (uint32_t begin = 0; begin < n_columns; begin += MOST_WIDTH) {
    const uint32_t width = n_columns - begin < MOST_WIDTH ? n_columns - begin : MOST_WIDTH;
    struct rules of_lanes[GROUPS];
    struct seen seen[GROUPS];
    for (uint32_t c = 0; c < (width + LANES - 1) / LANES * LANES; c++)
      set_rule(&of_lanes[c / LANES], c % LANES, &rules[begin + (c < width ? c : 0)]);
    for (int g = 0; g < GROUPS; g++) seen[g] = nothing_seen();
    uint16_t *out = buckets + begin * column_stride;
    const uint64_t done =
        bucket_tiles(rows + begin, row_stride, n, of_lanes, width, seen, out, column_stride);
    for (uint32_t c = 0; c < width; c++) {
      unsigned facts_of_column = facts_of(&seen[c / LANES], 1u << c % LANES);
      for (uint64_t i = done; i < n; i++)
        out[c * column_stride + i] =
            bucket_of(rows[i * row_stride + begin + c], &rules[begin + c], &facts_of_column);
      facts[begin + c] |= (uint8_t)facts_of_column;
    }
  }
}

static uint64_t look_up(const uint16_t *buckets, uint64_t n, const uint16_t *table, uint8_t *cells,
                        uint32_t first, uint32_t *list) {
  enum { WIDTH = 16 };
  const __m512i mark = _mm512_set1_epi32(BUCKET_MARK);
  __m512i numbers = _mm512_add_epi32(_mm512_set1_epi32((int)first),
                                     _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
  uint64_t i = 0, n_listed = 0;
  for (; i + WIDTH <= n; i += WIDTH) {
    const __m512i bucket =
        _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)(const void *)(buckets + i)));
    const __m512i entry = _mm512_i32gather_epi32(bucket, table, sizeof *table); /* and the one behind */
    const __mmask16 marked = _mm512_test_epi32_mask(entry, mark);
    if (cells != NULL) _mm_storeu_si128((__m128i *)(void *)(cells + i), _mm512_cvtepi32_epi8(entry));
    _mm512_storeu_si512(list + n_listed, _mm512_maskz_compress_epi32(marked, numbers)); /* without a jump */
    n_listed += (uint64_t)__builtin_popcount(marked);
    numbers = _mm512_add_epi32(numbers, _mm512_set1_epi32(WIDTH));
  }
  return n_listed + look_up_scalar(buckets + i, n - i, table, cells != NULL ? cells + i : NULL,
                                   first + (uint32_t)i, list + n_listed);
}

void kernels_buckets_avx512(struct kernels *slots) {
  slots->find_buckets = find_buckets;
  slots->bucket_rows = bucket_rows;
  slots->look_up = look_up;
}
#endif
