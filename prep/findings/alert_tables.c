/* alert_tables.c - what is looked for in the table as a whole. How to add one: as in alert_checks.c. */
#include <math.h>
#include <stdio.h>

#include "findings/alert_say.h"

static const char *name_of(const copse_profile *p, uint32_t column) { return p->columns[column].name; }
#define NAME_OF(column) name_in_text(name_of(p, column), strlen(name_of(p, column))).text

static bool find_unusable(const copse_profile *p, struct finding *out, uint32_t *columns, uint32_t *n) {
  if (p->target.kind != TARGET_UNUSABLE) return false;
  const struct column_facts *target = &p->columns[p->target.column];
  bool one = target->distinct < 2, mixed = !one && target->type == TYPE_NUMBER;
  columns[(*n)++] = p->target.column;
  if (target->type == TYPE_EMPTY)
    SAY("The target `%s` is empty in every row: nothing can be shown beside it.", NAME_OF(p->target.column));
  else if (one)
    SAY("The target `%s` has one value only: nothing can be shown beside it.", NAME_OF(p->target.column));
  else if (mixed)
    SAY("The target `%s` has texts among its numbers: nothing can be shown beside it.",
        NAME_OF(p->target.column));
  else
    SAY("The target `%s` has %s%s classes: beside more than %d nothing is shown.", NAME_OF(p->target.column),
        target->distinct_exact ? "" : "about ", count_text(target->distinct).text, TALLY_MAX_CLASSES);
  ADVISE(mixed ? "correct them, or declare them missing_values="
         : one ? "choose another column: target=NAME"
               : "many classes can be trained (objective=multiclass); to see leakage, group the rare ones");
  TELL("distinct", round(target->distinct));
  return one || mixed ? says(out, COPSE_ALERT_CRITICAL, 2) : says(out, COPSE_ALERT_NOTE, 0.4);
}

static bool find_imbalance(const copse_profile *p, struct finding *out, uint32_t *columns, uint32_t *n) {
  uint64_t pos = p->target.n_pos, neg = p->target.n_labelled - pos, rare = pos < neg ? pos : neg;
  if (p->target.kind != TARGET_BINARY) return false;
  if (100 * rare >= p->target.n_labelled && (rare >= 200 || 5 * rare >= p->target.n_labelled)) return false;
  SAY("%s of %s rows are of the target's rarer class (%s).", count_text((double)rare).text,
      count_text((double)p->target.n_labelled).text,
      share_text((double)rare / (double)p->target.n_labelled).text);
  ADVISE("look at average precision rather than accuracy; more of the rare class helps most");
  columns[(*n)++] = p->target.column;
  TELL("n", rare);
  TELL("n_labelled", p->target.n_labelled);
  return says(out, COPSE_ALERT_WARNING, 0.2);
}

static bool find_order(const copse_profile *p, struct finding *out, uint32_t *columns, uint32_t *n) {
  double auc = p->target.order_auc;
  if (p->target.kind != TARGET_BINARY || !(auc >= 0.6) || auc - 0.5 < 5 * p->target.order_se) return false;
  if (p->target.n_pos < 30 || p->target.n_labelled - p->target.n_pos < 30) return false;
  SAY("The target follows the order of the file (AUC of the row's number %.3f).", auc);
  ADVISE("rows that stand together are alike: split by time or by group, not by chance");
  columns[(*n)++] = p->target.column;
  TELL("auc", auc);
  TELL("auc_se", p->target.order_se);
  return says(out, COPSE_ALERT_WARNING, auc - 0.5);
}

static bool find_equal_rows(const copse_profile *p, struct finding *out, uint32_t *columns, uint32_t *n) {
  double share = p->rows.share_repeated;
  (void)columns;
  (void)n;
  if (share < 0.001 || share * (double)p->n_rows < 2) return false;
  SAY("%s%s rows repeat an earlier row (%s).", p->rows.exact ? "" : "About ",
      count_text(round(share * (double)p->n_rows)).text, share_text(share).text);
  ADVISE("drop them before splitting (step dedupe of a recipe), or they sit on both sides");
  TELL("n", round(share * (double)p->n_rows));
  TELL("share", share);
  return says(out, share >= 0.05 ? COPSE_ALERT_WARNING : COPSE_ALERT_NOTE, share);
}

/* What a share of equal rows is without trivial ones; "" where there are none of either kind. */
struct aside {
  char text[80];
};
static struct aside without_trivial(double share, double apart) {
  struct aside aside = {""};
  if (apart < share || apart > share)
    snprintf(aside.text, sizeof aside.text, "; without rows of up to 3 different values: %s",
             share_text(apart).text);
  return aside;
}

