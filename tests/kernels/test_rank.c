/* The slot for the pairs of a ranked row, of every tier: the bits of a plain loop over the formulas of
 * kernels.h, in buffers that end (or begin) at guard pages. */
#include <math.h>
#include <string.h>

#include "draw.h"
#include "guarded.h"
#include "kernels/kernel_math.h"
#include "testing.h"
#include "tiers.h"

enum { SIZES = 140, N_DOUBLES = 6, N_FLOATS = 8 };

struct pairs_case {
  uint64_t n;
  enum guarded_side side;
  double *doubles[N_DOUBLES]; /* scores, gains, discounts, labels, odds, lambda */
  double *want_lambda;
  float *floats[N_FLOATS]; /* gradient, hessian, own ones; then those wanted */
  float *before;           /* gradient and hessian before the call */
  struct rank_rule rule;
  struct rank_pairs pairs;
};

static void make_case(struct pairs_case *c, struct draw *d, int i) {
  uint64_t n = (uint64_t)i;
  *c = (struct pairs_case){.n = n, .side = i % 3 == 0 ? GUARDED_FRONT : GUARDED_END};
  for (int a = 0; a < N_DOUBLES; a++) c->doubles[a] = guarded_alloc(n * 8, c->side);
  for (int a = 0; a < N_FLOATS; a++) c->floats[a] = guarded_alloc(n * 4, c->side);
  c->want_lambda = guarded_alloc(n * 8, c->side);
  c->before = guarded_alloc(n * 8, c->side);
  c->rule = (struct rank_rule){.way = (enum rank_way)(i % 3),
                               .norm = draw_bits(d) & 1,
                               .sigmoid = i % 2 ? 1 : 1.7,
                               .inverse_best = 0.3 * draw_uniform(d)};
  c->rule.least = -25 / c->rule.sigmoid;
  c->rule.cells_per_score = RANK_N_CELLS / (-2 * c->rule.least);
  double at = 2, first = at;
  for (uint64_t j = 0; j < n; j++) {
    if (draw_bits(d) % 3 != 0) at -= (c->rule.way == RANK_ODDS ? 0.2 : 9) * draw_uniform(d);
    c->doubles[0][j] = at;
    c->doubles[3][j] = (double)draw_between(d, 0, 3);
    c->doubles[1][j] = exp2(c->doubles[3][j]) - 1;
    c->doubles[2][j] = 1 / log2((double)j + 3);
    c->doubles[4][j] = kernel_exp(c->rule.sigmoid * (at - first));
    c->before[j] = (float)draw_uniform(d);
    c->before[n + j] = (float)draw_uniform(d);
  }
  c->pairs = (struct rank_pairs){.rule = &c->rule,
                                 .score = first,
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
                                 .gradient = c->floats[0],
                                 .hessian = c->floats[1],
                                 .own_gradient = c->floats[2],
                                 .own_hessian = c->floats[3],
                                 .lambda = c->doubles[5]};
}

static void free_case(struct pairs_case *c) {
  for (int a = 0; a < N_DOUBLES; a++) guarded_free(c->doubles[a], c->n * 8, c->side);
  for (int a = 0; a < N_FLOATS; a++) guarded_free(c->floats[a], c->n * 4, c->side);
  guarded_free(c->want_lambda, c->n * 8, c->side);
  guarded_free(c->before, c->n * 8, c->side);
}

static double probability(const struct rank_rule *rule, double d, double higher, double lower) {
  if (rule->way == RANK_ODDS) return lower / (higher + lower);
  if (rule->way == RANK_CELLS) {
    double cell = floor((d - rule->least) * rule->cells_per_score);
    cell = fmin(fmax(cell, 0), RANK_N_CELLS - 1);
    d = cell / rule->cells_per_score + rule->least;
  }
  return 1 / (1 + kernel_exp(d * rule->sigmoid));
}

static void want(struct pairs_case *c) {
  const struct rank_pairs *p = &c->pairs;
  for (uint64_t j = 0; j < c->n; j++) {
    double label = p->labels[j], distance = p->score - p->scores[j];
    double side = p->label > label ? 1 : p->label < label ? -1 : 0;
    double delta = side * (p->gain - p->gains[j]) * (p->discount - p->discounts[j]) * c->rule.inverse_best;
    if (c->rule.norm) delta /= (double)0.01f + distance;
    bool ahead = side > 0;
    double q = probability(&c->rule, side * distance, ahead ? p->own_odds : p->odds[j],
                           ahead ? p->odds[j] : p->own_odds);
    double lambda = q * (-c->rule.sigmoid * delta);
    float g = (float)lambda * (float)side;
    float h = (float)(q * (1 - q) * (c->rule.sigmoid * c->rule.sigmoid * delta));
    c->want_lambda[j] = lambda;
    c->floats[6][j] = g;
    c->floats[7][j] = h;
    c->floats[4][j] = c->before[j] - g;
    c->floats[5][j] = c->before[c->n + j] + h;
  }
}

static void every_tier_has_the_bits_of_the_formulas(void **state) {
  (void)state;
  struct draw d = {.seed = 61};
  for (int i = 0; i < SIZES; i++) {
    struct pairs_case c;
    make_case(&c, &d, i);
    want(&c);
    FOR_EACH_TIER(k) {
      memcpy(c.floats[0], c.before, c.n * 4);
      memcpy(c.floats[1], c.before + c.n, c.n * 4);
      k->rank_pairs(&c.pairs);
      for (int a = 0; a < 4; a++) assert_memory_equal(c.floats[a], c.floats[a + 4], c.n * 4);
      assert_memory_equal(c.doubles[5], c.want_lambda, c.n * 8);
    }
    free_case(&c);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_tier_has_the_bits_of_the_formulas)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
