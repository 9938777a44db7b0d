/* roles.c - the columns of a file and their roles.
 *
 * TRAIN: LightGBM's lists. `name:a,b` or indices; the label's index counts all columns, every other index
 * does not count label columns. VALID and PREDICT: the schema's columns, matched by name where both sides
 * have names, else by position. */
#include "read/roles.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool given(const char *text) { return text != NULL && *text != '\0'; }

/* ---- nearest name ---- */

static unsigned edit_distance(const char *a, size_t na, const char *b, size_t nb) {
  unsigned row[65];
  for (size_t j = 0; j <= nb; j++) row[j] = (unsigned)j;
  for (size_t i = 1; i <= na; i++) {
    unsigned diagonal = row[0];
    row[0] = (unsigned)i;
    for (size_t j = 1; j <= nb; j++) {
      unsigned change = diagonal + ((a[i - 1] | 0x20) != (b[j - 1] | 0x20));
      diagonal = row[j];
      unsigned insert = row[j - 1] + 1, delete = row[j] + 1;
      row[j] = change < insert ? (change < delete ? change : delete) : (insert < delete ? insert : delete);
    }
  }
  return row[nb];
}

const char *roles_nearest(const char *name, const char *const *names, uint32_t n) {
  const char *best = NULL;
  size_t length = strlen(name);
  unsigned best_distance = (unsigned)(length / 3 + 2);
  if (length > 64) return NULL;
  for (uint32_t i = 0; i < n; i++) {
    size_t other = strlen(names[i]);
    if (other == 0 || other > 64) continue;
    unsigned distance = edit_distance(name, length, names[i], other);
    if (distance < best_distance) {
      best_distance = distance;
      best = names[i];
    }
  }
  return best;
}

/* "nearest: x; columns: a, b, c ... 40 in all" */
void roles_describe_columns(const char *name, const char *const *names, uint32_t n, char *out,
                            size_t capacity) {
  const char *nearest = roles_nearest(name, names, n);
  size_t used = 0;
  if (nearest != NULL) used = (size_t)snprintf(out, capacity, "nearest: \"%.64s\"; ", nearest);
  used += (size_t)snprintf(out + used, capacity - used, "columns:");
  uint32_t shown = n < 6 ? n : 6;
  for (uint32_t i = 0; i < shown; i++)
    used += (size_t)snprintf(out + used, capacity - used, "%s %.40s", i > 0 ? "," : "",
                             show(names[i], strlen(names[i])).text);
  if (shown < n) snprintf(out + used, capacity - used, " ... %u in all", n);
}

/* ---- LightGBM's lists ---- */

/* Next item of a comma-separated list: blanks trimmed, a quoted item may hold commas. The item is copied to
 * `item` (and cut there at its capacity: no column is called so). False at the end. */
bool roles_next_item(const char **list, char *item, size_t capacity) {
  const char *p = *list;
  if (p == NULL || *p == '\0') return false;
  size_t n = 0;
  while (*p == ' ') p++;
  if (*p == '"') {
    for (p++; *p != '\0' && !(*p == '"' && p[1] != '"'); p++) {
      if (*p == '"') p++;
      if (n + 1 < capacity) item[n++] = *p;
    }
    while (*p != '\0' && *p != ',') p++;
  } else {
    for (; *p != '\0' && *p != ','; p++)
      if (n + 1 < capacity) item[n++] = *p;
    while (n > 0 && item[n - 1] == ' ') n--;
  }
  item[n] = '\0';
  *list = *p == ',' ? p + 1 : NULL;
  return true;
}

static bool parse_index(const char *item, uint64_t *index) {
  if (*item < '0' || *item > '9' || strlen(item) > 18) return false;
  char *end;
  *index = strtoull(item, &end, 10);
  return *end == '\0';
}

