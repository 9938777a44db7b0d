/* block.c - see block.h. */
#include "recipe/block.h"

#include <math.h>
#include <string.h>

#include "table/cell_text.h"

const char *value_type_name(enum value_type type) {
  static const char *const names[] = {"text", "real", "integer"};
  return names[type];
}

bool shape_add(struct shape *shape, const char *name, enum value_type type) {
  if (shape->n == shape->capacity) {
    uint32_t capacity = shape->capacity == 0 ? 32 : shape->capacity * 2;
    struct shape_column *columns = copse_resize(shape->names.ctx, shape->columns, capacity, sizeof *columns);
    if (columns == NULL) return false;
    shape->columns = columns;
    shape->capacity = capacity;
  }
  char *copy = pool_text(&shape->names, name, strlen(name));
  if (copy == NULL) return false;
  shape->columns[shape->n++] = (struct shape_column){copy, type};
  return true;
}

bool shape_copy(struct shape *out, const struct shape *in) {
  for (uint32_t i = 0; i < in->n; i++)
    if (!shape_add(out, in->columns[i].name, in->columns[i].type)) return false;
  return true;
}

int64_t shape_find(const struct shape *shape, const char *name) {
  for (uint32_t i = 0; i < shape->n; i++)
    if (strcmp(shape->columns[i].name, name) == 0) return i;
  return -1;
}

void shape_release(struct shape *shape) {
  copse_free(shape->columns);
  pool_release(&shape->names);
  *shape = (struct shape){.names.ctx = shape->names.ctx};
}

uint64_t block_row(const struct block *block, size_t i) {
  if (block->rows != NULL) return block->rows[i];
  return block->first_row == NO_ROW ? NO_ROW : block->first_row + i;
}

double *block_numbers(const struct block *block) {
  return pool_alloc(block->pool, block->n_rows, sizeof(double));
}

struct row_cell *block_texts(const struct block *block) {
  return pool_alloc(block->pool, block->n_rows, sizeof(struct row_cell));
}

struct vector *block_columns(const struct block *block, uint32_t n) {
  return pool_alloc(block->pool, n, sizeof(struct vector));
}

static bool filter_column(const struct block *block, size_t n_kept, const bool *keep, bool text,
                          struct vector *vector) {
  size_t at = 0;
  if (text) {
    struct row_cell *texts = pool_alloc(block->pool, n_kept, sizeof *texts);
    for (size_t i = 0; texts != NULL && i < block->n_rows; i++)
      if (keep[i]) texts[at++] = vector->texts[i];
    *vector = (struct vector){.texts = texts};
    return texts != NULL;
  }
  double *numbers = pool_alloc(block->pool, n_kept, sizeof *numbers);
  for (size_t i = 0; numbers != NULL && i < block->n_rows; i++)
    if (keep[i]) numbers[at++] = vector->numbers[i];
  *vector = (struct vector){.numbers = numbers};
  return numbers != NULL;
}

bool block_filter(struct block *block, const struct shape *shape, const bool *keep) {
  size_t n_kept = 0, at = 0;
  for (size_t i = 0; i < block->n_rows; i++) n_kept += keep[i];
  if (n_kept == block->n_rows) return true;
  struct vector *columns = block_columns(block, shape->n);
  uint64_t *rows = pool_alloc(block->pool, n_kept, sizeof *rows);
  uint8_t *parts = pool_alloc(block->pool, n_kept, sizeof *parts);
  if (columns == NULL || rows == NULL || parts == NULL) return false;
  for (size_t i = 0; i < block->n_rows; i++) {
    if (!keep[i]) continue;
    rows[at] = block_row(block, i);
    parts[at++] = block->parts != NULL ? block->parts[i] : 0;
  }
  for (uint32_t c = 0; c < shape->n; c++) {
    columns[c] = block->columns[c];
    if (!filter_column(block, n_kept, keep, shape->columns[c].type == VALUE_TEXT, &columns[c])) return false;
  }
  block->columns = columns;
  block->rows = rows;
  if (block->parts != NULL) block->parts = parts;
  block->n_rows = n_kept;
  return true;
}

struct row_cell block_cell(const struct vector *vector, enum value_type type, size_t row, char *room) {
  if (type == VALUE_TEXT) return vector->texts[row];
  double value = vector->numbers[row];
  if (isnan(value)) return cell_null;
  size_t length = type == VALUE_REAL ? cell_format_real(value, room) : cell_format_integer(value, room);
  return cell_of_text(room, length);
}

const struct row_cell *block_as_texts(const struct block *block, const struct vector *vector,
                                      enum value_type type) {
  if (type == VALUE_TEXT) return vector->texts;
  struct row_cell *out = block_texts(block);
  char room[48];
  for (size_t i = 0; out != NULL && i < block->n_rows; i++) {
    out[i] = block_cell(vector, type, i, room);
    if (out[i].null) continue;
    out[i].text = pool_text(block->pool, room, out[i].length);
    if (out[i].text == NULL) return NULL;
  }
  return out;
}

struct vector *block_with(const struct block *block, uint32_t n, int64_t at, struct vector vector) {
  struct vector *columns = block_columns(block, n + 1);
  if (columns == NULL) return NULL;
  memcpy(columns, block->columns, n * sizeof *columns);
  columns[at >= 0 ? (uint32_t)at : n] = vector;
  return columns;
}
