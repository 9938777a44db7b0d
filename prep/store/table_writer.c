/* table_writer.c - rows of numbers into a table, for the program. */
#include <stdio.h>
#include <string.h>

#include "copse_prep.h"
#include "read/report.h"
#include "store/store.h"

struct copse_table_writer {
  struct store *store;
  struct store_table *table;
  uint32_t n_columns;
};

bool copse_names_table(const char *spec) {
  char path[STORE_PATH_CAPACITY];
  const char *table;
  return store_split(spec, path, &table);
}

copse_status copse_table_writer_open(copse_context *ctx, const char *spec, const char *const *names,
                                     const bool *whole, uint32_t n_columns, copse_table_writer **out,
                                     copse_error *err) {
  char path[STORE_PATH_CAPACITY];
  const char *name;
  *out = NULL;
  if (!store_split(spec, path, &name))
    return report(err, COPSE_ERR_ARGUMENT, "%s: expected FILE#TABLE", spec);
  copse_table_writer *writer = copse_alloc_zero(ctx, 1, sizeof *writer);
  struct store_column *columns = copse_alloc(ctx, n_columns, sizeof *columns);
  copse_status status = writer != NULL && columns != NULL ? COPSE_OK : report_memory(err, "a table", spec);
  if (status == COPSE_OK) {
    writer->n_columns = n_columns;
    for (uint32_t i = 0; i < n_columns; i++)
      columns[i] = (struct store_column){names[i], whole[i] ? STORE_INTEGER : STORE_REAL};
    status = store_open(ctx, path, STORE_WRITE, &writer->store, err);
  }
  if (status == COPSE_OK) status = store_begin(writer->store, err);
  if (status == COPSE_OK)
    status = store_table_create(writer->store, name, columns, n_columns, &writer->table, err);
  copse_free(columns);
  if (status == COPSE_OK)
    *out = writer;
  else
    copse_table_writer_free(writer);
  return status;
}

copse_status copse_table_writer_rows(copse_table_writer *writer, const double *values, uint64_t n_rows,
                                     copse_error *err) {
  for (uint64_t row = 0; row < n_rows; row++) {
    for (uint32_t i = 0; i < writer->n_columns; i++) store_table_number(writer->table, i, *values++);
    copse_status status = store_table_row(writer->table, err);
    if (status != COPSE_OK) return status;
  }
  return COPSE_OK;
}

copse_status copse_table_writer_commit(copse_table_writer *writer, const char *origin, copse_error *err) {
  copse_status status = store_table_record(writer->table, "predict", origin, err);
  return status == COPSE_OK ? store_commit(writer->store, err) : status;
}

void copse_table_writer_free(copse_table_writer *writer) {
  if (writer == NULL) return;
  store_table_free(writer->table);
  store_close(writer->store);
  copse_free(writer);
}
