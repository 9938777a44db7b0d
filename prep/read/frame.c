/* frame.c - what a frame owns, and the sentences about its cells. */
#include "read/frame.h"

#include <stdio.h>
#include <string.h>

void *frame_keep(struct frame_storage *storage, void *block) {
  if (block == NULL) return NULL;
  if (storage->n_owned == storage->capacity) {
    size_t capacity = storage->capacity == 0 ? 32 : storage->capacity * 2;
    void **owned = copse_resize(storage->ctx, storage->owned, capacity, sizeof *owned);
    if (owned == NULL) {
      copse_free(block);
      return NULL;
    }
    storage->owned = owned;
    storage->capacity = capacity;
  }
  return storage->owned[storage->n_owned++] = block;
}

void *frame_alloc(struct frame_storage *storage, size_t count, size_t size) {
  return frame_keep(storage, copse_alloc(storage->ctx, count, size));
}

static void read_column(void *user, uint32_t column, uint64_t first_row, size_t n, double *out) {
  const struct frame_storage *storage = user;
  const int32_t *codes = storage->codes[column];
  if (codes == NULL)
    packed_read(&storage->packed[column], first_row, n, out);
  else
    for (size_t i = 0; i < n; i++) out[i] = codes[first_row + i];
}

/* Different columns may be released at once: each changes its own entries alone. */
static void release_column(void *user, uint32_t column) {
  struct frame_storage *storage = user;
  packed_release(&storage->packed[column]);
  copse_free(storage->codes[column]);
  storage->codes[column] = NULL;
}

void frame_set_compact(struct frame_storage *storage) {
  copse_frame *frame = &storage->frame;
  storage->source = (copse_column_source){read_column, release_column, storage};
  frame->table = (copse_table){.layout = COPSE_SOURCE,
                               .n_rows = frame->n_rows,
                               .n_cols = frame->n_features,
                               .values = &storage->source};
}

void copse_frame_free(copse_frame *frame) {
  if (frame == NULL) return;
  struct frame_storage *storage = (struct frame_storage *)frame;
  for (uint32_t f = 0; storage->packed != NULL && f < frame->n_features; f++)
    packed_release(&storage->packed[f]);
  for (uint32_t f = 0; storage->codes != NULL && f < frame->n_features; f++) copse_free(storage->codes[f]);
  copse_free(storage->packed);
  copse_free(storage->codes);
  for (size_t i = 0; i < storage->n_owned; i++) copse_free(storage->owned[i]);
  copse_free(storage->owned);
  copse_frame_schema_free(frame->schema);
  copse_free(storage);
}

/* A table has no lines: the number of the row in its file or table, from 1. */
static unsigned long long row_of_part(const struct source *source, uint64_t row) {
  for (size_t i = 0; i + 1 < source->n_parts && row >= source->parts[i].n_rows; i++)
    row -= source->parts[i].n_rows;
  return (unsigned long long)row + 1;
}

void job_problem(struct read_job *job, const struct read_locator *locator, uint64_t row, uint32_t column,
                 const char *name, const char *sentence) {
  const struct problem *kept = &job->problem;
  if (kept->set && (kept->row < row || (kept->row == row && kept->column <= column))) return;
  char where[48] = "", body[640];
  struct read_cell cell = {"", 0, {job->source.path, 0}};
  bool found_cell = locator->find(locator->state, row, column, &cell);
  if (found_cell && job->source.parts[0].table)
    snprintf(where, sizeof where, " row %llu: ", row_of_part(&job->source, row));
  else if (found_cell)
    snprintf(where, sizeof where, "%llu:%u: ", cell.place.line, column + 1);
  char found[80];
  snprintf(found, sizeof found, cell.length > 0 ? "\"%s\"" : "an empty cell",
           show(cell.text, cell.length).text);
  const char *hole = strstr(sentence, "%s");
  if (hole != NULL)
    snprintf(body, sizeof body, "%.*s%s%s", (int)(hole - sentence), sentence, found, hole + 2);
  else
    snprintf(body, sizeof body, "%s", sentence);
  if (name[0] != '\0')
    problem_offer(&job->problem, row, column, "%s:%scolumn \"%s\": %s", cell.place.path, where,
                  show(name, strlen(name)).text, body);
  else
    problem_offer(&job->problem, row, column, "%s:%s%s", cell.place.path, where, body);
}

copse_status job_check(const struct read_job *job, copse_error *err) {
  if (job->problem.set) return report(err, COPSE_ERR_DATA, "%s", job->problem.text);
  if (copse_context_cancelled(job->ctx))
    return report(err, COPSE_ERR_INTERRUPTED, "%s: reading was interrupted", job->source.path);
  return COPSE_OK;
}
