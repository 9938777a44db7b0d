#include "sparse_data.h"

#include <math.h>

#include "draw.h"
#include "testing.h"

static double cell(struct draw *d, uint32_t column, uint64_t row, uint64_t meet, const int64_t hot[3]) {
  if (column < 30)
    return hot[column / 10] == column % 10 ? 1 + (column % 3) * 0.5 * (double)draw_between(d, 0, 3) : 0;
  if (column < 34) return (double)draw_between(d, 0, column - 29);
  switch (column) {
    case 34: return (double)draw_between(d, 0, 5);
    case 35: return row % 5 == 0 ? (double)draw_between(d, 0, 3) : NAN;
    case 36: return row % 5 == 1 ? (double)draw_between(d, -2, 2) : NAN;
    case 37: return draw_uniform(d) - 0.3;
    default: {
      bool both = meet > 0 && row % meet == meet - 1;
      return both || row % 7 == column - 38 ? (double)draw_between(d, 1, 4) : 0;
    }
  }
}

static copse_table table_of(const struct sparse_data *data, copse_layout layout) {
  bool csr = layout == COPSE_CSR;
  return (copse_table){.layout = layout,
                       .dtype = COPSE_F64,
                       .n_rows = data->n_rows,
                       .n_cols = SPARSE_COLUMNS,
                       .indptr = csr ? data->row_start : data->column_start,
                       .indices = csr ? data->row_index : data->column_index,
                       .values = csr ? data->row_value : data->column_value};
}

struct sparse_data sparse_data_make(uint64_t n_rows, uint64_t meet, uint64_t seed) {
  size_t n_cells = (size_t)n_rows * SPARSE_COLUMNS;
  struct sparse_data data = {.n_rows = n_rows,
                             .dense = copse_alloc(NULL, n_cells, sizeof(double)),
                             .label = copse_alloc(NULL, n_rows, sizeof(float)),
                             .class_label = copse_alloc(NULL, n_rows, sizeof(float)),
                             .weight = copse_alloc(NULL, n_rows, sizeof(float)),
                             .row_start = copse_alloc(NULL, n_rows + 1, sizeof(int64_t)),
                             .column_start = copse_alloc(NULL, SPARSE_COLUMNS + 1, sizeof(int64_t)),
                             .row_index = copse_alloc(NULL, n_cells, sizeof(int32_t)),
                             .column_index = copse_alloc(NULL, n_cells, sizeof(int32_t)),
                             .row_value = copse_alloc(NULL, n_cells, sizeof(double)),
                             .column_value = copse_alloc(NULL, n_cells, sizeof(double))};
  data.categorical[34] = true;
  struct draw d = {.seed = seed};
  for (uint64_t r = 0; r < n_rows; r++) {
    const int64_t hot[3] = {draw_between(&d, 0, 11), draw_between(&d, 0, 10), draw_between(&d, 0, 9)};
    double *row = data.dense + r * SPARSE_COLUMNS, target = draw_uniform(&d);
    for (uint32_t c = 0; c < SPARSE_COLUMNS; c++) {
      row[c] = cell(&d, c, r, meet, hot);
      target += isnan(row[c]) ? 0.3 : row[c] * sin(1.0 + 3 * c);
    }
    data.label[r] = (float)target;
    data.class_label[r] = target > 1 ? 1 : 0;
    data.weight[r] = (float)draw_between(&d, 1, 8) / 4;
  }
  int64_t at = 0;
  for (uint64_t r = 0; r < n_rows; r++) {
    data.row_start[r] = at;
    for (uint32_t c = 0; c < SPARSE_COLUMNS; c++) {
      double value = data.dense[r * SPARSE_COLUMNS + c];
      if (value == 0) continue;
      data.row_index[at] = (int32_t)c;
      data.row_value[at++] = value;
    }
  }
  data.row_start[n_rows] = at;
  at = 0;
  for (uint32_t c = 0; c < SPARSE_COLUMNS; c++) {
    data.column_start[c] = at;
    for (uint64_t r = 0; r < n_rows; r++) {
      double value = data.dense[r * SPARSE_COLUMNS + c];
      if (value == 0) continue;
      data.column_index[at] = (int32_t)r;
      data.column_value[at++] = value;
    }
  }
  data.column_start[SPARSE_COLUMNS] = at;
  data.rows = (copse_table){.layout = COPSE_ROWS,
                            .dtype = COPSE_F64,
                            .n_rows = n_rows,
                            .n_cols = SPARSE_COLUMNS,
                            .row_stride = SPARSE_COLUMNS,
                            .values = data.dense};
  data.csr = table_of(&data, COPSE_CSR);
  data.csc = table_of(&data, COPSE_CSC);
  return data;
}

void sparse_data_free(struct sparse_data *data) {
  copse_free(data->dense);
  copse_free(data->label);
  copse_free(data->class_label);
  copse_free(data->weight);
  copse_free(data->row_start);
  copse_free(data->column_start);
  copse_free(data->row_index);
  copse_free(data->column_index);
  copse_free(data->row_value);
  copse_free(data->column_value);
}
