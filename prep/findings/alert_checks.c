/* alert_checks.c - what is looked for in a column, one function and one row each.
 *
 * How to add one: a function that returns whether it found something and writes level, sentence (with
 * numbers) and remedy; a row in column_checks, graver things first; a case in
 * tests/unit/prep/test_profile_alerts.c. A sentence must hold for a person who knows nothing of statistics,
 * and an alert that clean data raise is wrong. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "findings/alert.h"
#include "profile/infer.h"

#define SAY(...) snprintf(out->text, sizeof out->text, __VA_ARGS__)
#define ADVISE(...) snprintf(out->remedy, sizeof out->remedy, __VA_ARGS__)
#define TELL(name, value) finding_tell(out, name, (double)(value))
#define FLAG(key, ...) (out->flag_key = (key), snprintf(out->flag, sizeof out->flag, __VA_ARGS__))
#define FLAG_COLUMN(key) (out->flag_key = (key))
#define KEY key_in_text(p, c).text
#define NAME name_in_text(c->name, strlen(c->name)).text

static bool says(struct finding *out, copse_alert_level level, double effect) {
  out->level = level;
  out->effect = effect;
  return true;
}

static double missing_share(const struct column_facts *c) { return (double)c->n_missing / (double)c->n; }

static bool find_empty(const copse_profile *p, const struct column_facts *c, struct finding *out) {
  if (c->type != TYPE_EMPTY) return false;
  SAY("`%s` is empty in every row.", NAME);
  ADVISE("leave it out: ignore_column=%s", KEY);
  FLAG_COLUMN("ignore_column");
  TELL("n", c->n);
  return says(out, COPSE_ALERT_NOTE, 0);
}

static bool find_constant(const copse_profile *p, const struct column_facts *c, struct finding *out) {
  if (c->type != TYPE_CONSTANT) return false;
  SAY("`%s` has the same value in every row.", NAME);
  ADVISE("leave it out: ignore_column=%s", KEY);
  FLAG_COLUMN("ignore_column");
  TELL("n", c->n);
  return says(out, COPSE_ALERT_NOTE, 0);
}

/* ---- leakage ---- */

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

