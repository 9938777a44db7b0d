/* The own exp and log against the long double ones of the platform, at special values, and as pinned bits. */
#include <math.h>

#include "kernels/kernel_math.h"
#include "testing.h"

enum { POINTS = 60000 };

static uint64_t random_state;

static uint64_t next_random(void) { /* xorshift64 (Marsaglia 2003) */
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return random_state;
}

static double between(double low, double high) {
  return low + (high - low) * ((double)(next_random() >> 11) * 0x1p-53);
}

/* Distance in units of the last place of a double of the true value's size. */
static double ulps(double got, long double truth) {
  if (isinf(got) && got == (double)truth) return 0;
  int exponent;
  frexpl(truth, &exponent);
  if (exponent < -1021) exponent = -1021;
  return (double)(fabsl((long double)got - truth) / ldexpl(1.0L, exponent - 53));
}

struct range {
  double low, high, bound;
};

static void exp_is_within_one_ulp(void **state) {
  (void)state;
  static const struct range ranges[] = {
      {-1, 1, 0.76},         {-40, 40, 0.76},          {-708, 709.78, 0.76},
      {-745.13, -708, 0.85}, {-1e-300, 1e-300, 0.501}, {-1e-8, 1e-8, 0.501}};
  random_state = 20261122;
  for (size_t r = 0; r < sizeof ranges / sizeof *ranges; r++) {
    double worst = 0;
    for (int i = 0; i < POINTS; i++) {
      double x = between(ranges[r].low, ranges[r].high);
      double error = ulps(kernel_exp(x), expl(x));
      if (error > worst) worst = error;
    }
    if (worst > ranges[r].bound) fail_msg("exp in [%g, %g]: %g ulp", ranges[r].low, ranges[r].high, worst);
  }
}

static void log_is_within_one_ulp(void **state) {
  (void)state;
  static const struct range ranges[] = {
      {0.5, 2, 0.72}, {0.7, 0.715, 0.72}, {1.41, 1.42, 0.72}, {0.999, 1.001, 0.6}, {0, 1e6, 0.72}};
  random_state = 20261123;
  for (size_t r = 0; r < sizeof ranges / sizeof *ranges; r++) {
    double worst = 0;
    for (int i = 0; i < POINTS; i++) {
      double x = between(ranges[r].low, ranges[r].high);
      double error = ulps(kernel_log(x), logl(x));
      if (error > worst) worst = error;
    }
    if (worst > ranges[r].bound) fail_msg("log in [%g, %g]: %g ulp", ranges[r].low, ranges[r].high, worst);
  }
}

/* Any pattern of bits: every exponent, subnormals, both signs. */
static void random_bits_hold_too(void **state) {
  (void)state;
  random_state = 20261124;
  for (int i = 0; i < POINTS; i++) {
    uint64_t bits = next_random();
    if (i % 4 == 0) bits &= KERNEL_SIGN_BIT | KERNEL_FRACTION_BITS;                 /* subnormal */
    if (i % 4 == 1) bits = (bits & ~(UINT64_C(0xff) << 55)) | UINT64_C(0x3f) << 56; /* exponents near 0 */
    double x = kernel_double_of(bits);
    if (isnan(x)) continue;
    assert_true(ulps(kernel_exp(x), expl(x)) <= 1 || (isinf(kernel_exp(x)) && x > 709.7827));
    if (x > 0) assert_true(ulps(kernel_log(x), logl(x)) <= 1);
  }
}

static void special_values(void **state) {
  (void)state;
  assert_true(kernel_exp(INFINITY) == INFINITY);
  assert_true(kernel_exp(709.782712893384) < INFINITY);
  assert_true(kernel_exp(709.7827128933841) == INFINITY);
  assert_true(kernel_exp(1e308) == INFINITY);
  assert_true(kernel_exp(-INFINITY) == 0);
  assert_true(kernel_exp(-745.1332191019411) == 0x1p-1074);
  assert_true(kernel_exp(-745.1332191019412) == 0);
  assert_true(kernel_exp(-1e308) == 0);
  assert_true(isnan(kernel_exp(NAN)));
  assert_true(isnan(kernel_exp(-NAN)));
  assert_true(kernel_exp(0.0) == 1 && kernel_exp(-0.0) == 1);
  assert_true(kernel_exp(0x1p-1074) == 1);

  assert_true(kernel_log(0.0) == -INFINITY && kernel_log(-0.0) == -INFINITY);
  assert_true(kernel_log(INFINITY) == INFINITY);
  assert_true(isnan(kernel_log(-1.0)) && isnan(kernel_log(-INFINITY)) && isnan(kernel_log(-0x1p-1074)));
  assert_true(isnan(kernel_log(NAN)));
  assert_true(kernel_log(1.0) == 0 && !signbit(kernel_log(1.0)));
  assert_true(ulps(kernel_log(0x1p-1074), logl(0x1p-1074L)) <= 0.75);
  assert_true(ulps(kernel_log(0x1.fffffffffffffp1023), logl(0x1.fffffffffffffp1023L)) <= 0.75);

  assert_true(kernel_sigmoid(0) == 0.5);
  assert_true(kernel_sigmoid(-1000) == 0 && kernel_sigmoid(1000) == 1);
}

/* One hash over many results: another compiler, processor or contraction setting that changed a single bit
 * would change it. */
static void bits_are_pinned(void **state) {
  (void)state;
  random_state = 20261125;
  uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a over words */
  for (int i = 0; i < POINTS; i++) {
    double x = between(-50, 50);
    hash = (hash ^ kernel_bits_of(kernel_exp(x))) * UINT64_C(0x100000001b3);
    hash = (hash ^ kernel_bits_of(kernel_log(x * x))) * UINT64_C(0x100000001b3);
    hash = (hash ^ kernel_bits_of(kernel_sigmoid(x))) * UINT64_C(0x100000001b3);
  }
  if (hash != UINT64_C(0xea49d3a9d136dab4)) fail_msg("hash 0x%llx", (unsigned long long)hash);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(exp_is_within_one_ulp), cmocka_unit_test(log_is_within_one_ulp),
      cmocka_unit_test(random_bits_hold_too),  cmocka_unit_test(special_values),
      cmocka_unit_test(bits_are_pinned),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