static bool find_several(const copse_profile *p, struct finding *out, uint32_t *columns, uint32_t *n) {
  double share = p->rows.share_several;
  (void)columns;
  (void)n;
  if (p->n_files < 2 || share < 0.001) return false;
  SAY("%s%s rows are in more than one of the %zu files (%s%s).", p->rows.exact ? "" : "About ",
      count_text(round(share * (double)p->n_rows)).text, p->n_files, share_text(share).text,
      without_trivial(share, p->rows.share_several_apart).text);
  ADVISE("was a file exported twice? Drop them (step dedupe of a recipe)");
  TELL("n", round(share * (double)p->n_rows));
  TELL("share", share);
  return says(out, COPSE_ALERT_WARNING, share);
}

/* Of these files, or of the other ones. */
static bool find_encoding(const copse_profile *p, struct finding *out, uint32_t *columns, uint32_t *n) {
  const struct origin *from = p->origin.n_notes > 0 ? &p->origin : &p->drift.origin;
  uint32_t n_more = p->origin.n_notes + p->drift.origin.n_notes;
  const struct encoding_note *note = &from->note;
  char more[60] = "";
  (void)columns;
  (void)n;
  if (n_more-- == 0) return false;
  if (n_more > 0) snprintf(more, sizeof more, "; %u more files are not UTF-8 either", n_more);
  SAY("%s %s%s.", name_in_text(note->path, strlen(note->path)).text, note->text, more);
  ADVISE("%s", note->remedy);
  TELL("first_bad_byte", note->first_bad);
  TELL("n", note->n_bad);
  return says(out, note->n_bad > 0 || note->first_bad > 0 ? COPSE_ALERT_WARNING : COPSE_ALERT_NOTE, 0.15);
}

static bool find_conflict(const copse_profile *p, struct finding *out, uint32_t *columns, uint32_t *n) {
  double share = p->features.share_conflicting;
  if (p->target.kind != TARGET_BINARY || share < 0.01) return false;
  SAY("%s of the rows have a twin with equal features and another target: no model can be right in more than "
      "%s of them all.",
      share_text(share).text, share_text(p->features.best_accuracy).text);
  ADVISE("a feature that would tell them apart is missing");
  columns[(*n)++] = p->target.column;
  TELL("share", share);
  TELL("best_accuracy", p->features.best_accuracy);
  return says(out, share >= 0.2 ? COPSE_ALERT_WARNING : COPSE_ALERT_NOTE, share / 2);
}

/* ---- between columns ---- */

static uint32_t cluster_text(const copse_profile *p, const uint32_t *members, uint32_t n, char *out,
                             size_t capacity) {
  out[0] = '\0';
  for (uint32_t i = 0; i < n && i < 5; i++) {
    size_t at = strlen(out);
    snprintf(out + at, capacity - at, "%s`%s`", i > 0 ? ", " : "", NAME_OF(members[i]));
  }
  if (n > 5) {
    size_t at = strlen(out);
    snprintf(out + at, capacity - at, " and %u more", n - 5);
  }
  return n;
}

static bool find_same(const copse_profile *p, struct finding *out, uint32_t *columns, uint32_t *n) {
  const struct pairs *pairs = &p->pairs;
  char list[300];
  *n = pairs_cluster(pairs, PAIRS_SAME, out->turn, columns);
  if (*n == 0) return false;
  cluster_text(p, columns, *n, list, sizeof list);
  SAY("%s carry the same information.", list);
  ADVISE("keep one of them");
  return says(out, COPSE_ALERT_NOTE, 0.09);
}

/* How well the column alone tells the target. */
static double strength(const struct column_facts *c) {
  double x = isnan(c->view.auc_best) || c->view.auc_best == 0 ? c->view.r2_oof : c->view.auc_best;
  return c->view.present && x > 0 ? x : 0;
}

static bool find_together(const copse_profile *p, struct finding *out, uint32_t *columns, uint32_t *n) {
  const struct pairs *pairs = &p->pairs;
  char list[300];
  *n = pairs_cluster(pairs, PAIRS_STRONG, out->turn, columns);
  if (*n == 0) return false;
  cluster_text(p, columns, *n, list, sizeof list);
  SAY("%s move together (association of 0.95 and more).", list);
  uint32_t best = 0;
  for (uint32_t i = 1; i < *n; i++)
    if (strength(&p->columns[columns[i]]) > strength(&p->columns[columns[best]])) best = i;
  if (strength(&p->columns[columns[best]]) > 0)
    ADVISE("one of them would do, `%s` tells the most of the target; importance will be shared among them",
           NAME_OF(columns[best]));
  else
    ADVISE("one of them would do; importance will be shared among them");
  return says(out, COPSE_ALERT_NOTE, 0.08);
}

