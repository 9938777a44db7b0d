/* output_html_relations.c - the parts of the page about columns that go together: in their values, and in
 * what is missing. */
#include <math.h>
#include <string.h>

#include "report/html.h"

/* ---- between columns ---- */

void html_relations(copse_text *out, const copse_profile *p) {
  html_put(out, "<h2 id=\"relations\">Relations</h2>");
  html_heatmap(out, p);
  html_grids(out, p);
  html_curved(out, p);
  if (p->pairs.n_list == 0) {
    html_put(out,
             p->pairs.skipped
                 ? "<p>Not looked for: the file has more than 1,000 columns. Columns with the same values "
                   "are told above.</p>"
                 : "<p>No two columns hang together (association of 0.3 and more).</p>");
    return;
  }
  html_put(out, "<div class=\"wide\"><table class=\"s\"><caption>The strongest pairs, on ");
  html_count(out, (double)p->pairs.n_rows);
  html_put(out, " rows</caption><thead><tr>");
  html_head_cell(out, "column", "");
  html_head_cell(out, "and", "t");
  html_head_cell(out, "association", "");
  html_head_cell(out, "Pearson", "o");
  html_put(out, "<th scope=\"col\" class=\"o t\">measure</th></tr></thead><tbody>");
  for (uint32_t i = 0; i < p->pairs.n_list; i++) {
    const struct pair *pair = &p->pairs.list[i];
    html_put(out, "<tr>");
    html_data_in(out, "td", p->columns[pair->a].name, 64);
    html_put(out, "</td>");
    html_data_in(out, "td class=\"w\"", p->columns[pair->b].name, 64);
    html_put(out, "</td>");
    html_number_cell(out, fabs(pair->value), "");
    html_fixed(out, pair->value);
    html_put(out, "</td>");
    html_number_cell(out, fabs(pair->pearson), "o");
    if (!isnan(pair->pearson)) html_fixed(out, pair->pearson);
    html_put(out, "</td><td class=\"o t\">");
    html_put(out, strcmp(pair->measure, "spearman") == 0    ? "Spearman"
                  : strcmp(pair->measure, "cramers_v") == 0 ? "Cram\xC3\xA9r's V"
                                                            : "correlation ratio");
    html_put(out, "</td></tr>");
  }
  html_put(out, "</tbody></table></div>\n");
}

/* ---- missing together ---- */

static void put_gap(copse_text *out, const copse_profile *p, uint64_t n_rows, const struct gap *gap) {
  enum { NAMES = 24 };
  html_put(out, "<tr><td>");
  for (uint32_t i = 0; gap != NULL && i < gap->n_columns && i < NAMES; i++) {
    if (i > 0) html_put(out, ", ");
    html_data(out, p->columns[gap->columns[i]].name, 64);
  }
  if (gap == NULL) html_put(out, "nothing");
  if (gap != NULL && gap->n_columns > NAMES) copse_text_appendf(out, " and %u more", gap->n_columns - NAMES);
  html_put(out, "</td><td>");
  html_count(out, (double)n_rows);
  html_put(out, " (");
  html_share(out, (double)n_rows / (double)p->gaps.n_rows);
  copse_text_appendf(out, ")</td><td class=\"bar\" style=\"--w:%.1f%%\"></td></tr>",
                     100.0 * (double)n_rows / (double)p->gaps.n_rows);
}

void html_gaps(copse_text *out, const copse_profile *p) {
  if (!p->gaps.any_together) return;
  html_put(out,
           "<h2 id=\"missing\">Missing together</h2><div class=\"wide\"><table><caption>The commonest "
           "patterns, on ");
  html_count(out, (double)p->gaps.n_rows);
  html_put(out,
           " rows</caption><thead><tr><th scope=\"col\">missing</th><th scope=\"col\">rows</th><th></th>"
           "</tr></thead><tbody>");
  put_gap(out, p, p->gaps.n_complete, NULL);
  for (uint32_t i = 0; i < p->gaps.n; i++) put_gap(out, p, p->gaps.list[i].n_rows, &p->gaps.list[i]);
  html_put(out, "</tbody></table></div>");
  if (p->gaps.n_other > 0) {
    html_put(out, "<p class=\"mute\">");
    html_count(out, (double)p->gaps.n_other);
    html_put(out, " rows have other patterns.</p>");
  }
  html_put(out, "\n");
}
