/* The slots that walk over rows, of every tier, against the formulas of kernels.h written as plain loops. All
 * buffers end (or begin) at guard pages. */
#define _GNU_SOURCE
#include <float.h>
#include <math.h>
#include <string.h>
#include <sys/mman.h>

#include "draw.h"
#include "guarded.h"
#include "kernels/kernel_math.h"
#include "rounding.h"
#include "testing.h"
#include "tiers.h"

static const uint64_t large_sizes[] = {1000, 4097, 65535};
enum { SMALL_SIZES = 258, N_SIZES = SMALL_SIZES + 3, PADDING = 64 };
static uint64_t size_at(int i) { return i < SMALL_SIZES ? (uint64_t)i : large_sizes[i - SMALL_SIZES]; }
static enum guarded_side side_at(int i) { return i % 3 == 0 ? GUARDED_FRONT : GUARDED_END; }

/* ---- partition ---- */

static bool naive_left(const struct split_rule *rule, uint32_t bin) {
  if (rule->categorical) {
    if (bin >= 32 * rule->n_words) return false;
    return (rule->bits[bin / 32] >> (bin % 32) & 1) != 0;
  }
  if (bin == rule->missing_bin) return rule->default_left;
  return bin <= rule->threshold;
}

struct partition_case {
  struct split_rule rule;
  uint32_t bits[32];
  uint32_t n_bins;
  uint64_t n_rows, n; /* rows that exist, rows of the leaf */
  size_t cell_area;
  void *cells;
  uint32_t *rows, *want_left, *want_right;
  uint64_t n_left;
};

static void make_rule(struct partition_case *c, struct draw *d, int i) {
  uint32_t cell_bytes = i % 2 == 0 ? 1 : 2;
  c->n_bins = (uint32_t)draw_between(d, 2, cell_bytes == 1 ? 256 : 900);
  c->rule = (struct split_rule){.cell_bytes = cell_bytes, .missing_bin = UINT32_MAX};
  if (i % 3 == 0) {
    c->rule.categorical = true;
    c->rule.bits = c->bits;
    c->rule.n_words = (uint32_t)draw_between(d, 0, c->n_bins / 32 + 1); /* may end before the last bin */
    for (size_t w = 0; w < 32; w++) c->bits[w] = (uint32_t)draw_bits(d);
    return;
  }
  c->rule.threshold = (uint32_t)draw_between(d, 0, (int64_t)c->n_bins - 1);
  c->rule.default_left = draw_bits(d) & 1;
  if (i % 3 == 1) c->rule.missing_bin = (uint32_t)draw_between(d, 0, (int64_t)c->n_bins - 1);
}

static void make_partition(struct partition_case *c, struct draw *d, int i) {
  memset(c, 0, sizeof *c);
  make_rule(c, d, i);
  c->n = size_at(i);
  c->n_rows = 2 * c->n + 1;
  c->cell_area = c->n_rows * c->rule.cell_bytes + PADDING;
  c->cells = guarded_alloc(c->cell_area, GUARDED_END);
  c->rule.cells = c->cells;
  for (uint64_t r = 0; r < c->n_rows; r++) {
    uint32_t bin = (uint32_t)draw_between(d, 0, (int64_t)c->n_bins - 1);
    if (c->rule.cell_bytes == 1)
      ((uint8_t *)c->cells)[r] = (uint8_t)bin;
    else
      ((uint16_t *)c->cells)[r] = (uint16_t)bin;
  }
  size_t area = c->n * sizeof *c->rows;
  c->rows = guarded_alloc(area, GUARDED_END);
  c->want_left = guarded_alloc(area, GUARDED_END);
  c->want_right = guarded_alloc(area, GUARDED_END);
  uint64_t row = c->n_rows - 2 * c->n; /* the very last row is always among them */
  uint64_t n_right = 0;
  bool runs = i % 4 == 2; /* rows in a row, with a gap here and there */
  for (uint64_t r = 0; r < c->n; r++, row += runs && r % 97 != 96 ? 1 : 2) {
    c->rows[r] = (uint32_t)(r + 1 == c->n ? c->n_rows - 1 : row);
    uint32_t bin =
        c->rule.cell_bytes == 1 ? ((uint8_t *)c->cells)[c->rows[r]] : ((uint16_t *)c->cells)[c->rows[r]];
    if (naive_left(&c->rule, bin))
      c->want_left[c->n_left++] = c->rows[r];
    else
      c->want_right[n_right++] = c->rows[r];
  }
}

static void release_partition(struct partition_case *c) {
  const size_t area = c->n * sizeof(uint32_t);
  guarded_free(c->cells, c->cell_area, GUARDED_END);
  guarded_free(c->rows, area, GUARDED_END);
  guarded_free(c->want_left, area, GUARDED_END);
  guarded_free(c->want_right, area, GUARDED_END);
}

static void check_partition(const struct partition_case *c, const struct kernels *k, bool in_place) {
  size_t area = c->n * sizeof(uint32_t);
  uint32_t *rows = guarded_alloc(area, GUARDED_END), *right = guarded_alloc(area, GUARDED_END);
  uint32_t *left = in_place ? rows : guarded_alloc(area, GUARDED_END);
  memcpy(rows, c->rows, area);
  assert_int_equal(k->partition(&c->rule, rows, 0, c->n, left, right), c->n_left);
  assert_memory_equal(left, c->want_left, c->n_left * sizeof *left);
  assert_memory_equal(right, c->want_right, (c->n - c->n_left) * sizeof *right);
  if (!in_place) {
    assert_memory_equal(rows, c->rows, area);
    guarded_free(left, area, GUARDED_END);
  }
  guarded_free(rows, area, GUARDED_END);
  guarded_free(right, area, GUARDED_END);
}

