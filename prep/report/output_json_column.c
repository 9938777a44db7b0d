/* output_json_column.c - the part of the JSON that is a column's. */
#include <math.h>
#include <stdio.h>

#include "profile/describe.h"
#include "report/json_members.h"

/* Of whole numbers a sum that a double cannot hold the digits of is a text. */
static void write_sum(copse_text *out, double sum, bool whole) {
  if (whole && fabs(sum) > 9007199254740992.0) {
    key(out, "sum");
    copse_text_appendf(out, "\"%.0f\"", sum);
  } else {
    number(out, "sum", sum);
  }
}

static void write_number(copse_text *out, const struct number_facts *f, bool whole,
                         const struct number_detail *detail) {
  static const char *const names[FACTS_QUANTILES] = {"0.01", "0.05", "0.25", "0.5", "0.75", "0.95", "0.99"};
  begin(out, "number", "{");
  number(out, "mean", f->mean);
  number(out, "std", f->std);
  number(out, "min", f->min);
  number(out, "max", f->max);
  truth(out, "extremes_rounded", f->rounded);
  write_sum(out, f->sum, whole);
  number(out, "skew", f->skew);
  number(out, "kurtosis", f->kurtosis);
  number(out, "mad", f->mad);
  count(out, "zeros", f->n_zero);
  count(out, "negatives", f->n_negative);
  count(out, "integers", f->n_integer);
  count(out, "n_pos_inf", f->n_pos_inf);
  count(out, "n_neg_inf", f->n_neg_inf);
  count(out, "n_far", f->n_far);
  count(out, "n_extreme", f->n_extreme);
  begin(out, "quantiles", "{");
  for (int i = 0; i < FACTS_QUANTILES; i++) number(out, names[i], f->quantiles[i]);
  raw(out, "}");
  truth(out, "exact", f->exact);
  number(out, "quantile_rank_error", f->rank_error);
  begin(out, "histogram", "{");
  number_list(out, "edges", f->edges, f->n_bars > 0 ? f->n_bars + 1 : 0);
  count_list(out, "counts", f->bars, f->n_bars);
  count(out, "below", f->below);
  count(out, "above", f->above);
  raw(out, "}");
  value_list(out, "spikes", f->spikes, f->n_spikes);
  json_number_detail(out, detail);
  raw(out, "}");
}

static void write_levels(copse_text *out, const struct level_facts *f) {
  begin(out, "category", "{");
  value_list(out, "top", f->top, f->n_top);
  begin(out, "other", "{");
  count(out, "n", f->other_n);
  number(out, "values", f->other_values);
  raw(out, "}");
  truth(out, "exact", f->exact);
  number(out, "entropy", f->entropy);
  number(out, "rare_share", f->rare_share);
  begin(out, "length", "{");
  count(out, "min", f->length_min);
  count(out, "median", f->length_median);
  count(out, "max", f->length_max);
  word(out, "unit", "codepoint");
  raw(out, "}");
  number(out, "non_ascii_share", f->share_non_ascii);
  count(out, "blanks", f->n_blanks);
  count(out, "bad_characters", f->n_bad_bytes);
  count(out, "variants", f->n_variants);
  if (f->pattern != NULL) word(out, "pattern", f->pattern);
  if (f->form[0] != '\0') {
    word(out, "form", f->form);
    number(out, "form_share", f->form_share);
  }
  raw(out, "}");
}

