/* binned_write.c - writing the cells of the binned matrix, and what becomes of bins that find their digit
 * taken. See binned.h. */
#include <string.h>

#include "base/status.h"
#include "data/binned_layout.h"
#include "kernels/kernels.h"

void binned_store(struct binned *binned, uint32_t carrier, uint64_t first_row, size_t n,
                  const uint16_t *cells) {
  const struct binned_carrier *to = &binned->carriers[carrier];
  const struct binned_block *block = &binned->blocks[to->block];
  size_t row_bytes = block->row_bytes;
  uint8_t *rows = block->rows + first_row * row_bytes + (size_t)to->slot * to->cell_bytes;
  if (to->cell_bytes == 1) {
    uint8_t *out = (uint8_t *)to->cells + first_row;
    for (size_t i = 0; i < n; i++) out[i] = (uint8_t)cells[i];
    for (size_t i = 0; i < n; i++) rows[i * row_bytes] = (uint8_t)cells[i];
  } else {
    memcpy((uint16_t *)to->cells + first_row, cells, n * sizeof *cells);
    for (size_t i = 0; i < n; i++) memcpy(rows + i * row_bytes, &cells[i], sizeof *cells);
  }
}

static void keep_aside(struct binned *binned, uint32_t column, uint64_t row, uint32_t bin) {
  while (atomic_flag_test_and_set_explicit(&binned->clash_busy, memory_order_acquire)) {
  }
  if (binned->n_clashes == binned->clash_room) {
    size_t room = 2 * binned->clash_room + 64;
    struct binned_clash *clashes = copse_resize(binned->ctx, binned->clashes, room, sizeof *clashes);
    if (clashes == NULL) {
      binned->clash_lost = true;
      goto done;
    }
    binned->clashes = clashes;
    binned->clash_room = room;
  }
  binned->clashes[binned->n_clashes++] = (struct binned_clash){row, column, bin};

done:
  atomic_flag_clear_explicit(&binned->clash_busy, memory_order_release);
}

static inline bool digit_taken(const struct binned_column *column, uint32_t cell) {
  return cell / column->stride % column->radix != 0;
}

void binned_join(struct binned *binned, uint32_t column, uint64_t first_row, size_t n, const uint16_t *bins,
                 uint16_t *cells) {
  enum { FEW_BINS = 256 };
  const struct binned_column *to = &binned->columns[column];
  bool alone = binned->digits[to->digit].n_members == 1;
  if (alone && to->n_bins <= FEW_BINS) { /* nothing can be taken: no jump, which would often be missed */
    uint16_t shares[FEW_BINS];
    for (uint32_t b = 0; b < to->n_bins; b++) shares[b] = (uint16_t)binned_share(to, b);
    for (size_t i = 0; i < n; i++) cells[i] = (uint16_t)(cells[i] + shares[bins[i]]);
    return;
  }
  for (size_t i = 0; i < n; i++) {
    uint32_t share = binned_share(to, bins[i]);
    if (share != 0 && !alone && digit_taken(to, cells[i]))
      keep_aside(binned, column, first_row + i, bins[i]);
    else
      cells[i] = (uint16_t)(cells[i] + share);
  }
}

/* The cells of a carrier that is one column of which they are given; or NULL. */
static const uint8_t *given_cells(const struct binned *binned, const struct binned_carrier *carrier,
                                  const void *const *cells) {
  if (cells == NULL || carrier->bundled) return NULL;
  return cells[binned->columns[binned->members[binned->digits[carrier->first_digit].first_member]].feature];
}

void binned_interleave(const struct binned_block *block, uint32_t first_slot, uint32_t n_slots,
                       const uint8_t *const *given, uint64_t first_row, size_t n) {
  const size_t row_bytes = block->row_bytes;
  uint8_t *rows = block->rows + first_row * row_bytes + (size_t)first_slot * block->cell_bytes;
  if (block->cell_bytes == 1) {
    kernels_best()->interleave(given, n_slots, n, rows, row_bytes);
    return;
  }
  for (uint32_t c = 0; c < n_slots; c++)
    for (size_t i = 0; i < n; i++) memcpy(rows + i * row_bytes + (size_t)2 * c, given[c] + 2 * i, 2);
}

