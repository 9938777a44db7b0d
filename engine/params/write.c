/* write.c - the effective configuration as text: what can change a model, and nothing else (no paths, no
 * threads, no prediction, nothing this version does not act on), so that equal text means equal training. */
#include <string.h>

#include "params/internal.h"

/* Whether the parameter can change a model and has a value. */
static bool is_written(const copse_params *params, enum param_id id) {
  if (id == PARAM_enable_bundle) return false; /* how cells are stored, no more */
  const struct param_row *row = &param_rows[id];
  bool shapes = row->scope == SCOPE_DATA || row->scope == SCOPE_BOOSTER || row->scope == SCOPE_FREE ||
                id == PARAM_forcedsplits_filename; /* read by the program, but what it holds is grown */
  return shapes && row->support == COPSE_SUPPORT_FULL && effective_text(params, id)[0] != '\0';
}

static void write_block_line(const copse_params *params, enum param_id id, copse_text *out) {
  const char *text = effective_text(params, id);
  if (param_rows[id].type == TYPE_BOOL) text = slot_int(params, id) != 0 ? "1" : "0";
  copse_text_appendf(out, "[%s: %s]\n", param_rows[id].name, text);
}

/* LightGBM cuts a line of the block at every colon, and its Python package then fails to load the model
 * ("name:a,b" in categorical_feature is not JSON), as it does where categorical_feature is no list of
 * numbers or interaction_constraints have names. Such values stand in the configuration alone. */
static bool fits_block(const copse_params *params, enum param_id id) {
  if (!is_written(params, id)) return false;
  const char *text = effective_text(params, id);
  if (id == PARAM_categorical_feature && strcmp(text, "auto") == 0) return false;
  if (id == PARAM_interaction_constraints && text[strspn(text, "0123456789,[] ")] != '\0') return false;
  return strchr(text, ':') == NULL;
}

/* Changes no model, but what is said about it (format_text_write.c). */
static bool says_gains(const copse_params *params, enum param_id id) {
  return id == PARAM_saved_feature_importance_type && slot_int(params, id) != 0;
}

/* LightGBM's form and order: boosting, objective and metric come first. Copse's own parameters, which
 * LightGBM warns about when it reads them, come last and only where they differ from their defaults. */
void params_write_model_block(const copse_params *params, copse_text *out) {
  static const enum param_id first[] = {PARAM_boosting, PARAM_objective, PARAM_metric};
  const size_t n_first = sizeof first / sizeof first[0];
  for (size_t i = 0; i < n_first; i++)
    if (fits_block(params, first[i])) write_block_line(params, first[i], out);
  for (int i = 0; i < PARAM_COUNT; i++) {
    enum param_id id = (enum param_id)i;
    bool done = id == first[0] || id == first[1] || id == first[2];
    bool own_default =
        id >= PARAM_FIRST_OWN && strcmp(effective_text(params, id), param_rows[id].default_text) == 0;
    if (!done && !own_default && (fits_block(params, id) || says_gains(params, id)))
      write_block_line(params, id, out);
  }
}

void params_write_config(const copse_params *params, copse_text *out) {
  for (int i = 0; i < PARAM_COUNT; i++) {
    enum param_id id = (enum param_id)i;
    if (is_written(params, id))
      copse_text_appendf(out, "%s=%s\n", param_rows[id].name, effective_text(params, id));
  }
}
