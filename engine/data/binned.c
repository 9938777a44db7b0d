/* binned.c - laying out the binned matrix and writing its cells. See binned.h. */
#include "data/binned.h"

#include <string.h>

#include "base/status.h"

enum { NARROW_COLUMNS = 64, WIDE_COLUMNS = 32, NARROW_BINS = 256, CELL_ALIGNMENT = 4 };

static uint32_t cell_bytes_of(const struct feature_bins *bins) { return bins->n_bins <= NARROW_BINS ? 1 : 2; }

static uint32_t blocks_for(uint32_t n_columns, uint32_t per_block) {
  return n_columns / per_block + (n_columns % per_block != 0 ? 1 : 0);
}

static uint32_t row_bytes_for(uint32_t bytes) {
  uint32_t row_bytes = 4;
  while (row_bytes < bytes) row_bytes *= 2;
  return row_bytes;
}

/* Numbers the used features and counts the columns of each width: widths[0] one byte, widths[1] two. */
static copse_status number_columns(copse_context *ctx, const struct feature_bins *features,
                                   struct binned *out, uint32_t widths[2], copse_error *err) {
  out->column_of = copse_alloc(ctx, out->n_features, sizeof *out->column_of);
  if (out->column_of == NULL) return status_memory(err, "the binned matrix");
  for (uint32_t f = 0; f < out->n_features; f++) {
    out->column_of[f] = features[f].used ? out->n_columns++ : BINNED_NO_COLUMN;
    if (features[f].used) widths[cell_bytes_of(&features[f]) - 1]++;
  }
  out->columns = copse_alloc_zero(ctx, out->n_columns, sizeof *out->columns);
  return out->columns != NULL ? COPSE_OK : status_memory(err, "the binned matrix");
}

/* Puts the columns of one width, in their order, into consecutive blocks. */
static copse_status fill_blocks(copse_context *ctx, const struct feature_bins *features, uint32_t cell_bytes,
                                uint32_t n_of_width, struct binned *out, copse_error *err) {
  uint32_t per_block = cell_bytes == 1 ? NARROW_COLUMNS : WIDE_COLUMNS;
  uint32_t placed = 0;
  struct binned_block *block = NULL;
  for (uint32_t f = 0; f < out->n_features; f++) {
    if (!features[f].used || cell_bytes_of(&features[f]) != cell_bytes) continue;
    if (placed % per_block == 0) {
      uint32_t n = n_of_width - placed < per_block ? n_of_width - placed : per_block;
      block = &out->blocks[out->n_blocks++];
      block->cell_bytes = cell_bytes;
      block->row_bytes = row_bytes_for(n * cell_bytes);
      block->columns = copse_alloc(ctx, n, sizeof *block->columns);
      block->offsets = copse_alloc(ctx, n, sizeof *block->offsets);
      if (block->columns == NULL || block->offsets == NULL) return status_memory(err, "the binned matrix");
    }
    struct binned_column *column = &out->columns[out->column_of[f]];
    column->feature = f;
    column->n_bins = features[f].n_bins;
    column->cell_bytes = cell_bytes;
    column->block = out->n_blocks - 1;
    column->slot = block->n_columns;
    column->hist_offset = block->n_cells;
    uint32_t cells = (column->n_bins + CELL_ALIGNMENT - 1) / CELL_ALIGNMENT * CELL_ALIGNMENT;
    if (cells % NARROW_BINS == 0) cells += CELL_ALIGNMENT;
    block->columns[block->n_columns] = out->column_of[f];
    block->offsets[block->n_columns++] = column->hist_offset;
    block->n_cells += cells;
    placed++;
  }
  return COPSE_OK;
}

static copse_status allocate_cells(copse_context *ctx, struct binned *out, copse_error *err) {
  for (uint32_t b = 0; b < out->n_blocks; b++) {
    struct binned_block *block = &out->blocks[b];
    block->first_cell = out->n_cells;
    out->n_cells += block->n_cells;
    block->rows = copse_alloc_zero(ctx, out->n_rows + BINNED_PADDING / 4, block->row_bytes);
    if (block->rows == NULL) return status_memory(err, "the binned matrix (row-major copy)");
  }
  for (uint32_t c = 0; c < out->n_columns; c++) {
    struct binned_column *column = &out->columns[c];
    column->cells = copse_alloc_zero(ctx, out->n_rows + BINNED_PADDING, column->cell_bytes);
    if (column->cells == NULL) return status_memory(err, "the binned matrix (feature-major copy)");
  }
  return COPSE_OK;
}

