/* dataset_file.c - a finished data set as bytes, and back.
 *
 *   head       magic, version, byte order, rows, features, number and fingerprint of the list
 *   list       length and fingerprint of every section
 *   sections   schema; label; weight; init score; groups; positions; the bins of each feature: one or two
 * bytes a row, or where most rows have one bin a list of the others
 *
 * Bins are written feature by feature, whatever the layout of the matrix, which is laid out anew. A section
 * is read by one thread and compared with its fingerprint before it is used. */
#include <inttypes.h>
#include <string.h>

#include "base/status.h"
#include "data/dataset.h"
#include "data/schema_bytes.h"

enum { VERSION = 2, BYTE_ORDER_MARK = 0x01020304, NARROW_BINS = 256 };
enum section_id {
  SECTION_SCHEMA,
  SECTION_LABEL,
  SECTION_WEIGHT,
  SECTION_INIT,
  SECTION_GROUP,
  SECTION_POSITION,
  N_SECTIONS
};
static const char magic[8] = "COPSEDS";
static const copse_field section_fields[] = {[SECTION_LABEL] = COPSE_LABEL,
                                             [SECTION_WEIGHT] = COPSE_WEIGHT,
                                             [SECTION_INIT] = COPSE_INIT_SCORE,
                                             [SECTION_GROUP] = COPSE_GROUP,
                                             [SECTION_POSITION] = COPSE_POSITION};

struct head {
  char magic[8];
  uint32_t version, byte_order;
  uint64_t n_rows;
  uint32_t n_features, padding;
  uint64_t list_hash[2];
};

struct section {
  uint64_t length, hash[2];
};

/* In front of a feature's bins: n_cells of them for all rows, or behind as many rows (uint32_t). */
struct cells_head {
  uint32_t listed, common;
  uint64_t n_cells;
};

static size_t element_bytes(enum section_id id) { return id == SECTION_INIT ? sizeof(double) : 4; }

static size_t cell_bytes(const struct feature_bins *bins) { return bins->n_bins <= NARROW_BINS ? 1 : 2; }

/* The fingerprint of the head but for its own, and of the list. */
static void hash_list(const struct head *head, const struct section *list, size_t n, uint64_t out[2]) {
  uint64_t part[2];
  copse_hash(head, offsetof(struct head, list_hash), 0, part);
  copse_hash(list, n * sizeof *list, part[0], out);
}

/* ---- writing ---- */

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
  bool wide = cell_bytes(bins) == 2;
  for (uint64_t row = 0; row < n_rows; row++) writer->bins[row] = (uint16_t)binned_cell(column, row);
  uint16_t common = most_common(bins, writer->bins, n_rows, &n_others, writer->counts);
  struct cells_head head = {.common = common, .n_cells = n_rows};
  head.listed = n_others * (sizeof(uint32_t) + cell_bytes(bins)) < n_rows * cell_bytes(bins);
  if (head.listed) head.n_cells = n_others;
  memcpy(writer->cells, &head, sizeof head);
  char *rows = writer->cells + sizeof head, *cells = rows + head.n_cells * sizeof(uint32_t) * head.listed;
  for (uint64_t row = 0, k = 0; row < n_rows; row++) {
    uint32_t narrow_row = (uint32_t)row;
    if (head.listed && writer->bins[row] == common) continue;
    if (head.listed) memcpy(rows + k * sizeof narrow_row, &narrow_row, sizeof narrow_row);
    put_cell(cells, k++, wide, writer->bins[row]);
  }
  return (size_t)(cells - writer->cells) + (size_t)head.n_cells * cell_bytes(bins);
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
    *length = (size_t)count * element_bytes((enum section_id)id);
    return data;
  }
  *length = collect_cells(writer, (uint32_t)(id - N_SECTIONS));
  return writer->cells;
}