copse_status roles_indices(const struct read_job *job, const char *list, const char *what, uint64_t n,
                           void (*set)(void *user, uint64_t index), void *user, copse_error *err) {
  char item[512];
  uint64_t index;
  const char *path = job->source.path;
  if (list != NULL && strncmp(list, "name:", 5) == 0)
    return report(
        err, COPSE_ERR_ARGUMENT,
        "%s: %s=%s: the file has no header (use indices from 0, or header=true if its first row is one)",
        path, what, list);
  while (roles_next_item(&list, item, sizeof item)) {
    if (strncmp(item, "name:", 5) == 0)
      return report(
          err, COPSE_ERR_ARGUMENT,
          "%s: %s: found \"%s\" among indices (a list has indices only, or names only: %s=name:a,b)", path,
          what, item, what);
    if (!parse_index(item, &index))
      return report(err, COPSE_ERR_ARGUMENT,
                    "%s: %s: found \"%s\", expected an index from 0 (a column's name is written %s=name:%s)",
                    path, what, item, what, item);
    if (index >= n)
      return report(err, COPSE_ERR_ARGUMENT, "%s: %s: index %llu, but the last one is %lld%s", path, what,
                    (unsigned long long)index, (long long)n - 1,
                    strcmp(what, "label_column") == 0 ? "" : " (the label column is not counted)");
    set(user, index);
  }
  return COPSE_OK;
}

struct list_target {
  struct column_plan *plan;
  enum column_role role, vacant; /* the new role, and that of columns which may still take one */
  bool categorical, all_counted;
  int32_t *single; /* for options that name one column */
  uint32_t most;   /* of ROLE_LABEL: columns that may be named */
  const char *what;
  bool twice;
  int32_t clash;
};

static void take_role(struct column_plan *plan, int32_t column, enum column_role role) {
  if (column < 0) return;
  plan->roles[column] = role;
  if (role == ROLE_LABEL) plan->labels[plan->n_labels++] = (uint32_t)column;
  if (role == ROLE_LABEL) plan->label = (int32_t)plan->labels[0];
  if (role == ROLE_WEIGHT) plan->weight = column;
  if (role == ROLE_GROUP) plan->group = column;
}

static void set_label(struct list_target *target, uint32_t column) {
  struct column_plan *plan = target->plan;
  if (plan->roles[column] == ROLE_LABEL)
    target->twice = true;
  else if (plan->roles[column] != target->vacant)
    target->clash = (int32_t)column;
  else
    take_role(plan, (int32_t)column, ROLE_LABEL);
}

static void set_column(struct list_target *target, uint32_t column) {
  struct column_plan *plan = target->plan;
  if (target->role == ROLE_LABEL) {
    set_label(target, column);
    return;
  }
  if (target->categorical) {
    if (plan->roles[column] != target->vacant && plan->roles[column] != ROLE_IGNORE)
      target->clash = (int32_t)column;
    plan->categorical[column] = true;
    return;
  }
  if (target->single != NULL) {
    if (*target->single >= 0) target->twice = true;
    *target->single = (int32_t)column;
  }
  if (plan->roles[column] != target->vacant && plan->roles[column] != target->role)
    target->clash = (int32_t)column;
  plan->roles[column] = target->role;
}

static void set_index(void *user, uint64_t index) {
  struct list_target *target = user;
  const struct column_plan *plan = target->plan;
  if (!target->all_counted) index = labels_step_over(plan->labels, plan->n_labels, index);
  set_column(target, (uint32_t)index);
}

static int32_t find_name(const struct column_plan *plan, const char *name) {
  return plan->named ? dictionary_find(&plan->by_name, name, strlen(name)) : -1;
}

