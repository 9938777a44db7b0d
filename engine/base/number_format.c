/* number_format.c - double to text, the same in every locale.
 *
 * Up to 17 digits come from one multiplication: the value's 64-bit significand times a power of ten of 128
 * bits gives the digits as an integer with 64 bits and more of what lies behind them, short of the truth by
 * less than a known error; where the half that decides the rounding lies within that error, the C library
 * decides. (The idea of Grisu and Ryu printf - Loitsch 2010, Adams 2019 - with the table of the parser.)
 *
 * The C library rounds correctly but writes the locale's decimal point, which may be several bytes; whatever
 * is no part of a number in the C locale is replaced by one '.'. */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "copse.h"

static const uint64_t tens[18] = {1u,
                                  10u,
                                  100u,
                                  1000u,
                                  10000u,
                                  100000u,
                                  1000000u,
                                  10000000u,
                                  100000000u,
                                  1000000000u,
                                  10000000000u,
                                  100000000000u,
                                  1000000000000u,
                                  10000000000000u,
                                  100000000000000u,
                                  1000000000000000u,
                                  10000000000000000u,
                                  100000000000000000u};

static bool is_number_byte(char c) { return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == 'e'; }

static size_t format_by_library(double value, int digits, char *out) {
  char local[64];
  int n = snprintf(local, sizeof local, "%.*g", digits, value);
  size_t length = 0;
  for (int i = 0; i < n; i++) {
    if (is_number_byte(local[i]))
      out[length++] = local[i];
    else if (i == 0 || is_number_byte(local[i - 1]))
      out[length++] = '.';
  }
  out[length] = '\0';
  return length;
}

/* digits.. = round(value * 10^(digits - 1 - exponent)) with 10^(digits - 1) <= number < 10^digits, value > 0;
 * false: the product cannot decide. */
static bool find_digits(double value, int digits, uint64_t *number, int *exponent) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  int biased = (int)(bits >> 52);
  uint64_t significand = bits & ((UINT64_C(1) << 52) - 1);
  if (biased == 0) return false; /* subnormal */
  significand = (significand | UINT64_C(1) << 52) << 11;
  int binary = biased - 1023 - 63; /* value = significand * 2^binary */
  /* floor(log10) by the first power of two, one too small at times: then there is a digit too many */
  int decimal = (int)(((int64_t)(biased - 1023) * 78913) >> 18);
  for (int attempt = 0; attempt < 2; attempt++, decimal++) {
    uint64_t power[2];
    int power_binary;
    if (!number_power_of_ten(digits - 1 - decimal, power, &power_binary)) return false;
    __uint128_t low = (__uint128_t)significand * power[1];
    __uint128_t high = (__uint128_t)significand * power[0] + (uint64_t)(low >> 64);
    int drop = -(binary + power_binary + 64); /* bits of `high` behind the point */
    if (drop < 66 || drop > 127) return false;
    uint64_t whole = (uint64_t)(high >> drop);
    if (whole >= tens[digits]) continue;
    __uint128_t rest = high & (((__uint128_t)1 << drop) - 1), half = (__uint128_t)1 << (drop - 1);
    /* The table is off by less than one unit of its last bit, the product by less than 2. */
    if (rest + 4 > half && rest < half + 4) return false;
    whole += rest > half;
    if (whole == tens[digits]) {
      whole /= 10;
      decimal++;
    }
    if (whole < tens[digits - 1]) return false;
    *number = whole;
    *exponent = decimal;
    return true;
  }
  return false;
}

/* Exactly `count` digits. */
static void write_digits(uint64_t number, int count, char *out) {
  static const char pairs[] =
      "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748"
      "4950515253545556575859606162636465666768697071727374757677787980818283848586878889909192939495969798"
      "99";
  for (; count >= 2; count -= 2, number /= 100) memcpy(out + count - 2, pairs + 2 * (number % 100), 2);
  if (count == 1) out[0] = (char)('0' + number % 10);
}

/* As "%g" lays them out: trailing zeros go, and from 10^-4 up to the number of digits there is no exponent.
 */
static size_t lay_out(const char *text, int digits, int exponent, char *out) {
  char *at = out;
  int shown = digits;
  while (shown > 1 && text[shown - 1] == '0') shown--;
  if (exponent < -4 || exponent >= digits) {
    *at++ = text[0];
    if (shown > 1) *at++ = '.';
    memcpy(at, text + 1, (size_t)shown - 1);
    at += shown - 1;
    *at++ = 'e';
    *at++ = exponent < 0 ? '-' : '+';
    unsigned size = (unsigned)(exponent < 0 ? -exponent : exponent);
    int places = size >= 100 ? 3 : 2;
    write_digits(size, places, at);
    at += places;
  } else if (exponent < 0) {
    memcpy(at, "0.0000", 6);
    at += 1 - exponent;
    memcpy(at, text, (size_t)shown);
    at += shown;
  } else {
    int whole = exponent + 1;
    memcpy(at, text, (size_t)whole); /* zeros that end a whole number stay */
    at += whole;
    if (shown > whole) {
      *at++ = '.';
      memcpy(at, text + whole, (size_t)(shown - whole));
      at += shown - whole;
    }
  }
  *at = '\0';
  return (size_t)(at - out);
}

size_t copse_format_double_digits(double value, int digits, char *out, size_t capacity) {
  assert(capacity >= 32 && digits >= 1 && digits <= 17);
  (void)capacity; /* named in the contract, checked only where assertions are on */
  if (!isfinite(value)) {
    const char *word = isnan(value) ? "nan" : value < 0 ? "-inf" : "inf";
    size_t length = strlen(word);
    memcpy(out, word, length + 1);
    return length;
  }
  uint64_t number;
  int exponent;
  if (!find_digits(fabs(value), digits, &number, &exponent)) return format_by_library(value, digits, out);
  char text[17];
  write_digits(number, digits, text);
  if (value > 0) return lay_out(text, digits, exponent, out);
  *out = '-';
  return 1 + lay_out(text, digits, exponent, out + 1);
}

size_t copse_format_double(double value, char *out, size_t capacity) {
  return copse_format_double_digits(value, 17, out, capacity);
}