static bool find_leak_exact(const copse_profile *p, const struct column_facts *c, struct finding *out) {
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

static bool find_leak_auc(const copse_profile *p, const struct column_facts *c, struct finding *out) {
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

static bool find_leak_missing(const copse_profile *p, const struct column_facts *c, struct finding *out) {
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

static bool find_leak_part(const copse_profile *p, const struct column_facts *c, struct finding *out) {
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

static bool find_leak_id(const copse_profile *p, const struct column_facts *c, struct finding *out) {
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

/* ---- types and cells ---- */

/* A value that missing_values= can take as one. */
static bool can_be_declared(const char *text) {
  return text[0] != '\0' && strlen(text) < 64 && strpbrk(text, ",\"\n\r") == NULL;
}

static bool find_mismatch(const copse_profile *p, const struct column_facts *c, struct finding *out) {
  (void)p;
  if (c->n_misfits == 0) return false;
  const char *kind = c->type == TYPE_DATETIME ? "dates" : "numbers";
  char example[240] = "";
  if (c->misfit.n > 0 && !c->misfit.withheld)
    snprintf(example, sizeof example, ", for example %s", value_in_text(&c->misfit).text);
  SAY("%s of %s values of `%s` are not %s%s%s%s.", count_text((double)c->n_misfits).text,
      count_text((double)(c->n - c->n_missing)).text, NAME, kind, example,
      c->misfit_place[0] ? ", first in " : "", c->misfit_place);
  ADVISE("training will take the whole column as text: correct them, or declare them missing_values=");
  if (c->misfit.n > 0 && !c->misfit.withheld && can_be_declared(c->misfit.text))
    FLAG("missing_values", "%s", c->misfit.text);
  else
    FLAG("type", "category");
  TELL("n", c->n_misfits);
  TELL("n_filled", c->n - c->n_missing);
  return says(out, COPSE_ALERT_WARNING, 0.4);
}

static bool find_missing(const copse_profile *p, const struct column_facts *c, struct finding *out) {
  (void)p;
  double share = missing_share(c);
  if (share < 0.05) return false;
  SAY("`%s` is missing in %s of the rows.", NAME, share_text(share).text);
  TELL("n", c->n_missing);
  TELL("share", share);
  if (c->is_target) {
    ADVISE("rows without a target cannot be trained on: filter them out");
    return says(out, COPSE_ALERT_CRITICAL, share);
  }
  if (share >= 0.95) {
    ADVISE("hardly any row tells anything: leave it out unless the few that do matter");
    FLAG_COLUMN("ignore_column");
    return says(out, COPSE_ALERT_WARNING, share);
  }
  ADVISE("trees handle it; find out why it is missing");
  return says(out, share >= 0.4 ? COPSE_ALERT_WARNING : COPSE_ALERT_NOTE, share);
}

/* Texts that mean missing are read so among numbers, dates and booleans; in a column of texts they stay
 * values. The sentence tells which, the remedy holds for both: columns of both kinds are folded into one. */
static bool find_null_like(const copse_profile *p, const struct column_facts *c, struct finding *out) {
  (void)p;
  bool blank = c->n_null + c->n_empty + c->n_declared > 0, read = c->n_tokens > 0, can = !read;
  if (c->n_token_texts == 0 || c->n_token_texts + blank < 2) return false;
  char list[240] = "", declared[ALERT_FLAG] = "";
  uint64_t n = 0;
  for (uint32_t i = 0; i < c->n_token_texts; i++) {
    size_t at = strlen(list), end = strlen(declared);
    snprintf(list + at, sizeof list - at, "%s%s", i > 0 ? ", " : "", value_in_text(&c->tokens[i]).text);
    can &= !c->tokens[i].withheld && can_be_declared(c->tokens[i].text);
    snprintf(declared + end, sizeof declared - end, "%s%s", i > 0 ? "," : "", c->tokens[i].text);
    n += c->tokens[i].n;
  }
  SAY("`%s` spells missing in %u ways: %s%s (%s rows)%s.", NAME, c->n_token_texts + blank, list,
      blank ? " and empty" : "", count_text((double)n).text,
      read    ? "; all of them are read as missing"
      : blank ? "; only the empty ones are read as missing, the others as values"
              : "; they are read as values");
  ADVISE("declare what means missing as missing_values=; what is a value, give it another name");
  if (can) FLAG("missing_values", "%s", declared);
  TELL("n", n);
  TELL("spellings", c->n_token_texts + blank);
  return says(out, COPSE_ALERT_NOTE, 0.05);
}

static bool find_id(const copse_profile *p, const struct column_facts *c, struct finding *out) {
  if (c->type != TYPE_ID || c->is_target) return false;
  SAY("`%s` is different in %s row.", NAME,
      c->distinct >= (double)(c->n - c->n_missing) * 0.9999 ? "every" : "nearly every");
  ADVISE("it can only be learned by heart: ignore_column=%s", KEY);
  FLAG_COLUMN("ignore_column");
  TELL("distinct", round(c->distinct));
  TELL("n_filled", c->n - c->n_missing);
  return says(out, COPSE_ALERT_WARNING, 0.3);
}

static bool find_cardinality(const copse_profile *p, const struct column_facts *c, struct finding *out) {
  (void)p;
  if (c->type != TYPE_CATEGORY || c->distinct <= 1000) return false;
  SAY("`%s` has %s%s values; %s of the rows have one that occurs fewer than 5 times.", NAME,
      c->distinct_exact ? "" : "about ", count_text(c->distinct).text, share_text(c->levels.rare_share).text);
  ADVISE("group the rare ones (step levels of a recipe), or map them to fewer");
  TELL("distinct", round(c->distinct));
  TELL("rare_share", c->levels.rare_share);
  return says(out, COPSE_ALERT_WARNING, 0.2);
}

static bool find_numbers_as_text(const copse_profile *p, const struct column_facts *c, struct finding *out) {
  (void)p;
  if (!c->has_levels || (!c->levels.decimal_comma && !c->levels.thousands)) return false;
  SAY("`%s` holds numbers with %s: they are read as texts.", NAME,
      c->levels.decimal_comma ? "a decimal comma" : "thousands marks");
  ADVISE("write them with a point and without marks");
  TELL("distinct", round(c->distinct));
  return says(out, COPSE_ALERT_WARNING, 0.35);
}

static bool find_code(const copse_profile *p, const struct column_facts *c, struct finding *out) {
  if (c->type != TYPE_CODE) return false;
  SAY("`%s` looks like a code, not a quantity (%s).", NAME, c->why);
  bool unique = c->distinct_exact && c->distinct == (double)(c->n - c->n_missing);
  if (unique)
    ADVISE("every row has its own: leave it out, it can only be learned by heart: ignore_column=%s", KEY);
  else
    ADVISE("train it as a category: categorical_feature=%s", KEY);
  FLAG_COLUMN(unique ? "ignore_column" : "categorical_feature");
  TELL("distinct", round(c->distinct));
  return says(out, COPSE_ALERT_NOTE, 0.1);
}

static bool find_near_constant(const copse_profile *p, const struct column_facts *c, struct finding *out) {
  uint64_t top = 0, there = c->n - c->n_missing;
  const struct facts_value *value = NULL;
  if (c->has_levels && c->levels.n_top > 0) value = &c->levels.top[0];
  if (c->has_number && c->number.n_spikes > 0) {
    value = &c->number.spikes[0];
    for (uint32_t i = 1; i < c->number.n_spikes; i++)
      if (c->number.spikes[i].n > value->n) value = &c->number.spikes[i];
  }
  if (c->has_number && c->number.n_zero * 200 >= there * 199) {
    top = c->number.n_zero;
  } else if (value != NULL) {
    top = value->n;
  }
  if (c->is_target || c->n_missing > 0 || top * 200 < there * 199 || there - top >= 200 || there == top)
    return false;
  (void)p;
  SAY("`%s` differs from its usual value in %s of %s rows only.", NAME,
      count_text((double)(there - top)).text, count_text((double)c->n).text);
  ADVISE("keep it only if these rows matter");
  TELL("n_differ", there - top);
  TELL("n", c->n);
  return says(out, COPSE_ALERT_NOTE, 0.02);
}

static bool find_variants(const copse_profile *p, const struct column_facts *c, struct finding *out) {
  (void)p;
  if (!c->has_levels || c->levels.n_variants < 2) return false;
  const struct facts_value *v = c->levels.variants;
  char example[400] = "";
  if (v[0].n > 0 && !v[0].withheld && !v[1].withheld)
    snprintf(example, sizeof example, ", as %s and %s", value_in_text(&v[0]).text, value_in_text(&v[1]).text);
  SAY("%s values of `%s` are the same but for case or punctuation%s.",
      count_text((double)c->levels.n_variants).text, NAME, example);
  ADVISE("map them to one spelling (step map of a recipe)");
  TELL("values", c->levels.n_variants);
  return says(out, COPSE_ALERT_NOTE, 0.08);
}

static bool find_blanks(const copse_profile *p, const struct column_facts *c, struct finding *out) {
  (void)p;
  if (!c->has_levels || c->levels.n_blanks == 0) return false;
  SAY("%s values of `%s` begin or end with a blank.", count_text((double)c->levels.n_blanks).text, NAME);
  ADVISE(
      "with and without the blank they are different values: strip it, or map them to one (step map of a "
      "recipe)");
  TELL("n", c->levels.n_blanks);
  return says(out, COPSE_ALERT_NOTE, 0.075);
}

static bool find_bad_bytes(const copse_profile *p, const struct column_facts *c, struct finding *out) {
  (void)p;
  if (!c->has_levels || c->levels.n_bad_bytes == 0) return false;
  SAY("%s values of `%s` hold broken, control or invisible characters.",
      count_text((double)c->levels.n_bad_bytes).text, NAME);
  ADVISE("the file may be in another encoding than UTF-8: convert it");
  TELL("n", c->levels.n_bad_bytes);
  return says(out, COPSE_ALERT_WARNING, 0.07);
}

/* ---- numbers and dates ---- */

static bool find_infinite(const copse_profile *p, const struct column_facts *c, struct finding *out) {
  (void)p;
  uint64_t n = c->has_number ? c->number.n_pos_inf + c->number.n_neg_inf : 0;
  if (n == 0) return false;
  SAY("`%s` has %s infinite values.", NAME, count_text((double)n).text);
  ADVISE("training reads them as +-1e308; a division by zero upstream?");
  TELL("n", n);
  return says(out, COPSE_ALERT_WARNING, 0.15);
}

static bool find_sentinel(const copse_profile *p, const struct column_facts *c, struct finding *out) {
  (void)p;
  if (!c->has_number || !c->number.has_sentinel || c->type == TYPE_ID) return false;
  SAY("%s stands apart in %s of the rows of `%s`.", number_text(c->number.sentinel).text,
      share_text((double)c->number.n_sentinel / (double)c->n).text, NAME);
  ADVISE("if it means missing: missing_values=%s", number_text(c->number.sentinel).text);
  FLAG("missing_values", "%s", number_text(c->number.sentinel).text);
  TELL("n", c->number.n_sentinel);
  TELL("value", c->number.sentinel);
  return says(out, COPSE_ALERT_WARNING, 0.12);
}

static bool find_date_sentinel(const copse_profile *p, const struct column_facts *c, struct finding *out) {
  (void)p;
  if (!c->has_date || c->date.n_sentinel == 0 || 100 * c->date.n_sentinel < c->n / 10) return false;
  SAY("`%s` has %s dates of 1900, 1970 or 9999 that stand for none.", NAME,
      count_text((double)c->date.n_sentinel).text);
  ADVISE("declare them missing_values=");
  TELL("n", c->date.n_sentinel);
  return says(out, COPSE_ALERT_NOTE, 0.06);
}

static bool find_future(const copse_profile *p, const struct column_facts *c, struct finding *out) {
  (void)p;
  if (!c->has_date || c->date.n_future == 0) return false;
  SAY("%s dates of `%s` lie more than a year behind nearly all others.",
      count_text((double)c->date.n_future).text, NAME);
  ADVISE("planned, or mistyped?");
  TELL("n", c->date.n_future);
  return says(out, COPSE_ALERT_NOTE, 0.05);
}

static bool find_ambiguous(const copse_profile *p, const struct column_facts *c, struct finding *out) {
  (void)p;
  if (!c->has_date || !c->date.ambiguous) return false;
  SAY("No date of `%s` tells whether day or month comes first; it is read as %s.", NAME, c->date.format);
  ADVISE("write dates as YYYY-MM-DD, or say which: date_order=dmy or date_order=mdy");
  FLAG("date_order", "%s", c->date.format[0] == 'M' ? "mdy" : "dmy");
  TELL("n_filled", c->n - c->n_missing);
  return says(out, COPSE_ALERT_WARNING, 0.05);
}

static bool find_zones(const copse_profile *p, const struct column_facts *c, struct finding *out) {
  (void)p;
  if (!c->has_date || c->date.n_zoned == 0 || c->date.n_zoned == c->date.n_timed) return false;
  SAY("%s of the moments of `%s` name their time zone, the others do not.",
      share_text((double)c->date.n_zoned / (double)c->date.n_timed).text, NAME);
  ADVISE("all of them count as UTC, hours too early or too late: write one kind");
  TELL("n_zoned", c->date.n_zoned);
  TELL("n_timed", c->date.n_timed);
  return says(out, COPSE_ALERT_WARNING, 0.1);
}

static bool find_heavy_tail(const copse_profile *p, const struct column_facts *c, struct finding *out) {
  (void)p;
  const double *q = c->number.quantiles;
  double iqr = q[4] - q[2];
  if (!c->has_number || c->type != TYPE_NUMBER || !(iqr > 0) || (q[6] - q[3]) / iqr < 20) return false;
  SAY("The greatest 1 %% of `%s` lie %s times the middle half's width above its median.", NAME,
      number_text(round((q[6] - q[3]) / iqr)).text);
  ADVISE("nothing to do for trees; cap it for linear models");
  TELL("widths", (q[6] - q[3]) / iqr);
  return says(out, COPSE_ALERT_NOTE, 0.01);
}

static bool find_zeros(const copse_profile *p, const struct column_facts *c, struct finding *out) {
  (void)p;
  double share = c->has_number ? (double)c->number.n_zero / (double)c->n : 0;
  if (c->type != TYPE_NUMBER || c->is_target || share < 0.5) return false;
  SAY("%s of `%s` is 0.", share_text(share).text, NAME);
  ADVISE("does 0 stand for unknown? Then missing_values=0 for that column's file");
  TELL("n", c->number.n_zero);
  TELL("share", share);
  return says(out, COPSE_ALERT_NOTE, 0.01);
}

/* Graver ones first; what is found earlier drops what would say the same again. */
const struct column_check column_checks[] = {
    {"EMPTY", find_empty, "%u columns are empty in every row.", true, ""},
    {"CONSTANT", find_constant, "%u columns have the same value in every row.", true, ""},
    {"LEAK_EXACT", find_leak_exact, NULL, false, "LEAK_AUC LEAK_PART LEAK_MISSING LEAK_ID"},
    {"LEAK_AUC", find_leak_auc, NULL, false, "LEAK_PART LEAK_ID"},
    {"LEAK_MISSING", find_leak_missing, NULL, false, "LEAK_PART"},
    {"LEAK_PART", find_leak_part, NULL, false, ""},
    {"LEAK_ID", find_leak_id, NULL, false, "ID_LIKE"},
    {"MISMATCH", find_mismatch, NULL, false, ""},
    {"MISSING", find_missing, "%u columns are missing in many rows.", false, "ZEROS"},
    {"NULL_LIKE", find_null_like, "%u columns spell missing in more than one way.", false, ""},
    {"NUMBERS_AS_TEXT", find_numbers_as_text, "%u columns hold numbers that are read as texts.", false,
     "HIGH_CARDINALITY"},
    {"ID_LIKE", find_id, "%u columns are different in nearly every row.", false, "SENTINEL"},
    {"HIGH_CARDINALITY", find_cardinality, "%u columns have more than 1,000 texts.", false, ""},
    {"CODE", find_code, "%u columns look like codes, not quantities.", false, "ZEROS HEAVY_TAIL"},
    {"INFINITE", find_infinite, "%u columns have infinite values.", false, ""},
    {"SENTINEL", find_sentinel, "%u columns have a value that stands apart.", false, ""},
    {"SENTINEL_DATE", find_date_sentinel, NULL, false, ""},
    {"AMBIGUOUS_DATE", find_ambiguous, NULL, false, ""},
    {"MIXED_ZONES", find_zones, NULL, false, ""},
    {"FUTURE_DATE", find_future, "%u columns have dates far behind nearly all others.", false, ""},
    {"BAD_BYTES", find_bad_bytes, "%u columns hold broken, control or invisible characters.", false, ""},
    {"BLANKS", find_blanks, "%u columns have values that begin or end with a blank.", false, ""},
    {"VARIANTS", find_variants, "%u columns have values that differ by case or punctuation only.", false, ""},
    {"NEAR_CONSTANT", find_near_constant, "%u columns hardly ever differ from their usual value.", false,
     "ZEROS"},
    {"ZEROS", find_zeros, "%u columns are 0 in more than half of the rows.", false, ""},
    {"HEAVY_TAIL", find_heavy_tail, "%u columns have a long tail.", false, ""},
};
const size_t n_column_checks = sizeof column_checks / sizeof *column_checks;