static void partition_is_stable_and_exact(void **state) {
  (void)state;
  struct draw d = {.seed = 21};
  for (int i = 0; i < N_SIZES; i++) {
    for (int kind = 0; kind < 6; kind++) {
      if (i >= SMALL_SIZES && kind > 2) break;
      struct partition_case c;
      make_partition(&c, &d, i);
      FOR_EACH_TIER(k) {
        check_partition(&c, k, false);
        check_partition(&c, k, true);
      }
      release_partition(&c);
    }
  }
}

/* Rows without numbers are those from the first one asked for on. */
static void check_numbering(const struct partition_case *c, const struct kernels *k, uint32_t first) {
  const uint64_t n = c->n_rows - first;
  const size_t area = n * sizeof(uint32_t);
  uint32_t *left = guarded_alloc(area, GUARDED_END), *right = guarded_alloc(area, GUARDED_END);
  const uint64_t n_left = k->partition(&c->rule, NULL, first, n, left, right);
  uint64_t l = 0, r = 0;
  for (uint64_t i = first; i < c->n_rows; i++) {
    const uint32_t bin = c->rule.cell_bytes == 1 ? ((uint8_t *)c->cells)[i] : ((uint16_t *)c->cells)[i];
    assert_int_equal(naive_left(&c->rule, bin) ? left[l++] : right[r++], i);
  }
  assert_int_equal(n_left, l);
  guarded_free(left, area, GUARDED_END);
  guarded_free(right, area, GUARDED_END);
}

static void partition_numbers_rows(void **state) {
  (void)state;
  struct draw d = {.seed = 22};
  for (int i = 0; i < N_SIZES; i++) {
    struct partition_case c;
    make_partition(&c, &d, i);
    FOR_EACH_TIER(k) {
      check_numbering(&c, k, 0);
      check_numbering(&c, k, (uint32_t)(c.n_rows / 3));
    }
    release_partition(&c);
  }
}

/* All to one side: the vector stores then reach furthest. */
static void partition_to_one_side(void **state) {
  (void)state;
  uint8_t cells[300 + PADDING] = {0};
  for (int side = 0; side < 2; side++) {
    struct split_rule rule = {.cells = cells, .cell_bytes = 1, .missing_bin = 0, .default_left = side == 0};
    for (uint64_t n = 0; n <= 257; n++) {
      size_t area = n * sizeof(uint32_t);
      uint32_t *rows = guarded_alloc(area, GUARDED_END), *right = guarded_alloc(area, GUARDED_END);
      FOR_EACH_TIER(k) {
        for (uint64_t r = 0; r < n; r++) rows[r] = (uint32_t)r;
        assert_int_equal(k->partition(&rule, rows, 0, n, rows, right), side == 0 ? n : 0);
        for (uint64_t r = 0; r < n; r++) assert_int_equal((side == 0 ? rows : right)[r], r);
        assert_int_equal(k->partition(&rule, NULL, 7, n, rows, right), side == 0 ? n : 0);
        for (uint64_t r = 0; r < n; r++) assert_int_equal((side == 0 ? rows : right)[r], 7 + r);
      }
      guarded_free(rows, area, GUARDED_END);
      guarded_free(right, area, GUARDED_END);
    }
  }
}

/* Row numbers about 2^31 and up to the last that 32 bits have, in bytes and in words: the cells lie in memory
 * that the system gives only where it is touched. */
static void partition_of_large_numbers(void **state) {
  (void)state;
  enum { N = 96 };
  for (uint32_t cell_bytes = 1; cell_bytes <= 2; cell_bytes++) {
    const size_t bytes = ((size_t)UINT32_MAX + 1) * cell_bytes + PADDING;
    uint8_t *cells =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (cells == MAP_FAILED) skip(); /* a machine that promises no more memory than it has */
    struct split_rule rule = {
        .cells = cells, .cell_bytes = cell_bytes, .missing_bin = UINT32_MAX, .threshold = 1};
    for (uint32_t gap = 1; gap <= 101; gap += 50) { /* runs, windows, rows apart */
      uint32_t rows[N], left[N], right[N];
      for (uint32_t i = 0; i < N; i++)
        rows[i] = i < N / 2 ? (uint32_t)INT32_MAX - 20 + i * gap : UINT32_MAX - (N - 1 - i) * gap;
      for (uint32_t i = 0; i < N; i++) cells[(size_t)rows[i] * cell_bytes] = (uint8_t)(i % 3);
      FOR_EACH_TIER(k) {
        uint64_t n_left = k->partition(&rule, rows, 0, N, left, right);
        assert_int_equal(n_left, N / 3 * 2);
        for (uint32_t i = 0, l = 0, r = 0; i < N; i++)
          assert_int_equal(rows[i], i % 3 <= 1 ? left[l++] : right[r++]);
      }
    }
    munmap(cells, bytes);
  }
}

/* ---- max_abs, quantize ---- */

static float any_float(struct draw *d, float limit) {
  switch (draw_bits(d) % 10) {
    case 0: return limit;
    case 1: return -limit;
    case 2: return 0.0f;
    case 3: return -0.0f;
    case 4: return limit * 1e-30f;
    default: return limit * (float)(2 * draw_uniform(d) - 1);
  }
}

