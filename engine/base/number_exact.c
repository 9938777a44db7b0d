/* number_exact.c - the exact fallback of number parsing: a ratio of big integers, divided to 64 bits.
 *
 * digits * 10^e is N / D with D = 1 or a power of ten. N and D are shifted against each other until the
 * quotient has exactly 64 bits; it is found bit by bit, and a remainder only matters as "there is one". Slow
 * and plain on purpose: it is reached by adversarial texts only. Largest number: 769 digits * 10^400, or
 * 10^1200, shifted by 64: under 4100 bits. */
#include <math.h>
#include <string.h>

#include "base/number.h"

enum { BIG_WORDS = 80 };

struct big {
  uint64_t word[BIG_WORDS]; /* little endian */
  int n;                    /* words in use; word[n - 1] != 0 */
};

static void big_multiply_add(struct big *big, uint64_t factor, uint64_t carry) {
  for (int i = 0; i < big->n; i++) {
    __uint128_t product = (__uint128_t)big->word[i] * factor + carry;
    big->word[i] = (uint64_t)product;
    carry = (uint64_t)(product >> 64);
  }
  if (carry != 0) big->word[big->n++] = carry;
}

static void big_scale_ten(struct big *big, int power) {
  for (; power >= 19; power -= 19) big_multiply_add(big, UINT64_C(10000000000000000000), 0);
  for (; power > 0; power--) big_multiply_add(big, 10, 0);
}

static int big_bits(const struct big *big) { return 64 * big->n - __builtin_clzll(big->word[big->n - 1]); }

static void big_shift_left(struct big *big, int bits) {
  int words = bits / 64, rest = bits % 64;
  if (rest != 0) {
    uint64_t carry = 0;
    for (int i = 0; i < big->n; i++) {
      uint64_t word = big->word[i];
      big->word[i] = word << rest | carry;
      carry = word >> (64 - rest);
    }
    if (carry != 0) big->word[big->n++] = carry;
  }
  memmove(big->word + words, big->word, (size_t)big->n * sizeof big->word[0]);
  memset(big->word, 0, (size_t)words * sizeof big->word[0]);
  big->n += words;
}

static bool big_at_least(const struct big *a, const struct big *b) {
  if (a->n != b->n) return a->n > b->n;
  for (int i = a->n - 1; i >= 0; i--)
    if (a->word[i] != b->word[i]) return a->word[i] > b->word[i];
  return true;
}

/* a -= b, where a >= b. */
static void big_subtract(struct big *a, const struct big *b) {
  uint64_t borrow = 0;
  for (int i = 0; i < a->n; i++) {
    uint64_t other = i < b->n ? b->word[i] : 0;
    __uint128_t difference = (__uint128_t)a->word[i] - other - borrow;
    a->word[i] = (uint64_t)difference;
    borrow = (uint64_t)(difference >> 64) & 1;
  }
  while (a->n > 0 && a->word[a->n - 1] == 0) a->n--;
}

/* quotient * 2^exponent, quotient's top bit set, `rest`: a little more than that. */
static double round_to_double(uint64_t quotient, int exponent, bool rest) {
  int top = exponent + 63, drop = 11;
  if (top < -1022) drop += -1022 - top;
  if (drop > 64) return 0;
  uint64_t mantissa = drop == 64 ? 0 : quotient >> drop;
  uint64_t lost = drop == 64 ? quotient : quotient & ((UINT64_C(1) << drop) - 1);
  uint64_t half = UINT64_C(1) << (drop - 1);
  if (lost > half || (lost == half && (rest || (mantissa & 1)))) mantissa++;
  return ldexp((double)mantissa, exponent + drop);
}

double number_exact(const struct number_decimal *decimal) {
  struct big n = {.n = 0}, d = {.n = 1};
  d.word[0] = 1;
  for (int i = 0; i < decimal->n_digits; i++) big_multiply_add(&n, 10, decimal->digits[i]);
  if (decimal->exponent >= 0)
    big_scale_ten(&n, decimal->exponent);
  else
    big_scale_ten(&d, -decimal->exponent);
  /* n / d in [2^63, 2^65) */
  int exponent = big_bits(&n) - big_bits(&d) - 64;
  if (exponent < 0)
    big_shift_left(&n, -exponent);
  else
    big_shift_left(&d, exponent);
  big_shift_left(&d, 64);
  uint64_t quotient = 0;
  bool wide = big_at_least(&n, &d); /* 65 bits: the quotient's lowest bit then only tells "more" */
  int bits = wide ? 64 : 65;
  if (wide) exponent++;
  for (int i = 0; i < bits; i++) {
    bool one = big_at_least(&n, &d);
    if (one) big_subtract(&n, &d);
    quotient = quotient << 1 | one;
    if (i + 1 < bits) big_shift_left(&n, 1);
    if (n.n == 0) { /* exact: the other bits are 0 */
      quotient <<= bits - 1 - i;
      return round_to_double(quotient, exponent, false);
    }
  }
  return round_to_double(quotient, exponent, true);
}
