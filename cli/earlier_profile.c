/* earlier_profile.c - see earlier_profile.h. Only members that are compared are looked at: a later version
 * may add others (prep/report/profile.schema.json has them all). They are the same in schema 1 and 2. */
#include "earlier_profile.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "console.h"

/* The first thing that is wrong ends it: everything after it gives nothing. */
struct reader {
  const struct app *app;
  const char *path;
  char place[120]; /* of the object that is read, as columns[3].number */
  copse_status status;
  copse_error *err;
};

static void wrong(struct reader *r, const char *member, const char *expected) {
  if (r->status != COPSE_OK) return;
  r->status = fail(r->err, COPSE_ERR_FORMAT,
                   "%s: %s%s%s: expected %s, as in every profile (write it again: copse profile FILE "
                   "out=NAME.json)",
                   r->path, r->place, r->place[0] && member[0] ? "." : "", member, expected);
}

static void *room(struct reader *r, size_t n, size_t size) {
  void *block = r->status == COPSE_OK ? copse_alloc_zero(r->app->ctx, n, size) : NULL;
  if (!block && r->status == COPSE_OK) r->status = fail_memory(r->err, "the earlier profile");
  return block;
}

/* ---- members ---- */

static const char *take_text(struct reader *r, const json_t *object, const char *member) {
  const json_t *value = json_object_get(object, member);
  if (!json_is_string(value)) wrong(r, member, "a text");
  return json_is_string(value) ? json_string_value(value) : "";
}

static uint64_t take_count(struct reader *r, const json_t *object, const char *member) {
  const json_t *value = json_object_get(object, member);
  bool good = json_is_integer(value) && json_integer_value(value) >= 0;
  if (!good) wrong(r, member, "a count");
  return good ? (uint64_t)json_integer_value(value) : 0;
}

static const json_t *take_list(struct reader *r, const json_t *object, const char *member) {
  const json_t *value = json_object_get(object, member);
  if (!json_is_array(value)) wrong(r, member, "a list");
  return json_is_array(value) ? value : NULL;
}

static const json_t *take_object(struct reader *r, const json_t *object, const char *member) {
  const json_t *value = json_object_get(object, member);
  if (!json_is_object(value)) wrong(r, member, "an object");
  return json_is_object(value) ? value : NULL;
}

/* ---- a column ---- */

/* Withheld ones are null: then there are none. */
static void take_edges(struct reader *r, const json_t *histogram, copse_earlier_column *out) {
  const json_t *list = take_list(r, histogram, "edges");
  if (json_array_size(list) != (out->n_bars > 0 ? (size_t)out->n_bars + 1 : 0))
    wrong(r, "edges", "one more than counts");
  if (json_array_size(list) == 0 || json_is_null(json_array_get(list, 0))) return;
  double *edges = room(r, out->n_bars + 1, sizeof *edges);
  out->edges = edges;
  for (uint32_t i = 0; edges && i <= out->n_bars; i++) {
    edges[i] = json_number_value(json_array_get(list, i));
    if (!json_is_number(json_array_get(list, i)) || (i > 0 && !(edges[i] > edges[i - 1])))
      wrong(r, "edges", "rising numbers");
  }
}

static void take_bars(struct reader *r, const json_t *number, copse_earlier_column *out) {
  const json_t *histogram = take_object(r, number, "histogram");
  const json_t *list = take_list(r, histogram, "counts");
  size_t n = json_array_size(list);
  if (n > UINT16_MAX) wrong(r, "counts", "few bars");
  uint64_t *bars = room(r, n, sizeof *bars);
  if (!bars) return;
  out->bars = bars;
  out->n_bars = (uint32_t)n;
  for (size_t i = 0; i < n; i++) {
    const json_t *value = json_array_get(list, i);
    if (!json_is_integer(value) || json_integer_value(value) < 0) wrong(r, "counts", "counts");
    bars[i] = (uint64_t)json_integer_value(value);
  }
  take_edges(r, histogram, out);
  out->below = take_count(r, histogram, "below") + take_count(r, number, "n_neg_inf");
  out->above = take_count(r, histogram, "above") + take_count(r, number, "n_pos_inf");
}

