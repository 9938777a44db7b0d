/* encoding.c - see encoding.h. */
#include "read/encoding.h"

#include <string.h>

#include "read/utf8.h"

static bool begins(const char *text, size_t length, const char *magic, size_t n) {
  return length >= n && memcmp(text, magic, n) == 0;
}

const char *encoding_known_binary(const char *text, size_t length) {
  static const struct {
    const char *magic;
    size_t length;
    const char *name;
  } kinds[] = {
      {"PK\003\004", 4, "a zip archive or spreadsheet"},
      {"PAR1", 4, "a Parquet file"},
      {"BZh", 3, "compressed with bzip2"},
      {"\3757zXZ", 5, "compressed with xz"},
      {"\050\265\057\375", 4, "compressed with zstd"},
      {"SQLite format 3", 15, "an SQLite database, whose tables are named FILE#TABLE"},
      {"______LightGBM_Binary_File_Token______", 38, "a binary data set of LightGBM"},
      {"\377\376\0\0", 4, "UTF-32 text"},
      {"\0\0\376\377", 4, "UTF-32 text"},
  };
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
    if (begins(text, length, kinds[i].magic, kinds[i].length)) return kinds[i].name;
  return NULL;
}

static bool is_control(uint32_t c) {
  return c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != '\v';
}

const char *encoding_find_control(enum encoding kind, const char *text, size_t length) {
  size_t size = encoding_is_utf16(kind) ? 2 : 1;
  for (size_t i = 0; i + size <= length; i += size)
    if (is_control(encoding_character(kind, text + i))) return text + i;
  return NULL;
}

/* UTF-16 without a mark: NULs at one side of the pairs, an eighth of them at least, as separators, digits and
 * blanks are in any script, and line ends are such pairs; but for a few characters that have a NUL at the
 * other side, or the byte of a line end. NULs that stray in other text are at both sides, and not at line
 * ends. */
static bool may_be_utf16(const unsigned char *p, size_t length, size_t high) {
  size_t n = 0, n_wrong = 0, n_lines = 0, n_others = 0, n_pairs = length / 2;
  for (size_t i = 0; i + 1 < length; i += 2) {
    unsigned char upper = p[i + high], lower = p[i + 1 - high];
    if (lower == 0 && upper == 0) return false;
    n += upper == 0;
    n_wrong += lower == 0;
    n_lines += lower == '\n' && upper == 0;
    n_others += lower == '\n' && upper != 0;
  }
  return n > n_lines && n * (n_lines > 0 ? 8 : 2) >= n_pairs && n_wrong * 4 <= n && n_others <= 8 * n_lines;
}

enum encoding encoding_look(const char *text, size_t length) {
  const unsigned char *p = (const unsigned char *)text;
  if (length > ENCODING_LOOK) length = ENCODING_LOOK;
  if (begins(text, length, "\xEF\xBB\xBF", 3)) return ENCODING_UTF8;
  if (encoding_known_binary(text, length) != NULL) return ENCODING_BINARY;
  if (begins(text, length, "\xFF\xFE", 2)) return ENCODING_UTF16LE;
  if (begins(text, length, "\xFE\xFF", 2)) return ENCODING_UTF16BE;
  if (memchr(text, '\0', length) != NULL) {
    if (may_be_utf16(p, length, 1)) return ENCODING_UTF16LE;
    if (may_be_utf16(p, length, 0)) return ENCODING_UTF16BE;
  }
  return encoding_find_control(ENCODING_OPEN, text, length) != NULL ? ENCODING_BINARY : ENCODING_OPEN;
}

const char *encoding_name(enum encoding kind) {
  return kind == ENCODING_1252      ? "windows-1252"
         : kind == ENCODING_UTF16LE ? "utf-16le"
         : kind == ENCODING_UTF16BE ? "utf-16be"
                                    : "utf-8";
}

uint32_t encoding_1252(unsigned char byte) {
  static const uint16_t upper[32] = {0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021,
                                     0x2C6,  0x2030, 0x160,  0x2039, 0x152,  0x8D,   0x17D,  0x8F,
                                     0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                     0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0x9D,   0x17E,  0x178};
  return byte >= 0x80 && byte < 0xA0 ? upper[byte - 0x80] : byte;
}
