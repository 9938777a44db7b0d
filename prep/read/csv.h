/* csv.h - the grammar of CSV: cells, records, and the cut of a text into chunks of whole records.
 *
 * RFC 4180 with the usual tolerance: blanks around a cell are dropped (inside quotes too), a quote opens only
 * at the start of a cell and is an ordinary character elsewhere, records end with LF or CRLF, blank lines are
 * skipped. Every text ends with '\n', so an unquoted scan needs no other end. */
#ifndef COPSE_READ_CSV_H
#define COPSE_READ_CSV_H

#include "copse.h"
#include "read/source.h"

struct csv_cell {
  const char *text; /* trimmed, without the quotes */
  size_t length;
  bool escaped; /* holds doubled quotes */
};

static inline bool csv_blank(char c, char separator) {
  return (c == ' ' || c == '\t' || c == '\r') && c != separator;
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

struct csv_chunk {
  const char *begin, *end;
  uint64_t row, n_rows; /* first row, number of rows */
};

/* The records of a text in chunks; chunk sizes do not depend on the number of threads. */
struct csv_table {
  const struct source *source;
  const char *end; /* of the text */
  char separator;
  bool quotes; /* the text holds quotes at all */
  size_t n_chunks;
  struct csv_chunk *chunks;
  uint64_t n_rows;
};

/* Cuts every part, from its `begin`, at record ends about every chunk_bytes and counts rows, those of the
 * parts too. An unclosed quote is an error. */
copse_status csv_split(copse_context *ctx, struct source *source, char separator, size_t chunk_bytes,
                       int n_threads, struct csv_table *out, copse_error *err);
void csv_table_release(struct csv_table *table);

/* The cell of a row; false when the row has no such cell. */
bool csv_locate(const struct csv_table *table, uint64_t row, uint32_t column, struct csv_cell *cell);

#endif
