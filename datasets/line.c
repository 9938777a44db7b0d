/* line.c - see line.h. The capacity is a promise of the generators (checked by assert), not of the input. */
#include "line.h"

#include <assert.h>
#include <string.h>

static void put(struct line *line, const char *text, size_t length) {
  assert(line->length + length <= LINE_CAPACITY);
  memcpy(line->text + line->length, text, length);
  line->length += length;
}

static void begin_cell(struct line *line) {
  if (line->length > 0) put(line, ",", 1);
}

/* at least `width` digits, zeros in front */
static void put_digits(struct line *line, uint64_t value, int width) {
  char digits[24];
  size_t at = sizeof digits;
  do {
    digits[--at] = (char)('0' + value % 10);
    value /= 10;
  } while (value > 0 || (int)(sizeof digits - at) < width);
  put(line, digits + at, sizeof digits - at);
}

void line_text(struct line *line, const char *text) {
  begin_cell(line);
  put(line, text, strlen(text));
}

void line_empty(struct line *line) {
  assert(line->length > 0);
  begin_cell(line);
}

void line_integer(struct line *line, int64_t value) {
  begin_cell(line);
  if (value < 0) put(line, "-", 1);
  put_digits(line, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 1);
}

void line_decimal(struct line *line, double value, int decimals) {
  uint64_t scale = 1;
  for (int i = 0; i < decimals; i++) scale *= 10;
  double magnitude = (value < 0 ? -value : value) * (double)scale + 0.5;
  assert(magnitude < 0x1p53);
  uint64_t scaled = (uint64_t)magnitude;
  begin_cell(line);
  if (value < 0 && scaled > 0) put(line, "-", 1);
  put_digits(line, scaled / scale, 1);
  if (decimals > 0) {
    put(line, ".", 1);
    put_digits(line, scaled % scale, decimals);
  }
}

void line_label(struct line *line, const char *prefix, uint32_t number) {
  begin_cell(line);
  put(line, prefix, strlen(prefix));
  put_digits(line, number, 1);
}
