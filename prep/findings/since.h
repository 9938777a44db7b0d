/* since.h - what changed since an earlier profile of such a file, of which only its JSON is left: columns
 * that went, came or changed their type, shares of missing cells, values outside the range and levels without
 * a name there, and drift beyond chance by the measures of drift.h. */
#ifndef COPSE_FINDINGS_SINCE_H
#define COPSE_FINDINGS_SINCE_H

#include "findings/alert_list.h"
#include "findings/drift.h"

struct column_since {
  struct column_drift drift;      /* present: the earlier profile has the column; other_type: there */
  double missing_before, missing; /* shares of the rows */
  bool missing_moved;
  bool ranged; /* numbers: shares of them outside the bars of the earlier profile */
  double outside_before, outside;
  bool left;
  bool levelled; /* texts: shares of the filled rows whose level it does not name */
  double unnamed_before, unnamed;
  bool fresh;
  bool dated; /* dates: shares of them before the first one of the earlier profile, and behind its last one */
  double older_before, older, later;
  bool aged;
  const char *granularity_before; /* "day", "second"; NULL: not known */
  bool regrained;
};

struct copse_profile;

struct since {
  copse_context *ctx;
  bool present;
  const char *path;             /* NUL-terminated behind the names of the profile */
  uint64_t n_rows;              /* of the earlier file */
  bool no_values;               /* it tells no values: only missing cells and types are compared */
  copse_text gone;              /* columns of the earlier profile alone, NUL-terminated each */
  uint32_t n_gone, n_fresh;     /* of it, of this file alone */
  struct column_since *columns; /* [n_columns] of this file */
  struct alert_list findings;   /* the gravest first */
};

/* Compares described columns. False: out of memory. */
bool since_find(copse_context *ctx, const struct scan *scan, const struct column_facts *facts,
                const copse_earlier_profile *earlier, struct since *out);
/* Says what is beyond chance and large enough to matter, once the profile's own alerts are known: critical
 * ones that were not there are a finding, too. False: out of memory. */
bool since_judge(struct copse_profile *profile, const copse_earlier_profile *earlier);
/* Whether a name of the earlier profile is this one, as the JSON writes it. *failed is set when memory lacks.
 */
bool since_is_name(copse_context *ctx, const char *before, const char *own, bool *failed);
void since_release(struct since *since);

#endif
