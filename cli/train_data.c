/* train_data.c - reading, binning, and handing over to the booster. A file's parsed rows live only until they
 * are binned. */
#include "train_data.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "console.h"
#include "output.h"

/* Outputs must not replace inputs. The model that training goes on from may be replaced: it is read before.
 */
static copse_status check_output(const struct train_data *data, copse_error *err) {
  const char *model = setting(data->app, "output_model");
  copse_status status = COPSE_OK;
  for (size_t i = 0; i < data->n_files && status == COPSE_OK; i++) {
    status = output_differs("output_model", model, "data", data->files[i], err);
  }
  for (size_t i = 0; i < data->n_valid && status == COPSE_OK; i++) {
    status = output_differs("output_model", model, "valid", data->valid[i], err);
  }
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

copse_status train_data_plan(struct app *app, struct train_data *out, copse_error *err) {
  *out = (struct train_data){.app = app};
  copse_status status = settings_files(app, "data", &out->files, &out->n_files, err);
  if (status == COPSE_OK) status = settings_files(app, "valid", &out->valid, &out->n_valid, err);
  if (status == COPSE_OK) status = check_output(out, err);
  if (status == COPSE_OK) status = drop_training_from_valid(out, err);
  if (status == COPSE_OK) status = start_model_open(app, &out->start, err);
  if (status == COPSE_OK) status = forced_bins_read(app, &out->forced, err);
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
  copse_status status = copse_dataset_set(dataset, COPSE_LABEL, frame->label, frame->n_rows, err);
  if (status == COPSE_OK && frame->weight) {
    status = copse_dataset_set(dataset, COPSE_WEIGHT, frame->weight, frame->n_rows, err);
  }
  if (status == COPSE_OK && frame->group) {
    status = copse_dataset_set(dataset, COPSE_GROUP, frame->group, frame->n_groups, err);
  }
  if (status == COPSE_OK && frame->init_score) {
    status =
        copse_dataset_set(dataset, COPSE_INIT_SCORE, frame->init_score, frame->n_init * frame->n_rows, err);
  }
  return status;
}

static void warn_unseen(const struct train_data *data, const char *path, const copse_frame *frame) {
  if (frame->n_unseen == 0) return;
  console_warning("%s: %" PRIu64 " cells hold categories that %s never saw; they count as missing", path,
                  frame->n_unseen, data->start.model ? "the model" : "training");
}

static void warn_one_class(const struct train_data *data, const copse_frame *frame) {
  if (data->options.label_kind != COPSE_LABEL_BINARY) return;
  for (uint64_t row = 1; row < frame->n_rows; row++) {
    if (frame->label[row] != frame->label[0]) return;
  }
  console_warning("%s: every row has the label %s: there is nothing to tell apart (check label_column=)",
                  data->files[0], copse_frame_schema_class(frame->schema, frame->label[0] > 0));
}

/* What the training files say num_class is. */
static copse_status settle_classes(struct train_data *data, const copse_frame *frame, copse_error *err) {
  char number[16];
  if (!data->count_classes) return COPSE_OK;
  data->count_classes = false;
  snprintf(number, sizeof number, "%" PRIu32, copse_frame_schema_n_classes(frame->schema));
  copse_status status = copse_params_set(data->app->params, "num_class", number, COPSE_SOURCE_COMMAND, err);
  if (status == COPSE_OK) status = settings_resolve(data->app, err);
  if (status == COPSE_OK) console_line("num_class: %s", number);
  return status;
}

/* Files of one data set: read, binned (with the training schema when data->dataset exists), fields set. */
static copse_status load_files(struct train_data *data, char *const *paths, size_t n_paths,
                               const copse_read_options *options, copse_frame **frame, copse_dataset **out,
                               copse_error *err) {
  copse_context *ctx = data->app->ctx;
  double started = clock_seconds();
  console_status(true, "reading %s", paths[0]);
  copse_read_options compact = *options;
  compact.compact = data->start.model == NULL; /* its predictions would need the rows once more */
  copse_status status =
      copse_frame_read_files(ctx, (const char *const *)paths, n_paths, &compact, frame, err);
  double read = clock_seconds();
  data->read_s += read - started;
  if (status == COPSE_OK) status = settle_classes(data, *frame, err);
  if (status != COPSE_OK) return status;
  warn_unseen(data, paths[0], *frame);
  console_status(true, "binning %s", paths[0]);
  copse_schema *schema = data->dataset ? copse_dataset_schema(data->dataset) : NULL;
  if (!schema) status = forced_bins_apply(data->app, &data->forced, *frame, err);
  if (status != COPSE_OK) return status;
  status = copse_dataset_from_table(ctx, &(*frame)->table, (*frame)->model_names, (*frame)->categorical,
                                    data->app->params, schema, out, err);
  if (status == COPSE_ERR_INTERRUPTED) fail(err, status, "%s: binning was interrupted", paths[0]);
  if (status == COPSE_OK) {
    status = set_fields(*out, *frame, err);
    if (status != COPSE_OK) {
      copse_dataset_free(*out);
      *out = NULL;
    }
  }
  data->bin_s += clock_seconds() - read;
  return status;
}

/* A frame's schema lives and dies with the frame's rows; its text form does not. */
static copse_status copy_schema(struct train_data *data, const copse_frame *frame, copse_error *err) {
  copse_text text = {.ctx = data->app->ctx};
  copse_status status = copse_frame_schema_write(frame->schema, &text, err);
  if (status == COPSE_OK && text.failed) status = fail_memory(err, "a copy of the schema");
  if (status == COPSE_OK) {
    status = copse_frame_schema_parse(data->app->ctx, text.data, text.length, "schema", &data->schema, err);
  }
  copse_text_release(&text);
  return status;
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

static copse_status load_training(struct train_data *data, copse_error *err) {
  copse_frame *frame = NULL;
  copse_dataset *dataset = NULL;
  apply_start_schema(data);
  copse_status status = load_files(data, data->files, data->n_files, &data->options, &frame, &dataset, err);
  if (status != COPSE_OK) goto done;
  if (frame->doubt) console_warning("%s", frame->doubt);
  warn_one_class(data, frame);
  data->dataset = dataset;
  data->n_rows = frame->n_rows;
  data->n_features = frame->n_features;
  for (uint32_t i = 0; i < frame->n_features; i++) data->n_categorical += frame->categorical[i];
  status = copy_schema(data, frame, err);
  if (status == COPSE_OK && data->start.model) status = continue_model(data, frame, err);
done:
  copse_frame_free(frame);
  return status;
}

static copse_status load_valid(struct train_data *data, size_t index, copse_error *err) {
  char name[32];
  copse_frame *frame = NULL;
  copse_dataset *dataset = NULL;
  copse_read_options options = data->options;
  options.task = COPSE_READ_VALID;
  options.schema = data->schema;
  copse_status status = load_files(data, &data->valid[index], 1, &options, &frame, &dataset, err);
  if (status == COPSE_OK && data->start.model && !data->start_on_bins) {
    status = start_model_score(data->app, &data->start, frame, dataset, err);
  }
  snprintf(name, sizeof name, "valid_%zu", index + 1);
  if (status == COPSE_OK) status = copse_booster_add_valid(data->booster, dataset, name, err);
  copse_dataset_free(dataset); /* the booster holds its own reference */
  copse_frame_free(frame);
  return status;
}

copse_status train_data_load(struct train_data *data, copse_error *err) {
  copse_status status = load_training(data, err);
  if (status == COPSE_OK && !data->booster) {
    status = copse_booster_create(data->app->ctx, data->dataset, data->app->params, &data->booster, err);
  }
  if (status != COPSE_OK) return status;
  if (data->n_valid > 0 && copse_booster_n_metrics(data->booster) == 0) {
    console_warning("no metric is asked for: validation files are not read");
    return COPSE_OK;
  }
  for (size_t i = 0; i < data->n_valid && status == COPSE_OK; i++) status = load_valid(data, i, err);
  return status;
}

void train_data_free(struct train_data *data) {
  copse_booster_free(data->booster);
  copse_dataset_free(data->dataset);
  copse_frame_schema_free(data->schema);
  start_model_close(&data->start);
  forced_bins_free(&data->forced);
  copse_free(data->files);
  copse_free(data->valid);
}
