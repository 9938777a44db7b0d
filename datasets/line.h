/* line.h - one line of CSV under construction, in a fixed buffer.
 *
 * Numbers are written with a fixed count of decimals by integer arithmetic, so that the text depends on the
 * value alone: not on the locale and not on a C library's rounding. */
#ifndef DATASETS_LINE_H
#define DATASETS_LINE_H

#include <stddef.h>
#include <stdint.h>

#define LINE_CAPACITY 8192

struct line {
  size_t length;
  char text[LINE_CAPACITY];
};

/* Each adds a cell, with a comma in front unless it is the first of the line. */
void line_text(struct line *line, const char *text);
void line_empty(struct line *line);
void line_integer(struct line *line, int64_t value);
/* value rounded to the nearest multiple of 10^-decimals, ties away from zero; |value| * 10^decimals < 2^53 */
void line_decimal(struct line *line, double value, int decimals);
/* Writes "<prefix><number>" as one cell. */
void line_label(struct line *line, const char *prefix, uint32_t number);

#endif
