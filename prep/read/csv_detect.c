/* csv_detect.c - looking at the first records only; what is decided here holds for the whole file, and a
 * later record that disagrees is an error, never a change of mind. */
#include "read/csv_detect.h"

#include <string.h>

enum { SEPARATOR_RECORDS = 32, HEADER_RECORDS = 200 };

/* Start of the first record at or after p that is not blank; end when there is none. */
static const char *first_record(const char *p, const char *end, char separator) {
  const char *next;
  while (p < end && csv_skip_blank_line(p, separator, &next)) p = next;
  return p;
}

char csv_detect_separator(const struct source *source) {
  static const char candidates[] = {'\t', ',', ';'};
  const char *end = source->text + source->parts[0].end;
  char best = ',', fallback = ',';
  uint32_t best_cells = 1, fallback_cells = 1;
  for (size_t c = 0; c < sizeof candidates; c++) {
    const char *p = first_record(source->text + source->parts[0].begin, end, candidates[c]);
    uint32_t cells = csv_count_cells(p, end, candidates[c]);
    bool constant = cells > 1;
    if (cells > fallback_cells) {
      fallback = candidates[c];
      fallback_cells = cells;
    }
    for (int i = 0; i < SEPARATOR_RECORDS && constant; i++) {
      p = first_record(csv_next_record(p, end, candidates[c], true), end, candidates[c]);
      if (p >= end) break;
      constant = csv_count_cells(p, end, candidates[c]) == cells;
    }
    if (constant && cells > best_cells) {
      best = candidates[c];
      best_cells = cells;
    }
  }
  return best_cells > 1 ? best : fallback;
}

static bool names_a_feature(const copse_frame_schema *schema, const struct csv_cell *cell) {
  if (schema == NULL || !schema->named) return false;
  for (uint32_t f = 0; f < schema->n_features; f++)
    if (strlen(schema->names[f]) == cell->length && memcmp(schema->names[f], cell->text, cell->length) == 0)
      return true;
  return false;
}

/* A name that the caller expects, unless it could be a value of the first row. */
static bool is_known(const struct read_job *job, const struct csv_cell *cell) {
  const char *name = job->known_column;
  double value;
  return name != NULL && strlen(name) == cell->length && memcmp(name, cell->text, cell->length) == 0 &&
         cell_classify(&job->missing, cell->text, cell->length, &value) == CELL_TEXT;
}

bool csv_detect_header(const struct read_job *job, const char *p, const char *end, char separator) {
  const char *first = p;
  struct csv_cell cell, below;
  uint32_t n = 0, with_text = 0;
  double value;
  bool looks = true;
  do {
    p = csv_take(p, end, separator, &cell);
    if (p == NULL) return false;
    cell = csv_trimmed(cell);
    if (names_a_feature(job->applied, &cell) || is_known(job, &cell)) return true;
    n++;
    if (cell.length == 0) continue;
    with_text++;
    if (cell_classify(&job->missing, cell.text, cell.length, &value) != CELL_TEXT) looks = false;
  } while (*p++ != '\n');
  if (!looks || with_text == 0 || with_text < (n + 1) / 2) return false;
  /* A name does not come again as a value of its own column. */
  const char *row = first_record(p, end, separator);
  for (int i = 0; i < HEADER_RECORDS && row < end; i++) {
    const char *head = first, *here = row;
    for (;;) {
      head = csv_take(head, end, separator, &cell);
      here = csv_take(here, end, separator, &below);
      if (head == NULL || here == NULL) break;
      if (cell.length > 0 && cell.length == below.length && memcmp(cell.text, below.text, cell.length) == 0)
        return false;
      if (*head++ == '\n' || *here++ == '\n') break;
    }
    row = first_record(csv_next_record(row, end, separator, true), end, separator);
  }
  return true;
}
