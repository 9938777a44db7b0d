/* html_fold.c - columns that need no row of their own: the empty and the constant ones, those with the cells
 * of another one, and of very many columns those behind the others. Each kind is one line that unfolds. */
#include <math.h>
#include <stdio.h>

#include "report/html.h"

enum { FOLD_FROM = 4, NAMED = 2000, LINKED = 500 };

enum html_fold html_fold_of(const copse_profile *p, uint32_t i) {
  if (p->columns[i].type == TYPE_EMPTY) return HTML_FOLD_EMPTY;
  if (p->columns[i].type == TYPE_CONSTANT) return HTML_FOLD_CONSTANT;
  return p->pairs.twin != NULL && p->pairs.twin[i] != i ? HTML_FOLD_TWIN : HTML_FOLD_NONE;
}

void html_fold_find(const copse_profile *p, bool folded[N_HTML_FOLDS]) {
  uint32_t n[N_HTML_FOLDS] = {0};
  for (uint32_t i = 0; i < p->n_columns; i++) n[html_fold_of(p, i)]++;
  for (int kind = 0; kind < N_HTML_FOLDS; kind++)
    folded[kind] = kind != HTML_FOLD_NONE && n[kind] >= FOLD_FROM;
}

/* Names of many columns cost no element each; marks of direction keep them apart. */
static void put_name(copse_text *out, const copse_profile *p, uint32_t i, bool linked) {
  if (linked) {
    char tag[40];
    snprintf(tag, sizeof tag, "bdi id=\"r%u\"", i);
    html_data_in(out, tag, p->columns[i].name, 64);
    html_put(out, "</bdi>");
    return;
  }
  html_put(out, "\xE2\x81\xA8");
  html_plain(out, p->columns[i].name, 64);
  html_put(out, "\xE2\x81\xA9");
}

/* What a constant column always is, where that may be told; what a column is the same as. */
static void put_value(copse_text *out, const copse_profile *p, uint32_t i, enum html_fold kind) {
  const struct column_facts *c = &p->columns[i];
  if (kind == HTML_FOLD_TWIN) {
    html_put(out, " = ");
    put_name(out, p, p->pairs.twin[i], false);
  }
  if (kind != HTML_FOLD_CONSTANT) return;
  if (c->has_levels && c->levels.n_top > 0 && !c->levels.top[0].withheld) {
    html_put(out, " = \xE2\x81\xA8");
    html_plain(out, c->levels.top[0].text, 40);
    html_put(out, "\xE2\x81\xA9");
  } else if (c->has_number && !isnan(c->number.min)) {
    html_put(out, " = ");
    html_number(out, c->number.min);
  }
}

static void put_line(copse_text *out, const copse_profile *p, const uint32_t *list, uint32_t n,
                     enum html_fold kind) {
  static const char *const words[N_HTML_FOLDS] = {"more columns, of less weight", "columns are empty",
                                                  "columns are constant",
                                                  "columns have the cells of another one"};
  copse_text_appendf(out, "<div><details><summary>%u %s</summary><p>", n, words[kind]);
  for (uint32_t k = 0; k < n && k < NAMED; k++) {
    if (k > 0) html_put(out, ", ");
    put_name(out, p, list[k], k < LINKED);
    put_value(out, p, list[k], kind);
  }
  if (n > NAMED) copse_text_appendf(out, " and %u more, which the JSON output has", n - NAMED);
  html_put(out, "</p></details></div>\n");
}

void html_fold_lines(copse_text *out, const copse_profile *p, const uint32_t *rest, uint32_t n_rest) {
  bool folded[N_HTML_FOLDS];
  uint32_t *list = copse_alloc(p->ctx, p->n_columns, sizeof *list);
  if (list == NULL) {
    out->failed = true;
    return;
  }
  html_fold_find(p, folded);
  if (n_rest > 0) put_line(out, p, rest, n_rest, HTML_FOLD_NONE);
  for (int kind = HTML_FOLD_EMPTY; kind < N_HTML_FOLDS; kind++) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->n_columns && folded[kind]; i++)
      if (html_fold_of(p, i) == (enum html_fold)kind) list[n++] = i;
    if (n > 0) put_line(out, p, list, n, (enum html_fold)kind);
  }
  copse_free(list);
}
