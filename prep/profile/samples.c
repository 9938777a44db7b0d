/* samples.c - see samples.h. */
#include "profile/samples.h"

#include <stdlib.h>
#include <string.h>

static void release_row(struct sample_row *row) {
  copse_free(row->lengths);
  copse_free(row->bytes);
}

/* A copy of a row's cells, cut where texts are cut. */
static bool copy_row(copse_context *ctx, const struct typed_block *block, size_t at,
                     const struct column *columns, uint32_t n_columns, struct sample_row *out) {
  size_t n_bytes = 0;
  out->lengths = copse_alloc(ctx, n_columns, sizeof *out->lengths);
  if (out->lengths == NULL) return false;
  for (uint32_t i = 0; i < n_columns; i++) {
    const struct row_cell *cell = &block->cells[columns[i].source * block->n_rows + at];
    out->lengths[i] = cell->null ? (uint32_t)SAMPLES_NULL : values_kept_length(cell->text, cell->length);
    if (!cell->null) n_bytes += out->lengths[i];
  }
  out->bytes = copse_alloc(ctx, n_bytes, 1);
  if (out->bytes == NULL) return false;
  n_bytes = 0;
  for (uint32_t i = 0; i < n_columns; i++) {
    const struct row_cell *cell = &block->cells[columns[i].source * block->n_rows + at];
    if (cell->null || out->lengths[i] == 0) continue;
    memcpy(out->bytes + n_bytes, cell->text, out->lengths[i]);
    n_bytes += out->lengths[i];
  }
  return true;
}

static void find_last(struct sample_rows *samples) {
  samples->last = 0;
  for (uint32_t i = 1; i < samples->n; i++)
    if (samples->rows[i].key > samples->rows[samples->last].key) samples->last = i;
}

bool samples_look(struct sample_rows *samples, const struct typed_block *block, const struct column *columns,
                  uint32_t n_columns) {
  if (samples->rows == NULL)
    samples->rows = copse_alloc_zero(samples->ctx, samples->most, sizeof *samples->rows);
  if (samples->rows == NULL) return false;
  for (size_t at = 0; at < block->n_rows; at++) {
    struct sample_row row = {.number = block->first_row + at};
    row.key = mix64(row.number ^ 0x6a09e667f3bcc909u);
    bool full = samples->n == samples->most;
    if (full && row.key > samples->rows[samples->last].key) continue;
    if (!copy_row(samples->ctx, block, at, columns, n_columns, &row)) {
      release_row(&row);
      return false;
    }
    if (full) release_row(&samples->rows[samples->last]);
    samples->rows[full ? samples->last : samples->n++] = row;
    if (samples->n == samples->most) find_last(samples);
  }
  return true;
}

static int compare_rows(const void *a, const void *b) {
  const struct sample_row *x = a, *y = b;
  return x->number < y->number ? -1 : x->number > y->number;
}

void samples_take(struct sample_rows *from, struct sample_rows *to) {
  *to = *from;
  *from = (struct sample_rows){.ctx = from->ctx};
  if (to->n > 0) qsort(to->rows, to->n, sizeof *to->rows, compare_rows);
}

void samples_release(struct sample_rows *samples) {
  for (uint32_t i = 0; i < samples->n; i++) release_row(&samples->rows[i]);
  copse_free(samples->rows);
  *samples = (struct sample_rows){.ctx = samples->ctx};
}
