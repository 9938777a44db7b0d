/* The k-th request for memory is refused, for every k, while a recipe of every kind of step is read, fitted,
 * stored, parsed and replayed: each time the failing call says COPSE_ERR_MEMORY, and nothing leaks. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "copse_prep.h"
#include "hooked_allocator.h"
#include "testing.h"

static char folder[64], recipe_path[128], rows_path[128], database_path[128];

static void write_file(const char *path, const char *text) {
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
  assert_int_equal(fclose(file), 0);
}

static void write_files(void) {
  char path[128];
  strcpy(folder, "/tmp/copse-fault-XXXXXX");
  assert_non_null(mkdtemp(folder));
  snprintf(path, sizeof path, "%s/map.csv", folder);
  write_file(path, "from,to\nx,1\ny,2\n");
  snprintf(path, sizeof path, "%s/groups.csv", folder);
  write_file(path, "column,group\nc1,z\nc2,a\n");
  snprintf(recipe_path, sizeof recipe_path, "%s/r.recipe", folder);
  write_file(
      recipe_path,
      "[load]\ntext = d\n[fill]\ncolumns = n\nmethod = median\n[fill]\ncolumns = t\nmethod = mode\n"
      "[map]\ncolumn = t\ninto = m\nfile = map.csv\ntype = real\notherwise = 9\n"
      "[levels]\ncolumns = t\ncover = 0.9\n[dedupe]\n[rollup]\nindex = t, m, d, n, y\nfile = groups.csv\n"
      "[date]\ncolumn = d\nparts = month\ncyclic = day\nsince = 2024-01-01\n"
      "[derive]\ninto = q\nformula = z + a * 2\n[filter]\nwhere = q >= 0 or missing(q)\n"
      "[split]\nmethod = stratified\ncolumn = y\nvalid = 0.3\n[onehot]\ncolumns = t\n[drop]\ncolumns = z\n"
      "[select kept]\ncolumns = y, q, n, part, m\n[levels side]\nfrom = kept\ncolumns = q\nmin_rows = 2\n"
      "[onehot]\ncolumns = q\norder = name\n[select empty]\nfrom = kept\ncolumns = gone?\n");
  snprintf(database_path, sizeof database_path, "%s/t.db", folder);
  snprintf(rows_path, sizeof rows_path, "%s/rows.csv", folder);
  write_file(rows_path,
             "t,n,d,c1,c2,y\nx,1,2024-01-05,1,,0\ny,,2024-02-05,,2,1\n\"x\"\"y\",3,2024-01-07,,,1\n,4,2024-"
             "01-08,1,1,0\n"
             "x,1,2024-01-05,1,,0\nx,5,2024-01-05,4,,0\ny,6,2024-01-09,,1,1\n");
}

struct chain {
  copse_recipe *recipe, *parsed;
  copse_frame *frame;
  copse_text text;
};

static copse_status run_chain(copse_context *ctx, struct chain *chain, copse_error *err) {
  const char *path = rows_path;
  copse_read_options options = copse_read_options_default();
  options.n_threads = 1;
  copse_status status = copse_recipe_read(ctx, recipe_path, NULL, &chain->recipe, err);
  if (status == COPSE_OK) status = copse_recipe_fit(chain->recipe, &path, 1, &options, err);
  chain->text.ctx = ctx;
  if (status == COPSE_OK) status = copse_recipe_write(chain->recipe, &chain->text, err);
  if (status == COPSE_OK)
    status = copse_recipe_parse(ctx, chain->text.data, chain->text.length, "test", &chain->parsed, err);
  options.recipe = chain->parsed;
  if (status == COPSE_OK) status = copse_frame_read(ctx, path, &options, &chain->frame, err);
  unlink(database_path);
  if (status == COPSE_OK) status = copse_recipe_run(chain->parsed, &path, 1, &options, database_path, err);
  return status;
}

/* True when the k-th request was never made: the chain is done. */
static bool refuse(size_t k) {
  struct hooked_allocator hook = {.fail_at = k};
  copse_allocator allocator = hooked_allocator(&hook);
  copse_context *ctx;
  copse_error err;
  if (copse_context_create(&allocator, &ctx, &err) != COPSE_OK) return false;
  struct chain chain = {0};
  copse_status status = run_chain(ctx, &chain, &err);
  bool done = hook.refused == 0;
  /* a note that finds no room is no failure of the work */
  if (done) {
    if (status != COPSE_OK) fail_msg("%s", err.message);
    assert_int_equal(chain.frame->n_features, 3);
  } else if (status != COPSE_OK) {
    if (status != COPSE_ERR_MEMORY) fail_msg("request %zu: %s", k, err.message);
    assert_non_null(strstr(err.message, "memory"));
  }
  copse_frame_free(chain.frame);
  copse_recipe_free(chain.recipe);
  copse_recipe_free(chain.parsed);
  copse_text_release(&chain.text);
  copse_context_free(ctx);
  assert_true(hook.live == 0);
  return done;
}

static void test_every_request(void **unused) {
  (void)unused;
  size_t k = 1;
  write_files();
  while (!refuse(k)) k++;
  assert_true(k > 200);
  char command[128];
  snprintf(command, sizeof command, "rm -rf '%s'", folder);
  assert_int_equal(system(command), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_request)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
