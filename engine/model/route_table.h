/* route_table.h - the leaves that raw rows of a caller's table reach, and the values that linear leaves see.
 */
#ifndef COPSE_MODEL_ROUTE_TABLE_H
#define COPSE_MODEL_ROUTE_TABLE_H

#include "model/tree.h"

/* leaves[t * n_rows + row] for n_trees trees, by the rules of route.h; the table (checked, any layout) has
 * all features in the trees' order. */
COPSE_MUST_CHECK copse_status route_table(copse_context *ctx, const struct tree *trees, int n_trees,
                                          const copse_table *table, int n_threads, uint32_t *leaves,
                                          copse_error *err);

/* columns[c][row] = the value of column c as linear leaves see it in training (float32), of those that are
 * not NULL; [n_cols] columns [n_rows]. */
COPSE_MUST_CHECK copse_status route_table_values(copse_context *ctx, const copse_table *table, int n_threads,
                                                 float *const *columns, copse_error *err);

#endif
