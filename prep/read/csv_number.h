/* csv_number.h - the plain decimal of a cell as an integer and the number of its decimals. */
#ifndef COPSE_READ_CSV_NUMBER_H
#define COPSE_READ_CSV_NUMBER_H

#include <stdint.h>
#include <string.h>

struct csv_decimal {
  uint64_t digits; /* <= 2^53 */
  unsigned n_decimals;
  int negative;
};

/* Up to eight digits at p; *n gets their number. Eight bytes may be read. */
static inline uint64_t csv_take_eight(const char *p, unsigned *n) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  uint64_t v;
  memcpy(&v, p, 8);
  v ^= 0x3030303030303030u;
  /* bytes that are no digit get their high bit; those behind the first of them do not matter */
  uint64_t others = ((v + 0x7676767676767676u) | v) & 0x8080808080808080u;
  *n = others != 0 ? (unsigned)__builtin_ctzll(others) >> 3 : 8;
  if (*n == 0) return 0;
  v <<= 64 - 8 * *n;       /* zeros in front */
  v = (v * 10) + (v >> 8); /* pairs, then fours, then eights */
  const uint64_t mask = 0x000000FF000000FFu;
  v = (((v & mask) * 0x000F424000000064u) + (((v >> 16) & mask) * 0x0000271000000001u)) >> 32;
  return v & 0xFFFFFFFFu;
#else
  uint64_t v = 0;
  for (*n = 0; *n < 8 && (unsigned char)(p[*n] - '0') <= 9; ++*n) v = v * 10 + (uint64_t)(p[*n] - '0');
  return v;
#endif
}

/* The cell at p, if it is a sign, digits and perhaps a point with up to eight decimals, up to its separator
 * or '\n', and small enough to be exact. Returns the position behind it, else NULL: another parser's cell. */
static inline const char *csv_take_decimal(const char *p, char separator, struct csv_decimal *out) {
  static const uint64_t powers[9] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
  out->negative = *p == '-';
  p += out->negative;
  const char *begin = p;
  uint64_t v = 0;
  while ((unsigned char)(*p - '0') <= 9) v = v * 10 + (uint64_t)(*p++ - '0');
  unsigned n_whole = (unsigned)(p - begin), n = 0;
  if (p - begin > 15) return NULL;
  if (*p == '.') {
    uint64_t fraction = csv_take_eight(p + 1, &n);
    v = v * powers[n] + fraction;
    p += 1 + n;
    if (n_whole + n > 15 || n_whole + n == 0) return NULL;
  } else if (n_whole == 0) {
    return NULL;
  }
  out->digits = v;
  out->n_decimals = n;
  return *p == separator || *p == '\n' ? p : NULL;
}

#endif
