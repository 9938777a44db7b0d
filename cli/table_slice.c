/* table_slice.c - views on the rows of a table. */
#include "table_slice.h"

#include <assert.h>

#include "console.h"

static size_t element_size(copse_dtype dtype) { return dtype == COPSE_F32 || dtype == COPSE_I32 ? 4 : 8; }

copse_status table_slice_open(copse_context *ctx, const copse_table *whole, uint64_t max_rows,
                              struct table_slice *out, copse_error *err) {
  assert(whole->layout == COPSE_COLUMNS || whole->layout == COPSE_CSR);
  *out = (struct table_slice){.table = *whole};
  if (whole->layout == COPSE_COLUMNS) {
    out->columns = copse_alloc(ctx, whole->n_cols, sizeof *out->columns);
    out->table.columns = out->columns;
  } else {
    out->indptr = copse_alloc(ctx, max_rows + 1, sizeof *out->indptr);
    out->table.indptr = out->indptr;
  }
  return out->columns || out->indptr ? COPSE_OK : fail_memory(err, "a view on the rows");
}

void table_slice_set(struct table_slice *slice, const copse_table *whole, uint64_t start, uint64_t n_rows) {
  slice->table.n_rows = n_rows;
  if (whole->layout == COPSE_COLUMNS) {
    for (uint32_t i = 0; i < whole->n_cols; i++) {
      const copse_column *from = &whole->columns[i];
      slice->columns[i] = *from;
      slice->columns[i].data = (const char *)from->data + start * from->stride * element_size(from->dtype);
    }
  } else {
    int64_t base = whole->indptr[start];
    for (uint64_t row = 0; row <= n_rows; row++) slice->indptr[row] = whole->indptr[start + row] - base;
    slice->table.indices = whole->indices + base;
    slice->table.values = (const char *)whole->values + (uint64_t)base * element_size(whole->dtype);
  }
}

void table_slice_close(struct table_slice *slice) {
  copse_free(slice->columns);
  copse_free(slice->indptr);
}
