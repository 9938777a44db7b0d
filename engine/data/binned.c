/* binned.c - laying out the binned matrix. See binned.h; cells are written in binned_write.c. */
#include "data/binned.h"

#include <string.h>

#include "base/status.h"
#include "data/binned_layout.h"
#include "kernels/kernels.h"

enum { NARROW_CELLS = 64, WIDE_CELLS = 32, NARROW_VALUES = 256, CELL_ALIGNMENT = 4 };

static uint32_t blocks_for(uint32_t n_carriers, uint32_t per_block) {
  return n_carriers / per_block + (n_carriers % per_block != 0 ? 1 : 0);
}

static uint32_t row_bytes_for(uint32_t bytes) {
  uint32_t row_bytes = 4;
  while (row_bytes < bytes) row_bytes *= 2;
  return row_bytes;
}

/* Room of n histogram cells. */
static uint32_t cells_for(uint32_t n) {
  uint32_t cells = (n + CELL_ALIGNMENT - 1) / CELL_ALIGNMENT * CELL_ALIGNMENT;
  return cells % NARROW_VALUES == 0 ? cells + CELL_ALIGNMENT : cells;
}

static copse_status number_columns(copse_context *ctx, const struct feature_bins *features,
                                   struct binned *out, copse_error *err) {
  out->column_of = copse_alloc(ctx, out->n_features, sizeof *out->column_of);
  if (out->column_of == NULL) return status_memory(err, "the binned matrix");
  for (uint32_t f = 0; f < out->n_features; f++)
    out->column_of[f] = features[f].used ? out->n_columns++ : BINNED_NO_COLUMN;
  out->columns = copse_alloc_zero(ctx, out->n_columns, sizeof *out->columns);
  if (out->columns == NULL) return status_memory(err, "the binned matrix");
  for (uint32_t f = 0; f < out->n_features; f++) {
    if (out->column_of[f] == BINNED_NO_COLUMN) continue;
    struct binned_column *column = &out->columns[out->column_of[f]];
    column->feature = f;
    column->n_bins = features[f].n_bins;
  }
  return COPSE_OK;
}

/* Members by digit, digits by carrier: both lists in the order of bundles' numbers. */
static copse_status group_members(struct binned *out, const struct bundles *bundles, copse_error *err) {
  uint32_t n = out->n_columns;
  out->n_digits = bundles != NULL ? bundles->n_digits : n;
  out->n_carriers = bundles != NULL ? bundles->n_carriers : n;
  uint32_t *place = copse_alloc_zero(out->ctx, out->n_digits, sizeof *place); /* of a digit in the list */
  out->members = copse_alloc(out->ctx, n, sizeof *out->members);
  out->digits = copse_alloc_zero(out->ctx, out->n_digits, sizeof *out->digits);
  out->carriers = copse_alloc_zero(out->ctx, out->n_carriers, sizeof *out->carriers);
  if (place == NULL || out->members == NULL || out->digits == NULL || out->carriers == NULL) {
    copse_free(place);
    return status_memory(err, "the binned matrix");
  }
  for (uint32_t d = 0; d < out->n_digits; d++)
    out->carriers[bundles != NULL ? bundles->carrier_of[d] : d].n_digits++;
  for (uint32_t k = 1; k < out->n_carriers; k++)
    out->carriers[k].first_digit = out->carriers[k - 1].first_digit + out->carriers[k - 1].n_digits;
  for (uint32_t k = 0; k < out->n_carriers; k++) out->carriers[k].n_digits = 0;
  for (uint32_t d = 0; d < out->n_digits; d++) {
    struct binned_carrier *carrier = &out->carriers[bundles != NULL ? bundles->carrier_of[d] : d];
    place[d] = carrier->first_digit + carrier->n_digits++;
  }
  for (uint32_t c = 0; c < n; c++) {
    out->columns[c].digit = place[bundles != NULL ? bundles->digit_of[c] : c];
    out->digits[out->columns[c].digit].n_members++;
  }
  for (uint32_t d = 1; d < out->n_digits; d++)
    out->digits[d].first_member = out->digits[d - 1].first_member + out->digits[d - 1].n_members;
  for (uint32_t d = 0; d < out->n_digits; d++) out->digits[d].n_members = 0;
  for (uint32_t c = 0; c < n; c++) {
    struct binned_digit *digit = &out->digits[out->columns[c].digit];
    out->members[digit->first_member + digit->n_members++] = c;
  }
  copse_free(place);
  return COPSE_OK;
}