static void write_dates(copse_text *out, const struct date_facts *f, const struct date_detail *detail) {
  begin(out, "datetime", "{");
  bool timed = f->n_timed > 0;
  key(out, "first");
  moment(out, f->first, timed);
  key(out, "last");
  moment(out, f->last, timed);
  truth(out, "rounded", f->rounded);
  word(out, "format", f->format != NULL ? f->format : "");
  number(out, "format_share", f->format_share);
  word(out, "zone", f->n_zoned == 0 ? "none" : f->n_zoned == f->n_timed ? "all" : "mixed");
  truth(out, "ambiguous", f->ambiguous);
  word(out, "granularity", f->granularity);
  count(out, "future", f->n_future);
  count(out, "sentinels", f->n_sentinel);
  begin(out, "per", "{");
  word(out, "unit", f->unit);
  key(out, "start");
  moment(out, f->n_periods > 0 ? f->period_start[0] : (double)NAN, false);
  begin(out, "starts", "[");
  for (uint32_t i = 0; i < f->n_periods; i++) {
    item(out);
    moment(out, f->period_start[i], false);
  }
  raw(out, "]");
  count_list(out, "counts", f->periods, f->n_periods);
  if (f->has_target) {
    count_list(out, "labelled", f->labelled, f->n_periods);
    number_list(out, "rate", f->rate, f->n_periods);
  }
  raw(out, "}");
  json_date_detail(out, detail, timed);
  raw(out, "}");
}

static void write_border(copse_text *out, const char *name, double x, const struct column_facts *c) {
  key(out, name);
  if (c->has_date)
    moment(out, x, c->date.n_timed > 0);
  else
    append_json_number(out, x);
}

static struct facts_value border_text(double x, const struct column_facts *c) {
  return c->has_date && isfinite(x) ? facts_date(x, 1) : facts_number(x, 1);
}

/* A bin in words: its level, its borders, or what it holds; null: withheld. */
static void write_label(copse_text *out, const struct bin_facts *bin, const struct column_facts *c,
                        const char *kind) {
  char text[2 * sizeof(struct facts_value) + 8];
  key(out, "label");
  if (bin->kind == BIN_LEVEL) {
    value(out, &bin->level);
    return;
  }
  if (bin->kind != BIN_RANGE && bin->kind != BIN_VALUE) {
    append_json(out, kind, strlen(kind));
    return;
  }
  struct facts_value lo = border_text(bin->lo, c), hi = border_text(bin->hi, c);
  if (isnan(bin->lo) && isnan(bin->hi)) {
    raw(out, "null");
    return;
  }
  if (bin->kind == BIN_VALUE)
    snprintf(text, sizeof text, "%s", lo.text);
  else if (isnan(bin->lo))
    snprintf(text, sizeof text, "to %s", hi.text);
  else if (isnan(bin->hi))
    snprintf(text, sizeof text, "from %s", lo.text);
  else
    snprintf(text, sizeof text, "%s to %s", lo.text, hi.text);
  append_json(out, text, strlen(text));
}

/* numbers: the target's are. */
static void write_bins(copse_text *out, const struct column_facts *c, bool numbers) {
  const struct view_facts *v = &c->view;
  static const char *const kinds[] = {"range", "value", "level", "other", "missing", "mismatched"};
  begin(out, "bins", "[");
  for (uint32_t i = 0; i < v->n_bins; i++) {
    const struct bin_facts *bin = &v->bins[i];
    element(out);
    word(out, "kind", kinds[bin->kind]);
    write_label(out, bin, c, kinds[bin->kind]);
    if (bin->kind == BIN_RANGE || bin->kind == BIN_VALUE) {
      write_border(out, "lo", bin->lo, c);
      write_border(out, "hi", bin->hi, c);
    }
    if (bin->kind == BIN_LEVEL) {
      key(out, "value");
      value(out, &bin->level);
    }
    count(out, "n", bin->n);
    count(out, "n_pos", bin->n_pos);
    number(out, "rate", bin->rate);
    number_list(out, "ci", (const double[]){bin->ci_lo, bin->ci_hi}, 2);
    if (numbers) number(out, "median", bin->median);
    if (numbers) count(out, "sample_rows", bin->n_sampled);
    number(out, "woe", bin->woe);
    raw(out, "}");
  }
  raw(out, "]");
}

/* At 95 %, within [0, 1]. */
static void write_interval(copse_text *out, double auc, double se) {
  double lo = auc - 1.96 * se, hi = auc + 1.96 * se;
  number_list(out, "auc_ci", (const double[]){lo < 0 ? 0 : lo, hi > 1 ? 1 : hi}, 2);
}

