/* output_json_files.c - the part of the JSON that looks beside the file: another file, an earlier profile;
 * and the rows to be shown. */
#include <string.h>

#include "report/json_members.h"

/* NUL-terminated one behind the other. */
static void name_list(copse_text *out, const char *key_name, const char *name, uint32_t n) {
  begin(out, key_name, "[");
  for (uint32_t i = 0; i < n; i++, name += strlen(name) + 1) {
    item(out);
    append_json(out, name, strlen(name));
  }
  raw(out, "]");
}

static void write_domain(copse_text *out, const struct domain *d) {
  number(out, "domain_auc", d->auc);
  begin(out, "domain", "{");
  number(out, "auc_se", d->auc_se);
  count(out, "sample_rows", d->n_rows);
  count(out, "sample_rows_other", d->n_other);
  begin(out, "columns", "[");
  for (uint32_t i = 0; i < d->n_columns; i++) {
    element(out);
    count(out, "id", d->columns[i]);
    number(out, "gain_share", d->gain_share[i]);
    raw(out, "}");
  }
  raw(out, "]}");
}

void json_drift(copse_text *out, const copse_profile *p) {
  if (!p->drift.present) return;
  begin(out, "drift", "{");
  json_source(out, "against",
              &(struct source_facts){p->against, p->options.n_against, &p->drift.origin, p->drift.named,
                                     p->drift.n_rows, p->drift.n_columns},
              p->options.values);
  number(out, "rows_known_share", p->drift.share_known_rows);
  number(out, "rows_known_share_without_trivial", p->drift.share_known_apart);
  name_list(out, "columns_new", p->drift.new_names.data, p->drift.n_new);
  begin(out, "columns_gone", "[");
  for (uint32_t i = 0; i < p->n_columns; i++) {
    if (p->drift.columns[i].present || p->columns[i].is_target) continue;
    item(out);
    copse_text_appendf(out, "%" PRIu32, i);
  }
  raw(out, "]");
  begin(out, "columns", "[");
  for (uint32_t i = 0; i < p->n_columns; i++) {
    const struct column_drift *d = &p->drift.columns[i];
    if (!d->present) continue;
    element(out);
    count(out, "id", i);
    word(out, "type", column_type_names[d->other_type]);
    truth(out, "type_changed", d->type_changed);
    number(out, "psi", d->psi);
    number(out, "psi_null95", d->psi_chance);
    number(out, "ks", d->ks);
    number(out, "js", d->js);
    number(out, "w1", d->w1);
    number(out, "new_levels_share", d->share_new);
    truth(out, "moved", d->moved);
    raw(out, "}");
  }
  raw(out, "]");
  write_domain(out, &p->drift.domain);
  raw(out, "}");
}

static void write_column_since(copse_text *out, uint32_t id, const struct column_since *s,
                               const char *granularity) {
  element(out);
  count(out, "id", id);
  word(out, "type_before", column_type_names[s->drift.other_type]);
  truth(out, "type_changed", s->drift.type_changed);
  number(out, "missing_before", s->missing_before);
  number(out, "missing", s->missing);
  if (s->ranged) {
    number(out, "outside_before", s->outside_before);
    number(out, "outside", s->outside);
  }
  if (s->levelled) {
    number(out, "unnamed_before", s->unnamed_before);
    number(out, "unnamed", s->unnamed);
  }
  if (s->dated) {
    number(out, "older_before", s->older_before);
    number(out, "older", s->older);
    number(out, "later", s->later);
  }
  if (s->granularity_before != NULL) {
    word(out, "granularity_before", s->granularity_before);
    word(out, "granularity", granularity);
  }
  number(out, "psi", s->drift.psi);
  number(out, "psi_null95", s->drift.psi_chance);
  number(out, "ks", s->drift.ks);
  number(out, "js", s->drift.js);
  truth(out, "moved", s->drift.moved);
  raw(out, "}");
}

void json_since(copse_text *out, const copse_profile *p) {
  if (!p->since.present) return;
  begin(out, "since", "{");
  word(out, "profile", p->since.path);
  count(out, "rows", p->since.n_rows);
  truth(out, "values_told", !p->since.no_values);
  name_list(out, "columns_gone", p->since.gone.data, p->since.n_gone);
  begin(out, "columns_new", "[");
  for (uint32_t i = 0; i < p->n_columns; i++) {
    if (p->since.columns[i].drift.present) continue;
    item(out);
    copse_text_appendf(out, "%" PRIu32, i);
  }
  raw(out, "]");
  begin(out, "columns", "[");
  for (uint32_t i = 0; i < p->n_columns; i++)
    if (p->since.columns[i].drift.present)
      write_column_since(out, i, &p->since.columns[i], p->columns[i].date.granularity);
  raw(out, "]");
  alert_list(out, "findings", &p->since.findings);
  raw(out, "}");
}

void json_rows(copse_text *out, const copse_profile *p) {
  if (p->samples.n == 0) return;
  begin(out, "rows", "[");
  for (uint32_t i = 0; i < p->samples.n; i++) {
    const struct sample_row *row = &p->samples.rows[i];
    const char *text = row->bytes;
    element(out);
    count(out, "row", row->number + 1);
    begin(out, "cells", "[");
    for (uint32_t k = 0; k < p->n_columns; k++) {
      bool none = row->lengths[k] == (uint32_t)SAMPLES_NULL;
      item(out);
      if (none)
        raw(out, "null");
      else
        append_json(out, text, row->lengths[k]);
      text += none ? 0 : row->lengths[k];
    }
    raw(out, "]}");
  }
  raw(out, "]");
}
