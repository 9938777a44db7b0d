/* csv_parse.c - parsing chunks in parallel, each into runs of packed cells, which are then put behind each
 * other column by column.
 *
 * Numbers are parsed in place: the parser itself finds the end of the cell, and only a cell that is not a
 * plain number up to its separator is looked at a second time. What a chunk notices (first bad row of a
 * column, unseen levels) is kept by chunk and merged in order, so nothing depends on threads. */
#include "read/csv_parse.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "read/csv_fault.h"
#include "read/csv_number.h"
#include "read/report.h"

/* One column of one chunk. */
struct cells {
  struct packed_builder builder;
  struct packed_run run;
  uint64_t bad_row, n_unseen; /* row: in the chunk */
  uint32_t text;              /* TEXT: its number among them */
};

struct parser {
  struct csv_stream *stream;
  const struct missing_tokens *missing;
  struct csv_column *columns;
  uint32_t n_columns, n_texts;
  int n_threads;
  bool typed; /* a table: a feature's cell in quotes is text, whatever it looks like */
  /* of the batch */
  size_t capacity;           /* chunks there is room for */
  struct cells *cells;       /* [chunks * n_columns] */
  struct csv_fault *results; /* [chunks] */
  struct dictionary *locals; /* [chunks * n_texts] */
  struct arena *arenas;      /* [chunks] unescaped texts */
  bool filled;               /* the next batch's text is there */
  bool *failed;              /* [n_columns] */
};

static double clipped(const struct csv_column *column, double value) {
  return column->clip && isinf(value) ? copysign(1e308, value) : value;
}

static void note_bad(struct cells *cells, uint64_t row) {
  if (cells->bad_row == UINT64_MAX) cells->bad_row = row;
}

/* ---- cells ---- */

/* Code of a cell in a sealed dictionary. Cells with doubled quotes are rare: they go through a small buffer,
 * or one from the heap. False: out of memory. */
static bool look_up(const struct parser *parser, const struct csv_column *column, const struct csv_cell *cell,
                    int32_t *code) {
  if (!cell->escaped) {
    *code = dictionary_find(column->known, cell->text, cell->length);
    return true;
  }
  char small[256], *text = small;
  if (cell->length > sizeof small) text = copse_alloc(parser->stream->ctx, cell->length, 1);
  if (text == NULL) return false;
  *code = dictionary_find(column->known, text, csv_unescape(cell, text));
  if (text != small) copse_free(text);
  return true;
}

/* What is missing in a column of texts: of a typed cell no more than what was declared to be. */
static struct missing_tokens tokens_of(const struct parser *parser, bool text) {
  struct missing_tokens tokens = *parser->missing;
  tokens.declared_only = text;
  return tokens;
}

static bool store_level(const struct parser *parser, const struct csv_column *column, struct cells *cells,
                        const struct csv_cell *cell, bool text, size_t row) {
  int32_t code = -1;
  struct missing_tokens missing = tokens_of(parser, text);
  struct csv_cell trimmed = csv_trimmed(*cell);
  if (!missing_is(&missing, trimmed.text, trimmed.length)) {
    if (!look_up(parser, column, cell, &code)) return false;
    if (code < 0) {
      code = COPSE_CODE_UNSEEN;
      note_bad(cells, row);
      cells->n_unseen++;
    }
  }
  packed_put_code(&cells->builder, row, code);
  return true;
}

static void store_number(const struct parser *parser, const struct csv_column *column, struct cells *cells,
                         const struct csv_cell *cell, bool text, size_t row) {
  double value;
  struct missing_tokens missing = tokens_of(parser, text);
  struct csv_cell trimmed = csv_trimmed(*cell);
  bool is_text = text ? !missing_is(&missing, trimmed.text, trimmed.length)
                      : cell_classify(parser->missing, trimmed.text, trimmed.length, &value) == CELL_TEXT;
  if (is_text) {
    note_bad(cells, row);
    cells->n_unseen++;
  }
  if (is_text || text) value = (double)NAN;
  packed_put(&cells->builder, row, clipped(column, value));
}