/* Values of the carriers' digits and their columns' places within them. */
static void number_values(struct binned *out, const struct bundles *bundles, uint32_t from_carrier) {
  for (uint32_t k = from_carrier; k < out->n_carriers; k++) {
    struct binned_carrier *carrier = &out->carriers[k];
    carrier->n_values = 1;
    for (uint32_t d = carrier->first_digit; d < carrier->first_digit + carrier->n_digits; d++) {
      struct binned_digit *digit = &out->digits[d];
      digit->stride = carrier->n_values;
      digit->radix = 1;
      for (uint32_t m = 0; m < digit->n_members; m++) {
        struct binned_column *column = &out->columns[out->members[digit->first_member + m]];
        column->carrier = k;
        column->digit = d;
        column->first = digit->radix;
        column->reference = bundles != NULL ? bundles->reference[out->members[digit->first_member + m]] : 0;
        digit->radix += column->n_bins - 1;
      }
      for (uint32_t m = 0; m < digit->n_members; m++) {
        struct binned_column *column = &out->columns[out->members[digit->first_member + m]];
        column->stride = digit->stride;
        column->radix = digit->radix;
      }
      carrier->n_values *= digit->radix;
      carrier->bundled |= carrier->n_digits > 1 || digit->n_members > 1;
    }
    carrier->cell_bytes = carrier->n_values <= NARROW_VALUES ? 1 : 2;
    for (uint32_t d = carrier->first_digit; d < carrier->first_digit + carrier->n_digits; d++)
      for (uint32_t m = 0; m < out->digits[d].n_members; m++)
        out->columns[out->members[out->digits[d].first_member + m]].bundled = carrier->bundled;
  }
}

/* Puts the carriers of one width, from a number on, into new consecutive blocks. */
static copse_status fill_blocks(uint32_t cell_bytes, uint32_t from_carrier, uint32_t n_of_width,
                                struct binned *out, copse_error *err) {
  uint32_t per_block = cell_bytes == 1 ? NARROW_CELLS : WIDE_CELLS;
  uint32_t placed = 0;
  struct binned_block *block = NULL;
  for (uint32_t k = from_carrier; k < out->n_carriers; k++) {
    struct binned_carrier *carrier = &out->carriers[k];
    if (carrier->cell_bytes != cell_bytes) continue;
    if (placed % per_block == 0) {
      uint32_t n = n_of_width - placed < per_block ? n_of_width - placed : per_block;
      block = &out->blocks[out->n_blocks++];
      *block = (struct binned_block){.cell_bytes = cell_bytes, .row_bytes = row_bytes_for(n * cell_bytes)};
      block->carriers = copse_alloc(out->ctx, n, sizeof *block->carriers);
      block->offsets = copse_alloc(out->ctx, n, sizeof *block->offsets);
      if (block->carriers == NULL || block->offsets == NULL) return status_memory(err, "the binned matrix");
    }
    carrier->block = out->n_blocks - 1;
    carrier->slot = block->n_columns;
    block->carriers[block->n_columns++] = k;
    placed++;
  }
  return COPSE_OK;
}

/* Accumulator cells of a block's carriers. */
static void lay_sums(const struct binned *out, struct binned_block *block) {
  uint32_t n_values = 0;
  block->n_sums = 0;
  for (uint32_t s = 0; s < block->n_columns; s++) {
    struct binned_carrier *carrier = &out->carriers[block->carriers[s]];
    block->offsets[s] = carrier->sum_offset = block->n_sums;
    block->n_sums += block->cell_bytes == 1 ? HIST_STRIDE : cells_for(carrier->n_values);
    n_values += carrier->n_values;
  }
  block->mean_values = (n_values + block->n_columns - 1) / block->n_columns;
}

