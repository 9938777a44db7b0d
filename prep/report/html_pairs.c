/* html_pairs.c - pictures of how columns hang together: the associations of all, or of the 40 that matter
 * most, as one triangle, and the strongest pairs as cells. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "findings/alert.h"
#include "report/html.h"

enum { MOST = 40, LEAST = 3, LEVELS = 5, LABEL = 150 };
static const double level_from[LEVELS] = {0.1, 0.3, 0.5, 0.7, 0.9};
static const char *const level_shade[LEVELS] = {".15", ".35", ".55", ".9", "1"};

static double association(const copse_profile *p, uint32_t a, uint32_t b) {
  return (double)p->pairs.matrix[(size_t)a * p->n_columns + b];
}

/* ---- which columns, and in what order ---- */

struct chosen {
  uint32_t column;
  double weight;
};

static int compare_chosen(const void *a, const void *b) {
  const struct chosen *x = a, *y = b;
  if (x->weight != y->weight) return x->weight > y->weight ? -1 : 1;
  return x->column < y->column ? -1 : 1;
}

/* Of many columns those that tell most of the target; without one those with the strongest partner. */
static uint32_t choose(const copse_profile *p, uint32_t *out) {
  struct chosen *list = copse_alloc(p->ctx, p->n_columns, sizeof *list);
  uint32_t n = 0;
  for (uint32_t a = 0; a < p->n_columns && list != NULL; a++) {
    double most = -1;
    for (uint32_t b = 0; b < p->n_columns; b++)
      if (b != a && fabs(association(p, a, b)) > most) most = fabs(association(p, a, b));
    if (most < 0 || p->pairs.twin[a] != a) continue;
    double strength = html_strength(p, &p->columns[a]);
    if (p->columns[a].is_target) strength = 2;
    list[n++] = (struct chosen){a, isnan(strength) ? most - 1 : strength};
  }
  if (n > MOST) qsort(list, n, sizeof *list, compare_chosen);
  for (uint32_t i = 0; i < n && i < MOST; i++) out[i] = list[i].column;
  copse_free(list);
  return n < MOST ? n : MOST;
}

/* The strongest pair that two different groups have; false when all are one. */
static bool strongest(const copse_profile *p, const uint32_t *columns, const uint8_t *group, uint32_t n,
                      uint32_t *a, uint32_t *b) {
  double most = -1;
  for (uint32_t i = 0; i < n; i++)
    for (uint32_t j = i + 1; j < n; j++) {
      double v = fabs(association(p, columns[i], columns[j]));
      v = isnan(v) ? 0 : v;
      if (group[i] == group[j] || v <= most) continue;
      most = v;
      *a = i;
      *b = j;
    }
  return most >= 0;
}

/* Leaves of the single-link tree: what hangs together stands together. */
static void order(const copse_profile *p, uint32_t *columns, uint32_t n) {
  uint32_t next[MOST], last[MOST], sorted[MOST], a = 0, b = 0, k = 0; /* chains of the groups, by first */
  uint8_t group[MOST];
  for (uint32_t i = 0; i < n; i++) {
    next[i] = MOST;
    last[i] = i;
    group[i] = (uint8_t)i;
  }
  while (strongest(p, columns, group, n, &a, &b)) {
    uint8_t from = group[b], to = group[a];
    next[last[to]] = from;
    last[to] = last[from];
    for (uint32_t i = 0; i < n; i++)
      if (group[i] == from) group[i] = to;
  }
  for (uint32_t i = group[0]; i != MOST && k < n; i = next[i]) sorted[k++] = columns[i];
  memcpy(columns, sorted, n * sizeof *columns);
}

/* ---- the triangle ---- */

static int level_of(double v) {
  int level = -1;
  while (level + 1 < LEVELS && fabs(v) >= level_from[level + 1]) level++;
  return level;
}

