/* bins_avx2.c - values to bins: two comparisons with sixteen bounds each, counted, and no jump. What finding
 * cut points asks of every value, four at a time. */
#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "kernels/tiers.h"

enum { GROUP = 16, MOST_BOUNDS = GROUP * GROUP };

/* How many of sixteen bounds are below the value. */
static inline unsigned count_below(const double *bounds, __m256d value) {
  __m256i a = _mm256_castpd_si256(_mm256_cmp_pd(_mm256_loadu_pd(bounds), value, _CMP_LT_OQ));
  __m256i b = _mm256_castpd_si256(_mm256_cmp_pd(_mm256_loadu_pd(bounds + 4), value, _CMP_LT_OQ));
  __m256i c = _mm256_castpd_si256(_mm256_cmp_pd(_mm256_loadu_pd(bounds + 8), value, _CMP_LT_OQ));
  __m256i d = _mm256_castpd_si256(_mm256_cmp_pd(_mm256_loadu_pd(bounds + 12), value, _CMP_LT_OQ));
  __m256i all = _mm256_packs_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d)); /* two bytes each */
  return (unsigned)__builtin_popcount((unsigned)_mm256_movemask_epi8(all)) / 2;
}

/* Bounds in groups of sixteen; the last one of a group decides whether the value lies beyond it. */
static void bin_numeric(const double *upper, uint32_t n_upper, const double *values, uint64_t n,
                        uint16_t *bins) {
  double bounds[MOST_BOUNDS], last_of_group[GROUP];
  if (n_upper > MOST_BOUNDS) {
    bin_numeric_scalar(upper, n_upper, values, n, bins);
    return;
  }
  memcpy(bounds, upper, n_upper * sizeof *bounds);
  for (uint32_t b = n_upper; b < MOST_BOUNDS; b++) bounds[b] = HUGE_VAL;
  for (uint32_t g = 0; g < GROUP; g++) last_of_group[g] = bounds[g * GROUP + GROUP - 1];
  for (uint64_t i = 0; i < n; i++) {
    __m256d value = _mm256_broadcast_sd(values + i);
    unsigned first = GROUP * count_below(last_of_group, value);
    bins[i] = (uint16_t)(first + count_below(bounds + first, value));
  }
}

/* Four rows of four columns. */
static inline void transpose_four(const double *rows, size_t row_stride, double *columns,
                                  size_t column_stride) {
  __m256d a = _mm256_loadu_pd(rows), b = _mm256_loadu_pd(rows + row_stride);
  __m256d c = _mm256_loadu_pd(rows + 2 * row_stride), d = _mm256_loadu_pd(rows + 3 * row_stride);
  __m256d ab_even = _mm256_unpacklo_pd(a, b), ab_odd = _mm256_unpackhi_pd(a, b);
  __m256d cd_even = _mm256_unpacklo_pd(c, d), cd_odd = _mm256_unpackhi_pd(c, d);
  _mm256_storeu_pd(columns, _mm256_permute2f128_pd(ab_even, cd_even, 0x20));
  _mm256_storeu_pd(columns + column_stride, _mm256_permute2f128_pd(ab_odd, cd_odd, 0x20));
  _mm256_storeu_pd(columns + 2 * column_stride, _mm256_permute2f128_pd(ab_even, cd_even, 0x31));
  _mm256_storeu_pd(columns + 3 * column_stride, _mm256_permute2f128_pd(ab_odd, cd_odd, 0x31));
}