static copse_status resolve_list(const struct read_job *job, const char *list, struct list_target *target,
                                 copse_error *err) {
  struct column_plan *plan = target->plan;
  const char *path = job->source.path, *what = target->what;
  target->clash = -1;
  if (!given(list)) return COPSE_OK;
  if (strncmp(list, "name:", 5) == 0 && plan->named) {
    char item[512], columns[512];
    for (const char *rest = list + 5; roles_next_item(&rest, item, sizeof item);) {
      int32_t column = find_name(plan, item);
      if (column < 0) {
        roles_describe_columns(item, plan->names, plan->n_columns, columns, sizeof columns);
        return report(err, COPSE_ERR_ARGUMENT, "%s: %s=%s: no column \"%s\" in the header (%s)", path, what,
                      list, item, columns);
      }
      set_column(target, (uint32_t)column);
    }
  } else {
    uint64_t n = plan->n_columns - (target->all_counted ? 0 : plan->n_labels);
    copse_status status = roles_indices(job, list, what, n, set_index, target, err);
    if (status != COPSE_OK) return status;
  }
  if (target->role == ROLE_LABEL && target->twice && target->most > 1)
    return report(err, COPSE_ERR_ARGUMENT, "%s: %s=%s: names a column twice (name each once)", path, what,
                  list);
  target->twice |= target->role == ROLE_LABEL && plan->n_labels > target->most;
  if (target->twice && target->role == ROLE_LABEL)
    return report(
        err, COPSE_ERR_ARGUMENT,
        "%s: %s=%s: names more than one column (name one; objective=multi_regression learns several)", path,
        what, list);
  if (target->twice)
    return report(err, COPSE_ERR_ARGUMENT, "%s: %s=%s: names more than one column (name one)", path, what,
                  list);
  if (target->clash >= 0)
    return report(err, COPSE_ERR_ARGUMENT,
                  "%s: %s=%s: column %d%s%s%s already has another role (give each column one)", path, what,
                  list, target->clash, plan->named ? " (\"" : "",
                  plan->named ? plan->names[target->clash] : "", plan->named ? "\")" : "");
  return COPSE_OK;
}

static copse_status plan_train(const struct read_job *job, struct column_plan *plan, copse_error *err) {
  const copse_read_options *o = job->options;
  for (uint32_t i = 0; i < plan->n_columns; i++) plan->roles[i] = ROLE_NUMBER;
  const char *categorical = o->categorical_feature;
  if (given(categorical) && strncmp(categorical, "auto", 4) == 0 &&
      (categorical[4] == '\0' || categorical[4] == ',')) {
    plan->any_text = true;
    categorical += categorical[4] == ',' ? 5 : 4;
  }
  struct list_target lists[] = {
      {.plan = plan,
       .role = ROLE_LABEL,
       .vacant = ROLE_NUMBER,
       .all_counted = true,
       .most = o->label_kind == COPSE_LABEL_NUMBERS ? plan->n_columns : 1,
       .what = "label_column"},
      {.plan = plan,
       .role = ROLE_WEIGHT,
       .vacant = ROLE_NUMBER,
       .single = &plan->weight,
       .what = "weight_column"},
      {.plan = plan,
       .role = ROLE_GROUP,
       .vacant = ROLE_NUMBER,
       .single = &plan->group,
       .what = "group_column"},
      {.plan = plan, .role = ROLE_IGNORE, .vacant = ROLE_NUMBER, .what = "ignore_column"},
      {.plan = plan, .vacant = ROLE_NUMBER, .categorical = true, .what = "categorical_feature"}};
  const char *texts[] = {given(o->label_column) ? o->label_column : "0", o->weight_column, o->group_column,
                         o->ignore_column, categorical};
  for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
    copse_status status = resolve_list(job, texts[i], &lists[i], err);
    if (status != COPSE_OK) return status;
  }
  uint32_t n = 0;
  for (uint32_t i = 0; i < plan->n_columns; i++)
    if (role_is_feature(plan->roles[i])) plan->feature[i] = n++;
  if (n == 0)
    return report(err, COPSE_ERR_DATA,
                  "%s: no feature is left: %u column(s) in all (check the separator, and ignore_column)%s",
                  job->source.path, plan->n_columns,
                  plan->n_columns == 1 && job->options->format == COPSE_FORMAT_AUTO
                      ? "; if the file is LibSVM, format=libsvm tells which line is not"
                      : "");
  return COPSE_OK;
}