static void write_view(copse_text *out, const copse_profile *p, const struct column_facts *c) {
  const struct view_facts *v = &c->view;
  begin(out, "target", "{");
  number(out, "auc", v->auc);
  number(out, "auc_oof", v->auc_oof);
  if (p->target.kind == TARGET_CLASSES) number_list(out, "auc_classes", v->auc_classes, p->target.n_classes);
  number(out, "auc_se", v->auc_se);
  write_interval(out, v->auc_best, v->auc_se);
  key(out, "direction");
  copse_text_appendf(out, "%d", v->direction);
  number(out, "iv", v->iv);
  number(out, "mi_nats", v->mutual);
  number(out, "u", v->explained);
  number(out, "r2_oof", v->r2_oof);
  number(out, "spearman", v->rank);
  number(out, "gives_target", v->gives);
  number(out, "follows_target", v->follows);
  number(out, "filled_among_positives", v->filled_pos);
  number(out, "filled_among_others", v->filled_neg);
  write_bins(out, c, p->target.kind == TARGET_NUMBER);
  raw(out, "}");
}

static void write_column_alerts(copse_text *out, const copse_profile *p, uint32_t column) {
  begin(out, "alerts", "[");
  for (uint32_t i = 0; i < p->alerts.n; i++) {
    for (uint32_t k = 0; k < p->alerts.list[i].n_columns; k++) {
      if (p->alerts.list[i].columns[k] != column) continue;
      item(out);
      append_json(out, p->alerts.list[i].id, strlen(p->alerts.list[i].id));
    }
  }
  raw(out, "]");
}

/* Spellings of missing and their rows; "": cells of which nothing stands between the separators. Withheld
 * ones have no name to stand under. */
static void write_tokens(copse_text *out, const struct column_facts *c) {
  begin(out, "tokens", "{");
  if (c->n_null > 0) count(out, "", c->n_null);
  for (uint32_t k = 0; k < c->n_token_texts; k++) {
    if (c->tokens[k].withheld) continue;
    if (out->length > 0 && out->data[out->length - 1] != '{') raw(out, ",");
    append_json(out, c->tokens[k].text, strlen(c->tokens[k].text));
    copse_text_appendf(out, ":%" PRIu64, c->tokens[k].n);
  }
  raw(out, "}");
}

void json_column(copse_text *out, const copse_profile *p, uint32_t index) {
  const struct column_facts *c = &p->columns[index];
  double n = (double)c->n;
  element(out);
  count(out, "id", index);
  word(out, "name", c->name);
  word(out, "type", column_type_names[c->type]);
  word(out, "physical", c->physical);
  word(out, "why", c->why);
  count(out, "n", c->n);
  begin(out, "missing", "{");
  count(out, "n", c->n_missing);
  number(out, "share", (double)c->n_missing / n);
  count(out, "empty", c->n_null);
  count(out, "quoted_empty", c->n_empty);
  count(out, "declared", c->n_declared);
  write_tokens(out, c);
  raw(out, "}");
  begin(out, "mismatched", "{");
  count(out, "n", c->n_misfits);
  number(out, "share", (double)c->n_misfits / n);
  value_list(out, "examples", &c->misfit, c->misfit.n > 0);
  raw(out, "}");
  begin(out, "distinct", "{");
  number(out, "n", round(c->distinct));
  number(out, "share", c->n > c->n_missing ? c->distinct / (double)(c->n - c->n_missing) : 0);
  truth(out, "exact", c->distinct_exact);
  if (!c->distinct_exact) number(out, "rse", 0.0081);
  raw(out, "}");
  count(out, "bytes", c->n_bytes);
  word(out, "order", c->order[0] == '\0' ? "none" : strcmp(c->order, "ascending") == 0 ? "asc" : "desc");
  count(out, "longest_run", c->longest_run);
  truth(out, "sensitive", c->sensitive);
  if (c->has_number) write_number(out, &c->number, strcmp(c->physical, "int64") == 0, &c->detail.number);
  if (c->has_levels) write_levels(out, &c->levels);
  if (c->has_date) write_dates(out, &c->date, &c->detail.date);
  json_column_detail(out, c);
  if (c->view.present) write_view(out, p, c);
  write_column_alerts(out, p, index);
  raw(out, "}");
}
