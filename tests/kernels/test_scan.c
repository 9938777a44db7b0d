/* scan_numeric of every tier against a search that sums both sides of every threshold anew, in long double.
 *
 * Gains are compared with a tolerance, sums exactly. Thresholds whose sums are equal (empty bins between
 * them) are a tie that must go to the first one in scan order: largest threshold of the reverse scan first,
 * then the smallest of the forward scan (algorithms 4.7). */
#include <math.h>
#include <string.h>

#include "draw.h"
#include "guarded.h"
#include "kernels/scan_steps.h"
#include "testing.h"
#include "tiers.h"

enum { MAX_BINS = 300, NONE = 0, ZERO = 1, NAN_BIN = 2 };

static const long double EPS = 1.0000000036274937e-15L;

struct scan_case {
  struct scan_input in;
  struct scan_rules rules;
  int64_t *gradient, *hessian;
  uint32_t *count;
};

struct sums {
  int64_t g, h, n;
};

struct candidate {
  uint32_t threshold;
  bool default_left;
  struct sums left;
  long double gain;
};

static int64_t count_of(const struct scan_case *c, uint32_t bin) {
  const struct scan_input *in = &c->in;
  if (in->count_kind == COUNT_FIELD) return in->count[bin];
  if (in->count_kind == COUNT_SHIFT) return in->hessian[bin] >> in->count_shift;
  double total = (double)in->total_hessian * in->hessian_unit + 2 * (double)EPS;
  return (int64_t)((double)in->hessian[bin] * in->hessian_unit * ((double)in->n_rows / total) + 0.5);
}

static struct sums sum_bins(const struct scan_case *c, uint32_t from, uint32_t to, bool skip_default) {
  struct sums s = {0, 0, 0};
  for (uint32_t b = from; b < to; b++) {
    if (skip_default && b == c->in.default_bin) continue;
    s.g += c->in.gradient[b];
    s.h += c->in.hessian[b];
    s.n += count_of(c, b);
  }
  if (c->in.count_kind == COUNT_SHARE) /* of the sum, rounded once */
    s.n = c->in.total_hessian == 0
              ? 0
              : (int64_t)((double)s.h * ((double)c->in.n_rows / (double)c->in.total_hessian) + 0.5);
  return s;
}

static long double side_gain(const struct scan_case *c, struct sums s, long double h) {
  const struct scan_rules *r = &c->rules;
  long double g = (long double)s.g * c->in.gradient_unit, t = fabsl(g) - r->lambda_l1;
  t = t <= 0 ? 0 : (g > 0 ? t : -t);
  long double w = -t / (h + r->lambda_l2);
  if (r->max_delta_step <= 0 && r->path_smooth <= 0) return t * t / (h + r->lambda_l2);
  if (r->max_delta_step > 0 && fabsl(w) > r->max_delta_step)
    w = w > 0 ? r->max_delta_step : -r->max_delta_step;
  if (r->path_smooth > 0) {
    long double q = s.n / (long double)r->path_smooth;
    w = w * q / (q + 1) + c->in.parent_output / (q + 1);
  }
  return -(2 * t * w + (h + r->lambda_l2) * w * w);
}

/* `known` is the side the scan adds up, which carries one EPS. */
static void consider(const struct scan_case *c, uint32_t threshold, bool known_right, struct sums known,
                     struct candidate *list, size_t *n_list) {
  const struct scan_input *in = &c->in;
  if (in->only_threshold != UINT32_MAX && threshold != in->only_threshold) return;
  struct sums other = {in->total_gradient - known.g, in->total_hessian - known.h, in->n_rows - known.n};
  long double known_h = (long double)known.h * in->hessian_unit + EPS;
  long double other_h = (long double)other.h * in->hessian_unit + EPS;
  if (known.n < c->rules.min_data || other.n < c->rules.min_data) return;
  if (known_h < c->rules.min_sum_hessian || other_h < c->rules.min_sum_hessian) return;
  list[(*n_list)++] = (struct candidate){threshold, known_right, known_right ? other : known,
                                         side_gain(c, known, known_h) + side_gain(c, other, other_h)};
}