static void max_abs_is_the_largest(void **state) {
  (void)state;
  struct draw d = {.seed = 22};
  static const float limits[] = {1.0f, FLT_MAX, FLT_MIN, 3e-42f, 0.0f};
  for (int i = 0; i < N_SIZES; i++) {
    uint64_t n = size_at(i);
    enum guarded_side side = side_at(i);
    float *values = guarded_alloc(n * sizeof *values, side), want = 0;
    for (uint64_t r = 0; r < n; r++) {
      values[r] = any_float(&d, limits[i % 5]);
      if (r % 4 == 3) values[r] = -0.0f;
      if (fabsf(values[r]) > want) want = fabsf(values[r]);
    }
    FOR_EACH_TIER(k) {
      float got = k->max_abs(values, n);
      assert_memory_equal(&got, &want, sizeof got);
      if (n > 0) { /* what is not finite shows, wherever it stands */
        uint64_t at = (uint64_t)i * 7 % n;
        float kept = values[at];
        values[at] = i % 2 == 0 ? INFINITY : -INFINITY;
        assert_true(k->max_abs(values, n) == INFINITY);
        values[at] = i % 2 == 0 ? NAN : -NAN;
        assert_true(isnan(k->max_abs(values, n)));
        values[at] = kept;
      }
      for (uint64_t skip = 1; skip < 8 && skip < n; skip++) { /* unaligned, and the largest last or first */
        float rest = 0;
        for (uint64_t r = skip; r < n; r++) rest = fmaxf(rest, fabsf(values[r]));
        assert_true(k->max_abs(values + skip, n - skip) == rest);
        if (n > 1000) break;
      }
    }
    guarded_free(values, n * sizeof *values, side);
  }
}

static void quantize_rounds_half_to_even(void **state) {
  (void)state;
  struct draw d = {.seed = 23};
  for (int i = 0; i < N_SIZES; i++) {
    uint64_t n = size_at(i);
    enum guarded_side side = side_at(i);
    unsigned bits = i % 2 == 0 ? 0 : HIST_COUNT_BITS;
    int log2_n = 0;
    while (((uint64_t)1 << log2_n) < n) log2_n++;
    /* the largest numbers that a sum over n rows allows, and small ones where halves are frequent */
    double g_scale = i % 3 == 0 ? 2.0 : ldexp(1.0, 62 - log2_n);
    double h_scale = bits > 0 ? ldexp(1.0, HIST_HESSIAN_BITS - 1) : ldexp(1.0, 62 - log2_n);
    float *g = guarded_alloc(n * sizeof *g, side), *h = guarded_alloc(n * sizeof *h, side);
    struct hist_pair *want = guarded_alloc(n * sizeof *want, side),
                     *got = guarded_alloc(n * sizeof *got, side);
    for (uint64_t r = 0; r < n; r++) {
      g[r] = i % 3 == 0 ? (float)draw_between(&d, -40, 40) / 8 : any_float(&d, 1.0f);
      h[r] = fabsf(any_float(&d, 1.0f));
      want[r].gradient = naive_round((double)g[r] * g_scale);
      if (r % 5 == 4) h[r] = FLT_MIN; /* rounds to nothing, but is something */
      uint64_t whole = (uint64_t)naive_round((double)h[r] * h_scale);
      if (whole == 0 && h[r] > 0) whole = 1;
      want[r].hessian = whole << bits | (bits > 0 ? 1 : 0);
    }
    FOR_EACH_TIER(k) {
      memset(got, 0xA5, n * sizeof *got);
      k->quantize(g, h, n, g_scale, h_scale, bits, got);
      assert_memory_equal(got, want, n * sizeof *got);
    }
    guarded_free(g, n * sizeof *g, side);
    guarded_free(h, n * sizeof *h, side);
    guarded_free(want, n * sizeof *want, side);
    guarded_free(got, n * sizeof *got, side);
  }
}

/* ---- gradients ---- */

struct gradient_case {
  uint64_t n;
  enum guarded_side side;
  double *score;
  float *label, *weight;
  float *want_g, *want_h, *g, *h;
};

static void make_gradients(struct gradient_case *c, struct draw *d, int i) {
  uint64_t n = size_at(i);
  enum guarded_side side = side_at(i);
  *c = (struct gradient_case){.n = n, .side = side, .score = guarded_alloc(n * 8, side)};
  float **floats[] = {&c->label, &c->weight, &c->want_g, &c->want_h, &c->g, &c->h};
  for (size_t f = 0; f < 6; f++) *floats[f] = guarded_alloc(n * 4, side);
  static const double sizes[] = {1, 30, 800, 1e-5, 1e9};
  for (uint64_t r = 0; r < n; r++) {
    c->score[r] = sizes[draw_bits(d) % 5] * (2 * draw_uniform(d) - 1);
    if (r % 11 == 0) c->score[r] = -0.0;
    c->label[r] = (float)draw_between(d, -1, 1);
    c->weight[r] = r % 13 == 0 ? 0.0f : (float)draw_uniform(d) * 10;
  }
}

static void free_gradients(struct gradient_case *c) {
  guarded_free(c->score, c->n * 8, c->side);
  float *floats[] = {c->label, c->weight, c->want_g, c->want_h, c->g, c->h};
  for (size_t f = 0; f < 6; f++) guarded_free(floats[f], c->n * 4, c->side);
}

static void same_gradients(const struct gradient_case *c) {
  assert_memory_equal(c->g, c->want_g, c->n * 4);
  assert_memory_equal(c->h, c->want_h, c->n * 4);
}

static void squared_error_gradients(void **state) {
  (void)state;
  struct draw d = {.seed = 24};
  for (int i = 0; i < N_SIZES; i++) {
    struct gradient_case c;
    make_gradients(&c, &d, i);
    for (int weighted = 0; weighted < 2; weighted++) {
      for (uint64_t r = 0; r < c.n; r++) {
        float plain = (float)(c.score[r] - (double)c.label[r]);
        c.want_g[r] = weighted ? (float)((double)plain * (double)c.weight[r]) : plain;
        c.want_h[r] = weighted ? c.weight[r] : 1.0f;
      }
      FOR_EACH_TIER(k) {
        k->grad_squared(c.score, c.label, weighted ? c.weight : NULL, c.n, c.g, c.h);
        same_gradients(&c);
      }
    }
    free_gradients(&c);
  }
}