/* A number that needs no second look; the position behind it, or NULL. */
static inline const char *plain_number(const struct parser *parser, struct cells *cells, const char *p,
                                       size_t row) {
  const char separator = parser->stream->separator;
  struct csv_decimal decimal;
  const char *end = csv_take_decimal(p, separator, &decimal);
  if (end != NULL && (decimal.digits != 0 || !decimal.negative)) {
    packed_put_decimal(&cells->builder, row,
                       decimal.negative ? -(int64_t)decimal.digits : (int64_t)decimal.digits,
                       decimal.n_decimals);
    return end;
  }
  if (*p == separator) {
    packed_put_missing(&cells->builder, row);
    return p;
  }
  if (*p == ' ' && separator != ' ') p++;
  double value;
  size_t used = copse_parse_double(p, (size_t)(parser->stream->end - p), &value);
  if (used == 0 || (p[used] != separator && p[used] != '\n') || !(fabs(value) <= DBL_MAX)) return NULL;
  packed_put(&cells->builder, row, value);
  return p + used;
}

/* The cell at p into its row; position behind it, NULL with result->fault set. */
static inline const char *parse_cell(const struct parser *parser, size_t chunk, uint32_t column_index,
                                     struct cells *cells, const char *p, size_t row) {
  const struct csv_stream *stream = parser->stream;
  const struct csv_column *column = &parser->columns[column_index];
  bool numeric = column->kind == CSV_CODES || (column->kind == CSV_NUMBER && cells->bad_row == UINT64_MAX);
  if (numeric && !parser->missing->numeric) {
    const char *end = plain_number(parser, cells, p, row);
    if (end != NULL) return end;
  }
  struct csv_cell cell;
  while (csv_blank(*p, stream->separator)) p++;
  bool text = parser->typed && column->clip && *p == '"';
  p = csv_take(p, stream->end, stream->separator, &cell);
  if (p == NULL) {
    parser->results[chunk] = (struct csv_fault){.kind = FAULT_QUOTE, .at = cell.text};
    return NULL;
  }
  bool ok = true;
  int32_t code;
  if (numeric) {
    store_number(parser, column, cells, &cell, text, row);
  } else if (column->kind == CSV_NUMBER) {
    packed_put_missing(&cells->builder, row);
  } else if (column->kind == CSV_LOOKUP) {
    ok = store_level(parser, column, cells, &cell, text, row);
  } else if (column->kind == CSV_TEXT) {
    struct dictionary *local = &parser->locals[chunk * parser->n_texts + cells->text];
    struct missing_tokens missing = tokens_of(parser, text);
    ok = csv_texts_add(&missing, &parser->arenas[chunk], local, &cell, &code);
    if (ok) packed_put_code(&cells->builder, row, code);
  }
  if (!ok) parser->results[chunk].kind = FAULT_MEMORY;
  return ok ? p : NULL;
}

/* ---- chunks ---- */

/* Columns of a chunk start in different cache sets: a row is written to all of them at once. */
static bool begin_chunk(const struct parser *parser, size_t index) {
  struct csv_chunk *chunk = &parser->stream->chunks[index];
  struct cells *cells = parser->cells + index * parser->n_columns;
  size_t stride = ((size_t)chunk->n_rows * 8 + 63) / 64 * 64 + 64, n_active = 0;
  for (uint32_t i = 0; i < parser->n_columns; i++) n_active += parser->columns[i].kind != CSV_SKIP;
  if (chunk->memory_bytes < n_active * stride) {
    copse_free(chunk->memory);
    chunk->memory = copse_alloc(parser->stream->ctx, n_active, stride);
    chunk->memory_bytes = chunk->memory != NULL ? n_active * stride : 0;
    if (chunk->memory == NULL) return false;
  }
  char *slots = chunk->memory;
  uint32_t text = 0;
  for (uint32_t i = 0; i < parser->n_columns; i++) {
    const struct csv_column *column = &parser->columns[i];
    cells[i] = (struct cells){.bad_row = UINT64_MAX};
    if (column->kind == CSV_SKIP) continue;
    cells[i].builder = (struct packed_builder){.slots = slots, .exponent = column->packed.exponent};
    if (column->kind == CSV_TEXT) cells[i].text = text++;
    slots += stride;
  }
  parser->arenas[index].ctx = parser->stream->ctx;
  for (uint32_t t = 0; t < text; t++) parser->locals[index * parser->n_texts + t].ctx = parser->stream->ctx;
  return true;
}