/* ---- a schema's columns ---- */

/* Column of this file for a schema's name: the same text, or one that a model file would spell the same. */
static int32_t match_name(const struct column_plan *plan, const char *name, const char *model_name) {
  int32_t column = find_name(plan, name);
  for (uint32_t i = 0; column < 0 && i < plan->n_columns; i++) {
    const char *p = plan->names[i], *q = model_name;
    while (*p != '\0' && (*p == *q || (*q == '_' && strchr(" \t\",:[]{}", *p) != NULL))) p++, q++;
    if (*p == '\0' && *q == '\0' && q != model_name) column = (int32_t)i;
  }
  return column;
}

/* Names of a schema's label columns; the first that the file has not, or NULL. */
static const char *missing_label(const struct column_plan *plan, const copse_frame_schema *schema) {
  for (uint32_t k = 0; k < schema->n_labels && schema->named; k++) {
    const char *name = schema->columns[schema->labels[k]].name;
    if (name[0] != '\0' && find_name(plan, name) < 0) return name;
  }
  return NULL;
}

static void forget_labels(struct column_plan *plan) {
  while (plan->n_labels > 0) plan->roles[plan->labels[--plan->n_labels]] = ROLE_IGNORE;
  plan->label = -1;
}

/* All labels that the schema knows, in its order, or none. */
static void take_labels_by_name(struct column_plan *plan, const copse_frame_schema *schema) {
  for (uint32_t k = 0; k < schema->n_labels; k++) {
    const char *name = schema->columns[schema->labels[k]].name;
    int32_t found = name[0] != '\0' ? find_name(plan, name) : -1;
    if (found < 0 || plan->roles[found] != ROLE_IGNORE) {
      forget_labels(plan);
      return;
    }
    take_role(plan, found, ROLE_LABEL);
  }
}

static copse_status plan_by_name(const struct read_job *job, struct column_plan *plan, copse_error *err) {
  const copse_frame_schema *schema = job->applied;
  char columns[512];
  for (uint32_t f = 0; f < schema->n_features; f++) {
    int32_t column = match_name(plan, schema->names[f], schema->model_names[f]);
    if (column < 0) {
      roles_describe_columns(schema->names[f], plan->names, plan->n_columns, columns, sizeof columns);
      return report(err, COPSE_ERR_DATA,
                    "%s: the model's feature \"%s\" is missing from the header (add the column; %s)",
                    job->source.path, schema->names[f], columns);
    }
    plan->roles[column] = schema->columns[schema->feature_columns[f]].role;
    plan->feature[column] = f;
  }
  for (uint32_t i = 0; i < schema->n_columns; i++) {
    const struct schema_column *column = &schema->columns[i];
    if (role_is_feature(column->role) || column->role == ROLE_IGNORE || column->role == ROLE_LABEL ||
        column->name[0] == '\0')
      continue;
    int32_t found = find_name(plan, column->name);
    if (found >= 0 && plan->roles[found] == ROLE_IGNORE) take_role(plan, found, column->role);
  }
  take_labels_by_name(plan, schema);
  /* A plain model knows its label's position only: one extra column there is the label. */
  int32_t at = schema->label_column;
  if (plan->label < 0 && at >= 0 && schema->columns[at].name[0] == '\0' &&
      plan->n_columns == schema->n_features + 1 && plan->roles[at] == ROLE_IGNORE)
    take_role(plan, at, ROLE_LABEL);
  return COPSE_OK;
}

