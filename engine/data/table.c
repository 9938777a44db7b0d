/* table.c - see table.h. Everything becomes a double: exact for float32 and for integers up to 2^53. */
#include "data/table.h"

#include <inttypes.h>

#include "base/status.h"

static copse_status check_dense_rows(const copse_table *table, copse_error *err) {
  if (table->row_stride < table->n_cols)
    return status_set(err, COPSE_ERR_ARGUMENT,
                      "table: row_stride is %zu with %" PRIu32
                      " columns: expected at least the number of columns",
                      table->row_stride, table->n_cols);
  return COPSE_OK;
}

static copse_status check_columns(const copse_table *table, copse_error *err) {
  if (table->columns == NULL && table->n_cols > 0)
    return status_set(err, COPSE_ERR_ARGUMENT, "table: columns is NULL: expected %" PRIu32 " columns",
                      table->n_cols);
  for (uint32_t c = 0; c < table->n_cols; c++) {
    const copse_column *column = &table->columns[c];
    if ((unsigned)column->dtype > COPSE_I64)
      return status_set(err, COPSE_ERR_ARGUMENT, "table: column %" PRIu32 ": %d is not a type of elements", c,
                        (int)column->dtype);
    if (column->data == NULL && table->n_rows > 0)
      return status_set(err, COPSE_ERR_ARGUMENT, "table: column %" PRIu32 ": data is NULL", c);
    if (column->stride == 0)
      return status_set(err, COPSE_ERR_ARGUMENT,
                        "table: column %" PRIu32 ": stride is 0: expected 1 for contiguous elements", c);
  }
  return COPSE_OK;
}

static copse_status check_csr_row(const copse_table *table, uint64_t row, copse_error *err) {
  int64_t begin = table->indptr[row], end = table->indptr[row + 1];
  if (end < begin)
    return status_set(err, COPSE_ERR_DATA,
                      "table: row %" PRIu64 ": indptr falls from %" PRId64 " to %" PRId64
                      ": expected ascending positions",
                      row, begin, end);
  int64_t before = -1;
  for (int64_t k = begin; k < end; k++) {
    int64_t index = table->indices[k];
    if (index <= before || index >= (int64_t)table->n_cols)
      return status_set(err, COPSE_ERR_DATA,
                        "table: row %" PRIu64 ": column index %" PRId64 " after %" PRId64
                        ": expected strictly ascending indices from 0 to %" PRId64,
                        row, index, before, (int64_t)table->n_cols - 1);
    before = index;
  }
  return COPSE_OK;
}

static copse_status check_csr(const copse_table *table, copse_error *err) {
  if (table->indptr == NULL || table->indptr[0] != 0)
    return status_set(err, COPSE_ERR_ARGUMENT, "table: indptr of sparse rows must begin with 0");
  for (uint64_t row = 0; row < table->n_rows; row++) {
    bool empty = table->indptr[row + 1] == table->indptr[row];
    if (!empty && (table->indices == NULL || table->values == NULL))
      return status_set(err, COPSE_ERR_ARGUMENT, "table: indices or values of sparse rows are NULL");
    copse_status status = check_csr_row(table, row, err);
    if (status != COPSE_OK) return status;
  }
  return COPSE_OK;
}

copse_status table_check(const copse_table *table, copse_error *err) {
  if (table->layout == COPSE_COLUMNS) return check_columns(table, err);
  if (table->layout != COPSE_ROWS && table->layout != COPSE_CSR)
    return status_set(err, COPSE_ERR_ARGUMENT, "table: %d is not a layout", (int)table->layout);
  if (table->dtype != COPSE_F32 && table->dtype != COPSE_F64)
    return status_set(err, COPSE_ERR_ARGUMENT,
                      "table: values of rows must be float or double (COPSE_F32 or COPSE_F64), found type %d",
                      (int)table->dtype);
  if (table->layout == COPSE_CSR) return check_csr(table, err);
  if (table->values == NULL && table->n_rows > 0 && table->n_cols > 0)
    return status_set(err, COPSE_ERR_ARGUMENT, "table: values is NULL");
  return check_dense_rows(table, err);
}

/* One loop per element type; `at` is the first element of the column, step the distance of its rows. */
#define GATHER(type)                                                                        \
  do {                                                                                      \
    const type *at = data;                                                                  \
    if (rows->list != NULL)                                                                 \
      for (uint64_t i = 0; i < rows->n; i++) out[i] = (double)at[rows->list[i] * step];     \
    else                                                                                    \
      for (uint64_t i = 0; i < rows->n; i++) out[i] = (double)at[(rows->first + i) * step]; \
  } while (0)

void table_gather(const copse_table *table, uint32_t column, const struct table_rows *rows, double *out) {
  copse_dtype dtype = table->dtype;
  const void *data;
  uint64_t step;
  if (table->layout == COPSE_COLUMNS) {
    dtype = table->columns[column].dtype;
    data = table->columns[column].data;
    step = table->columns[column].stride;
  } else {
    data = dtype == COPSE_F32 ? (const void *)((const float *)table->values + column)
                              : (const void *)((const double *)table->values + column);
    step = table->row_stride;
  }
  switch (dtype) {
    case COPSE_F32: GATHER(float); break;
    case COPSE_F64: GATHER(double); break;
    case COPSE_I32: GATHER(int32_t); break;
    case COPSE_I64: GATHER(int64_t); break;
  }
}
