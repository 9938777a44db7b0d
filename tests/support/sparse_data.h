/* sparse_data.h - made-up sparse data for what bundles do: one-hot groups, few-valued columns, a missing
 * value that is the most common one, and columns that meet now and then. */
#ifndef COPSE_TESTS_SPARSE_DATA_H
#define COPSE_TESTS_SPARSE_DATA_H

#include "copse.h"

/* Columns 0..29: three one-hot groups of ten (a row has at most one of each). 30..33: 2, 3, 4, 5 values.
 * 34: category of 6. 35, 36: NaN but for some rows. 37: a plain number. 38, 39: sparse, and meet in one row
 * of `meet` (0: never). */
enum { SPARSE_COLUMNS = 40 };

struct sparse_data {
  uint64_t n_rows;
  double *dense; /* [n_rows * SPARSE_COLUMNS] */
  float *label, *class_label, *weight;
  bool categorical[SPARSE_COLUMNS];
  int64_t *row_start, *column_start;
  int32_t *row_index, *column_index;
  double *row_value, *column_value;
  copse_table rows, csr, csc;
};

struct sparse_data sparse_data_make(uint64_t n_rows, uint64_t meet, uint64_t seed);
void sparse_data_free(struct sparse_data *data);

#endif
