/* dataset_file_read.c - the data set that was written, from bytes that are read or that lie in memory.
 *
 * A section is one thread's and is compared with its fingerprint before it is used. In memory, a mapped file
 * for one, bins are used where they lie: those of a feature that shares no cell become the column that the
 * matrix keeps of it, and only the row-major copy is made. Whatever else is read is a block of its own, which
 * nobody else can change between the look that checks it and the next.
 *
 * Whoever owns the memory behind a map can change it at any time. What a histogram takes for a place in
 * memory are the cells of the row-major copy, which is private, and these are compared with their limits when
 * all are there. Columns are only ever compared with thresholds or looked up in sets that know their length:
 * where they change, leaves get other rows, and no more than that. */
#include <inttypes.h>
#include <string.h>

#include "base/status.h"
#include "data/dataset_file.h"
#include "data/schema_bytes.h"

struct reader {
  copse_context *ctx;
  const char *place;
  copse_read_fn read;
  void *user;
  const char *bytes; /* all of them, aligned; NULL: they are read */
  int n_threads;
  struct dataset_head head;
  struct section *list;
  uint64_t *offsets; /* [n_sections] */
  size_t n_sections;
  copse_schema *schema;
  struct dataset_columns columns;
  const void **in_place;         /* [n_features] columns to be used where they lie; else NULL */
  struct feature_result *errors; /* [n_features] */
};
struct feature_result {
  copse_status status;
  copse_error error;
};

static copse_status damaged(const struct reader *reader, const char *what, copse_error *err) {
  return status_set(err, COPSE_ERR_FORMAT, "%s: the data set is damaged: %s", reader->place, what);
}

static copse_status copy_bytes(const struct reader *reader, uint64_t offset, void *out, uint64_t length,
                               copse_error *err) {
  if (reader->bytes == NULL) return reader->read(reader->user, offset, out, (size_t)length, err);
  memcpy(out, reader->bytes + offset, (size_t)length);
  return COPSE_OK;
}

static bool all_zero(const char *bytes, uint64_t n) {
  char any = 0;
  for (uint64_t i = 0; i < n; i++) any |= bytes[i];
  return any == 0;
}

/* A section, compared with its fingerprint: bins of a map where they lie, all else in *block, which is the
 * caller's to free. */
static copse_status take_section(const struct reader *reader, size_t id, const void **out, void **block,
                                 copse_error *err) {
  const struct section *section = &reader->list[id];
  uint64_t hash[2], room = section_room(section->length);
  copse_status status = COPSE_OK;
  *block = NULL;
  const char *bytes;
  if (reader->bytes != NULL && id >= N_SECTIONS) {
    bytes = reader->bytes + reader->offsets[id];
  } else {
    bytes = *block = copse_alloc(reader->ctx, room, 1);
    if (bytes == NULL) return status_memory(err, "a data set");
    if (room > 0) status = copy_bytes(reader, reader->offsets[id], *block, room, err);
  }
  if (status == COPSE_OK) {
    copse_hash(bytes, section->length, 0, hash);
    if (memcmp(hash, section->hash, sizeof hash) != 0 ||
        !all_zero(bytes + section->length, room - section->length))
      status = damaged(reader, "a part is not what was written", err);
  }
  *out = bytes;
  if (status == COPSE_OK) return COPSE_OK;
  copse_free(*block);
  *block = NULL;
  return status;
}

/* Sections follow each other to the end of the bytes. */
static copse_status place_sections(struct reader *reader, uint64_t at, uint64_t length, copse_error *err) {
  for (size_t i = 0; i < reader->n_sections; i++) {
    uint64_t bytes = reader->list[i].length, left = length - at;
    if (bytes > left || section_room(bytes) > left) return damaged(reader, "it is cut off", err);
    reader->offsets[i] = at;
    at += section_room(bytes);
  }
  return at == length ? COPSE_OK : damaged(reader, "bytes follow its end", err);
}

