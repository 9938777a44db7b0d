/* alert_cells.c - what is wrong with the cells of a column: other types, missing ones, codes, spellings.
 * Listed in alert_checks.c. */
#include <math.h>

#include "findings/alert_checks.h"
#include "findings/alert_say.h"

static double missing_share(const struct column_facts *c) { return (double)c->n_missing / (double)c->n; }

/* A value that missing_values= can take as one. */
static bool can_be_declared(const char *text) {
  return text[0] != '\0' && strlen(text) < 64 && strpbrk(text, ",\"\n\r") == NULL;
}

bool check_mismatch(const copse_profile *p, const struct column_facts *c, struct finding *out) {
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

bool check_missing(const copse_profile *p, const struct column_facts *c, struct finding *out) {
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
bool check_null_like(const copse_profile *p, const struct column_facts *c, struct finding *out) {
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

bool check_id(const copse_profile *p, const struct column_facts *c, struct finding *out) {
  if (c->type != TYPE_ID || c->is_target) return false;
  SAY("`%s` is different in %s row.", NAME,
      c->distinct >= (double)(c->n - c->n_missing) * 0.9999 ? "every" : "nearly every");
  ADVISE("it can only be learned by heart: ignore_column=%s", KEY);
  FLAG_COLUMN("ignore_column");
  TELL("distinct", round(c->distinct));
  TELL("n_filled", c->n - c->n_missing);
  return says(out, COPSE_ALERT_WARNING, 0.3);
}

bool check_cardinality(const copse_profile *p, const struct column_facts *c, struct finding *out) {
  (void)p;
  if (c->type != TYPE_CATEGORY || c->distinct <= 1000) return false;
  SAY("`%s` has %s%s values; %s of the rows have one that occurs fewer than 5 times.", NAME,
      c->distinct_exact ? "" : "about ", count_text(c->distinct).text, share_text(c->levels.rare_share).text);
  ADVISE("group the rare ones (step levels of a recipe), or map them to fewer");
  TELL("distinct", round(c->distinct));
  TELL("rare_share", c->levels.rare_share);
  return says(out, COPSE_ALERT_WARNING, 0.2);
}

bool check_numbers_as_text(const copse_profile *p, const struct column_facts *c, struct finding *out) {
  (void)p;
  if (!c->has_levels || (!c->levels.decimal_comma && !c->levels.thousands)) return false;
  SAY("`%s` holds numbers with %s: they are read as texts.", NAME,
      c->levels.decimal_comma ? "a decimal comma" : "thousands marks");
  ADVISE("write them with a point and without marks");
  TELL("distinct", round(c->distinct));
  return says(out, COPSE_ALERT_WARNING, 0.35);
}

bool check_code(const copse_profile *p, const struct column_facts *c, struct finding *out) {
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

bool check_near_constant(const copse_profile *p, const struct column_facts *c, struct finding *out) {
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

bool check_variants(const copse_profile *p, const struct column_facts *c, struct finding *out) {
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

bool check_blanks(const copse_profile *p, const struct column_facts *c, struct finding *out) {
  (void)p;
  if (!c->has_levels || c->levels.n_blanks == 0) return false;
  SAY("%s values of `%s` begin or end with a blank.", count_text((double)c->levels.n_blanks).text, NAME);
  ADVISE(
      "with and without the blank they are different values: strip it, or map them to one (step map of a "
      "recipe)");
  TELL("n", c->levels.n_blanks);
  return says(out, COPSE_ALERT_NOTE, 0.075);
}

bool check_bad_bytes(const copse_profile *p, const struct column_facts *c, struct finding *out) {
  (void)p;
  if (!c->has_levels || c->levels.n_bad_bytes == 0) return false;
  SAY("%s values of `%s` hold broken, control or invisible characters.",
      count_text((double)c->levels.n_bad_bytes).text, NAME);
  ADVISE("the file may be in another encoding than UTF-8: convert it");
  TELL("n", c->levels.n_bad_bytes);
  return says(out, COPSE_ALERT_WARNING, 0.07);
}
