/* Number parsing against the C library's strtod (C locale, correctly rounded), on random and adversarial
 * texts, and formatting against printf, round trips included. */
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* cmocka.h needs what stands above */
#include <cmocka.h>

#include "base/number_powers.h"
#include "copse.h"

static uint64_t state = 88172645463325252u;

static uint64_t next_random(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

static uint64_t bits_of(double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static double double_of(uint64_t bits) {
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* Same bits and same length as strtod. */
static void check(const char *text) {
  char *end;
  double expected = strtod(text, &end), found = -12345;
  size_t used = copse_parse_double(text, strlen(text), &found);
  if (used != (size_t)(end - text) || bits_of(found) != bits_of(expected))
    fail_msg("\"%s\": expected %.17g (%zu characters), found %.17g (%zu)", text, expected,
             (size_t)(end - text), found, used);
}

static void test_hand_picked(void **unused) {
  (void)unused;
  static const char *const texts[] = {
      "0",
      "-0",
      "+0",
      "1",
      "-1",
      "007",
      "1.",
      ".5",
      "-.5",
      "0.1",
      "1e5",
      "1E+5",
      "1e-5",
      "1e",
      "1e+",
      "1.5e3x",
      "12,5",
      "9007199254740992",
      "9007199254740993",
      "9007199254740994",
      "9007199254740993.0000000000000000000000000000001",
      "18446744073709551615",
      "18446744073709551616",
      "1e22",
      "1e23",
      "8.5e22",
      "1e-22",
      "123456789012345678e-22",
      "1.7976931348623157e308",
      "1.7976931348623158e308",
      "1.7976931348623159e308",
      "1e309",
      "-1e400",
      "1e999999999999",
      "1e99999999999999999999",
      "1e-99999999999999999999",
      "0e99999999999999999999",
      "4.9406564584124654e-324",
      "2.4703282292062327208e-324",
      "2.4703282292062328e-324",
      "2.4703282292062327e-324",
      "1e-324",
      "1e-400",
      "2.2250738585072011e-308",
      "2.2250738585072012e-308",
      "2.2250738585072013e-308",
      "2.2250738585072014e-308",
      "6.631236846766476e-316",
      "3.2378839133029012895883524125015321748630094984e-319",
      "9355950000000000000."
      "000000000000000000000000000000000018446744073709551616000001844674407370955161618446744073709551614073"
      "709551616184467440737095516160001844674407370955161660000018446744073709551616184467440737095516140737"
      "095516161844674407370955161600018446744073709551616018446744073709556744516161844674407370955161407370"
      "955161618446744073709551616000184467440737095516160184467440737095516116160001844674407370950018446744"
      "073709551616001844674407370955161600184467440737095511681644674407370955161600018440737095516160184467"
      "440737095516161844674407370955161600018446744075369107516016116160001844674407370950018446744073709551"
      "616001844674407370955161600184467440737095516161844674407370955161600018449551616184467440737095516160"
      "00184467440753691075160018446744073709",
      "2.47032822920623272088284396434110686182e-324",
      "0.000000000000000000000000000000000000000000000000001",
      "1090544144181609348835077142190",
      "6929495644600919.5",
      "3.4621e-1172",
      "7.8459735791271921e65",
      "5e-324",
      "0.500000000000000166533453693773481063544750213623046875",
      "100000000000000000000000000000000000000000000000000"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) check(texts[i]);
}

static void test_words_and_refusals(void **unused) {
  (void)unused;
  static const char *const good[] = {"nan", "NaN", "inf", "-INF", "+Infinity", "-infinity"};
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    double value = 0;
    assert_int_equal(copse_parse_double(good[i], strlen(good[i]), &value), strlen(good[i]));
    assert_true(isnan(value) || isinf(value));
  }
  static const char *const bad[] = {"",    "-",  "+",  ".",  "-.", "e5", ".e5",
                                    "abc", "-x", " 1", "na", "in", "--1"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    double value = 42;
    assert_int_equal(copse_parse_double(bad[i], strlen(bad[i]), &value), 0);
    assert_true(value == 42);
  }
  double value;
  assert_int_equal(copse_parse_double("0x10", 4, &value), 1);     /* no hexadecimal */
  assert_int_equal(copse_parse_double("12345678", 3, &value), 3); /* never past length */
  assert_true(value == 123);
  assert_int_equal(copse_parse_double("1e55", 2, &value), 1);
  assert_int_equal(copse_parse_double("infinity", 5, &value), 3);
}

static void test_random_decimals(void **unused) {
  (void)unused;
  char text[128];
  for (int i = 0; i < 60000; i++) {
    int digits = 1 + (int)(next_random() % 25), n = 0;
    if (next_random() % 2) text[n++] = '-';
    int point = (int)(next_random() % (uint64_t)(digits + 1));
    for (int d = 0; d < digits; d++) {
      if (d == point) text[n++] = '.';
      text[n++] = (char)('0' + next_random() % 10);
    }
    text[n] = '\0';
    if (next_random() % 2) sprintf(text + n, "e%d", (int)(next_random() % 700) - 350);
    check(text);
  }
}

/* Every double written with 17 digits comes back; near-misses and subnormals among them. */
static void test_round_trips(void **unused) {
  (void)unused;
  char text[64], expected[64];
  for (int i = 0; i < 60000; i++) {
    uint64_t bits = next_random();
    if (i % 8 == 0) bits &= UINT64_C(0x800FFFFFFFFFFFFF); /* subnormal */
    if (i % 8 == 1) bits &= UINT64_C(0xFFFF000000000000); /* few significant bits */
    double value = double_of(bits), back = 0;
    if (!isfinite(value)) continue;
    size_t n = copse_format_double(value, text, sizeof text);
    snprintf(expected, sizeof expected, "%.17g", value);
    assert_string_equal(text, expected);
    assert_int_equal(n, strlen(expected));
    assert_int_equal(copse_parse_double(text, n, &back), n);
    assert_true(bits_of(back) == bits_of(value));
    int digits = 1 + (int)(next_random() % 17);
    copse_format_double_digits(value, digits, text, sizeof text);
    snprintf(expected, sizeof expected, "%.*g", digits, value);
    assert_string_equal(text, expected);
    check(text);
  }
}

/* Where rounding is close: powers of ten and their neighbours, exact halves, short decimals, whole numbers.
 */
static double near_a_rounding(int i) {
  double power = 1;
  int exponent = (int)(next_random() % 40) - 20;
  for (int k = 0; k < (exponent < 0 ? -exponent : exponent); k++) power *= 10;
  if (exponent < 0) power = 1 / power;
  switch (i % 6) {
    case 0: return power;
    case 1: return nextafter(power, i % 4 ? 1e300 : -1e300);
    case 2: return (double)(next_random() % 100000) / 8 * power; /* ends in a five */
    case 3: return (double)(next_random() % 100000) / 1000;
    case 4: return (double)(next_random() >> (next_random() % 64));
    default: return -(double)(next_random() >> 11) * 0x1p-53;
  }
}

static void test_close_roundings(void **unused) {
  (void)unused;
  char text[64], expected[64];
  for (int i = 0; i < 100000; i++) {
    double value = near_a_rounding(i);
    for (int digits = 17; digits >= 1; digits -= 1 + (int)(next_random() % 5)) {
      size_t n = copse_format_double_digits(value, digits, text, sizeof text);
      int length = snprintf(expected, sizeof expected, "%.*g", digits, value);
      assert_string_equal(text, expected);
      assert_int_equal(n, length);
    }
  }
}

/* Exact midpoints between neighbours, and texts just beside them in a far digit. */
static void test_midpoints(void **unused) {
  (void)unused;
  char text[1400];
  for (int i = 0; i < 12000; i++) {
    uint64_t bits = next_random() & INT64_MAX;
    if (i % 4 == 0) bits &= UINT64_C(0x000FFFFFFFFFFFFF);
    if (i % 4 == 1)
      bits = (bits & UINT64_C(0x000FFFFFFFFFFFFF)) | (UINT64_C(1023) + next_random() % 80) << 52;
    double low = double_of(bits), high = double_of(bits + 1);
    if (!isfinite(low) || !isfinite(high)) continue;
    long double middle = ((long double)low + (long double)high) / 2; /* exact: 64 bits and a wide exponent */
    int n = snprintf(text, sizeof text, "%.*Le", 780, middle);
    assert_true(n > 0 && n < 1000);
    check(text);
    char *exponent = strchr(text, 'e'), tail[16];
    strcpy(tail, exponent);
    strcpy(exponent, "0000000000000000000000000000000000001");
    strcat(text, tail);
    check(text);
    n = snprintf(text, sizeof text, "%.*Le", 20, middle); /* rounded either way */
    check(text);
  }
}

static void test_long_texts(void **unused) {
  (void)unused;
  char text[4096];
  for (int i = 0; i < 2000; i++) {
    int n = 0, zeros = (int)(next_random() % 400), digits = 1 + (int)(next_random() % 1200);
    if (i % 2) n += sprintf(text, "0.");
    for (int d = 0; d < zeros; d++) text[n++] = '0';
    for (int d = 0; d < digits; d++) text[n++] = (char)('0' + next_random() % 10);
    sprintf(text + n, "e%d", (int)(next_random() % 1600) - 1200);
    check(text);
  }
}

/* The table of facts, by exact integer arithmetic on 128-bit words: each row times five is the next one. */
static void test_power_table(void **unused) {
  (void)unused;
  for (int q = NUMBER_POWER_MIN; q < NUMBER_POWER_MAX; q++) {
    const uint64_t *a = number_powers[q - NUMBER_POWER_MIN], *b = number_powers[q + 1 - NUMBER_POWER_MIN];
    assert_true(a[0] >> 63 == 1);
    /* a * 5 / 4 or / 8 equals b but for the units lost to cutting off or rounding up. */
    __uint128_t x = (__uint128_t)a[0] << 64 | a[1], y = (__uint128_t)b[0] << 64 | b[1];
    __uint128_t quarter = x + x / 4, half;
    half = x / 2 + x / 8;
    __uint128_t expected = quarter >= x ? quarter : half; /* overflow: one power of two more */
    __uint128_t gap = expected > y ? expected - y : y - expected;
    assert_true(gap <= 4);
  }
  assert_true(number_powers[-NUMBER_POWER_MIN][0] == UINT64_C(1) << 63 &&
              number_powers[-NUMBER_POWER_MIN][1] == 0);
}

static void test_locale_does_not_matter(void **unused) {
  (void)unused;
  static const char *const locales[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "ps_AF.UTF-8"};
  for (size_t i = 0; i < sizeof locales / sizeof locales[0]; i++) setlocale(LC_NUMERIC, locales[i]);
  char text[64];
  double value;
  copse_format_double(-1234.5, text, sizeof text);
  assert_string_equal(text, "-1234.5");
  assert_int_equal(copse_parse_double("0.25", 4, &value), 4);
  assert_true(value == 0.25);
  setlocale(LC_NUMERIC, "C");
  copse_format_double((double)NAN, text, sizeof text);
  assert_string_equal(text, "nan");
  copse_format_double((double)-INFINITY, text, sizeof text);
  assert_string_equal(text, "-inf");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_hand_picked),
                                     cmocka_unit_test(test_words_and_refusals),
                                     cmocka_unit_test(test_random_decimals),
                                     cmocka_unit_test(test_round_trips),
                                     cmocka_unit_test(test_close_roundings),
                                     cmocka_unit_test(test_midpoints),
                                     cmocka_unit_test(test_long_texts),
                                     cmocka_unit_test(test_power_table),
                                     cmocka_unit_test(test_locale_does_not_matter)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
