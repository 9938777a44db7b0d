/* output_json.c - the profile as one JSON document, schema "copse.profile/2.0": keys in fixed order, shares
 * in [0, 1], nothing but finite numbers (null where there is none), columns as an array since names may
 * repeat. The minor version rises when a key is added, the major one when a key goes or changes its meaning.
 */
#include <math.h>

#include "report/json_members.h"
#include "report/output.h"

static void write_target(copse_text *out, const copse_profile *p) {
  static const char *const kinds[] = {"none", "binary", "multiclass", "regression", "unusable"};
  const struct target_facts *t = &p->target;
  if (t->kind == TARGET_NONE) return;
  begin(out, "target", "{");
  word(out, "name", p->columns[t->column].name);
  word(out, "kind", kinds[t->kind]);
  count(out, "n", t->n_labelled);
  if (t->kind == TARGET_BINARY || t->kind == TARGET_CLASSES) {
    key(out, "positive");
    value(out, &t->classes[t->positive]);
    count(out, "n_pos", t->n_pos);
    count(out, "n_neg", t->n_labelled - t->n_pos);
    value_list(out, "classes", t->classes, t->n_classes);
    number(out, "order_auc", t->order_auc);
  }
  number(out, "rate", t->rate);
  number_list(out, "rate_ci", (const double[]){t->ci_lo, t->ci_hi}, 2);
  raw(out, "}");
}

static void write_table(copse_text *out, const copse_profile *p) {
  uint32_t types[N_COLUMN_TYPES] = {0};
  for (uint32_t i = 0; i < p->n_columns; i++) types[p->columns[i].type]++;
  begin(out, "table", "{");
  count(out, "cells_missing", p->n_cells_missing);
  count(out, "rows_complete", p->n_complete);
  truth(out, "rows_complete_exact", p->complete_exact);
  begin(out, "rows_duplicate", "{");
  number(out, "n", round(p->rows.share_repeated * (double)p->n_rows));
  number(out, "share", p->rows.share_repeated);
  truth(out, "exact", p->rows.exact);
  if (p->n_files > 1) {
    number(out, "in_several_files_share", p->rows.share_several);
    number(out, "in_several_files_share_without_trivial", p->rows.share_several_apart);
  }
  raw(out, "}");
  if (p->target.kind == TARGET_BINARY) {
    number(out, "rows_conflicting_share", p->features.share_conflicting);
    number(out, "best_accuracy", p->features.best_accuracy);
  }
  begin(out, "limits", "{");
  count(out, "values", p->limits.entries);
  count(out, "sample_rows", p->limits.sample_rows);
  count(out, "row_groups", p->limits.row_groups);
  count(out, "halvings", p->limits.halvings);
  raw(out, "}");
  begin(out, "types", "{");
  for (int i = 0; i < N_COLUMN_TYPES; i++)
    if (types[i] > 0) count(out, column_type_names[i], types[i]);
  raw(out, "}");
  raw(out, "}");
}

static void write_pairs(copse_text *out, const copse_profile *p) {
  begin(out, "pairs", "{");
  count(out, "sample_rows", p->pairs.n_rows);
  begin(out, "list", "[");
  for (uint32_t i = 0; i < p->pairs.n_list; i++) {
    const struct pair *pair = &p->pairs.list[i];
    element(out);
    count(out, "a", pair->a);
    count(out, "b", pair->b);
    word(out, "measure", pair->measure);
    number(out, "value", pair->value);
    count(out, "n", pair->n);
    number(out, "pearson", pair->pearson);
    raw(out, "}");
  }
  raw(out, "]");
  key(out, "skipped");
  if (p->pairs.skipped)
    copse_text_appendf(out, "\"more than %d columns: only equal ones are looked for\"", PAIRS_MOST_COLUMNS);
  else
    raw(out, "null");
  json_pairs_detail(out, &p->pairs);
  raw(out, "}");
}

static void write_gaps(copse_text *out, const copse_profile *p) {
  begin(out, "missing_patterns", "[");
  for (uint32_t i = 0; i < p->gaps.n; i++) {
    element(out);
    id_list(out, "columns", p->gaps.list[i].columns, p->gaps.list[i].n_columns);
    count(out, "rows", p->gaps.list[i].n_rows);
    raw(out, "}");
  }
  raw(out, "]");
  begin(out, "missing_sample", "{");
  count(out, "rows", p->gaps.n_rows);
  truth(out, "exact", p->sample_is_all);
  count(out, "rows_complete", p->gaps.n_complete);
  count(out, "rows_other", p->gaps.n_other);
  raw(out, "}");
}

static void write_rest(copse_text *out, const copse_profile *p) {
  key(out, "version");
  append_json(out, copse_version(), strlen(copse_version()));
  json_source(out, "source",
              &(struct source_facts){p->path, p->n_files, &p->origin, p->named, p->n_rows, p->n_columns},
              p->options.values);
  write_target(out, p);
  write_table(out, p);
  begin(out, "columns", "[");
  for (uint32_t i = 0; i < p->n_columns; i++) json_column(out, p, i);
  raw(out, "]");
  write_pairs(out, p);
  write_gaps(out, p);
  json_drift(out, p);
  json_since(out, p);
  json_rows(out, p);
  alert_list(out, "alerts", &p->alerts);
  raw(out, "}\n");
}

void output_json(const copse_profile *p, copse_text *out) {
  copse_text rest = {.ctx = p->ctx};
  double began = run_seconds(&p->run);
  write_rest(&rest, p);
  raw(out, "{\"schema\":\"copse.profile/2.0\"");
  json_run(out, p, run_seconds(&p->run) - began);
  raw(out, ",");
  if (!rest.failed) copse_text_append(out, rest.data, rest.length);
  out->failed |= rest.failed;
  copse_text_release(&rest);
}
