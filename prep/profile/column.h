/* column.h - what is counted of one column in the one pass over the rows. A column has one owner at a time
 * and takes its cells in the order of the rows: nothing is merged, and the result does not depend on threads
 * or on how the rows were cut into blocks. */
#ifndef COPSE_PROFILE_COLUMN_H
#define COPSE_PROFILE_COLUMN_H

#include "profile/cell.h"
#include "profile/longest_run.h"
#include "profile/moments.h"
#include "profile/values.h"
#include "table/row_source.h"

/* The cells of some rows with their types, column after column: [column * n_rows + row]. */
struct typed_block {
  uint64_t first_row;
  uint16_t file;
  size_t n_rows;
  const struct row_cell *cells;          /* borrowed */
  uint64_t *values;                      /* numbers: their bits; texts: hashes */
  uint8_t *types;                        /* enum cell_type */
  uint64_t *row_hashes, *feature_hashes; /* [n_rows] of all cells; of all but the target's */
  struct row_target *targets;            /* [n_rows], once the block's turn has come */
  uint64_t *bytes;                       /* [columns] of the cells' texts */
  uint64_t n_filled, n_plain;            /* rows without a blank cell; of them, without a token too */
  size_t capacity_cells, capacity_rows;
};

enum { COLUMN_INFER = 255 };
enum { BLANK_NULL, BLANK_EMPTY, BLANK_DECLARED, N_BLANKS };

struct column {
  copse_context *ctx;
  const char *name;
  uint64_t n_types[CELL_N_TYPES];
  uint64_t first_rows[CELL_N_TYPES]; /* where a type came first */
  struct tally blanks;               /* [N_BLANKS] */
  struct values numbers, texts, dates, packed;
  struct moments moments; /* of numbers, else of dates */
  double last;            /* number or date, once has_last */
  bool has_last;
  uint64_t n_up, n_down; /* steps from one to the next */
  uint64_t n_bytes;      /* of the cells' texts */
  struct longest_run run;
  uint64_t *sample; /* [n_sample] values of the sampled rows, as in a block */
  uint8_t *sample_types;
  size_t n_sample;
  uint32_t index, source; /* source: its number in the file, among columns that are not looked at */
  uint8_t forced;         /* enum column_type of facts.h that the caller wants, or COLUMN_INFER */
  char date_order;        /* of days that do not tell it: 'd' or 'm' comes first; 0: not said */
  bool failed;
};

void column_init(struct column *column, copse_context *ctx, const char *name, uint32_t index, uint32_t limit);
void column_take(struct column *column, const struct typed_block *block, struct tally_shape shape);
/* Frees the tables of numbers and dates, once they are described: they are the greater part. */
void column_forget_numbers(struct column *column);
void column_release(struct column *column);

/* Whether the type's cells are kept as texts; whether their value is a number. */
static inline bool cell_is_text(enum cell_type type) {
  return type == CELL_TYPE_TOKEN || type == CELL_TYPE_CODE || type == CELL_TYPE_TEXT;
}
static inline bool cell_is_blank(enum cell_type type) {
  return type == CELL_TYPE_NULL || type == CELL_TYPE_EMPTY || type == CELL_TYPE_DECLARED;
}

#endif
