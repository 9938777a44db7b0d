/* dataset_values.c - the values of numeric features beside their bins, for linear leaves: float32, as
 * LightGBM holds them. What a model sees of a value holds here too: nothing is closer to 0 than the smallest
 * that counts, and what a float cannot hold is its largest. */
#include <float.h>
#include <math.h>

#include "base/status.h"
#include "data/dataset.h"
#include "data/encoded_table.h"

static bool has_values(const struct feature_bins *bins) { return bins->used && !bins->categorical; }

copse_status dataset_values_create(copse_dataset *dataset, copse_error *err) {
  uint32_t n = dataset->schema->n_features;
  dataset->values = copse_alloc_zero(dataset->ctx, n, sizeof *dataset->values);
  if (dataset->values == NULL) return status_memory(err, "the values of a data set");
  for (uint32_t f = 0; f < n; f++) {
    if (!has_values(&dataset->schema->features[f])) continue;
    dataset->values[f] = copse_alloc(dataset->ctx, dataset->n_rows, sizeof **dataset->values);
    if (dataset->values[f] == NULL) return status_memory(err, "the values of a data set");
  }
  return COPSE_OK;
}

float dataset_value_of(double value) {
  if (fabs(value) <= BINS_ZERO) return 0;
  if (fabs(value) > (double)FLT_MAX) return value > 0 ? FLT_MAX : -FLT_MAX;
  return (float)value;
}

void dataset_values_store(copse_dataset *dataset, const copse_table *table, uint64_t start_row,
                          uint64_t first, size_t n) {
  double values[BINNED_CHUNK];
  for (uint32_t f = 0; f < dataset->schema->n_features; f++) {
    float *column = dataset->values[f];
    if (column == NULL) continue;
    encoded_table_gather(table, f, first, n, values);
    for (size_t i = 0; i < n; i++) column[start_row + first + i] = dataset_value_of(values[i]);
  }
}

void dataset_values_gather(const copse_dataset *from, const uint32_t *rows, copse_dataset *to, uint64_t first,
                           size_t n) {
  for (uint32_t f = 0; f < to->schema->n_features; f++)
    for (uint64_t i = first; to->values[f] != NULL && i < first + n; i++)
      to->values[f][i] = from->values[f][rows[i]];
}

void dataset_values_release(copse_dataset *dataset) {
  for (uint32_t f = 0; dataset->values != NULL && f < dataset->schema->n_features; f++)
    copse_free(dataset->values[f]);
  copse_free(dataset->values);
}
