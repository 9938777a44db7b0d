/* schema_model.c - the schema inside a model, and the schema of a model that has none.
 *
 * A plain LightGBM model tells feature names, the label's position and which features are categories; its
 * training file had these features in this order and the label among them. */
#include <string.h>

#include "read/report.h"
#include "read/schema.h"

static const char blob_key[] = "frame_schema";

copse_status copse_frame_schema_store(const copse_frame_schema *schema, copse_model *model,
                                      copse_error *err) {
  copse_text text = {.ctx = schema->ctx};
  copse_status status = copse_frame_schema_write(schema, &text, err);
  if (status == COPSE_OK) status = copse_model_set_blob(model, blob_key, text.data, text.length, err);
  if (status == COPSE_OK) copse_model_set_label_index(model, copse_frame_schema_label_index(schema));
  copse_text_release(&text);
  return status;
}

static copse_status from_blob(copse_context *ctx, const copse_model *model, const char *blob, size_t length,
                              copse_frame_schema **out, copse_error *err) {
  copse_frame_schema *schema;
  copse_status status = copse_frame_schema_parse(ctx, blob, length, "model, frame_schema", &schema, err);
  if (status != COPSE_OK) return status;
  bool same = schema->n_features == copse_model_n_inputs(model);
  for (uint32_t f = 0; f < schema->n_features && same; f++)
    same = strcmp(schema->model_names[f], copse_model_feature_name(model, f)) == 0;
  if (!same) {
    copse_frame_schema_free(schema);
    return report(
        err, COPSE_ERR_FORMAT,
        "model: its trees and its frame_schema disagree on the features (the file was edited; train again)");
  }
  *out = schema;
  return COPSE_OK;
}

static copse_status from_plain(copse_context *ctx, const copse_model *model, copse_frame_schema **out,
                               copse_error *err) {
  uint32_t n = copse_model_n_inputs(model);
  bool named = copse_model_has_names(model);
  int label = copse_model_label_index(model);
  copse_frame_schema *schema = frame_schema_create(ctx);
  bool ok = schema != NULL;
  uint32_t at = label < 0 ? 0 : (uint32_t)label < n ? (uint32_t)label : n;
  for (uint32_t f = 0; f <= n && ok; f++) {
    if (f == at) ok = frame_schema_add_column(schema, ROLE_LABEL, "", 0);
    if (f == n || !ok) break;
    const char *name = named ? copse_model_feature_name(model, f) : "";
    enum column_role role = copse_model_categories(model, f, NULL) > 0 ? ROLE_CODES : ROLE_NUMBER;
    ok = frame_schema_add_column(schema, role, name, strlen(name));
  }
  if (!ok || !frame_schema_finish(schema)) {
    copse_frame_schema_free(schema);
    return report_memory(err, "the schema", "model");
  }
  schema->named = named;
  int n_outputs = copse_model_n_outputs(model);
  bool classes = strncmp(copse_model_objective(model), "multiclass", 10) == 0 && n_outputs > 1;
  if (classes && !frame_schema_set_label(schema, (struct label_form){LABEL_WHOLE, (uint32_t)n_outputs})) {
    copse_frame_schema_free(schema);
    return report_memory(err, "the schema", "model");
  }
  *out = schema;
  return COPSE_OK;
}

copse_status copse_frame_schema_of_model(copse_context *ctx, const copse_model *model,
                                         copse_frame_schema **out, copse_error *err) {
  *out = NULL;
  size_t length;
  const char *blob = copse_model_blob(model, blob_key, &length);
  return blob != NULL ? from_blob(ctx, model, blob, length, out, err) : from_plain(ctx, model, out, err);
}