/* Levels that are withheld have no name. */
static void take_levels(struct reader *r, const json_t *category, copse_earlier_column *out) {
  const json_t *top = take_list(r, category, "top");
  size_t n = json_array_size(top);
  const char **levels = room(r, n, sizeof *levels);
  uint64_t *rows = room(r, n, sizeof *rows);
  out->levels = levels;
  out->level_rows = rows;
  for (size_t i = 0; i < n && r->status == COPSE_OK; i++) {
    const json_t *level = json_array_get(top, i), *value = json_object_get(level, "value");
    uint64_t n_rows = take_count(r, level, "n");
    if (json_is_null(value)) {
      out->unnamed_rows += n_rows;
      continue;
    }
    levels[out->n_levels] = take_text(r, level, "value");
    rows[out->n_levels++] = n_rows;
  }
  out->unnamed_rows += take_count(r, take_object(r, category, "other"), "n");
}

/* A moment or a day; null: withheld. Before 1.2 they were seconds, and are not compared. */
static const char *take_moment(struct reader *r, const json_t *object, const char *member) {
  const json_t *value = json_object_get(object, member);
  if (!value) wrong(r, member, "a date");
  return json_is_string(value) ? json_string_value(value) : NULL;
}

static void take_periods(struct reader *r, const json_t *per, copse_earlier_column *out) {
  const json_t *starts = take_list(r, per, "starts"), *counts = take_list(r, per, "counts");
  size_t n = json_array_size(starts);
  if (json_array_size(counts) != n || n > UINT16_MAX) wrong(r, "counts", "one for each of starts");
  const char **texts = room(r, n, sizeof *texts);
  uint64_t *rows = room(r, n, sizeof *rows);
  out->period_starts = texts;
  out->period_rows = rows;
  for (size_t i = 0; i < n && r->status == COPSE_OK; i++) {
    const json_t *count = json_array_get(counts, i);
    if (!json_is_integer(count) || json_integer_value(count) < 0) wrong(r, "counts", "counts");
    rows[i] = (uint64_t)json_integer_value(count);
    texts[i] = json_string_value(json_array_get(starts, i));
    out->n_periods++;
  }
}

static void take_dates(struct reader *r, const json_t *dates, copse_earlier_column *out) {
  const json_t *granularity = json_object_get(dates, "granularity");
  out->first = take_moment(r, dates, "first");
  out->last = take_moment(r, dates, "last");
  out->rounded = json_is_true(json_object_get(dates, "rounded"));
  out->granularity = json_string_value(granularity);
  const json_t *per = take_object(r, dates, "per");
  if (json_object_get(per, "starts")) take_periods(r, per, out);
}

static void take_column(struct reader *r, const json_t *column, copse_earlier_column *out) {
  out->name = take_text(r, column, "name");
  out->type = take_text(r, column, "type");
  out->n = take_count(r, column, "n");
  out->n_missing = take_count(r, take_object(r, column, "missing"), "n");
  if (out->n_missing > out->n) wrong(r, "missing.n", "at most n");
  const json_t *number = json_object_get(column, "number"), *category = json_object_get(column, "category");
  out->has_number = number != NULL;
  out->has_levels = category != NULL;
  const json_t *dates = json_object_get(column, "datetime");
  out->has_date = dates != NULL;
  if (number) take_bars(r, number, out);
  if (category) take_levels(r, category, out);
  if (dates) take_dates(r, dates, out);
}

/* ---- the document ---- */

static void take_columns(struct reader *r, struct earlier_profile *out) {
  const json_t *list = take_list(r, out->root, "columns");
  size_t n = json_array_size(list);
  out->columns = room(r, n, sizeof *out->columns);
  out->is.columns = out->columns;
  if (out->columns) out->is.n_columns = n;
  for (size_t i = 0; i < n && r->status == COPSE_OK; i++) {
    snprintf(r->place, sizeof r->place, "columns[%zu]", i);
    take_column(r, json_array_get(list, i), &out->columns[i]);
  }
  r->place[0] = '\0';
}

