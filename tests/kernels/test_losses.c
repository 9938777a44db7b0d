/* The gradient slots of rates, chances and times, of every tier, against the formulas of kernels.h written as
 * plain branches, bit by bit; and the functions of kernel_math.h behind them against the platform's long
 * double ones. All buffers end (or begin) at guard pages. */
#include <math.h>
#include <string.h>

#include "draw.h"
#include "guarded.h"
#include "kernels/kernel_math.h"
#include "testing.h"
#include "tiers.h"

enum { SMALL_SIZES = 130, N_SIZES = SMALL_SIZES + 2 };
static uint64_t size_at(int i) { return i < SMALL_SIZES ? (uint64_t)i : i == SMALL_SIZES ? 1000 : 4097; }

static const double class_weight[2] = {0.75, 2.5};

/* ---- what each slot says ---- */

struct pair {
  double g, h;
};

static struct pair fair(double s, double y, double w) {
  double d = s - y, reach = fabs(d) + 1.5;
  return (struct pair){1.5 * d / reach * w, 1.5 * 1.5 / (reach * reach) * w};
}

static struct pair percentage(double s, double y, double w) {
  float share = 1.0f / (fabs(y) > 1 ? fabsf((float)y) : 1.0f), slope = share * (float)w;
  return (struct pair){(double)(s > y ? slope : s < y ? -slope : 0.0f * slope), w};
}

static struct pair expectile(double s, double y, double w) {
  double h = (s > y ? 0.5 : 1.5) * w;
  return (struct pair){h * (s - y), h};
}

static struct pair gamma_of(double s, double y, double w) {
  double share = y * kernel_exp(-s);
  return (struct pair){(1.0 - share) * w, share * w};
}

static struct pair tweedie(double s, double y, double w) {
  double first = kernel_exp((1.0 - 1.25) * s), second = kernel_exp((2.0 - 1.25) * s);
  return (struct pair){(-y * first + second) * w, (-y * (1.0 - 1.25) * first + (2.0 - 1.25) * second) * w};
}

static struct pair lambda(double score, double y, double w) {
  double s = fmax(-300, fmin(300, score)), e = kernel_exp(s), x = w * kernel_log1p_exp(s);
  double p = 1.0 / (1.0 + 1.0 / e), q = kernel_exp(-x), z = kernel_one_minus_exp(x);
  double b = (w * e * q - z) / (z * z);
  if (e < 1e-7 && w * e < 1e-7) b = (1.0 - w) / (2.0 * w) + e * (1.0 - w * w) / (6.0 * w);
  return (struct pair){(1.0 - y / z) * w * p, w * p / (1.0 + e) * (1.0 + y * b)};
}

static struct pair focal(double score, double y, double w) {
  double s = fmax(-300, fmin(300, score)), slope, bend;
  kernel_focal(y > 0 ? s : -s, 1.75, &slope, &bend);
  w *= class_weight[y > 0];
  return (struct pair){(y > 0 ? slope : -slope) * w, bend * w};
}

static struct pair logistic(double s, double y, double w) {
  double z = (kernel_log(fabs(y)) - s) / 0.5, d = y > 0, below = kernel_sigmoid(z),
         above = kernel_sigmoid(-z);
  return (struct pair){(d - (1.0 + d) * below) / 0.5 * w, (1.0 + d) * below * above / (0.5 * 0.5) * w};
}

static struct pair extreme(double s, double y, double w) {
  double z = (kernel_log(fabs(y)) - s) / 0.5, d = y > 0, e = kernel_exp(fmin(z, 30));
  return (struct pair){(d - e) / 0.5 * w, e / (0.5 * 0.5) * w};
}

static void call(const struct kernels *k, int slot, const struct gradient_rows *rows) {
  switch (slot) {
    case 0: k->grad_fair(rows, 1.5); break;
    case 1: k->grad_percentage(rows); break;
    case 2: k->grad_expectile(rows, 0.5, 1.5); break;
    case 3: k->grad_gamma(rows); break;
    case 4: k->grad_tweedie(rows, 1.25); break;
    case 5: k->grad_cross_entropy_lambda(rows); break;
    case 6: k->grad_focal(rows, 1.75, class_weight); break;
    case 7: k->grad_aft_logistic(rows, 0.5); break;
    case 8: k->grad_aft_extreme(rows, 0.5); break;
  }
}

static const struct slot {
  struct pair (*want)(double s, double y, double w);
  enum { NUMBERS, AMOUNTS, CHANCES, SIGNS } labels;
} slots[] = {{fair, NUMBERS},     {percentage, NUMBERS}, {expectile, NUMBERS},
             {gamma_of, AMOUNTS}, {tweedie, AMOUNTS},    {lambda, CHANCES},
             {focal, SIGNS},      {logistic, NUMBERS},   {extreme, NUMBERS}};
enum { N_SLOTS = sizeof slots / sizeof *slots, LAMBDA = 5 };

static float label_of(struct draw *d, int kind, uint64_t row) {
  double x = draw_uniform(d);
  switch (kind) {
    case NUMBERS: return (float)(row % 3 == 0 ? x - 0.5 : 40 * (x - 0.5));
    case AMOUNTS: return row % 4 == 0 ? 0.0f : (float)(20 * x);
    case CHANCES: return row % 4 == 0 ? (float)(row & 4) / 4 : (float)x;
    default: return row % 3 == 0 ? 0.0f : row % 3 == 1 ? 1.0f : -1.0f;
  }
}

