/* since_findings.c - what changed since an earlier profile, in sentences: the table of what is looked for.
 * How to add one: a function and a row. A kind with many columns is told one by one for the farthest, the
 * others in one line. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "findings/alert.h"

enum { TOLD_APART = 10 };

#define SAY(...) snprintf(out->text, sizeof out->text, __VA_ARGS__)
#define NAME name_in_text(c->name, strlen(c->name)).text

/* One row of the table: whether column i has it. */
struct since_check {
  const char *id, *remedy;
  bool (*find)(const copse_profile *profile, uint32_t i, struct finding *out);
  const char *group; /* of the columns that are not told apart */
};

static bool says(struct finding *out, bool critical, double effect) {
  out->level = critical ? COPSE_ALERT_CRITICAL : COPSE_ALERT_WARNING;
  out->effect = effect;
  return true;
}

static bool find_retyped(const copse_profile *p, uint32_t i, struct finding *out) {
  const struct column_facts *c = &p->columns[i];
  const struct column_drift *d = &p->since.columns[i].drift;
  if (!d->type_changed) return false;
  SAY("`%s` was of type %s and is of type %s.", NAME, column_type_names[d->other_type],
      column_type_names[c->type]);
  return says(out, true, 0.9);
}

static bool find_missing(const copse_profile *p, uint32_t i, struct finding *out) {
  const struct column_facts *c = &p->columns[i];
  const struct column_since *s = &p->since.columns[i];
  if (!s->missing_moved) return false;
  SAY("`%s` is missing in %s of the rows, before in %s.", NAME, share_text(s->missing).text,
      share_text(s->missing_before).text);
  finding_tell(out, "share", s->missing);
  finding_tell(out, "share_before", s->missing_before);
  return says(out, fabs(s->missing - s->missing_before) >= 0.25, fabs(s->missing - s->missing_before));
}

static bool find_left(const copse_profile *p, uint32_t i, struct finding *out) {
  const struct column_facts *c = &p->columns[i];
  const struct column_since *s = &p->since.columns[i];
  if (!s->left) return false;
  SAY("%s of the numbers of `%s` lie beyond the histogram of the earlier profile, before %s.",
      share_text(s->outside).text, NAME, share_text(s->outside_before).text);
  finding_tell(out, "share", s->outside);
  finding_tell(out, "share_before", s->outside_before);
  return says(out, s->outside - s->outside_before >= 0.25, s->outside - s->outside_before);
}

static bool find_fresh(const copse_profile *p, uint32_t i, struct finding *out) {
  const struct column_facts *c = &p->columns[i];
  const struct column_since *s = &p->since.columns[i];
  if (!s->fresh) return false;
  SAY("%s of the rows have a `%s` that the earlier profile does not name, before %s.",
      share_text(s->unnamed).text, NAME, share_text(s->unnamed_before).text);
  finding_tell(out, "share", s->unnamed);
  finding_tell(out, "share_before", s->unnamed_before);
  return says(out, s->unnamed - s->unnamed_before >= 0.25, s->unnamed - s->unnamed_before);
}

static bool find_aged(const copse_profile *p, uint32_t i, struct finding *out) {
  const struct column_facts *c = &p->columns[i];
  const struct column_since *s = &p->since.columns[i];
  if (!s->aged) return false;
  SAY("%s of the dates of `%s` lie before the first one of the earlier profile, before %s.",
      share_text(s->older).text, NAME, share_text(s->older_before).text);
  finding_tell(out, "share", s->older);
  finding_tell(out, "share_before", s->older_before);
  return says(out, s->older - s->older_before >= 0.25, s->older - s->older_before);
}

static bool find_regrained(const copse_profile *p, uint32_t i, struct finding *out) {
  const struct column_facts *c = &p->columns[i];
  const struct column_since *s = &p->since.columns[i];
  if (!s->regrained) return false;
  SAY("`%s` was to the %s and is to the %s.", NAME, s->granularity_before, c->date.granularity);
  return says(out, false, 0.5);
}

