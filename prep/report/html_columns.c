/* html_columns.c - the table of all columns: the page's table of contents. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/html.h"

/* How well the column alone tells the target. */
double html_strength(const copse_profile *p, const struct column_facts *c) {
  if (!c->view.present) return (double)NAN;
  return p->target.kind == TARGET_NUMBER ? c->view.r2_oof : c->view.auc_best;
}

uint32_t html_alerts_of(const copse_profile *p, uint32_t column, int *level) {
  uint32_t n = 0;
  *level = -1;
  for (uint32_t i = 0; i < p->alerts.n; i++) {
    const struct alert *alert = &p->alerts.list[i];
    for (uint32_t k = 0; k < alert->n_columns; k++) {
      if (alert->columns[k] != column) continue;
      if ((int)alert->level > *level) *level = (int)alert->level;
      n++;
    }
  }
  return n;
}

/* What filters look at: the name, and the type with the level of the gravest alert. */
void html_filter_data(copse_text *out, const copse_profile *p, uint32_t column) {
  static const char *const levels[] = {"", " note", " warning", " critical"};
  int level;
  (void)html_alerts_of(p, column, &level);
  html_put(out, "data-n=\"");
  html_lower(out, p->columns[column].name);
  copse_text_appendf(out, "\" data-t=\"%s%s\"", column_type_names[p->columns[column].type],
                     levels[level + 1]);
}

/* What the strongest of as many columns would reach by chance, at least the 95 % interval. */
static bool by_chance(const copse_profile *p, const struct column_facts *c) {
  double band = fmax(1.96, sqrt(2 * log((double)p->n_columns)));
  return c->view.present && p->target.kind != TARGET_NUMBER && c->view.auc_best - 0.5 < band * c->view.auc_se;
}

static void put_row(copse_text *out, const copse_profile *p, uint32_t i, bool card) {
  const struct column_facts *c = &p->columns[i];
  int level;
  uint32_t n_alerts = html_alerts_of(p, i, &level);
  copse_text_appendf(out, "<tr id=\"r%u\" ", i);
  html_filter_data(out, p, i);
  html_put(out, "><td>");
  char link[40];
  snprintf(link, sizeof link, "a href=\"#c%u\"", i);
  if (card)
    html_data_in(out, link, c->name, 64);
  else
    html_data(out, c->name, 64);
  html_put(out, card ? "</a></td><td class=\"o t\">" : "</td><td class=\"o t\">");
  html_put(out, column_type_names[c->type]);
  html_put(out, "</td><td class=\"o t\">");
  if (html_fold_of(p, i) == HTML_FOLD_TWIN) {
    html_put(out, "= ");
    html_plain(out, p->columns[p->pairs.twin[i]].name, 24);
  } else {
    chart_spark(out, c);
  }
  html_put(out, "</td>");
  double missing = (double)c->n_missing / (double)c->n; /* bands of DataExplorer */
  html_number_cell(out, missing, missing >= 0.8 ? "l2" : missing >= 0.4 ? "l1" : "");
  html_share(out, (double)c->n_missing / (double)c->n);
  html_put(out, "</td>");
  html_number_cell(out, round(c->distinct), "o");
  if (!c->distinct_exact) html_put(out, "\xE2\x89\x88 ");
  html_count(out, round(c->distinct));
  html_put(out, "</td>");
  if (p->target.kind != TARGET_NONE) {
    html_number_cell(out, html_strength(p, c), by_chance(p, c) ? "mute" : "");
    html_fixed(out, html_strength(p, c));
    html_put(out, "</td>");
    double second = p->target.kind == TARGET_CLASSES ? c->view.explained : c->view.iv;
    if (!c->view.present) second = (double)NAN;
    html_number_cell(out, second, "o");
    html_fixed(out, second);
    html_put(out, "</td>");
  }
  html_number_cell(out, c->has_number ? c->number.quantiles[3] : (double)NAN, "o");
  if (c->has_number) html_number(out, c->number.quantiles[3]);
  html_put(out, "</td>");
  html_number_cell(out, n_alerts > 0 ? (level + 1) * 1000.0 + n_alerts : 0, "");
  static const char *const marks[] = {"\xE2\x97\x8B ", "\xE2\x96\xB2 ", "\xE2\x97\x8F "};
  if (n_alerts > 0) copse_text_appendf(out, "<strong class=\"l%d\">%s</strong>", level, marks[level]);
  copse_text_appendf(out, "%u</td></tr>\n", n_alerts);
}

/* ---- the order of the rows: of the file; with many columns what to look at first ---- */

struct ordered {
  uint32_t column, n_alerts;
  int level;
  double strength;
};

static int compare_ordered(const void *a, const void *b) {
  const struct ordered *x = a, *y = b;
  if (x->level != y->level) return x->level > y->level ? -1 : 1;
  if (x->strength != y->strength) return x->strength > y->strength ? -1 : 1;
  return x->column < y->column ? -1 : 1;
}

static void order_columns(const copse_profile *p, struct ordered *list) {
  for (uint32_t i = 0; i < p->n_columns; i++) {
    const struct column_facts *c = &p->columns[i];
    list[i] = (struct ordered){.column = i, .strength = html_strength(p, c)};
    list[i].n_alerts = html_alerts_of(p, i, &list[i].level);
    if (isnan(list[i].strength)) list[i].strength = -1;
    if (html_fold_of(p, i) != HTML_FOLD_NONE) list[i].level = -2;
  }
  if (p->n_columns > HTML_OPEN_CARDS) qsort(list, p->n_columns, sizeof *list, compare_ordered);
}