static copse_status declared_label(const struct read_job *job, struct column_plan *plan, copse_error *err) {
  uint32_t n_labels = job->applied->n_labels > 1 ? job->applied->n_labels : 1;
  struct list_target target = {.plan = plan,
                               .role = ROLE_LABEL,
                               .vacant = ROLE_IGNORE,
                               .all_counted = true,
                               .most = n_labels,
                               .what = "label_column"};
  copse_status status = resolve_list(job, job->options->label_column, &target, err);
  if (status != COPSE_OK || plan->n_labels == n_labels || plan->n_labels == 0) return status;
  return report(
      err, COPSE_ERR_ARGUMENT,
      "%s: label_column=%s names %u column(s), but the model has %u labels (name all, in its order)",
      job->source.path, job->options->label_column, plan->n_labels, n_labels);
}

/* A file of the training file's columns has its labels where that one had them, whoever says otherwise. A
 * name says nothing about a file without names. */
static copse_status check_label_place(const struct read_job *job, struct column_plan *plan,
                                      copse_error *err) {
  const char *list = job->options->label_column;
  const copse_frame_schema *schema = job->applied;
  if (!given(list) || (!plan->named && strncmp(list, "name:", 5) == 0)) return COPSE_OK;
  copse_status status = declared_label(job, plan, err);
  if (status != COPSE_OK) return status;
  uint32_t k = 0;
  while (k < schema->n_labels && k < plan->n_labels && schema->labels[k] == plan->labels[k]) k++;
  if (k < schema->n_labels || plan->n_labels > k)
    return report(
        err, COPSE_ERR_ARGUMENT,
        "%s: label_column=%s, but the file has the training file's %u columns, by position, and there "
        "column %d was the label (leave label_column out, or order the columns as in training)",
        job->source.path, list, plan->n_columns,
        k < schema->n_labels ? (int32_t)schema->labels[k] : schema->label_column);
  forget_labels(plan);
  return COPSE_OK;
}

static copse_status plan_by_position(const struct read_job *job, struct column_plan *plan, copse_error *err) {
  const copse_frame_schema *schema = job->applied;
  const char *label_column = job->options->label_column;
  uint32_t n = plan->n_columns, n_features = schema->n_features;
  /* Only where one column is more than the features can it be another than in training. */
  bool declared = schema->n_labels <= 1 && n == n_features + 1 && given(label_column) &&
                  (plan->named || strncmp(label_column, "name:", 5) != 0);
  if (n == schema->n_columns && !declared) {
    copse_status status = check_label_place(job, plan, err);
    if (status != COPSE_OK) return status;
    for (uint32_t i = 0; i < n; i++) {
      take_role(plan, (int32_t)i, schema->columns[i].role);
      plan->feature[i] = schema->columns[i].feature;
    }
    if (schema->n_labels > 0) {
      memcpy(plan->labels, schema->labels, schema->n_labels * sizeof *plan->labels);
      plan->label = schema->label_column;
    }
    return COPSE_OK;
  }
  if (n != n_features && schema->n_labels > 1)
    return report(err, COPSE_ERR_DATA,
                  "%s: found %u columns, expected %u (features) or %u (as in training); columns are matched "
                  "by position as there are no names on both sides",
                  job->source.path, n, n_features, schema->n_columns);
  if (n != n_features && n != n_features + 1)
    return report(
        err, COPSE_ERR_DATA,
        "%s: found %u columns, expected %u (features), %u (features and label) or %u (as in training); "
        "columns are matched by position as there are no names on both sides",
        job->source.path, n, n_features, n_features + 1, schema->n_columns);
  if (declared) {
    copse_status status = declared_label(job, plan, err);
    if (status != COPSE_OK) return status;
  } else if (n == n_features + 1) {
    int32_t label = schema->label_column < 0 ? 0 : schema->label_column;
    take_role(plan, label < (int32_t)n ? label : (int32_t)n - 1, ROLE_LABEL);
  }
  for (uint32_t i = 0, f = 0; i < n; i++) {
    if (plan->roles[i] == ROLE_LABEL) continue;
    plan->roles[i] = schema->columns[schema->feature_columns[f]].role;
    plan->feature[i] = f++;
  }
  return COPSE_OK;
}