/* Every candidate, in scan order. */
static size_t all_candidates(const struct scan_case *c, struct candidate *list) {
  const struct scan_input *in = &c->in;
  size_t n = 0;
  bool both = in->n_bins > 2 && in->missing != NONE, zero = both && in->missing == ZERO;
  uint32_t end = in->n_bins - (both && in->missing == NAN_BIN ? 1 : 0);
  for (uint32_t t = end - 1; t-- > 0;)
    if (!(zero && t + 1 == in->default_bin)) consider(c, t, true, sum_bins(c, t + 1, end, zero), list, &n);
  if (!both) {
    for (size_t i = 0; i < n; i++) list[i].default_left = in->missing != NAN_BIN;
    return n;
  }
  for (uint32_t t = in->skip_bin0 ? 1 : 0; t + 1 < in->n_bins; t++) {
    if (zero && t == in->default_bin) continue;
    struct sums left = sum_bins(c, in->skip_bin0 ? 1 : 0, t + 1, zero);
    if (in->bin0_is_rest && in->count_kind != COUNT_SHARE)
      left.n = in->n_rows - sum_bins(c, t + 1, in->n_bins, false).n;
    consider(c, t, false, left, list, &n);
  }
  return n;
}

static bool same_sums(struct sums a, struct sums b) { return a.g == b.g && a.h == b.h && a.n == b.n; }

static void check_scan(const struct scan_case *c, const struct scan_result *got) {
  static struct candidate list[2 * MAX_BINS];
  size_t n = all_candidates(c, list);
  long double best = -INFINITY, scale = 1e-300L;
  for (size_t i = 0; i < n; i++) {
    if (list[i].gain > best) best = list[i].gain;
    scale = fmaxl(scale, fabsl(list[i].gain));
  }
  scale = fmaxl(scale, fabs(c->in.min_gain_shift));
  if (!got->splittable) {
    assert_true(got->gain == -INFINITY);
    assert_true(n == 0 || best <= c->in.min_gain_shift + 1e-11L * scale);
    return;
  }
  assert_true(best > c->in.min_gain_shift - 1e-11L * scale);
  assert_true(got->gain > c->in.min_gain_shift);
  assert_true(fabsl(got->gain - best) <= 1e-11L * scale);
  struct sums left = {got->left_gradient, got->left_hessian, got->left_count};
  for (size_t i = 0; i < n; i++) {
    if (!same_sums(list[i].left, left)) continue;
    /* The two scans round the same division of the rows differently (EPS is on the side they add up). */
    if (list[i].default_left != got->default_left) continue;
    if (fabsl(list[i].gain - best) > 1e-11L * scale) continue;
    /* the first of the equal ones */
    if (list[i].threshold != got->threshold)
      fail_msg("threshold %u%s, expected %u%s (missing %d, %u bins, default bin %u)", got->threshold,
               got->default_left ? " left" : "", list[i].threshold, list[i].default_left ? " left" : "",
               c->in.missing, c->in.n_bins, c->in.default_bin);
    return;
  }
  fail_msg("threshold %u: no candidate has these sums", got->threshold);
}

/* A bound of the gradient sums as a caller may give it: tight, generous, or none. */
static int64_t some_bound(const int64_t *gradient, uint32_t n_bins, struct draw *d) {
  int64_t most = 1;
  for (uint32_t b = 0; b < n_bins; b++) most += gradient[b] < 0 ? -gradient[b] : gradient[b];
  int shift = (int)draw_between(d, 0, 8);
  if (draw_between(d, 0, 7) == 0) return 0;
  return draw_between(d, 0, 1) == 0 || most > (int64_t)1 << 53 ? most : most << shift;
}

/* A bin is one of the leaf's. */
static void add_bin(struct scan_input *in, int64_t gradient, int64_t hessian, int64_t rows) {
  in->total_gradient += gradient;
  in->total_hessian += hessian;
  in->n_rows += rows;
}

static void make_cells(struct scan_case *c, struct draw *d) {
  struct scan_input *in = &c->in;
  int sparse = (int)draw_between(d, 0, 3);                /* empty bins make ties */
  int64_t g_limit = (int64_t)1 << draw_between(d, 3, 53); /* sums stay below 2^62 */
  int h_bits = (int)(draw_between(d, 0, 1) == 0 ? 20 : draw_between(d, 20, 46));
  in->count_shift = (unsigned)draw_between(d, 0, 46);
  for (uint32_t b = 0; b < in->n_bins; b++) {
    bool empty = draw_between(d, 0, 3) < sparse;
    uint32_t n = empty ? 0 : (uint32_t)draw_between(d, 1, 40);
    c->count[b] = n;
    c->gradient[b] = n == 0 ? 0 : draw_between(d, -g_limit, g_limit);
    c->hessian[b] = n == 0 ? 0 : draw_between(d, 0, (int64_t)n << h_bits);
    if (in->count_kind == COUNT_SHIFT) c->hessian[b] = (int64_t)n << in->count_shift;
    add_bin(in, c->gradient[b], c->hessian[b], n);
  }
  in->most_gradient = some_bound(c->gradient, in->n_bins, d);
  in->gradient_unit = ldexp(1.0, -(int)draw_between(d, 0, 44));
  in->hessian_unit = in->count_kind == COUNT_SHIFT
                         ? ldexp(1.0, -(int)in->count_shift)
                         : ldexp(1.0, -(int)draw_between(d, h_bits - 5, h_bits + 5));
}

