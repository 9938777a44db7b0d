/* predictions.c - see predictions.h. */
#include "predictions.h"

#include <stdio.h>
#include <string.h>

#include "console.h"

static copse_status open_table(const struct app *app, uint64_t max_rows, bool classes,
                               struct predictions *out, copse_error *err) {
  uint32_t n = out->n_columns = out->width + 1 + classes;
  size_t name_bytes = 32;
  char *texts = copse_alloc(app->ctx, n, name_bytes);
  const char **names = copse_alloc(app->ctx, n, sizeof *names);
  bool *whole = copse_alloc_zero(app->ctx, n, sizeof *whole);
  out->rows = copse_alloc(app->ctx, max_rows, n * sizeof *out->rows);
  copse_status status = COPSE_OK;
  if (!texts || !names || !whole || !out->rows) status = fail_memory(err, "the table of predictions");
  for (uint32_t i = 0; status == COPSE_OK && i < n; i++) {
    char *name = texts + i * name_bytes;
    names[i] = name;
    whole[i] = i == 0 || (classes && i + 1 == n);
    if (i == 0)
      snprintf(name, name_bytes, "row");
    else if (whole[i])
      snprintf(name, name_bytes, "predicted_class");
    else if (out->width == 1)
      snprintf(name, name_bytes, "prediction");
    else
      snprintf(name, name_bytes, "prediction_%u", i - 1);
  }
  if (status == COPSE_OK)
    status = copse_table_writer_open(app->ctx, out->path, names, whole, n, &out->table, err);
  copse_free(texts);
  copse_free(names);
  copse_free(whole);
  return status;
}

copse_status predictions_open(const struct app *app, const char *path, uint64_t max_rows, uint32_t width,
                              bool classes, struct predictions *out, copse_error *err) {
  int n_threads = (int)copse_params_get_int(app->params, "num_threads");
  *out = (struct predictions){.file.fd = -1, .path = path, .width = width};
  if (copse_names_table(path)) return open_table(app, max_rows, classes, out, err);
  copse_status status = output_open(path, &out->file, err);
  if (status == COPSE_OK) status = number_text_open(app->ctx, max_rows, width, n_threads, &out->text, err);
  return status;
}

copse_status predictions_write(struct predictions *out, const double *values, const uint32_t *predicted,
                               uint64_t n_rows, copse_error *err) {
  if (!out->table) return number_text_write(&out->text, values, n_rows, out->width, &out->file, err);
  double *cell = out->rows;
  for (uint64_t row = 0; row < n_rows; row++) {
    uint64_t written = out->n_written++;
    *cell++ = (double)(out->raw_rows ? out->raw_rows[written] : written) + 1;
    for (uint32_t i = 0; i < out->width; i++) *cell++ = *values++;
    if (out->n_columns > out->width + 1) *cell++ = predicted[row];
  }
  return copse_table_writer_rows(out->table, out->rows, n_rows, err);
}

copse_status predictions_commit(struct predictions *out, const char *origin, copse_error *err) {
  return out->table ? copse_table_writer_commit(out->table, origin, err) : output_commit(&out->file, err);
}

void predictions_close(struct predictions *out) {
  output_discard(&out->file);
  copse_table_writer_free(out->table);
  number_text_close(&out->text);
  copse_free(out->rows);
}