static void logistic_gradients(void **state) {
  (void)state;
  struct draw d = {.seed = 25};
  for (int i = 0; i < N_SIZES; i++) {
    struct gradient_case c;
    make_gradients(&c, &d, i);
    double sigmoid = i % 3 == 0 ? 1.0 : 0.1 + 3 * draw_uniform(&d);
    double class_weight[2] = {i % 2 == 0 ? 1.0 : 3 * draw_uniform(&d), 1.0};
    if (i % 4 != 0) class_weight[1] += draw_uniform(&d);
    for (int weighted = 0; weighted < 2; weighted++) {
      for (uint64_t r = 0; r < c.n; r++) {
        double L = c.label[r] > 0 ? 1.0 : -1.0, weight = class_weight[c.label[r] > 0];
        double response = -L * sigmoid / (1.0 + kernel_exp(L * sigmoid * c.score[r]));
        double g = response * weight, h = fabs(response) * (sigmoid - fabs(response)) * weight;
        c.want_g[r] = (float)(weighted ? g * (double)c.weight[r] : g);
        c.want_h[r] = (float)(weighted ? h * (double)c.weight[r] : h);
        assert_true(isfinite(c.want_g[r]) && c.want_h[r] >= 0);
      }
      FOR_EACH_TIER(k) {
        k->grad_logistic(c.score, c.label, weighted ? c.weight : NULL, c.n, sigmoid, class_weight, c.g, c.h);
        same_gradients(&c);
      }
    }
    free_gradients(&c);
  }
}

/* Margins whose gradient, or hessian, is the middle between two floats or a few last places beside it, as
 * near as a margin brings it there, floats without all their bits and margins of large errors among them;
 * margins beside the ends of where a tier has a shorter way; and none. */
static double awkward_margin(struct draw *d, int kind, double sigmoid) {
  /* the last ones: below -6, found where an exponential 2^-42 off is enough for the hessian to be another */
  const double ends[] = {-6,
                         50,
                         -745,
                         0,
                         -0x1.388cecc2cdec4p+3,
                         -0x1.4a974b3ee6cccp+3,
                         -0x1.665ad5c9a7c65p+3,
                         -0x1.8796bade8583ap+3};
  double x;
  if (kind >= 2) {
    x = kind == 2 ? ends[draw_between(d, 0, 7)] : NAN;
  } else {
    const double far = draw_bits(d) % 2 == 0 ? 4 : kind == 0 ? 100 : 22;
    const double share = 0.97 * exp(-far * draw_uniform(d)), unit = kind == 0 ? sigmoid : sigmoid * sigmoid;
    const float below = (float)(unit * (kind == 0 ? share : share / 4));
    const double middle = ((double)below + (double)nextafterf(below, INFINITY)) / 2 / unit;
    const double root = sqrt(1 - 4 * middle);
    x = log(1 / middle - 1);
    if (kind == 1) x = log((1 + root) * (1 + root) / (4 * middle)); /* g (1 - g) = middle */
    if (kind == 1 && draw_bits(d) % 2 == 0) x = -x;
  }
  for (int64_t places = draw_between(d, -4, 4); places != 0; places += places < 0 ? 1 : -1)
    x = nextafter(x, places < 0 ? -1e9 : 1e9);
  return x;
}

static void logistic_gradients_beside_floats(void **state) {
  (void)state;
  enum { MOST = 45 };
  static const double ones[2] = {1, 1}, sigmoids[] = {1, 1, 1, 0x1p-62, 0x1p62};
  struct draw d = {.seed = 29};
  for (int round = 0; round < 24000; round++) {
    const uint64_t n = (uint64_t)draw_between(&d, 1, MOST);
    const double sigmoid = sigmoids[round % 5]; /* powers of two: any margin has its score */
    double score[MOST];
    float label[MOST], want[2][MOST], got[2][MOST];
    for (uint64_t r = 0; r < n; r++) {
      const bool up = draw_bits(&d) % 2 == 0;
      double x = 8 * draw_uniform(&d) - 4; /* most groups of rows have one awkward one at most */
      if (draw_bits(&d) % 16 == 0) x = awkward_margin(&d, round % 50 == 0 ? 3 : round % 3, sigmoid);
      label[r] = up ? 1 : 0;
      score[r] = (up ? x : -x) / sigmoid;
      const double g = sigmoid / (1.0 + kernel_exp(x)), h = g * (sigmoid - g);
      want[0][r] = (float)(up ? -g : g);
      want[1][r] = (float)h;
    }
    FOR_EACH_TIER(k) {
      k->grad_logistic(score, label, NULL, n, sigmoid, ones, got[0], got[1]);
      for (uint64_t r = 0; r < n; r++) {
        if (isnan(score[r])) assert_true(isnan(got[0][r]) && isnan(got[1][r]));
        if (isnan(score[r])) continue;
        assert_memory_equal(&got[0][r], &want[0][r], sizeof(float));
        assert_memory_equal(&got[1][r], &want[1][r], sizeof(float));
      }
    }
  }
}

static struct gradient_rows rows_of(const struct gradient_case *c, bool weighted) {
  return (struct gradient_rows){c->score, c->label, weighted ? c->weight : NULL, c->n, c->g, c->h};
}

