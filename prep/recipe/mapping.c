/* mapping.c - a CSV file with two columns, a header and one pair a row, beside the recipe or in maps=DIR. A
 * byte-order mark and a missing last line end are fine; a text on the left that comes twice is not. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "read/dictionary.h"
#include "read/report.h"
#include "recipe/recipe.h"

enum { PATH_CAPACITY = 4096 };

struct reading {
  struct step *step;
  struct row_source *rows;
  struct dictionary seen;
  struct pool texts;
  bool repeats;
};

/* The mapping file that a step names, NULL for none. */
static const char *file_of(const struct step *step) {
  for (uint32_t i = 0; i < step->kind->n_options; i++)
    if (step->kind->options[i].type == OPTION_FILE && step->values[i].line > 0) return step->values[i].text;
  return NULL;
}

static copse_status resolve(const struct step *step, const char *file, char out[PATH_CAPACITY],
                            copse_error *err) {
  const copse_recipe *recipe = step->recipe;
  const char *slash = strrchr(recipe->path, '/');
  int n;
  if (file[0] == '/')
    n = snprintf(out, PATH_CAPACITY, "%s", file);
  else if (recipe->maps != NULL)
    n = snprintf(out, PATH_CAPACITY, "%s/%s", recipe->maps, file);
  else
    n = snprintf(out, PATH_CAPACITY, "%.*s%s", slash != NULL ? (int)(slash - recipe->path + 1) : 0,
                 recipe->path, file);
  if (n > 0 && n < PATH_CAPACITY) return COPSE_OK;
  return step_fail(step, COPSE_ERR_FORMAT, err, "file: the path is longer than %d bytes (move the file)",
                   PATH_CAPACITY - 1);
}

/* The key of a row: its left text, or both where only the same pair twice is an error. */
static const char *key_of(struct reading *reading, const struct row_cell *a, const struct row_cell *b,
                          size_t *length) {
  *length = reading->repeats ? (size_t)a->length + 1 + b->length : a->length;
  char *key = pool_alloc(&reading->texts, *length + 1, 1);
  if (key == NULL) return NULL;
  memcpy(key, a->text, a->length);
  if (reading->repeats) {
    key[a->length] = '\0';
    memcpy(key + a->length + 1, b->text, b->length);
  }
  return key;
}

static copse_status take_rows(void *user, const struct row_block *block, int thread, copse_error *err) {
  (void)thread;
  struct reading *reading = user;
  for (size_t i = 0; i < block->n_rows; i++) {
    const struct row_cell *a = &block->cells[i], *b = &block->cells[block->n_rows + i];
    size_t length;
    if (a->null && b->null) continue;
    const char *key = key_of(reading, a, b, &length);
    uint32_t n = reading->seen.n;
    if (key == NULL || dictionary_add(&reading->seen, key, length) < 0)
      return step_fail_memory(reading->step, err);
    if (reading->seen.n == n)
      return report(err, COPSE_ERR_DATA,
                    "%s: found \"%s\" a second time, expected every %s once (remove one)",
                    row_source_place(reading->rows, block->first_row + i).text, show(a->text, a->length).text,
                    reading->repeats ? "pair" : "text on the left");
    if (!pairs_add(&reading->step->learnt, a->text, a->length, b->text, b->length))
      return step_fail_memory(reading->step, err);
  }
  return COPSE_OK;
}

size_t copse_recipe_n_files(const copse_recipe *recipe) {
  size_t n = 0;
  for (size_t i = 0; i < recipe->n_steps; i++) n += file_of(&recipe->steps[i]) != NULL;
  return n;
}

bool copse_recipe_file(const copse_recipe *recipe, size_t index, char *out, size_t capacity) {
  char path[PATH_CAPACITY];
  for (size_t i = 0; i < recipe->n_steps; i++) {
    const struct step *step = &recipe->steps[i];
    if (file_of(step) == NULL || index-- > 0) continue;
    if (resolve(step, file_of(step), path, NULL) != COPSE_OK || strlen(path) >= capacity) return false;
    memcpy(out, path, strlen(path) + 1);
    return true;
  }
  return false;
}

/* Where a mapping file that is not there should be. */
static const char *remedy_of(const struct step *step, const char *file) {
  if (file[0] == '/') return "correct the path in the recipe";
  return step->recipe->maps != NULL ? "maps=DIR names the folder of the mapping files: correct it"
                                    : "it is not beside the recipe: name its folder with maps=DIR";
}

copse_status step_read_mapping(struct step *step, const char *option, bool repeats, copse_error *err) {
  char path[PATH_CAPACITY];
  copse_error why;
  copse_context *ctx = step->recipe->ctx;
  struct row_source_options options = {.separator = ',', .header = COPSE_HEADER_YES};
  struct reading reading = {.step = step, .seen.ctx = ctx, .texts.ctx = ctx, .repeats = repeats};
  const char *file = step_option(step, option)->text;
  copse_status status = resolve(step, file, path, err);
  if (status != COPSE_OK) return status;
  if (!copse_names_table(path) && access(path, R_OK) != 0)
    return step_fail(step, COPSE_ERR_IO, err, "%s: %s: cannot open: %s (%s)", option, path, strerror(errno),
                     remedy_of(step, file));
  status = row_source_open(ctx, path, &options, &reading.rows, &why);
  if (status != COPSE_OK) return step_fail(step, status, err, "%s: %s", option, why.message);
  if (row_source_n_columns(reading.rows) != 2)
    status = step_fail(step, COPSE_ERR_FORMAT, err,
                       "%s: %s: found %u columns, expected two (a header, then a text and what it becomes)",
                       option, path, row_source_n_columns(reading.rows));
  if (status == COPSE_OK) status = row_source_run(reading.rows, 1, take_rows, NULL, &reading, err);
  if (status == COPSE_OK && !row_source_append_notes(reading.rows, &step->recipe->notes))
    status = step_fail_memory(step, err);
  row_source_close(reading.rows);
  dictionary_release(&reading.seen);
  pool_release(&reading.texts);
  return status;
}