static bool parse_records(const struct parser *parser, size_t index) {
  const struct csv_stream *stream = parser->stream;
  const struct csv_chunk *chunk = &stream->chunks[index];
  struct cells *cells = parser->cells + index * parser->n_columns;
  const char *p = chunk->begin, *next;
  for (size_t row = 0; p < chunk->end; row++) {
    while (csv_skip_blank_line(p, stream->separator, &next)) {
      p = next;
      if (p == chunk->end) return true;
    }
    const char *record = p;
    uint32_t i = 0;
    do {
      if (i == parser->n_columns) break;
      p = parse_cell(parser, index, i, &cells[i], p, row);
      if (p == NULL) return false;
      i++;
    } while (*p++ != '\n');
    if (i != parser->n_columns || p[-1] != '\n') {
      uint32_t found = csv_count_cells(record, stream->end, stream->separator);
      parser->results[index] = (struct csv_fault){FAULT_CELLS, record, found};
      return false;
    }
  }
  return true;
}

/* The first task of a batch reads on. */
static void parse_chunk(void *user, size_t task, int thread) {
  (void)thread;
  struct parser *parser = user;
  if (task == 0 && !parser->filled) {
    csv_stream_fill(parser->stream);
    return;
  }
  size_t index = parser->filled ? task : task - 1;
  struct csv_chunk *chunk = &parser->stream->chunks[index];
  parser->results[index] = (struct csv_fault){FAULT_NONE, NULL, 0};
  if (!csv_stream_prepare(parser->stream, chunk) || !begin_chunk(parser, index)) {
    parser->results[index].kind = FAULT_MEMORY;
    return;
  }
  if (copse_context_cancelled(parser->stream->ctx) || !parse_records(parser, index)) return;
  struct cells *cells = parser->cells + index * parser->n_columns;
  for (uint32_t i = 0; i < parser->n_columns; i++)
    if (parser->columns[i].kind != CSV_SKIP && parser->columns[i].kind != CSV_TEXT)
      cells[i].run = packed_finish(&cells[i].builder, (size_t)chunk->n_rows);
}

/* The first fault of the batch, in file order. */
static copse_status first_fault(const struct parser *parser, copse_error *err) {
  for (size_t i = 0; i < parser->stream->n_chunks; i++) {
    copse_status status = csv_fault_report(parser->stream, &parser->results[i], err);
    if (status != COPSE_OK) return status;
  }
  if (copse_context_cancelled(parser->stream->ctx))
    return report(err, COPSE_ERR_INTERRUPTED, "%s: reading was interrupted", parser->stream->source->path);
  return COPSE_OK;
}

/* ---- batches ---- */

static void release_batch(struct parser *parser) {
  for (size_t i = 0; parser->locals != NULL && i < parser->capacity * parser->n_texts; i++)
    dictionary_release(&parser->locals[i]);
  for (size_t i = 0; parser->arenas != NULL && i < parser->capacity; i++) arena_release(&parser->arenas[i]);
  copse_free(parser->cells);
  copse_free(parser->results);
  copse_free(parser->locals);
  copse_free(parser->arenas);
  parser->cells = NULL;
  parser->results = NULL;
  parser->locals = NULL;
  parser->arenas = NULL;
  parser->capacity = 0;
}

/* Room for the results of as many chunks, and of as many TEXT columns as there are now. */
static copse_status reserve_batch(struct parser *parser, copse_error *err) {
  uint32_t n_texts = 0;
  for (uint32_t i = 0; i < parser->n_columns; i++) n_texts += parser->columns[i].kind == CSV_TEXT;
  size_t n = parser->stream->n_chunks;
  copse_context *ctx = parser->stream->ctx;
  if (n <= parser->capacity && n_texts == parser->n_texts) return COPSE_OK;
  release_batch(parser);
  parser->capacity = n;
  parser->n_texts = n_texts;
  parser->cells = copse_alloc(ctx, n * parser->n_columns, sizeof *parser->cells);
  parser->results = copse_alloc_zero(ctx, n, sizeof *parser->results);
  parser->locals = copse_alloc_zero(ctx, n * n_texts, sizeof *parser->locals);
  parser->arenas = copse_alloc_zero(ctx, n, sizeof *parser->arenas);
  if (parser->cells != NULL && parser->results != NULL && parser->locals != NULL && parser->arenas != NULL)
    return COPSE_OK;
  return report_memory(err, "parsing", parser->stream->source->path);
}