static void want(struct gradient_case *c, uint64_t r, double g, double h) {
  c->want_g[r] = (float)g;
  c->want_h[r] = (float)h;
}

static void cross_entropy_gradients(void **state) {
  (void)state;
  struct draw d = {.seed = 27};
  for (int i = 0; i < N_SIZES; i++) {
    struct gradient_case c;
    make_gradients(&c, &d, i);
    for (uint64_t r = 0; r < c.n; r++) {
      c.label[r] = fabsf(c.label[r]) * (float)draw_uniform(&d);
      if (r % 7 == 3) c.score[r] = r % 2 ? -37.0 : nextafter(-37.0, 0);
    }
    for (int weighted = 0; weighted < 2; weighted++) {
      for (uint64_t r = 0; r < c.n; r++) {
        double w = weighted ? (double)c.weight[r] : 1.0, y = (double)c.label[r], s = c.score[r];
        if (s <= -37.0) {
          double t = kernel_exp(s);
          want(&c, r, (t - y) * w, t * w);
        } else {
          double t = kernel_exp(-s), rest = (double)(1.0f - c.label[r]);
          want(&c, r, (rest - y * t) / (1.0 + t) * w, t / ((1.0 + t) * (1.0 + t)) * w);
        }
      }
      struct gradient_rows rows = rows_of(&c, weighted);
      FOR_EACH_TIER(k) {
        k->grad_cross_entropy(&rows);
        same_gradients(&c);
      }
    }
    free_gradients(&c);
  }
}

static void poisson_gradients(void **state) {
  (void)state;
  struct draw d = {.seed = 28};
  for (int i = 0; i < N_SIZES; i++) {
    struct gradient_case c;
    make_gradients(&c, &d, i);
    double step = kernel_exp(draw_uniform(&d));
    for (int weighted = 0; weighted < 2; weighted++) {
      for (uint64_t r = 0; r < c.n; r++) {
        if (c.score[r] > 80) c.score[r] = 80; /* finite in a float */
        double w = weighted ? (double)c.weight[r] : 1.0, rate = kernel_exp(c.score[r]);
        want(&c, r, (rate - (double)c.label[r]) * w, rate * step * w);
      }
      struct gradient_rows rows = rows_of(&c, weighted);
      FOR_EACH_TIER(k) {
        k->grad_poisson(&rows, step);
        same_gradients(&c);
      }
    }
    free_gradients(&c);
  }
}

static void slope_gradients(void **state) {
  (void)state;
  struct draw d = {.seed = 29};
  for (int i = 0; i < N_SIZES; i++) {
    struct gradient_case c;
    make_gradients(&c, &d, i);
    double alpha = draw_uniform(&d) + 0.01;
    for (uint64_t r = 0; r < c.n; r++) {
      if (r % 5 == 1) c.score[r] = (double)c.label[r];          /* no difference */
      if (r % 5 == 2) c.score[r] = (double)c.label[r] + 1e-300; /* one that a float does not see */
      if (r % 5 == 3 && c.label[r] == 0) c.score[r] = r % 2 ? 1e-300 : -1e-300;
      if (r % 10 == 4) c.score[r] = (double)c.label[r] + (r % 4 ? alpha : -alpha);
    }
    for (int weighted = 0; weighted < 2; weighted++) {
      struct gradient_rows rows = rows_of(&c, weighted);
      for (int loss = 0; loss < 3; loss++) {
        for (uint64_t r = 0; r < c.n; r++) {
          float w = weighted ? c.weight[r] : 1.0f;
          double difference = c.score[r] - (double)c.label[r], cut = fmax(-alpha, fmin(alpha, difference));
          float slope = (float)difference >= 0 ? 0.75f : -0.25f, sign = difference > 0   ? 1
                                                                        : difference < 0 ? -1
                                                                                         : 0;
          c.want_g[r] = loss == 0 ? (float)(cut * (double)w) : (loss == 1 ? slope : sign) * w;
          c.want_h[r] = w;
        }
        FOR_EACH_TIER(k) {
          if (loss == 0) k->grad_huber(&rows, alpha);
          if (loss == 1) k->grad_quantile(&rows, 0.75f, -0.25f);
          if (loss == 2) k->grad_absolute(&rows);
          same_gradients(&c);
        }
      }
    }
    free_gradients(&c);
  }
}

static void softmax_gradients(void **state) {
  (void)state;
  struct draw d = {.seed = 30};
  for (int i = 0; i < N_SIZES; i++) {
    struct gradient_case c;
    make_gradients(&c, &d, i);
    size_t area = c.n * sizeof(double);
    double *largest = guarded_alloc(area, c.side), *exps = guarded_alloc(area, c.side),
           *sum = guarded_alloc(area, c.side);
    for (uint64_t r = 0; r < c.n; r++) {
      largest[r] = c.score[r] + (r % 3 == 0 ? 0 : 40 * draw_uniform(&d));
      sum[r] = 1 + 5 * draw_uniform(&d);
    }
    for (int weighted = 0; weighted < 2; weighted++) {
      for (uint64_t r = 0; r < c.n; r++) {
        double w = weighted ? (double)c.weight[r] : 1.0, p = kernel_exp(c.score[r] - largest[r]) / sum[r];
        want(&c, r, (p - (c.label[r] == 1.0f ? 1.0 : 0.0)) * w, 1.5 * p * (1.0 - p) * w);
      }
      struct softmax_rows rows = {exps, sum, c.label, weighted ? c.weight : NULL, 1.0f, 1.5, c.n, c.g, c.h};
      FOR_EACH_TIER(k) {
        memset(exps, 0xA5, area);
        k->exp_differences(c.score, largest, c.n, exps);
        k->grad_softmax(&rows);
        same_gradients(&c);
      }
    }
    guarded_free(largest, area, c.side);
    guarded_free(exps, area, c.side);
    guarded_free(sum, area, c.side);
    free_gradients(&c);
  }
}