static bool find_missing_together(const copse_profile *p, struct finding *out, uint32_t *columns,
                                  uint32_t *n) {
  char list[300];
  *n = pairs_cluster(&p->pairs, PAIRS_MISSING, out->turn, columns);
  if (*n == 0) return false;
  cluster_text(p, columns, *n, list, sizeof list);
  const struct column_facts *first = &p->columns[columns[0]];
  SAY("%s are missing together, in %s of the rows.", list,
      share_text((double)first->n_missing / (double)first->n).text);
  ADVISE("did one join fail?");
  TELL("share", (double)first->n_missing / (double)first->n);
  return says(out, COPSE_ALERT_NOTE, 0.1);
}

/* ---- beside another file ---- */

static bool find_split_rows(const copse_profile *p, struct finding *out, uint32_t *columns, uint32_t *n) {
  double share = p->drift.share_known_rows;
  (void)columns;
  (void)n;
  if (!p->drift.present || !(share >= 0.001)) return false;
  SAY("%s rows of the other file (%s%s) are in this one too.",
      count_text(round(share * (double)p->drift.n_rows)).text, share_text(share).text,
      without_trivial(share, p->drift.share_known_apart).text);
  ADVISE("a measure taken there is too good: drop them, or split again");
  TELL("n", round(share * (double)p->drift.n_rows));
  TELL("share", share);
  return says(out, share >= 0.05 ? COPSE_ALERT_CRITICAL : COPSE_ALERT_WARNING, share);
}

static bool find_split_time(const copse_profile *p, struct finding *out, uint32_t *columns, uint32_t *n) {
  for (uint32_t i = 0; i < p->n_columns && p->drift.present; i++) {
    const struct column_drift *d = &p->drift.columns[i];
    if (!d->present || !p->columns[i].has_date || !(d->share_not_later > 0.01)) continue;
    SAY("%s of the other file's rows are not later in `%s` than this file's last one.",
        share_text(d->share_not_later).text, NAME_OF(i));
    ADVISE("to learn how a model does in the future, split by time");
    columns[(*n)++] = i;
    TELL("share", d->share_not_later);
    return says(out, COPSE_ALERT_NOTE, 0.3);
  }
  return false;
}

/* "`a`, `b` and 3 more" of NUL-terminated names. */
static void names_text(const char *names, uint32_t n, char *out, size_t capacity) {
  out[0] = '\0';
  for (uint32_t i = 0; i < n && i < 5; i++, names += strlen(names) + 1) {
    size_t at = strlen(out);
    snprintf(out + at, capacity - at, "%s`%s`", i > 0 ? ", " : "", name_in_text(names, strlen(names)).text);
  }
  if (n > 5) {
    size_t at = strlen(out);
    snprintf(out + at, capacity - at, " and %u more", n - 5);
  }
}

static bool find_gone(const copse_profile *p, struct finding *out, uint32_t *columns, uint32_t *n) {
  char list[300];
  for (uint32_t i = 0; i < p->n_columns && p->drift.present; i++)
    if (!p->drift.columns[i].present && !p->columns[i].is_target) columns[(*n)++] = i;
  if (*n == 0) return false;
  cluster_text(p, columns, *n, list, sizeof list);
  SAY("%s %s not in the other file.", list, *n == 1 ? "is" : "are");
  ADVISE("a model asks for every column that it was trained on: is it called otherwise there?");
  TELL("columns", *n);
  return says(out, COPSE_ALERT_CRITICAL, 1);
}

static bool find_retyped(const copse_profile *p, struct finding *out, uint32_t *columns, uint32_t *n) {
  for (uint32_t i = 0; i < p->n_columns && p->drift.present; i++)
    if (p->drift.columns[i].type_changed) columns[(*n)++] = i;
  if (*n == 0) return false;
  uint32_t first = columns[0];
  char more[60] = "";
  if (*n > 1) snprintf(more, sizeof more, "; %u more columns changed their type", *n - 1);
  SAY("`%s` is of type %s here and %s in the other file%s.", NAME_OF(first),
      column_type_names[p->columns[first].type], column_type_names[p->drift.columns[first].other_type], more);
  ADVISE("values of another type cannot be compared: write both files alike");
  TELL("columns", *n);
  return says(out, COPSE_ALERT_CRITICAL, 0.9);
}