static void put_cells(copse_text *out, const copse_profile *p, const uint32_t *columns, uint32_t n,
                      int size) {
  for (int sign = 0; sign < 2; sign++)
    for (int level = 0; level < LEVELS; level++) {
      bool any = false;
      for (uint32_t i = 1; i < n; i++)
        for (uint32_t j = 0; j < i; j++) {
          double v = association(p, columns[i], columns[j]);
          if (isnan(v) || level_of(v) != level || (v < 0) != (sign == 1)) continue;
          if (!any)
            copse_text_appendf(out, "<path fill=\"var(--c%d)\" fill-opacity=\"%s\" d=\"", sign + 1,
                               level_shade[level]);
          any = true;
          copse_text_appendf(out, "M%d %dh%dv%dh-%dz", (int)j * size, (int)i * size, size - 1, size - 1,
                             size - 1);
        }
      if (any) html_put(out, "\"/>");
    }
}

/* Numbers, in one colour on light cells and in another on dark ones. */
static void put_numbers(copse_text *out, const copse_profile *p, const uint32_t *columns, uint32_t n,
                        int size, bool dark) {
  copse_text_appendf(out, "<g class=\"%s\" text-anchor=\"middle\">", dark ? "onfull" : "onlight");
  for (uint32_t i = 1; i < n; i++)
    for (uint32_t j = 0; j < i; j++) {
      double v = association(p, columns[i], columns[j]);
      char text[16];
      if (isnan(v) || fabs(v) < 0.3 || (fabs(v) >= 0.7) != dark) continue;
      snprintf(text, sizeof text, "%.2f", fabs(v));
      copse_text_appendf(out, "<text x=\"%d\" y=\"%d\">%s</text>", (int)j * size + size / 2 - 1,
                         (int)i * size + size / 2 + 3, text[0] == '0' ? text + 1 : "1");
    }
  html_put(out, "</g>");
}

void html_heatmap(copse_text *out, const copse_profile *p) {
  uint32_t columns[MOST], n = p->pairs.matrix != NULL ? choose(p, columns) : 0;
  if (n < LEAST) return;
  int size = n <= 12 ? 34 : n <= 24 ? 26 : 20, side = (int)n * size;
  order(p, columns, n);
  html_put(out, "<p class=\"mute\">");
  if (n == MOST)
    copse_text_appendf(
        out, "The %d columns that %s. ", MOST,
        p->target.kind != TARGET_NONE ? "tell most of the target" : "have the closest partner");
  copse_text_appendf(out,
                     "Association of every two columns, those that hang together side by side: blue, or "
                     "orange where one falls as the other rises.</p><div class=\"wide\"><svg role=\"img\" "
                     "viewBox=\"0 0 %d %d\" style=\"width:%dpx;max-width:none\"><title>Associations of %u "
                     "columns; the table below has the strongest</title>",
                     side + LABEL, side, side + LABEL, n);
  put_cells(out, p, columns, n, size);
  put_numbers(out, p, columns, n, size, false);
  put_numbers(out, p, columns, n, size, true);
  for (uint32_t i = 0; i < n; i++) {
    copse_text_appendf(out, "<text x=\"%d\" y=\"%d\">", (int)i * size + 3, (int)i * size + size / 2 + 4);
    html_plain(out, p->columns[columns[i]].name, 22);
    html_put(out, "</text>");
  }
  html_put(out, "</svg></div>\n");
}

/* ---- pairs as cells ---- */

static void put_end(copse_text *out, int x, int y, const char *anchor, double value) {
  if (isnan(value)) return;
  copse_text_appendf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\">", x, y, anchor);
  html_number(out, value);
  html_put(out, "</text>");
}

