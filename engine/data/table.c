/* table.c - see table.h. Everything becomes a double: exact for float32 and for integers up to 2^53. */
#include "data/table.h"

#include <inttypes.h>

#include "base/search.h"
#include "base/status.h"
#include "kernels/kernels.h"

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

/* What a sparse table is made of: lines (rows of CSR, columns of CSC) with stored cells at ascending places.
 */
struct sparse_shape {
  const char *line, *cell; /* their names */
  uint64_t n_lines, n_cells;
};

static struct sparse_shape sparse_shape(const copse_table *table) {
  return table->layout == COPSE_CSR ? (struct sparse_shape){"row", "column", table->n_rows, table->n_cols}
                                    : (struct sparse_shape){"column", "row", table->n_cols, table->n_rows};
}

static copse_status check_line(const copse_table *table, const struct sparse_shape *shape, uint64_t line,
                               copse_error *err) {
  int64_t before = -1;
  for (int64_t k = table->indptr[line]; k < table->indptr[line + 1]; k++) {
    int64_t index = table->indices[k];
    if (index <= before || index >= (int64_t)shape->n_cells)
      return status_set(err, COPSE_ERR_DATA,
                        "table: %s %" PRIu64 ": %s index %" PRId64 " after %" PRId64
                        ": expected strictly ascending indices from 0 to %" PRId64,
                        shape->line, line, shape->cell, index, before, (int64_t)shape->n_cells - 1);
    before = index;
  }
  return COPSE_OK;
}

/* First that indptr ascends, so that its last entry bounds every index the second pass reads. */
static copse_status check_sparse(const copse_table *table, copse_error *err) {
  struct sparse_shape shape = sparse_shape(table);
  if (table->indptr == NULL || table->indptr[0] != 0)
    return status_set(err, COPSE_ERR_ARGUMENT, "table: indptr of sparse %ss must begin with 0", shape.line);
  for (uint64_t line = 0; line < shape.n_lines; line++)
    if (table->indptr[line + 1] < table->indptr[line])
      return status_set(err, COPSE_ERR_DATA,
                        "table: %s %" PRIu64 ": indptr falls from %" PRId64 " to %" PRId64
                        ": expected ascending positions (running counts of the stored cells)",
                        shape.line, line, table->indptr[line], table->indptr[line + 1]);
  if (table->indptr[shape.n_lines] > 0 && (table->indices == NULL || table->values == NULL))
    return status_set(err, COPSE_ERR_ARGUMENT, "table: indices or values of sparse %ss are NULL", shape.line);
  copse_status status = COPSE_OK;
  for (uint64_t line = 0; line < shape.n_lines && status == COPSE_OK; line++)
    status = check_line(table, &shape, line, err);
  return status;
}

copse_status table_check(const copse_table *table, copse_error *err) {
  bool sparse = table->layout == COPSE_CSR || table->layout == COPSE_CSC;
  if (table->layout == COPSE_COLUMNS) return check_columns(table, err);
  if (table->layout == COPSE_SOURCE) {
    const copse_column_source *source = table->values;
    if (source != NULL && source->read != NULL) return COPSE_OK;
    return status_set(err, COPSE_ERR_ARGUMENT,
                      "table: values of a source, or its read, is NULL: expected a copse_column_source");
  }
  if (table->layout != COPSE_ROWS && !sparse)
    return status_set(err, COPSE_ERR_ARGUMENT, "table: %d is not a layout", (int)table->layout);
  if (table->dtype != COPSE_F32 && table->dtype != COPSE_F64)
    return status_set(err, COPSE_ERR_ARGUMENT,
                      "table: values in this layout must be float or double (COPSE_F32 or COPSE_F64), found "
                      "type %d (use COPSE_COLUMNS for whole numbers)",
                      (int)table->dtype);
  if (sparse) return check_sparse(table, err);
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

/* Scattered rows of a source are picked out of short stretches. */
static void gather_source(const struct copse_column_source *source, uint32_t column,
                          const struct table_rows *rows, double *out) {
  enum { STRETCH = 256 };
  double values[STRETCH];
  if (rows->list == NULL) {
    source->read(source->user, column, rows->first, rows->n, out);
    return;
  }
  for (uint64_t i = 0; i < rows->n;) {
    uint64_t first = rows->list[i], last = i;
    while (last + 1 < rows->n && rows->list[last + 1] - first < STRETCH) last++;
    source->read(source->user, column, first, (size_t)(rows->list[last] - first + 1), values);
    for (; i <= last; i++) out[i] = values[rows->list[i] - first];
  }
}

void table_gather(const copse_table *table, uint32_t column, const struct table_rows *rows, double *out) {
  copse_dtype dtype = table->dtype;
  if (table->layout == COPSE_SOURCE) {
    gather_source(table->values, column, rows, out);
    return;
  }
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

void table_gather_group(const copse_table *table, uint32_t first_column, uint32_t n_columns,
                        const struct table_rows *rows, double *out, size_t stride) {
  if (table->layout == COPSE_ROWS && table->dtype == COPSE_F64 && rows->list == NULL) {
    const double *first = (const double *)table->values + rows->first * table->row_stride + first_column;
    kernels_best()->transpose(first, table->row_stride, rows->n, n_columns, out, stride);
    return;
  }
  for (uint32_t c = 0; c < n_columns; c++) table_gather(table, first_column + c, rows, out + c * stride);
}

int64_t table_csc_from(const copse_table *table, uint32_t column, uint64_t row) {
  int64_t low = table->indptr[column], high = table->indptr[column + 1];
  while (low < high) {
    int64_t middle = low + (high - low) / 2;
    if ((uint64_t)table->indices[middle] < row)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* First place in list[from..n) that is not below `row`. */
static uint64_t list_from(const uint64_t *list, uint64_t from, uint64_t n, uint64_t row) {
  return from + search_from_u64(list + from, n - from, row);
}

uint64_t table_csc_gather(const copse_table *table, uint32_t column, const struct table_rows *rows,
                          double *out) {
  uint64_t n = 0, place = 0;
  int64_t end = table->indptr[column + 1];
  if (rows->list == NULL) {
    int64_t k = table_csc_from(table, column, rows->first);
    for (; k < end && (uint64_t)table->indices[k] < rows->first + rows->n; k++)
      out[n++] = table_stored_value(table, k);
    return n;
  }
  for (int64_t k = table->indptr[column]; k < end && place < rows->n; k++) {
    place = list_from(rows->list, place, rows->n, (uint64_t)table->indices[k]);
    if (place < rows->n && rows->list[place] == (uint64_t)table->indices[k])
      out[n++] = table_stored_value(table, k);
  }
  return n;
}
