/* train_data.c - what was planned is read and handed over to the booster. */
#include "train_data.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "auto_settings.h"
#include "console.h"
#include "hold_out.h"
#include "interactions.h"
#include "recipe_notes.h"
#include "train_files.h"

/* The files of the model to go on from are read as its validation files would be: its features by name or
 * position, its dictionaries, so that codes mean the same. */
static void apply_start_schema(struct train_data *data) {
  if (!data->start.schema) return;
  data->options.task = COPSE_READ_VALID;
  data->options.schema = data->start.schema;
}

static void warn_one_class(const struct train_data *data) {
  uint64_t n_rows;
  const float *label = copse_dataset_get(data->dataset, COPSE_LABEL, &n_rows);
  if (data->options.label_kind != COPSE_LABEL_BINARY) return;
  for (uint64_t row = 1; row < n_rows; row++) {
    if (label[row] != label[0]) return;
  }
  console_warning("%s: every row has the label %s: there is nothing to tell apart (check label_column=)",
                  data->files[0], copse_frame_schema_class(data->schema, label[0] > 0));
}

/* A booster that goes on from the model, while the training rows are still there to be scored by it. */
static copse_status continue_model(struct train_data *data, const copse_frame *frame, copse_error *err) {
  copse_context *ctx = data->app->ctx;
  const copse_params *params = data->app->params;
  copse_model *model = data->start.model;
  copse_status status = copse_booster_create(ctx, data->dataset, params, &data->booster, err);
  if (status == COPSE_OK) status = copse_booster_continue(data->booster, model, &data->start_on_bins, err);
  if (status == COPSE_OK && !data->start_on_bins) {
    copse_booster_free(data->booster);
    data->booster = NULL;
    status = start_model_score(data->app, &data->start, frame, data->dataset, err);
    if (status == COPSE_OK) status = copse_booster_create(ctx, data->dataset, params, &data->booster, err);
    if (status == COPSE_OK) status = copse_booster_continue(data->booster, model, NULL, err);
  }
  if (status == COPSE_OK) {
    console_line("continued: %d rounds of %s, %s", copse_model_n_rounds(model),
                 setting(data->app, "input_model"),
                 data->start_on_bins ? "on the same cut points" : "as init scores");
  }
  return status;
}

/* The engine tells a row, and knows no file. Of several files, and behind a recipe, rows have other places.
 */
static copse_status name_file(const struct train_data *data, const char *path, copse_status status,
                              copse_error *err) {
  copse_error told = *err;
  bool of_rows = strncmp(told.message, "row ", 4) == 0 || strncmp(told.message, "init scores: ", 13) == 0;
  if (status != COPSE_ERR_DATA || !of_rows || data->n_files > 1 || data->recipe) return status;
  return fail(err, status, "%s: %s", path, told.message);
}

/* The model's trees with leaf values of these rows. */
static copse_status refit_model(struct train_data *data, const copse_frame *frame, copse_error *err) {
  copse_status status =
      copse_booster_create(data->app->ctx, data->dataset, data->app->params, &data->booster, err);
  if (status != COPSE_OK) return status;
  console_status(true, "refitting %s", setting(data->app, "input_model"));
  return copse_booster_refit(data->booster, data->start.model, &frame->table, &data->refitted, err);
}

/* Standard input, and what is neither a file nor a table. */
static bool read_once(const char *path) {
  struct stat at;
  return strcmp(path, "-") == 0 || (stat(path, &at) == 0 && !S_ISREG(at.st_mode) && !S_ISDIR(at.st_mode));
}

/* Lets the recipe learn from the training rows, and from no others. */
static copse_status fit_recipe(struct train_data *data, copse_error *err) {
  double started = clock_seconds();
  if (!data->recipe) return COPSE_OK;
  for (size_t i = 0; i < data->n_files; i++) {
    if (!read_once(data->files[i])) continue;
    return fail(err, COPSE_ERR_UNSUPPORTED,
                "data=%s can be read once only, but a recipe learns from the rows before they are trained on "
                "(write them to a file)",
                data->files[i]);
  }
  console_status(true, "fitting %s", setting(data->app, "recipe"));
  copse_status status =
      copse_recipe_fit(data->recipe, (const char *const *)data->files, data->n_files, &data->options, err);
  data->options.recipe = data->recipe;
  if (copse_recipe_splits(data->recipe)) data->options.part = COPSE_PART_TRAIN;
  data->read_s += clock_seconds() - started;
  return status;
}

