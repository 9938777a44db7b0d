/* positions.c - see positions.h. */
#include "read/positions.h"

#include <string.h>

#include "read/report.h"
#include "read/source.h"

/* Number of an id, -1 when memory ran out. */
static int32_t number_of(struct positions *positions, const char *text, size_t length) {
  int32_t number = dictionary_find(&positions->ids, text, length);
  if (number >= 0) return number;
  char *copy = arena_reserve(&positions->texts, length);
  if (copy == NULL) return -1;
  memcpy(copy, text, length);
  arena_keep(&positions->texts, length);
  return dictionary_add(&positions->ids, copy, length);
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/* The id of the line at p, without the blanks around it; returns the next line. */
static const char *cut_id(const char *p, const char **id, size_t *length) {
  const char *end = strchr(p, '\n'), *next = end + 1;
  while (p < end && is_blank(*p)) p++;
  while (end > p && is_blank(end[-1])) end--;
  *id = p;
  *length = (size_t)(end - p);
  return next;
}

static copse_status read_ids(struct positions *positions, const struct source *source, const char *of,
                             uint64_t n_rows, int32_t *out, copse_error *err) {
  const char *path = source->path, *end = source->text + source->length, *id;
  uint64_t n = 0;
  size_t length;
  for (const char *p = source->text + source->parts[0].begin; p < end;) {
    p = cut_id(p, &id, &length);
    if (length == 0) continue;
    if (n < n_rows) {
      out[n] = number_of(positions, id, length);
      if (out[n] < 0) return report_memory(err, "the positions", path);
    }
    n++;
  }
  if (n == n_rows) return COPSE_OK;
  return report(err, COPSE_ERR_DATA, "%s: found %llu positions, expected one for each of the %llu rows of %s",
                path, (unsigned long long)n, (unsigned long long)n_rows, of);
}

copse_status positions_read(struct positions *positions, const char *path, const char *of, uint64_t n_rows,
                            int32_t *out, copse_error *err) {
  struct source source;
  copse_status status = source_open(positions->ids.ctx, &path, 1, 0, &source, err);
  if (status != COPSE_OK) return status;
  status = source_load_rest(&source, err);
  if (status == COPSE_OK) status = read_ids(positions, &source, of, n_rows, out, err);
  source_release(&source);
  return status;
}

void positions_release(struct positions *positions) {
  dictionary_release(&positions->ids);
  arena_release(&positions->texts);
}
