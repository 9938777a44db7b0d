/* csv_parse.c - parsing chunks in parallel, each straight into its rows of the columns.
 *
 * Numbers are parsed in place: the parser itself finds the end of the cell, and only a cell that is not a
 * plain number up to its separator is looked at a second time. What a chunk notices (first bad row of a
 * column, unseen levels) is kept by chunk and merged in order, so nothing depends on threads. */
#include "read/csv_parse.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "read/report.h"

enum fault { FAULT_NONE, FAULT_CELLS, FAULT_QUOTE, FAULT_MEMORY };

struct chunk_column {
  uint64_t bad_row, n_unseen;
};

struct chunk_result {
  enum fault fault;
  const char *at;   /* the record, or the bad quote */
  uint32_t n_cells; /* FAULT_CELLS: found */
};

struct parser {
  copse_context *ctx;
  const struct csv_table *table;
  const struct missing_tokens *missing;
  struct csv_column *columns;
  uint32_t n_columns;
  struct chunk_column *notes;   /* [n_chunks * n_columns] */
  struct chunk_result *results; /* [n_chunks] */
};

static double clipped(const struct csv_column *column, double value) {
  return column->clip && isinf(value) ? copysign(1e308, value) : value;
}

static void note_bad(struct chunk_column *note, uint64_t row) {
  if (note->bad_row == UINT64_MAX) note->bad_row = row;
}

/* Code of a cell in a sealed dictionary. Cells with doubled quotes are rare: they go through a small buffer,
 * or one from the heap. False: out of memory. */
static bool look_up(const struct parser *parser, const struct csv_column *column, const struct csv_cell *cell,
                    int32_t *code) {
  if (!cell->escaped) {
    *code = dictionary_find(column->known, cell->text, cell->length);
    return true;
  }
  char small[256], *text = small;
  if (cell->length > sizeof small) text = copse_alloc(parser->ctx, cell->length, 1);
  if (text == NULL) return false;
  *code = dictionary_find(column->known, text, csv_unescape(cell, text));
  if (text != small) copse_free(text);
  return true;
}

/* A cell that is not a plain number. False: out of memory. */
static bool store_cell(const struct parser *parser, const struct csv_column *column,
                       struct chunk_column *note, const struct csv_cell *cell, uint64_t row) {
  if (column->kind == CSV_LOOKUP) {
    int32_t code = -1;
    if (!missing_is(parser->missing, cell->text, cell->length)) {
      if (!look_up(parser, column, cell, &code)) return false;
      if (code < 0) {
        note_bad(note, row);
        note->n_unseen++;
      }
    }
    column->codes[row] = code;
    return true;
  }
  double value;
  enum cell_kind kind = cell_classify(parser->missing, cell->text, cell->length, &value);
  if (kind == CELL_TEXT) {
    note_bad(note, row);
    note->n_unseen++;
    value = (double)NAN;
  }
  column->numbers[row] = clipped(column, value);
  return true;
}

/* The cell at p into its row; position behind it, NULL with result->fault set. */
static inline const char *parse_cell(const struct parser *parser, const struct csv_column *column,
                                     struct chunk_column *note, const char *p, uint64_t row,
                                     struct chunk_result *result) {
  const struct csv_table *table = parser->table;
  char separator = table->separator;
  bool numeric = column->kind == CSV_CODES || (column->kind == CSV_NUMBER && note->bad_row == UINT64_MAX);
  if (numeric && *p == separator) {
    column->numbers[row] = (double)NAN;
    return p;
  }
  if (numeric && !parser->missing->numeric) {
    if (*p == ' ' && separator != ' ') p++;
    double value;
    size_t used = copse_parse_double(p, (size_t)(table->end - p), &value);
    if (used > 0 && (p[used] == separator || p[used] == '\n') && fabs(value) <= DBL_MAX) {
      column->numbers[row] = value;
      return p + used;
    }
  }
  struct csv_cell cell;
  p = csv_take(p, table->end, separator, &cell);
  if (p == NULL) {
    *result = (struct chunk_result){.fault = FAULT_QUOTE, .at = cell.text};
    return NULL;
  }
  if ((numeric || column->kind == CSV_LOOKUP) && !store_cell(parser, column, note, &cell, row)) {
    result->fault = FAULT_MEMORY;
    return NULL;
  }
  return p;
}