/* The rows are far apart: the lines of those that come are asked for in time. */
static void transpose(const double *rows, size_t row_stride, uint64_t n, uint32_t n_columns, double *columns,
                      size_t column_stride) {
  enum { AHEAD = 32, LINE = 8 };
  uint64_t i = 0;
  uint32_t whole = n_columns / 4 * 4;
  for (; i + 4 <= n; i += 4) {
    const double *four = rows + i * row_stride;
    for (uint64_t k = i + AHEAD; k < i + AHEAD + 4 && k < n; k++) {
      const double *ahead = rows + k * row_stride;
      for (uint32_t c = 0; c < n_columns; c += LINE) __builtin_prefetch(ahead + c);
      __builtin_prefetch(ahead + n_columns - 1);
    }
    for (uint32_t c = 0; c < whole; c += 4)
      transpose_four(four + c, row_stride, columns + c * column_stride + i, column_stride);
    for (uint32_t c = whole; c < n_columns; c++)
      for (uint64_t k = 0; k < 4; k++) columns[c * column_stride + i + k] = four[k * row_stride + c];
  }
  transpose_scalar(rows + i * row_stride, row_stride, n - i, n_columns, columns + i, column_stride);
}

static inline __m128i sixteen(const uint8_t *bytes) {
  return _mm_loadu_si128((const __m128i *)(const void *)bytes);
}

/* Rows i and i + 1 of eight columns. */
static inline void store_two(__m128i rows, uint8_t *out, size_t row_stride) {
  _mm_storel_epi64((__m128i *)(void *)out, rows);
  _mm_storel_epi64((__m128i *)(void *)(out + row_stride), _mm_unpackhi_epi64(rows, rows));
}

/* Sixteen rows of eight columns: bytes to pairs, to fours, to eights. */
static inline void interleave_eight(const uint8_t *const *columns, uint64_t at, uint8_t *out,
                                    size_t row_stride) {
  __m128i pairs[8], fours[8];
  for (int c = 0; c < 8; c += 2) {
    __m128i a = sixteen(columns[c] + at), b = sixteen(columns[c + 1] + at);
    pairs[c] = _mm_unpacklo_epi8(a, b); /* rows 0 to 7 */
    pairs[c + 1] = _mm_unpackhi_epi8(a, b);
  }
  for (int half = 0; half < 2; half++)
    for (int c = 0; c < 8; c += 4) {
      fours[4 * half + c / 2] = _mm_unpacklo_epi16(pairs[c + half], pairs[c + 2 + half]);
      fours[4 * half + c / 2 + 1] = _mm_unpackhi_epi16(pairs[c + half], pairs[c + 2 + half]);
    }
  for (int half = 0; half < 2; half++)
    for (int k = 0; k < 2; k++) {
      __m128i a = fours[4 * half + k], b = fours[4 * half + 2 + k];
      uint8_t *rows = out + (size_t)(8 * half + 4 * k) * row_stride;
      store_two(_mm_unpacklo_epi32(a, b), rows, row_stride);
      store_two(_mm_unpackhi_epi32(a, b), rows + 2 * row_stride, row_stride);
    }
}

static void interleave(const uint8_t *const *columns, uint32_t n_columns, uint64_t n, uint8_t *rows,
                       size_t row_stride) {
  uint64_t whole = n / 16 * 16;
  uint32_t c = 0;
  for (; c + 8 <= n_columns; c += 8) {
    for (uint64_t i = 0; i < whole; i += 16)
      interleave_eight(columns + c, i, rows + i * row_stride + c, row_stride);
    for (uint64_t i = whole; i < n; i++)
      for (uint32_t k = c; k < c + 8; k++) rows[i * row_stride + k] = columns[k][i];
  }
  interleave_scalar(columns + c, n_columns - c, n, rows + c, row_stride);
}

static double least_of(__m256d lanes, double least) {
  double each[4];
  _mm256_storeu_pd(each, lanes);
  for (int k = 0; k < 4; k++) least = each[k] < least ? each[k] : least;
  return least;
}

static double most_of(__m256d lanes, double most) {
  double each[4];
  _mm256_storeu_pd(each, lanes);
  for (int k = 0; k < 4; k++) most = each[k] > most ? each[k] : most;
  return most;
}

static uint64_t sum_of(__m256i lanes) {
  uint64_t each[4];
  _mm256_storeu_si256((__m256i *)(void *)each, lanes);
  return each[0] + each[1] + each[2] + each[3];
}

