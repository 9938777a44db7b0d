/* train_data.c - reading, binning, and handing over to the booster. A file's parsed rows live only until they
 * are binned. */
#include "train_data.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "auto_settings.h"
#include "console.h"
#include "drift.h"
#include "hold_out.h"
#include "interactions.h"
#include "lint.h"
#include "output.h"
#include "recipe_notes.h"

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

static double held_share(const struct train_data *data) {
  return copse_params_get_double(data->app->params, "valid_fraction");
}

bool train_data_validates(const struct train_data *data) {
  return data->n_valid > 0 || held_share(data) > 0 || (data->recipe && copse_recipe_splits(data->recipe));
}

/* Training that goes on from a model has seen every row already; a recipe's split holds rows out by itself.
 */
static copse_status check_hold_out(const struct train_data *data, copse_error *err) {
  if (!(held_share(data) > 0)) return COPSE_OK;
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

copse_status train_data_plan(struct app *app, struct train_data *out, copse_error *err) {
  *out = (struct train_data){.app = app, .drift.ctx = app->ctx};
  copse_status status = settings_files(app, "data", &out->files, &out->n_files, err);
  if (status == COPSE_OK) status = settings_files(app, "valid", &out->valid, &out->n_valid, err);
  if (status == COPSE_OK) status = check_output(out, err);
  if (status == COPSE_OK) status = drop_training_from_valid(out, err);
  if (status == COPSE_OK) status = start_model_open(app, &out->start, err);
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

/* The files of the model to go on from are read as its validation files would be: its features by name or
 * position, its dictionaries, so that codes mean the same. */
static void apply_start_schema(struct train_data *data) {
  if (!data->start.schema) return;
  data->options.task = COPSE_READ_VALID;
  data->options.schema = data->start.schema;
}

static copse_status set_fields(copse_dataset *dataset, const copse_frame *frame, copse_error *err) {
  copse_status status =
      copse_dataset_set(dataset, COPSE_LABEL, frame->label, frame->n_rows * frame->n_labels, err);
  if (status == COPSE_OK && frame->weight) {
    status = copse_dataset_set(dataset, COPSE_WEIGHT, frame->weight, frame->n_rows, err);
  }
  if (status == COPSE_OK && frame->group) {
    status = copse_dataset_set(dataset, COPSE_GROUP, frame->group, frame->n_groups, err);
  }
  if (status == COPSE_OK && frame->position) {
    status = copse_dataset_set(dataset, COPSE_POSITION, frame->position, frame->n_rows, err);
  }
  if (status == COPSE_OK && frame->init_score) {
    status =
        copse_dataset_set(dataset, COPSE_INIT_SCORE, frame->init_score, frame->n_init * frame->n_rows, err);
  }
  return status;
}

static void warn_unseen(const struct train_data *data, const char *path, const struct data_facts *facts) {
  if (facts->n_unseen == 0) return;
  bool encoded = strcmp(setting(data->app, "cat_encoding"), "ordered") == 0;
  console_warning("%s: %" PRIu64 " cells hold categories that %s never saw; they count as %s", path,
                  facts->n_unseen, data->start.model ? "the model" : "training",
                  encoded ? "average" : "missing");
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

/* What the training files say num_class is. */
static copse_status settle_classes(struct train_data *data, const copse_frame_schema *schema,
                                   copse_error *err) {
  char number[16];
  if (!data->count_classes) return COPSE_OK;
  data->count_classes = false;
  snprintf(number, sizeof number, "%" PRIu32, copse_frame_schema_n_classes(schema));
  copse_status status = copse_params_set(data->app->params, "num_class", number, COPSE_SOURCE_COMMAND, err);
  if (status == COPSE_OK) status = settings_resolve(data->app, err);
  if (status == COPSE_OK) console_line("num_class: %s", number);
  return status;
}

/* A frame's schema lives and dies with the frame's rows; its text form does not. */
static copse_status copy_schema(copse_context *ctx, const copse_frame *frame, copse_frame_schema **out,
                                copse_error *err) {
  copse_text text = {.ctx = ctx};
  copse_status status = copse_frame_schema_write(frame->schema, &text, err);
  if (status == COPSE_OK && text.failed) status = fail_memory(err, "a copy of the schema");
  if (status == COPSE_OK) {
    status = copse_frame_schema_parse(ctx, text.data, text.length, "schema", out, err);
  }
  copse_text_release(&text);
  return status;
}

/* What stays of a frame. */
static copse_status take_facts(copse_context *ctx, const copse_frame *frame, struct data_facts *out,
                               copse_error *err) {
  *out = (struct data_facts){
      .n_rows = frame->n_rows, .n_unseen = frame->n_unseen, .n_features = frame->n_features};
  for (uint32_t i = 0; i < frame->n_features; i++) out->n_categorical += frame->categorical[i];
  if (frame->doubt || frame->encoding) {
    copse_text lines = {.ctx = ctx};
    copse_text_appendf(&lines, "%s%s", frame->encoding ? frame->encoding : "",
                       frame->doubt ? frame->doubt : "");
    out->doubt = lines.data;
    if (lines.failed) return fail_memory(err, "a message");
  }
  return copy_schema(ctx, frame, &out->schema, err);
}

/* One data set: training or validation files, from the text or from the cache. */
struct loading {
  char *const *paths;
  size_t n_paths;
  const copse_read_options *options;
  struct data_cache *cache;
  copse_frame *frame; /* of the text; NULL when cached */
  struct data_facts facts;
  copse_dataset *dataset;
};

static void loading_release(struct loading *loading) {
  copse_frame_free(loading->frame);
  copse_dataset_free(loading->dataset);
  data_facts_free(&loading->facts);
}

static void tell_encoded(const copse_frame *frame, const copse_dataset *dataset) {
  uint32_t n_derived = copse_schema_n_features(copse_dataset_schema(dataset)) - frame->n_features;
  console_line("encoded_features: %" PRIu32, n_derived);
  if (n_derived == 0)
    console_warning(
        "cat_encoding=ordered: no categorical column has levels enough to be encoded "
        "(categorical_feature= names them)");
}

/* Binned, with the training schema when data->dataset exists, and fields set. */
static copse_status bin_frame(struct train_data *data, struct loading *loading, copse_error *err) {
  copse_context *ctx = data->app->ctx;
  const copse_frame *frame = loading->frame;
  const copse_params *params = data->app->params;
  copse_schema *schema = data->dataset ? copse_dataset_schema(data->dataset) : NULL;
  copse_status status = schema ? COPSE_OK : forced_bins_apply(data->app, &data->forced, frame, err);
  if (status != COPSE_OK) return status;
  if (!schema && strcmp(setting(data->app, "cat_encoding"), "ordered") == 0) {
    copse_encoder *start = data->start.model ? copse_model_encoder(data->start.model) : NULL;
    float *weight = NULL;
    status = hold_out_weights(data->app, frame, &weight, err);
    if (status == COPSE_OK)
      status = copse_dataset_encoded(ctx, &frame->table, frame->model_names, frame->categorical, frame->label,
                                     weight, params, start, &loading->dataset, err);
    copse_free(weight);
    if (status == COPSE_OK) tell_encoded(frame, loading->dataset);
  } else {
    status = copse_dataset_from_table(ctx, &frame->table, frame->model_names, frame->categorical, params,
                                      schema, &loading->dataset, err);
  }
  if (status == COPSE_ERR_INTERRUPTED) fail(err, status, "%s: binning was interrupted", loading->paths[0]);
  return status == COPSE_OK ? set_fields(loading->dataset, frame, err) : status;
}

static copse_status load_text(struct train_data *data, struct loading *loading, copse_error *err) {
  copse_context *ctx = data->app->ctx;
  const char *path = loading->paths[0];
  double started = clock_seconds();
  copse_read_options options = *loading->options;
  options.compact = data->start.model == NULL; /* its predictions would need the rows once more */
  console_status(true, "reading %s", path);
  copse_status status = copse_frame_read_files(ctx, (const char *const *)loading->paths, loading->n_paths,
                                               &options, &loading->frame, err);
  double read = clock_seconds();
  data->read_s += read - started;
  if (status == COPSE_OK) status = settle_classes(data, loading->frame->schema, err);
  if (status == COPSE_OK) status = take_facts(ctx, loading->frame, &loading->facts, err);
  if (status != COPSE_OK) return status;
  if (options.recipe && !data->dataset)
    status = drift_reference(data->app, loading->frame, &data->drift, err);
  if (status != COPSE_OK) return status;
  warn_unseen(data, path, &loading->facts);
  if (data->dataset == NULL) status = lint_frame(data->app, loading->frame, err);
  if (status != COPSE_OK) return status;
  read = clock_seconds();
  console_status(true, "binning %s", path);
  status = bin_frame(data, loading, err);
  data->bin_s += clock_seconds() - read;
  if (status == COPSE_OK) data_cache_store(loading->cache, &loading->facts, loading->dataset);
  return status;
}

static copse_status load_files(struct train_data *data, struct loading *loading, copse_error *err) {
  double started = clock_seconds();
  bool training = data->dataset == NULL;
  data_cache_plan(loading->cache, data->app, loading->paths, loading->n_paths, loading->options,
                  training ? NULL : &data->cache);
  bool cached = (!training || !lint_decides(data->app)) &&
                data_cache_load(loading->cache, training ? NULL : copse_dataset_schema(data->dataset),
                                &loading->facts, &loading->dataset);
  data->read_s += clock_seconds() - started;
  if (!cached) return load_text(data, loading, err);
  warn_unseen(data, loading->paths[0], &loading->facts);
  return settle_classes(data, loading->facts.schema, err);
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
  struct loading loading = {
      .paths = data->files, .n_paths = data->n_files, .options = &data->options, .cache = &data->cache};
  copse_status status = load_files(data, &loading, err);
  if (status != COPSE_OK) goto done;
  console_warnings(loading.facts.doubt);
  data->dataset = loading.dataset;
  data->schema = loading.facts.schema;
  data->n_rows = loading.facts.n_rows;
  data->n_features = loading.facts.n_features;
  data->n_categorical = loading.facts.n_categorical;
  loading.dataset = NULL;
  loading.facts.schema = NULL;
  warn_one_class(data);
  if (!data->refits) status = auto_settings_choose(data->app, data->n_rows, err);
  if (status == COPSE_OK) status = forced_splits_apply(data->app, &data->forced_splits, data->schema, err);
  if (status == COPSE_OK) status = interactions_apply(data->app, data->schema, err);
  if (status == COPSE_OK && data->start.model)
    status = data->refits ? refit_model(data, loading.frame, err) : continue_model(data, loading.frame, err);
done:
  loading_release(&loading);
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
  struct loading loading = {.paths = &data->valid[index], .n_paths = 1, .options = &options, .cache = &cache};
  if (index == data->n_valid) {
    loading.paths = data->files;
    loading.n_paths = data->n_files;
  }
  copse_status status = load_files(data, &loading, err);
  if (status == COPSE_OK) console_warnings(loading.facts.doubt);
  if (status == COPSE_OK && data->start.model && !data->start_on_bins) {
    status = start_model_score(data->app, &data->start, loading.frame, loading.dataset, err);
  }
  snprintf(name, sizeof name, "valid_%zu", index + 1);
  if (status == COPSE_OK) {
    status = copse_booster_add_valid(data->booster, loading.dataset, name, err);
    if (status != COPSE_OK) status = name_file(data, loading.paths[0], status, err);
  }
  loading_release(&loading); /* the booster holds its own reference to the data set */
  data_cache_release(&cache);
  return status;
}

/* The rows held out leave the training set. */
static copse_status split_training(struct train_data *data, copse_error *err) {
  copse_dataset *train;
  if (!(held_share(data) > 0)) return COPSE_OK;
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