/* One column of all chunks, in order. */
static void append_column(void *user, size_t index, int thread) {
  (void)thread;
  struct parser *parser = user;
  struct csv_column *column = &parser->columns[index];
  if (column->kind == CSV_SKIP) return;
  bool ok = true;
  for (size_t c = 0; c < parser->stream->n_chunks && ok; c++) {
    const struct csv_chunk *chunk = &parser->stream->chunks[c];
    struct cells *cells = &parser->cells[c * parser->n_columns + index];
    if (cells->bad_row != UINT64_MAX && column->bad_row == UINT64_MAX)
      column->bad_row = chunk->row + cells->bad_row;
    column->n_unseen += cells->n_unseen;
    if (column->kind == CSV_TEXT) {
      struct dictionary *local = &parser->locals[c * parser->n_texts + cells->text];
      ok = csv_texts_unite(column, local, cells->builder.slots, (size_t)chunk->n_rows);
      dictionary_release(local);
      if (ok) cells->run = packed_finish(&cells->builder, (size_t)chunk->n_rows);
    }
    if (ok) ok = packed_append(&column->packed, &cells->run);
  }
  parser->failed[index] = !ok;
}

/* Columns that turned out to hold text at once: the batch is parsed again, with dictionaries for them. */
static bool turn_to_text(struct parser *parser) {
  bool any = false;
  for (uint32_t i = 0; i < parser->n_columns; i++) {
    struct csv_column *column = &parser->columns[i];
    if (column->kind != CSV_NUMBER || !column->may_be_text) continue;
    for (size_t c = 0; c < parser->stream->n_chunks && column->kind == CSV_NUMBER; c++) {
      uint64_t bad_row = parser->cells[c * parser->n_columns + i].bad_row;
      if (bad_row == UINT64_MAX) continue;
      column->kind = CSV_TEXT;
      column->bad_row = parser->stream->chunks[c].row + bad_row;
      any = true;
    }
  }
  return any;
}

static copse_status run_chunks(struct parser *parser, copse_error *err) {
  copse_status status = reserve_batch(parser, err);
  if (status != COPSE_OK) return status;
  copse_parallel_for(parser->n_threads, parser->stream->n_chunks + !parser->filled, parse_chunk, parser);
  parser->filled = true;
  return first_fault(parser, err);
}

static copse_status parse_batch(struct parser *parser, bool first, copse_error *err) {
  struct csv_stream *stream = parser->stream;
  parser->filled = false;
  copse_status status = run_chunks(parser, err);
  if (status != COPSE_OK) return status;
  csv_stream_count(stream);
  if (first && turn_to_text(parser)) status = run_chunks(parser, err);
  if (status != COPSE_OK) return status;
  copse_parallel_for(parser->n_threads, parser->n_columns, append_column, parser);
  for (size_t c = 0; c < stream->n_chunks; c++) arena_release(&parser->arenas[c]);
  if (memchr(parser->failed, true, parser->n_columns * sizeof *parser->failed) != NULL)
    return report_memory(err, "the columns", stream->source->path);
  return COPSE_OK;
}

copse_status csv_parse(struct csv_stream *stream, const struct missing_tokens *missing,
                       struct csv_column *columns, int n_threads, copse_error *err) {
  struct parser parser = {.stream = stream,
                          .typed = stream->source->parts[0].table,
                          .missing = missing,
                          .columns = columns,
                          .n_columns = stream->n_columns,
                          .n_threads = n_threads};
  for (uint32_t i = 0; i < parser.n_columns; i++) {
    if (columns[i].kind == CSV_SKIP || columns[i].kind == CSV_TEXT) continue;
    columns[i].bad_row = UINT64_MAX;
    columns[i].n_unseen = 0;
  }
  parser.failed = copse_alloc_zero(stream->ctx, parser.n_columns, sizeof *parser.failed);
  if (parser.failed == NULL) return report_memory(err, "parsing", stream->source->path);
  copse_status status = csv_stream_rewind(stream, err);
  for (bool more = true, first = true; status == COPSE_OK; first = false) {
    status = csv_stream_next(stream, &more, err);
    if (status != COPSE_OK || !more) break;
    status = parse_batch(&parser, first, err);
  }
  release_batch(&parser);
  copse_free(parser.failed);
  return status;
}
