/* encoded_table.c - see encoded_table.h. */
#include "data/encoded_table.h"

#include <inttypes.h>

#include "base/status.h"

static double csr_value(const copse_table *table, uint32_t column, uint64_t row) {
  int64_t low = table->indptr[row], high = table->indptr[row + 1], end = high;
  while (low < high) {
    int64_t middle = low + (high - low) / 2;
    if ((uint32_t)table->indices[middle] < column)
      low = middle + 1;
    else
      high = middle;
  }
  return low < end && (uint32_t)table->indices[low] == column ? table_stored_value(table, low) : 0.0;
}

void encoded_table_gather(const copse_table *table, uint32_t column, uint64_t first, size_t n, double *out) {
  if (table->layout == COPSE_CSR) {
    for (size_t i = 0; i < n; i++) out[i] = csr_value(table, column, first + i);
  } else if (table->layout == COPSE_CSC) {
    for (size_t i = 0; i < n; i++) out[i] = 0.0;
    for (int64_t k = table_csc_from(table, column, first); k < table->indptr[column + 1]; k++) {
      if ((uint64_t)table->indices[k] - first >= n) break;
      out[(uint64_t)table->indices[k] - first] = table_stored_value(table, k);
    }
  } else {
    struct table_rows rows = {.first = first, .n = n};
    table_gather(table, column, &rows, out);
  }
}

/* At most ENCODER_BLOCK rows. */
static void derive(const struct encoded_table *encoded, uint32_t derived, uint64_t first, size_t n,
                   double *out) {
  const copse_encoder *encoder = encoded->encoder;
  const struct level_table *table = &encoder->tables[encoder->table_of[derived]];
  const struct level_map *map = &encoder->maps[table->first];
  uint32_t numbers[ENCODER_BLOCK];
  encoded_table_gather(encoded->table, map->input, first, n, out);
  for (size_t i = 0; i < n; i++) numbers[i] = level_map_find(map, out[i]);
  if (table->second == ENCODER_NO_MAP) {
    for (size_t i = 0; i < n; i++)
      out[i] = (double)encoder_value(encoder, derived, numbers[i], ENCODER_UNSEEN);
    return;
  }
  map = &encoder->maps[table->second];
  encoded_table_gather(encoded->table, map->input, first, n, out);
  for (size_t i = 0; i < n; i++)
    out[i] = (double)encoder_value(encoder, derived, numbers[i], level_map_find(map, out[i]));
}

void encoded_table_read(const struct encoded_table *encoded, uint32_t column, uint64_t first, size_t n,
                        double *out) {
  const copse_encoder *encoder = encoded->encoder;
  if (column < encoder->n_inputs) {
    if (!encoder->replaced[column]) {
      encoded_table_gather(encoded->table, column, first, n, out);
      return;
    }
    for (size_t i = 0; i < n; i++) out[i] = 0.0;
    return;
  }
  uint32_t derived = column - encoder->n_inputs;
  if (encoded->ordered) {
    const float *values = encoder->ordered[derived] + first;
    for (size_t i = 0; i < n; i++) out[i] = (double)values[i];
    return;
  }
  for (size_t done = 0; done < n; done += ENCODER_BLOCK)
    derive(encoded, derived, first + done, n - done < ENCODER_BLOCK ? n - done : ENCODER_BLOCK, out + done);
}

static void read_column(void *user, uint32_t column, uint64_t first, size_t n, double *out) {
  encoded_table_read(user, column, first, n, out);
}

/* An input that derived columns still read stays with its owner. */
static bool may_go(const struct encoded_table *encoded, uint32_t input) {
  if (encoded->ordered) return true;
  for (uint32_t m = 0; m < encoded->encoder->n_maps; m++)
    if (encoded->encoder->maps[m].input == input) return false;
  return true;
}

uint32_t encoded_table_n_inputs(const copse_table *table) {
  const copse_column_source *source = table->layout == COPSE_SOURCE ? table->values : NULL;
  if (source == NULL || source->read != read_column) return table->n_cols;
  const struct encoded_table *encoded = source->user;
  return encoded->encoder->n_inputs;
}

static void release_column(void *user, uint32_t column) {
  const struct encoded_table *encoded = user;
  const copse_encoder *encoder = encoded->encoder;
  if (column >= encoder->n_inputs) {
    if (!encoded->ordered) return;
    copse_free(encoder->ordered[column - encoder->n_inputs]);
    encoder->ordered[column - encoder->n_inputs] = NULL;
    return;
  }
  const copse_column_source *source = encoded->table->layout == COPSE_SOURCE ? encoded->table->values : NULL;
  if (source != NULL && source->release != NULL && may_go(encoded, column))
    source->release(source->user, column);
}

copse_status encoded_table_open(const copse_encoder *encoder, const copse_table *table, bool ordered,
                                struct encoded_table *out, copse_error *err) {
  if (table->n_cols != encoder->n_inputs)
    return status_set(err, COPSE_ERR_DATA,
                      "table: expected %" PRIu32 " columns, those the encoder was made of, found %" PRIu32,
                      encoder->n_inputs, table->n_cols);
  copse_status status = table_check(table, err);
  if (status != COPSE_OK) return status;
  *out = (struct encoded_table){.encoder = encoder, .table = table, .ordered = ordered};
  out->source = (copse_column_source){.read = read_column, .release = release_column, .user = out};
  out->view = (copse_table){.layout = COPSE_SOURCE,
                            .n_rows = table->n_rows,
                            .n_cols = encoder->n_inputs + encoder->n_derived,
                            .values = &out->source};
  return COPSE_OK;
}
