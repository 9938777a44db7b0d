/* recipe_support.h - a recipe's last table as text, from a recipe and rows that are texts themselves. */
#ifndef COPSE_TEST_RECIPE_SUPPORT_H
#define COPSE_TEST_RECIPE_SUPPORT_H

#include "read_support.h"
#include "recipe/table_text.h"
#include "store/store.h"

static inline copse_recipe *read_recipe(const char *text, const char *maps) {
  copse_recipe *recipe;
  copse_error err;
  if (copse_recipe_read(NULL, write_text("r.recipe", text), maps, &recipe, &err) != COPSE_OK)
    fail_msg("%s", err.message);
  return recipe;
}

/* The last table of the rows; of a split only `part`, -1: all. */
static inline char *replay(copse_recipe *recipe, const char *rows, int part, size_t block_bytes) {
  const char *path = write_text("rows.csv", rows);
  copse_read_options options = copse_read_options_default();
  options.block_bytes = block_bytes;
  options.n_threads = 2;
  copse_text out = {.ctx = NULL};
  copse_error err;
  if (recipe_table_text(recipe, &path, 1, &options, part, &out, &err) != COPSE_OK)
    fail_msg("%s", err.message);
  char *text = strdup(out.data);
  copse_text_release(&out);
  return text;
}

/* Fits on the rows and expects this last table, also from the stored recipe, and however rows are cut. */
static inline void expect_table(const char *recipe_text, const char *rows, const char *expected) {
  copse_recipe *recipe = read_recipe(recipe_text, NULL), *stored;
  const char *path = write_text("rows.csv", rows);
  copse_error err;
  if (copse_recipe_fit(recipe, &path, 1, NULL, &err) != COPSE_OK) fail_msg("%s", err.message);
  copse_text text = {.ctx = NULL}, again = {.ctx = NULL};
  assert_int_equal(copse_recipe_write(recipe, &text, NULL), COPSE_OK);
  if (copse_recipe_parse(NULL, text.data, text.length, "test", &stored, &err) != COPSE_OK)
    fail_msg("%s", err.message);
  assert_int_equal(copse_recipe_write(stored, &again, NULL), COPSE_OK);
  assert_string_equal(text.data, again.data);
  copse_text_release(&text);
  copse_text_release(&again);
  for (size_t bytes = 0; bytes < 60; bytes += 19) {
    char *first = replay(recipe, rows, -1, bytes), *second = replay(stored, rows, -1, bytes);
    assert_string_equal(first, expected);
    assert_string_equal(second, expected);
    free(first);
    free(second);
  }
  copse_recipe_free(recipe);
  copse_recipe_free(stored);
}

/* A table of a database in the scratch folder as CSV; until the next call. */
static inline char *table_of(const char *database, const char *table) {
  static char text[1 << 16];
  char spec[512];
  struct store_feed *feed;
  copse_error err;
  size_t got;
  snprintf(spec, sizeof spec, "%s#%s", scratch_path(database), table);
  if (store_feed_open(NULL, spec, &feed, &err) != COPSE_OK) fail_msg("%s", err.message);
  assert_int_equal(store_feed_read(feed, text, sizeof text - 1, &got, NULL), COPSE_OK);
  store_feed_close(feed);
  text[got] = '\0';
  return text;
}

/* The sentence with which reading, fitting or applying ends. */
static inline const char *failure_of(const char *recipe_text, const char *rows) {
  static copse_error err;
  copse_recipe *recipe = NULL;
  const char *recipe_path = write_text("r.recipe", recipe_text), *path = write_text("rows.csv", rows);
  copse_text out = {.ctx = NULL};
  copse_status status = copse_recipe_read(NULL, recipe_path, NULL, &recipe, &err);
  if (status == COPSE_OK) status = copse_recipe_fit(recipe, &path, 1, NULL, &err);
  if (status == COPSE_OK) status = recipe_table_text(recipe, &path, 1, NULL, -1, &out, &err);
  copse_text_release(&out);
  copse_recipe_free(recipe);
  if (status == COPSE_OK) fail_msg("no failure");
  return err.message;
}

static inline void expect_failure(const char *recipe_text, const char *rows, const char *part) {
  const char *found = failure_of(recipe_text, rows);
  if (strstr(found, part) == NULL) fail_msg("found: %s\nexpected: %s", found, part);
}

#endif