static void make_rules(struct scan_case *c, struct draw *d) {
  struct scan_rules *r = &c->rules;
  double g = fabs((double)c->in.total_gradient * c->in.gradient_unit) + c->in.gradient_unit;
  double h = (double)c->in.total_hessian * c->in.hessian_unit;
  r->min_data = draw_between(d, 0, 3) == 0 ? draw_between(d, 1, 60) : 1;
  r->min_sum_hessian = draw_between(d, 0, 2) == 0 ? h / 5 * draw_uniform(d) : 1e-3;
  if (draw_between(d, 0, 2) == 0) r->lambda_l1 = g / 3 * draw_uniform(d);
  if (draw_between(d, 0, 2) == 0) r->lambda_l2 = 5 * draw_uniform(d);
  if (draw_between(d, 0, 3) == 0) r->max_delta_step = g / (h + 1) * draw_uniform(d);
  if (draw_between(d, 0, 3) == 0) {
    r->path_smooth = 0.1 + 10 * draw_uniform(d);
    if (r->min_data < 2) r->min_data = 2;
  }
  c->in.parent_output = -g / (h + 1) * draw_uniform(d);
  c->in.min_gain_shift = draw_between(d, 0, 3) == 0 ? 0 : g * g / (h + 1) * (0.2 + draw_uniform(d));
}

static void make_case(struct scan_case *c, struct draw *d, int i) {
  memset(c, 0, sizeof *c);
  struct scan_input *in = &c->in;
  in->n_bins =
      i % 5 == 0 ? (uint32_t)draw_between(d, 2, 4) : (uint32_t)draw_between(d, 2, i % 40 == 1 ? 300 : 40);
  in->count_kind = (enum count_kind)(i % 4);
  in->missing = (int)draw_between(d, 0, 2);
  in->default_bin = (uint32_t)draw_between(d, 0, in->n_bins - 1);
  in->skip_bin0 = in->missing == ZERO && in->default_bin != 0 && draw_between(d, 0, 3) == 0;
  in->bin0_is_rest = in->missing == NAN_BIN && draw_between(d, 0, 1) == 0;
  in->only_threshold = draw_between(d, 0, 7) == 0 ? (uint32_t)draw_between(d, 0, in->n_bins - 1) : UINT32_MAX;
  c->gradient = guarded_alloc(in->n_bins * 8, GUARDED_END);
  c->hessian = guarded_alloc(in->n_bins * 8, GUARDED_END);
  c->count = guarded_alloc(in->n_bins * 4, GUARDED_END);
  in->gradient = c->gradient;
  in->hessian = c->hessian;
  in->count = in->count_kind == COUNT_FIELD ? c->count : NULL;
  make_cells(c, d);
  make_rules(c, d);
}

static bool same_result(const struct scan_result *a, const struct scan_result *b) {
  if (memcmp(&a->gain, &b->gain, sizeof a->gain) != 0 || a->splittable != b->splittable) return false;
  if (!a->splittable) return true;
  return a->threshold == b->threshold && a->default_left == b->default_left &&
         a->left_gradient == b->left_gradient && a->left_hessian == b->left_hessian &&
         a->left_count == b->left_count;
}

static void random_histograms(void **state) {
  (void)state;
  struct draw d = {.seed = 31};
  int splits = 0, refusals = 0;
  for (int i = 0; i < 4000; i++) {
    struct scan_case c;
    make_case(&c, &d, i);
    struct scan_result scalar;
    FOR_EACH_TIER(k) {
      struct scan_result got;
      memset(&got, 0xA5, sizeof got);
      k->scan_numeric(&c.in, &c.rules, &got);
      if (k == kernels_of_tier(CPU_SCALAR)) {
        check_scan(&c, &got);
        scalar = got;
      }
      assert_true(same_result(&got, &scalar));
    }
    if (scalar.splittable)
      splits++;
    else
      refusals++;
    guarded_free(c.gradient, c.in.n_bins * 8, GUARDED_END);
    guarded_free(c.hessian, c.in.n_bins * 8, GUARDED_END);
    guarded_free(c.count, c.in.n_bins * 4, GUARDED_END);
  }
  assert_true(splits > 1000 && refusals > 200); /* both ways were tried */
}

