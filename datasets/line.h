/* line.h - one line of CSV or LibSVM under construction, in a fixed buffer.
 *
 * The same calls write both formats. In LibSVM the first cell is the label, every later one a feature
 * numbered from 1 that is written as `number:value` unless its text would be a zero; texts and missing values
 * have no place there.
 *
 * Numbers are written with a fixed count of decimals by integer arithmetic, so that the text depends on the
 * value alone: not on the locale and not on a C library's rounding. */
#ifndef DATASETS_LINE_H
#define DATASETS_LINE_H

#include <stddef.h>
#include <stdint.h>

#define LINE_CAPACITY ((size_t)1 << 20)

enum line_format { LINE_CSV, LINE_LIBSVM };

struct line {
  enum line_format format;
  uint32_t n_cells;
  size_t length;
  char text[LINE_CAPACITY];
};

/* Empties the line. */
void line_start(struct line *line, enum line_format format);

/* Each adds a cell. */
void line_text(struct line *line, const char *text); /* CSV; may hold several cells with their commas */
void line_empty(struct line *line);                  /* CSV; not the first cell */
void line_integer(struct line *line, int64_t value);
/* value rounded to the nearest multiple of 10^-decimals, ties away from zero; |value| * 10^decimals < 2^53 */
void line_decimal(struct line *line, double value, int decimals);
/* CSV. Writes "<prefix><number>" as one cell. */
void line_label(struct line *line, const char *prefix, uint32_t number);
/* The number of the query: a cell of CSV, `qid:number` in LibSVM, where it directly follows the label. */
void line_query(struct line *line, uint64_t query);

#endif
