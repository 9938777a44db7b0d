/* cell.c - see cell.h. Numbers come first: they are the most, and the shortest way is theirs. */
#include "profile/cell.h"

#include <math.h>
#include <string.h>

#include "table/moment.h"

uint64_t mix64(uint64_t x) {
  x ^= x >> 32;
  x *= 0xd6e8feb86659fd93u;
  x ^= x >> 32;
  x *= 0xd6e8feb86659fd93u;
  return x ^ (x >> 32);
}

uint64_t cell_hash(const char *text, size_t length) {
  uint64_t h = 0x9e3779b97f4a7c15u ^ (length * 0xff51afd7ed558ccdu), word = 0;
  for (; length >= 8; text += 8, length -= 8) {
    memcpy(&word, text, 8);
    h = (h ^ word) * 0x9fb21c651e98df25u;
    h ^= h >> 29;
  }
  word = 0;
  for (size_t i = 0; i < length; i++) word |= (uint64_t)(unsigned char)text[i] << (8 * i);
  return mix64(h ^ word);
}

static bool blank(char c) { return c == ' ' || c == '\t'; }
static bool digit(char c) { return (unsigned char)(c - '0') <= 9; }

/* ---- dates ---- */

bool date_seconds(int year, int month, int day, double *out) {
  int64_t days;
  if (!moment_days(year, month, day, &days)) return false;
  *out = (double)days * 86400;
  return true;
}

void date_of(double seconds, int *year, int *month, int *day) {
  moment_date((int64_t)floor(seconds / 86400), year, month, day);
}

double date_pack(int first, int second, int year) { return (year * 10000.0) + (first * 100.0) + second; }

void date_unpack(double packed, int *first, int *second, int *year) {
  int v = (int)packed;
  *second = v % 100;
  *first = v / 100 % 100;
  *year = v / 10000;
}

/* A number of at most `most` digits; its end, or NULL when there is none. */
static const char *take_digits(const char *p, const char *end, int most, int *out) {
  const char *begin = p;
  int v = 0;
  for (; p < end && digit(*p) && p - begin < most; p++) v = v * 10 + (*p - '0');
  *out = v;
  return p == begin || (p < end && digit(*p)) ? NULL : p;
}

/* [T or blank]hh:mm[:ss[.fff]][zone] up to the end. */
static bool take_time(const char *p, const char *end, double *seconds, bool *zoned) {
  int h, m, s = 0, zone = 0;
  double fraction = 0;
  if (*p != ' ' && *p != 'T') return false;
  p = take_digits(p + 1, end, 2, &h);
  if (p == NULL || p == end || *p != ':') return false;
  p = take_digits(p + 1, end, 2, &m);
  if (p != NULL && p < end && *p == ':') p = take_digits(p + 1, end, 2, &s);
  if (p == NULL || h > 24 || m > 59 || s > 60) return false;
  if (p < end && *p == '.') {
    double scale = 0.1;
    for (p++; p < end && digit(*p); p++, scale /= 10) fraction += scale * (*p - '0');
  }
  *zoned = p < end;
  if (*zoned && !moment_take_zone(p, end, &zone)) return false;
  *seconds = h * 3600.0 + m * 60.0 + s + fraction - zone * 60.0;
  return true;
}

static int month_of(const char *p) {
  static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
  for (int m = 0; m < 12; m++)
    if ((p[0] | 0x20) == names[3 * m] && (p[1] | 0x20) == names[3 * m + 1] &&
        (p[2] | 0x20) == names[3 * m + 2])
      return m + 1;
  return 0;
}

