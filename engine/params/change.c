/* change.c - one parameter changed on a booster that is under way: which may, and the parameters with it
 * changed. */
#include <string.h>

#include "base/status.h"
#include "params/internal.h"
#include "params/table.h"

/* What only copse_train reads, when it starts. */
static bool read_by_loop(int id) {
  static const enum param_id ids[] = {PARAM_num_iterations,    PARAM_early_stopping_round,
                                      PARAM_metric_freq,       PARAM_early_stopping_min_delta,
                                      PARAM_first_metric_only, PARAM_is_provide_training_metric,
                                      PARAM_time_limit};
  for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
    if ((int)ids[i] == id) return true;
  return false;
}

copse_status params_change(const copse_params *params, const char *key, const char *value, copse_params **out,
                           copse_error *err) {
  *out = NULL;
  int index = copse_params_find(key);
  if (index < 0) {
    const char *near = copse_params_nearest(key);
    return status_set(err, COPSE_ERR_ARGUMENT, "unknown parameter \"%s\"%s%s", key,
                      near != NULL ? ": did you mean " : "", near != NULL ? near : "");
  }
  const char *name = param_rows[index].name;
  if (read_by_loop(index))
    return status_set(err, COPSE_ERR_STATE,
                      "%s cannot change between rounds: copse_train reads it when it starts; give it there",
                      name);
  switch (param_rows[index].scope) {
    case SCOPE_DATA:
      return status_set(err, COPSE_ERR_STATE,
                        "%s cannot change between rounds: the data set was built with it", name);
    case SCOPE_BOOSTER:
      return status_set(err, COPSE_ERR_STATE, "%s cannot change between rounds: the booster was made for it",
                        name);
    case SCOPE_PROGRAM:
      return status_set(err, COPSE_ERR_STATE, "%s cannot change between rounds: only the program knows it",
                        name);
    case SCOPE_FREE:
    case SCOPE_RUN: break;
  }
  copse_params *changed;
  copse_status status = copse_params_copy(params, &changed, err);
  if (status != COPSE_OK) return status;
  changed->slots[index].set = false; /* the value given before does not stand in the new one's way */
  status = copse_params_set(changed, key, value, COPSE_SOURCE_COMMAND, err);
  if (status == COPSE_OK) status = copse_params_resolve(changed, err);
  if (status != COPSE_OK) {
    copse_params_free(changed);
    return status;
  }
  *out = changed;
  return COPSE_OK;
}