static void take_alert(struct reader *r, const json_t *alert, const copse_earlier_profile *profile,
                       copse_earlier_alert *out) {
  const json_t *list = take_list(r, alert, "columns");
  size_t n = json_array_size(list);
  const char **names = room(r, n, sizeof *names);
  out->id = take_text(r, alert, "id");
  out->columns = names;
  for (size_t i = 0; i < n && r->status == COPSE_OK; i++) {
    const json_t *index = json_array_get(list, i);
    json_int_t at = json_is_integer(index) ? json_integer_value(index) : -1;
    if (at < 0 || (uint64_t)at >= profile->n_columns)
      wrong(r, "columns", "numbers of columns");
    else
      names[out->n_columns++] = profile->columns[at].name;
  }
}

/* The critical ones. */
static void take_alerts(struct reader *r, struct earlier_profile *out) {
  const json_t *list = take_list(r, out->root, "alerts");
  size_t n = json_array_size(list);
  out->alerts = room(r, n, sizeof *out->alerts);
  out->is.alerts = out->alerts;
  for (size_t i = 0; i < n && r->status == COPSE_OK; i++) {
    const json_t *alert = json_array_get(list, i);
    snprintf(r->place, sizeof r->place, "alerts[%zu]", i);
    if (strcmp(take_text(r, alert, "level"), "critical") != 0) continue;
    take_alert(r, alert, &out->is, &out->alerts[out->is.n_alerts++]);
  }
  r->place[0] = '\0';
}

/* copse.profile/1.MINOR and 2.MINOR. */
static bool is_known(const char *schema) {
  static const char *const known[] = {"copse.profile/1.", "copse.profile/2."};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (strncmp(schema, known[i], strlen(known[i])) == 0) return true;
  return false;
}

static void take_document(struct reader *r, struct earlier_profile *out) {
  static const char name[] = "copse.profile/";
  const json_t *schema = json_object_get(out->root, "schema");
  const char *text = json_is_string(schema) ? json_string_value(schema) : "";
  if (!is_known(text)) {
    if (strncmp(text, name, strlen(name)) == 0)
      r->status = fail(r->err, COPSE_ERR_FORMAT,
                       "%s: its schema is %.40s, expected %s1.x or 2.x (write it again with this version: "
                       "copse profile FILE out=NAME.json)",
                       r->path, text, name);
    else
      r->status = fail(r->err, COPSE_ERR_FORMAT,
                       "%s: no profile of Copse, which begins with {\"schema\":\"%s2.0\" (write one: copse "
                       "profile FILE out=NAME.json)",
                       r->path, name);
    return;
  }
  const json_t *source = take_object(r, out->root, "source");
  out->is.n_rows = take_count(r, source, "rows");
  out->is.no_values = strcmp(take_text(r, source, "values"), "none") == 0;
  take_columns(r, out);
  take_alerts(r, out);
}

copse_status earlier_profile_read(const struct app *app, const char *path, struct earlier_profile *out,
                                  copse_error *err) {
  struct reader r = {.app = app, .path = path, .err = err};
  copse_error found;
  *out = (struct earlier_profile){.is = {.path = path}};
  r.status = json_file_read(app, path, &out->root, &found);
  if (r.status == COPSE_OK)
    take_document(&r, out);
  else if (r.status == COPSE_ERR_FORMAT)
    return fail(err, r.status, "%.400s (write it again: copse profile FILE out=NAME.json)", found.message);
  else if (err)
    *err = found;
  return r.status;
}

void earlier_profile_release(struct earlier_profile *earlier) {
  for (size_t i = 0; i < earlier->is.n_columns; i++) {
    copse_earlier_column *column = &earlier->columns[i];
    copse_free((void *)column->edges);
    copse_free((void *)column->bars);
    copse_free((void *)column->levels);
    copse_free((void *)column->level_rows);
    copse_free((void *)column->period_starts);
    copse_free((void *)column->period_rows);
  }
  for (size_t i = 0; i < earlier->is.n_alerts; i++) copse_free((void *)earlier->alerts[i].columns);
  copse_free(earlier->columns);
  copse_free(earlier->alerts);
  json_decref(earlier->root);
  *earlier = (struct earlier_profile){.root = NULL};
}