static copse_status read_head(struct reader *reader, uint64_t length, copse_error *err) {
  struct dataset_head *head = &reader->head;
  char zeros[SECTION_ALIGNMENT];
  uint64_t hash[2];
  if (length < sizeof *head) return damaged(reader, "it is cut off", err);
  copse_status status = copy_bytes(reader, 0, head, sizeof *head, err);
  if (status != COPSE_OK) return status;
  if (memcmp(head->magic, DATASET_MAGIC, sizeof head->magic) != 0)
    return status_set(err, COPSE_ERR_FORMAT, "%s: is no data set", reader->place);
  if (head->version != DATASET_VERSION || head->byte_order != BYTE_ORDER_MARK)
    return status_set(err, COPSE_ERR_UNSUPPORTED, "%s: a data set of another version or byte order",
                      reader->place);
  if (head->n_rows == 0 || head->n_rows > UINT32_MAX) return damaged(reader, "its number of rows", err);
  reader->n_sections = N_SECTIONS + (size_t)head->n_features;
  uint64_t end = sizeof *head + reader->n_sections * sizeof *reader->list, begin = section_aligned(end);
  if (begin > length) return damaged(reader, "it is cut off", err);
  reader->list = copse_alloc(reader->ctx, reader->n_sections, sizeof *reader->list);
  reader->offsets = copse_alloc(reader->ctx, reader->n_sections, sizeof *reader->offsets);
  if (reader->list == NULL || reader->offsets == NULL) return status_memory(err, "a data set");
  status = copy_bytes(reader, sizeof *head, reader->list, end - sizeof *head, err);
  if (status == COPSE_OK && begin > end) status = copy_bytes(reader, end, zeros, begin - end, err);
  if (status != COPSE_OK) return status;
  section_hash_list(head, reader->list, reader->n_sections, hash);
  if (memcmp(hash, head->list_hash, sizeof hash) != 0 || !all_zero(zeros, begin - end))
    return damaged(reader, "its head is not what was written", err);
  return place_sections(reader, begin, length, err);
}

/* The stored schema, or the caller's, which must be the same. */
static copse_status take_schema(struct reader *reader, copse_schema *given, copse_error *err) {
  const void *bytes;
  void *block;
  size_t length = reader->list[SECTION_SCHEMA].length;
  copse_status status = take_section(reader, SECTION_SCHEMA, &bytes, &block, err);
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
  copse_free(block);
  if (status == COPSE_OK && reader->schema->n_features != reader->head.n_features)
    status = damaged(reader, "its schema has another number of features", err);
  return status;
}

static bool cells_within(const struct column_cells *column, uint64_t n_cells, uint32_t n_bins) {
  uint32_t most = 0;
  for (uint64_t k = 0; k < n_cells; k++) {
    uint32_t bin = column->wide ? ((const uint16_t *)column->cells)[k] : ((const uint8_t *)column->cells)[k];
    most = bin > most ? bin : most;
  }
  return most < n_bins;
}

/* Where the bins are in a feature's section. False: the section does not hold what its head says. */
static bool place_cells(const struct reader *reader, const struct feature_bins *bins, const void *section,
                        uint64_t length, struct column_cells *out) {
  struct cells_head head;
  const uint64_t n_rows = reader->head.n_rows;
  const char *p = section;
  uint64_t cell = section_cell(bins);
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
  /* Whole columns of a map are looked at when they are in the row-major copy, if each has a cell of its own
   * there: within a shared one a bin too large may be another feature's. */
  bool later = reader->bytes != NULL && !out->listed && !reader->schema->bundled;
  return later || cells_within(out, head.n_cells, bins->n_bins);
}

static void take_cells(void *user, size_t feature, int thread) {
  (void)thread;
  struct reader *reader = user;
  struct feature_result *result = &reader->errors[feature];
  struct column_cells *column = &reader->columns.columns[feature];
  void **block = &reader->columns.blocks[feature];
  const void *section = NULL;
  const struct feature_bins *bins = &reader->schema->features[feature];
  uint64_t length = reader->list[N_SECTIONS + feature].length;
  if (copse_context_cancelled(reader->ctx) || (!bins->used && length == 0)) return;
  if (bins->used)
    result->status = take_section(reader, N_SECTIONS + feature, &section, block, &result->error);
  if (result->status == COPSE_OK && (!bins->used || !place_cells(reader, bins, section, length, column)))
    result->status = damaged(reader, "the bins of a feature", &result->error);
  if (result->status != COPSE_OK || column->listed) return;
  reader->columns.whole[feature] = column->cells;
  if (reader->bytes != NULL) reader->in_place[feature] = column->cells;
}