/* Sums at the very limit of 62 bits stay exact. */
static void largest_sums(void **state) {
  (void)state;
  const int64_t quarter = (int64_t)1 << 60;
  int64_t gradient[4] = {-quarter, -quarter, quarter, quarter},
          hessian[4] = {quarter, quarter, quarter, quarter};
  uint32_t count[4] = {UINT32_MAX / 4, UINT32_MAX / 4, UINT32_MAX / 4, UINT32_MAX / 4};
  struct scan_input in = {.gradient = gradient,
                          .hessian = hessian,
                          .count = count,
                          .n_bins = 4,
                          .only_threshold = UINT32_MAX,
                          .count_kind = COUNT_FIELD,
                          .gradient_unit = 0x1p-60,
                          .hessian_unit = 0x1p-60,
                          .total_hessian = INT64_MAX,
                          .n_rows = UINT32_MAX};
  in.total_hessian = 3 * quarter + (quarter - 1); /* 2^62 - 1 */
  hessian[3] = quarter - 1;
  struct scan_rules rules = {.min_data = 1};
  FOR_EACH_TIER(k) {
    struct scan_result got;
    k->scan_numeric(&in, &rules, &got);
    assert_true(got.splittable);
    assert_int_equal(got.threshold, 1);
    assert_true(got.left_gradient == -2 * quarter && got.left_hessian == 2 * quarter);
    assert_true(fabs(got.gain - 4) < 1e-12);
  }
}

/* Integer sums, whose conversion must round once: near halves of the last place that a double has. The tiers
 * agree to the bit, and the scalar one converts as the processor does. */
static void sums_near_halves(void **state) {
  (void)state;
  struct draw d = {.seed = 32};
  enum { BINS = 61 };
  int64_t gradient[BINS], hessian[BINS];
  for (int i = 0; i < 4000; i++) {
    struct scan_input in = {.gradient = gradient,
                            .hessian = hessian,
                            .n_bins = BINS,
                            .count_kind = COUNT_SHIFT,
                            .count_shift = (unsigned)draw_between(&d, 40, 55),
                            .gradient_unit = 0x1p-50,
                            .hessian_unit = 0x1p-50,
                            .only_threshold = UINT32_MAX};
    for (int b = 0; b < BINS; b++) {
      int64_t place = (int64_t)1 << draw_between(&d, 0, 8); /* half a last place of sums up to 2^61 */
      int64_t sign = draw_bits(&d) & 1 ? 1 : -1;
      gradient[b] = sign * (((int64_t)1 << draw_between(&d, 40, 56)) + place + draw_between(&d, -1, 1));
      hessian[b] = ((int64_t)1 << draw_between(&d, 40, 56)) + place + draw_between(&d, -1, 1);
      add_bin(&in, gradient[b], hessian[b], hessian[b] >> in.count_shift);
    }
    in.most_gradient = some_bound(gradient, BINS, &d);
    struct scan_rules rules = {.lambda_l1 = i % 2 == 0 ? 0 : 1};
    struct scan_result scalar, got;
    FOR_EACH_TIER(k) {
      k->scan_numeric(&in, &rules, &got);
      if (k == kernels_of_tier(CPU_SCALAR)) scalar = got;
      assert_true(same_result(&got, &scalar));
    }
    assert_true(scalar.splittable);
  }
}

/* Equal gains everywhere (mirrored sums, and none at all): the same threshold in every tier. */
static void ties_go_to_the_same_threshold(void **state) {
  (void)state;
  int64_t gradient[64], hessian[64];
  uint32_t count[64];
  for (uint32_t n_bins = 2; n_bins <= 64; n_bins++) {
    for (int shape = 0; shape < 3; shape++) {
      for (int missing = NONE; missing <= NAN_BIN; missing++) {
        struct scan_input in = {.gradient = gradient,
                                .hessian = hessian,
                                .count = count,
                                .n_bins = n_bins,
                                .gradient_unit = 1,
                                .hessian_unit = 1,
                                .missing = missing,
                                .default_bin = n_bins / 2,
                                .only_threshold = UINT32_MAX};
        for (uint32_t b = 0; b < n_bins; b++) {
          bool full = shape == 0 || b == 0 || b + 1 == n_bins || (shape == 1 && b % 7 == 3);
          gradient[b] = !full ? 0 : (b < n_bins / 2 ? -100 : 100);
          hessian[b] = count[b] = full ? 10 : 0;
          add_bin(&in, gradient[b], hessian[b], count[b]);
        }
        in.most_gradient = shape == 2 ? 0 : 6400;
        struct scan_rules rules = {.min_data = 1};
        struct scan_result scalar, got;
        FOR_EACH_TIER(k) {
          k->scan_numeric(&in, &rules, &got);
          if (k == kernels_of_tier(CPU_SCALAR)) scalar = got;
          assert_true(same_result(&got, &scalar));
        }
      }
    }
  }
}

