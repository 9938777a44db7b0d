/* utf8.c - see utf8.h. Whole texts are checked in steps of fixed length without branches, which compilers
 * turn into vector instructions; only what is not in order is walked through byte by byte. */
#include "read/utf8.h"

#include <stdbool.h>
#include <string.h>

enum { STEP = 64, BACK = 3 };

static bool is_tail(unsigned char c) { return (c & 0xC0) == 0x80; }

/* Bytes that follow a first byte, and the range of the second; -1: it begins no character. */
static int tails_of(unsigned char c, unsigned char *lo, unsigned char *hi) {
  *lo = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
  *hi = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
  if (c < 0x80) return 0;
  if (c < 0xC2 || c > 0xF4) return -1;
  return c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3;
}

enum utf8_kind utf8_step(const char *text, size_t n, size_t *length) {
  const unsigned char *p = (const unsigned char *)text;
  unsigned char lo, hi;
  int n_tails = tails_of(p[0], &lo, &hi);
  *length = 1;
  if (n_tails < 0) return UTF8_BAD;
  for (; n_tails > 0; n_tails--, lo = 0x80, hi = 0xBF) {
    if (*length == n) return UTF8_CUT;
    if (p[*length] < lo || p[*length] > hi) return UTF8_BAD;
    ++*length;
  }
  return UTF8_WHOLE;
}

size_t utf8_length(char first) {
  unsigned char lo, hi;
  int n_tails = tails_of((unsigned char)first, &lo, &hi);
  return n_tails < 0 ? 1 : (size_t)n_tails + 1;
}

static bool is_ascii_step(const unsigned char *p) {
  unsigned char any = 0;
  for (int i = 0; i < STEP; i++) any |= p[i];
  return any < 0x80;
}

size_t utf8_ascii_prefix(const char *text, size_t n) {
  const unsigned char *p = (const unsigned char *)text;
  size_t i = 0;
  while (n - i >= STEP && is_ascii_step(p + i)) i += STEP;
  while (i < n && p[i] < 0x80) i++;
  return i;
}

/* Whether one of p[0..STEP) is not what the three bytes before it ask for, or is in no character. A byte has
 * bit 7 of `fault` where what was wanted is not there, other bits where it is there and may not be. */
static bool has_fault(const unsigned char *p) {
  unsigned char fault = 0;
  for (int i = 0; i < STEP; i++) {
    unsigned char c = p[i], a = p[i - 1], b = p[i - 2], d = p[i - 3];
    unsigned char c1 = (unsigned char)(c + c), a1 = (unsigned char)(a + a), b1 = (unsigned char)(b + b),
                  d1 = (unsigned char)(d + d);
    unsigned char b2 = (unsigned char)(b1 + b1), d2 = (unsigned char)(d1 + d1), d3 = (unsigned char)(d2 + d2);
    unsigned char wanted = (a & a1) | (b & b1 & b2) | (d & d1 & d2 & d3), tail = c & (unsigned char)~c1;
    fault |= (wanted ^ tail) & 0x80;
    fault |= (c == 0xC0) | (c == 0xC1) | (c > 0xF4);
    fault |=
        (unsigned char)((a == 0xE0) & ((c & 0x20) == 0)) | (unsigned char)((a == 0xED) & ((c & 0x20) != 0));
    fault |=
        (unsigned char)((a == 0xF0) & ((c & 0x30) == 0)) | (unsigned char)((a == 0xF4) & ((c & 0x30) != 0));
  }
  return fault != 0;
}

/* The same of ASCII alone: a fault where a character is not at its end. */
static bool is_sound(const unsigned char *p) {
  return is_ascii_step(p) ? p[-1] < 0xC0 && p[-2] < 0xE0 && p[-3] < 0xF0 : !has_fault(p);
}

/* The start of the character that text[0..i) ends within; i when it ends between two. Up to there the text is
 * known to be in order. */
static size_t open_start(const unsigned char *p, size_t i) {
  for (size_t back = 1; back <= BACK && back <= i; back++) {
    unsigned char lo, hi, c = p[i - back];
    if (is_tail(c)) continue;
    return tails_of(c, &lo, &hi) >= (int)back ? i - back : i;
  }
  return i;
}

size_t utf8_prefix(const char *text, size_t n) {
  const unsigned char *p = (const unsigned char *)text;
  size_t i = utf8_ascii_prefix(text, n), length;
  /* the steps look three bytes back */
  while (i < n && i < BACK && utf8_step(text + i, n - i, &length) == UTF8_WHOLE) i += length;
  if (i < BACK) return i;
  for (;;) {
    while (n - i >= STEP && is_sound(p + i)) i += STEP;
    i = open_start(p, i);
    /* the rest, or up to the fault */
    size_t end = n - i > STEP ? i + STEP : n;
    while (i < end && utf8_step(text + i, n - i, &length) == UTF8_WHOLE) i += length;
    if (i < end || i == n) return i;
  }
}

uint64_t utf8_count_wide(const char *text, size_t n) {
  uint64_t count = 0;
  for (size_t i = 0; i < n; i++) count += (unsigned char)text[i] >= 0xC0;
  return count;
}

size_t utf8_put(uint32_t code, char out[4]) {
  if (code < 0x80) {
    out[0] = (char)code;
    return 1;
  }
  size_t n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  static const unsigned char firsts[] = {0, 0, 0xC0, 0xE0, 0xF0};
  for (size_t i = n - 1; i > 0; i--, code >>= 6) out[i] = (char)(0x80 | (code & 0x3F));
  out[0] = (char)(firsts[n] | code);
  return n;
}
