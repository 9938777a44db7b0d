/* format_text.c - lines, words and numbers of LightGBM's text format, and percent-encoding.
 *
 * The reader walks the text once, line by line, and never by the byte counts of `tree_sizes`: those break
 * when a file's line ends were converted. */
#include "model/format_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/status.h"

bool text_peek_line(const struct text_reader *reader, struct text_slice *line) {
  if (reader->at == reader->end) return false;
  const char *newline = memchr(reader->at, '\n', (size_t)(reader->end - reader->at));
  size_t length = (size_t)((newline != NULL ? newline : reader->end) - reader->at);
  if (length > 0 && reader->at[length - 1] == '\r') length--;
  *line = (struct text_slice){reader->at, length, reader->line};
  return true;
}

bool text_next_line(struct text_reader *reader, struct text_slice *line) {
  if (!text_peek_line(reader, line)) return false;
  const char *newline = memchr(reader->at, '\n', (size_t)(reader->end - reader->at));
  reader->at = newline != NULL ? newline + 1 : reader->end;
  reader->line++;
  return true;
}

bool text_is(const struct text_slice *slice, const char *text) {
  return slice->length == strlen(text) && memcmp(slice->text, text, slice->length) == 0;
}

bool text_starts(const struct text_slice *slice, const char *prefix) {
  size_t n = strlen(prefix);
  return slice->length >= n && memcmp(slice->text, prefix, n) == 0;
}

bool text_cut(const struct text_slice *line, struct text_slice *key, struct text_slice *value) {
  const char *equals = memchr(line->text, '=', line->length);
  if (equals == NULL) return false;
  size_t n = (size_t)(equals - line->text);
  *key = (struct text_slice){line->text, n, line->line};
  *value = (struct text_slice){equals + 1, line->length - n - 1, line->line};
  return true;
}

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

bool text_next_word(struct text_slice *rest, struct text_slice *word) {
  while (rest->length > 0 && is_blank(*rest->text)) {
    rest->text++;
    rest->length--;
  }
  if (rest->length == 0) return false;
  size_t n = 0;
  while (n < rest->length && !is_blank(rest->text[n])) n++;
  *word = (struct text_slice){rest->text, n, rest->line};
  rest->text += n;
  rest->length -= n;
  return true;
}

size_t text_count_words(const struct text_slice *slice) {
  struct text_slice rest = *slice, word;
  size_t n = 0;
  while (text_next_word(&rest, &word)) n++;
  return n;
}

copse_status text_fail(const struct text_reader *reader, size_t line, const char *field, const char *format,
                       ...) {
  char sentence[512];
  va_list args;
  va_start(args, format);
  vsnprintf(sentence, sizeof sentence, format, args);
  va_end(args);
  for (char *c = sentence; *c != '\0'; c++) /* bytes of a damaged file need not be UTF-8 */
    if (*c < 0x20 || *c > 0x7E) *c = '?';
  return status_set(
      reader->err, COPSE_ERR_FORMAT,
      "%s:%zu: %s: %s (the model file is damaged or was edited; write it again from its source)",
      reader->place, line, field, sentence);
}

/* At most this much of a found word goes into a message. */
enum { SHOWN = 40 };
static int shown(const struct text_slice *word) { return word->length < SHOWN ? (int)word->length : SHOWN; }

/* Decimal digits with an optional sign, nothing else. */
static bool parse_integer(const struct text_slice *word, int64_t *out) {
  bool negative = word->length > 0 && word->text[0] == '-';
  size_t i = negative || (word->length > 0 && word->text[0] == '+') ? 1 : 0;
  if (i == word->length) return false;
  int64_t value = 0;
  for (; i < word->length; i++) {
    int digit = word->text[i] - '0';
    if (digit < 0 || digit > 9) return false;
    if (__builtin_mul_overflow(value, (int64_t)10, &value)) return false;
    if (__builtin_add_overflow(value, (int64_t)digit, &value)) return false;
  }
  *out = negative ? -value : value;
  return true;
}

static copse_status integer_word(const struct text_reader *reader, const char *field,
                                 const struct text_slice *word, int64_t low, int64_t high, int64_t *out) {
  if (parse_integer(word, out) && *out >= low && *out <= high) return COPSE_OK;
  return text_fail(reader, word->line, field, "expected a whole number from %lld to %lld, found \"%.*s\"",
                   (long long)low, (long long)high, shown(word), word->text);
}

copse_status text_integer(const struct text_reader *reader, const char *field, const struct text_slice *value,
                          int64_t low, int64_t high, int64_t *out) {
  struct text_slice rest = *value, word, more;
  if (!text_next_word(&rest, &word))
    return text_fail(reader, value->line, field, "expected a whole number, found none");
  if (text_next_word(&rest, &more))
    return text_fail(reader, value->line, field, "expected one whole number, found more");
  return integer_word(reader, field, &word, low, high, out);
}

copse_status text_integers(struct text_reader *reader, const char *field, const struct text_slice *value,
                           size_t n, int64_t low, int64_t high) {
  size_t found = text_count_words(value);
  if (found != n) return text_fail(reader, value->line, field, "expected %zu values, found %zu", n, found);
  if (n > reader->integers_capacity) {
    int64_t *integers = copse_resize(reader->ctx, reader->integers, n, sizeof *integers);
    if (integers == NULL) return status_memory(reader->err, "a model read from a file");
    reader->integers = integers;
    reader->integers_capacity = n;
  }
  struct text_slice rest = *value, word;
  for (size_t i = 0; text_next_word(&rest, &word); i++) {
    copse_status status = integer_word(reader, field, &word, low, high, &reader->integers[i]);
    if (status != COPSE_OK) return status;
  }
  return COPSE_OK;
}

copse_status text_doubles(const struct text_reader *reader, const char *field, const struct text_slice *value,
                          size_t n, double *out) {
  size_t found = text_count_words(value);
  if (found != n) return text_fail(reader, value->line, field, "expected %zu values, found %zu", n, found);
  struct text_slice rest = *value, word;
  for (size_t i = 0; text_next_word(&rest, &word); i++)
    if (copse_parse_double(word.text, word.length, &out[i]) != word.length)
      return text_fail(reader, word.line, field, "expected a number, found \"%.*s\"", shown(&word),
                       word.text);
  return COPSE_OK;
}

static bool is_plain(unsigned char c) { return c > 0x20 && c < 0x7F && c != '%' && c != '='; }

void percent_encode(const char *bytes, size_t length, copse_text *out) {
  static const char digits[] = "0123456789ABCDEF";
  for (size_t i = 0; i < length;) {
    size_t plain = i;
    while (plain < length && is_plain((unsigned char)bytes[plain])) plain++;
    copse_text_append(out, bytes + i, plain - i);
    if (plain == length) return;
    unsigned char c = (unsigned char)bytes[plain];
    copse_text_append(out, (const char[]){'%', digits[c >> 4], digits[c & 15]}, 3);
    i = plain + 1;
  }
}

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool percent_decode(const char *text, size_t length, char *out, size_t *n_out) {
  size_t n = 0;
  for (size_t i = 0; i < length; i++) {
    if (text[i] != '%') {
      if (!is_plain((unsigned char)text[i])) return false;
      out[n++] = text[i];
      continue;
    }
    if (length - i < 3) return false;
    int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return false;
    out[n++] = (char)(high << 4 | low);
    i += 2;
  }
  *n_out = n;
  return true;
}
