/* csv_texts.c - dictionaries of text columns.
 *
 * Each chunk numbers the levels it meets in a dictionary of its own; the chunks' dictionaries are united in
 * order, sorted bytewise, and the codes translated. So a level's code depends on the set of levels alone. */
#include <string.h>

#include "read/csv_parse.h"
#include "read/report.h"

/* Unescaped texts of a chunk: blocks in a list. */
struct arena {
  copse_context *ctx;
  struct arena_block *last;
};
struct arena_block {
  struct arena_block *before;
  size_t used, capacity;
  char bytes[];
};

static char *arena_reserve(struct arena *arena, size_t n) {
  if (arena->last == NULL || arena->last->capacity - arena->last->used < n) {
    size_t capacity = n > 4096 ? n : 4096;
    struct arena_block *block = copse_alloc(arena->ctx, sizeof *block + capacity, 1);
    if (block == NULL) return NULL;
    *block = (struct arena_block){arena->last, 0, capacity};
    arena->last = block;
  }
  return arena->last->bytes + arena->last->used;
}

static void arena_release(struct arena *arena) {
  while (arena->last != NULL) {
    struct arena_block *before = arena->last->before;
    copse_free(arena->last);
    arena->last = before;
  }
}

struct texts {
  copse_context *ctx;
  const struct csv_table *table;
  const struct missing_tokens *missing;
  struct csv_column *columns;
  uint32_t n_columns, n_texts;
  uint32_t *text_columns;    /* [n_texts] */
  struct dictionary *locals; /* [n_chunks * n_texts] */
  uint32_t **translations;   /* [n_chunks * n_texts] local code to final code */
  struct arena *arenas;      /* [n_chunks] */
  bool *failed;              /* [n_chunks], [n_texts] while uniting */
};

/* Local code of a cell, -1 when missing; false: out of memory. */
static bool add_cell(struct texts *texts, struct arena *arena, struct dictionary *local,
                     const struct csv_cell *cell, int32_t *code) {
  *code = -1;
  if (missing_is(texts->missing, cell->text, cell->length)) return true;
  if (!cell->escaped) {
    *code = dictionary_add(local, cell->text, cell->length);
    return *code >= 0;
  }
  char *text = arena_reserve(arena, cell->length);
  if (text == NULL) return false;
  size_t length = csv_unescape(cell, text);
  uint32_t before = local->n;
  *code = dictionary_add(local, text, length);
  if (local->n > before) arena->last->used += length;
  return *code >= 0;
}

static void collect_chunk(void *user, size_t index, int thread) {
  (void)thread;
  struct texts *texts = user;
  const struct csv_table *table = texts->table;
  const struct csv_chunk *chunk = &table->chunks[index];
  struct dictionary *locals = texts->locals + index * texts->n_texts;
  for (uint32_t t = 0; t < texts->n_texts; t++) locals[t].ctx = texts->ctx;
  texts->arenas[index].ctx = texts->ctx;
  if (copse_context_cancelled(texts->ctx)) return;
  const char *p = chunk->begin, *next;
  for (uint64_t row = chunk->row; p < chunk->end; p = next) {
    if (csv_skip_blank_line(p, table->separator, &next)) continue;
    uint32_t t = 0;
    struct csv_cell cell;
    for (uint32_t i = 0; i < texts->n_columns; i++) { /* csv_parse has seen that every record is whole */
      p = csv_take(p, table->end, table->separator, &cell) + 1;
      if (texts->columns[i].kind != CSV_TEXT) continue;
      int32_t *code = &texts->columns[i].codes[row];
      if (!add_cell(texts, &texts->arenas[index], &locals[t++], &cell, code)) {
        texts->failed[index] = true;
        return;
      }
    }
    next = p;
    row++;
  }
}

