/* table.h - reading the caller's columns, whatever their layout and type, as doubles. */
#ifndef COPSE_DATA_TABLE_H
#define COPSE_DATA_TABLE_H

#include "copse.h"

/* Shape, types and pointers of the view; for CSR and CSC also every index. */
COPSE_MUST_CHECK copse_status table_check(const copse_table *table, copse_error *err);

/* Rows of a table, ascending: list[0..n), or first .. first + n - 1 where list is NULL. */
struct table_rows {
  const uint64_t *list;
  uint64_t first, n;
};

static inline uint64_t table_row(const struct table_rows *rows, uint64_t i) {
  return rows->list != NULL ? rows->list[i] : rows->first + i;
}

/* out[i] = the value of one column in the i-th of rows. Dense layouts only. */
void table_gather(const copse_table *table, uint32_t column, const struct table_rows *rows, double *out);

/* The same of n_columns columns from one on: column c's values at out + c * stride. */
void table_gather_group(const copse_table *table, uint32_t first_column, uint32_t n_columns,
                        const struct table_rows *rows, double *out, size_t stride);

/* CSC: position of the first stored value of a column at `row` or below it. */
int64_t table_csc_from(const copse_table *table, uint32_t column, uint64_t row);
/* CSC: the values of one column stored in some of the rows, in their order, go to out; returns their number.
 */
uint64_t table_csc_gather(const copse_table *table, uint32_t column, const struct table_rows *rows,
                          double *out);

/* The k-th stored value of a CSR or CSC table. */
static inline double table_stored_value(const copse_table *table, int64_t k) {
  return table->dtype == COPSE_F32 ? (double)((const float *)table->values)[k]
                                   : ((const double *)table->values)[k];
}

#endif
