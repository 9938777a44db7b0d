/* scan_bounds_avx2.c - which thresholds of a direction can be the best one, by upper bounds of their gains.
 *
 * Sums are cut to 31 bits and gains computed with floats, eight thresholds at a time, each error in the
 * direction that makes the gain larger. A threshold whose bound is not above what is there already, or not as
 * large as the exact gain of the one with the largest bound, is out; what is left for the exact scan is a few
 * thresholds, or none.
 *
 * A side's gain is t^2 / d. In steps of 2^g_shift gradients and 2^h_shift hessians, with sums rounded down
 * cell by cell: t is known to half a step per bin, d at least the sum of what the cells keep. */
#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>

#include "kernels/scan_ranges.h"

enum { LANES = 8, MOST_THRESHOLDS = 512, SUM_BITS = 30 };

/* More than the roundings of a bound together: at most 16 of 2^-24 each. */
static const double ROUNDING = 0x1p-16;
/* How much larger a bound may be on account of the slack in its sums. */
static const double SLACK_SHARE = 0x1p-12;

/* What the loop knows before it begins. */
struct bounds {
  const int64_t *gradient, *hessian;
  const uint32_t *counts;
  int64_t last;
  __m128i g_shift, h_shift;
  __m256i left_g, left_h, left_n; /* before bin 0 */
  __m256i total_g, total_h;       /* the right side: total less left; hessians: the least it can be */
  __m256i least_n, most_n;        /* left counts must be above and below */
  __m256i least_h, most_h;        /* left hessians too */
  __m256 slack, l1;               /* of a gradient sum; in steps */
  __m256 slack_terms;             /* without l1: what slack adds to a bound's dividend */
  __m256 least_weight;            /* of a hessian sum with what is added to it */
};

/* What it finds: thresholds begin..end - 1, the others do not pass the tests of rows (without counts: of
 * hessians). */
struct bounded {
  int64_t begin, end; /* begin -1: there is none */
  float most;
};

static unsigned bits_of(uint64_t x) { return x == 0 ? 0 : 64 - (unsigned)__builtin_clzll(x); }

static unsigned shift_for(uint64_t most) {
  unsigned bits = bits_of(most);
  return bits > SUM_BITS ? bits - SUM_BITS : 0;
}

/* A real number as an integer of at most 2^SUM_BITS + 2 in magnitude. */
static int32_t clamp_steps(double steps) {
  const double most = (1 << SUM_BITS) + 2;
  return (int32_t)(steps > most ? most : (steps < -most ? -most : floor(steps)));
}

/* Of a side that has rows enough by its share of the hessian, in raw sums: less than that cannot round up to
 * min_data. */
static double least_share(const struct scan_input *in, const struct scan_rules *rules) {
  const double factor = count_share_factor(in->n_rows, in->total_hessian);
  return ((double)rules->min_data - 0.5) / factor - 1;
}

