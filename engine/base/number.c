/* number.c - text to double, correctly rounded in every locale.
 *
 * Three steps, cheapest first: with at most 2^53 as significand and 10^22 as scale one multiplication or
 * division of exact doubles rounds once and is right (Clinger 1990); else Eisel-Lemire; else, where its 128
 * bits cannot decide or more than 19 digits leave a doubt, big integers. Digits are taken eight at a time
 * from one 64-bit load (SWAR). */
#include "base/number.h"

#include <math.h>
#include <string.h>

#include "base/number_powers.h"
#include "copse.h"

static const double exact_powers[23] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                        1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                        1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static inline bool is_digit(char c) { return (unsigned char)(c - '0') <= 9; }

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
/* Eight ASCII digits: each byte's high nibble is 3, and stays 3 after adding 6. */
static inline bool eight_digits(const char *text, uint64_t *value) {
  uint64_t v;
  memcpy(&v, text, 8);
  if (((v & 0xF0F0F0F0F0F0F0F0u) | (((v + 0x0606060606060606u) & 0xF0F0F0F0F0F0F0F0u) >> 4)) !=
      0x3333333333333333u)
    return false;
  v -= 0x3030303030303030u;
  v = (v * 10) + (v >> 8); /* pairs, then fours, then eights */
  const uint64_t mask = 0x000000FF000000FFu;
  *value = (((v & mask) * 0x000F424000000064u) + (((v >> 16) & mask) * 0x0000271000000001u)) >> 32;
  *value &= 0xFFFFFFFFu;
  return true;
}
#else
static inline bool eight_digits(const char *text, uint64_t *value) {
  (void)text;
  (void)value;
  return false;
}
#endif

/* Takes digits into *value (wrapping when there are too many); returns the first other position. */
static inline const char *take_digits(const char *p, const char *end, uint64_t *value) {
  uint64_t v = *value, eight;
  while (end - p >= 8 && eight_digits(p, &eight)) {
    v = v * 100000000u + eight;
    p += 8;
  }
  while (p < end && is_digit(*p)) v = v * 10 + (uint64_t)(*p++ - '0');
  *value = v;
  return p;
}

static bool starts_with(const char *p, const char *end, const char *lower) {
  for (; *lower != '\0'; p++, lower++)
    if (p == end || (*p | 0x20) != *lower) return false;
  return true;
}

/* "nan", "inf", "infinity"; characters used or 0. */
static size_t parse_word(const char *p, const char *end, double *out) {
  if (starts_with(p, end, "nan")) {
    *out = (double)NAN;
    return 3;
  }
  if (!starts_with(p, end, "inf")) return 0;
  *out = (double)INFINITY;
  return starts_with(p, end, "infinity") ? 8 : 3;
}

/* Characters of an exponent at p ("e-12"), 0 when there is none; its value, saturated, is added to *exponent.
 */
static size_t parse_exponent(const char *p, const char *end, int64_t *exponent) {
  const char *start = p;
  if (p == end || (*p | 0x20) != 'e') return 0;
  p++;
  bool negative = p < end && *p == '-';
  if (p < end && (*p == '-' || *p == '+')) p++;
  if (p == end || !is_digit(*p)) return 0;
  int64_t value = 0;
  for (; p < end && is_digit(*p); p++)
    if (value < INT64_C(1000000000000000)) value = value * 10 + (*p - '0');
  *exponent += negative ? -value : value;
  return (size_t)(p - start);
}

/* More than 19 digits, or a product that cannot decide. [text, end) holds digits and at most one point;
 * exponent is that of the last digit. */
static double parse_long(const char *text, const char *end, int64_t exponent) {
  struct number_decimal decimal = {.n_digits = 0};
  uint64_t head = 0; /* the first 19 significant digits */
  int64_t n_digits = 0, head_digits = 0;
  bool cut = false;
  for (const char *p = text; p < end; p++) {
    if (*p == '.' || (n_digits == 0 && *p == '0')) continue;
    int digit = *p - '0';
    if (n_digits++ < 19) {
      head = head * 10 + (uint64_t)digit;
      head_digits++;
    }
    if (decimal.n_digits < NUMBER_MAX_DIGITS - 1)
      decimal.digits[decimal.n_digits++] = (unsigned char)digit;
    else
      cut |= digit != 0;
  }
  if (n_digits == 0) return 0;
  int64_t head_exponent = exponent + (n_digits - head_digits);
  double low, high;
  if (number_eisel_lemire(head, head_exponent, &low) &&
      (n_digits == head_digits || (number_eisel_lemire(head + 1, head_exponent, &high) && low == high)))
    return low;
  exponent += n_digits - decimal.n_digits;
  if (cut) {
    decimal.digits[decimal.n_digits++] = 1;
    exponent--;
  }
  decimal.exponent = (int)exponent;
  return number_exact(&decimal);
}

