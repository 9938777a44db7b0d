/* same_cells.h - two data sets have the same cells, in both copies. */
#ifndef COPSE_TESTS_SAME_CELLS_H
#define COPSE_TESTS_SAME_CELLS_H

#include "data/dataset.h"
#include "testing.h"

static inline void assert_same_cells(const copse_dataset *a, const copse_dataset *b) {
  const struct binned *x = &a->binned, *y = &b->binned;
  assert_int_equal(x->n_columns, y->n_columns);
  assert_int_equal(x->n_blocks, y->n_blocks);
  for (uint32_t c = 0; c < x->n_columns; c++) {
    assert_int_equal(x->columns[c].n_bins, y->columns[c].n_bins);
    assert_memory_equal(x->columns[c].cells, y->columns[c].cells, x->n_rows * x->columns[c].cell_bytes);
  }
  for (uint32_t k = 0; k < x->n_blocks; k++) {
    assert_int_equal(x->blocks[k].row_bytes, y->blocks[k].row_bytes);
    assert_memory_equal(x->blocks[k].rows, y->blocks[k].rows,
                        (x->n_rows * x->blocks[k].row_bytes + BINNED_PADDING));
  }
}

#endif
