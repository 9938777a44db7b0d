/* alert_checks.c - what is looked for in a column: the table. The functions are in alert_leaks.c,
 * alert_cells.c and alert_numbers.c.
 *
 * How to add one: a function that returns whether it found something and writes level, sentence (with
 * numbers) and remedy; a row in column_checks, graver things first; a case in
 * tests/unit/prep/test_profile.c or test_profile_leaks.c. A sentence must hold for a person who knows nothing
 * of statistics, and an alert that clean data raise is wrong. */
#include "findings/alert_checks.h"

#include "findings/alert_say.h"

static bool check_empty(const copse_profile *p, const struct column_facts *c, struct finding *out) {
  if (c->type != TYPE_EMPTY) return false;
  SAY("`%s` is empty in every row.", NAME);
  ADVISE("leave it out: ignore_column=%s", KEY);
  FLAG_COLUMN("ignore_column");
  TELL("n", c->n);
  return says(out, COPSE_ALERT_NOTE, 0);
}

static bool check_constant(const copse_profile *p, const struct column_facts *c, struct finding *out) {
  if (c->type != TYPE_CONSTANT) return false;
  SAY("`%s` has the same value in every row.", NAME);
  ADVISE("leave it out: ignore_column=%s", KEY);
  FLAG_COLUMN("ignore_column");
  TELL("n", c->n);
  return says(out, COPSE_ALERT_NOTE, 0);
}

/* Graver ones first; what is found earlier drops what would say the same again. */
const struct column_check column_checks[] = {
    {"EMPTY", check_empty, "%u columns are empty in every row.", true, ""},
    {"CONSTANT", check_constant, "%u columns have the same value in every row.", true, ""},
    {"LEAK_EXACT", check_leak_exact, NULL, false, "LEAK_AUC LEAK_PART LEAK_MISSING LEAK_ID"},
    {"LEAK_AUC", check_leak_auc, NULL, false, "LEAK_PART LEAK_ID"},
    {"LEAK_MISSING", check_leak_missing, NULL, false, "LEAK_PART"},
    {"LEAK_PART", check_leak_part, NULL, false, ""},
    {"LEAK_ID", check_leak_id, NULL, false, "ID_LIKE"},
    {"MISMATCH", check_mismatch, NULL, false, ""},
    {"MISSING", check_missing, "%u columns are missing in many rows.", false, "ZEROS"},
    {"NULL_LIKE", check_null_like, "%u columns spell missing in more than one way.", false, ""},
    {"NUMBERS_AS_TEXT", check_numbers_as_text, "%u columns hold numbers that are read as texts.", false,
     "HIGH_CARDINALITY"},
    {"ID_LIKE", check_id, "%u columns are different in nearly every row.", false, "SENTINEL"},
    {"HIGH_CARDINALITY", check_cardinality, "%u columns have more than 1,000 texts.", false, ""},
    {"CODE", check_code, "%u columns look like codes, not quantities.", false, "ZEROS HEAVY_TAIL"},
    {"INFINITE", check_infinite, "%u columns have infinite values.", false, ""},
    {"SENTINEL", check_sentinel, "%u columns have a value that stands apart.", false, ""},
    {"SENTINEL_DATE", check_date_sentinel, NULL, false, ""},
    {"AMBIGUOUS_DATE", check_ambiguous, NULL, false, ""},
    {"MIXED_ZONES", check_zones, NULL, false, ""},
    {"FUTURE_DATE", check_future, "%u columns have dates far behind nearly all others.", false, ""},
    {"BAD_BYTES", check_bad_bytes, "%u columns hold broken, control or invisible characters.", false, ""},
    {"BLANKS", check_blanks, "%u columns have values that begin or end with a blank.", false, ""},
    {"VARIANTS", check_variants, "%u columns have values that differ by case or punctuation only.", false,
     ""},
    {"NEAR_CONSTANT", check_near_constant, "%u columns hardly ever differ from their usual value.", false,
     "ZEROS"},
    {"ZEROS", check_zeros, "%u columns are 0 in more than half of the rows.", false, ""},
    {"HEAVY_TAIL", check_heavy_tail, "%u columns have a long tail.", false, ""},
};
const size_t n_column_checks = sizeof column_checks / sizeof *column_checks;
