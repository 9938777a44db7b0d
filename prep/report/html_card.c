/* html_card.c - what a column's card shows. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "findings/alert.h"
#include "profile/describe.h"
#include "report/html.h"

void html_term(copse_text *out, const char *name) {
  html_put(out, "<dt>");
  html_put(out, name);
  html_put(out, "</dt><dd>");
}
void html_end_term(copse_text *out) { html_put(out, "</dd>"); }

static void count_term(copse_text *out, const char *name, double n) {
  html_term(out, name);
  html_count(out, n);
  html_end_term(out);
}
static void number_term(copse_text *out, const char *name, double x, bool exact) {
  html_term(out, name);
  if (!exact && !isnan(x)) html_put(out, "\xE2\x89\x88 ");
  html_number(out, x);
  html_end_term(out);
}
static void fixed_term(copse_text *out, const char *name, double x) {
  html_term(out, name);
  html_fixed(out, x);
  html_end_term(out);
}
static void share_term(copse_text *out, const char *name, double share) {
  html_term(out, name);
  html_share(out, share);
  html_end_term(out);
}
static void word_term(copse_text *out, const char *name, const char *text) {
  html_term(out, name);
  html_data(out, text, 100);
  html_end_term(out);
}

/* Two numbers in one line. */
static void range_term(copse_text *out, const char *name, double a, double b, const char *between,
                       bool exact) {
  html_term(out, name);
  if (!exact && !(isnan(a) && isnan(b))) html_put(out, "\xE2\x89\x88 ");
  html_number(out, a);
  html_put(out, between);
  html_number(out, b);
  html_end_term(out);
}
#define UP_TO " \xE2\x80\xA6 "

static void put_numbers(copse_text *out, const struct column_facts *c) {
  static const char *const names[] = {"1 %" UP_TO "99 %", "5 %" UP_TO "95 %", "25 %" UP_TO "75 %"};
  const struct number_facts *f = &c->number;
  double n = (double)f->n;
  chart_numbers(out, f);
  html_put(out, "<dl>");
  range_term(out, "least" UP_TO "greatest", f->min, f->max, UP_TO, !f->rounded);
  for (int i = 0; i < 3; i++)
    range_term(out, names[i], f->quantiles[i], f->quantiles[FACTS_QUANTILES - 1 - i], UP_TO, f->exact);
  number_term(out, "median", f->quantiles[3], f->exact);
  range_term(out, "mean, standard deviation", f->mean, f->std, ", ", true);
  number_term(out, "median distance from median", f->mad, f->exact);
  number_term(out, "middle half", f->quantiles[4] - f->quantiles[2], f->exact);
  number_term(out, "coefficient of variation",
              fabs(f->mean) < f->std / 1000 ? (double)NAN : f->std / fabs(f->mean), true);
  range_term(out, "skewness, excess kurtosis", f->skew, f->kurtosis, ", ", true);
  html_term(out, "zero, negative, whole numbers");
  html_share(out, (double)f->n_zero / n);
  html_put(out, ", ");
  html_share(out, (double)f->n_negative / n);
  html_put(out, ", ");
  html_share(out, (double)f->n_integer / n);
  html_end_term(out);
  if (f->n_far > 0) {
    html_term(out, "outliers: 1.5, 3 times beyond the middle half");
    html_count(out, (double)f->n_far);
    html_put(out, ", ");
    html_count(out, (double)f->n_extreme);
    html_end_term(out);
  }
  if (f->n_pos_inf + f->n_neg_inf > 0) count_term(out, "infinite", (double)(f->n_pos_inf + f->n_neg_inf));
  for (uint32_t i = 0; i < f->n_spikes; i++) {
    html_put(out, "<dt>often ");
    html_value(out, &f->spikes[i], i);
    html_put(out, "</dt><dd>");
    html_share(out, (double)f->spikes[i].n / n);
    html_end_term(out);
  }
  html_number_detail(out, c);
  html_put(out, "</dl>");
}

/* Rows with their share, and the share as a bar: the cell's background. */
void html_level_row(copse_text *out, double rows, double share) {
  html_count(out, rows);
  html_put(out, " (");
  html_share(out, share);
  copse_text_appendf(out, ")</td><td class=\"bar\" style=\"--w:%.1f%%\"></td></tr>", share * 100);
}