static bool find_new(const copse_profile *p, struct finding *out, uint32_t *columns, uint32_t *n) {
  char list[300];
  (void)columns;
  (void)n;
  if (!p->drift.present || p->drift.n_new == 0) return false;
  names_text(p->drift.new_names.data, p->drift.n_new, list, sizeof list);
  SAY("%s of the other file %s not in this one.", list, p->drift.n_new == 1 ? "is" : "are");
  ADVISE("a model trained on this file does not look at what is new");
  TELL("columns", p->drift.n_new);
  return says(out, COPSE_ALERT_NOTE, 0.1);
}

static bool find_drift(const copse_profile *p, struct finding *out, uint32_t *columns, uint32_t *n) {
  uint32_t worst = 0;
  for (uint32_t i = 0; i < p->n_columns && p->drift.present; i++) {
    if (!p->drift.columns[i].moved) continue;
    columns[(*n)++] = i;
    if (!p->drift.columns[worst].moved || p->drift.columns[i].psi_excess > p->drift.columns[worst].psi_excess)
      worst = i;
  }
  if (*n == 0) return false;
  double psi = p->drift.columns[worst].psi;
  if (*n == 1)
    SAY("`%s` moved from this file to the other: population stability index %.2f.", NAME_OF(worst), psi);
  else
    SAY("%u columns moved from this file to the other, most of all `%s`: population stability index %.2f.",
        *n, NAME_OF(worst), psi);
  ADVISE("train on newer rows, or leave out what moves");
  bool far = p->drift.columns[worst].psi_excess >= 0.25;
  TELL("columns", *n);
  TELL("psi", psi);
  TELL("psi_null95", p->drift.columns[worst].psi_chance);
  return says(out, far ? COPSE_ALERT_CRITICAL : COPSE_ALERT_WARNING, psi < 0.8 ? psi : 0.8);
}

/* All columns at once: also what moves only together. */
static bool find_domain(const copse_profile *p, struct finding *out, uint32_t *columns, uint32_t *n) {
  const struct domain *d = &p->drift.domain;
  char list[300];
  if (!p->drift.present || !(d->auc > 0.6) || !domain_is_told(d)) return false;
  for (uint32_t i = 0; i < d->n_columns; i++) columns[(*n)++] = d->columns[i];
  cluster_text(p, columns, *n, list, sizeof list);
  SAY("A model tells rows of the other file from this one's with AUC %.2f (0.5 is chance)%s%s.", d->auc,
      *n > 0 ? ", most of all by " : "", list);
  ADVISE("rows there are others than here: find out what made these columns change, or train on newer rows");
  TELL("auc", d->auc);
  TELL("auc_se", d->auc_se);
  return says(out, d->auc > 0.75 ? COPSE_ALERT_WARNING : COPSE_ALERT_NOTE, d->auc - 0.5);
}

static bool find_new_levels(const copse_profile *p, struct finding *out, uint32_t *columns, uint32_t *n) {
  for (uint32_t i = 0; i < p->n_columns && p->drift.present; i++)
    if (p->drift.columns[i].share_new - p->drift.columns[i].share_new_chance >= 0.01) columns[(*n)++] = i;
  if (*n == 0) return false;
  SAY("%s of the other file's rows have a `%s` that this one never has%s.",
      share_text(p->drift.columns[columns[0]].share_new).text, NAME_OF(columns[0]),
      *n > 1 ? ", and other columns are like it" : "");
  ADVISE("they will count as missing");
  TELL("share", p->drift.columns[columns[0]].share_new);
  TELL("columns", *n);
  return says(out, COPSE_ALERT_WARNING, 0.2);
}

const struct table_check table_checks[] = {
    {"TARGET", find_unusable, NULL, false},
    {"IMBALANCE", find_imbalance, NULL, false},
    {"LEAK_ORDER", find_order, NULL, false},
    {"DUP_ROWS", find_equal_rows, NULL, false},
    {"FILE_DUP", find_several, NULL, false},
    {"ENCODING", find_encoding, NULL, false},
    {"CONFLICT", find_conflict, NULL, false},
    {"DUP_COLUMNS", find_same, "carry the same information", false},
    {"CORRELATED", find_together, "move together", false},
    {"CO_MISSING", find_missing_together, "are missing together", false},
    {"SPLIT_DUP", find_split_rows, NULL, true},
    {"SPLIT_TIME", find_split_time, NULL, true},
    {"GONE", find_gone, NULL, true},
    {"NEW_COLUMNS", find_new, NULL, true},
    {"TYPE_CHANGED", find_retyped, NULL, true},
    {"DRIFT", find_drift, NULL, true},
    {"DOMAIN", find_domain, NULL, true},
    {"NEW_LEVELS", find_new_levels, NULL, true},
};
const size_t n_table_checks = sizeof table_checks / sizeof *table_checks;