static bool find_moved(const copse_profile *p, uint32_t i, struct finding *out) {
  const struct column_facts *c = &p->columns[i];
  const struct column_drift *d = &p->since.columns[i].drift;
  if (!d->moved) return false;
  SAY("`%s` moved: population stability index %.2f, by chance up to %.2f.", NAME, d->psi, d->psi_chance);
  finding_tell(out, "psi", d->psi);
  finding_tell(out, "psi_null95", d->psi_chance);
  return says(out, d->psi_excess >= 0.25, d->psi < 0.8 ? d->psi : 0.8);
}

static bool find_came(const copse_profile *p, uint32_t i, struct finding *out) {
  const struct column_facts *c = &p->columns[i];
  if (p->since.columns[i].drift.present) return false;
  SAY("`%s` was not there.", NAME);
  out->level = COPSE_ALERT_NOTE;
  out->effect = 0.1;
  return true;
}

static const struct since_check checks[] = {
    {"TYPE_CHANGED", "values of another type cannot be compared: write the file as before", find_retyped,
     "more columns changed their type"},
    {"MISSING_CHANGED", "ask where the file comes from: a join, a form or an export changed", find_missing,
     "more columns are missing more or less often than before"},
    {"OUT_OF_RANGE", "another unit, or other rows? A model has not seen such numbers", find_left,
     "more columns have numbers beyond the histogram of the earlier profile"},
    {"OUT_OF_RANGE", "were older rows exported than before? A model that was to see the newest has others",
     find_aged, "more columns have dates before the first one of the earlier profile"},
    {"GRANULARITY_CHANGED", "parts of these dates (hours, days since) are others now: write them as before",
     find_regrained, "more columns of dates gained or lost their time of day"},
    {"NEW_LEVELS", "a model counts levels that it has not seen as missing: train on newer rows", find_fresh,
     "more columns have levels that the earlier profile does not name"},
    {"DRIFT", "train on newer rows, or leave out what moves", find_moved, "more columns moved"},
    {"NEW_COLUMNS", "a model trained before does not look at it", find_came, "more columns were not there"},
};

/* ---- the list ---- */

struct found {
  uint32_t column;
  struct finding finding;
};

static int compare_found(const void *a, const void *b) {
  const struct found *x = a, *y = b;
  if (x->finding.effect != y->finding.effect) return x->finding.effect > y->finding.effect ? -1 : 1;
  return x->column < y->column ? -1 : 1;
}

static bool tell_rest(copse_profile *p, const struct since_check *check, const struct found *list,
                      uint32_t n) {
  uint32_t *columns = copse_alloc(p->ctx, n, sizeof *columns);
  struct finding rest = {.level = COPSE_ALERT_NOTE, .effect = list[0].finding.effect};
  if (columns == NULL) return false;
  for (uint32_t i = 0; i < n; i++) {
    columns[i] = list[i].column;
    if (list[i].finding.level > rest.level) rest.level = list[i].finding.level;
  }
  finding_tell(&rest, "columns", n);
  snprintf(rest.text, sizeof rest.text, "%u %s.", n, check->group);
  snprintf(rest.remedy, sizeof rest.remedy, "%s", check->remedy);
  bool ok = alert_append(p, &p->since.findings, check->id, &rest, columns, n);
  copse_free(columns);
  return ok;
}

static bool run_check(copse_profile *p, const struct since_check *check, struct found *room) {
  uint32_t n = 0;
  bool ok = true;
  for (uint32_t i = 0; i < p->n_columns; i++) {
    room[n] = (struct found){.column = i};
    if (!check->find(p, i, &room[n].finding)) continue;
    snprintf(room[n].finding.remedy, ALERT_TEXT, "%s", check->remedy);
    n++;
  }
  if (n > 0) qsort(room, n, sizeof *room, compare_found);
  uint32_t apart = n <= TOLD_APART + 1 ? n : TOLD_APART; /* a line for one column more says no less */
  for (uint32_t i = 0; i < apart && ok; i++)
    ok = alert_append(p, &p->since.findings, check->id, &room[i].finding, &room[i].column, 1);
  return ok && (n == apart || tell_rest(p, check, room + apart, n - apart));
}

