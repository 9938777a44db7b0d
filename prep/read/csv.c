/* csv.c - see csv.h. */
#include "read/csv.h"

#include <string.h>

const char *csv_take_quoted(const char *p, const char *end, char separator, struct csv_cell *cell) {
  const char *begin = p + 1, *close = begin;
  bool escaped = false;
  for (;;) {
    close = memchr(close, '"', (size_t)(end - close));
    if (close == NULL) {
      cell->text = p;
      return NULL;
    }
    if (close[1] != '"') break;
    escaped = true;
    close += 2;
  }
  *cell = (struct csv_cell){begin, (size_t)(close - begin), escaped};
  for (p = close + 1; csv_blank(*p, separator);) p++;
  if (*p == separator || *p == '\n') return p;
  cell->text = p;
  return NULL;
}

const char *csv_next_record(const char *p, const char *end, char separator, bool quotes) {
  const char *line = memchr(p, '\n', (size_t)(end - p));
  if (!quotes || memchr(p, '"', (size_t)(line - p)) == NULL) return line + 1;
  struct csv_cell cell;
  for (;;) {
    p = csv_take(p, end, separator, &cell);
    if (p == NULL) break;
    if (*p++ == '\n') return p;
  }
  line = memchr(cell.text, '\n', (size_t)(end - cell.text));
  return line != NULL ? line + 1 : end;
}

uint32_t csv_count_cells(const char *p, const char *end, char separator) {
  struct csv_cell cell;
  uint32_t n = 0;
  do {
    p = csv_take(p, end, separator, &cell);
    if (p == NULL) return 0;
    n++;
  } while (*p++ != '\n');
  return n;
}

size_t csv_unescape(const struct csv_cell *cell, char *out) {
  size_t n = 0;
  for (size_t i = 0; i < cell->length; i++) {
    out[n++] = cell->text[i];
    if (cell->text[i] == '"' && i + 1 < cell->length && cell->text[i + 1] == '"') i++;
  }
  return n;
}

/* Whether the quote at p, outside quotes, opens a cell. */
static bool quote_opens(const char *p, const char *begin, char separator) {
  do p--;
  while (p >= begin && csv_blank(*p, separator));
  return p < begin || *p == separator || *p == '\n';
}

/* Where the text has no quotes, the next '\n'. Where it has some, one pass from quote to quote decides which
 * line ends lie inside quotes: exact (also with stray quotes inside cells, which a mere parity would
 * misjudge), and as fast as memchr when quotes are rare. */
const char *csv_record_end(const char *p, const char *target, const char *begin, const char *end,
                           char separator, bool quotes, const char **open) {
  const char *line = NULL;
  for (;;) {
    const char *from = p > target ? p : target;
    if (line == NULL || line < from) line = memchr(from, '\n', (size_t)(end - from));
    const char *quote = quotes ? memchr(p, '"', (size_t)(line - p)) : NULL;
    if (quote == NULL) return line + 1;
    p = quote + 1;
    if (!quote_opens(quote, begin, separator)) continue;
    do {
      const char *close = memchr(p, '"', (size_t)(end - p));
      if (close == NULL) {
        *open = quote;
        return NULL;
      }
      p = close + 1;
    } while (*p++ == '"');
    p--;
  }
}
