/* text_kind.c - see text_kind.h. */
#include "profile/text_kind.h"

#include <string.h>

#include "profile/cell.h"

const char *const text_pattern_names[N_PATTERNS] = {"", "email", "phone", "URL", "UUID"};

static bool digit(char c) { return (unsigned char)(c - '0') <= 9; }
static bool letter(char c) { return (unsigned char)((c | 0x20) - 'a') < 26; }

uint32_t text_next(const char **p, const char *end) {
  const unsigned char *s = (const unsigned char *)*p;
  size_t left = (size_t)(end - *p), n = s[0] < 0x80 ? 1 : s[0] >> 5 == 6 ? 2 : s[0] >> 4 == 14 ? 3 : 4;
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  (*p)++;
  if (n == 1) return s[0];
  if (s[0] < 0xC2 || s[0] > 0xF4 || n > left) return 0xFFFD;
  uint32_t c = s[0] & (0xFFu >> (n + 1));
  for (size_t i = 1; i < n; i++) {
    if ((s[i] & 0xC0) != 0x80) return 0xFFFD;
    c = c << 6 | (s[i] & 0x3F);
  }
  if (c < least[n] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) return 0xFFFD;
  *p += n - 1;
  return c;
}

static bool is_uuid(const char *t, size_t n) {
  if (n != 36) return false;
  for (size_t i = 0; i < n; i++) {
    bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? t[i] != '-' : !digit(t[i]) && !((t[i] | 0x20) >= 'a' && (t[i] | 0x20) <= 'f')) return false;
  }
  return true;
}

static bool is_phone(const char *t, size_t n) {
  size_t digits = 0, marks = 0;
  if (n < 8 || n > 24) return false;
  for (size_t i = 0; i < n; i++) {
    if (digit(t[i])) {
      digits++;
    } else if (t[i] == '+' ? i == 0 : strchr(" -()./", t[i]) != NULL) {
      marks++;
    } else {
      return false;
    }
  }
  return digits >= 7 && digits <= 15 && marks > 0 && (t[0] == '+' || digits >= 9);
}

enum text_pattern text_pattern_of(const char *text, size_t length) {
  const char *at = memchr(text, '@', length);
  if (at != NULL && at > text && memchr(at, '.', length - (size_t)(at - text)) != NULL &&
      memchr(text, ' ', length) == NULL)
    return PATTERN_EMAIL;
  if (length > 7 && (memcmp(text, "http://", 7) == 0 || memcmp(text, "https:/", 7) == 0)) return PATTERN_URL;
  if (is_uuid(text, length)) return PATTERN_UUID;
  return is_phone(text, length) ? PATTERN_PHONE : PATTERN_NONE;
}

/* Digits in groups of three behind the mark, after one to three; returns the position behind, the number of
 * groups in *n. */
static const char *take_groups(const char *p, const char *end, char mark, int *n) {
  const char *begin = p;
  while (p < end && digit(*p)) p++;
  *n = 0;
  if (p == begin || p - begin > 3) return p;
  while (end - p > 3 && *p == mark && digit(p[1]) && digit(p[2]) && digit(p[3])) {
    p += 4;
    ++*n;
  }
  return p;
}

bool text_is_grouped_number(const char *text, size_t length) {
  static const char marks[] = ",. '";
  const char *end = text + length;
  if (length > 0 && *text == '-') text++;
  for (int i = 0; marks[i] != '\0'; i++) {
    int n;
    const char *p = take_groups(text, end, marks[i], &n);
    if (n == 0) continue;
    if (p == end) return n > 1 || marks[i] == ' ' || marks[i] == '\'' || marks[i] == ',';
    if ((*p == '.' || *p == ',') && *p != marks[i]) {
      p++;
      const char *first = p;
      while (p < end && digit(*p)) p++;
      if (p == end && p > first) return true;
    }
  }
  return false;
}

bool text_is_comma_number(const char *text, size_t length) {
  const char *p = text, *end = text + length;
  if (length > 0 && *p == '-') p++;
  const char *first = p;
  while (p < end && digit(*p)) p++;
  if (p == first || p == end || *p != ',') return false;
  const char *fraction = ++p;
  while (p < end && digit(*p)) p++;
  return p == end && p > fraction;
}

static bool is_bad(uint32_t c, uint32_t before) {
  if (c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0xFFFD || c == 0xFEFF) return true;
  if ((c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069))
    return true;
  /* UTF-8 that was read as Latin-1: C3 or C2 and a byte of 80 to BF */
  return (before == 0xC3 || before == 0xC2) && c >= 0xA0 && c <= 0xBF;
}

size_t text_characters(const char *text, size_t length, bool *bad, bool *ascii) {
  const char *p = text, *end = text + length;
  size_t n = 0;
  uint32_t before = 0;
  *bad = false;
  *ascii = true;
  for (; p < end; n++) {
    uint32_t c = text_next(&p, end);
    *bad |= is_bad(c, before);
    *ascii &= c < 0x80;
    before = c;
  }
  return n;
}

bool text_shape(const char *text, size_t length, char *out, size_t capacity) {
  if (length >= capacity) return false;
  for (size_t i = 0; i < length; i++) out[i] = letter(text[i]) ? 'A' : digit(text[i]) ? '9' : text[i];
  out[length] = '\0';
  return true;
}

uint64_t text_variant_key(const char *text, size_t length) {
  char folded[256];
  size_t n = 0;
  for (size_t i = 0; i < length && n < sizeof folded; i++) {
    char c = text[i];
    /* "<=50K" and ">50K", "C" and "C++", "1.5 l" and "15 l" are no variants of each other */
    bool meant = c != '\0' && strchr("<>=+#%", c) != NULL;
    bool point =
        (c == '.' || c == ',') && i > 0 && digit(text[i - 1]) && i + 1 < length && digit(text[i + 1]);
    if (letter(c)) folded[n++] = (char)(c | 0x20);
    if (digit(c) || (unsigned char)c >= 0x80 || meant || point) folded[n++] = c;
  }
  return n > 0 ? cell_hash(folded, n) : 0;
}

bool name_is_personal(const char *name) {
  static const char *const words[] = {"email",      "e-mail",   "phone",     "mobile",   "firstname",
                                      "first_name", "lastname", "last_name", "surname",  "fullname",
                                      "full_name",  "address",  "birth",     "passport", "ssn"};
  char lower[128];
  size_t n = 0;
  for (; name[n] != '\0' && n + 1 < sizeof lower; n++)
    lower[n] = letter(name[n]) ? (char)(name[n] | 0x20) : name[n];
  lower[n] = '\0';
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strstr(lower, words[i]) != NULL) return true;
  return strcmp(lower, "name") == 0;
}
