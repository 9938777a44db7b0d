/* support.c - refuses by name what this version knows but does not do. A value that changes nothing
 * passes: the default's.
 *
 * When a parameter becomes FULL or a choice becomes NOW, its refusal here ends by itself. */
#include <string.h>

#include "base/status.h"
#include "params/internal.h"

static bool changes_result(const copse_params *params, enum param_id id) {
  return strcmp(value_text(id, &params->slots[id].value), param_rows[id].default_text) != 0;
}

static copse_status refuse_value(const copse_params *params, enum param_id id, copse_error *err) {
  const struct param_row *row = &param_rows[id];
  char mention[MENTION_CAPACITY];
  bool has_default = row->default_text[0] != '\0';
  return status_set(err, COPSE_ERR_UNSUPPORTED,
                    "%s%s is known to Copse but not part of this version: leave it out%s%s%s%s",
                    slot_place(params, id), slot_mention(params, id, mention), has_default ? ", set " : "",
                    has_default ? row->name : "", has_default ? "=" : "", row->default_text);
}

static copse_status refuse_choice(const copse_params *params, enum param_id id, const char *choice,
                                  copse_error *err) {
  return status_set(err, COPSE_ERR_UNSUPPORTED,
                    "%s%s=%s is known to Copse but not part of this version; available: %s",
                    slot_place(params, id), param_rows[id].name, choice, param_rows[id].range.text);
}

static copse_status check_choices(const copse_params *params, enum param_id id, copse_error *err) {
  const struct param_choice *choices = param_rows[id].range.choices;
  const struct param_value *value = &params->slots[id].value;
  if (param_rows[id].type == TYPE_ENUM) {
    const struct param_choice *choice = &choices[value->integer];
    return choice->available ? COPSE_OK : refuse_choice(params, id, choice->name, err);
  }
  for (size_t i = 0; i < value->n_items; i++) {
    const struct param_choice *choice = &choices[((const int *)value->items)[i]];
    if (!choice->available) return refuse_choice(params, id, choice->name, err);
  }
  return COPSE_OK;
}

copse_status support_check(const copse_params *params, copse_error *err) {
  for (int i = 0; i < PARAM_COUNT; i++) {
    enum param_id id = (enum param_id)i;
    if (!params->slots[id].set) continue;
    if (param_rows[id].range.choices != NULL) {
      copse_status status = check_choices(params, id, err);
      if (status != COPSE_OK) return status;
    }
    if (param_rows[id].support == COPSE_SUPPORT_LATER && changes_result(params, id))
      return refuse_value(params, id, err);
  }
  return COPSE_OK;
}