/* With floors about the best gain: just below it, at it, just above, and far above. What is ruled out by
 * bounds is not the best threshold. */
static void check_floors(struct scan_input *in, const struct scan_rules *rules, int *splits, int *refusals) {
  const struct scan_steps steps = scan_steps_of(in, rules); /* as the leaf's columns have them */
  struct scan_result scalar, got;
  for (int floor = 0; floor < 5; floor++) {
    in->steps = in->n_rows % 3 == 0 ? NULL : &steps;
    FOR_EACH_TIER(k) {
      k->scan_numeric(in, rules, &got);
      if (k == kernels_of_tier(CPU_SCALAR)) scalar = got;
      assert_true(same_result(&got, &scalar));
    }
    *splits += scalar.splittable;
    *refusals += !scalar.splittable;
    if (!scalar.splittable) break;
    in->min_gain_shift = floor == 0   ? nextafter(scalar.gain, 0)
                         : floor == 1 ? scalar.gain * (1 - 1e-6)
                         : floor == 2 ? scalar.gain * (1 - 1e-3)
                                      : scalar.gain;
  }
  in->min_gain_shift = 1e300;
  FOR_EACH_TIER(k) {
    k->scan_numeric(in, rules, &got);
    assert_true(!got.splittable && got.gain == -INFINITY);
  }
  in->steps = NULL;
}

/* Histograms as a small leaf has them, most cells empty. */
static void floors_about_the_best_gain(void **state) {
  (void)state;
  struct draw d = {.seed = 34};
  enum { BINS = 256 };
  int64_t *gradient = guarded_alloc(BINS * 8, GUARDED_END), *hessian = guarded_alloc(BINS * 8, GUARDED_END);
  uint32_t *count = guarded_alloc(BINS * 4, GUARDED_END);
  int splits = 0, refusals = 0;
  for (int i = 0; i < 3000; i++) {
    const uint32_t n_bins = (uint32_t)draw_between(&d, 8, BINS), from = BINS - n_bins;
    const int row_bits = (int)draw_between(&d, 20, 50), hessian_bits = (int)draw_between(&d, 10, 31);
    struct scan_input in = {.gradient = gradient + from,
                            .hessian = hessian + from,
                            .count = count + from,
                            .n_bins = n_bins,
                            .count_kind = COUNT_FIELD,
                            .gradient_unit = ldexp(1.0, -row_bits),
                            .hessian_unit = ldexp(1.0, -hessian_bits),
                            .missing = i % 2 == 0 ? NONE : NAN_BIN,
                            .only_threshold = UINT32_MAX};
    const int full = (int)draw_between(&d, 1, 8);
    /* also gradients so far below the largest that the steps of their sums count */
    const int64_t most = (int64_t)1 << (i % 11 < 4 ? draw_between(&d, 0, row_bits) : row_bits);
    for (uint32_t b = from; b < BINS; b++) {
      count[b] = draw_between(&d, 1, 8) <= full ? (uint32_t)draw_between(&d, 0, 3) : 0;
      if (in.missing == NAN_BIN && b + 1 == BINS && i % 4 == 1) count[b] = 0;
      gradient[b] = hessian[b] = 0;
      for (uint32_t r = 0; r < count[b]; r++) {
        gradient[b] += draw_between(&d, -most, most);
        hessian[b] += draw_between(&d, 1, (int64_t)1 << (hessian_bits - 2));
      }
      add_bin(&in, gradient[b], hessian[b], count[b]);
    }
    in.most_gradient = (in.n_rows + 1) << row_bits;
    struct scan_rules rules = {.min_data = draw_between(&d, 1, 30), .min_sum_hessian = i % 3 == 0 ? 1 : 1e-3};
    if (i % 5 == 0) rules.lambda_l1 = 3 * draw_uniform(&d);
    if (i % 7 < 2) rules.lambda_l2 = ldexp(draw_uniform(&d), (int)draw_between(&d, -10, 20));
    check_floors(&in, &rules, &splits, &refusals);
  }
  assert_true(splits > 8000 && refusals > 2000);
  guarded_free(gradient, BINS * 8, GUARDED_END);
  guarded_free(hessian, BINS * 8, GUARDED_END);
  guarded_free(count, BINS * 4, GUARDED_END);
}