static copse_status load_training(struct train_data *data, copse_error *err) {
  copse_status fitted = fit_recipe(data, err);
  if (fitted != COPSE_OK) return fitted;
  apply_start_schema(data);
  struct train_files files = {
      .paths = data->files, .n_paths = data->n_files, .options = &data->options, .cache = &data->cache};
  copse_status status = train_files_load(data, &files, err);
  if (status != COPSE_OK) goto done;
  console_warnings(files.facts.doubt);
  data->dataset = files.dataset;
  data->schema = files.facts.schema;
  data->n_rows = files.facts.n_rows;
  data->n_features = files.facts.n_features;
  data->n_categorical = files.facts.n_categorical;
  files.dataset = NULL;
  files.facts.schema = NULL;
  warn_one_class(data);
  if (!data->refits) status = auto_settings_choose(data->app, data->n_rows, err);
  if (status == COPSE_OK) status = forced_splits_apply(data->app, &data->forced_splits, data->schema, err);
  if (status == COPSE_OK) status = interactions_apply(data->app, data->schema, err);
  if (status == COPSE_OK && data->start.model)
    status = data->refits ? refit_model(data, files.frame, err) : continue_model(data, files.frame, err);
done:
  train_files_release(&files);
  return status;
}

/* index n_valid: the part of the training files that the recipe's split holds out. */
static copse_status load_valid(struct train_data *data, size_t index, copse_error *err) {
  char name[32];
  copse_read_options options = data->options;
  struct data_cache cache;
  options.task = COPSE_READ_VALID;
  options.schema = data->schema;
  options.part = index < data->n_valid ? COPSE_PART_ALL : COPSE_PART_VALID;
  struct train_files files = {
      .paths = &data->valid[index], .n_paths = 1, .options = &options, .cache = &cache};
  if (index == data->n_valid) {
    files.paths = data->files;
    files.n_paths = data->n_files;
  }
  copse_status status = train_files_load(data, &files, err);
  if (status == COPSE_OK) console_warnings(files.facts.doubt);
  if (status == COPSE_OK && data->start.model && !data->start_on_bins) {
    status = start_model_score(data->app, &data->start, files.frame, files.dataset, err);
  }
  snprintf(name, sizeof name, "valid_%zu", index + 1);
  if (status == COPSE_OK) {
    status = copse_booster_add_valid(data->booster, files.dataset, name, err);
    if (status != COPSE_OK) status = name_file(data, files.paths[0], status, err);
  }
  train_files_release(&files); /* the booster holds its own reference to the data set */
  data_cache_release(&cache);
  return status;
}

/* The rows held out leave the training set. */
static copse_status split_training(struct train_data *data, copse_error *err) {
  copse_dataset *train;
  if (!(train_data_held_share(data) > 0)) return COPSE_OK;
  copse_status status = hold_out(data->app, data->dataset, &train, &data->held_out, err);
  if (status != COPSE_OK) {
    copse_dataset_free(train);
    return status;
  }
  copse_dataset_free(data->dataset);
  data->dataset = train;
  data->n_rows = copse_dataset_n_rows(train);
  return COPSE_OK;
}

copse_status train_data_load(struct train_data *data, copse_error *err) {
  copse_status status = load_training(data, err);
  if (status == COPSE_OK) status = split_training(data, err);
  if (status == COPSE_OK && !data->booster) {
    status = copse_booster_create(data->app->ctx, data->dataset, data->app->params, &data->booster, err);
    if (status != COPSE_OK) return name_file(data, data->files[0], status, err);
  }
  if (status != COPSE_OK) return status;
  size_t n_sets = data->refits ? 0 : data->n_valid + (data->recipe && copse_recipe_splits(data->recipe));
  if (n_sets > 0 && copse_booster_n_metrics(data->booster) == 0) {
    console_warning("no metric is asked for: validation rows are not read");
    n_sets = 0;
  }
  for (size_t i = 0; i < n_sets && status == COPSE_OK; i++) status = load_valid(data, i, err);
  if (status == COPSE_OK && data->held_out)
    status = copse_booster_add_valid(data->booster, data->held_out, "held_out", err);
  if (data->recipe) recipe_print_notes(data->recipe);
  if (status == COPSE_OK && !data->refits) { /* the booster alone holds it now, and need not copy it */
    copse_dataset_free(data->dataset);
    data->dataset = NULL;
  }
  return status;
}

void train_data_free(struct train_data *data) {
  copse_booster_free(data->booster);
  copse_model_free(data->refitted);
  copse_dataset_free(data->dataset);
  copse_dataset_free(data->held_out);
  copse_frame_schema_free(data->schema);
  start_model_close(&data->start);
  forced_bins_free(&data->forced);
  forced_splits_free(&data->forced_splits);
  copse_recipe_free(data->recipe);
  copse_text_release(&data->drift);
  data_cache_release(&data->cache);
  copse_free(data->files);
  copse_free(data->valid);
}
