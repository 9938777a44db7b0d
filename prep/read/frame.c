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

void copse_frame_free(copse_frame *frame) {
  if (frame == NULL) return;
  struct frame_storage *storage = (struct frame_storage *)frame;
  for (size_t i = 0; i < storage->n_owned; i++) copse_free(storage->owned[i]);
  copse_free(storage->owned);
  copse_frame_schema_free(frame->schema);
  copse_free(storage);
}

void job_problem(struct read_job *job, const struct read_locator *locator, uint64_t row, uint32_t column,
                 const char *name, const char *sentence) {
  const struct problem *kept = &job->problem;
  if (kept->set && (kept->row < row || (kept->row == row && kept->column <= column))) return;
  const char *text = "";
  size_t length = 0;
  char where[48] = "", body[640];
  struct source_place place = {job->source.path, 0};
  if (locator->find(locator->state, row, column, &text, &length)) {
    place = source_place(&job->source, text);
    snprintf(where, sizeof where, "%llu:%u: ", place.line, column + 1);
  }
  char found[80];
  snprintf(found, sizeof found, length > 0 ? "\"%s\"" : "an empty cell", show(text, length).text);
  const char *hole = strstr(sentence, "%s");
  if (hole != NULL)
    snprintf(body, sizeof body, "%.*s%s%s", (int)(hole - sentence), sentence, found, hole + 2);
  else
    snprintf(body, sizeof body, "%s", sentence);
  if (name[0] != '\0')
    problem_offer(&job->problem, row, column, "%s:%scolumn \"%s\": %s", place.path, where,
                  show(name, strlen(name)).text, body);
  else
    problem_offer(&job->problem, row, column, "%s:%s%s", place.path, where, body);
}

copse_status job_check(const struct read_job *job, copse_error *err) {
  if (job->problem.set) return report(err, COPSE_ERR_DATA, "%s", job->problem.text);
  if (copse_context_cancelled(job->ctx))
    return report(err, COPSE_ERR_INTERRUPTED, "%s: reading was interrupted", job->source.path);
  return COPSE_OK;
}
