/* cell_text.c - see cell_text.h. */
#include "table/cell_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "read/missing.h"

/* Whether a reader would take the text for a number or a missing cell: "007" and "nan" are texts here. */
static bool looks_otherwise(const char *text, size_t length) {
  static const char firsts[] = "0123456789+-.?nNiI";
  struct missing_tokens usual = {.list = NULL};
  double value;
  if (strchr(firsts, text[0]) == NULL || text[0] == '\0') return false;
  return missing_is(&usual, text, length) || copse_parse_double(text, length, &value) == length;
}

static bool needs_quotes(const char *text, size_t length) {
  if (length == 0) return true;
  for (size_t i = 0; i < length; i++)
    if (text[i] == ',' || text[i] == '"' || text[i] == '\n' || text[i] == '\r') return true;
  return text[0] == ' ' || text[0] == '\t' || text[length - 1] == ' ' || text[length - 1] == '\t';
}

static void append(copse_text *out, const char *text, size_t length, bool quotes) {
  if (!quotes) {
    copse_text_append(out, text, length);
    return;
  }
  copse_text_append(out, "\"", 1);
  for (size_t i = 0; i < length; i++) {
    if (text[i] == '"') copse_text_append(out, "\"", 1);
    copse_text_append(out, text + i, 1);
  }
  copse_text_append(out, "\"", 1);
}

void cell_append_name(copse_text *out, const char *text, size_t length) {
  append(out, text, length, needs_quotes(text, length));
}

void cell_append_text(copse_text *out, const char *text, size_t length) {
  append(out, text, length, needs_quotes(text, length) || looks_otherwise(text, length));
}

size_t cell_format_integer(double value, char *out) {
  out[0] = '\0';
  return isnan(value) ? 0 : (size_t)snprintf(out, 32, "%" PRId64, (int64_t)value);
}

size_t cell_format_real(double value, char *out) {
  size_t length = 0;
  double back;
  out[0] = '\0';
  if (isnan(value)) return 0;
  if (fabs(value) < 1e15 && value == (double)(int64_t)value) {
    length = cell_format_integer(value, out);
    memcpy(out + length, ".0", 3);
    return length + 2;
  }
  for (int digits = 15; digits <= 17; digits++) {
    length = copse_format_double_digits(value, digits, out, 32);
    if (digits == 17 || (copse_parse_double(out, length, &back) == length && back == value)) break;
  }
  if (isfinite(value) && strpbrk(out, ".e") == NULL) {
    memcpy(out + length, ".0", 3);
    length += 2;
  }
  return length;
}