/* False: these sums cannot be bounded here. Without counts they are shares, which hessians tell. */
static bool prepare(const struct scan_direction *d, double *unit, struct bounds *b) {
  const struct scan_input *in = d->in;
  const struct scan_rules *rules = d->rules;
  const int64_t most_rows = (int64_t)1 << SUM_BITS;
  if (in->most_gradient <= 0 || d->last_threshold >= MOST_THRESHOLDS || in->n_rows >= most_rows ||
      rules->min_data >= most_rows || d->base.count < 0 || d->base.hessian < 0)
    return false;
  const double l2_sum = rules->lambda_l2 / in->hessian_unit;
  if (!(l2_sum < 0x1p60)) return false;
  const unsigned g_shift = shift_for((uint64_t)in->most_gradient);
  const unsigned h_shift = shift_for((uint64_t)in->total_hessian + 2 * (uint64_t)l2_sum);
  if (g_shift > 32 || h_shift > 32) return false; /* the low halves of shifted cells would lack their sign */
  const double g_step = in->gradient_unit * (double)((uint64_t)1 << g_shift);
  const double h_step = in->hessian_unit * (double)((uint64_t)1 << h_shift);
  const double l1 = rules->lambda_l1 / g_step;
  const double least_weight = (SCAN_EPSILON + rules->lambda_l2) / h_step * (1 - ROUNDING);
  *unit = g_step * g_step / h_step;
  if (!(*unit > 1e-200 && *unit < 1e200 && l1 < 0x1p40)) return false;
  if (!(least_weight > 0x1p-60)) return false;      /* products of two are to stay in the range of floats */
  const int32_t n = (int32_t)d->last_threshold + 2; /* sums rounded down, the base among them */
  const int32_t l2 = (int32_t)((uint64_t)l2_sum >> h_shift),
                total_h = (int32_t)(in->total_hessian >> h_shift);
  int32_t least_h = clamp_steps((rules->min_sum_hessian - SCAN_EPSILON) / h_step * (1 - 0x1p-40)) - 1;
  if (d->counts == NULL) {
    const double steps = least_share(in, rules) / (double)((uint64_t)1 << h_shift);
    const int32_t share = clamp_steps(steps * (1 - 0x1p-40)) - 1;
    least_h = share > least_h ? share : least_h;
  }
  b->gradient = in->gradient;
  b->hessian = in->hessian;
  b->counts = d->counts;
  b->last = d->last_threshold;
  b->g_shift = _mm_cvtsi32_si128((int)g_shift);
  b->h_shift = _mm_cvtsi32_si128((int)h_shift);
  b->left_g = _mm256_set1_epi32((int32_t)(d->base.gradient >> g_shift) + n / 2);
  b->left_h = _mm256_set1_epi32((int32_t)(d->base.hessian >> h_shift) + l2);
  b->left_n = _mm256_set1_epi32((int32_t)d->base.count);
  b->total_g = _mm256_set1_epi32((int32_t)(in->total_gradient >> g_shift));
  b->total_h = _mm256_set1_epi32(total_h - n + 2 * l2);
  b->least_n = _mm256_set1_epi32((int32_t)rules->min_data - 1);
  b->most_n = _mm256_set1_epi32((int32_t)(in->n_rows - rules->min_data) + 1);
  b->least_h = _mm256_set1_epi32(least_h - n - 2 + l2);
  b->most_h = _mm256_set1_epi32(total_h + 2 - least_h + l2);
  /* Beside the roundings down, where a difference is taken also those of floats of 2^31. */
  const double slack = n / 2 + 3 + (l1 > 0 ? 512 : 0);
  b->slack = _mm256_set1_ps((float)slack);
  b->l1 = _mm256_set1_ps((float)(l1 * (1 - 0x1p-22)));
  /* (|t| + s)^2 <= t^2 (1 + r) + s^2 (1 + 1 / r); both sides' together times the other's weight. */
  b->slack_terms = _mm256_set1_ps(
      (float)(slack * slack * (1 + 1 / SLACK_SHARE) * (total_h + 2.0 * l2 + 2 * least_weight + 2)));
  b->least_weight = _mm256_set1_ps((float)least_weight);
  return true;
}

static inline __m256i load(const void *at) { return _mm256_loadu_si256((const __m256i *)at); }

/* Four cells for the low halves of vectors, and four for the high ones. */
static inline __m256i two_and_two(const int64_t *at) {
  return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)at)),
                                 _mm_loadu_si128((const __m128i *)(const void *)(at + 4)), 1);
}

/* Low halves of eight shifted cells: 0 1 4 5 and 2 3 6 7. */
static inline __m256i cut(__m256i a, __m256i b, __m128i shift) {
  __m256 low = _mm256_castsi256_ps(_mm256_srl_epi64(a, shift));
  __m256 high = _mm256_castsi256_ps(_mm256_srl_epi64(b, shift));
  return _mm256_castps_si256(_mm256_shuffle_ps(low, high, 0x88));
}

/* Sums of the lanes up to each. */
static inline __m256i prefix(__m256i x) {
  x = _mm256_add_epi32(x, _mm256_slli_si256(x, 4));
  x = _mm256_add_epi32(x, _mm256_slli_si256(x, 8));
  __m256i low = _mm256_shuffle_epi32(x, 0xFF);
  return _mm256_add_epi32(x, _mm256_permute2x128_si256(low, low, 0x08));
}

static inline __m256i last_lane(__m256i x) {
  return _mm256_shuffle_epi32(_mm256_permute2x128_si256(x, x, 0x11), 0xFF);
}

static inline __m256 square(__m256 x) { return _mm256_mul_ps(x, x); }

static inline __m256 pull(const struct bounds *b, __m256 sum) {
  __m256 magnitude = _mm256_add_ps(_mm256_andnot_ps(_mm256_set1_ps(-0.0f), sum), b->slack);
  return square(_mm256_max_ps(_mm256_sub_ps(magnitude, b->l1), _mm256_setzero_ps()));
}

