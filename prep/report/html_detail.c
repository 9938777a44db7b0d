/* html_detail.c - what a card shows inside of detail.h: lines of its lists of statistics. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "profile/describe.h"
#include "report/html.h"

#define UP_TO "\xE2\x80\xAF\xE2\x80\xA6\xE2\x80\xAF"

/* "1 (14 880), 2 (5 804)" of those that may be told; nothing where none may. */
static void put_values(copse_text *out, const char *name, const struct detail_value *list, uint32_t n,
                       bool dates) {
  bool any = false;
  for (uint32_t i = 0; i < n; i++) {
    if (isnan(list[i].x)) continue;
    if (!any) html_term(out, name);
    if (any) html_put(out, ", ");
    if (dates)
      html_put(out, facts_date(list[i].x, 1).text);
    else
      html_number(out, list[i].x);
    html_put(out, list[i].n_lost > 0 ? " (\xE2\x89\xA5 " : " (");
    html_count(out, (double)list[i].n);
    html_put(out, ")");
    any = true;
  }
  if (any) html_end_term(out);
}

static void put_holes(copse_text *out, const struct number_detail *d) {
  html_term(out, "whole numbers between that no row has");
  if (!isnan(d->n_absent)) html_count(out, d->n_absent);
  for (uint32_t i = 0; i < d->n_listed; i++) {
    html_put(out, i > 0 ? ", " : isnan(d->n_absent) ? "" : ": ");
    html_number(out, d->holes[i].from);
    if (d->holes[i].to > d->holes[i].from) {
      html_put(out, UP_TO);
      html_number(out, d->holes[i].to);
    }
  }
  if (d->n_listed > 0 && d->n_listed < d->n_holes) html_put(out, ", \xE2\x80\xA6");
  html_end_term(out);
}

void html_number_detail(copse_text *out, const struct column_facts *c) {
  const struct number_detail *d = &c->detail.number;
  bool few = c->distinct_exact && c->distinct <= DETAIL_ENDS; /* both lists have them all */
  put_values(out, few ? "values (rows)" : "smallest (rows)", d->least, d->n_least, false);
  if (!few) put_values(out, "largest (rows)", d->greatest, d->n_greatest, false);
  if (c->number.n_integer < c->number.n) {
    html_term(out, "decimals, at most");
    html_count(out, d->decimals);
    html_end_term(out);
  }
  if (d->has_holes && (d->n_listed > 0 || !isnan(d->n_absent))) put_holes(out, d);
}

void html_date_detail(copse_text *out, const struct date_detail *d) {
  put_values(out, "stand for none? (rows)", d->sentinels, d->n_sentinels, true);
  if (d->n_gaps == 0) return;
  html_put(out, "<dt>gaps of more than ");
  html_number(out, 3 * d->step);
  html_put(out, " days, three times the usual step</dt><dd>");
  html_count(out, d->n_gaps);
  for (uint32_t i = 0; i < d->n_listed; i++) {
    html_put(out, i == 0 ? ": " : ", ");
    html_put(out, facts_date(d->gaps[i].from, 1).text);
    html_put(out, UP_TO);
    html_put(out, facts_date(d->gaps[i].to, 1).text);
    html_put(out, " (");
    html_count(out, (d->gaps[i].to - d->gaps[i].from) / 86400);
    html_put(out, " days)");
  }
  html_end_term(out);
}

void html_text_detail(copse_text *out, const struct text_detail *d) {
  static const char *const names[N_TEXT_CLASSES] = {"letters", "digits", "blanks", "marks",
                                                    "other than ASCII"};
  bool any = false;
  if (!d->present) return;
  html_term(out, "words, median");
  html_count(out, (double)d->words);
  html_end_term(out);
  html_term(out, "characters");
  for (int i = 0; i < N_TEXT_CLASSES; i++) {
    if (d->classes[i] == 0) continue;
    if (any) html_put(out, ", ");
    copse_text_appendf(out, "%s ", names[i]);
    html_share(out, d->classes[i]);
    any = true;
  }
  html_end_term(out);
}

/* ---- yes and no ---- */

void html_truth(copse_text *out, const struct column_facts *c) {
  const struct truth_detail *t = &c->detail.truth;
  const struct level_facts *f = &c->levels;
  double n = (double)(t->n_true + t->n_false);
  html_put(out,
           "<div class=\"wide\"><table><thead><tr><th scope=\"col\">value</th><th scope=\"col\">rows</th>"
           "<th></th></tr></thead><tbody>");
  for (int yes = 1; yes >= 0; yes--) {
    double rows = (double)(yes ? t->n_true : t->n_false);
    /* as the file spells it: of two levels the one with as many rows, the commoner one first */
    bool first = (t->n_true >= t->n_false) == (yes == 1);
    html_put(out, "<tr>");
    if (c->has_levels && f->n_top == 2 && t->n_true != t->n_false)
      html_value_cell(out, &f->top[first ? 0 : 1], first ? 0 : 1);
    else
      html_put(out, yes ? "<td>true" : "<td>false");
    html_put(out, "</td><td>");
    html_level_row(out, rows, n > 0 ? rows / n : 0);
  }
  html_put(out, "</tbody></table></div><dl>");
  html_term(out, "true, of those filled");
  html_share(out, t->rate);
  html_end_term(out);
  html_term(out, "95 % interval (Wilson)");
  html_share(out, t->ci_lo);
  html_put(out, UP_TO);
  html_share(out, t->ci_hi);
  html_end_term(out);
  html_put(out, "</dl>");
}
