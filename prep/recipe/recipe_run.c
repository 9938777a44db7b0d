/* recipe_run.c - what people do with a recipe: fit it, write its tables, hand its last table on as text. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "read/report.h"
#include "recipe/row_order.h"
#include "recipe/run.h"
#include "recipe/table_text.h"
#include "table/cell_text.h"

/* Steps name columns: raw files have a header, unless it is said that they have none. */
static copse_status open_rows(const copse_recipe *recipe, const char *const *paths, size_t n_paths,
                              const copse_read_options *o, struct row_source **out, copse_error *err) {
  struct row_source_options options = {.header = COPSE_HEADER_YES};
  if (o != NULL) {
    options.separator = o->separator;
    options.block_bytes = o->block_bytes;
    if (o->header == COPSE_HEADER_NO) options.header = COPSE_HEADER_NO;
  }
  return row_source_open_files(recipe->ctx, paths, n_paths, &options, out, err);
}

/* Files that are not UTF-8 are told once, however often they are read. */
static copse_status note_encoding(copse_recipe *recipe, const struct row_source *rows, copse_error *err) {
  if (row_source_append_notes(rows, &recipe->notes)) return COPSE_OK;
  return report_memory(err, "a message", row_source_path(rows));
}

copse_status copse_recipe_fit(copse_recipe *recipe, const char *const *paths, size_t n_paths,
                              const copse_read_options *options, copse_error *err) {
  struct row_source *rows;
  copse_status status = open_rows(recipe, paths, n_paths, options, &rows, err);
  if (status == COPSE_OK) status = run_fit(recipe, rows, options != NULL ? options->n_threads : 0, err);
  if (status == COPSE_OK) status = note_encoding(recipe, rows, err);
  row_source_close(rows);
  return status;
}

