/* dataset_file.c - a finished data set as bytes. Bins are written feature by feature, whatever the layout of
 * the matrix. */
#include "data/dataset_file.h"

#include <inttypes.h>
#include <string.h>

#include "base/status.h"
#include "data/schema_bytes.h"

struct writer {
  const copse_dataset *dataset;
  copse_write_fn write;
  void *user;
  copse_text schema;
  char *cells;      /* a section of one feature: its head and n_rows wide bins are the most */
  uint16_t *bins;   /* [n_rows] */
  uint64_t *counts; /* [BINS_MAX] */
  struct section *list;
  size_t n_sections;
};

/* The bin that most rows have, and how many have another. */
static uint16_t most_common(const struct feature_bins *features, const uint16_t *bins, uint64_t n_rows,
                            uint64_t *n_others, uint64_t *counts) {
  uint32_t most = 0;
  memset(counts, 0, features->n_bins * sizeof *counts);
  for (uint64_t row = 0; row < n_rows; row++) counts[bins[row]]++;
  for (uint32_t b = 1; b < features->n_bins; b++) most = counts[b] > counts[most] ? b : most;
  *n_others = n_rows - counts[most];
  return (uint16_t)most;
}

static void put_cell(char *cells, uint64_t i, bool wide, uint16_t bin) {
  if (wide)
    memcpy(cells + i * sizeof bin, &bin, sizeof bin);
  else
    cells[i] = (char)(uint8_t)bin;
}

/* The bins of a feature, as they are written; returns their bytes. */
static size_t collect_cells(struct writer *writer, uint32_t feature) {
  const struct feature_bins *bins = &writer->dataset->schema->features[feature];
  const struct binned *binned = &writer->dataset->binned;
  uint64_t n_rows = writer->dataset->n_rows, n_others;
  if (!bins->used) return 0;
  const struct binned_column *column = &binned->columns[binned->column_of[feature]];
  bool wide = section_cell(bins) == 2;
  for (uint64_t row = 0; row < n_rows; row++) writer->bins[row] = (uint16_t)binned_cell(column, row);
  uint16_t common = most_common(bins, writer->bins, n_rows, &n_others, writer->counts);
  struct cells_head head = {.common = common, .n_cells = n_rows};
  head.listed = n_others * (sizeof(uint32_t) + section_cell(bins)) < n_rows * section_cell(bins);
  if (head.listed) head.n_cells = n_others;
  memcpy(writer->cells, &head, sizeof head);
  char *rows = writer->cells + sizeof head, *cells = rows + head.n_cells * sizeof(uint32_t) * head.listed;
  for (uint64_t row = 0, k = 0; row < n_rows; row++) {
    uint32_t narrow_row = (uint32_t)row;
    if (head.listed && writer->bins[row] == common) continue;
    if (head.listed) memcpy(rows + k * sizeof narrow_row, &narrow_row, sizeof narrow_row);
    put_cell(cells, k++, wide, writer->bins[row]);
  }
  return (size_t)(cells - writer->cells) + (size_t)head.n_cells * section_cell(bins);
}

/* Bytes of a section. */
static const void *section_bytes(struct writer *writer, size_t id, size_t *length) {
  if (id == SECTION_SCHEMA) {
    *length = writer->schema.length;
    return writer->schema.data;
  }
  if (id < N_SECTIONS) {
    uint64_t count;
    const void *data = copse_dataset_get(writer->dataset, section_fields[id], &count);
    *length = (size_t)count * section_element((enum section_id)id);
    return data;
  }
  *length = collect_cells(writer, (uint32_t)(id - N_SECTIONS));
  return writer->cells;
}

static copse_status write_zeros(const struct writer *writer, uint64_t n, copse_error *err) {
  static const char zeros[SECTION_TAIL + 2 * SECTION_ALIGNMENT];
  return n == 0 ? COPSE_OK : writer->write(writer->user, zeros, (size_t)n, err);
}

static copse_status write_all(struct writer *writer, copse_error *err) {
  const copse_dataset *dataset = writer->dataset;
  size_t length, n = writer->n_sections;
  for (size_t i = 0; i < n; i++) {
    const void *bytes = section_bytes(writer, i, &length);
    writer->list[i].length = length;
    copse_hash(bytes, length, 0, writer->list[i].hash);
  }
  struct dataset_head head = {.version = DATASET_VERSION,
                              .byte_order = BYTE_ORDER_MARK,
                              .n_rows = dataset->n_rows,
                              .n_features = dataset->schema->n_features};
  memcpy(head.magic, DATASET_MAGIC, sizeof head.magic);
  section_hash_list(&head, writer->list, n, head.list_hash);
  uint64_t list_bytes = n * sizeof *writer->list, begin = sizeof head + list_bytes;
  copse_status status = writer->write(writer->user, &head, sizeof head, err);
  if (status == COPSE_OK) status = writer->write(writer->user, writer->list, (size_t)list_bytes, err);
  if (status == COPSE_OK) status = write_zeros(writer, section_aligned(begin) - begin, err);
  for (size_t i = 0; i < n && status == COPSE_OK; i++) {
    const void *bytes = section_bytes(writer, i, &length);
    if (length == 0) continue;
    status = writer->write(writer->user, bytes, length, err);
    if (status == COPSE_OK) status = write_zeros(writer, section_room(length) - length, err);
  }
  return status;
}

copse_status copse_dataset_write(const copse_dataset *dataset, copse_write_fn write, void *user,
                                 copse_error *err) {
  copse_context *ctx = dataset->ctx;
  if (!dataset->finished) return status_set(err, COPSE_ERR_STATE, "data set: written before it was finished");
  if (dataset->schema->encoder != NULL)
    return status_set(
        err, COPSE_ERR_UNSUPPORTED,
        "data set: the features of cat_encoding=ordered are not kept: make it again from the rows");
  if (dataset->schema->keep_values)
    return status_set(err, COPSE_ERR_UNSUPPORTED,
                      "data set: the values that linear_tree=true needs are not kept: make it again from the "
                      "rows, or leave linear_tree out");
  struct writer writer = {.dataset = dataset, .write = write, .user = user, .schema.ctx = ctx};
  writer.n_sections = N_SECTIONS + (size_t)dataset->schema->n_features;
  writer.list = copse_alloc_zero(ctx, writer.n_sections, sizeof *writer.list);
  writer.cells = copse_alloc(ctx, sizeof(struct cells_head) + dataset->n_rows * sizeof(uint16_t), 1);
  writer.bins = copse_alloc(ctx, dataset->n_rows, sizeof *writer.bins);
  writer.counts = copse_alloc(ctx, BINS_MAX, sizeof *writer.counts);
  schema_write_bytes(dataset->schema, &writer.schema);
  copse_status status = writer.list == NULL || writer.cells == NULL || writer.bins == NULL ||
                                writer.counts == NULL || writer.schema.failed
                            ? status_memory(err, "the bytes of a data set")
                            : write_all(&writer, err);
  copse_free(writer.list);
  copse_free(writer.cells);
  copse_free(writer.bins);
  copse_free(writer.counts);
  copse_text_release(&writer.schema);
  return status;
}
