/* escape.c - see escape.h. */
#include "report/escape.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "profile/text_kind.h"

/* Characters that change what is seen around them, or are not seen. */
static bool is_hidden(uint32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0xAD || c == 0x61C || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF ||
         (c & 0xFFFE) == 0xFFFE;
}

static size_t encode(uint32_t c, char *out) {
  if (c < 0x80) {
    out[0] = (char)c;
    return 1;
  }
  size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  for (size_t i = n - 1; i > 0; i--, c >>= 6) out[i] = (char)(0x80 | (c & 0x3F));
  out[0] = (char)((n == 2 ? 0xC0 : n == 3 ? 0xE0 : 0xF0) | c);
  return n;
}

void clean_text(const char *text, size_t length, size_t most, char *out, size_t capacity) {
  const char *p = text, *end = text + length;
  size_t n = 0, at = 0;
  for (; p < end; n++) {
    char piece[16];
    uint32_t c = text_next(&p, end);
    size_t size =
        is_hidden(c) ? (size_t)snprintf(piece, sizeof piece, "\\u%04X", (unsigned)c) : encode(c, piece);
    if (n == most || at + size + 4 > capacity) { /* room for the mark and the end */
      memcpy(out + at, "\xE2\x80\xA6", 3);
      at += 3;
      break;
    }
    memcpy(out + at, piece, size);
    at += size;
  }
  out[at] = '\0';
}

void append_html(copse_text *out, const char *text) {
  for (; *text != '\0'; text++) {
    const char *name = *text == '&'    ? "&amp;"
                       : *text == '<'  ? "&lt;"
                       : *text == '>'  ? "&gt;"
                       : *text == '"'  ? "&quot;"
                       : *text == '\'' ? "&#39;"
                                       : NULL;
    if (name != NULL)
      copse_text_append(out, name, strlen(name));
    else
      copse_text_append(out, text, 1);
  }
}

void append_json(copse_text *out, const char *text, size_t length) {
  const char *p = text, *end = text + length;
  copse_text_append(out, "\"", 1);
  while (p < end) {
    char piece[8];
    uint32_t c = text_next(&p, end);
    if (c == 0) c = 0xFFFD; /* parsers refuse it */
    if (c == '"' || c == '\\')
      copse_text_appendf(out, "\\%c", (int)c);
    else if (c < 0x20 || c == 0x7F || c == '<' || c == '>' || c == '&' || c == 0x2028 || c == 0x2029)
      copse_text_appendf(out, "\\u%04X", (unsigned)c);
    else
      copse_text_append(out, piece, encode(c, piece));
  }
  copse_text_append(out, "\"", 1);
}

void append_json_number(copse_text *out, double x) {
  if (isfinite(x)) {
    char room[32];
    copse_text_append(out, room, copse_format_double(x, room, sizeof room));
  } else {
    copse_text_append(out, "null", 4);
  }
}