copse_status binned_create(copse_context *ctx, const struct feature_bins *features, uint32_t n_features,
                           uint64_t n_rows, struct binned *out, copse_error *err) {
  uint32_t widths[2] = {0, 0};
  *out = (struct binned){.ctx = ctx, .n_rows = n_rows, .n_features = n_features};
  copse_status status = number_columns(ctx, features, out, widths, err);
  if (status != COPSE_OK) goto done;
  uint32_t n_blocks = blocks_for(widths[0], NARROW_COLUMNS) + blocks_for(widths[1], WIDE_COLUMNS);
  out->blocks = copse_alloc_zero(ctx, n_blocks, sizeof *out->blocks);
  if (out->blocks == NULL) {
    status = status_memory(err, "the binned matrix");
    goto done;
  }
  status = fill_blocks(ctx, features, 1, widths[0], out, err);
  if (status == COPSE_OK) status = fill_blocks(ctx, features, 2, widths[1], out, err);
  if (status == COPSE_OK) status = allocate_cells(ctx, out, err);

done:
  if (status != COPSE_OK) binned_release(out);
  return status;
}

void binned_release(struct binned *binned) {
  for (uint32_t c = 0; binned->columns != NULL && c < binned->n_columns; c++)
    copse_free(binned->columns[c].cells);
  for (uint32_t b = 0; b < binned->n_blocks; b++) {
    copse_free(binned->blocks[b].columns);
    copse_free(binned->blocks[b].offsets);
    copse_free(binned->blocks[b].rows);
  }
  copse_free(binned->columns);
  copse_free(binned->blocks);
  copse_free(binned->column_of);
  *binned = (struct binned){0};
}

void binned_store(struct binned *binned, uint32_t column, uint64_t first_row, size_t n,
                  const uint16_t *bins) {
  const struct binned_column *to = &binned->columns[column];
  const struct binned_block *block = &binned->blocks[to->block];
  size_t row_bytes = block->row_bytes;
  uint8_t *rows = block->rows + first_row * row_bytes + (size_t)to->slot * to->cell_bytes;
  if (to->cell_bytes == 1) {
    uint8_t *cells = (uint8_t *)to->cells + first_row;
    for (size_t i = 0; i < n; i++) cells[i] = (uint8_t)bins[i];
    for (size_t i = 0; i < n; i++) rows[i * row_bytes] = (uint8_t)bins[i];
  } else {
    memcpy((uint16_t *)to->cells + first_row, bins, n * sizeof *bins);
    for (size_t i = 0; i < n; i++) memcpy(rows + i * row_bytes, &bins[i], sizeof *bins);
  }
}

void binned_set_cell(struct binned *binned, uint32_t column, uint64_t row, uint32_t bin) {
  uint16_t cell = (uint16_t)bin;
  binned_store(binned, column, row, 1, &cell);
}

/* One row of a block with every column at its bin of 0.0. */
static void default_row(const struct binned *binned, const struct binned_block *block,
                        const struct feature_bins *features, uint8_t row[64]) {
  memset(row, 0, 64);
  for (uint32_t s = 0; s < block->n_columns; s++) {
    uint16_t bin = (uint16_t)features[binned->columns[block->columns[s]].feature].default_bin;
    if (block->cell_bytes == 1)
      row[s] = (uint8_t)bin;
    else
      memcpy(row + (size_t)2 * s, &bin, sizeof bin);
  }
}

void binned_fill_default(struct binned *binned, const struct feature_bins *features, uint64_t first_row,
                         size_t n) {
  uint8_t row[64];
  for (uint32_t b = 0; b < binned->n_blocks; b++) {
    const struct binned_block *block = &binned->blocks[b];
    default_row(binned, block, features, row);
    for (size_t i = 0; i < n; i++)
      memcpy(block->rows + (first_row + i) * block->row_bytes, row, block->row_bytes);
  }
  for (uint32_t c = 0; c < binned->n_columns; c++) {
    const struct binned_column *column = &binned->columns[c];
    uint32_t bin = features[column->feature].default_bin;
    if (column->cell_bytes == 1)
      memset((uint8_t *)column->cells + first_row, (int)bin, n);
    else
      for (size_t i = 0; i < n; i++) ((uint16_t *)column->cells)[first_row + i] = (uint16_t)bin;
  }
}
