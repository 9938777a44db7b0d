/* encoding.h - which encoding a text is in. A byte-order mark says so; without one NULs beside every other
 * character say UTF-16; else it is UTF-8 as long as that fits, or Windows-1252. */
#ifndef COPSE_READ_ENCODING_H
#define COPSE_READ_ENCODING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum encoding {
  ENCODING_OPEN, /* ASCII so far: UTF-8 or Windows-1252 */
  ENCODING_UTF8,
  ENCODING_1252,
  ENCODING_UTF16LE,
  ENCODING_UTF16BE,
  ENCODING_BINARY /* no text: bytes as they are, for those who say so */
};

/* What is known of a file's encoding. kind and first_bad may be set by several readers of the same bytes at
 * once, all of which find the same. */
struct encoding_facts {
  _Atomic int kind;
  _Atomic uint64_t first_bad; /* byte, from 0, of the unpacked file: the first that is no UTF-8 (no UTF-16) */
  uint64_t n_bad;             /* sequences that became U+FFFD */
};

enum { ENCODING_LOOK = 4096 }; /* bytes that are looked at */

/* By the first bytes of a file, up to ENCODING_LOOK of them. */
enum encoding encoding_look(const char *text, size_t length);
/* The first control character that no text has, NULL: none. kind: UTF-16, or any other. */
const char *encoding_find_control(enum encoding kind, const char *text, size_t length);
static inline bool encoding_is_utf16(enum encoding kind) {
  return kind == ENCODING_UTF16LE || kind == ENCODING_UTF16BE;
}
/* The two bytes at text as a number where that is UTF-16, else the byte. */
static inline uint32_t encoding_character(enum encoding kind, const char *text) {
  const unsigned char *p = (const unsigned char *)text;
  return kind == ENCODING_UTF16LE   ? (uint32_t)p[1] << 8 | p[0]
         : kind == ENCODING_UTF16BE ? (uint32_t)p[0] << 8 | p[1]
                                    : p[0];
}
/* "utf-8", "windows-1252" ..., as outputs name it. */
const char *encoding_name(enum encoding kind);
/* The character of a byte of Windows-1252; those that it leaves open are C1's, as browsers have them. */
uint32_t encoding_1252(unsigned char byte);
/* What files that begin so are, when they are no text: "a Parquet file"; NULL: unknown. */
const char *encoding_known_binary(const char *text, size_t length);

#endif
