/* The layout rules of the binned matrix: blocks, row sizes, histogram offsets, padding. */
#include <string.h>

#include "data/binned.h"
#include "kernels/kernels.h"
#include "testing.h"

enum { MOST_FEATURES = 200, ROWS = 3 };

/* Features with the given number of bins; 0: not used. */
static struct binned make(const uint32_t *n_bins, uint32_t n) {
  static struct feature_bins features[MOST_FEATURES];
  assert_true(n <= MOST_FEATURES);
  memset(features, 0, sizeof features);
  for (uint32_t f = 0; f < n; f++) {
    features[f].n_bins = n_bins[f];
    features[f].used = n_bins[f] > 0;
  }
  struct binned binned;
  assert_int_equal(binned_create(NULL, features, n, NULL, ROWS, NULL, &binned, NULL), COPSE_OK);
  return binned;
}

static void check_rules(const struct binned *binned) {
  uint64_t first_cell = 0;
  for (uint32_t b = 0; b < binned->n_blocks; b++) {
    const struct binned_block *block = &binned->blocks[b];
    assert_true(block->first_cell == first_cell);
    first_cell += block->n_cells;
    assert_int_equal(block->n_cells % 4, 0);
    if (block->cell_bytes == 2) assert_int_equal(block->n_sums, block->n_cells);
    if (block->cell_bytes == 1) assert_int_equal(block->n_sums, block->n_columns * HIST_STRIDE);
    uint32_t n_values = 0, plane = 0;
    assert_in_range(block->n_columns, 1, block->cell_bytes == 1 ? 64 : 32);
    assert_in_range(block->row_bytes, 4, 64);
    assert_int_equal(block->row_bytes & (block->row_bytes - 1), 0);
    assert_true(block->row_bytes >= block->n_columns * block->cell_bytes);
    assert_true(block->row_bytes == 4 || block->row_bytes / 2 < block->n_columns * block->cell_bytes);
    assert_int_equal((uintptr_t)block->rows % 64, 0);
    for (size_t i = 0; i < (size_t)ROWS * block->row_bytes + BINNED_PADDING; i++)
      assert_int_equal(block->rows[i], 0);
    for (uint32_t s = 0; s < block->n_columns; s++) {
      const struct binned_carrier *carrier = &binned->carriers[block->carriers[s]];
      const struct binned_column *column = &binned->columns[block->carriers[s]]; /* nothing is bundled */
      assert_int_equal(carrier->block, b);
      assert_int_equal(carrier->slot, s);
      assert_int_equal(carrier->n_values, column->n_bins);
      assert_int_equal(column->block, b);
      assert_int_equal(carrier->sum_offset, block->offsets[s]);
      if (block->cell_bytes == 1) assert_int_equal(block->offsets[s], s * HIST_STRIDE);
      if (block->cell_bytes == 2) assert_int_equal(block->offsets[s], column->hist_offset);
      assert_int_equal(column->hist_offset, plane);
      assert_int_equal(column->hist_offset % 4, 0);
      n_values += carrier->n_values;
      const bool last = s + 1 == block->n_columns;
      uint32_t end = last ? block->n_cells : binned->columns[block->carriers[s + 1]].hist_offset;
      plane = end;
      assert_true(column->hist_offset + column->n_bins <= end);
      assert_true(end - column->hist_offset < column->n_bins + 8);
      assert_true((end - column->hist_offset) % 256 != 0);
      if (s > 0) assert_true(block->carriers[s - 1] < block->carriers[s]);
    }
    assert_in_range(block->mean_values, n_values / block->n_columns, n_values / block->n_columns + 1);
  }
  assert_true(binned->n_cells == first_cell);
  for (uint32_t c = 1; c < binned->n_columns; c++)
    assert_true(binned->columns[c - 1].feature < binned->columns[c].feature);
}

static void widths_have_their_own_blocks(void **state) {
  (void)state;
  uint32_t n_bins[MOST_FEATURES];
  for (uint32_t f = 0; f < MOST_FEATURES; f++)
    n_bins[f] = f % 5 == 0 ? 0 : f % 5 == 1 ? 257 + 255 * (f % 3) : f % 5 == 2 ? 256 : 2 + f;
  struct binned binned = make(n_bins, MOST_FEATURES);
  assert_int_equal(binned.n_columns, 160);
  assert_int_equal(binned.n_features, MOST_FEATURES);
  check_rules(&binned);
  uint32_t narrow = 0, wide = 0;
  for (uint32_t b = 0; b < binned.n_blocks; b++) *(binned.blocks[b].cell_bytes == 1 ? &narrow : &wide) += 1;
  assert_int_equal(wide, 2);   /* 40 columns of more than 256 bins */
  assert_int_equal(narrow, 2); /* 120 others */
  for (uint32_t f = 0; f < MOST_FEATURES; f++)
    assert_true((binned.column_of[f] == BINNED_NO_COLUMN) == (n_bins[f] == 0));
  binned_release(&binned);
}

static void row_sizes_are_the_smallest_that_fit(void **state) {
  (void)state;
  static const uint32_t expected[][2] = {{1, 4}, {4, 4}, {5, 8}, {9, 16}, {28, 32}, {33, 64}, {64, 64}};
  for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
    uint32_t n_bins[64];
    for (uint32_t f = 0; f < 64; f++) n_bins[f] = 255;
    struct binned binned = make(n_bins, expected[i][0]);
    check_rules(&binned);
    assert_int_equal(binned.n_blocks, 1);
    assert_int_equal(binned.blocks[0].row_bytes, expected[i][1]);
    binned_release(&binned);
  }
}

static void no_used_feature_is_an_empty_matrix(void **state) {
  (void)state;
  const uint32_t n_bins[] = {0, 0};
  struct binned binned = make(n_bins, 2);
  assert_int_equal(binned.n_columns, 0);
  assert_int_equal(binned.n_blocks, 0);
  assert_true(binned.n_cells == 0);
  binned_release(&binned);
}

static void stores_reach_both_copies_and_nothing_else(void **state) {
  (void)state;
  const uint32_t n_bins[] = {10, 300, 10, 300};
  struct binned binned = make(n_bins, 4);
  const uint16_t wide[] = {259, 3}, narrow[] = {9, 8};
  binned_store(&binned, 3, 1, 2, wide);
  binned_store(&binned, 2, 0, 2, narrow);
  binned_set_cell(&binned, 1, 2, 299);
  const uint32_t expected[4][ROWS] = {{0, 0, 0}, {0, 0, 299}, {9, 8, 0}, {0, 259, 3}};
  for (uint32_t c = 0; c < 4; c++)
    for (uint64_t r = 0; r < ROWS; r++) {
      const struct binned_column *column = &binned.columns[c];
      const struct binned_block *block = &binned.blocks[column->block];
      uint16_t cell = 0;
      memcpy(&cell, block->rows + r * block->row_bytes + (size_t)binned.carriers[c].slot * column->cell_bytes,
             column->cell_bytes); /* little end first */
      assert_int_equal(binned_cell(column, r), expected[c][r]);
      assert_int_equal(cell, expected[c][r]);
    }
  binned_release(&binned);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(widths_have_their_own_blocks),
                                     cmocka_unit_test(row_sizes_are_the_smallest_that_fit),
                                     cmocka_unit_test(no_used_feature_is_an_empty_matrix),
                                     cmocka_unit_test(stores_reach_both_copies_and_nothing_else)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
