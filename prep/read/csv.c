/* csv.c - records and chunks.
 *
 * Where the text has no quotes, chunks end at the next '\n'. Where it has some, one pass from quote to quote
 * decides which line ends lie inside quotes: exact (also with stray quotes inside cells, which a mere parity
 * would misjudge), and as fast as memchr when quotes are rare. */
#include "read/csv.h"

#include <string.h>

#include "read/report.h"

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
  const char *last = close;
  while (begin < last && csv_blank(*begin, '\0')) begin++;
  while (begin < last && csv_blank(last[-1], '\0')) last--;
  *cell = (struct csv_cell){begin, (size_t)(last - begin), escaped};
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

/* First record end at or after target, for a record start p of the part [begin, end). NULL: the quote at
 * *open is never closed there. */
static const char *record_end(const char *p, const char *target, const char *begin, const char *end,
                              const struct csv_table *table, const char **open) {
  const char *line = NULL;
  for (;;) {
    const char *from = p > target ? p : target;
    if (line == NULL || line < from) line = memchr(from, '\n', (size_t)(end - from));
    const char *quote = table->quotes ? memchr(p, '"', (size_t)(line - p)) : NULL;
    if (quote == NULL) return line + 1;
    p = quote + 1;
    if (!quote_opens(quote, begin, table->separator)) continue;
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

static void count_rows(void *user, size_t index, int thread) {
  (void)thread;
  struct csv_table *table = user;
  struct csv_chunk *chunk = &table->chunks[index];
  const char *p = chunk->begin, *next;
  uint64_t n = 0;
  while (p < chunk->end) {
    if (!csv_skip_blank_line(p, table->separator, &next)) {
      n++;
      next = csv_next_record(p, table->end, table->separator, table->quotes);
    }
    p = next;
  }
  chunk->n_rows = n;
}

/* Appends the chunks of one part. */
static copse_status split_part(struct csv_table *table, const struct source_part *part, size_t chunk_bytes,
                               copse_error *err) {
  const struct source *source = table->source;
  const char *begin = source->text + part->begin, *end = source->text + part->end;
  for (const char *p = begin; p < end;) {
    const char *open = NULL, *target = (size_t)(end - p) > chunk_bytes ? p + chunk_bytes : end - 1;
    const char *next = record_end(p, target, begin, end, table, &open);
    if (next == NULL) {
      struct source_place place = source_place(source, open);
      return report(err, COPSE_ERR_FORMAT,
                    "%s:%llu: a quote is opened here and never closed (close it, or double it inside a cell)",
                    place.path, place.line);
    }
    table->chunks[table->n_chunks++] = (struct csv_chunk){.begin = p, .end = next};
    p = next;
  }
  return COPSE_OK;
}

/* Rows before each chunk, and rows of each part. */
static void number_rows(struct csv_table *table, struct source *source) {
  size_t k = 0;
  for (size_t i = 0; i < table->n_chunks; i++) {
    struct csv_chunk *chunk = &table->chunks[i];
    while (k + 1 < source->n_parts && (size_t)(chunk->begin - source->text) >= source->parts[k].end) k++;
    chunk->row = table->n_rows;
    table->n_rows += chunk->n_rows;
    source->parts[k].n_rows += chunk->n_rows;
  }
}

copse_status csv_split(copse_context *ctx, struct source *source, char separator, size_t chunk_bytes,
                       int n_threads, struct csv_table *out, copse_error *err) {
  *out = (struct csv_table){.source = source, .end = source->text + source->length, .separator = separator};
  size_t capacity = 0;
  for (size_t i = 0; i < source->n_parts; i++)
    capacity += (source->parts[i].end - source->parts[i].begin) / chunk_bytes + 1;
  out->quotes = memchr(source->text, '"', source->length) != NULL;
  out->chunks = copse_alloc(ctx, capacity, sizeof *out->chunks);
  if (out->chunks == NULL) return report_memory(err, "the list of chunks", source->path);
  for (size_t i = 0; i < source->n_parts; i++) {
    copse_status status = split_part(out, &source->parts[i], chunk_bytes, err);
    if (status == COPSE_OK) continue;
    csv_table_release(out);
    return status;
  }
  copse_parallel_for(n_threads, out->n_chunks, count_rows, out);
  number_rows(out, source);
  return COPSE_OK;
}

void csv_table_release(struct csv_table *table) {
  copse_free(table->chunks);
  table->chunks = NULL;
}

bool csv_locate(const struct csv_table *table, uint64_t row, uint32_t column, struct csv_cell *cell) {
  size_t index = 0;
  while (index + 1 < table->n_chunks && table->chunks[index + 1].row <= row) index++;
  if (index >= table->n_chunks) return false;
  const char *p = table->chunks[index].begin, *next;
  uint64_t at = table->chunks[index].row;
  for (; p < table->chunks[index].end; p = next) {
    if (csv_skip_blank_line(p, table->separator, &next)) continue;
    if (at++ == row) break;
    next = csv_next_record(p, table->end, table->separator, table->quotes);
  }
  if (p >= table->chunks[index].end) return false;
  for (uint32_t i = 0;; i++) {
    p = csv_take(p, table->end, table->separator, cell);
    if (p == NULL) return false;
    if (i == column) return true;
    if (*p++ == '\n') return false;
  }
}
