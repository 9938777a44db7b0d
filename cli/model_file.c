/* model_file.c - reading a model. */
#include "model_file.h"

#include "output.h"

copse_status model_load(const struct app *app, const char *path, copse_model **out,
                        copse_frame_schema **schema, copse_error *err) {
  copse_text text;
  copse_model *model = NULL;
  copse_status status = input_read(app->ctx, path, &text, err);
  if (status != COPSE_OK) return status;
  status = copse_model_parse(app->ctx, text.data ? text.data : "", text.length, path, &model, err);
  copse_text_release(&text);
  if (status == COPSE_OK && schema) status = copse_frame_schema_of_model(app->ctx, model, schema, err);
  if (status != COPSE_OK) {
    copse_model_free(model);
    return status;
  }
  *out = model;
  return COPSE_OK;
}