static void put_levels(copse_text *out, const struct column_facts *c) {
  const struct level_facts *f = &c->levels;
  double n = (double)c->n;
  html_put(out,
           "<div class=\"wide\"><table><caption>Most frequent values</caption><thead><tr><th "
           "scope=\"col\">value</th><th scope=\"col\">rows</th><th></th></tr></thead><tbody>");
  for (uint32_t i = 0; i < f->n_top; i++) {
    html_put(out, "<tr>");
    html_value_cell(out, &f->top[i], i);
    html_put(out, f->top[i].n_lost > 0 ? "</td><td>\xE2\x89\xA5 " : "</td><td>");
    html_level_row(out, (double)f->top[i].n, (double)f->top[i].n / n);
  }
  if (f->other_n > 0) {
    html_put(out, "<tr><td class=\"mute\">other (");
    html_count(out, round(f->other_values));
    html_put(out, " values)</td><td>");
    html_level_row(out, (double)f->other_n, (double)f->other_n / n);
  }
  html_put(out, "</tbody></table></div><dl>");
  number_term(out, "evenness (entropy, 0 to 1)", f->entropy, f->exact);
  share_term(out, "rows of values that occur < 5 times", f->rare_share);
  count_term(out, "shortest (characters)", (double)f->length_min);
  count_term(out, "median length", (double)f->length_median);
  count_term(out, "longest", (double)f->length_max);
  share_term(out, "with other than ASCII", f->share_non_ascii);
  if (f->n_blanks > 0) count_term(out, "begin or end with a blank", (double)f->n_blanks);
  if (f->n_bad_bytes > 0) count_term(out, "with broken or hidden characters", (double)f->n_bad_bytes);
  if (f->pattern != NULL) word_term(out, "looks like", f->pattern);
  if (f->form[0] != '\0') {
    word_term(out, "commonest form", f->form);
    share_term(out, "of that form", f->form_share);
  }
  html_text_detail(out, &c->detail.text);
  html_put(out, "</dl>");
}

static void put_dates(copse_text *out, const struct column_facts *c) {
  const struct date_facts *f = &c->date;
  chart_periods(out, f);
  html_put(out, "<dl>");
  if (!isnan(f->first)) {
    word_term(out, f->rounded ? "first, about" : "first", facts_date(f->first, 1).text);
    word_term(out, f->rounded ? "last, about" : "last", facts_date(f->last, 1).text);
  }
  word_term(out, "format", f->format != NULL ? f->format : "");
  word_term(out, "to the", f->granularity);
  if (f->n_future > 0) count_term(out, "far behind the others", (double)f->n_future);
  html_date_detail(out, &c->detail.date);
  html_put(out, "</dl>");
  chart_clock(out, &c->detail.date);
}

/* ---- beside the target ---- */

static void put_border(copse_text *out, double x, bool date) {
  if (date)
    html_put(out, facts_date(x, 1).text);
  else
    html_number(out, x);
}

/* The cell that names a part, up to its closing tag. */
static void put_part(copse_text *out, const struct bin_facts *bin, bool dates, uint32_t rank) {
  static const char *const others[] = {
      [BIN_OTHER] = "other", [BIN_MISSING] = "missing", [BIN_MISFIT] = "other type"};
  bool range = bin->kind == BIN_RANGE || bin->kind == BIN_VALUE;
  if (bin->kind == BIN_LEVEL) {
    html_value_cell(out, &bin->level, rank);
    return;
  }
  if (!range) {
    copse_text_appendf(out, "<td class=\"mute\">%s", others[bin->kind]);
    return;
  }
  if (isnan(bin->lo) && isnan(bin->hi)) {
    copse_text_appendf(out, "<td class=\"mute\">part %u", rank + 1);
    return;
  }
  html_put(out, isnan(bin->lo) ? "<td>up to " : isnan(bin->hi) ? "<td>from " : "<td>");
  if (!isnan(bin->lo)) put_border(out, bin->lo, dates);
  if (bin->kind == BIN_VALUE) return;
  if (!isnan(bin->lo) && !isnan(bin->hi)) html_put(out, UP_TO);
  if (!isnan(bin->hi)) put_border(out, bin->hi, dates);
}

/* exact: the sample, which spread and median are from, is all rows. */
static void put_mean(copse_text *out, const struct bin_facts *bin, bool exact) {
  html_number(out, bin->rate);
  if (!isnan(bin->ci_lo)) {
    html_put(out, exact ? " (" : " (\xE2\x89\x88 ");
    html_number(out, bin->ci_lo);
    html_put(out, UP_TO);
    html_number(out, bin->ci_hi);
    html_put(out, ")");
  }
  html_put(out, exact || isnan(bin->median) ? "</td><td>" : "</td><td>\xE2\x89\x88 ");
  html_number(out, bin->median);
}

static void put_bins(copse_text *out, const copse_profile *p, const struct column_facts *c) {
  bool rates = p->target.kind != TARGET_NUMBER;
  double all = (double)p->target.n_labelled;
  html_put(
      out,
      "<div class=\"wide\"><table><caption>The target by part</caption><thead><tr><th scope=\"col\">part</th>"
      "<th scope=\"col\">rows (share)</th><th scope=\"col\">");
  html_put(out, rates ? "rate (95 % interval)</th><th scope=\"col\">times the mean</th>"
                      : "mean (95 % interval)</th><th scope=\"col\">median</th>");
  html_put(out, "</tr></thead><tbody>");
  for (uint32_t i = 0; i < c->view.n_bins; i++) {
    const struct bin_facts *bin = &c->view.bins[i];
    html_put(out, "<tr>");
    put_part(out, bin, c->has_date, i);
    html_put(out, "</td><td>");
    html_count(out, (double)bin->n);
    html_put(out, " (");
    html_share(out, (double)bin->n / all);
    html_put(out, ")</td><td>");
    if (rates) {
      html_share(out, bin->rate);
      html_put(out, " (");
      html_share(out, bin->ci_lo);
      html_put(out, UP_TO);
      html_share(out, bin->ci_hi);
      html_put(out, ")</td><td>");
      html_fixed(out, bin->rate / p->target.rate);
    } else {
      put_mean(out, bin, p->sample_is_all);
    }
    html_put(out, "</td></tr>");
  }
  html_put(out, "</tbody></table></div>");
}