/* The largest magnitude of a side's gradients. */
static double largest_side(const struct scan_input *in) {
  int64_t left = 0, most = 0;
  for (uint32_t b = 0; b < in->n_bins; b++) {
    left += in->gradient[b];
    const int64_t sides[2] = {left, in->total_gradient - left};
    for (int k = 0; k < 2; k++) {
      const int64_t magnitude = sides[k] < 0 ? -sides[k] : sides[k];
      if (magnitude > most) most = magnitude;
    }
  }
  return (double)most;
}

/* Quantised training: sums of few levels are whole steps, whose bounds have no slack; the bound of gradient
 * sums is as the trainer gives it. Up to the levels and rows where sums are cut (2^30), or rounded to floats
 * (2^24). Counts are shares of the hessian, or ride along. */
static void sums_of_few_levels(void **state) {
  (void)state;
  struct draw d = {.seed = 35};
  enum { BINS = 256 };
  int64_t *gradient = guarded_alloc(BINS * 8, GUARDED_END), *hessian = guarded_alloc(BINS * 8, GUARDED_END);
  uint32_t *count = guarded_alloc(BINS * 4, GUARDED_END);
  int splits = 0, refusals = 0;
  for (int i = 0; i < 4000; i++) {
    const uint32_t n_bins = (uint32_t)draw_between(&d, 8, BINS), from = BINS - n_bins;
    const int64_t half = (int64_t)1 << draw_between(&d, 0, 15), levels = i % 3 == 0 ? 1 : 2 * half;
    const int64_t most_rows = (int64_t)1 << draw_between(&d, 0, i % 5 == 0 ? 16 : 6);
    const double steps = 0.01 + draw_uniform(&d);
    struct scan_input in = {.gradient = gradient + from,
                            .hessian = hessian + from,
                            .count = i % 4 == 3 ? count + from : NULL,
                            .n_bins = n_bins,
                            .count_kind = i % 4 == 3 ? COUNT_FIELD : COUNT_SHARE,
                            .gradient_unit = steps / (double)half,
                            .hessian_unit = (0.01 + draw_uniform(&d)) / (double)levels,
                            .missing = i % 8 < 6 ? NONE : NAN_BIN,
                            .only_threshold = UINT32_MAX};
    const int full = (int)draw_between(&d, 1, 8);
    const bool extreme = draw_between(&d, 0, 3) == 0; /* rows at the largest levels */
    for (uint32_t b = from; b < BINS; b++) {
      const bool empty = draw_between(&d, 1, 8) > full;
      const int64_t rows = empty ? 0 : draw_between(&d, 0, most_rows);
      const int64_t pull = extreme ? (b < 3 * BINS / 4 ? -half : half) : draw_between(&d, -half, half);
      count[b] = (uint32_t)rows;
      gradient[b] = pull * rows;
      hessian[b] = (extreme || levels == 1 ? levels : draw_between(&d, 0, levels)) * rows;
      add_bin(&in, gradient[b], hessian[b], rows);
    }
    in.most_gradient = in.n_rows * half;
    const double weight = (double)in.total_hessian * in.hessian_unit;
    struct scan_rules rules = {.min_data = draw_between(&d, 1, 30),
                               .min_sum_hessian = i % 3 == 0 ? weight / 8 * draw_uniform(&d) : 1e-3};
    if (i % 5 < 2) rules.lambda_l1 = (double)in.most_gradient * in.gradient_unit / 8 * draw_uniform(&d);
    if (i % 25 == 3) /* hardly anything is left of the sums but what is rounded off them */
      rules.lambda_l1 = largest_side(&in) * in.gradient_unit * (1 - ldexp(1, -(int)draw_between(&d, 8, 30)));
    if (i % 7 < 2) rules.lambda_l2 = ldexp(draw_uniform(&d), (int)draw_between(&d, -10, 20));
    check_floors(&in, &rules, &splits, &refusals);
  }
  assert_true(splits > 8000 && refusals > 2000);
  guarded_free(gradient, BINS * 8, GUARDED_END);
  guarded_free(hessian, BINS * 8, GUARDED_END);
  guarded_free(count, BINS * 4, GUARDED_END);
}