static inline __m256 weight(const struct bounds *b, __m256i sum) {
  return _mm256_max_ps(_mm256_cvtepi32_ps(sum), b->least_weight);
}

static inline __attribute__((always_inline)) __m256 gain_bounds(const struct bounds *b, __m256i left_g,
                                                                __m256i left_h, bool has_l1) {
  __m256 gl = _mm256_cvtepi32_ps(left_g), gr = _mm256_cvtepi32_ps(_mm256_sub_epi32(b->total_g, left_g));
  __m256 dl = weight(b, left_h), dr = weight(b, _mm256_sub_epi32(b->total_h, left_h));
  __m256 left = _mm256_mul_ps(has_l1 ? pull(b, gl) : square(gl), dr);
  __m256 right = _mm256_mul_ps(has_l1 ? pull(b, gr) : square(gr), dl);
  __m256 both = _mm256_add_ps(left, right);
  if (!has_l1) both = _mm256_add_ps(both, b->slack_terms);
  return _mm256_div_ps(both, _mm256_mul_ps(dl, dr));
}

static float largest(__m256 x) {
  __m128 y = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  y = _mm_max_ps(y, _mm_movehl_ps(y, y));
  return _mm_cvtss_f32(_mm_max_ss(y, _mm_shuffle_ps(y, y, 1)));
}

struct bins {
  __m256i g, h, n;
};

static inline __attribute__((always_inline)) struct bins full_bins(const struct bounds *b, int64_t t,
                                                                   bool counted) {
  const int64_t *g = b->gradient + t, *h = b->hessian + t;
  return (struct bins){cut(two_and_two(g), two_and_two(g + 2), b->g_shift),
                       cut(two_and_two(h), two_and_two(h + 2), b->h_shift),
                       counted ? load(b->counts + t) : _mm256_setzero_si256()};
}

/* Those behind the last threshold are 0. */
static struct bins last_bins(const struct bounds *b, int64_t t, bool counted) {
  int64_t g[LANES] = {0}, h[LANES] = {0};
  uint32_t n[LANES] = {0};
  for (int64_t i = 0; t + i <= b->last; i++) {
    g[i] = b->gradient[t + i];
    h[i] = b->hessian[t + i];
    n[i] = counted ? b->counts[t + i] : 0;
  }
  const struct bounds copied = {
      .gradient = g, .hessian = h, .counts = n, .g_shift = b->g_shift, .h_shift = b->h_shift};
  return full_bins(&copied, 0, true);
}

/* Fills bound[begin .. end - 1], in whole vectors. */
static inline __attribute__((always_inline)) struct bounded find_bounds(const struct bounds *b, bool has_l1,
                                                                        bool counted, float *restrict bound) {
  __m256i left_g = b->left_g, left_h = b->left_h, left_n = b->left_n;
  __m256 most = _mm256_setzero_ps();
  int64_t begin = -1, t = 0;
  for (; t <= b->last; t += LANES) {
    struct bins x =
        __builtin_expect(t + LANES <= b->last + 1, 1) ? full_bins(b, t, counted) : last_bins(b, t, counted);
    __m256i gs = _mm256_add_epi32(left_g, prefix(x.g)), hs = _mm256_add_epi32(left_h, prefix(x.h));
    __m256i ns = counted ? _mm256_add_epi32(left_n, prefix(x.n)) : left_n;
    left_g = last_lane(gs);
    left_h = last_lane(hs);
    if (counted) left_n = last_lane(ns);
    __m256i below = _mm256_cmpgt_epi32(b->most_h, hs);
    __m256i hessians = _mm256_and_si256(_mm256_cmpgt_epi32(hs, b->least_h), below);
    if (counted) below = _mm256_cmpgt_epi32(b->most_n, ns);
    __m256i rows = counted ? _mm256_and_si256(_mm256_cmpgt_epi32(ns, b->least_n), below) : hessians;
    if (_mm256_testz_si256(rows, rows)) { /* counts and hessians only grow */
      if (begin >= 0 || _mm256_movemask_epi8(below) == 0) break;
      continue;
    }
    if (begin < 0) begin = t;
    __m256 gain = gain_bounds(b, gs, hs, has_l1);
    gain = _mm256_and_ps(gain, _mm256_castsi256_ps(_mm256_and_si256(rows, hessians)));
    _mm256_storeu_ps(bound + t, gain);
    most = _mm256_max_ps(most, gain);
  }
  return (struct bounded){begin, t <= b->last ? t : b->last + 1, largest(most)};
}