struct loss_case {
  uint64_t n;
  enum guarded_side side;
  double *score;
  float *label, *weight, *want[2], *got[2];
};

static void make_case(struct loss_case *c, struct draw *d, int i, int kind) {
  uint64_t n = size_at(i);
  *c = (struct loss_case){.n = n, .side = i % 3 == 0 ? GUARDED_FRONT : GUARDED_END};
  c->score = guarded_alloc(n * 8, c->side);
  float **floats[] = {&c->label, &c->weight, &c->want[0], &c->want[1], &c->got[0], &c->got[1]};
  for (size_t f = 0; f < 6; f++) *floats[f] = guarded_alloc(n * 4, c->side);
  static const double sizes[] = {1, 10, 80, 1e-5, 500};
  for (uint64_t r = 0; r < n; r++) {
    c->label[r] = label_of(d, kind, r);
    c->score[r] = sizes[draw_bits(d) % (kind == AMOUNTS ? 4 : 5)] * (2 * draw_uniform(d) - 1);
    if (r % 11 == 0) c->score[r] = (double)c->label[r];
    c->weight[r] = (float)(draw_uniform(d) * 10 + 0.01);
  }
}

static void free_case(struct loss_case *c) {
  guarded_free(c->score, c->n * 8, c->side);
  float *floats[] = {c->label, c->weight, c->want[0], c->want[1], c->got[0], c->got[1]};
  for (size_t f = 0; f < 6; f++) guarded_free(floats[f], c->n * 4, c->side);
}

static struct pair want_of(int slot, double s, double y, double w, bool weighted) {
  if (slot == LAMBDA && !weighted) {
    double z = kernel_sigmoid(s);
    return (struct pair){z - y, z * (1.0 - z)};
  }
  return slots[slot].want(s, y, w);
}

static void every_slot_does_what_it_says(void **state) {
  (void)state;
  struct draw d = {.seed = 61};
  for (int slot = 0; slot < N_SLOTS; slot++)
    for (int i = 0; i < N_SIZES; i++) {
      struct loss_case c;
      make_case(&c, &d, i, (int)slots[slot].labels);
      for (int weighted = 0; weighted < 2; weighted++) {
        for (uint64_t r = 0; r < c.n; r++) {
          struct pair want = want_of(slot, c.score[r], (double)c.label[r],
                                     weighted ? (double)c.weight[r] : 1.0, weighted != 0);
          c.want[0][r] = (float)want.g;
          c.want[1][r] = (float)want.h;
          assert_true(isfinite(want.g) && want.h >= 0);
        }
        struct gradient_rows rows = {c.score, c.label, weighted ? c.weight : NULL, c.n, c.got[0], c.got[1]};
        FOR_EACH_TIER(k) {
          memset(c.got[0], 0xA5, c.n * 4);
          memset(c.got[1], 0xA5, c.n * 4);
          call(k, slot, &rows);
          for (int side = 0; side < 2; side++)
            for (uint64_t r = 0; r < c.n; r++) /* the sign of 0 is nobody's business */
              if (c.got[side][r] != c.want[side][r])
                fail_msg("slot %d, %s %llu of %llu: %.9g, expected %.9g", slot, side ? "hessian" : "gradient",
                         (unsigned long long)r, (unsigned long long)c.n, (double)c.got[side][r],
                         (double)c.want[side][r]);
        }
      }
      free_case(&c);
    }
}

/* ---- kernel_math.h ---- */

static void assert_close(double got, long double truth, double ulps) {
  if (!(fabsl((long double)got - truth) <= ulps * 0x1p-53L * fabsl(truth)))
    fail_msg("%.17g, expected %.20Lg", got, truth);
}

static void logarithms_near_one_keep_their_digits(void **state) {
  (void)state;
  struct draw d = {.seed = 62};
  for (int i = 0; i < 200000; i++) {
    double t = exp(80 * (draw_uniform(&d) - 0.6)), s = 700 * (2 * draw_uniform(&d) - 1);
    assert_close(kernel_log1p(t), log1pl((long double)t), 5);
    assert_close(kernel_one_minus_exp(t), -expm1l(-(long double)t), 6);
    if (i % 2) s /= 100;
    long double e = expl((long double)s);
    assert_close(kernel_log1p_exp(s), s > 0 ? s + log1pl(1 / e) : log1pl(e), 5);
  }
  assert_true(kernel_log1p(0) == 0 && kernel_one_minus_exp(0) == 0 && kernel_one_minus_exp(800) == 1);
  assert_true(kernel_log1p_exp(-800) == 0 && kernel_log1p_exp(800) == 800);
}

static void focal_derivatives_are_those_of_the_loss(void **state) {
  (void)state;
  for (double gamma = 0; gamma < 4; gamma += 0.5)
    for (double z = -9; z < 9; z += 0.37) {
      long double p = 1 / (1 + expl(-(long double)z)), q = 1 / (1 + expl((long double)z));
      long double slope = powl(q, gamma) * (gamma * p * logl(p) - q);
      long double bend = powl(q, gamma) * p * (q * (1 + 2 * gamma) + gamma * logl(p) * (q - gamma * p));
      double got[2];
      kernel_focal(z, gamma, &got[0], &got[1]);
      assert_close(got[0], slope, 200);
      assert_close(got[1], fmaxl(bend, powl(q, gamma) * p * q), 1e4);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_slot_does_what_it_says),
                                     cmocka_unit_test(logarithms_near_one_keep_their_digits),
                                     cmocka_unit_test(focal_derivatives_are_those_of_the_loss)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