static void unite_column(void *user, size_t t, int thread) {
  (void)thread;
  struct texts *texts = user;
  struct csv_column *column = &texts->columns[texts->text_columns[t]];
  column->levels = (struct dictionary){.ctx = texts->ctx};
  size_t n_chunks = texts->table->n_chunks;
  bool ok = true;
  for (size_t c = 0; c < n_chunks && ok; c++) {
    struct dictionary *local = &texts->locals[c * texts->n_texts + t];
    uint32_t *translation = copse_alloc(texts->ctx, local->n, sizeof *translation);
    texts->translations[c * texts->n_texts + t] = translation;
    ok = translation != NULL;
    for (uint32_t i = 0; i < local->n && ok; i++) {
      int32_t code = dictionary_add(&column->levels, local->levels[i].text, local->levels[i].length);
      translation[i] = (uint32_t)code;
      ok = code >= 0;
    }
    dictionary_release(local);
  }
  uint32_t *rank = ok ? copse_alloc(texts->ctx, column->levels.n, sizeof *rank) : NULL;
  ok = ok && rank != NULL && dictionary_seal(&column->levels, rank);
  for (size_t c = 0; c < n_chunks && ok; c++) {
    const struct csv_chunk *chunk = &texts->table->chunks[c];
    const uint32_t *translation = texts->translations[c * texts->n_texts + t];
    for (uint64_t row = chunk->row; row < chunk->row + chunk->n_rows; row++)
      if (column->codes[row] >= 0) column->codes[row] = (int32_t)rank[translation[column->codes[row]]];
  }
  copse_free(rank);
  texts->failed[t] = !ok;
}

static bool any(const bool *flags, size_t n) { return memchr(flags, true, n * sizeof *flags) != NULL; }

copse_status csv_parse_texts(copse_context *ctx, const struct csv_table *table,
                             const struct missing_tokens *missing, struct csv_column *columns,
                             uint32_t n_columns, int n_threads, copse_error *err) {
  struct texts texts = {
      .ctx = ctx, .table = table, .missing = missing, .columns = columns, .n_columns = n_columns};
  copse_status status = COPSE_OK;
  for (uint32_t i = 0; i < n_columns; i++) texts.n_texts += columns[i].kind == CSV_TEXT;
  if (texts.n_texts == 0) return COPSE_OK;
  size_t n_chunks = table->n_chunks, n_flags = n_chunks > texts.n_texts ? n_chunks : texts.n_texts;
  texts.text_columns = copse_alloc(ctx, texts.n_texts, sizeof *texts.text_columns);
  texts.locals = copse_alloc_zero(ctx, n_chunks * texts.n_texts, sizeof *texts.locals);
  texts.translations = copse_alloc_zero(ctx, n_chunks * texts.n_texts, sizeof *texts.translations);
  texts.arenas = copse_alloc_zero(ctx, n_chunks, sizeof *texts.arenas);
  texts.failed = copse_alloc_zero(ctx, n_flags, sizeof *texts.failed);
  if (texts.text_columns == NULL || texts.locals == NULL || texts.translations == NULL ||
      texts.arenas == NULL || texts.failed == NULL) {
    status = report_memory(err, "dictionaries", table->source->path);
    goto done;
  }
  for (uint32_t i = 0, t = 0; i < n_columns; i++)
    if (columns[i].kind == CSV_TEXT) texts.text_columns[t++] = i;
  copse_parallel_for(n_threads, n_chunks, collect_chunk, &texts);
  if (copse_context_cancelled(ctx)) {
    status = report(err, COPSE_ERR_INTERRUPTED, "%s: reading was interrupted", table->source->path);
    goto done;
  }
  bool failed = any(texts.failed, n_chunks);
  if (!failed) {
    copse_parallel_for(n_threads, texts.n_texts, unite_column, &texts);
    failed = any(texts.failed, texts.n_texts);
  }
  if (failed) status = report_memory(err, "dictionaries", table->source->path);
done:
  for (size_t i = 0; texts.locals != NULL && i < n_chunks * texts.n_texts; i++)
    dictionary_release(&texts.locals[i]);
  for (size_t i = 0; texts.translations != NULL && i < n_chunks * texts.n_texts; i++)
    copse_free(texts.translations[i]);
  for (size_t i = 0; texts.arenas != NULL && i < n_chunks; i++) arena_release(&texts.arenas[i]);
  copse_free(texts.text_columns);
  copse_free(texts.locals);
  copse_free(texts.translations);
  copse_free(texts.arenas);
  copse_free(texts.failed);
  return status;
}