/* Whether a path is a table of the database. */
static bool is_inside(const char *path, const char *database) {
  char file[STORE_PATH_CAPACITY];
  const char *table;
  struct stat a, b;
  return store_split(path, file, &table) && stat(file, &a) == 0 && stat(database, &b) == 0 &&
         a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static copse_status check_tables(const copse_recipe *recipe, copse_error *err) {
  for (size_t i = 0; i < recipe->n_steps; i++)
    if (recipe->steps[i].table != NULL) return COPSE_OK;
  return report(err, COPSE_ERR_FORMAT,
                "%s: no step names a table: nothing would be written (name one behind its step: [%s TABLE])",
                recipe->path, recipe->steps[recipe_end(recipe)].kind->name);
}

copse_status copse_recipe_run(copse_recipe *recipe, const char *const *paths, size_t n_paths,
                              const copse_read_options *options, const char *database, copse_error *err) {
  int n_threads = options != NULL ? options->n_threads : 0;
  struct row_source *rows = NULL;
  struct store *store = NULL;
  copse_status status = check_tables(recipe, err);
  if (status == COPSE_OK) status = open_rows(recipe, paths, n_paths, options, &rows, err);
  if (status == COPSE_OK) status = store_open(recipe->ctx, database, STORE_WRITE, &store, err);
  for (size_t i = 0; i < n_paths && status == COPSE_OK; i++)
    if (is_inside(paths[i], database)) status = store_hold(store, err);
  if (status == COPSE_OK) status = store_begin(store, err);
  if (status == COPSE_OK) status = run_fit(recipe, rows, n_threads, err);
  if (status == COPSE_OK) status = run_apply(recipe, rows, n_threads, store, NULL, -1, err);
  if (status == COPSE_OK) status = note_encoding(recipe, rows, err);
  row_source_close(rows); /* a reader of this very database would hold the commit up */
  if (status == COPSE_OK) status = store_commit(store, err);
  store_close(store);
  return status;
}

/* ---- as text ---- */

struct text_sink {
  copse_text *out;
  const char *hidden; /* the column of the split */
  uint64_t n_rows;
  struct row_order *order; /* NULL: as they come */
};

static copse_status begin_text(void *user, const struct shape *shape, copse_error *err) {
  struct text_sink *sink = user;
  bool first = true;
  (void)err;
  for (uint32_t i = 0; i < shape->n; i++) {
    const char *name = shape->columns[i].name;
    if (sink->hidden != NULL && strcmp(name, sink->hidden) == 0) continue;
    if (!first) copse_text_append(sink->out, ",", 1);
    cell_append_name(sink->out, name, strlen(name));
    first = false;
  }
  copse_text_append(sink->out, "\n", 1);
  return COPSE_OK;
}

static copse_status append_block(void *user, const struct shape *shape, const struct block *block,
                                 copse_error *err) {
  struct text_sink *sink = user;
  char room[48];
  sink->n_rows += block->n_rows;
  for (size_t row = 0; row < block->n_rows; row++) {
    uint32_t n_written = 0;
    bool any = false;
    size_t begin = sink->out->length;
    for (uint32_t i = 0; i < shape->n; i++) {
      if (sink->hidden != NULL && strcmp(shape->columns[i].name, sink->hidden) == 0) continue;
      if (n_written++ > 0) copse_text_append(sink->out, ",", 1);
      struct row_cell cell = block_cell(&block->columns[i], shape->columns[i].type, row, room);
      if (cell.null) continue;
      any = true;
      if (shape->columns[i].type == VALUE_TEXT)
        cell_append_text(sink->out, cell.text, cell.length);
      else
        copse_text_append(sink->out, cell.text, cell.length);
    }
    if (!any && n_written == 1) copse_text_append(sink->out, "\"\"", 2); /* a blank line would be no row */
    copse_text_append(sink->out, "\n", 1);
    if (sink->order != NULL && !row_order_add(sink->order, block_row(block, row), begin, sink->out->length))
      sink->out->failed = true;
  }
  return sink->out->failed ? report(err, COPSE_ERR_MEMORY, "out of memory for the prepared rows") : COPSE_OK;
}

/* Steps of the main line that leave out or merge rows, for a sentence. */
static void list_merging(const copse_recipe *recipe, char *out, size_t capacity) {
  static const char *const kinds[] = {"filter", "dedupe", "rollup"};
  size_t at = 0;
  out[0] = '\0';
  for (size_t i = 0; i <= recipe_end(recipe); i++)
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
      if (strcmp(recipe->steps[i].kind->name, kinds[k]) == 0 && at + 40 < capacity)
        at += (size_t)snprintf(out + at, capacity - at, "%s[%s] in line %d", at > 0 ? ", " : "", kinds[k],
                               recipe->steps[i].line);
}

/* What comes out is what is trained on or predicted: fewer rows than came are told. */
static copse_status tell_rows(copse_recipe *recipe, const struct row_source *rows, uint64_t n_out,
                              copse_error *err) {
  char steps[300];
  uint64_t n_in = row_source_n_rows(rows);
  if (n_out == n_in) return COPSE_OK;
  list_merging(recipe, steps, sizeof steps);
  if (n_out == 0)
    return report(err, COPSE_ERR_DATA,
                  "%s: none of the %" PRIu64 " rows of %s is left by %s (look at its condition)",
                  recipe->path, n_in, row_source_path(rows), steps);
  copse_text_appendf(&recipe->notes,
                     "%s: %" PRIu64 " of the %" PRIu64
                     " rows of %s come out; the others are left out or merged by %s\n",
                     recipe->path, n_out, n_in, row_source_path(rows), steps);
  return COPSE_OK;
}

static copse_status refuse_empty(const struct step *split, int part, copse_error *err) {
  static const char *const parts[] = {"train", "valid", "test"};
  const char *column = step_option(split, "column")->text;
  return step_fail(split, COPSE_ERR_DATA, err,
                   "no row is in the part %s (give more rows or other shares%s%s%s)", parts[part],
                   column != NULL ? ", or look whether \"" : "", column != NULL ? column : "",
                   column != NULL ? "\" is missing" : "");
}

/* Rows to be predicted come out in the order of the raw ones, whatever a step did to it, and the recipe knows
 * which they are. */
static copse_status put_in_order(copse_recipe *recipe, struct row_order *order, copse_text *out,
                                 copse_error *err) {
  uint64_t *raw = copse_alloc(recipe->ctx, order->n, sizeof *raw);
  if (raw == NULL || !row_order_apply(order, out)) {
    copse_free(raw);
    return report(err, COPSE_ERR_MEMORY, "out of memory for the prepared rows");
  }
  for (size_t i = 0; i < order->n; i++) raw[i] = order->rows[i].row;
  recipe->raw_rows = raw;
  recipe->n_raw_rows = order->n;
  return COPSE_OK;
}

const uint64_t *copse_recipe_raw_rows(const copse_recipe *recipe, size_t *n_rows) {
  *n_rows = recipe->n_raw_rows;
  return recipe->raw_rows;
}

copse_status recipe_table_text(copse_recipe *recipe, const char *const *paths, size_t n_paths,
                               const copse_read_options *options, int part, copse_text *out,
                               copse_error *err) {
  struct row_source *rows;
  const struct step *split = recipe_split(recipe);
  struct text_sink sink = {.out = out, .hidden = split != NULL ? step_option(split, "into")->text : NULL};
  struct run_sink run_sink = {begin_text, append_block, &sink};
  struct row_order order = {.ctx = recipe->ctx};
  int n_threads = options != NULL ? options->n_threads : 0;
  for (size_t i = 0; i < recipe->n_steps; i++)
    if (!recipe->steps[i].learned)
      return step_fail(&recipe->steps[i], COPSE_ERR_STATE, err,
                       "has not been fitted (copse_recipe_fit first)");
  copse_free(recipe->raw_rows);
  recipe->raw_rows = NULL;
  recipe->n_raw_rows = 0;
  recipe->keeps_rows = options != NULL && options->task == COPSE_READ_PREDICT;
  if (recipe->keeps_rows) sink.order = &order;
  copse_status status = open_rows(recipe, paths, n_paths, options, &rows, err);
  if (status == COPSE_OK) status = run_apply(recipe, rows, n_threads, NULL, &run_sink, part, err);
  if (status == COPSE_OK && recipe->keeps_rows) status = put_in_order(recipe, &order, out, err);
  recipe->keeps_rows = false;
  row_order_release(&order);
  if (status == COPSE_OK && part < 0) status = tell_rows(recipe, rows, sink.n_rows, err);
  if (status == COPSE_OK) status = note_encoding(recipe, rows, err);
  row_source_close(rows);
  if (status == COPSE_OK && split != NULL && part >= 0 && sink.n_rows == 0)
    status = refuse_empty(split, part, err);
  return status;
}