/* Both copies of the carriers of a block whose cells are given. */
static void store_given(const struct binned *binned, const struct binned_block *block, uint64_t first_row,
                        size_t n, const void *const *cells) {
  enum { MOST = 64 };
  const size_t cell_bytes = block->cell_bytes;
  const uint8_t *given[MOST];
  for (uint32_t slot = 0; slot < block->n_columns; slot++) {
    uint32_t first = slot;
    for (; slot < block->n_columns; slot++) {
      const struct binned_carrier *carrier = &binned->carriers[block->carriers[slot]];
      const uint8_t *from = given_cells(binned, carrier, cells);
      if (from == NULL) break;
      given[slot - first] = from + first_row * cell_bytes;
      if (!carrier->in_place && (const uint8_t *)carrier->cells != from)
        memcpy((uint8_t *)carrier->cells + first_row * cell_bytes, given[slot - first], n * cell_bytes);
    }
    if (slot > first) binned_interleave(block, first, slot - first, given, first_row, n);
  }
}

void binned_store_rows(struct binned *binned, uint64_t first_row, size_t n, const void *const *given,
                       bins_read_fn bins_of, const void *user) {
  uint16_t bins[BINNED_CHUNK], cells[BINNED_CHUNK];
  for (uint32_t b = 0; b < binned->n_blocks; b++) {
    const size_t row_bytes = binned->blocks[b].row_bytes;
    if (binned->blocks[b].dirty) memset(binned->blocks[b].rows + first_row * row_bytes, 0, n * row_bytes);
  }
  for (uint32_t b = 0; given != NULL && b < binned->n_blocks; b++)
    store_given(binned, &binned->blocks[b], first_row, n, given);
  for (uint32_t k = 0; k < binned->n_carriers; k++) {
    const struct binned_carrier *carrier = &binned->carriers[k];
    if (given_cells(binned, carrier, given) != NULL) continue;
    if (carrier->bundled) memset(cells, 0, n * sizeof *cells);
    for (uint32_t d = carrier->first_digit; d < carrier->first_digit + carrier->n_digits; d++) {
      for (uint32_t m = 0; m < binned->digits[d].n_members; m++) {
        uint32_t column = binned->members[binned->digits[d].first_member + m];
        bins_of(user, binned->columns[column].feature, first_row, n, bins);
        if (carrier->bundled) binned_join(binned, column, first_row, n, bins, cells);
      }
    }
    binned_store(binned, k, first_row, n, carrier->bundled ? cells : bins);
  }
}

static void write_cell(struct binned *binned, const struct binned_column *column, uint64_t row,
                       uint32_t cell) {
  const struct binned_carrier *carrier = &binned->carriers[column->carrier];
  const struct binned_block *block = &binned->blocks[carrier->block];
  uint8_t *at = block->rows + row * block->row_bytes + (size_t)carrier->slot * carrier->cell_bytes;
  if (carrier->cell_bytes == 1) {
    ((uint8_t *)carrier->cells)[row] = *at = (uint8_t)cell;
  } else {
    uint16_t wide = (uint16_t)cell;
    ((uint16_t *)carrier->cells)[row] = wide;
    memcpy(at, &wide, sizeof wide);
  }
}

void binned_set_cell(struct binned *binned, uint32_t column, uint64_t row, uint32_t bin) {
  const struct binned_column *to = &binned->columns[column];
  if (!to->bundled) {
    write_cell(binned, to, row, bin);
    return;
  }
  uint32_t share = binned_share(to, bin);
  if (share == 0) return;
  uint32_t cell =
      to->cell_bytes == 1 ? ((const uint8_t *)to->cells)[row] : ((const uint16_t *)to->cells)[row];
  if (digit_taken(to, cell))
    keep_aside(binned, column, row, bin);
  else
    write_cell(binned, to, row, cell + share);
}

void binned_fill_default(struct binned *binned, const struct feature_bins *features, uint64_t first_row,
                         size_t n) {
  for (uint32_t b = 0; b < binned->n_blocks; b++) {
    const struct binned_block *block = &binned->blocks[b];
    uint8_t row[64] = {0};
    for (uint32_t s = 0; s < block->n_columns; s++) {
      const struct binned_carrier *carrier = &binned->carriers[block->carriers[s]];
      if (carrier->bundled) continue;
      uint32_t column = binned->members[binned->digits[carrier->first_digit].first_member];
      uint16_t bin = (uint16_t)features[binned->columns[column].feature].default_bin;
      if (block->cell_bytes == 1) {
        row[s] = (uint8_t)bin;
        memset((uint8_t *)carrier->cells + first_row, bin, n);
      } else {
        memcpy(row + (size_t)2 * s, &bin, sizeof bin);
        for (size_t i = 0; i < n; i++) ((uint16_t *)carrier->cells)[first_row + i] = bin;
      }
    }
    for (size_t i = 0; i < n; i++)
      memcpy(block->rows + (first_row + i) * block->row_bytes, row, block->row_bytes);
  }
}