static copse_status write_all(struct writer *writer, copse_error *err) {
  const copse_dataset *dataset = writer->dataset;
  size_t length, n = writer->n_sections;
  for (size_t i = 0; i < n; i++) {
    const void *bytes = section_bytes(writer, i, &length);
    writer->list[i].length = length;
    copse_hash(bytes, length, 0, writer->list[i].hash);
  }
  struct head head = {.version = VERSION,
                      .byte_order = BYTE_ORDER_MARK,
                      .n_rows = dataset->n_rows,
                      .n_features = dataset->schema->n_features};
  memcpy(head.magic, magic, sizeof magic);
  hash_list(&head, writer->list, n, head.list_hash);
  copse_status status = writer->write(writer->user, &head, sizeof head, err);
  if (status == COPSE_OK) status = writer->write(writer->user, writer->list, n * sizeof *writer->list, err);
  for (size_t i = 0; i < n && status == COPSE_OK; i++) {
    const void *bytes = section_bytes(writer, i, &length);
    if (length > 0) status = writer->write(writer->user, bytes, length, err);
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

/* ---- reading ---- */

struct reader {
  copse_context *ctx;
  const char *place;
  copse_read_fn read;
  void *user;
  int n_threads;
  struct head head;
  struct section *list;
  uint64_t *offsets; /* [n_sections] */
  size_t n_sections;
  copse_schema *schema;
  struct dataset_columns columns;
  struct feature_result *errors; /* [n_features] */
};
struct feature_result {
  copse_status status;
  copse_error error;
};

static copse_status damaged(const struct reader *reader, const char *what, copse_error *err) {
  return status_set(err, COPSE_ERR_FORMAT, "%s: the data set is damaged: %s", reader->place, what);
}

/* A section in a block of its own, compared with its fingerprint. */
static copse_status take_section(const struct reader *reader, size_t id, void **out, copse_error *err) {
  const struct section *section = &reader->list[id];
  uint64_t hash[2];
  *out = copse_alloc(reader->ctx, section->length, 1);
  if (*out == NULL) return status_memory(err, "a data set");
  copse_status status = COPSE_OK;
  if (section->length > 0)
    status = reader->read(reader->user, reader->offsets[id], *out, section->length, err);
  if (status == COPSE_OK) {
    copse_hash(*out, section->length, 0, hash);
    if (memcmp(hash, section->hash, sizeof hash) != 0)
      status = damaged(reader, "a part is not what was written", err);
  }
  if (status == COPSE_OK) return COPSE_OK;
  copse_free(*out);
  *out = NULL;
  return status;
}

static copse_status read_head(struct reader *reader, uint64_t length, copse_error *err) {
  struct head *head = &reader->head;
  uint64_t hash[2];
  if (length < sizeof *head) return damaged(reader, "it is cut off", err);
  copse_status status = reader->read(reader->user, 0, head, sizeof *head, err);
  if (status != COPSE_OK) return status;
  if (memcmp(head->magic, magic, sizeof magic) != 0)
    return status_set(err, COPSE_ERR_FORMAT, "%s: is no data set", reader->place);
  if (head->version != VERSION || head->byte_order != BYTE_ORDER_MARK)
    return status_set(err, COPSE_ERR_UNSUPPORTED, "%s: a data set of another version or byte order",
                      reader->place);
  reader->n_sections = N_SECTIONS + (size_t)head->n_features;
  uint64_t list_bytes = reader->n_sections * sizeof *reader->list, at = sizeof *head + list_bytes;
  if (at > length) return damaged(reader, "it is cut off", err);
  reader->list = copse_alloc(reader->ctx, reader->n_sections, sizeof *reader->list);
  reader->offsets = copse_alloc(reader->ctx, reader->n_sections, sizeof *reader->offsets);
  if (reader->list == NULL || reader->offsets == NULL) return status_memory(err, "a data set");
  status = reader->read(reader->user, sizeof *head, reader->list, (size_t)list_bytes, err);
  if (status != COPSE_OK) return status;
  hash_list(head, reader->list, reader->n_sections, hash);
  if (memcmp(hash, head->list_hash, sizeof hash) != 0)
    return damaged(reader, "its head is not what was written", err);
  for (size_t i = 0; i < reader->n_sections; i++) {
    if (reader->list[i].length > length - at) return damaged(reader, "it is cut off", err);
    reader->offsets[i] = at;
    at += reader->list[i].length;
  }
  return at == length ? COPSE_OK : damaged(reader, "bytes follow its end", err);
}

/* The stored schema, or the caller's, which must be the same. */
static copse_status take_schema(struct reader *reader, copse_schema *given, copse_error *err) {
  void *bytes;
  size_t length = reader->list[SECTION_SCHEMA].length;
  copse_status status = take_section(reader, SECTION_SCHEMA, &bytes, err);
  if (status != COPSE_OK) return status;
  if (given == NULL) {
    status = schema_parse_bytes(reader->ctx, bytes, length, reader->place, &reader->schema, err);
  } else {
    copse_text own = {.ctx = reader->ctx};
    schema_write_bytes(given, &own);
    if (own.failed)
      status = status_memory(err, "the bytes of a schema");
    else if (own.length != length || memcmp(own.data, bytes, length) != 0)
      status =
          status_set(err, COPSE_ERR_DATA, "%s: the data set was binned with another schema", reader->place);
    else
      reader->schema = copse_schema_ref(given);
    copse_text_release(&own);
  }
  copse_free(bytes);
  if (status == COPSE_OK && reader->schema->n_features != reader->head.n_features)
    status = damaged(reader, "its schema has another number of features", err);
  return status;
}

/* Where the bins are in a feature's section. False: the section does not hold what its head says. */
static bool place_cells(const struct feature_bins *bins, uint64_t n_rows, const void *section,
                        uint64_t length, struct column_cells *out) {
  struct cells_head head;
  const char *p = section;
  uint64_t cell = cell_bytes(bins);
  if (length < sizeof head) return false;
  memcpy(&head, p, sizeof head);
  if (head.listed > 1 || head.n_cells > n_rows || (!head.listed && head.n_cells != n_rows) ||
      head.common >= bins->n_bins ||
      length != sizeof head + head.n_cells * (cell + sizeof(uint32_t) * head.listed))
    return false;
  out->wide = cell == 2;
  out->listed = head.listed;
  out->common = (uint16_t)head.common;
  out->n_listed = head.listed ? head.n_cells : 0;
  out->rows = (const uint32_t *)(const void *)(p + sizeof head);
  out->cells = p + sizeof head + out->n_listed * sizeof *out->rows;
  for (uint64_t k = 0; k < out->n_listed; k++)
    if (out->rows[k] >= n_rows || (k > 0 && out->rows[k] <= out->rows[k - 1])) return false;
  uint32_t most = 0;
  for (uint64_t k = 0; k < head.n_cells; k++) {
    uint32_t bin = out->wide ? ((const uint16_t *)out->cells)[k] : ((const uint8_t *)out->cells)[k];
    most = bin > most ? bin : most;
  }
  return most < bins->n_bins;
}

static void take_cells(void *user, size_t feature, int thread) {
  (void)thread;
  struct reader *reader = user;
  struct feature_result *result = &reader->errors[feature];
  struct column_cells *column = &reader->columns.columns[feature];
  void **block = &reader->columns.blocks[feature];
  const struct feature_bins *bins = &reader->schema->features[feature];
  uint64_t length = reader->list[N_SECTIONS + feature].length;
  if (copse_context_cancelled(reader->ctx) || (!bins->used && length == 0)) return;
  if (bins->used) result->status = take_section(reader, N_SECTIONS + feature, block, &result->error);
  if (result->status == COPSE_OK &&
      (!bins->used || !place_cells(bins, reader->head.n_rows, *block, length, column)))
    result->status = damaged(reader, "the bins of a feature", &result->error);
  if (result->status == COPSE_OK && !column->listed) reader->columns.whole[feature] = column->cells;
}

static copse_status take_columns(struct reader *reader, copse_error *err) {
  uint32_t n = reader->head.n_features;
  copse_status status = dataset_columns_create(reader->ctx, n, &reader->columns, err);
  if (status != COPSE_OK) return status;
  reader->errors = copse_alloc_zero(reader->ctx, n, sizeof *reader->errors);
  if (reader->errors == NULL) return status_memory(err, "a data set");
  copse_parallel_for(reader->n_threads, n, take_cells, reader);
  for (uint32_t f = 0; f < n; f++)
    if (reader->errors[f].status != COPSE_OK)
      return status_set(err, reader->errors[f].status, "%s", reader->errors[f].error.message);
  return status_check_cancel(reader->ctx, err);
}

static copse_status take_fields(const struct reader *reader, copse_dataset *dataset, copse_error *err) {
  copse_status status = COPSE_OK;
  for (size_t id = SECTION_LABEL; id < N_SECTIONS && status == COPSE_OK; id++) {
    void *data;
    uint64_t length = reader->list[id].length, size = element_bytes((enum section_id)id);
    if (length == 0) continue;
    if (length % size != 0) return damaged(reader, "half an element", err);
    status = take_section(reader, id, &data, err);
    if (status == COPSE_OK) status = copse_dataset_set(dataset, section_fields[id], data, length / size, err);
    copse_free(data);
  }
  return status;
}

copse_status copse_dataset_read(copse_context *ctx, const char *place, copse_read_fn read, void *user,
                                uint64_t length, int n_threads, copse_schema *schema, copse_dataset **out,
                                copse_error *err) {
  struct reader reader = {.ctx = ctx, .place = place, .read = read, .user = user, .n_threads = n_threads};
  copse_dataset *dataset = NULL;
  *out = NULL;
  if (schema != NULL && schema->keep_values)
    return status_set(err, COPSE_ERR_UNSUPPORTED,
                      "%s: a stored data set has no values, which a schema made with linear_tree=true asks "
                      "for: make it again from the rows",
                      place);
  copse_status status = read_head(&reader, length, err);
  if (status == COPSE_OK) status = take_schema(&reader, schema, err);
  if (status == COPSE_OK) status = take_columns(&reader, err);
  if (status == COPSE_OK)
    status = copse_dataset_create(ctx, reader.schema, reader.head.n_rows, &dataset, err);
  if (status == COPSE_OK) {
    dataset_columns_move(&reader.columns, &dataset->binned, n_threads);
    atomic_store(&dataset->rows_pushed, dataset->n_rows);
    status = copse_dataset_finish(dataset, err);
  }
  if (status == COPSE_OK) status = take_fields(&reader, dataset, err);
  dataset_columns_release(&reader.columns);
  copse_schema_free(reader.schema);
  copse_free(reader.errors);
  copse_free(reader.list);
  copse_free(reader.offsets);
  if (status == COPSE_OK)
    *out = dataset;
  else
    copse_dataset_free(dataset);
  return status;
}