/* Hessians of any smallness, as weights make them, beside the epsilon that is added to a side's. */
static void hessians_below_the_epsilon(void **state) {
  (void)state;
  struct draw d = {.seed = 36};
  enum { BINS = 80 };
  int64_t gradient[BINS], hessian[BINS];
  uint32_t count[BINS];
  int splits = 0, refusals = 0;
  for (int i = 0; i < 600; i++) {
    struct scan_input in = {.gradient = gradient,
                            .hessian = hessian,
                            .count = i % 4 == COUNT_FIELD ? count : NULL,
                            .n_bins = BINS,
                            .count_kind = (enum count_kind)(i % 4),
                            .count_shift = 20,
                            .gradient_unit = ldexp(1.0, -(20 + i / 4)),
                            .hessian_unit = ldexp(1.0, -(20 + i / 4)),
                            .only_threshold = UINT32_MAX};
    for (uint32_t b = 0; b < BINS; b++) {
      count[b] = (uint32_t)draw_between(&d, 0, 3);
      gradient[b] = (int64_t)count[b] * draw_between(&d, -(1 << 20), 1 << 20);
      hessian[b] = (int64_t)count[b] << 20;
      add_bin(&in, gradient[b], hessian[b], count[b]);
    }
    in.most_gradient = in.n_rows << 20;
    struct scan_rules rules = {.min_data = draw_between(&d, 0, 30)};
    check_floors(&in, &rules, &splits, &refusals);
  }
  assert_true(splits > 1500 && refusals > 500);
}

/* Counts of every kind, and the best threshold just at what a side has to have: what is ruled out without
 * looking at counts is not that one. Often all there is to gain are a few rows at an end. */
static void best_thresholds_at_the_limits(void **state) {
  (void)state;
  struct draw d = {.seed = 37};
  enum { BINS = 200 };
  int64_t gradient[BINS], hessian[BINS];
  uint32_t count[BINS];
  int splits = 0, refusals = 0;
  for (int i = 0; i < 3000; i++) {
    const unsigned g_bits = (unsigned)draw_between(&d, 4, 44), h_bits = (unsigned)draw_between(&d, 0, 40);
    struct scan_input in = {.gradient = gradient,
                            .hessian = hessian,
                            .count = i % 4 == COUNT_FIELD ? count : NULL,
                            .n_bins = (uint32_t)draw_between(&d, 8, BINS),
                            .count_kind = (enum count_kind)(i % 4),
                            .count_shift = h_bits,
                            .gradient_unit = ldexp(1, -(int)g_bits),
                            .hessian_unit = ldexp(1, -(int)h_bits),
                            .missing = i % 5 < 3 ? NONE : i % 5 - 2,
                            .only_threshold = UINT32_MAX};
    in.default_bin = in.n_bins / 2;
    const int64_t most = (int64_t)1 << g_bits;
    const uint32_t begin = i % 3 == 0 ? in.n_bins - (uint32_t)draw_between(&d, 1, 6) : 0;
    const uint32_t end = i % 3 == 1 ? (uint32_t)draw_between(&d, 1, 6) : in.n_bins;
    for (uint32_t b = 0; b < in.n_bins; b++) {
      const int64_t rows = draw_between(&d, 0, i % 7 == 0 ? 3000 : 4), all = (int64_t)1 << h_bits;
      const int64_t pull = b < begin || b >= end ? draw_between(&d, -most / 8, 0) : draw_between(&d, 0, most);
      count[b] = (uint32_t)rows;
      gradient[b] = rows * pull;
      hessian[b] = rows * (in.count_kind == COUNT_SHIFT ? all : draw_between(&d, 0, all));
      add_bin(&in, gradient[b], hessian[b], rows);
    }
    in.most_gradient = (in.n_rows + 1) << g_bits;
    struct scan_rules rules = {.lambda_l2 = i % 11 == 0 ? draw_uniform(&d) : 0};
    if (i % 13 == 0) rules.lambda_l1 = draw_uniform(&d);
    struct scan_result best;
    kernels_of_tier(CPU_SCALAR)->scan_numeric(&in, &rules, &best);
    if (!best.splittable) continue;
    const int64_t right_count = in.n_rows - best.left_count, right = in.total_hessian - best.left_hessian;
    if (i % 2 == 0)
      rules.min_data = best.left_count < right_count ? best.left_count : right_count;
    else
      rules.min_sum_hessian =
          (double)(best.left_hessian < right ? best.left_hessian : right) * in.hessian_unit;
    check_floors(&in, &rules, &splits, &refusals);
  }
  assert_true(splits > 10000 && refusals > 2000);
}