static void add_range(const double *values, uint64_t n, double zero, struct number_range *range) {
  const __m256d above = _mm256_set1_pd(zero), below = _mm256_set1_pd(-zero);
  const __m256d most = _mm256_set1_pd(HUGE_VAL), least = _mm256_set1_pd(-HUGE_VAL);
  __m256d least_negative = most, least_positive = most, most_negative = least, most_positive = least;
  __m256i n_kept = _mm256_setzero_si256();
  uint64_t whole = n / 4 * 4;
  for (uint64_t i = 0; i < whole; i += 4) {
    __m256d value = _mm256_loadu_pd(values + i);
    __m256d positive = _mm256_cmp_pd(value, above, _CMP_GT_OQ);
    __m256d negative = _mm256_cmp_pd(value, below, _CMP_LT_OQ);
    least_positive = _mm256_min_pd(_mm256_blendv_pd(most, value, positive), least_positive);
    most_positive = _mm256_max_pd(_mm256_blendv_pd(least, value, positive), most_positive);
    least_negative = _mm256_min_pd(_mm256_blendv_pd(most, value, negative), least_negative);
    most_negative = _mm256_max_pd(_mm256_blendv_pd(least, value, negative), most_negative);
    n_kept = _mm256_sub_epi64(n_kept, _mm256_castpd_si256(_mm256_or_pd(positive, negative)));
  }
  range->n += sum_of(n_kept);
  range->least_negative = least_of(least_negative, range->least_negative);
  range->least_positive = least_of(least_positive, range->least_positive);
  range->most_negative = most_of(most_negative, range->most_negative);
  range->most_positive = most_of(most_positive, range->most_positive);
  add_range_scalar(values + whole, n - whole, zero, range);
}

/* What is the same for all numbers of a call, and what was seen of them. */
struct finder {
  __m128i shift;
  __m256d offset, least[2], most[2];
  __m256i base[2], low, zero, huge, zero_bucket, nan_bucket;
  __m256i last, odd, shared; /* all ones, all ones, not 0: in some lane */
};

static inline struct finder finder_of(const struct bucket_rule *rule) {
  struct finder f = {.shift = _mm_cvtsi32_si128((int)rule->shift),
                     .offset = _mm256_set1_pd(rule->offset),
                     .low = _mm256_set1_epi64x((long long)(((uint64_t)1 << rule->shift) - 1)),
                     .zero = _mm256_set1_epi64x((long long)bits_of_double(rule->zero)),
                     .huge = _mm256_set1_epi64x((long long)bits_of_double(BUCKETS_HUGE) - 1),
                     .zero_bucket = _mm256_set1_epi64x((long long)rule->n_buckets),
                     .nan_bucket = _mm256_set1_epi64x((long long)rule->n_buckets + 1)};
  for (int k = 0; k < 2; k++) {
    f.least[k] = _mm256_set1_pd(rule->least[k]);
    f.most[k] = _mm256_set1_pd(rule->most[k]);
    f.base[k] = _mm256_set1_epi64x((long long)rule->base[k]);
  }
  f.last = f.odd = f.shared = _mm256_setzero_si256();
  return f;
}