static void parse_chunk(void *user, size_t index, int thread) {
  (void)thread;
  struct parser *parser = user;
  const struct csv_table *table = parser->table;
  const struct csv_chunk *chunk = &table->chunks[index];
  struct chunk_column *notes = parser->notes + index * parser->n_columns;
  struct chunk_result *result = &parser->results[index];
  for (uint32_t i = 0; i < parser->n_columns; i++) notes[i] = (struct chunk_column){UINT64_MAX, 0};
  if (copse_context_cancelled(parser->ctx)) return;
  const char *p = chunk->begin, *next;
  for (uint64_t row = chunk->row; p < chunk->end; row++) {
    while (csv_skip_blank_line(p, table->separator, &next)) {
      p = next;
      if (p == chunk->end) return;
    }
    const char *record = p;
    uint32_t i = 0;
    do {
      if (i == parser->n_columns) break;
      p = parse_cell(parser, &parser->columns[i], &notes[i], p, row, result);
      if (p == NULL) return;
      i++;
    } while (*p++ != '\n');
    if (i != parser->n_columns || p[-1] != '\n') {
      uint32_t found = csv_count_cells(record, table->end, table->separator);
      *result = (struct chunk_result){FAULT_CELLS, record, found};
      return;
    }
  }
}

static copse_status first_fault(const struct parser *parser, copse_error *err) {
  const struct source *source = parser->table->source;
  for (size_t i = 0; i < parser->table->n_chunks; i++) {
    const struct chunk_result *result = &parser->results[i];
    if (result->fault == FAULT_NONE) continue;
    if (result->fault == FAULT_MEMORY) return report_memory(err, "texts", source->path);
    struct source_place place = source_place(source, result->at);
    if (result->fault == FAULT_CELLS && result->n_cells > 0) {
      uint32_t n = parser->n_columns, found = result->n_cells;
      return report(
          err, COPSE_ERR_FORMAT,
          "%s:%llu:%u: found %u cells, expected %u as in the first row (quote cells that hold the separator, "
          "or declare another separator)",
          place.path, place.line, (found < n ? found : n) + 1, found, n);
    }
    return report(
        err, COPSE_ERR_FORMAT,
        "%s:%llu: text follows a closing quote: \"%s\" (a quote inside a quoted cell is written twice)",
        place.path, place.line, show(result->at, strcspn(result->at, "\n")).text);
  }
  if (copse_context_cancelled(parser->ctx))
    return report(err, COPSE_ERR_INTERRUPTED, "%s: reading was interrupted", source->path);
  return COPSE_OK;
}

copse_status csv_parse(copse_context *ctx, const struct csv_table *table,
                       const struct missing_tokens *missing, struct csv_column *columns, uint32_t n_columns,
                       int n_threads, copse_error *err) {
  struct parser parser = {
      .ctx = ctx, .table = table, .missing = missing, .columns = columns, .n_columns = n_columns};
  copse_status status = COPSE_OK;
  parser.notes = copse_alloc(ctx, table->n_chunks * n_columns, sizeof *parser.notes);
  parser.results = copse_alloc_zero(ctx, table->n_chunks, sizeof *parser.results);
  if (parser.notes == NULL || parser.results == NULL) {
    status = report_memory(err, "parsing", table->source->path);
    goto done;
  }
  copse_parallel_for(n_threads, table->n_chunks, parse_chunk, &parser);
  status = first_fault(&parser, err);
  for (uint32_t i = 0; i < n_columns; i++) {
    columns[i].bad_row = UINT64_MAX;
    columns[i].n_unseen = 0;
    for (size_t c = 0; c < table->n_chunks; c++) {
      const struct chunk_column *note = &parser.notes[c * n_columns + i];
      if (columns[i].bad_row == UINT64_MAX) columns[i].bad_row = note->bad_row;
      columns[i].n_unseen += note->n_unseen;
    }
  }
done:
  copse_free(parser.notes);
  copse_free(parser.results);
  return status;
}