/* All there is to gain is a side of less weight than the sum of both loses as a float. */
static void sides_lost_in_the_sum(void **state) {
  (void)state;
  struct draw d = {.seed = 38};
  enum { BINS = 120 };
  int64_t gradient[BINS], hessian[BINS];
  uint32_t count[BINS];
  int splits = 0, refusals = 0;
  for (int i = 0; i < 2000; i++) {
    struct scan_input in = {.gradient = gradient,
                            .hessian = hessian,
                            .count = count,
                            .n_bins = (uint32_t)draw_between(&d, 20, BINS),
                            .count_kind = COUNT_FIELD,
                            .gradient_unit = 1,
                            .hessian_unit = 1,
                            .only_threshold = UINT32_MAX};
    const int64_t most = ((int64_t)1 << draw_between(&d, 25, 29)) / in.n_bins;
    for (uint32_t b = 0; b < in.n_bins; b++) {
      count[b] = 2;
      gradient[b] = draw_between(&d, -100, 100);
      hessian[b] = draw_between(&d, most / 2, most);
    }
    const uint32_t end = i % 2 == 0 ? in.n_bins - 1 : 0;
    hessian[end] = draw_between(&d, 1, 64);
    gradient[end] = (draw_bits(&d) & 1 ? 1 : -1) * draw_between(&d, 1 << 12, 1 << 16);
    for (uint32_t b = 0; b < in.n_bins; b++) {
      add_bin(&in, gradient[b], hessian[b], count[b]);
    }
    in.most_gradient = (int64_t)1 << 20;
    const struct scan_rules rules = {.min_data = 1};
    struct scan_result best;
    kernels_of_tier(CPU_SCALAR)->scan_numeric(&in, &rules, &best);
    assert_true(best.splittable && best.threshold == (end == 0 ? 0 : end - 1));
    check_floors(&in, &rules, &splits, &refusals);
  }
  assert_true(splits > 6000 && refusals > 1500);
}

/* As many bins as a feature may have, and counts of every kind. */
static void the_widest_feature(void **state) {
  (void)state;
  struct draw d = {.seed = 33};
  enum { BINS = 65535 };
  int64_t *gradient = guarded_alloc(BINS * 8, GUARDED_END), *hessian = guarded_alloc(BINS * 8, GUARDED_END);
  uint32_t *count = guarded_alloc(BINS * 4, GUARDED_END);
  for (int i = 0; i < 12; i++) {
    struct scan_input in = {.gradient = gradient,
                            .hessian = hessian,
                            .n_bins = BINS,
                            .count_kind = (enum count_kind)(i % 4),
                            .count_shift = 20,
                            .gradient_unit = 0x1p-20,
                            .hessian_unit = 0x1p-20,
                            .missing = i / 4,
                            .default_bin = 30000,
                            .only_threshold = UINT32_MAX};
    if (in.count_kind == COUNT_FIELD) in.count = count;
    for (uint32_t b = 0; b < BINS; b++) {
      count[b] = (uint32_t)draw_between(&d, 0, 2);
      gradient[b] = (int64_t)count[b] * draw_between(&d, -(1 << 20), 1 << 20);
      hessian[b] = (int64_t)count[b] << 20;
      add_bin(&in, gradient[b], hessian[b], count[b]);
    }
    struct scan_rules rules = {.min_data = 100, .min_sum_hessian = 1e-3};
    struct scan_result scalar, got;
    FOR_EACH_TIER(k) {
      k->scan_numeric(&in, &rules, &got);
      if (k == kernels_of_tier(CPU_SCALAR)) scalar = got;
      assert_true(same_result(&got, &scalar));
    }
    assert_true(scalar.splittable);
  }
  guarded_free(gradient, BINS * 8, GUARDED_END);
  guarded_free(hessian, BINS * 8, GUARDED_END);
  guarded_free(count, BINS * 4, GUARDED_END);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_histograms),          cmocka_unit_test(largest_sums),
      cmocka_unit_test(sums_near_halves),           cmocka_unit_test(ties_go_to_the_same_threshold),
      cmocka_unit_test(floors_about_the_best_gain), cmocka_unit_test(sums_of_few_levels),
      cmocka_unit_test(hessians_below_the_epsilon), cmocka_unit_test(best_thresholds_at_the_limits),
      cmocka_unit_test(sides_lost_in_the_sum),      cmocka_unit_test(the_widest_feature),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