/* Plane cells: block after block, in each those of its carriers' columns in their order. */
static void lay_planes(struct binned *out) {
  out->n_cells = 0;
  for (uint32_t b = 0; b < out->n_blocks; b++) {
    struct binned_block *block = &out->blocks[b];
    block->first_cell = out->n_cells;
    block->n_cells = 0;
    for (uint32_t s = 0; s < block->n_columns; s++) {
      const struct binned_carrier *carrier = &out->carriers[block->carriers[s]];
      for (uint32_t d = carrier->first_digit; d < carrier->first_digit + carrier->n_digits; d++) {
        for (uint32_t m = 0; m < out->digits[d].n_members; m++) {
          struct binned_column *column = &out->columns[out->members[out->digits[d].first_member + m]];
          column->block = b;
          column->cell_bytes = carrier->cell_bytes;
          column->cells = carrier->cells;
          column->hist_offset = block->n_cells;
          block->n_cells += cells_for(column->n_bins);
        }
      }
    }
    out->n_cells += block->n_cells;
  }
}

static const struct binned_column *first_column(const struct binned *out,
                                                const struct binned_carrier *carrier) {
  return &out->columns[out->members[out->digits[carrier->first_digit].first_member]];
}

/* Cells of the carrier that lie elsewhere, or NULL. */
static const void *cells_in_place(const struct binned *out, const struct binned_carrier *carrier) {
  if (out->in_place == NULL || carrier->bundled) return NULL;
  return out->in_place[first_column(out, carrier)->feature];
}

/* Distance of columns' cells in a feature-major copy. */
static size_t cells_stride(uint64_t n_rows, uint32_t cell_bytes) {
  size_t stride = (size_t)(n_rows + BINNED_PADDING) * cell_bytes;
  stride = (stride + BINNED_PADDING - 1) / BINNED_PADDING * BINNED_PADDING;
  return stride % 4096 == 0 ? stride + BINNED_PADDING : stride; /* no two cells of a row in one cache set */
}

size_t binned_rows_bytes(uint64_t n_rows, uint32_t row_bytes) {
  return (size_t)(n_rows + BINNED_PADDING / 4) * row_bytes;
}

bool binned_room_sizes(uint32_t n_features, uint64_t n_rows, struct binned_room *sizes) {
  *sizes = (struct binned_room){.row_bytes = row_bytes_for(n_features), .stride = cells_stride(n_rows, 1)};
  return n_features <= NARROW_CELLS;
}

/* At most an eighth of the room's columns may be empty. */
static bool room_serves(const struct binned *out, const struct binned_block *block) {
  enum { EIGHTH = 8 };
  return out->n_blocks == 1 && block->cell_bytes == 1 && block->row_bytes == out->room->row_bytes &&
         block->n_columns >= out->n_features - out->n_features / EIGHTH;
}

/* Whether the block moves into the room. */
static bool take_room(struct binned *out, struct binned_block *block) {
  struct binned_room *room = out->room;
  if (room == NULL) return false;
  if (!room_serves(out, block)) {
    copse_free(room->rows); /* before there are others */
    room->rows = NULL;
    out->room = NULL;
    return false;
  }
  block->rows = room->rows;
  block->cells = room->cells;
  block->dirty = true;
  for (uint32_t c = 0; c < block->n_columns; c++) {
    struct binned_carrier *carrier = &out->carriers[block->carriers[c]];
    uint8_t *cells = room->cells + room->places[first_column(out, carrier)->feature] * room->stride;
    memset(cells + out->n_rows, 0, room->stride - (size_t)out->n_rows);
    carrier->cells = cells;
  }
  const size_t whole = (size_t)out->n_rows * block->row_bytes;
  memset(block->rows + whole, 0, binned_rows_bytes(out->n_rows, block->row_bytes) - whole);
  room->taken = true;
  return true;
}

/* The feature-major copy of a block is one allocation, which is large enough for huge pages where its columns
 * are not: a column's scattered reads then find their translation (partition: 20 to 30 % of its time). */
bool binned_allocate_block(struct binned *out, struct binned_block *block) {
  const size_t stride = cells_stride(out->n_rows, block->cell_bytes);
  block->dirty = false;
  if (take_room(out, block)) return true;
  block->rows = copse_alloc_zero(out->ctx, binned_rows_bytes(out->n_rows, block->row_bytes), 1);
  uint32_t n_own = 0;
  for (uint32_t c = 0; c < block->n_columns; c++) {
    struct binned_carrier *carrier = &out->carriers[block->carriers[c]];
    carrier->in_place = cells_in_place(out, carrier) != NULL;
    n_own += !carrier->in_place;
  }
  block->cells = copse_alloc_zero(out->ctx, n_own, stride);
  if (block->rows == NULL || block->cells == NULL) return false;
  uint8_t *own = block->cells;
  for (uint32_t c = 0; c < block->n_columns; c++) {
    struct binned_carrier *carrier = &out->carriers[block->carriers[c]];
    if (carrier->in_place) {
      carrier->cells = (void *)(uintptr_t)cells_in_place(out, carrier);
      continue;
    }
    carrier->cells = own;
    own += stride;
  }
  return true;
}

