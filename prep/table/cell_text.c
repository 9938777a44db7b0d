/* cell_text.c - see cell_text.h. */
#include "table/cell_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static bool needs_quotes(const char *text, size_t length) {
  if (length == 0) return true;
  for (size_t i = 0; i < length; i++)
    if (text[i] == ',' || text[i] == '"' || text[i] == '\n' || text[i] == '\r') return true;
  return text[0] == ' ' || text[0] == '\t' || text[length - 1] == ' ' || text[length - 1] == '\t';
}

void cell_append_text(copse_text *out, const char *text, size_t length) {
  if (!needs_quotes(text, length)) {
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
