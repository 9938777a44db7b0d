/* scan_block.c - the part of the pass that runs in parallel: what every cell of a block is, and the hashes of
 * its rows. */
#include <math.h>
#include <string.h>

#include "profile/facts.h"
#include "profile/scan_parts.h"
#include "read/report.h"

void scan_free_block(struct typed_block *block) {
  if (block == NULL) return;
  copse_free(block->values);
  copse_free(block->types);
  copse_free(block->row_hashes);
  copse_free(block->feature_hashes);
  copse_free(block->targets);
  copse_free(block->bytes);
  copse_free(block);
}

bool scan_reserve_block(struct scan *scan, struct typed_block *block, size_t n_rows) {
  size_t n_cells = n_rows * scan->n_columns;
  if (block->bytes == NULL) block->bytes = copse_alloc_zero(scan->ctx, scan->n_columns, sizeof *block->bytes);
  if (block->bytes == NULL) return false;
  if (n_cells > block->capacity_cells) {
    copse_free(block->values);
    copse_free(block->types);
    block->capacity_cells = 0;
    block->values = copse_alloc(scan->ctx, n_cells, sizeof *block->values);
    block->types = copse_alloc(scan->ctx, n_cells, 1);
    if (block->values == NULL || block->types == NULL) return false;
    block->capacity_cells = n_cells;
  }
  if (n_rows > block->capacity_rows) {
    copse_free(block->row_hashes);
    copse_free(block->feature_hashes);
    copse_free(block->targets);
    block->capacity_rows = 0;
    block->row_hashes = copse_alloc(scan->ctx, n_rows, sizeof *block->row_hashes);
    block->feature_hashes = copse_alloc(scan->ctx, n_rows, sizeof *block->feature_hashes);
    block->targets = copse_alloc(scan->ctx, n_rows, sizeof *block->targets);
    if (block->row_hashes == NULL || block->feature_hashes == NULL || block->targets == NULL) return false;
    block->capacity_rows = n_rows;
  }
  return true;
}

/* A cell of a column whose type the caller said: digits that look like a code are a number, numbers are texts
 * as they stand. */
static enum cell_type forced_type(uint8_t forced, enum cell_type type, const struct row_cell *cell,
                                  double *x) {
  if (cell_is_blank(type) || type == CELL_TYPE_TOKEN || forced == TYPE_DATETIME) return type;
  if (forced != TYPE_NUMBER) return CELL_TYPE_TEXT;
  struct row_cell trimmed = row_cell_trimmed(*cell);
  if (type == CELL_TYPE_CODE && copse_parse_double(trimmed.text, trimmed.length, x) == trimmed.length)
    return *x == floor(*x) ? CELL_TYPE_INTEGER : CELL_TYPE_DECIMAL;
  return type;
}

/* Types of a column's cells, and their share in the rows' hashes. */
static void type_column(const struct scan *scan, struct typed_block *block, uint32_t column) {
  size_t first = (size_t)column * block->n_rows;
  const struct row_cell *cells = block->cells + (size_t)scan->columns[column].source * block->n_rows;
  uint8_t forced = scan->columns[column].forced;
  uint64_t *values = block->values + first, seed = scan->column_seeds[column];
  uint64_t counts = scan->unhashed[column] ? 0 : UINT64_MAX;
  uint8_t *types = block->types + first;
  uint64_t bytes = 0;
  for (size_t row = 0; row < block->n_rows; row++) {
    const struct row_cell *cell = &cells[row];
    bytes += cell->length;
    double x = 0;
    enum cell_type type =
        cell->null ? CELL_TYPE_NULL : cell_type_of(&scan->missing, cell->text, cell->length, &x);
    if (forced != COLUMN_INFER) type = forced_type(forced, type, cell, &x);
    uint64_t value = 0;
    x += 0.0; /* -0 is 0 */
    if (cell_is_text(type))
      value = cell_hash(cell->text, cell->length);
    else if (!cell_is_blank(type))
      memcpy(&value, &x, sizeof value);
    types[row] = (uint8_t)type;
    values[row] = value;
    uint64_t h = (value + type + seed) * 0x9e3779b97f4a7c15u;
    block->feature_hashes[row] += (h ^ h >> 32) * 0xd6e8feb86659fd93u & counts;
  }
  block->bytes[column] = bytes;
}

/* Rows without a blank cell, and those of them without a token. A cell's type is a byte, here eight rows of a
 * column at a time: adding what lacks to 128 sets a byte's highest bit where the type is none of the first.
 */
