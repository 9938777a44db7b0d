/* table.h - the rows of params.def as data, and finding one. */
#ifndef COPSE_PARAMS_TABLE_H
#define COPSE_PARAMS_TABLE_H

#include "copse.h"
#include "params/choices.h"
#include "params/names.h"

enum param_id {
#define PARAM(name, type, default_text, range, group, support, scope, aliases, help) PARAM_##name,
#include "params/params.def"
#undef PARAM
  PARAM_COUNT,
  PARAM_FIRST_OWN = PARAM_leaf_counts /* LightGBM's rows end before it */
};

enum param_type {
  TYPE_INT,
  TYPE_DOUBLE,
  TYPE_BOOL,
  TYPE_STRING,
  TYPE_ENUM,
  TYPE_INTS,
  TYPE_DOUBLES,
  TYPE_ENUMS
};

enum param_scope { SCOPE_DATA, SCOPE_BOOSTER, SCOPE_FREE, SCOPE_RUN, SCOPE_PROGRAM };

struct param_range {
  bool bounded; /* min and max count */
  double min, max;
  bool min_open, max_open;
  const struct param_choice *choices; /* enum types only */
  const char *text;
};

struct param_row {
  const char *name;
  enum param_type type;
  const char *default_text; /* "": no value */
  struct param_range range;
  const char *group;
  copse_params_support support;
  enum param_scope scope;
  const char *aliases, *help;
};

extern const struct param_row param_rows[PARAM_COUNT];

/* Index of the row that a key means, or -1. *spelling gets the row's own text of the key and, as a rank, 0
 * for the primary name and 1, 2 ... for aliases in LightGBM's order of preference (shorter first, then
 * alphabetical). */
struct param_spelling {
  struct name name;
  int rank;
};
int param_find(const char *key, size_t length, struct param_spelling *spelling);

/* The row whose name or alias is nearest to the key; *name gets that name. -1 when nothing is near. */
int param_nearest(const char *key, size_t length, struct name *name);

#endif