/* Each class against the others. */
static void put_class_aucs(copse_text *out, const copse_profile *p, const struct view_facts *v) {
  html_term(out, "of each class against the others");
  for (uint32_t i = 0; i < p->target.n_classes; i++) {
    if (i > 0) html_put(out, ", ");
    html_value(out, &p->target.classes[i], i);
    html_put(out, " ");
    html_fixed(out, v->auc_classes[i]);
  }
  html_end_term(out);
}

static void put_view(copse_text *out, const copse_profile *p, const struct column_facts *c, bool bins) {
  const struct view_facts *v = &c->view;
  html_put(out, "<h3>Beside the target</h3><div class=\"cols view\">");
  if (bins) put_bins(out, p, c);
  html_put(out, "<div>");
  if (p->target.kind != TARGET_NUMBER) chart_rates(out, v, p->target.rate);
  if (c->has_date) chart_over_time(out, &c->date, p->target.kind != TARGET_NUMBER);
  html_put(out, "<dl>");
  if (p->target.kind == TARGET_NUMBER) {
    fixed_term(out, "R\xC2\xB2 out of fold", v->r2_oof);
    if (!isnan(v->rank)) fixed_term(out, "rank correlation", v->rank);
  } else {
    fixed_term(out, "AUC out of fold", v->auc_oof);
    if (!isnan(v->auc))
      fixed_term(out, v->direction > 0 ? "AUC of the value, rising" : "AUC of the value, falling", v->auc);
    if (p->target.kind == TARGET_CLASSES) put_class_aucs(out, p, v);
    if (!isnan(v->iv)) fixed_term(out, "information value", v->iv);
    share_term(out, "of the target's entropy", v->explained);
    if (c->n_missing > 0 && !isnan(v->filled_pos)) {
      share_term(out, "filled where positive", v->filled_pos);
      share_term(out, "filled elsewhere", v->filled_neg);
    }
  }
  html_put(out, "</dl></div></div>");
}

static void put_nearest(copse_text *out, const copse_profile *p, uint32_t column) {
  uint32_t nearest[3], n = pairs_nearest(&p->pairs, column, 3, nearest);
  if (n == 0) return;
  html_put(out, "<p class=\"mute\">Nearest columns: ");
  for (uint32_t i = 0; i < n; i++) {
    char link[40];
    snprintf(link, sizeof link, "a href=\"#c%u\"", nearest[i]);
    if (i > 0) html_put(out, ", ");
    html_data_in(out, link, p->columns[nearest[i]].name, 64);
    html_put(out, "</a> (");
    html_fixed(out, (double)fabsf(p->pairs.matrix[(size_t)column * p->n_columns + nearest[i]]));
    html_put(out, ")");
  }
  html_put(out, "</p>");
}

void html_card(copse_text *out, const copse_profile *p, uint32_t column, bool open, bool bins) {
  const struct column_facts *c = &p->columns[column];
  copse_text_appendf(out, "<details id=\"c%u\"%s ", column, open ? " open" : "");
  html_filter_data(out, p, column);
  html_put(out, "><summary>");
  html_data_in(out, "b", c->name, 64);
  html_put(out, "</b> <span class=\"mute\">");
  html_put(out, column_type_names[c->type]);
  if (c->why[0] != '\0') html_put(out, ": ");
  html_plain(out, c->why, 160);
  html_put(out, "</span></summary><div class=\"cols\"><dl>");
  count_term(out, "filled", (double)(c->n - c->n_missing));
  share_term(out, "missing", (double)c->n_missing / (double)c->n);
  if (c->n_misfits > 0) count_term(out, "of another type", (double)c->n_misfits);
  html_term(out, "distinct");
  if (!c->distinct_exact) html_put(out, "\xE2\x89\x88 ");
  html_count(out, round(c->distinct));
  html_end_term(out);
  if (c->order[0] != '\0') word_term(out, "order in the file", c->order);
  count_term(out, "longest run of one value", (double)c->longest_run);
  count_term(out, "bytes of its cells", (double)c->n_bytes);
  html_put(out, "</dl>");
  if (c->type == TYPE_BOOLEAN)
    html_truth(out, c);
  else if (c->has_number)
    put_numbers(out, c);
  else if (c->has_levels)
    put_levels(out, c);
  if (c->has_date) put_dates(out, c);
  html_put(out, "</div>");
  if (c->view.present) put_view(out, p, c, bins);
  put_nearest(out, p, column);
  html_put(out, "</details>\n");
}