/* ---- bin_numeric ---- */

static void values_find_their_bin(void **state) {
  (void)state;
  struct draw d = {.seed = 26};
  for (int i = 0; i < N_SIZES; i++) {
    uint64_t n = size_at(i) > 5000 ? 5000 : size_at(i);
    uint32_t n_upper = i % 9 == 0 ? (uint32_t)draw_between(&d, 1, 3000) : (uint32_t)draw_between(&d, 1, 257);
    enum guarded_side side = side_at(i);
    double *upper = guarded_alloc(n_upper * 8, side), *values = guarded_alloc(n * 8, side);
    uint16_t *bins = guarded_alloc(n * 2, side);
    double at = -(double)n_upper / 4;
    for (uint32_t b = 0; b < n_upper; b++) upper[b] = (at += draw_uniform(&d) + 1e-9);
    upper[n_upper - 1] = INFINITY;
    for (uint64_t r = 0; r < n; r++) {
      values[r] = upper[0] + (draw_uniform(&d) - 0.25) * n_upper;
      uint32_t b = (uint32_t)draw_between(&d, 0, n_upper - 1);
      if (r % 4 == 1) values[r] = upper[b]; /* on a bound, and its two neighbours */
      if (r % 4 == 2) values[r] = nextafter(upper[b], INFINITY);
      if (r % 8 == 3) values[r] = nextafter(upper[b], -INFINITY);
      if (r % 8 == 7) values[r] = r % 16 == 7 ? -INFINITY : -DBL_MAX;
    }
    FOR_EACH_TIER(k) {
      memset(bins, 0xA5, n * 2);
      k->bin_numeric(upper, n_upper, values, n, bins);
      for (uint64_t r = 0; r < n; r++) {
        uint32_t want = 0;
        while (values[r] > upper[want]) want++;
        assert_int_equal(bins[r], want);
      }
    }
    guarded_free(upper, n_upper * 8, side);
    guarded_free(values, n * 8, side);
    guarded_free(bins, n * 2, side);
  }
}

/* ---- what finding cut points asks ---- */

static double odd_number(struct draw *d) {
  static const double some[] = {0.0,    -0.0,    1e-35,    -1e-35,   2e-35,
                                -2e-35, DBL_MAX, -DBL_MAX, INFINITY, -INFINITY};
  if (draw_bits(d) % 8 != 0) return (draw_uniform(d) - 0.5) * 100;
  return some[draw_between(d, 0, sizeof some / sizeof *some - 1)];
}

static void range_tells_the_ends_of_both_signs(void **state) {
  (void)state;
  const double zero = 1.5e-35;
  struct draw d = {.seed = 27};
  for (int i = 0; i < N_SIZES; i++) {
    uint64_t n = size_at(i);
    enum guarded_side side = side_at(i);
    double *values = guarded_alloc(n * 8, side);
    struct number_range want = NUMBER_RANGE_EMPTY, begin = NUMBER_RANGE_EMPTY;
    if (i % 2 == 0) begin = (struct number_range){5, -7.5, -3, 0.25, 20};
    if (i % 2 == 0) want = begin;
    for (uint64_t r = 0; r < n; r++) {
      double value = values[r] = i % 5 == 0 && draw_bits(&d) % 4 == 0 ? NAN : odd_number(&d);
      if (i % 7 == 1) value = values[r] = fabs(value);
      if (i % 7 == 2) value = values[r] = -fabs(value);
      want.n += value > zero || value < -zero;
      if (value > zero) want.least_positive = fmin(want.least_positive, value);
      if (value > zero) want.most_positive = fmax(want.most_positive, value);
      if (value < -zero) want.least_negative = fmin(want.least_negative, value);
      if (value < -zero) want.most_negative = fmax(want.most_negative, value);
    }
    FOR_EACH_TIER(k) {
      struct number_range found = begin;
      k->add_range(values, n, zero, &found);
      assert_memory_equal(&found, &want, sizeof want);
    }
    guarded_free(values, n * 8, side);
  }
}

/* Mostly numbers of the middle, where the buckets are; some far out, some that are none. */
static double any_number(struct draw *d) {
  static const double odd[] = {0.0, -0.0, NAN, 1e-40, 1e-35, -1e-35, 0x1p-1074, 0x1p1022, INFINITY, 1e300};
  uint64_t kind = draw_bits(d) % 40;
  if (kind < 4) return odd[draw_between(d, 0, sizeof odd / sizeof *odd - 1)];
  if (kind < 8) return -odd[draw_between(d, 0, sizeof odd / sizeof *odd - 1)];
  if (kind < 12) return odd_number(d);
  double value = (draw_uniform(d) - 0.5) * 8;
  if (kind < 30) return value;
  return floor(value * 16) / 16;
}

static struct bucket_rule draw_rule(struct draw *d) {
  static const double offsets[] = {0, 0.25, 1, 0x1p40};
  struct bucket_rule rule = {0};
  rule.shift = 1 + (unsigned)draw_between(d, 0, 62);
  rule.n_buckets = (uint32_t)draw_between(d, 2, 65534);
  rule.zero = draw_bits(d) % 2 == 0 ? 1e-35 : 1.5e-35;
  rule.offset = offsets[draw_between(d, 0, 3)];
  for (int k = 0; k < 2; k++) {
    double one = draw_uniform(d) * 4;
    double other = draw_uniform(d) * 4;
    if (k == 1) one = -one;
    if (k == 1) other = -other;
    rule.least[k] = fmin(one, other);
    rule.most[k] = fmax(one, other);
    rule.base[k] = draw_bits(d);
  }
  return rule;
}