static void count_filled(struct typed_block *block, uint32_t n_columns) {
  const uint64_t ones = 0x0101010101010101u, high = ones << 7;
  const uint64_t blanks = (128 - CELL_TYPE_TOKEN) * ones, tokens = (127 - CELL_TYPE_TOKEN) * ones;
  size_t n_rows = block->n_rows;
  block->n_filled = block->n_plain = 0;
  for (size_t row = 0; row < n_rows; row += 8) {
    size_t n = n_rows - row < 8 ? n_rows - row : 8;
    uint64_t filled = high, plain = high;
    const uint8_t *types = block->types + row;
    for (uint32_t column = 0; column < n_columns; column++, types += n_rows) {
      uint64_t eight = 0; /* rows that there are not are blank */
      if (n == 8)
        memcpy(&eight, types, 8);
      else
        memcpy(&eight, types, n);
      filled &= eight + blanks;
      plain &= eight + tokens;
    }
    block->n_filled += (filled / 128) * ones >> 56;
    block->n_plain += (plain / 128) * ones >> 56;
  }
}
_Static_assert(CELL_TYPE_NULL == 0 && CELL_TYPE_EMPTY == 1 && CELL_TYPE_DECLARED == 2 && CELL_TYPE_TOKEN == 3,
               "blank cells come first, then tokens");

/* At most three different values among the cells of the features that are filled: an empty form, or a few
 * zeros. */
static bool is_trivial(const struct scan *scan, const struct typed_block *block, size_t row) {
  enum { MOST = 3 };
  uint64_t seen[MOST];
  int n = 0;
  for (uint32_t column = 0; column < scan->n_columns; column++) {
    size_t cell = (size_t)column * block->n_rows + row;
    if (column == scan->target || scan->unhashed[column] || cell_is_blank(block->types[cell])) continue;
    int known = 0;
    while (known < n && seen[known] != block->values[cell]) known++;
    if (known < n) continue;
    if (n == MOST) return false;
    seen[n++] = block->values[cell];
  }
  return true;
}

static void mark_trivial(const struct scan *scan, struct typed_block *block) {
  for (size_t row = 0; row < block->n_rows; row++) {
    uint64_t mark = is_trivial(scan, block, row) ? ROWS_TRIVIAL : 0;
    block->row_hashes[row] = (block->row_hashes[row] & ~ROWS_TRIVIAL) | mark;
    block->feature_hashes[row] = (block->feature_hashes[row] & ~ROWS_TRIVIAL) | mark;
  }
}

copse_status scan_visit(void *user, const struct row_block *rows, int thread, copse_error *err) {
  struct scan *scan = user;
  (void)thread;
  if (rows->index >= SCAN_MOST_BLOCKS)
    return report(err, COPSE_ERR_UNSUPPORTED, "%s: the rows are too long", row_source_path(scan->source));
  struct typed_block **slot = &scan->blocks[rows->index];
  if (*slot == NULL) *slot = copse_alloc_zero(scan->ctx, 1, sizeof **slot);
  struct typed_block *block = *slot;
  if (block == NULL || !scan_reserve_block(scan, block, rows->n_rows))
    return report_memory(err, "the profile of", row_source_path(scan->source));
  block->first_row = rows->first_row;
  block->file = (uint16_t)rows->file;
  block->n_rows = rows->n_rows;
  block->cells = rows->cells;
  memset(block->feature_hashes, 0, rows->n_rows * sizeof *block->feature_hashes);
  for (uint32_t column = 0; column < scan->n_columns; column++)
    if (column != scan->target) type_column(scan, block, column);
  memcpy(block->row_hashes, block->feature_hashes, rows->n_rows * sizeof *block->row_hashes);
  if (scan->target != SCAN_NO_COLUMN) {
    /* the last one counts into the rows' hashes only */
    uint64_t *features = block->feature_hashes;
    block->feature_hashes = block->row_hashes;
    type_column(scan, block, scan->target);
    block->feature_hashes = features;
  }
  count_filled(block, scan->n_columns);
  for (size_t row = 0; row < rows->n_rows; row++) {
    block->row_hashes[row] = mix64(block->row_hashes[row]);
    block->feature_hashes[row] = mix64(block->feature_hashes[row]);
  }
  if (scan->marks_trivial) mark_trivial(scan, block);
  return COPSE_OK;
}
