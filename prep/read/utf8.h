/* utf8.h - which bytes are UTF-8 (RFC 3629: no surrogates, no longer form than needed, up to U+10FFFF). */
#ifndef COPSE_READ_UTF8_H
#define COPSE_READ_UTF8_H

#include <stddef.h>
#include <stdint.h>

enum utf8_kind {
  UTF8_WHOLE, /* a character */
  UTF8_BAD,   /* bytes that begin none */
  UTF8_CUT    /* the text ends within a character */
};

/* The first sequence of text[0..n), n > 0, and its length. Of what is bad as many bytes as one U+FFFD stands
 * for: those that some character begins with (Unicode's "maximal subpart"), at least one. */
enum utf8_kind utf8_step(const char *text, size_t n, size_t *length);
/* Bytes of the character that this one begins; 1 where it begins none. */
size_t utf8_length(char first);
/* Bytes at the start that are ASCII. */
size_t utf8_ascii_prefix(const char *text, size_t n);
/* Bytes at the start that are whole characters: up to what is bad or cut off. */
size_t utf8_prefix(const char *text, size_t n);
/* Of whole characters, those that are not ASCII. */
uint64_t utf8_count_wide(const char *text, size_t n);
/* Writes a character of at most 4 bytes; returns their number. code: not a surrogate, up to 0x10FFFF. */
size_t utf8_put(uint32_t code, char out[4]);

#endif
