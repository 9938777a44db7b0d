/* train_files.c - see train_files.h. Parsed rows live only until they are binned. */
#include "train_files.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "console.h"
#include "drift.h"
#include "hold_out.h"
#include "lint.h"

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

void train_files_release(struct train_files *files) {
  copse_frame_free(files->frame);
  copse_dataset_free(files->dataset);
  data_facts_free(&files->facts);
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
static copse_status bin_frame(struct train_data *data, struct train_files *files, copse_error *err) {
  copse_context *ctx = data->app->ctx;
  const copse_frame *frame = files->frame;
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
                                     weight, params, start, &files->dataset, err);
    copse_free(weight);
    if (status == COPSE_OK) tell_encoded(frame, files->dataset);
  } else {
    status = copse_dataset_from_table(ctx, &frame->table, frame->model_names, frame->categorical, params,
                                      schema, &files->dataset, err);
  }
  if (status == COPSE_ERR_INTERRUPTED) fail(err, status, "%s: binning was interrupted", files->paths[0]);
  return status == COPSE_OK ? set_fields(files->dataset, frame, err) : status;
}

static copse_status load_text(struct train_data *data, struct train_files *files, copse_error *err) {
  copse_context *ctx = data->app->ctx;
  const char *path = files->paths[0];
  double started = clock_seconds();
  copse_read_options options = *files->options;
  options.compact = data->start.model == NULL; /* its predictions would need the rows once more */
  console_status(true, "reading %s", path);
  copse_status status = copse_frame_read_files(ctx, (const char *const *)files->paths, files->n_paths,
                                               &options, &files->frame, err);
  double read = clock_seconds();
  data->read_s += read - started;
  if (status == COPSE_OK) status = settle_classes(data, files->frame->schema, err);
  if (status == COPSE_OK) status = take_facts(ctx, files->frame, &files->facts, err);
  if (status != COPSE_OK) return status;
  if (options.recipe && !data->dataset) status = drift_reference(data->app, files->frame, &data->drift, err);
  if (status != COPSE_OK) return status;
  warn_unseen(data, path, &files->facts);
  if (data->dataset == NULL) status = lint_frame(data->app, files->frame, err);
  if (status != COPSE_OK) return status;
  read = clock_seconds();
  console_status(true, "binning %s", path);
  status = bin_frame(data, files, err);
  data->bin_s += clock_seconds() - read;
  if (status == COPSE_OK) data_cache_store(files->cache, &files->facts, files->dataset);
  return status;
}

copse_status train_files_load(struct train_data *data, struct train_files *files, copse_error *err) {
  double started = clock_seconds();
  bool training = data->dataset == NULL;
  data_cache_plan(files->cache, data->app, files->paths, files->n_paths, files->options,
                  training ? NULL : &data->cache);
  bool cached = (!training || !lint_decides(data->app)) &&
                data_cache_load(files->cache, training ? NULL : copse_dataset_schema(data->dataset),
                                &files->facts, &files->dataset);
  data->read_s += clock_seconds() - started;
  if (!cached) return load_text(data, files, err);
  warn_unseen(data, files->paths[0], &files->facts);
  return settle_classes(data, files->facts.schema, err);
}
