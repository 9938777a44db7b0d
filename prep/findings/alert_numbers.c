/* alert_numbers.c - what is odd about numbers and dates. Listed in alert_checks.c. */
#include <math.h>

#include "findings/alert_checks.h"
#include "findings/alert_say.h"

bool check_infinite(const copse_profile *p, const struct column_facts *c, struct finding *out) {
  (void)p;
  uint64_t n = c->has_number ? c->number.n_pos_inf + c->number.n_neg_inf : 0;
  if (n == 0) return false;
  SAY("`%s` has %s infinite values.", NAME, count_text((double)n).text);
  ADVISE("training reads them as +-1e308; a division by zero upstream?");
  TELL("n", n);
  return says(out, COPSE_ALERT_WARNING, 0.15);
}

bool check_sentinel(const copse_profile *p, const struct column_facts *c, struct finding *out) {
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

bool check_date_sentinel(const copse_profile *p, const struct column_facts *c, struct finding *out) {
  (void)p;
  if (!c->has_date || c->date.n_sentinel == 0 || 100 * c->date.n_sentinel < c->n / 10) return false;
  SAY("`%s` has %s dates of 1900, 1970 or 9999 that stand for none.", NAME,
      count_text((double)c->date.n_sentinel).text);
  ADVISE("declare them missing_values=");
  TELL("n", c->date.n_sentinel);
  return says(out, COPSE_ALERT_NOTE, 0.06);
}

bool check_future(const copse_profile *p, const struct column_facts *c, struct finding *out) {
  (void)p;
  if (!c->has_date || c->date.n_future == 0) return false;
  SAY("%s dates of `%s` lie more than a year behind nearly all others.",
      count_text((double)c->date.n_future).text, NAME);
  ADVISE("planned, or mistyped?");
  TELL("n", c->date.n_future);
  return says(out, COPSE_ALERT_NOTE, 0.05);
}

bool check_ambiguous(const copse_profile *p, const struct column_facts *c, struct finding *out) {
  (void)p;
  if (!c->has_date || !c->date.ambiguous) return false;
  SAY("No date of `%s` tells whether day or month comes first; it is read as %s.", NAME, c->date.format);
  ADVISE("write dates as YYYY-MM-DD, or say which: date_order=dmy or date_order=mdy");
  FLAG("date_order", "%s", c->date.format[0] == 'M' ? "mdy" : "dmy");
  TELL("n_filled", c->n - c->n_missing);
  return says(out, COPSE_ALERT_WARNING, 0.05);
}

bool check_zones(const copse_profile *p, const struct column_facts *c, struct finding *out) {
  (void)p;
  if (!c->has_date || c->date.n_zoned == 0 || c->date.n_zoned == c->date.n_timed) return false;
  SAY("%s of the moments of `%s` name their time zone, the others do not.",
      share_text((double)c->date.n_zoned / (double)c->date.n_timed).text, NAME);
  ADVISE("all of them count as UTC, hours too early or too late: write one kind");
  TELL("n_zoned", c->date.n_zoned);
  TELL("n_timed", c->date.n_timed);
  return says(out, COPSE_ALERT_WARNING, 0.1);
}

bool check_heavy_tail(const copse_profile *p, const struct column_facts *c, struct finding *out) {
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

bool check_zeros(const copse_profile *p, const struct column_facts *c, struct finding *out) {
  (void)p;
  double share = c->has_number ? (double)c->number.n_zero / (double)c->n : 0;
  if (c->type != TYPE_NUMBER || c->is_target || share < 0.5) return false;
  SAY("%s of `%s` is 0.", share_text(share).text, NAME);
  ADVISE("does 0 stand for unknown? Then missing_values=0 for that column's file");
  TELL("n", c->number.n_zero);
  TELL("share", share);
  return says(out, COPSE_ALERT_NOTE, 0.01);
}