/* By the words of buckets.h. */
static uint16_t naive_bucket(double value, const struct bucket_rule *rule, unsigned *facts) {
  if (isnan(value)) return (uint16_t)(rule->n_buckets + 1);
  if (fabs(value) <= rule->zero || fabs(value) >= BUCKETS_HUGE) {
    if (value != 0) *facts |= BUCKETS_ODD;
    return (uint16_t)rule->n_buckets;
  }
  int negative = value < 0;
  double moved = negative ? value - rule->offset : value + rule->offset;
  double limited = fmin(fmax(moved, rule->least[negative]), rule->most[negative]);
  uint64_t key, mask = ((uint64_t)1 << rule->shift) - 1;
  memcpy(&key, &limited, sizeof key);
  if (key >> 63) key = 0 - key;
  if ((key & mask) == mask) *facts |= BUCKETS_LAST_KEY;
  bool whole = limited == moved && (negative ? moved + rule->offset : moved - rule->offset) == value;
  if ((key & mask) != 0 || !whole) *facts |= BUCKETS_SHARED;
  return (uint16_t)((key >> rule->shift) + rule->base[negative]);
}

static void buckets_ascend_with_their_numbers(void **state) {
  (void)state;
  struct draw d = {.seed = 28};
  for (int i = 0; i < N_SIZES; i++) {
    uint64_t n = size_at(i);
    enum guarded_side side = side_at(i);
    double *values = guarded_alloc(n * 8, side);
    uint16_t *buckets = guarded_alloc(n * 2, side), *want = guarded_alloc(n * 2, side);
    struct bucket_rule rule = draw_rule(&d);
    unsigned facts = 0;
    for (uint64_t r = 0; r < n; r++) {
      values[r] = i % 4 == 0 ? floor(draw_uniform(&d) * 99) + 1 : any_number(&d);
      want[r] = naive_bucket(values[r], &rule, &facts);
    }
    FOR_EACH_TIER(k) {
      memset(buckets, 0xA5, n * 2);
      assert_int_equal(k->find_buckets(values, n, &rule, buckets), facts);
      assert_memory_equal(buckets, want, n * 2);
    }
    guarded_free(values, n * 8, side);
    guarded_free(buckets, n * 2, side);
    guarded_free(want, n * 2, side);
  }
}

static void rows_become_columns_of_buckets(void **state) {
  (void)state;
  enum { MOST = 70 };
  struct draw d = {.seed = 31};
  for (int i = 0; i < N_SIZES; i++) {
    uint64_t n = size_at(i) > 300 ? 300 : size_at(i);
    uint32_t n_columns = (uint32_t)draw_between(&d, 1, MOST);
    size_t row_stride = n_columns + (size_t)draw_between(&d, 0, 3), column_stride = n + (size_t)(i % 3);
    enum guarded_side side = side_at(i);
    size_t n_values = n == 0 ? 0 : (n - 1) * row_stride + n_columns;
    size_t n_out = n == 0 ? 0 : (n_columns - 1) * column_stride + n;
    double *values = guarded_alloc(n_values * 8, side);
    uint16_t *buckets = guarded_alloc(n_out * 2, side), *want = guarded_alloc(n_out * 2, side);
    struct bucket_rule rules[MOST];
    uint8_t facts[MOST], want_facts[MOST];
    for (size_t k = 0; k < n_values; k++)
      values[k] = k % row_stride % 3 == 0 ? floor(draw_uniform(&d) * 9) + 1 : any_number(&d);
    for (uint32_t c = 0; c < n_columns; c++) rules[c] = draw_rule(&d);
    memset(want, 0xA5, n_out * 2);
    for (uint32_t c = 0; c < n_columns; c++) {
      unsigned seen = 0;
      for (uint64_t r = 0; r < n; r++)
        want[c * column_stride + r] = naive_bucket(values[r * row_stride + c], &rules[c], &seen);
      want_facts[c] = (uint8_t)(seen | 0x80); /* what was seen before stays */
    }
    FOR_EACH_TIER(k) {
      memset(buckets, 0xA5, n_out * 2);
      memset(facts, 0x80, sizeof facts);
      k->bucket_rows(values, row_stride, n, rules, n_columns, buckets, column_stride, facts);
      assert_memory_equal(buckets, want, n_out * 2);
      assert_memory_equal(facts, want_facts, n_columns);
    }
    guarded_free(values, n_values * 8, side);
    guarded_free(buckets, n_out * 2, side);
    guarded_free(want, n_out * 2, side);
  }
}

