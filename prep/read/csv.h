/* csv.h - the grammar of CSV: cells and records.
 *
 * RFC 4180 with the usual tolerance: blanks around a cell are dropped (those inside of its quotes are part of
 * it), a quote opens only at the start of a cell and is an ordinary character elsewhere, records end with LF
 * or CRLF, blank lines are skipped. Every text ends with '\n', so an unquoted scan needs no other end. */
#ifndef COPSE_READ_CSV_H
#define COPSE_READ_CSV_H

#include "copse.h"
#include "read/source.h"

struct csv_cell {
  const char *text; /* without the quotes, or trimmed where it has none */
  size_t length;
  bool escaped; /* holds doubled quotes */
};

static inline bool csv_blank(char c, char separator) {
  return (c == ' ' || c == '\t' || c == '\r') && c != separator;
}

/* Without blanks inside of its quotes: names, and what numbers and missing cells are read from. */
static inline struct csv_cell csv_trimmed(struct csv_cell cell) {
  for (; cell.length > 0 && csv_blank(*cell.text, '\0'); cell.length--) cell.text++;
  while (cell.length > 0 && csv_blank(cell.text[cell.length - 1], '\0')) cell.length--;
  return cell;
}

/* The quoted cell at p (on its quote). Returns as csv_take. */
const char *csv_take_quoted(const char *p, const char *end, char separator, struct csv_cell *cell);

/* The cell that starts at p. Returns the position of the separator or '\n' behind it; NULL when its quote is
 * never closed or followed by text: cell->text is the bad place then. */
static inline const char *csv_take(const char *p, const char *end, char separator, struct csv_cell *cell) {
  while (csv_blank(*p, separator)) p++;
  if (*p == '"') return csv_take_quoted(p, end, separator, cell);
  const char *begin = p;
  while (*p != separator && *p != '\n') p++;
  const char *last = p;
  while (last > begin && csv_blank(last[-1], separator)) last--;
  *cell = (struct csv_cell){begin, (size_t)(last - begin), false};
  return p;
}

/* Whether the record at p is blank; *next is the start of the next one then. */
static inline bool csv_skip_blank_line(const char *p, char separator, const char **next) {
  while (csv_blank(*p, separator)) p++;
  *next = p + 1;
  return *p == '\n';
}

/* Start of the record after the one at p; a broken quote ends its record at the next '\n'. */
const char *csv_next_record(const char *p, const char *end, char separator, bool quotes);

/* Cells of the record at p; 0 when a quote is broken. */
uint32_t csv_count_cells(const char *p, const char *end, char separator);

/* Writes a cell's text with doubled quotes made single; out has room for cell->length bytes. Returns the
 * length. */
size_t csv_unescape(const struct csv_cell *cell, char *out);

/* First record end at or after target, for a record start p of a text [begin, end) that ends with '\n'; begin
 * is a record start. quotes: the text holds some. NULL: the quote at *open is not closed there. */
const char *csv_record_end(const char *p, const char *target, const char *begin, const char *end,
                           char separator, bool quotes, const char **open);

#endif
