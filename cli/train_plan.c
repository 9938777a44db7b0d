/* train_plan.c - what training is to read, checked before any data are opened. */
#include <string.h>

#include "auto_settings.h"
#include "console.h"
#include "output.h"
#include "train_data.h"

/* The model does not take a data file's name, or that of its binned data. */
static copse_status check_file(const struct train_data *data, const char *kind, const char *path,
                               copse_error *err) {
  char cache[OUTPUT_PATH_CAPACITY];
  const char *model = setting(data->app, "output_model");
  copse_status status = output_differs("output_model", model, kind, path, err);
  if (status != COPSE_OK || !copse_params_get_bool(data->app->params, "save_binary")) return status;
  return data_cache_path(path, cache) ? output_differs("output_model", model, "save_binary", cache, err)
                                      : COPSE_OK;
}

/* Outputs must not replace inputs. The model that training goes on from may be replaced: it is read before.
 */
static copse_status check_output(const struct train_data *data, copse_error *err) {
  const char *model = setting(data->app, "output_model");
  copse_status status = COPSE_OK;
  for (size_t i = 0; i < data->n_files && status == COPSE_OK; i++) {
    status = check_file(data, "data", data->files[i], err);
  }
  for (size_t i = 0; i < data->n_valid && status == COPSE_OK; i++) {
    status = check_file(data, "valid", data->valid[i], err);
  }
  if (status == COPSE_OK) status = output_is_file("output_model", model, err);
  if (status == COPSE_OK && *setting(data->app, "recipe"))
    status = output_differs("output_model", model, "recipe", setting(data->app, "recipe"), err);
  if (status == COPSE_OK && strcmp(model, "-") == 0 &&
      copse_params_get_int(data->app->params, "snapshot_freq") > 0) {
    return fail(err, COPSE_ERR_ARGUMENT,
                "snapshot_freq: snapshots lie beside the model's file, but output_model is standard output "
                "(out=FILE)");
  }
  return status;
}

static copse_status drop_training_from_valid(struct train_data *data, copse_error *err) {
  size_t n_valid = data->n_valid;
  data->n_valid = 0;
  for (size_t i = 0; i < n_valid; i++) {
    if (data->n_files != 1 || !same_file(data->valid[i], data->files[0])) {
      data->valid[data->n_valid++] = data->valid[i];
      continue;
    }
    copse_status status =
        copse_params_set(data->app->params, "is_provide_training_metric", "true", COPSE_SOURCE_COMMAND, err);
    if (status != COPSE_OK) return status;
  }
  return COPSE_OK;
}

/* A class objective without num_class: the training files will tell. Everything else is checked now, with a
 * number in its place. */
static copse_status check_without_classes(const struct app *app, copse_error *err) {
  copse_params *checked;
  copse_status status = copse_params_copy(app->params, &checked, err);
  if (status == COPSE_OK) status = copse_params_set(checked, "num_class", "2", COPSE_SOURCE_COMMAND, err);
  if (status == COPSE_OK) status = copse_params_resolve(checked, err);
  copse_params_free(checked);
  return status;
}

/* Mapping files are read when the recipe is fitted: the model must not take their place. */
static copse_status check_mappings(const struct train_data *data, copse_error *err) {
  char path[OUTPUT_PATH_CAPACITY];
  copse_status status = COPSE_OK;
  for (size_t i = 0; i < copse_recipe_n_files(data->recipe) && status == COPSE_OK; i++)
    if (copse_recipe_file(data->recipe, i, path, sizeof path)) status = check_file(data, "recipe", path, err);
  return status;
}

/* The recipe that was named, or that of the model to go on from. */
static copse_status plan_recipe(struct train_data *data, copse_error *err) {
  struct app *app = data->app;
  const char *path = setting(app, "recipe");
  if (data->start.model && *path) {
    return fail(err, COPSE_ERR_ARGUMENT,
                "recipe=%s, but training goes on from input_model, whose rows its own recipe prepares (leave "
                "recipe out)",
                path);
  }
  if (data->start.model) return copse_recipe_of_model(app->ctx, data->start.model, &data->recipe, err);
  if (!*path) return COPSE_OK;
  copse_status status = copse_recipe_read(app->ctx, path, setting(app, "maps"), &data->recipe, err);
  return status == COPSE_OK ? check_mappings(data, err) : status;
}

double train_data_held_share(const struct train_data *data) {
  return copse_params_get_double(data->app->params, "valid_fraction");
}

bool train_data_validates(const struct train_data *data) {
  return data->n_valid > 0 || train_data_held_share(data) > 0 ||
         (data->recipe && copse_recipe_splits(data->recipe));
}

/* Training that goes on from a model has seen every row already; a recipe's split holds rows out by itself.
 */
static copse_status check_hold_out(const struct train_data *data, copse_error *err) {
  if (!(train_data_held_share(data) > 0)) return COPSE_OK;
  if (data->start.model) {
    return fail(
        err, COPSE_ERR_ARGUMENT,
        "valid_fraction: rows cannot be held out of training that goes on from input_model, which may have "
        "seen them (valid=FILE)");
  }
  if (!data->recipe || !copse_recipe_splits(data->recipe)) return COPSE_OK;
  return fail(err, COPSE_ERR_ARGUMENT,
              "valid_fraction: the recipe's own split holds rows out (leave valid_fraction out)");
}

/* The library's callers step with gradients that the program does not have. */
static copse_status check_objective(const struct app *app, copse_error *err) {
  if (strcmp(setting(app, "objective"), "custom") != 0) return COPSE_OK;
  return fail(
      err, COPSE_ERR_ARGUMENT,
      "objective=custom takes gradients of the library's caller (copse_booster_step_custom), which the "
      "program does not have: choose another objective");
}

copse_status train_data_plan(struct app *app, struct train_data *out, copse_error *err) {
  *out = (struct train_data){.app = app, .drift.ctx = app->ctx};
  copse_status status = settings_files(app, "data", &out->files, &out->n_files, err);
  if (status == COPSE_OK) status = settings_files(app, "valid", &out->valid, &out->n_valid, err);
  if (status == COPSE_OK) status = check_output(out, err);
  if (status == COPSE_OK) status = drop_training_from_valid(out, err);
  if (status == COPSE_OK) status = start_model_open(app, &out->start, err);
  if (status == COPSE_OK) status = check_objective(app, err);
  if (status == COPSE_OK) status = plan_recipe(out, err);
  if (status == COPSE_OK) status = forced_bins_read(app, &out->forced, err);
  if (status == COPSE_OK)
    status = auto_settings_plan(app, train_data_validates(out) || out->start.model, err);
  if (status == COPSE_OK) status = check_hold_out(out, err);
  if (status == COPSE_OK) status = forced_splits_read(app, &out->forced_splits, err);
  if (status != COPSE_OK) return status;
  out->options = settings_read_options(app, COPSE_READ_TRAIN);
  out->count_classes =
      out->options.label_kind == COPSE_LABEL_CLASS && !copse_params_given(app->params, "num_class");
  status = out->count_classes ? check_without_classes(app, err) : settings_resolve(app, err);
  if (status == COPSE_OK) out->options = settings_read_options(app, COPSE_READ_TRAIN);
  return status;
}