static void put_filters(copse_text *out, const copse_profile *p, const bool *folded) {
  static const char *const levels[] = {"critical", "warning", "note"};
  uint32_t types[N_COLUMN_TYPES] = {0};
  for (uint32_t i = 0; i < p->n_columns; i++) types[p->columns[i].type] += !folded[html_fold_of(p, i)];
  html_put(out,
           "<p class=\"find\" hidden><input type=\"search\" id=\"f\" aria-label=\"Filter columns by name\" "
           "placeholder=\"Filter by name\"> <select id=\"k\" aria-label=\"Filter columns by type or alert\">"
           "<option value=\"\">all types and alerts</option>");
  for (size_t i = 0; i < 3; i++) copse_text_appendf(out, "<option>%s</option>", levels[i]);
  for (int i = 0; i < N_COLUMN_TYPES; i++)
    if (types[i] > 0) copse_text_appendf(out, "<option>%s</option>", column_type_names[i]);
  copse_text_appendf(out, "</select> <output id=\"s\">%u columns</output></p>", p->n_columns);
}

void html_columns(copse_text *out, const copse_profile *p, const uint8_t *cards) {
  struct ordered *list = copse_alloc(p->ctx, p->n_columns, sizeof *list);
  uint32_t *rest = copse_alloc(p->ctx, p->n_columns, sizeof *rest), n_rest = 0, n_rows = 0;
  bool folded[N_HTML_FOLDS];
  if (list == NULL || rest == NULL) {
    copse_free(list);
    copse_free(rest);
    out->failed = true;
    return;
  }
  html_fold_find(p, folded);
  order_columns(p, list);
  html_put(out, "<h2 id=\"columns\">Columns</h2>");
  put_filters(out, p, folded);
  html_put(out, "<div class=\"wide\"><table class=\"s\"><caption>One row for each column; ");
  if (p->n_columns > HTML_OPEN_CARDS) html_put(out, "those with alerts first, then the strongest; ");
  html_put(out, "a heading sorts</caption><thead><tr>");
  html_head_cell(out, "column", "");
  html_head_cell(out, "type", "o t");
  html_put(out, "<th scope=\"col\" class=\"o t\">shape</th>");
  html_head_cell(out, "missing", "");
  html_head_cell(out, "distinct", "o");
  if (p->target.kind != TARGET_NONE) {
    html_head_cell(out, p->target.kind == TARGET_NUMBER ? "R\xC2\xB2" : "AUC", "");
    html_head_cell(out, p->target.kind == TARGET_CLASSES ? "entropy" : "IV", "o");
  }
  html_head_cell(out, "median", "o");
  html_head_cell(out, "alerts", "");
  html_put(out, "</tr></thead><tbody>\n");
  for (uint32_t i = 0; i < p->n_columns; i++) {
    uint32_t at = list[i].column;
    if (folded[html_fold_of(p, at)]) continue;
    if (n_rows++ < HTML_ROWS)
      put_row(out, p, at, cards[at] != HTML_NO_CARD);
    else
      rest[n_rest++] = at;
  }
  html_put(out, "</tbody></table></div>\n");
  html_fold_lines(out, p, rest, n_rest);
  copse_free(list);
  copse_free(rest);
}

/* ---- which columns have a card ---- */

size_t html_elements(const copse_text *piece) {
  size_t n = 0;
  for (size_t i = 0; i + 1 < piece->length; i++) n += piece->data[i] == '<' && piece->data[i + 1] >= 'a';
  return n;
}

/* Elements of a card, by making it. */
static size_t card_elements(const copse_profile *p, uint32_t column, bool bins, copse_text *room) {
  room->length = 0;
  html_card(room, p, column, false, bins);
  return html_elements(room);
}

/* Columns that are neither empty nor constant nor another one's twin have a card, of many those with
 * warnings, then the strongest; the target by part is shown where it says something. What does not fit is
 * left out from the end: first parts, then cards. */
bool html_choose_cards(const copse_profile *p, size_t other, uint8_t *cards) {
  enum { MANY = 150 };
  copse_text room = {.ctx = p->ctx};
  uint32_t n = 0, n_columns = p->n_columns;
  bool few = n_columns <= HTML_OPEN_CARDS;
  struct ordered *list = copse_alloc(p->ctx, n_columns, sizeof *list);
  if (list == NULL) return false;
  order_columns(p, list);
  memset(cards, HTML_NO_CARD, n_columns);
  for (uint32_t i = 0; i < n_columns; i++) {
    uint32_t at = list[i].column;
    bool worth = html_fold_of(p, at) == HTML_FOLD_NONE;
    if (few && worth) cards[at] = HTML_CARD_WITH_BINS;
    if (few || !worth || n == HTML_CARDS) continue;
    size_t more = card_elements(p, at, false, &room);
    if (other + more > HTML_ELEMENTS) break;
    other += more;
    cards[at] = HTML_CARD;
    n++;
  }
  for (uint32_t i = 0; i < n_columns && !few; i++) {
    uint32_t at = list[i].column;
    double strength = html_strength(p, &p->columns[at]), chance = p->target.kind == TARGET_NUMBER ? 0 : 0.5;
    bool strong = fabs(strength - chance) >= 0.02;
    if (cards[at] != HTML_CARD || (n > MANY && !strong)) continue;
    size_t more = card_elements(p, at, true, &room) - card_elements(p, at, false, &room);
    if (other + more > HTML_ELEMENTS) break;
    other += more;
    cards[at] = HTML_CARD_WITH_BINS;
  }
  bool ok = !room.failed;
  copse_text_release(&room);
  copse_free(list);
  return ok;
}