static void marked_entries_are_listed(void **state) {
  (void)state;
  enum { MOST_ENTRIES = 65536 };
  struct draw d = {.seed = 32};
  for (int i = 0; i < N_SIZES; i++) {
    uint64_t n = size_at(i), n_want = 0;
    enum guarded_side side = side_at(i);
    uint64_t n_entries = (uint64_t)draw_between(&d, 1, i % 5 == 0 ? MOST_ENTRIES : 300);
    uint32_t share = (uint32_t)draw_between(&d, 0, 8);
    uint32_t first = (uint32_t)draw_between(&d, 0, 1 << 30);
    uint16_t *buckets = guarded_alloc(n * 2, side), *table = guarded_alloc((n_entries + 1) * 2, side);
    uint32_t *list = guarded_alloc((n + BUCKET_LIST_ROOM) * 4, side), *want = guarded_alloc(n * 4, side);
    uint8_t *cells = guarded_alloc(n, side);
    for (uint64_t b = 0; b <= n_entries; b++) {
      bool marked = draw_bits(&d) % 8 < share;
      table[b] = (uint16_t)((draw_bits(&d) & 0x7FFF) | (marked ? BUCKET_MARK : 0));
    }
    for (uint64_t r = 0; r < n; r++) {
      buckets[r] = (uint16_t)draw_between(&d, 0, (int64_t)n_entries - 1);
      if (table[buckets[r]] & BUCKET_MARK) want[n_want++] = first + (uint32_t)r;
    }
    FOR_EACH_TIER(k) {
      memset(cells, 0xA5, n);
      assert_int_equal(k->look_up(buckets, n, table, i % 2 == 0 ? cells : NULL, first, list), n_want);
      assert_memory_equal(list, want, n_want * 4);
      for (uint64_t r = 0; r < n; r++)
        assert_int_equal(cells[r], i % 2 == 0 ? table[buckets[r]] & 0xFF : 0xA5);
    }
    for (uint64_t r = 0; r < n; r++) cells[r] = (uint8_t)table[buckets[r]];
    uint16_t *place = guarded_alloc(n * 2, side);
    FOR_EACH_TIER(k) { /* cells take the place of their buckets */
      memcpy(place, buckets, n * 2);
      assert_int_equal(k->look_up(place, n, table, (uint8_t *)place, first, list), n_want);
      assert_memory_equal(list, want, n_want * 4);
      assert_memory_equal(place, cells, n);
    }
    guarded_free(place, n * 2, side);
    guarded_free(buckets, n * 2, side);
    guarded_free(table, (n_entries + 1) * 2, side);
    guarded_free(list, (n + BUCKET_LIST_ROOM) * 4, side);
    guarded_free(want, n * 4, side);
    guarded_free(cells, n, side);
  }
}

static void rows_become_columns(void **state) {
  (void)state;
  struct draw d = {.seed = 29};
  for (int i = 0; i < N_SIZES; i++) {
    uint64_t n = size_at(i) > 1000 ? 1000 : size_at(i);
    uint32_t n_columns = (uint32_t)draw_between(&d, 1, 19);
    size_t row_stride = n_columns + (size_t)draw_between(&d, 0, 3), column_stride = n + (size_t)(i % 3);
    enum guarded_side side = side_at(i);
    /* the last row and the last column end where they end */
    size_t n_values = n == 0 ? 0 : (n - 1) * row_stride + n_columns;
    size_t n_out = n == 0 ? 0 : (n_columns - 1) * column_stride + n;
    double *values = guarded_alloc(n_values * 8, side), *columns = guarded_alloc(n_out * 8, side);
    for (size_t k = 0; k < n_values; k++) values[k] = (double)k;
    FOR_EACH_TIER(k) {
      memset(columns, 0xA5, n_out * 8);
      k->transpose(values, row_stride, n, n_columns, columns, column_stride);
      for (uint32_t c = 0; c < n_columns; c++)
        for (uint64_t r = 0; r < n; r++)
          assert_true(columns[c * column_stride + r] == (double)(r * row_stride + c));
    }
    guarded_free(values, n_values * 8, side);
    guarded_free(columns, n_out * 8, side);
  }
}

static void columns_become_rows(void **state) {
  (void)state;
  struct draw d = {.seed = 30};
  for (int i = 0; i < N_SIZES; i++) {
    uint64_t n = size_at(i) > 1000 ? 1000 : size_at(i);
    uint32_t n_columns = (uint32_t)draw_between(&d, 1, 40);
    size_t stride = n_columns + (size_t)draw_between(&d, 0, 3),
           n_out = n == 0 ? 0 : (n - 1) * stride + n_columns;
    enum guarded_side side = side_at(i);
    uint8_t *columns[40], *rows = guarded_alloc(n_out, side);
    for (uint32_t c = 0; c < n_columns; c++) {
      columns[c] = guarded_alloc(n, side);
      for (uint64_t r = 0; r < n; r++) columns[c][r] = (uint8_t)draw_bits(&d);
    }
    FOR_EACH_TIER(k) {
      memset(rows, 0xA5, n_out);
      k->interleave((const uint8_t *const *)columns, n_columns, n, rows, stride);
      for (size_t at = 0; at < n_out; at++)
        assert_int_equal(rows[at], at % stride < n_columns ? columns[at % stride][at / stride] : 0xA5);
    }
    for (uint32_t c = 0; c < n_columns; c++) guarded_free(columns[c], n, side);
    guarded_free(rows, n_out, side);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(partition_is_stable_and_exact),
      cmocka_unit_test(partition_numbers_rows),
      cmocka_unit_test(partition_to_one_side),
      cmocka_unit_test(partition_of_large_numbers),
      cmocka_unit_test(max_abs_is_the_largest),
      cmocka_unit_test(quantize_rounds_half_to_even),
      cmocka_unit_test(squared_error_gradients),
      cmocka_unit_test(logistic_gradients),
      cmocka_unit_test(logistic_gradients_beside_floats),
      cmocka_unit_test(values_find_their_bin),
      cmocka_unit_test(range_tells_the_ends_of_both_signs),
      cmocka_unit_test(buckets_ascend_with_their_numbers),
      cmocka_unit_test(rows_become_columns_of_buckets),
      cmocka_unit_test(marked_entries_are_listed),
      cmocka_unit_test(rows_become_columns),
      cmocka_unit_test(columns_become_rows),
      cmocka_unit_test(cross_entropy_gradients),
      cmocka_unit_test(poisson_gradients),
      cmocka_unit_test(slope_gradients),
      cmocka_unit_test(softmax_gradients),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
