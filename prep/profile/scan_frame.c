/* scan_frame.c - the rows of a frame as a scan: what training is about to read, without reading the file
 * again. */
#include <math.h>
#include <string.h>

#include "profile/scan.h"
#include "read/report.h"

enum { PIECES = 64 };

/* A column of sparse rows: what is not there is 0. */
static void read_sparse(const copse_table *table, uint32_t column, uint64_t first, size_t n, double *out) {
  for (size_t i = 0; i < n; i++) {
    int64_t low = table->indptr[first + i], high = table->indptr[first + i + 1], end = high;
    while (low < high) {
      int64_t middle = low + (high - low) / 2;
      if ((uint32_t)table->indices[middle] < column)
        low = middle + 1;
      else
        high = middle;
    }
    bool there = low < end && (uint32_t)table->indices[low] == column;
    out[i] = !there                      ? 0
             : table->dtype == COPSE_F32 ? (double)((const float *)table->values)[low]
                                         : ((const double *)table->values)[low];
  }
}

/* Rows [first, first + n) of a feature as doubles; categories as codes. */
static void read_rows(const copse_table *table, uint32_t column, uint64_t first, size_t n, double *out) {
  if (table->layout == COPSE_SOURCE) {
    const copse_column_source *source = table->values;
    source->read(source->user, column, first, n, out);
    return;
  }
  if (table->layout == COPSE_CSR) {
    read_sparse(table, column, first, n, out);
    return;
  }
  const copse_column *c = &table->columns[column];
  for (size_t i = 0; i < n; i++) {
    size_t at = (size_t)(first + i) * c->stride;
    out[i] = c->dtype == COPSE_I32 ? ((const int32_t *)c->data)[at] : ((const double *)c->data)[at];
  }
}

static void put_number(struct typed_block *block, size_t cell, double x) {
  block->types[cell] = isnan(x)        ? CELL_TYPE_NULL
                       : isinf(x)      ? CELL_TYPE_INFINITE
                       : x == floor(x) ? CELL_TYPE_INTEGER
                                       : CELL_TYPE_DECIMAL;
  x = isnan(x) ? 0 : x;
  memcpy(&block->values[cell], &x, sizeof x);
}

struct filling {
  struct scan *scan;
  const copse_frame *frame;
  struct typed_block *block;
  struct row_cell *cells;
  double *room; /* [n_columns * n_rows] */
};

static void fill_column(void *user, size_t column, int thread) {
  struct filling *filling = user;
  const copse_frame *frame = filling->frame;
  struct typed_block *block = filling->block;
  size_t n = block->n_rows, begin = column * n, at = 0;
  uint32_t i = (uint32_t)column;
  bool label = i == filling->scan->target, texts = false;
  double *values = filling->room + begin;
  (void)thread;
  if (!label) texts = frame->categorical[i] && copse_frame_schema_n_levels(frame->schema, i) > 0;
  for (size_t piece = 0; piece < PIECES; piece++) {
    uint64_t first = frame->n_rows * piece / PIECES;
    size_t length = n * (piece + 1) / PIECES - n * piece / PIECES;
    if (label)
      for (size_t row = 0; row < length; row++) values[at + row] = (double)frame->label[first + row];
    else if (length > 0)
      read_rows(&frame->table, i, first, length, values + at);
    at += length;
  }
  for (size_t row = 0; row < n; row++) {
    size_t cell = begin + row;
    const char *level = NULL;
    if (frame->categorical != NULL && !label && frame->categorical[i] && values[row] < 0)
      values[row] = (double)NAN;
    if (texts && !isnan(values[row]))
      level = copse_frame_schema_level(frame->schema, i, (uint32_t)values[row]);
    if (level != NULL) {
      size_t length = strlen(level);
      block->types[cell] = CELL_TYPE_TEXT;
      block->values[cell] = cell_hash(level, length);
      filling->cells[cell] = (struct row_cell){level, (uint32_t)length, false, false};
    } else {
      put_number(block, cell, values[row]);
      if (label) filling->cells[cell] = (struct row_cell){"", 0, false, false};
    }
  }
}

/* The classes of a label are numbers here: their texts are written once they are known. */
static void name_classes(struct scan *scan) {
  for (uint32_t i = 0; i < scan->n_classes; i++) {
    double x;
    memcpy(&x, &scan->class_keys[i], sizeof x);
    scan->class_cells[i].text = scan->class_texts[i];
    scan->class_cells[i].length =
        (uint32_t)copse_format_double(x, scan->class_texts[i], sizeof scan->class_texts[i]);
  }
}

static const char *feature_name(const void *user, uint32_t column) {
  const copse_frame *frame = user;
  return column < frame->n_features ? frame->names[column] : "(the label)";
}

copse_status scan_frame(copse_context *ctx, const copse_frame *frame, uint64_t most_rows, int n_threads,
                        struct scan *out, bool *any, copse_error *err) {
  size_t n = (size_t)(frame->n_rows < most_rows ? frame->n_rows : most_rows);
  *out = (struct scan){.ctx = ctx, .n_threads = n_threads, .full = {.ctx = ctx}, .features = {.ctx = ctx}};
  *any = frame->label != NULL &&
         (frame->table.layout == COPSE_SOURCE || frame->table.layout == COPSE_COLUMNS ||
          (frame->table.layout == COPSE_CSR && frame->n_features <= SCAN_SPARSE_FEATURES));
  if (!*any) return COPSE_OK;
  uint64_t need;
  out->n_columns = frame->n_features + 1;
  out->target = frame->n_features;
  (void)scan_limit(out, 0, &need);
  size_t n_cells = (size_t)out->n_columns * n;
  struct filling filling = {.scan = out, .frame = frame};
  filling.cells = copse_alloc(ctx, n_cells, sizeof *filling.cells);
  filling.room = copse_alloc(ctx, n_cells, sizeof *filling.room);
  bool ok = filling.cells != NULL && filling.room != NULL && scan_prepare(out, feature_name, frame);
  if (ok) filling.block = out->blocks[0] = copse_alloc_zero(ctx, 1, sizeof *out->blocks[0]);
  ok = ok && filling.block != NULL && scan_reserve_block(out, filling.block, n);
  if (ok) {
    struct typed_block *block = filling.block;
    block->first_row = 0;
    block->n_rows = n;
    block->cells = filling.cells;
    for (size_t row = 0; row < n; row++) block->row_hashes[row] = block->feature_hashes[row] = mix64(row + 1);
    copse_parallel_for(n_threads, out->n_columns, fill_column, &filling);
    ok = scan_settle(out, 1);
    name_classes(out);
  }
  copse_free(filling.cells);
  copse_free(filling.room);
  return ok ? COPSE_OK : report_memory(err, "the lints of", "the training data");
}
