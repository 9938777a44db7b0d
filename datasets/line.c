/* line.c - see line.h. The capacity is a promise of the generators (checked by assert), not of the input. */
#include "line.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

static void put(struct line *line, const char *text, size_t length) {
  assert(line->length + length <= LINE_CAPACITY);
  memcpy(line->text + line->length, text, length);
  line->length += length;
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

void line_start(struct line *line, enum line_format format) {
  line->format = format;
  line->n_cells = 0;
  line->length = 0;
}

static void begin_text(struct line *line) {
  assert(line->format == LINE_CSV);
  if (line->n_cells++ > 0) put(line, ",", 1);
}

/* False: a zero that LibSVM leaves out. */
static bool begin_number(struct line *line, bool zero) {
  if (line->format == LINE_CSV) {
    begin_text(line);
    return true;
  }
  uint32_t cell = line->n_cells++;
  if (cell == 0) return true;
  if (zero) return false;
  put(line, " ", 1);
  put_digits(line, cell, 1);
  put(line, ":", 1);
  return true;
}

void line_text(struct line *line, const char *text) {
  begin_text(line);
  put(line, text, strlen(text));
}

void line_empty(struct line *line) {
  assert(line->n_cells > 0);
  begin_text(line);
}

void line_integer(struct line *line, int64_t value) {
  if (!begin_number(line, value == 0)) return;
  if (value < 0) put(line, "-", 1);
  put_digits(line, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 1);
}

void line_decimal(struct line *line, double value, int decimals) {
  uint64_t scale = 1;
  for (int i = 0; i < decimals; i++) scale *= 10;
  double magnitude = (value < 0 ? -value : value) * (double)scale + 0.5;
  assert(magnitude < 0x1p53);
  uint64_t scaled = (uint64_t)magnitude;
  if (!begin_number(line, scaled == 0)) return;
  if (value < 0 && scaled > 0) put(line, "-", 1);
  put_digits(line, scaled / scale, 1);
  if (decimals > 0) {
    put(line, ".", 1);
    put_digits(line, scaled % scale, decimals);
  }
}

void line_label(struct line *line, const char *prefix, uint32_t number) {
  begin_text(line);
  put(line, prefix, strlen(prefix));
  put_digits(line, number, 1);
}

void line_query(struct line *line, uint64_t query) {
  if (line->format == LINE_CSV) {
    begin_text(line);
  } else {
    assert(line->n_cells == 1);
    put(line, " qid:", 5);
  }
  put_digits(line, query, 1);
}
