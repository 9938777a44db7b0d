/* lint.c - see lint.h. Notes are left out, and so is a table too small to tell chance from a finding. */
#include "lint.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "console.h"
#include "settings.h"

enum { LEAST_ROWS = 200, MOST_SPARSE = 2000 };

/* What matters for the model; missing cells and rare levels are training's daily bread. */
static bool is_told(const char *id) {
  return strncmp(id, "LEAK_", 5) == 0 || strcmp(id, "ID_LIKE") == 0 || strcmp(id, "IMBALANCE") == 0 ||
         strcmp(id, "HIGH_CARDINALITY") == 0 || strcmp(id, "NUMBERS_AS_TEXT") == 0 ||
         strcmp(id, "SENTINEL") == 0;
}

/* " in 16384 of 1000000 rows looked at": nothing where all of them were. */
static void place_text(const copse_profile *profile, const copse_frame *frame, char *out, size_t capacity) {
  uint64_t n = copse_profile_n_rows(profile);
  out[0] = '\0';
  if (n < frame->n_rows) snprintf(out, capacity, ", in %" PRIu64 " of %" PRIu64 " rows", n, frame->n_rows);
}

/* Alerts of one label. What they say of features alone is told with the first label only. */
static copse_status lint_label(const struct app *app, const copse_frame *frame, uint32_t label,
                               copse_error *err) {
  copse_frame view = *frame;
  copse_profile *profile;
  view.label += label * frame->n_rows;
  view.n_labels = 1;
  copse_status status = copse_profile_frame(
      app->ctx, &view, (int)copse_params_get_int(app->params, "num_threads"), &profile, err);
  if (status != COPSE_OK) return status;
  uint32_t n = copse_profile_n_alerts(profile), n_critical = 0;
  char place[80], of[200] = "";
  const char *name = copse_frame_schema_label(frame->schema, label, NULL);
  place_text(profile, frame, place, sizeof place);
  if (frame->n_labels > 1 && name != NULL && name[0] != '\0')
    snprintf(of, sizeof of, " of label %s", name);
  else if (frame->n_labels > 1)
    snprintf(of, sizeof of, " of label %" PRIu32, label);
  for (uint32_t i = 0; i < n; i++) {
    const char *id = copse_profile_alert_id(profile, i), *text = copse_profile_alert_text(profile, i);
    copse_alert_level level = copse_profile_alert_level(profile, i);
    bool about_label = strncmp(id, "LEAK_", 5) == 0 || strcmp(id, "IMBALANCE") == 0;
    if (level == COPSE_ALERT_NOTE || !is_told(id) || (label > 0 && !about_label)) continue;
    console_warning("lint %s%s%s: %s (%s)", id, about_label ? of : "", place, text,
                    copse_profile_alert_remedy(profile, i));
    if (level == COPSE_ALERT_CRITICAL && n_critical++ == 0 && lint_decides(app))
      status = fail(err, COPSE_ERR_DATA, "lint %s%s%s: %s (lint=warn trains all the same)", id,
                    about_label ? of : "", place, text);
  }
  copse_profile_free(profile);
  return status;
}

bool lint_decides(const struct app *app) { return strcmp(setting(app, "lint"), "error") == 0; }

copse_status lint_frame(const struct app *app, const copse_frame *frame, copse_error *err) {
  const char *lint = setting(app, "lint");
  if (strcmp(lint, "off") == 0 || frame->n_rows < LEAST_ROWS) return COPSE_OK;
  if (frame->format == COPSE_FORMAT_LIBSVM && frame->n_features > MOST_SPARSE) {
    if (lint_decides(app))
      console_warning("lint: LibSVM data of more than %d features are not looked at", MOST_SPARSE);
    return COPSE_OK;
  }
  copse_status status = COPSE_OK;
  for (uint32_t k = 0; k < frame->n_labels && status == COPSE_OK; k++)
    status = lint_label(app, frame, k, err);
  return status;
}