/* Whether label_column is meant for this file and not for the one that was trained on: a name, or an index
 * where the labels lie as they did there. */
static bool label_is_declared(const struct read_job *job, const struct column_plan *plan) {
  const copse_frame_schema *schema = job->applied;
  const char *list = job->options->label_column;
  if (!given(list)) return false;
  if (plan->n_labels == 0 || strncmp(list, "name:", 5) == 0) return true;
  bool same = plan->n_columns == schema->n_columns && plan->n_labels == schema->n_labels;
  for (uint32_t k = 0; k < plan->n_labels && same; k++) same = plan->labels[k] == schema->labels[k];
  return same;
}

static copse_status plan_applied(const struct read_job *job, struct column_plan *plan, copse_error *err) {
  const copse_read_options *o = job->options;
  const copse_frame_schema *schema = job->applied;
  for (uint32_t i = 0; i < plan->n_columns; i++) plan->roles[i] = ROLE_IGNORE;
  copse_status status =
      plan->named && schema->named ? plan_by_name(job, plan, err) : plan_by_position(job, plan, err);
  if (status != COPSE_OK) return status;
  if (plan->named && schema->named && label_is_declared(job, plan)) {
    forget_labels(plan);
    status = declared_label(job, plan, err);
    if (status != COPSE_OK) return status;
  }
  if (o->task == COPSE_READ_VALID && plan->label < 0) {
    const char *name = missing_label(plan, schema);
    if (name == NULL) name = copse_frame_schema_label_name(schema);
    const char *quote = name[0] != '\0' ? "\"" : "";
    return report(err, COPSE_ERR_DATA, "%s: no label column%s%s%s%s (training and validation need the label)",
                  job->source.path, name[0] != '\0' ? " " : "", quote, name, quote);
  }
  return COPSE_OK;
}

static copse_status index_names(const struct read_job *job, struct column_plan *plan, copse_error *err) {
  plan->by_name.ctx = job->ctx;
  for (uint32_t i = 0; i < plan->n_columns; i++) {
    const char *name = plan->names[i];
    int32_t code = dictionary_add(&plan->by_name, name, strlen(name));
    if (code < 0) return report_memory(err, "the column names", job->source.path);
    if ((uint32_t)code != i)
      return report(
          err, COPSE_ERR_DATA,
          "%s: columns %d and %u of the header are both called \"%s\" (rename one, or give header=false "
          "if the first row is data)",
          job->source.path, code + 1, i + 1, show(name, strlen(name)).text);
  }
  return COPSE_OK;
}

copse_status roles_plan(const struct read_job *job, struct column_plan *plan, copse_error *err) {
  uint32_t n = plan->n_columns;
  plan->label = plan->weight = plan->group = -1;
  plan->roles = copse_alloc(job->ctx, n, sizeof *plan->roles);
  plan->categorical = copse_alloc_zero(job->ctx, n, sizeof *plan->categorical);
  plan->feature = copse_alloc_zero(job->ctx, n, sizeof *plan->feature);
  plan->labels = copse_alloc(job->ctx, n, sizeof *plan->labels);
  if (plan->labels == NULL || plan->roles == NULL || plan->categorical == NULL || plan->feature == NULL)
    return report_memory(err, "the columns", job->source.path);
  copse_status status = plan->named ? index_names(job, plan, err) : COPSE_OK;
  if (status != COPSE_OK || job->rows_only) return status;
  return job->applied == NULL ? plan_train(job, plan, err) : plan_applied(job, plan, err);
}

void roles_release(struct column_plan *plan) {
  dictionary_release(&plan->by_name);
  copse_free(plan->roles);
  copse_free(plan->labels);
  copse_free(plan->categorical);
  copse_free(plan->feature);
}
