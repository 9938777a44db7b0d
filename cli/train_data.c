/* train_data.c - reading, binning, and handing over to the booster. A file's parsed rows live only until they
 * are binned. */
#include "train_data.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "console.h"
#include "output.h"

copse_status train_data_plan(struct app *app, struct train_data *out, copse_error *err) {
  char **valid;
  size_t n_valid;
  *out = (struct train_data){.app = app};
  copse_status status = settings_list(app, "valid", &valid, &n_valid, err);
  if (status != COPSE_OK) return status;
  out->valid = valid;
  const char *data = setting(app, "data"), *model = setting(app, "output_model");
  status = output_differs("output_model", model, "data", data, err);
  for (size_t i = 0; i < n_valid && status == COPSE_OK; i++) {
    status = output_differs("output_model", model, "valid", valid[i], err);
  }
  if (status != COPSE_OK) return status;
  for (size_t i = 0; i < n_valid; i++) {
    if (!same_file(valid[i], data)) {
      valid[out->n_valid++] = valid[i];
      continue;
    }
    status = copse_params_set(app->params, "is_provide_training_metric", "true", COPSE_SOURCE_COMMAND, err);
    if (status != COPSE_OK) return status;
  }
  status = settings_resolve(app, err);
  if (status == COPSE_OK) out->options = settings_read_options(app, COPSE_READ_TRAIN);
  return status;
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

/* One file: read, binned (with the training schema when data->dataset exists), fields set. */
static copse_status load_file(struct train_data *data, const char *path, const copse_read_options *options,
                              copse_frame **frame, copse_dataset **out, copse_error *err) {
  copse_context *ctx = data->app->ctx;
  double started = clock_seconds();
  console_status(true, "reading %s", path);
  copse_status status = copse_frame_read(ctx, path, options, frame, err);
  double read = clock_seconds();
  data->read_s += read - started;
  if (status != COPSE_OK) return status;
  console_status(true, "binning %s", path);
  copse_schema *schema = data->dataset ? copse_dataset_schema(data->dataset) : NULL;
  status = copse_dataset_from_table(ctx, &(*frame)->table, (*frame)->model_names, (*frame)->categorical,
                                    data->app->params, schema, out, err);
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

static copse_status load_training(struct train_data *data, copse_error *err) {
  copse_frame *frame = NULL;
  copse_dataset *dataset = NULL;
  copse_status status = load_file(data, setting(data->app, "data"), &data->options, &frame, &dataset, err);
  if (status != COPSE_OK) goto done;
  data->dataset = dataset;
  data->n_rows = frame->n_rows;
  data->n_features = frame->n_features;
  for (uint32_t i = 0; i < frame->n_features; i++) data->n_categorical += frame->categorical[i];
  status = copy_schema(data, frame, err);
done:
  copse_frame_free(frame);
  return status;
}

static copse_status load_valid(struct train_data *data, size_t index, copse_error *err) {
  const char *path = data->valid[index];
  char name[32];
  copse_frame *frame = NULL;
  copse_dataset *dataset = NULL;
  copse_read_options options = data->options;
  options.task = COPSE_READ_VALID;
  options.schema = data->schema;
  copse_status status = load_file(data, path, &options, &frame, &dataset, err);
  if (status != COPSE_OK) goto done;
  if (frame->n_unseen > 0) {
    console_warning("%s: %" PRIu64 " cells hold categories that training never saw; they count as missing",
                    path, frame->n_unseen);
  }
  snprintf(name, sizeof name, "valid_%zu", index + 1);
  status = copse_booster_add_valid(data->booster, dataset, name, err);
done:
  copse_dataset_free(dataset); /* the booster holds its own reference */
  copse_frame_free(frame);
  return status;
}

copse_status train_data_load(struct train_data *data, copse_error *err) {
  copse_status status = load_training(data, err);
  if (status != COPSE_OK) return status;
  status = copse_booster_create(data->app->ctx, data->dataset, data->app->params, &data->booster, err);
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
  copse_free(data->valid);
}
