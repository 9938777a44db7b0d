/* roles.h - which column is what: from LightGBM's column lists, or from a schema. */
#ifndef COPSE_READ_ROLES_H
#define COPSE_READ_ROLES_H

#include "read/frame.h"

/* The columns of a file before any cell was read. */
struct column_plan {
  uint32_t n_columns;
  bool named;
  const char **names;        /* [n_columns], "" without header */
  struct dictionary by_name; /* column of a name */
  /* TRAIN: features have ROLE_NUMBER until text is found. Otherwise: the schema's roles. */
  enum column_role *roles; /* [n_columns] */
  bool *categorical;       /* [n_columns] TRAIN: declared */
  bool any_text;           /* TRAIN: categorical_feature=auto */
  uint32_t *feature;       /* [n_columns] feature number in the schema's order */
  uint32_t *labels;        /* [n_labels] columns, in the order of the labels */
  uint32_t n_labels;
  int32_t label, weight, group; /* columns, or -1; label: the first */
};

/* plan->n_columns, named and names are set, the rest is 0; fills the rest. Release in any case. */
copse_status roles_plan(const struct read_job *job, struct column_plan *plan, copse_error *err);
void roles_release(struct column_plan *plan);
/* Indices in a list without header, for formats that have no names: calls set(user, index) for each. `what`
 * is the option's name, n the count of what may be named. */
copse_status roles_indices(const struct read_job *job, const char *list, const char *what, uint64_t n,
                           void (*set)(void *user, uint64_t index), void *user, copse_error *err);
/* Next item of a comma-separated list: blanks trimmed, a quoted item may hold commas. It is copied to `item`
 * (and cut there: no column is called so). False at the end. */
bool roles_next_item(const char **list, char *item, size_t capacity);
/* "nearest: x; columns: a, b, c ... 40 in all" */
void roles_describe_columns(const char *name, const char *const *names, uint32_t n, char *out,
                            size_t capacity);
/* The name among n that is nearest to `name`, or NULL when none is near. */
const char *roles_nearest(const char *name, const char *const *names, uint32_t n);

#endif
