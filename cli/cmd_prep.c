/* cmd_prep.c - recipes: run one into a database, and the reference of their steps. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "console.h"
#include "interrupt.h"
#include "model_file.h"
#include "recipe_notes.h"
#include "settings.h"

struct prep_job {
  struct app *app;
  char **files; /* [n_files] */
  size_t n_files;
  copse_recipe *recipe;
};

static copse_status read_recipe(struct prep_job *job, copse_error *err) {
  struct app *app = job->app;
  const char *path = app->second, *model_path = setting(app, "input_model");
  if (!path == !*model_path) {
    return fail(err, COPSE_ERR_ARGUMENT, "%s, expected one of RECIPE and model=MODEL: %s",
                path ? "both are given" : "RECIPE is missing", app->command->synopsis);
  }
  if (path) return copse_recipe_read(app->ctx, path, setting(app, "maps"), &job->recipe, err);
  copse_model *model;
  copse_status status = model_load(app, model_path, &model, NULL, err);
  if (status != COPSE_OK) return status;
  status = copse_recipe_of_model(app->ctx, model, &job->recipe, err);
  copse_model_free(model);
  if (status != COPSE_OK || job->recipe) return status;
  return fail(err, COPSE_ERR_DATA, "%s: holds no recipe (train with recipe=FILE)", model_path);
}

static copse_status plan(struct prep_job *job, copse_error *err) {
  struct app *app = job->app;
  copse_status status = setting_required(app, "input", "input=FILE", err);
  if (status == COPSE_OK) status = setting_required(app, "db", "db=DB", err);
  if (status == COPSE_OK) status = settings_resolve(app, err);
  if (status == COPSE_OK) status = settings_files(app, "input", &job->files, &job->n_files, err);
  return status == COPSE_OK ? read_recipe(job, err) : status;
}

static copse_status work(struct prep_job *job, copse_error *err) {
  struct app *app = job->app;
  double started = clock_seconds();
  copse_read_options options = settings_read_options(app, COPSE_READ_TRAIN);
  console_status(true, "preparing %s", job->files[0]);
  copse_status status = copse_recipe_run(job->recipe, (const char *const *)job->files, job->n_files, &options,
                                         setting(app, "db"), err);
  if (status != COPSE_OK) return status;
  recipe_print_notes(job->recipe);
  for (size_t i = 0; i < copse_recipe_n_tables(job->recipe); i++) {
    uint64_t n_rows;
    const char *name = copse_recipe_table(job->recipe, i, &n_rows);
    console_line("table %s: %" PRIu64 " rows", name, n_rows);
  }
  console_line("seconds_total: %.3f", clock_seconds() - started);
  console_line("memory_peak_mb: %.1f", (double)copse_context_memory_peak(app->ctx) / (1 << 20));
  console_line("database: %s", setting(app, "db"));
  return COPSE_OK;
}

static int run(struct app *app) {
  copse_error err;
  struct prep_job job = {.app = app};
  int code;
  copse_status status = plan(&job, &err);
  if (status == COPSE_ERR_ARGUMENT) {
    code = end_refused(app->command, &err);
  } else if (status != COPSE_OK) {
    code = end_failed(&err);
  } else {
    interrupt_watch(app->ctx);
    code = work(&job, &err) == COPSE_OK ? EXIT_DONE : end_failed(&err);
    interrupt_watch(NULL);
  }
  copse_recipe_free(job.recipe);
  copse_free(job.files);
  return code;
}

static int steps(struct app *app) {
  copse_error err;
  copse_text text = {.ctx = app->ctx};
  int code = EXIT_DONE;
  if (!copse_recipe_help(app->second, &text)) {
    fail(&err, COPSE_ERR_ARGUMENT, "unknown step \"%s\" (`copse prep steps` lists them)", app->second);
    code = end_refused(app->command, &err);
  } else if (text.failed) {
    fail_memory(&err, "the reference");
    code = end_failed(&err);
  } else {
    fputs(text.data, stdout);
  }
  copse_text_release(&text);
  return code;
}

int cmd_prep(struct app *app) {
  copse_error err;
  if (app->operand && strcmp(app->operand, "run") == 0) return run(app);
  if (app->operand && strcmp(app->operand, "steps") == 0) return steps(app);
  if (app->operand) {
    fail(&err, COPSE_ERR_ARGUMENT, "unknown action \"%s\", expected run or steps", app->operand);
  } else {
    fail(&err, COPSE_ERR_ARGUMENT, "ACTION is missing, expected run or steps: %s", app->command->synopsis);
  }
  return end_refused(app->command, &err);
}
