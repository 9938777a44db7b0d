/* alert_list.h - findings in a list: of the profile, and of what changed since an earlier one. */
#ifndef COPSE_FINDINGS_ALERT_LIST_H
#define COPSE_FINDINGS_ALERT_LIST_H

#include "copse_prep.h"

enum { ALERT_TEXT = 800, ALERT_NO_COLUMN = -1 };

/* One finding. text holds names and values as the file has them: outputs escape it. */
struct alert {
  const char *id;
  copse_alert_level level;
  int64_t column;    /* the first one, or ALERT_NO_COLUMN */
  uint32_t *columns; /* [n_columns] */
  uint32_t n_columns;
  double effect; /* greater: told earlier within its level */
  char text[ALERT_TEXT];
  char remedy[ALERT_TEXT];
};

/* Zero-initialise. */
struct alert_list {
  struct alert *list; /* [n] */
  uint32_t n, capacity;
};

/* What a check found; text and remedy as in struct alert. */
struct finding {
  uint32_t turn; /* asked for: the first, the second ... of its kind */
  copse_alert_level level;
  double effect;
  char text[ALERT_TEXT], remedy[ALERT_TEXT];
};

/* Columns are copied. False: out of memory. */
bool alert_append(copse_context *ctx, struct alert_list *list, const char *id, const struct finding *finding,
                  const uint32_t *columns, uint32_t n_columns);
/* By level, effect, column. */
void alerts_sort(struct alert_list *list);
void alerts_release(struct alert_list *list);

#endif