/* The first threshold of begin..end - 1 whose bound is at least `least`, and the last: there is one. */
static inline void find_at_least(const float *bound, int64_t begin, int64_t end, float least, int64_t *first,
                                 int64_t *last) {
  const __m256 level = _mm256_set1_ps(least);
  unsigned lanes = 0;
  for (*first = begin; lanes == 0; *first += LANES)
    lanes = (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(_mm256_loadu_ps(bound + *first), level, _CMP_GE_OQ));
  *first += __builtin_ctz(lanes) - LANES;
  lanes = 0;
  int64_t at = begin + (end - 1 - begin) / LANES * LANES;
  for (; lanes == 0; at -= LANES)
    lanes = (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(_mm256_loadu_ps(bound + at), level, _CMP_GE_OQ));
  *last = at + LANES + 31 - __builtin_clz(lanes);
  if (*last >= end) *last = end - 1; /* lanes behind the last threshold repeat its sums */
}

/* The gain of one threshold; -inf where it does not pass the tests. The scalar scan's operations. */
static double exact_gain(const struct scan_direction *d, int64_t threshold) {
  const struct scan_input *in = d->in;
  struct scan_sums left = scan_plus(d->base, scan_sum_bins(in, d->counts, 0, threshold + 1, SCAN_NO_BIN));
  struct scan_sums right = {in->total_gradient - left.gradient, in->total_hessian - left.hessian,
                            in->n_rows - left.count};
  if (!scan_side_fits(d, left.hessian, left.count) || !scan_side_fits(d, right.hessian, right.count))
    return -INFINITY;
  const double l1 = d->rules->lambda_l1, l2 = d->rules->lambda_l2;
  double tl = leaf_threshold_l1((double)left.gradient * in->gradient_unit, l1);
  double tr = leaf_threshold_l1((double)right.gradient * in->gradient_unit, l1);
  double dl = (double)left.hessian * in->hessian_unit + SCAN_EPSILON + l2;
  double dr = (double)right.hessian * in->hessian_unit + SCAN_EPSILON + l2;
  return (tl * tl * dr + tr * tr * dl) / (dl * dr);
}

/* The floor as a bound has it, or -1: it cannot be told. */
static double floor_of_bounds(double floor, double unit) {
  const double least = floor / unit * ((1 - ROUNDING) / (1 + SLACK_SHARE));
  return least >= 0 && least < 0x1p100 ? least : -1;
}

bool scan_hopeless_avx2(const struct scan_direction *d, double floor) {
  struct bounds b;
  double unit;
  float bound[MOST_THRESHOLDS + LANES];
  if (d->in->total_hessian <= 0 || !prepare(d, &unit, &b)) return false;
  const double least = floor_of_bounds(floor, unit);
  if (least < 0) return false;
  struct bounded found =
      d->rules->lambda_l1 > 0 ? find_bounds(&b, true, false, bound) : find_bounds(&b, false, false, bound);
  return found.begin < 0 || !((double)found.most > least);
}

bool scan_narrow_avx2(const struct scan_direction *d, double floor, int64_t *first, int64_t *last) {
  struct bounds b;
  double unit;
  *first = 0;
  *last = d->last_threshold;
  if (!prepare(d, &unit, &b)) return true;
  const double share = (1 - ROUNDING) / (1 + SLACK_SHARE);
  const double least = floor_of_bounds(floor, unit);
  if (least < 0) return true;
  float bound[MOST_THRESHOLDS + LANES];
  struct bounded found =
      d->rules->lambda_l1 > 0 ? find_bounds(&b, true, true, bound) : find_bounds(&b, false, true, bound);
  if (found.begin < 0 || !((double)found.most > least)) return false;
  int64_t at, same;
  find_at_least(bound, found.begin, found.end, found.most, &at, &same);
  /* Equal gains stay in: the direction says which of them wins. */
  double gain = exact_gain(d, at) / unit * share;
  float level = (float)(gain > least ? gain : least);
  if (level > found.most) level = found.most;
  find_at_least(bound, found.begin, found.end, level, first, last);
  return true;
}
#endif