/* At least six characters, a separator twice, a year of four digits first or last. */
static enum cell_type date_type(const char *text, size_t length, double *value) {
  const char *p = text, *end = text + length;
  int a, b, c;
  if (length < 6 || length > 40) return CELL_TYPE_TEXT;
  p = take_digits(p, end, 4, &a);
  if (p == NULL || p == end) return CELL_TYPE_TEXT;
  char separator = *p;
  bool year_first = p - text == 4;
  if (strchr(year_first ? "-/" : "-/. ", separator) == NULL || (!year_first && p - text > 2))
    return CELL_TYPE_TEXT;
  p++;
  bool named = !year_first && end - p > 4 && (b = month_of(p)) != 0;
  p = named ? p + 3 : take_digits(p, end, 2, &b);
  if (p == NULL || p == end || *p != separator) return CELL_TYPE_TEXT;
  p++;
  const char *third = p;
  p = take_digits(p, end, year_first ? 2 : 4, &c);
  if (p == NULL || (!year_first && p - third != 4)) return CELL_TYPE_TEXT;
  double seconds = 0, day;
  bool timed = p < end, zoned = false;
  if (timed && !take_time(p, end, &seconds, &zoned)) return CELL_TYPE_TEXT;
  if (year_first || named) {
    if (!(named ? date_seconds(c, b, a, &day) : date_seconds(a, b, c, &day))) return CELL_TYPE_TEXT;
    *value = day + seconds;
    return zoned ? CELL_TYPE_ZONED : timed ? CELL_TYPE_TIME : CELL_TYPE_DATE;
  }
  if (!date_seconds(c, b, a, &day) && !date_seconds(c, a, b, &day)) return CELL_TYPE_TEXT;
  *value = date_pack(a, b, c);
  return CELL_TYPE_DMY;
}

/* ---- numbers ---- */

/* Sign, up to 15 digits and perhaps a point: digits and power of ten are exact, and so is one division of
 * them (Clinger 1990). CELL_TYPE_TEXT: not of this form. */
static enum cell_type plain_number(const char *text, size_t length, double *value) {
  static const double powers[] = {1,   1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                  1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
  const char *p = text, *end = text + length;
  bool negative = *p == '-';
  uint64_t v = 0;
  p += negative;
  const char *begin = p, *point = NULL;
  while (p < end && digit(*p)) v = v * 10 + (uint64_t)(*p++ - '0');
  size_t n_whole = (size_t)(p - begin), n_digits = n_whole;
  if (p < end) {
    if (*p != '.') return CELL_TYPE_TEXT;
    point = p++;
    while (p < end && digit(*p)) v = v * 10 + (uint64_t)(*p++ - '0');
    if (p < end) return CELL_TYPE_TEXT;
    n_digits--;
    n_digits += (size_t)(p - point);
  }
  if (n_digits == 0 || n_digits > 15) return CELL_TYPE_TEXT;
  if (begin[0] == '0' && n_whole > 1) return CELL_TYPE_CODE;
  double x = (double)v;
  if (point != NULL) x /= powers[end - point - 1];
  *value = negative ? -x : x;
  return point == NULL ? CELL_TYPE_INTEGER : CELL_TYPE_DECIMAL;
}

/* Digits alone, but not a number: their form carries meaning, or a double would lose some. */
static bool is_code(const char *text, size_t length) {
  size_t i = text[0] == '+' || text[0] == '-', first = i;
  while (i < length && digit(text[i])) i++;
  if (i != length) return false;
  size_t n = length - first;
  return n > 15 || (n > 1 && text[first] == '0') || (text[0] == '+' && n >= 8);
}

enum cell_type cell_type_of(const struct missing_tokens *missing, const char *text, size_t length,
                            double *value) {
  if (length == 0) return CELL_TYPE_EMPTY;
  if ((unsigned char)text[0] <= ' ' || (unsigned char)text[length - 1] <= ' ') {
    for (; length > 0 && blank(*text); length--) text++;
    while (length > 0 && blank(text[length - 1])) length--;
    if (length == 0) return CELL_TYPE_EMPTY;
  }
  char c = text[0];
  bool may_be_number = digit(c) || ((c == '-' || c == '+' || c == '.') && length > 1);
  if (missing->list != NULL && missing_is_declared(missing, text, length)) return CELL_TYPE_DECLARED;
  if (may_be_number) {
    enum cell_type type = plain_number(text, length, value);
    if (type != CELL_TYPE_TEXT) return type;
    if (is_code(text, length)) return CELL_TYPE_CODE;
  } else if (missing_is_usual(text, length)) {
    return CELL_TYPE_TOKEN;
  }
  if (may_be_number || ((c | 0x20) == 'i' && length <= 8)) {
    if (copse_parse_double(text, length, value) == length)
      return isinf(*value) ? CELL_TYPE_INFINITE : CELL_TYPE_DECIMAL;
  }
  return digit(c) ? date_type(text, length, value) : CELL_TYPE_TEXT;
}
