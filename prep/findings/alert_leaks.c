/* alert_leaks.c - columns that tell the target and cannot be known when it is to be predicted. Listed in
 * alert_checks.c. */
#include <math.h>
#include <strings.h>

#include "findings/alert_checks.h"
#include "findings/alert_say.h"

/* Names that tell of what happens after the moment of scoring. */
static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/* One of the words stands in the name, between what is no letter. */
static bool name_tells_outcome(const char *name) {
  static const char *const words[] = {"won",    "lost",   "closed", "converted", "outcome",
                                      "status", "result", "paid",   "invoice",   "contract",
                                      "cancel", "churn",  "refund"};
  for (const char *at = name; *at != '\0';) {
    size_t length = 0;
    while (is_letter(at[length])) length++;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
      if (strlen(words[i]) == length && strncasecmp(at, words[i], length) == 0) return true;
    at += length > 0 ? length : 1;
  }
  return false;
}

static copse_alert_level leak_level(const struct column_facts *c, bool critical) {
  return critical || name_tells_outcome(c->name) ? COPSE_ALERT_CRITICAL : COPSE_ALERT_WARNING;
}

static bool enough_of_both(const copse_profile *p) {
  return p->target.n_pos >= 30 && p->target.n_labelled - p->target.n_pos >= 30;
}

static void advise_leak(const copse_profile *p, const struct column_facts *c, struct finding *out) {
  ADVISE("is it known before the moment of scoring? If not, leave it out: ignore_column=%s", KEY);
  FLAG_COLUMN("ignore_column");
}

static uint64_t rarest_class(const copse_profile *p) {
  uint64_t rarest = p->target.n_labelled;
  for (uint32_t i = 0; i < p->target.n_classes; i++)
    if (p->target.classes[i].n < rarest) rarest = p->target.classes[i].n;
  return rarest;
}

/* Two classes: out of fold, or ranked without an exception. */
static bool decides_two(const copse_profile *p, const struct view_facts *v) {
  return p->target.kind == TARGET_BINARY && enough_of_both(p) &&
         ((v->auc >= 0.99999 && v->auc_covers >= 0.99) || 100 * v->oof_errors <= rarest_class(p));
}

/* The target follows from the column, or the column from the target: that is known to a hundredth or two.
 * What rises with the rows or with time may do that by nature. */
static bool is_bound(const struct column_facts *c, double bond) {
  return bond >= 0.98 && c->order[0] == '\0' && !c->has_date;
}

bool check_leak_exact(const copse_profile *p, const struct column_facts *c, struct finding *out) {
  const struct view_facts *v = &c->view;
  uint64_t n = p->target.n_labelled;
  bool number = p->target.kind == TARGET_NUMBER, classes = p->target.kind == TARGET_CLASSES;
  if (!v->present || c->type == TYPE_ID) return false;
  if (number && n >= 100 && fabs(v->rank) >= 0.9999)
    SAY("`%s` and the target %s together in all rows (rank correlation %.4f).", NAME,
        v->rank > 0 ? "rise" : "rise and fall", v->rank);
  else if (number && n >= 100 && v->r2_oof >= 0.999)
    SAY("`%s` alone gives the target (R2 %.4f).", NAME, v->r2_oof);
  else if (decides_two(p, v) || (classes && rarest_class(p) >= 30 && 100 * v->oof_errors <= rarest_class(p)))
    SAY("`%s` alone decides the target: %s of %s rows go wrong.", NAME,
        count_text((double)v->oof_errors).text, count_text((double)n).text);
  else if ((number || classes) && is_bound(c, v->gives))
    SAY("`%s` alone gives the target, as a function of it would (%.3f of 1).", NAME, v->gives);
  else if ((number || classes) && is_bound(c, v->follows))
    SAY("`%s` follows from the target, as a function of it would (%.3f of 1).", NAME, v->follows);
  else
    return false;
  TELL("n", n);
  if (!number) TELL("n_errors", v->oof_errors);
  if (number) TELL("spearman", v->rank);
  if (number) TELL("r2_oof", v->r2_oof);
  advise_leak(p, c, out);
  return says(out, COPSE_ALERT_CRITICAL, 1);
}

bool check_leak_auc(const copse_profile *p, const struct column_facts *c, struct finding *out) {
  const struct view_facts *v = &c->view;
  bool two = p->target.kind == TARGET_BINARY && enough_of_both(p);
  bool more = p->target.kind == TARGET_CLASSES && rarest_class(p) >= 30;
  if (!v->present || (!two && !more) || !(v->auc_best >= 0.95)) return false;
  bool critical = v->auc_best >= 0.99 && v->auc_best - 1.96 * v->auc_se >= 0.97;
  if (two)
    SAY("`%s` alone ranks the rows with AUC %.3f.", NAME, v->auc_best);
  else
    SAY("`%s` alone tells the classes apart, with AUC %.3f of a class against the others.", NAME,
        v->auc_best);
  TELL("auc", v->auc_best);
  TELL("auc_se", v->auc_se);
  advise_leak(p, c, out);
  return says(out, leak_level(c, critical), v->auc_best);
}

