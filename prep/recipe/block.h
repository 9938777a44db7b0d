/* block.h - some rows of a table between two steps, column by column, and the shape that all blocks of a
 * table share. Columns are never changed in place: a step makes new ones, so that a table may be written out
 * while later steps work on. */
#ifndef COPSE_RECIPE_BLOCK_H
#define COPSE_RECIPE_BLOCK_H

#include "recipe/pool.h"
#include "table/row_source.h"

enum value_type { VALUE_TEXT, VALUE_REAL, VALUE_INTEGER };
const char *value_type_name(enum value_type type);

/* ---- shape ---- */

struct shape_column {
  const char *name;
  enum value_type type;
};

/* Zero-initialise with names.ctx set. */
struct shape {
  struct shape_column *columns;
  uint32_t n, capacity;
  struct pool names;
};

/* False: out of memory. */
bool shape_add(struct shape *shape, const char *name, enum value_type type);
bool shape_copy(struct shape *out, const struct shape *in);
int64_t shape_find(const struct shape *shape, const char *name); /* -1: none */
void shape_release(struct shape *shape);

/* ---- block ---- */

/* Texts with `null` for missing, or numbers (INTEGER: whole ones) with NaN. */
struct vector {
  const struct row_cell *texts;
  const double *numbers;
};

#define NO_ROW UINT64_MAX
struct block {
  size_t n_rows;
  uint64_t first_row;     /* NO_ROW: the rows are none of the file's */
  const uint64_t *rows;   /* raw row of each row; NULL: first_row + i */
  const uint8_t *parts;   /* of split: 0 is what is trained on; NULL: all 0 */
  struct vector *columns; /* [shape.n] */
  struct pool *pool;      /* where the block's memory comes from */
};

uint64_t block_row(const struct block *block, size_t i);
double *block_numbers(const struct block *block);
struct row_cell *block_texts(const struct block *block);
/* A fresh list of n columns, to be filled, NULL: out of memory. */
struct vector *block_columns(const struct block *block, uint32_t n);
/* Keeps the rows with keep[i]; false: out of memory. */
bool block_filter(struct block *block, const struct shape *shape, const bool *keep);
/* A cell as text (numbers as cell_text.h has them); room >= 48 bytes. null when missing. */
struct row_cell block_cell(const struct vector *vector, enum value_type type, size_t row, char *room);

/* A whole column so, numbers written into the pool; NULL: out of memory. */
const struct row_cell *block_as_texts(const struct block *block, const struct vector *vector,
                                      enum value_type type);
/* The columns with one more behind them, or in place of column `at` (>= 0); NULL: out of memory. */
struct vector *block_with(const struct block *block, uint32_t n, int64_t at, struct vector vector);

/* An empty text is a missing cell: here, in files, and to the learner. */
static inline struct row_cell cell_of_text(const char *text, size_t length) {
  return (struct row_cell){text, (uint32_t)length, false, length == 0};
}
static const struct row_cell cell_null = {"", 0, false, true};

#endif