/* The buckets of four numbers, each in the lowest bits of its eight bytes, which are 0 else. */
static inline __m256i four_buckets(const double *values, struct finder *f) {
  const __m256i none = _mm256_setzero_si256();
  __m256d value = _mm256_loadu_pd(values);
  __m256i bits = _mm256_castpd_si256(value);
  __m256i magnitude = _mm256_and_si256(bits, _mm256_set1_epi64x(INT64_MAX));
  __m256i nan = _mm256_castpd_si256(_mm256_cmp_pd(value, value, _CMP_UNORD_Q));
  __m256i plain =
      _mm256_andnot_si256(_mm256_cmpgt_epi64(magnitude, f->huge), _mm256_cmpgt_epi64(magnitude, f->zero));
  __m256i null = _mm256_or_si256(_mm256_cmpeq_epi64(magnitude, none), _mm256_or_si256(plain, nan));
  __m256d least = _mm256_blendv_pd(f->least[0], f->least[1], value);
  __m256d most = _mm256_blendv_pd(f->most[0], f->most[1], value);
  __m256d offset = _mm256_or_pd(f->offset, _mm256_and_pd(value, _mm256_set1_pd(-0.0)));
  __m256d moved = _mm256_add_pd(value, offset), back = _mm256_sub_pd(moved, offset);
  __m256i limited = _mm256_castpd_si256(_mm256_min_pd(_mm256_max_pd(moved, least), most));
  __m256i negative = _mm256_cmpgt_epi64(none, limited);
  __m256i key = _mm256_sub_epi64(_mm256_xor_si256(limited, negative), negative);
  __m256i base = _mm256_blendv_epi8(f->base[0], f->base[1], negative);
  __m256i bucket = _mm256_add_epi64(_mm256_srl_epi64(key, f->shift), base);
  __m256i last = _mm256_cmpeq_epi64(_mm256_andnot_si256(key, f->low), none);
  __m256i shared =
      _mm256_or_si256(_mm256_and_si256(key, f->low), _mm256_xor_si256(limited, _mm256_castpd_si256(moved)));
  shared = _mm256_or_si256(shared, _mm256_xor_si256(_mm256_castpd_si256(back), bits));
  f->last = _mm256_or_si256(f->last, _mm256_and_si256(last, plain));
  f->shared = _mm256_or_si256(f->shared, _mm256_and_si256(shared, plain));
  f->odd = _mm256_or_si256(f->odd, _mm256_xor_si256(null, _mm256_set1_epi64x(-1)));
  bucket = _mm256_blendv_epi8(f->zero_bucket, bucket, plain);
  return _mm256_and_si256(_mm256_blendv_epi8(bucket, f->nan_bucket, nan), _mm256_set1_epi64x(0xFFFF));
}

static unsigned find_buckets(const double *values, uint64_t n, const struct bucket_rule *rule,
                             uint16_t *buckets) {
  struct finder f = finder_of(rule);
  /* packing works in halves of a register: what it leaves as 0 1 4 5 8 9 12 13, 2 3 6 7 ... */
  const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  uint64_t whole = n / 16 * 16;
  for (uint64_t i = 0; i < whole; i += 16) {
    __m256i a = four_buckets(values + i, &f), b = four_buckets(values + i + 4, &f);
    __m256i c = four_buckets(values + i + 8, &f), d = four_buckets(values + i + 12, &f);
    __m256i ab = _mm256_packus_epi32(a, b), cd = _mm256_packus_epi32(c, d); /* each with a 0 behind */
    __m256i all = _mm256_permutevar8x32_epi32(_mm256_packus_epi32(ab, cd), order);
    _mm256_storeu_si256((__m256i *)(void *)(buckets + i), all);
  }
  unsigned facts = find_buckets_scalar(values + whole, n - whole, rule, buckets + whole);
  facts |= _mm256_testz_si256(f.last, f.last) ? 0 : BUCKETS_LAST_KEY;
  facts |= _mm256_testz_si256(f.odd, f.odd) ? 0 : BUCKETS_ODD;
  return facts | (_mm256_testz_si256(f.shared, f.shared) ? 0 : BUCKETS_SHARED);
}

#define TRANSPOSE transpose
#define FIND_BUCKETS find_buckets
#include "kernels/bucket_loops.h"

void kernels_bins_avx2(struct kernels *slots) {
  slots->bin_numeric = bin_numeric;
  slots->transpose = transpose;
  slots->interleave = interleave;
  slots->add_range = add_range;
  slots->find_buckets = find_buckets;
  slots->bucket_rows = bucket_rows;
}
#endif
