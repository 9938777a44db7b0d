/* alert_say.h - the words of a check: what stands in `struct finding *out`, of profile p and, in checks of
 * columns, column c. For the files of checks alone. */
#ifndef COPSE_FINDINGS_ALERT_SAY_H
#define COPSE_FINDINGS_ALERT_SAY_H

#include <stdio.h>
#include <string.h>

#include "findings/alert.h"

#define SAY(...) snprintf(out->text, sizeof out->text, __VA_ARGS__)
#define ADVISE(...) snprintf(out->remedy, sizeof out->remedy, __VA_ARGS__)
#define TELL(name, value) finding_tell(out, name, (double)(value))
#define FLAG(key, ...) (out->flag_key = (key), snprintf(out->flag, sizeof out->flag, __VA_ARGS__))
#define FLAG_COLUMN(key) (out->flag_key = (key))
#define KEY key_in_text(p, c).text
#define NAME name_in_text(c->name, strlen(c->name)).text

static inline bool says(struct finding *out, copse_alert_level level, double effect) {
  out->level = level;
  out->effect = effect;
  return true;
}

#endif