static void put_grid(copse_text *out, const copse_profile *p, const struct pair_grid *grid) {
  const struct number_facts *x = &p->columns[grid->a].number, *y = &p->columns[grid->b].number;
  enum { SIDE = 216, LEFT = 4, TOP = 4, LAST = FACTS_QUANTILES - 1 };
  uint32_t most = 1, n = grid->size;
  for (uint32_t i = 0; i < n * n; i++)
    if (grid->counts[i] > most) most = grid->counts[i];
  html_put(out, "<div><p>");
  html_data(out, p->columns[grid->b].name, 40);
  html_put(out, " <span class=\"mute\">over</span> ");
  html_data(out, p->columns[grid->a].name, 40);
  html_put(out, grid->curved ? " <strong class=\"l1\">curved</strong>" : "");
  html_put(out,
           "</p><svg viewBox=\"0 0 270 240\" role=\"img\"><title>Rows by both columns; rank correlation ");
  html_fixed(out, grid->value);
  copse_text_appendf(out, "</title><path fill=\"none\" stroke=\"var(--line)\" d=\"M%d %dh%dv%dh-%dz\"/>",
                     LEFT, TOP, SIDE, SIDE, SIDE);
  for (int level = 0; level < LEVELS; level++) {
    bool any = false;
    for (uint32_t i = 0; i < n * n; i++) {
      int own = (int)(sqrt((double)grid->counts[i] / most) * LEVELS);
      if (grid->counts[i] == 0 || (own < LEVELS ? own : LEVELS - 1) != level) continue;
      int left = (int)(i % n * SIDE / n), right = (int)((i % n + 1) * SIDE / n);
      int low = (int)(i / n * SIDE / n), high = (int)((i / n + 1) * SIDE / n);
      if (!any)
        copse_text_appendf(out, "<path fill=\"var(--c1)\" fill-opacity=\"%s\" d=\"", level_shade[level]);
      any = true;
      copse_text_appendf(out, "M%d %dh%dv%dh-%dz", LEFT + left, TOP + SIDE - high, right - left, high - low,
                         right - left);
    }
    if (any) html_put(out, "\"/>");
  }
  put_end(out, LEFT + SIDE + 4, TOP + 10, "start", y->quantiles[LAST]);
  put_end(out, LEFT + SIDE + 4, TOP + SIDE, "start", y->quantiles[0]);
  put_end(out, LEFT, TOP + SIDE + 14, "start", x->quantiles[0]);
  put_end(out, LEFT + SIDE, TOP + SIDE + 14, "end", x->quantiles[LAST]);
  html_put(out, "</svg></div>");
}

void html_grids(copse_text *out, const copse_profile *p) {
  if (p->pairs.n_grids == 0) return;
  html_put(out,
           "<h3>Pairs of numbers</h3><p class=\"mute\">More colour where more rows are; from the 1st to the "
           "99th percentile of both");
  html_put(out, p->options.values == COPSE_VALUES_FULL
                    ? ".</p><div class=\"grids\">"
                    : "; cells of fewer than 10 rows are left empty.</p><div class=\"grids\">");
  for (uint32_t i = 0; i < p->pairs.n_grids; i++) put_grid(out, p, &p->pairs.grids[i]);
  html_put(out, "</div>\n");
}

void html_curved(copse_text *out, const copse_profile *p) {
  if (p->pairs.n_curved == 0) return;
  html_put(out,
           "<div class=\"wide\"><table class=\"s\"><caption>Curved: they hardly rise or fall together, and "
           "yet one tells much of the other</caption><thead><tr>");
  html_head_cell(out, "column", "");
  html_head_cell(out, "and", "t");
  html_head_cell(out, "told", "");
  html_head_cell(out, "Spearman", "o");
  html_put(out, "</tr></thead><tbody>");
  for (uint32_t i = 0; i < p->pairs.n_curved; i++) {
    const struct curved *c = &p->pairs.curved[i];
    html_put(out, "<tr>");
    html_data_in(out, "td", p->columns[c->a].name, 64);
    html_put(out, "</td>");
    html_data_in(out, "td class=\"w\"", p->columns[c->b].name, 64);
    html_put(out, "</td>");
    html_number_cell(out, c->told, "");
    html_share(out, c->told);
    html_put(out, "</td>");
    html_number_cell(out, c->rank, "o");
    html_fixed(out, c->rank);
    html_put(out, "</td></tr>");
  }
  html_put(out, "</tbody></table></div>\n");
}