/* ---- columns that met another of their digit ---- */

/* A carrier of its own for each marked column, numbered behind the others. */
static copse_status add_carriers(struct binned *binned, const bool *evicted, uint32_t n_evicted,
                                 copse_error *err) {
  uint32_t first_carrier = binned->n_carriers;
  uint32_t n_members = binned->n_columns;
  for (uint32_t d = 0; d < binned->n_digits; d++) {
    uint32_t end = binned->digits[d].first_member + binned->digits[d].n_members;
    if (end > n_members) n_members = end;
  }
  uint32_t *members =
      copse_resize(binned->ctx, binned->members, (size_t)n_members + n_evicted, sizeof *members);
  if (members != NULL) binned->members = members;
  struct binned_digit *digits =
      copse_resize(binned->ctx, binned->digits, (size_t)binned->n_digits + n_evicted, sizeof *digits);
  if (digits != NULL) binned->digits = digits;
  struct binned_carrier *carriers =
      copse_resize(binned->ctx, binned->carriers, (size_t)binned->n_carriers + n_evicted, sizeof *carriers);
  if (carriers != NULL) binned->carriers = carriers;
  if (members == NULL || digits == NULL || carriers == NULL) return status_memory(err, "the binned matrix");
  for (uint32_t c = 0; c < binned->n_columns; c++) {
    if (!evicted[c]) continue;
    struct binned_digit *old = &digits[binned->columns[c].digit];
    uint32_t kept = 0;
    for (uint32_t m = 0; m < old->n_members; m++)
      if (members[old->first_member + m] != c)
        members[old->first_member + kept++] = members[old->first_member + m];
    old->n_members = kept;
    members[n_members] = c;
    digits[binned->n_digits] = (struct binned_digit){.first_member = n_members++, .n_members = 1};
    carriers[binned->n_carriers++] =
        (struct binned_carrier){.first_digit = binned->n_digits++, .n_digits = 1};
  }
  return binned_lay_out(binned, NULL, first_carrier, err);
}

/* Copies a column's bins from what it was before. Values that it leaves behind in its old carrier count as
 * the reference bins of the columns that stay. */
static void move_column(struct binned *binned, uint32_t column, const struct binned_column *before) {
  enum { PIECE = 1024 };
  uint16_t bins[PIECE];
  for (uint64_t row = 0; row < binned->n_rows; row += PIECE) {
    size_t n = binned->n_rows - row < PIECE ? (size_t)(binned->n_rows - row) : PIECE;
    for (size_t i = 0; i < n; i++) bins[i] = (uint16_t)binned_cell(before, row + i);
    binned_store(binned, binned->columns[column].carrier, row, n, bins);
  }
}

copse_status binned_settle(struct binned *binned, copse_error *err) {
  if (binned->clash_lost) return status_memory(err, "bins of rows in which bundled features meet");
  if (binned->n_clashes == 0) return COPSE_OK;
  copse_status status = COPSE_OK;
  bool *evicted = copse_alloc_zero(binned->ctx, binned->n_columns, sizeof *evicted);
  struct binned_column *before = copse_alloc(binned->ctx, binned->n_columns, sizeof *before);
  if (evicted == NULL || before == NULL) {
    status = status_memory(err, "the binned matrix");
    goto done;
  }
  uint32_t n_evicted = 0;
  for (size_t i = 0; i < binned->n_clashes; i++) {
    n_evicted += evicted[binned->clashes[i].column] ? 0 : 1;
    evicted[binned->clashes[i].column] = true;
  }
  memcpy(before, binned->columns, binned->n_columns * sizeof *before);
  status = add_carriers(binned, evicted, n_evicted, err);
  if (status != COPSE_OK) goto done;
  for (uint32_t c = 0; c < binned->n_columns; c++)
    if (evicted[c]) move_column(binned, c, &before[c]);
  for (size_t i = 0; i < binned->n_clashes; i++)
    binned_set_cell(binned, binned->clashes[i].column, binned->clashes[i].row, binned->clashes[i].bin);
  copse_free(binned->clashes);
  binned->clashes = NULL;
  binned->n_clashes = binned->clash_room = 0;

done:
  copse_free(evicted);
  copse_free(before);
  return status;
}
