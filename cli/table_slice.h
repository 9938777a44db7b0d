/* table_slice.h - some consecutive rows of a reader's table as a table of its own, without a copy of values.
 */
#ifndef COPSE_CLI_TABLE_SLICE_H
#define COPSE_CLI_TABLE_SLICE_H

#include "copse.h"

struct table_slice {
  copse_table table;
  copse_column *columns; /* COPSE_COLUMNS */
  int64_t *indptr;       /* COPSE_CSR: begins at 0 again */
};

/* Room for slices of `whole` (COPSE_COLUMNS or COPSE_CSR) of at most max_rows rows. */
COPSE_MUST_CHECK copse_status table_slice_open(copse_context *ctx, const copse_table *whole,
                                               uint64_t max_rows, struct table_slice *out, copse_error *err);
/* slice->table becomes rows [start, start + n_rows) of whole, valid until the next call. */
void table_slice_set(struct table_slice *slice, const copse_table *whole, uint64_t start, uint64_t n_rows);
void table_slice_close(struct table_slice *slice);

#endif