static copse_status take_columns(struct reader *reader, copse_error *err) {
  uint32_t n = reader->head.n_features;
  copse_status status = dataset_columns_create(reader->ctx, n, &reader->columns, err);
  if (status != COPSE_OK) return status;
  reader->errors = copse_alloc_zero(reader->ctx, n, sizeof *reader->errors);
  reader->in_place = copse_alloc_zero(reader->ctx, n, sizeof *reader->in_place);
  if (reader->errors == NULL || reader->in_place == NULL) return status_memory(err, "a data set");
  copse_parallel_for(reader->n_threads, n, take_cells, reader);
  for (uint32_t f = 0; f < n; f++)
    if (reader->errors[f].status != COPSE_OK)
      return status_set(err, reader->errors[f].status, "%s", reader->errors[f].error.message);
  return status_check_cancel(reader->ctx, err);
}

static copse_status take_fields(const struct reader *reader, copse_dataset *dataset, copse_error *err) {
  copse_status status = COPSE_OK;
  for (size_t id = SECTION_LABEL; id < N_SECTIONS && status == COPSE_OK; id++) {
    const void *data;
    void *block;
    uint64_t length = reader->list[id].length, size = section_element((enum section_id)id);
    if (length == 0) continue;
    if (length % size != 0) return damaged(reader, "half an element", err);
    status = take_section(reader, id, &data, &block, err);
    if (status == COPSE_OK) status = copse_dataset_set(dataset, section_fields[id], data, length / size, err);
    copse_free(block);
  }
  return status;
}

static copse_status lay_out(const struct reader *reader, copse_dataset *dataset, copse_error *err) {
  dataset_columns_move(&reader->columns, &dataset->binned, reader->n_threads);
  atomic_store(&dataset->rows_pushed, dataset->n_rows);
  copse_status status = copse_dataset_finish(dataset, err);
  if (status == COPSE_OK && reader->bytes != NULL && !binned_within(&dataset->binned, reader->n_threads))
    status = damaged(reader, "the bins of a feature", err);
  return status;
}

static copse_status read_dataset(struct reader *reader, uint64_t length, copse_schema *schema,
                                 copse_dataset **out, copse_error *err) {
  copse_dataset *dataset = NULL;
  *out = NULL;
  if (schema != NULL && schema->keep_values)
    return status_set(err, COPSE_ERR_UNSUPPORTED,
                      "%s: a stored data set has no values, which a schema made with linear_tree=true asks "
                      "for: make it again from the rows",
                      reader->place);
  copse_status status = read_head(reader, length, err);
  if (status == COPSE_OK) status = take_schema(reader, schema, err);
  if (status == COPSE_OK) status = take_columns(reader, err);
  if (status == COPSE_OK)
    status = dataset_create(reader->ctx, reader->schema, reader->head.n_rows, reader->in_place, NULL,
                            &dataset, err);
  if (status == COPSE_OK) status = lay_out(reader, dataset, err);
  if (status == COPSE_OK) status = take_fields(reader, dataset, err);
  dataset_columns_release(&reader->columns);
  copse_schema_free(reader->schema);
  copse_free(reader->in_place);
  copse_free(reader->errors);
  copse_free(reader->list);
  copse_free(reader->offsets);
  if (status == COPSE_OK)
    *out = dataset;
  else
    copse_dataset_free(dataset);
  return status;
}

copse_status copse_dataset_read(copse_context *ctx, const char *place, copse_read_fn read, void *user,
                                uint64_t length, int n_threads, copse_schema *schema, copse_dataset **out,
                                copse_error *err) {
  struct reader reader = {.ctx = ctx, .place = place, .read = read, .user = user, .n_threads = n_threads};
  return read_dataset(&reader, length, schema, out, err);
}

static copse_status read_memory(void *user, uint64_t offset, void *out, size_t length, copse_error *err) {
  (void)err;
  memcpy(out, (const char *)user + offset, length);
  return COPSE_OK;
}

copse_status copse_dataset_map(copse_context *ctx, const char *place, const void *bytes, uint64_t length,
                               copse_release_fn release, void *user, int n_threads, copse_schema *schema,
                               copse_dataset **out, copse_error *err) {
  struct reader reader = {.ctx = ctx, .place = place, .n_threads = n_threads};
  if ((uintptr_t)bytes % SECTION_ALIGNMENT == 0) {
    reader.bytes = bytes;
  } else { /* cells would not be aligned either: they are copied */
    reader.read = read_memory;
    reader.user = (void *)(uintptr_t)bytes;
  }
  copse_status status = read_dataset(&reader, length, schema, out, err);
  if (status != COPSE_OK) return status;
  (*out)->release = release;
  (*out)->release_user = user;
  return COPSE_OK;
}
