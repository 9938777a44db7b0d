/* column.c - see column.h. */
#include "profile/column.h"

#include <string.h>

enum { MOST_DAYS = 1 << 16 }; /* the days of 180 years: packed ones are never narrowed */

void column_init(struct column *column, copse_context *ctx, const char *name, uint32_t index,
                 uint32_t limit) {
  *column = (struct column){.ctx = ctx,
                            .name = name,
                            .index = index,
                            .source = index,
                            .forced = COLUMN_INFER,
                            .blanks = {.ctx = ctx}};
  uint32_t fewer = limit / VALUES_NARROW; /* as they come they are exact up to 65,536 rows anyway */
  values_init(&column->numbers, ctx, false, fewer);
  values_init(&column->dates, ctx, false, fewer);
  values_init(&column->packed, ctx, false, MOST_DAYS);
  values_init(&column->texts, ctx, true, limit);
}

static void follow_order(struct column *column, double x) {
  column->n_up += column->has_last && x > column->last;
  column->n_down += column->has_last && x < column->last;
  column->has_last = true;
  column->last = x;
}

static void take_cell(struct column *column, const struct typed_block *block, size_t cell,
                      struct row_target target) {
  enum cell_type type = block->types[cell];
  double x;
  memcpy(&x, &block->values[cell], sizeof x);
  switch (type) {
    case CELL_TYPE_NULL:
    case CELL_TYPE_EMPTY:
    case CELL_TYPE_DECLARED:
      if (column->blanks.shape.n_classes > 0)
        tally_add(&column->blanks,
                  type == CELL_TYPE_NULL    ? BLANK_NULL
                  : type == CELL_TYPE_EMPTY ? BLANK_EMPTY
                                            : BLANK_DECLARED,
                  target);
      break;
    case CELL_TYPE_INTEGER:
    case CELL_TYPE_DECIMAL:
      follow_order(column, x);
      moments_add(&column->moments, x);
      values_add_number(&column->numbers, x, target);
      break;
    case CELL_TYPE_INFINITE: values_add_number(&column->numbers, x, target); break;
    case CELL_TYPE_DATE:
    case CELL_TYPE_TIME:
    case CELL_TYPE_ZONED:
      follow_order(column, x);
      values_add_number(&column->dates, x, target);
      break;
    case CELL_TYPE_DMY: values_add_number(&column->packed, x, target); break;
    default: {
      size_t own = (size_t)column->index * block->n_rows, row = cell - own;
      const struct row_cell *ref = &block->cells[(size_t)column->source * block->n_rows + row];
      struct values *texts = &column->texts;
      uint32_t entry = values_add_text(texts, block->values[cell], ref->text, ref->length, 1);
      if (entry != UINT32_MAX && texts->tally.shape.n_classes > 0) tally_add(&texts->tally, entry, target);
    }
  }
}

void column_take(struct column *column, const struct typed_block *block, struct tally_shape shape) {
  static const struct row_target none = {.code = TALLY_NO_CLASS};
  size_t first = (size_t)column->index * block->n_rows;
  if (!tally_fit(&column->blanks, N_BLANKS, N_BLANKS, shape)) column->failed = true;
  struct values *all[] = {&column->numbers, &column->texts, &column->dates, &column->packed};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) values_shape(all[i], shape);
  if (column->failed) return;
  column->n_bytes += block->bytes[column->index];
  longest_run_take(&column->run, block->values + first, block->types + first, block->n_rows);
  for (size_t row = 0; row < block->n_rows; row++) {
    enum cell_type type = block->types[first + row];
    if (column->n_types[type]++ == 0) column->first_rows[type] = block->first_row + row;
    take_cell(column, block, first + row, shape.n_classes > 0 ? block->targets[row] : none);
  }
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) column->failed |= all[i]->failed;
}

void column_forget_numbers(struct column *column) {
  values_release(&column->numbers);
  values_release(&column->dates);
  values_release(&column->packed);
}

void column_release(struct column *column) {
  column_forget_numbers(column);
  values_release(&column->texts);
  tally_release(&column->blanks);
  copse_free(column->sample);
  copse_free(column->sample_types);
}
