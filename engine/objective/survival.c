/* survival.c - labels that are times: positive where something happened then, negative where nothing had
 * happened by then (censored), as XGBoost has them for survival:cox. */
#include "base/status.h"
#include "objective/rows.h"

copse_status survival_check(const struct objective *objective, copse_error *err) {
  const char *name = objective->row->name;
  bool any = false;
  for (uint64_t i = 0; i < objective->data.n_rows; i++) {
    float label = objective->data.label[i];
    any |= label > 0;
    if (label != 0) continue;
    return status_set(err, COPSE_ERR_DATA,
                      "row %llu: label 0: objective=%s takes times: t > 0 where the event happened at t, -t "
                      "where it had not happened by t (shift the times, or leave the row out)",
                      (unsigned long long)i + 1, name);
  }
  if (any) return COPSE_OK;
  return status_set(err, COPSE_ERR_DATA,
                    "all %llu labels are negative, so nothing ever happened: objective=%s needs an event, a "
                    "label above 0 (check the sign of the label)",
                    (unsigned long long)objective->data.n_rows, name);
}
