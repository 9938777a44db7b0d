/* The slots for the pairs of a ranked row, of every tier: the bits of a plain loop over the formulas of
 * kernels.h, in buffers that end (or begin) at guard pages. */
#include <math.h>
#include <string.h>

#include "draw.h"
#include "guarded.h"
#include "kernels/kernel_math.h"
#include "testing.h"
#include "tiers.h"

enum { SIZES = 140, N_DOUBLES = 8, N_FLOATS = 4 };

struct pairs_case {
  uint64_t n;
  enum guarded_side side;
  double *doubles[N_DOUBLES]; /* scores, gains, discounts, labels, odds, gradient, hessian, pull */
  float *floats[N_FLOATS];    /* gradient, hessian, own ones */
  double *before, *want;      /* [2 n] gradient and hessian before the call and behind it */
  float *want_own;            /* [2 n] */
  double *want_pull, want_sums[3];
  struct rank_pairs pairs;
  struct rank_cells cells;
};

static void make_case(struct pairs_case *c, struct draw *d, int i) {
  uint64_t n = (uint64_t)i;
  *c = (struct pairs_case){.n = n, .side = i % 3 == 0 ? GUARDED_FRONT : GUARDED_END};
  for (int a = 0; a < N_DOUBLES; a++) c->doubles[a] = guarded_alloc(n * 8, c->side);
  for (int a = 0; a < N_FLOATS; a++) c->floats[a] = guarded_alloc(n * 4, c->side);
  c->before = guarded_alloc(n * 16, c->side);
  c->want = guarded_alloc(n * 16, c->side);
  c->want_own = guarded_alloc(n * 8, c->side);
  c->want_pull = guarded_alloc(n * 8, c->side);
  double first = 2, at = first, sigmoid = i % 2 ? 1 : 1.7;
  for (uint64_t j = 0; j < n; j++) {
    if (draw_bits(d) % 3 != 0) at -= (i % 5 == 0 ? 9 : 0.2) * draw_uniform(d);
    c->doubles[0][j] = at;
    c->doubles[3][j] = (double)draw_between(d, 0, 3);
    c->doubles[1][j] = exp2(c->doubles[3][j]) - 1;
    c->doubles[2][j] = 1 / log2((double)j + 3);
    c->doubles[4][j] = kernel_exp(sigmoid * (at - first));
    c->before[j] = (double)(float)draw_uniform(d);
    c->before[n + j] = (double)(float)draw_uniform(d);
  }
  c->pairs = (struct rank_pairs){.score = first,
                                 .gain = 1,
                                 .discount = 1,
                                 .label = 1,
                                 .own_odds = 1,
                                 .scores = c->doubles[0],
                                 .gains = c->doubles[1],
                                 .discounts = c->doubles[2],
                                 .labels = c->doubles[3],
                                 .odds = c->doubles[4],
                                 .n = n,
                                 .sigmoid = sigmoid,
                                 .inverse_best = 0.3 * draw_uniform(d),
                                 .norm = draw_bits(d) & 1,
                                 .gradient = c->doubles[5],
                                 .hessian = c->doubles[6]};
  c->cells = (struct rank_cells){.least = -25 / sigmoid,
                                 .per_score = RANK_N_CELLS / (50 / sigmoid),
                                 .gradient = c->floats[0],
                                 .hessian = c->floats[1],
                                 .own_gradient = c->floats[2],
                                 .own_hessian = c->floats[3],
                                 .pull = c->doubles[7]};
}

static void free_case(struct pairs_case *c) {
  for (int a = 0; a < N_DOUBLES; a++) guarded_free(c->doubles[a], c->n * 8, c->side);
  for (int a = 0; a < N_FLOATS; a++) guarded_free(c->floats[a], c->n * 4, c->side);
  guarded_free(c->before, c->n * 16, c->side);
  guarded_free(c->want, c->n * 16, c->side);
  guarded_free(c->want_own, c->n * 8, c->side);
  guarded_free(c->want_pull, c->n * 8, c->side);
}

static double side_of(const struct rank_pairs *p, uint64_t j) {
  return p->label > p->labels[j] ? 1 : p->label < p->labels[j] ? -1 : 0;
}

static double delta_of(const struct rank_pairs *p, uint64_t j) {
  return side_of(p, j) * (p->gain - p->gains[j]) * (p->discount - p->discounts[j]) * p->inverse_best;
}