copse_status binned_lay_out(struct binned *out, const struct bundles *bundles, uint32_t from_carrier,
                            copse_error *err) {
  uint32_t widths[2] = {0, 0}, first_block = out->n_blocks;
  number_values(out, bundles, from_carrier);
  for (uint32_t k = from_carrier; k < out->n_carriers; k++) widths[out->carriers[k].cell_bytes - 1]++;
  uint32_t n_blocks = first_block + blocks_for(widths[0], NARROW_CELLS) + blocks_for(widths[1], WIDE_CELLS);
  struct binned_block *blocks = copse_resize(out->ctx, out->blocks, n_blocks, sizeof *blocks);
  if (blocks == NULL) return status_memory(err, "the binned matrix");
  out->blocks = blocks;
  copse_status status = fill_blocks(1, from_carrier, widths[0], out, err);
  if (status == COPSE_OK) status = fill_blocks(2, from_carrier, widths[1], out, err);
  if (status != COPSE_OK) return status;
  for (uint32_t b = first_block; b < out->n_blocks; b++) {
    struct binned_block *block = &out->blocks[b];
    lay_sums(out, block);
    if (!binned_allocate_block(out, block)) return status_memory(err, "the binned matrix");
  }
  lay_planes(out);
  return COPSE_OK;
}

static copse_status list_away(const struct feature_bins *features, struct binned *out, copse_error *err) {
  out->away = copse_alloc(out->ctx, out->n_columns, sizeof *out->away);
  if (out->away == NULL) return status_memory(err, "the binned matrix");
  for (uint32_t c = 0; c < out->n_columns; c++)
    if (out->columns[c].bundled && out->columns[c].reference != features[out->columns[c].feature].default_bin)
      out->away[out->n_away++] = c;
  return COPSE_OK;
}

static copse_status create(copse_context *ctx, const struct feature_bins *features,
                           const struct bundles *bundles, struct binned *out, copse_error *err) {
  out->ctx = ctx;
  copse_status status = number_columns(ctx, features, out, err);
  if (status == COPSE_OK) status = group_members(out, bundles, err);
  if (status == COPSE_OK) status = binned_lay_out(out, bundles, 0, err);
  if (status == COPSE_OK) status = list_away(features, out, err);
  out->in_place = NULL;
  out->room = NULL;
  if (status != COPSE_OK) binned_release(out);
  return status;
}

copse_status binned_create(copse_context *ctx, const struct feature_bins *features, uint32_t n_features,
                           const struct bundles *bundles, uint64_t n_rows, const void *const *in_place,
                           struct binned *out, copse_error *err) {
  *out = (struct binned){
      .n_rows = n_rows, .n_features = n_features, .in_place = in_place, .clash_busy = ATOMIC_FLAG_INIT};
  return create(ctx, features, bundles, out, err);
}

copse_status binned_create_in(struct binned_room *room, copse_context *ctx,
                              const struct feature_bins *features, uint32_t n_features,
                              const struct bundles *bundles, uint64_t n_rows, struct binned *out,
                              copse_error *err) {
  *out = (struct binned){
      .n_rows = n_rows, .n_features = n_features, .room = room, .clash_busy = ATOMIC_FLAG_INIT};
  return create(ctx, features, bundles, out, err);
}

void binned_release(struct binned *binned) {
  for (uint32_t b = 0; b < binned->n_blocks; b++) {
    copse_free(binned->blocks[b].carriers);
    copse_free(binned->blocks[b].offsets);
    copse_free(binned->blocks[b].rows);
    copse_free(binned->blocks[b].cells);
  }
  copse_free(binned->columns);
  copse_free(binned->members);
  copse_free(binned->digits);
  copse_free(binned->carriers);
  copse_free(binned->blocks);
  copse_free(binned->column_of);
  copse_free(binned->clashes);
  copse_free(binned->away);
  *binned = (struct binned){.clash_busy = ATOMIC_FLAG_INIT};
}