/* Columns of the earlier profile alone. */
static bool tell_gone(copse_profile *p) {
  const char *name = p->since.gone.data;
  uint32_t n = p->since.n_gone, apart = n <= TOLD_APART + 1 ? n : TOLD_APART;
  bool ok = true;
  for (uint32_t i = 0; i < apart + (n > apart) && ok; i++, name += strlen(name) + 1) {
    struct finding gone = {.level = COPSE_ALERT_CRITICAL, .effect = 1};
    if (i < apart)
      snprintf(gone.text, sizeof gone.text, "`%s` is not there any more.",
               name_in_text(name, strlen(name)).text);
    else
      snprintf(gone.text, sizeof gone.text, "%u more columns are not there any more.", n - apart);
    snprintf(gone.remedy, sizeof gone.remedy,
             "a model asks for every column that it was trained on: is it called otherwise now?");
    ok = alert_append(p, &p->since.findings, "GONE", &gone, NULL, 0);
  }
  return ok;
}

static bool was_there(const copse_profile *p, const struct alert *alert, const copse_earlier_profile *earlier,
                      bool *failed) {
  bool found = false;
  for (size_t i = 0; i < earlier->n_alerts && !found; i++) {
    const copse_earlier_alert *before = &earlier->alerts[i];
    if (strcmp(before->id, alert->id) != 0) continue;
    found = alert->n_columns == 0;
    for (size_t k = 0; k < before->n_columns; k++)
      for (uint32_t own = 0; own < alert->n_columns && !found; own++)
        found = since_is_name(p->ctx, before->columns[k], p->columns[alert->columns[own]].name, failed);
  }
  return found;
}

/* How another file lies beside this one says nothing of what changed since. */
static bool is_of_other_file(const char *id) {
  for (size_t i = 0; i < n_table_checks; i++)
    if (strcmp(table_checks[i].id, id) == 0) return table_checks[i].other_file;
  return false;
}

static bool tell_alerts(copse_profile *p, const copse_earlier_profile *earlier) {
  bool ok = true, failed = false;
  for (uint32_t i = 0; i < p->alerts.n && ok; i++) {
    const struct alert *alert = &p->alerts.list[i];
    struct finding fresh = {.level = COPSE_ALERT_CRITICAL, .effect = alert->effect};
    if (alert->level != COPSE_ALERT_CRITICAL || is_of_other_file(alert->id) ||
        was_there(p, alert, earlier, &failed))
      continue;
    const char *name = alert->n_columns > 0 ? p->columns[alert->columns[0]].name : "";
    snprintf(fresh.text, sizeof fresh.text, "A critical alert that was not there: %s%s%s%s.", alert->id,
             alert->n_columns > 0 ? " of `" : "", name_in_text(name, strlen(name)).text,
             alert->n_columns > 0 ? "`" : "");
    snprintf(fresh.remedy, sizeof fresh.remedy, "%s", alert->remedy);
    memcpy(fresh.data, alert->data, sizeof fresh.data);
    fresh.n_data = alert->n_data;
    ok = alert_append(p, &p->since.findings, "ALERT", &fresh, alert->columns, alert->n_columns);
  }
  return ok && !failed;
}

bool since_judge(copse_profile *p, const copse_earlier_profile *earlier) {
  if (!p->since.present) return true;
  struct found *room = copse_alloc(p->ctx, p->n_columns, sizeof *room);
  bool ok = room != NULL && tell_gone(p) && tell_alerts(p, earlier);
  for (size_t i = 0; i < sizeof checks / sizeof *checks && ok; i++) ok = run_check(p, &checks[i], room);
  alerts_sort(&p->since.findings);
  copse_free(room);
  return ok;
}