size_t copse_parse_double(const char *text, size_t length, double *out) {
  const char *p = text, *end = text + length;
  bool negative = p < end && *p == '-';
  if (p < end && (*p == '-' || *p == '+')) p++;
  const char *digits = p;
  uint64_t significand = 0;
  int64_t exponent = 0, n_digits;
  p = take_digits(p, end, &significand);
  n_digits = p - digits;
  if (p < end && *p == '.') {
    const char *fraction = ++p;
    p = take_digits(p, end, &significand);
    exponent = -(p - fraction);
    n_digits += p - fraction;
  }
  double value;
  if (n_digits == 0) {
    size_t used = parse_word(digits, end, &value);
    if (used == 0) return 0;
    *out = negative ? -value : value;
    return (size_t)(digits - text) + used;
  }
  const char *digits_end = p;
  p += parse_exponent(p, end, &exponent);
  if (n_digits > 19)
    value = parse_long(digits, digits_end, exponent);
  else if (significand == 0)
    value = 0;
  else if (significand <= UINT64_C(1) << 53 && exponent >= -22 && exponent <= 22)
    value = exponent < 0 ? (double)significand / exact_powers[-exponent]
                         : (double)significand * exact_powers[exponent];
  else if (!number_eisel_lemire(significand, exponent, &value))
    value = parse_long(digits, digits_end, exponent);
  *out = negative ? -value : value;
  return (size_t)(p - text);
}

static double double_from(uint64_t fraction, uint64_t biased_exponent) {
  uint64_t bits = fraction | biased_exponent << 52;
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

bool number_eisel_lemire(uint64_t significand, int64_t exponent, double *out) {
  if (exponent < NUMBER_POWER_MIN || exponent > NUMBER_POWER_MAX) {
    *out = exponent < 0 ? 0.0 : (double)INFINITY; /* 1 <= significand < 2^64 */
    return true;
  }
  int q = (int)exponent, zeros = __builtin_clzll(significand);
  uint64_t w = significand << zeros;
  const uint64_t *power = number_powers[q - NUMBER_POWER_MIN];
  __uint128_t product = (__uint128_t)w * power[0];
  uint64_t high = (uint64_t)(product >> 64), low = (uint64_t)product;
  if ((high & 0x1FF) == 0x1FF) { /* the low half of the power could carry into the bits that count */
    uint64_t more = (uint64_t)(((__uint128_t)w * power[1]) >> 64);
    low += more;
    if (low < more) high++;
  }
  if (low == UINT64_MAX && (q < -27 || q > 55)) return false;
  int upper = (int)(high >> 63), shift = upper + 9;
  uint64_t mantissa = high >> shift; /* 54 bits: one more than a double has */
  int biased = ((217706 * q) >> 16) + 63 + upper - zeros + 1023;
  if (biased <= 0) { /* subnormal; never a tie, as q is far below -4 */
    int drop = 1 - biased;
    if (drop >= 64) {
      *out = 0;
      return true;
    }
    mantissa >>= drop;
    mantissa = (mantissa + (mantissa & 1)) >> 1;
    *out = double_from(mantissa, 0); /* 2^52 rounds up into the first normal by itself */
    return true;
  }
  /* A tie is possible only where 5^|q| fits in the significand; round it to even. */
  if (low <= 1 && q >= -4 && q <= 23 && (mantissa & 3) == 1 && mantissa << shift == high)
    mantissa &= ~UINT64_C(1);
  mantissa = (mantissa + (mantissa & 1)) >> 1;
  if (mantissa == UINT64_C(1) << 53) {
    mantissa >>= 1;
    biased++;
  }
  *out = biased >= 0x7FF ? (double)INFINITY : double_from(mantissa & ~(UINT64_C(1) << 52), (uint64_t)biased);
  return true;
}

bool number_power_of_ten(int q, uint64_t power[2], int *binary) {
  if (q < NUMBER_POWER_MIN || q > NUMBER_POWER_MAX) return false;
  power[0] = number_powers[q - NUMBER_POWER_MIN][0];
  power[1] = number_powers[q - NUMBER_POWER_MIN][1];
  *binary = ((217706 * q) >> 16) - 127; /* floor(q log2(10)) - 127 */
  return true;
}
