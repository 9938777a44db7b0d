/* alert_list.h - findings in a list: of the profile, and of what changed since an earlier one. */
#ifndef COPSE_FINDINGS_ALERT_LIST_H
#define COPSE_FINDINGS_ALERT_LIST_H

#include "copse_prep.h"

enum { ALERT_TEXT = 800, ALERT_FLAG = 240, ALERT_NO_COLUMN = -1, ALERT_DATA = 4 };

/* A number that the sentence tells. */
struct alert_datum {
  const char *name; /* static */
  double value;
};

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
  const char *flag_key; /* of the option that does it, NULL: none does */
  char *flag;           /* that option, KEY=VALUE, as it can be pasted */
  struct alert_datum data[ALERT_DATA];
  uint32_t n_data;
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
  const char *flag_key;  /* the option that does it, NULL: none does. Static */
  char flag[ALERT_FLAG]; /* its value; "": the columns concerned; flag_key "type": their type */
  struct alert_datum data[ALERT_DATA];
  uint32_t n_data;
};

/* Adds a number to what is told; at most ALERT_DATA of them. */
static inline void finding_tell(struct finding *finding, const char *name, double value) {
  finding->data[finding->n_data++] = (struct alert_datum){name, value};
}

struct copse_profile;
/* Columns are copied. False: out of memory. */
bool alert_append(const struct copse_profile *profile, struct alert_list *list, const char *id,
                  const struct finding *finding, const uint32_t *columns, uint32_t n_columns);
/* By level, effect, column. */
void alerts_sort(struct alert_list *list);
void alerts_release(struct alert_list *list);

#endif