/* One division for p and delta; everything in double. */
static void want_pairs(struct pairs_case *c) {
  const struct rank_pairs *p = &c->pairs;
  double lanes[3][4] = {{0}};
  for (uint64_t j = 0; j < c->n; j++) {
    double side = side_of(p, j), delta = delta_of(p, j), total = p->own_odds + p->odds[j];
    double lower = side < 0 ? p->own_odds : p->odds[j], q = lower / total;
    if (p->norm) {
      double gap = (double)0.01f + (p->score - p->scores[j]), inverse = 1 / (gap * total);
      q = lower * gap * inverse;
      delta = delta * total * inverse;
    }
    double pull = q * (p->sigmoid * delta), h = q * (1 - q) * (p->sigmoid * p->sigmoid * delta);
    double out[3] = {pull * side, h, pull};
    c->want[j] = c->before[j] + out[0];
    c->want[c->n + j] = c->before[c->n + j] + h;
    for (int s = 0; s < 3; s++) lanes[s][j % 4] += out[s];
  }
  for (int s = 0; s < 3; s++) c->want_sums[s] = lanes[s][0] + lanes[s][1] + (lanes[s][2] + lanes[s][3]);
}

static void doubles_have_the_bits_of_the_formulas(void **state) {
  (void)state;
  struct draw d = {.seed = 61};
  for (int i = 0; i < SIZES; i++) {
    struct pairs_case c;
    make_case(&c, &d, i);
    want_pairs(&c);
    FOR_EACH_TIER(k) {
      double sums[3];
      memcpy(c.doubles[5], c.before, c.n * 8);
      memcpy(c.doubles[6], c.before + c.n, c.n * 8);
      k->rank_pairs(&c.pairs, sums);
      assert_memory_equal(c.doubles[5], c.want, c.n * 8);
      assert_memory_equal(c.doubles[6], c.want + c.n, c.n * 8);
      assert_memory_equal(sums, c.want_sums, sizeof sums);
    }
    free_case(&c);
  }
}

static double cell_probability(const struct pairs_case *c, double distance) {
  double cell = floor((distance - c->cells.least) * c->cells.per_score);
  cell = fmin(fmax(cell, 0), RANK_N_CELLS - 1);
  return 1 / (1 + kernel_exp((cell / c->cells.per_score + c->cells.least) * c->pairs.sigmoid));
}

static void want_cells(struct pairs_case *c) {
  const struct rank_pairs *p = &c->pairs;
  for (uint64_t j = 0; j < c->n; j++) {
    double side = side_of(p, j), distance = p->score - p->scores[j], delta = delta_of(p, j);
    if (p->norm) delta /= (double)0.01f + distance;
    double q = cell_probability(c, side * distance);
    c->want_pull[j] = q * (p->sigmoid * delta);
    float g = (float)c->want_pull[j] * (float)side;
    float h = (float)(q * (1 - q) * (p->sigmoid * p->sigmoid * delta));
    c->want_own[j] = -g;
    c->want_own[c->n + j] = h;
    c->want[j] = (double)((float)c->before[j] + g);
    c->want[c->n + j] = (double)((float)c->before[c->n + j] + h);
  }
}

static void cells_have_the_bits_of_the_formulas(void **state) {
  (void)state;
  struct draw d = {.seed = 62};
  for (int i = 0; i < SIZES; i++) {
    struct pairs_case c;
    make_case(&c, &d, i);
    want_cells(&c);
    FOR_EACH_TIER(k) {
      for (uint64_t j = 0; j < c.n; j++) {
        c.floats[0][j] = (float)c.before[j];
        c.floats[1][j] = (float)c.before[c.n + j];
      }
      k->rank_cells(&c.pairs, &c.cells);
      for (uint64_t j = 0; j < c.n; j++) {
        assert_true((double)c.floats[0][j] == c.want[j] && (double)c.floats[1][j] == c.want[c.n + j]);
        assert_true(c.floats[2][j] == c.want_own[j] && c.floats[3][j] == c.want_own[c.n + j]);
      }
      assert_memory_equal(c.doubles[7], c.want_pull, c.n * 8);
    }
    free_case(&c);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(doubles_have_the_bits_of_the_formulas),
                                     cmocka_unit_test(cells_have_the_bits_of_the_formulas)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