bool check_leak_missing(const copse_profile *p, const struct column_facts *c, struct finding *out) {
  const struct view_facts *v = &c->view;
  double phi = fabs(v->missing_phi), n = (double)p->target.n_labelled;
  bool two = p->target.kind == TARGET_BINARY;
  /* n phi^2 is chi-square: 24 is p = 1e-6 with one degree of freedom */
  if (!v->present || phi < 0.3 || n * phi * phi < 24 + 3.0 * p->target.n_classes) return false;
  if (two && !enough_of_both(p)) return false;
  if (two)
    SAY("`%s` is filled in %s of the rows with target %s and in %s of the others.", NAME,
        share_text(v->filled_pos).text, value_in_text(&p->target.classes[p->target.positive]).text,
        share_text(v->filled_neg).text);
  else
    SAY("Whether `%s` is filled goes with the target (association %.2f of 1).", NAME, phi);
  ADVISE("is it filled before the outcome is known? If not, leave it out: ignore_column=%s", KEY);
  FLAG_COLUMN("ignore_column");
  TELL("association", phi);
  if (two) TELL("filled_among_positives", v->filled_pos);
  if (two) TELL("filled_among_others", v->filled_neg);
  return says(out, leak_level(c, phi >= 0.9), phi);
}

static void part_text(const struct bin_facts *bin, char *out, size_t capacity) {
  switch (bin->kind) {
    case BIN_RANGE:
    case BIN_VALUE:
      if (isnan(bin->lo) && isnan(bin->hi))
        snprintf(out, capacity, " in one part of its values");
      else if (bin->kind == BIN_VALUE)
        snprintf(out, capacity, " = %s", number_text(bin->lo).text);
      else if (isnan(bin->lo))
        snprintf(out, capacity, " up to %s", number_text(bin->hi).text);
      else if (isnan(bin->hi))
        snprintf(out, capacity, " from %s on", number_text(bin->lo).text);
      else
        snprintf(out, capacity, " from %s to %s", number_text(bin->lo).text, number_text(bin->hi).text);
      break;
    case BIN_LEVEL: snprintf(out, capacity, " = %s", value_in_text(&bin->level).text); break;
    case BIN_OTHER: snprintf(out, capacity, " with a rarer value"); break;
    case BIN_MISSING: snprintf(out, capacity, " missing"); break;
    case BIN_MISFIT: snprintf(out, capacity, " of another type"); break;
  }
}

bool check_leak_part(const copse_profile *p, const struct column_facts *c, struct finding *out) {
  const struct view_facts *v = &c->view;
  char part[220];
  if (!v->present || p->target.kind != TARGET_BINARY || v->pure_bin < 0) return false;
  const struct bin_facts *bin = &v->bins[v->pure_bin];
  if ((bin->kind == BIN_RANGE || bin->kind == BIN_VALUE) && c->has_date)
    snprintf(part, sizeof part, " in one period");
  else
    part_text(bin, part, sizeof part);
  SAY("All %s rows with `%s`%s have %s target %s.", count_text((double)bin->n).text, NAME, part,
      bin->n_pos > 0 ? "the" : "another than the",
      value_in_text(&p->target.classes[p->target.positive]).text);
  ADVISE("often an event after the outcome: is `%s` known before the moment of scoring?", NAME);
  TELL("n", bin->n);
  TELL("n_pos", bin->n_pos);
  return says(out, COPSE_ALERT_WARNING, 0.5); /* rows of one kind may well be alike: no name makes it worse */
}

bool check_leak_id(const copse_profile *p, const struct column_facts *c, struct finding *out) {
  const struct view_facts *v = &c->view;
  if (!v->present || p->target.kind != TARGET_BINARY || c->type != TYPE_ID || !(v->auc >= 0.6)) return false;
  if ((v->auc - 0.5) < 5 * v->auc_se || !enough_of_both(p)) return false;
  SAY("`%s` is an identifier, and yet it ranks the target with AUC %.3f.", NAME, v->auc);
  ADVISE("the order in which rows were made tells the label: leave it out, and split by time");
  FLAG_COLUMN("ignore_column");
  TELL("auc", v->auc);
  TELL("auc_se", v->auc_se);
  return says(out, COPSE_ALERT_WARNING, v->auc);
}
