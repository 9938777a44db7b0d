/* model_file.c - reading a model, and the report in it. */
#include "model_file.h"

#include <stdio.h>

#include "console.h"
#include "output.h"
#include "pandas_categories.h"
#include "settings.h"

copse_status model_load(const struct app *app, const char *path, copse_model **out,
                        copse_frame_schema **schema, copse_error *err) {
  copse_text text;
  copse_model *model = NULL;
  copse_status status = input_read(app->ctx, path, &text, err);
  if (status != COPSE_OK) return status;
  status = copse_model_parse(app->ctx, text.data ? text.data : "", text.length, path, &model, err);
  if (status == COPSE_OK && schema && text.data) warn_pandas_categories(path, text.data, model);
  copse_text_release(&text);
  if (status == COPSE_OK && schema) status = copse_frame_schema_of_model(app->ctx, model, schema, err);
  if (status != COPSE_OK) {
    copse_model_free(model);
    return status;
  }
  *out = model;
  return COPSE_OK;
}

copse_status model_set_report(copse_model *model, copse_text *report, copse_error *err) {
  copse_status status =
      report->failed ? fail_memory(err, "the report of the model")
                     : copse_model_set_blob(model, MODEL_REPORT_BLOB, report->data, report->length, err);
  if (status == COPSE_OK && console_speaks(1)) {
    console_status_end();
    fputs(report->data, stderr);
  }
  copse_text_release(report);
  return status;
}

bool model_named(struct app *app, const char **path, copse_error *err) {
  copse_status status = app->operand ? COPSE_OK : setting_required(app, "input_model", "model=MODEL", err);
  *path = app->operand ? app->operand : setting(app, "input_model");
  return status == COPSE_OK && settings_resolve(app, err) == COPSE_OK;
}
