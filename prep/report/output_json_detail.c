/* output_json_detail.c - the part of the JSON that is detail.h's: within number and datetime, and members of
 * their own for booleans and texts. */
#include <math.h>

#include "profile/describe.h"
#include "report/json_members.h"

/* Values as they are written everywhere: numbers as texts. */
static void number_ends(copse_text *out, const char *name, const struct detail_value *list, uint32_t n) {
  begin(out, name, "[");
  for (uint32_t i = 0; i < n; i++) {
    struct facts_value v = {.withheld = true};
    if (!isnan(list[i].x)) v = facts_number(list[i].x, 1);
    v.n = list[i].n;
    v.n_lost = list[i].n_lost;
    element(out);
    value_members(out, &v);
    raw(out, "}");
  }
  raw(out, "]");
}

static void date_values(copse_text *out, const char *name, const struct detail_value *list, uint32_t n,
                        bool timed) {
  begin(out, name, "[");
  for (uint32_t i = 0; i < n; i++) {
    element(out);
    key(out, "value");
    moment(out, list[i].x, timed);
    count(out, "n", list[i].n);
    count(out, "n_error", list[i].n_lost);
    raw(out, "}");
  }
  raw(out, "]");
}

void json_number_detail(copse_text *out, const struct number_detail *d) {
  count(out, "decimals", (uint64_t)d->decimals);
  number_ends(out, "least", d->least, d->n_least);
  number_ends(out, "greatest", d->greatest, d->n_greatest);
  if (!d->has_holes) return;
  begin(out, "absent", "{");
  number(out, "n", d->n_absent);
  count(out, "runs", d->n_holes);
  begin(out, "list", "[");
  for (uint32_t i = 0; i < d->n_listed; i++) {
    element(out);
    number(out, "from", d->holes[i].from);
    number(out, "to", d->holes[i].to);
    raw(out, "}");
  }
  raw(out, "]}");
}

static void guarded_counts(copse_text *out, const char *name, const uint64_t *list, uint32_t n) {
  begin(out, name, "[");
  for (uint32_t i = 0; i < n; i++) {
    item(out);
    if (list[i] == DETAIL_WITHHELD)
      raw(out, "null");
    else
      copse_text_appendf(out, "%" PRIu64, list[i]);
  }
  raw(out, "]");
}

void json_date_detail(copse_text *out, const struct date_detail *d, bool timed) {
  if (d->has_clock) {
    begin(out, "clock", "{");
    count(out, "rows", d->n_clock);
    truth(out, "exact", !d->sampled);
    guarded_counts(out, "weekdays", d->weekdays, 7);
    if (d->has_hours) guarded_counts(out, "hours", d->hours, 24);
    raw(out, "}");
  }
  begin(out, "gaps", "{");
  number(out, "median_step_days", d->step);
  count(out, "n", d->n_gaps);
  begin(out, "list", "[");
  for (uint32_t i = 0; i < d->n_listed; i++) {
    element(out);
    key(out, "from");
    moment(out, d->gaps[i].from, false); /* days */
    key(out, "to");
    moment(out, d->gaps[i].to, false); /* days */
    raw(out, "}");
  }
  raw(out, "]}");
  date_values(out, "sentinel_dates", d->sentinels, d->n_sentinels, timed);
}

void json_column_detail(copse_text *out, const struct column_facts *c) {
  const struct truth_detail *t = &c->detail.truth;
  const struct text_detail *text = &c->detail.text;
  static const char *const classes[N_TEXT_CLASSES] = {"letters", "digits", "blanks", "marks", "non_ascii"};
  if (c->type == TYPE_BOOLEAN) {
    begin(out, "boolean", "{");
    count(out, "true", t->n_true);
    count(out, "false", t->n_false);
    number(out, "rate", t->rate);
    number_list(out, "rate_ci", (const double[]){t->ci_lo, t->ci_hi}, 2);
    raw(out, "}");
  }
  if (text->present) {
    begin(out, "text", "{");
    count(out, "words_median", text->words);
    begin(out, "characters", "{");
    for (int k = 0; k < N_TEXT_CLASSES; k++) number(out, classes[k], text->classes[k]);
    raw(out, "}}");
  }
}

void json_pairs_detail(copse_text *out, const struct pairs *pairs) {
  begin(out, "same", "[");
  for (uint32_t i = 0; i < pairs->n_columns && pairs->twin != NULL; i++) {
    if (pairs->twin[i] == i) continue;
    element(out);
    count(out, "a", pairs->twin[i]);
    count(out, "b", i);
    raw(out, "}");
  }
  raw(out, "]");
  truth(out, "curved_skipped", pairs->skipped || pairs->curved_skipped);
  begin(out, "curved", "[");
  for (uint32_t i = 0; i < pairs->n_curved; i++) {
    element(out);
    count(out, "a", pairs->curved[i].a);
    count(out, "b", pairs->curved[i].b);
    number(out, "u", pairs->curved[i].told);
    number(out, "spearman", pairs->curved[i].rank);
    raw(out, "}");
  }
  raw(out, "]");
  begin(out, "grids", "[");
  for (uint32_t i = 0; i < pairs->n_grids; i++) {
    const struct pair_grid *grid = &pairs->grids[i];
    element(out);
    count(out, "a", grid->a);
    count(out, "b", grid->b);
    count(out, "size", grid->size);
    begin(out, "counts", "[");
    for (uint32_t k = 0; k < grid->size * grid->size; k++) {
      item(out);
      copse_text_appendf(out, "%" PRIu32, grid->counts[k]);
    }
    raw(out, "]}");
  }
  raw(out, "]");
}
