/* csv_texts.c - dictionaries of text columns.
 *
 * Each chunk numbers the levels it meets in a dictionary of its own; the chunks' dictionaries are united in
 * order, at last sorted bytewise, and the codes translated. So a level's code depends on the set of levels
 * alone. */
#include <string.h>

#include "read/csv_parse.h"

bool csv_texts_add(const struct missing_tokens *missing, struct arena *arena, struct dictionary *local,
                   const struct csv_cell *cell, int32_t *code) {
  *code = -1;
  struct csv_cell trimmed = csv_trimmed(*cell);
  if (missing_is(missing, trimmed.text, trimmed.length)) return true;
  if (!cell->escaped) {
    *code = dictionary_add(local, cell->text, cell->length);
    return *code >= 0;
  }
  char *text = arena_reserve(arena, cell->length);
  if (text == NULL) return false;
  size_t length = csv_unescape(cell, text);
  uint32_t before = local->n;
  *code = dictionary_add(local, text, length);
  if (local->n > before) arena_keep(arena, length);
  return *code >= 0;
}

/* Code of a text among the column's levels, which keep a copy of a new one. */
static int32_t keep_level(struct csv_column *column, const struct dictionary_level *level) {
  int32_t code = dictionary_find(&column->levels, level->text, level->length);
  if (code >= 0) return code;
  char *copy = arena_reserve(&column->texts, level->length);
  if (copy == NULL) return -1;
  memcpy(copy, level->text, level->length);
  arena_keep(&column->texts, level->length);
  return dictionary_add(&column->levels, copy, level->length);
}

bool csv_texts_unite(struct csv_column *column, const struct dictionary *local, int32_t *codes, size_t n) {
  int32_t *translation = copse_alloc(column->levels.ctx, local->n, sizeof *translation);
  if (translation == NULL) return false;
  bool ok = true;
  for (uint32_t i = 0; i < local->n && ok; i++) {
    translation[i] = keep_level(column, &local->levels[i]);
    ok = translation[i] >= 0;
  }
  for (size_t row = 0; row < n && ok; row++)
    if (codes[row] >= 0) codes[row] = translation[codes[row]];
  copse_free(translation);
  return ok;
}

bool csv_seal_texts(struct csv_column *column, int32_t *out) {
  uint64_t n_rows = column->packed.n_rows;
  uint32_t *rank = copse_alloc(column->levels.ctx, column->levels.n, sizeof *rank);
  bool ok = rank != NULL && dictionary_seal(&column->levels, rank);
  if (ok) {
    packed_read_codes(&column->packed, 0, n_rows, out);
    for (uint64_t row = 0; row < n_rows; row++)
      if (out[row] >= 0) out[row] = (int32_t)rank[out[row]];
  }
  packed_release(&column->packed);
  arena_release(&column->texts);
  copse_free(rank);
  return ok;
}
