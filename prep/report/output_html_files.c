/* output_html_files.c - the parts of the page that look beside the file: what changed since an earlier
 * profile, another file, and rows as they are. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "report/html.h"

void html_findings(copse_text *out, const struct alert_list *alerts, const uint8_t *cards) {
  static const char *const marks[] = {"\xE2\x97\x8B note", "\xE2\x96\xB2 warning", "\xE2\x97\x8F critical"};
  enum { FIRST = 12, FEW = 2 };
  bool fold = alerts->n > FIRST + FEW;
  html_put(out, "<ul class=\"alerts\">");
  for (uint32_t i = 0; i < alerts->n; i++) {
    if (fold && i == FIRST)
      copse_text_appendf(out,
                         "</ul><div><details><summary>%u more, of less weight</summary><ul class=\"alerts\">",
                         alerts->n - FIRST);
    const struct alert *a = &alerts->list[i];
    copse_text_appendf(out, "<li class=\"l%d\"><strong>%s</strong> ", (int)a->level, marks[a->level]);
    html_plain(out, a->text, ALERT_TEXT);
    html_put(out, "<span class=\"fix\">");
    html_plain(out, a->remedy, ALERT_TEXT);
    if (a->n_columns == 1 && cards != NULL)
      copse_text_appendf(out, " <a href=\"#%s%u\">Show the column</a>", cards[a->columns[0]] ? "c" : "r",
                         a->columns[0]);
    html_put(out, "</span></li>");
  }
  html_put(out, fold ? "</ul></details></div>\n" : "</ul>\n");
}

/* ---- since an earlier profile ---- */

static void put_shares(copse_text *out, bool there, double before, double now) {
  html_number_cell(out, there ? now - before : (double)NAN, "o");
  if (there) {
    html_share(out, before);
    html_put(out, " \xE2\x86\x92 ");
    html_share(out, now);
  }
  html_put(out, "</td>");
}

/* What a table of so many rows leaves out. */
static void put_cut(copse_text *out, uint32_t n) {
  if (n > HTML_FILE_ROWS)
    copse_text_appendf(out, "<p class=\"mute\">The first %d of %u; the JSON output has all.</p>\n",
                       HTML_FILE_ROWS, n);
}

static void put_since_row(copse_text *out, const struct column_facts *c, const struct column_since *s) {
  html_put(out, "<tr>");
  html_data_in(out, "td", c->name, 64);
  html_put(out, "</td>");
  html_number_cell(out, s->drift.psi, "");
  html_fixed(out, s->drift.psi);
  html_put(out, "</td>");
  html_number_cell(out, s->drift.psi_chance, "o");
  html_fixed(out, s->drift.psi_chance);
  html_put(out, "</td>");
  put_shares(out, true, s->missing_before, s->missing);
  put_shares(out, s->ranged || s->levelled || s->dated,
             s->ranged  ? s->outside_before
             : s->dated ? s->older_before
                        : s->unnamed_before,
             s->ranged  ? s->outside
             : s->dated ? s->older
                        : s->unnamed);
  html_put(out, "</tr>");
}

/* Columns that changed, with their figures; of many that did not the JSON tells. */
static bool is_told(const struct column_since *s) {
  return s->drift.present && !s->drift.type_changed &&
         (s->missing_moved || s->left || s->fresh || s->aged || s->drift.moved);
}

static void put_since_table(copse_text *out, const copse_profile *p) {
  uint32_t n = 0;
  for (uint32_t i = 0; i < p->n_columns; i++) n += is_told(&p->since.columns[i]);
  if (n == 0) return;
  html_put(out,
           "<div class=\"wide\"><table class=\"s\"><caption>Columns that changed, before \xE2\x86\x92 "
           "now</caption><thead><tr>");
  html_head_cell(out, "column", "");
  html_head_cell(out, "PSI", "");
  html_head_cell(out, "by chance", "o");
  html_head_cell(out, "missing", "o");
  html_head_cell(out, "out of range, older, or unnamed level", "o");
  html_put(out, "</tr></thead><tbody>");
  for (uint32_t i = 0, row = 0; i < p->n_columns; i++)
    if (is_told(&p->since.columns[i]) && row++ < HTML_FILE_ROWS)
      put_since_row(out, &p->columns[i], &p->since.columns[i]);
  html_put(out, "</tbody></table></div>\n");
  put_cut(out, n);
}

void html_since(copse_text *out, const copse_profile *p) {
  if (!p->since.present) return;
  html_put(out, "<h2 id=\"since\">Since ");
  html_data(out, p->since.path, 200);
  html_put(out, "</h2><p>");
  html_count(out, (double)p->since.n_rows);
  html_put(out, " rows before, now ");
  html_count(out, (double)p->n_rows);
  html_put(out, p->since.findings.n == 0 ? ": nothing changed beyond chance." : ".");
  if (p->since.no_values)
    html_put(out,
             " The earlier profile was made with values=none: types and missing cells are compared, "
             "nothing else.");
  html_put(out, "</p>");
  html_findings(out, &p->since.findings, NULL);
  put_since_table(out, p);
}

/* ---- another file ---- */

static void put_domain(copse_text *out, const copse_profile *p) {
  const struct domain *d = &p->drift.domain;
  if (isnan(d->auc)) return;
  html_put(out, "<p>A model that was to tell rows of the two files apart does so with AUC ");
  html_fixed(out, d->auc);
  html_put(out, " \xC2\xB1 ");
  html_fixed(out, 1.96 * d->auc_se);
  html_put(out, " on rows that it was not trained on; 0.5 is chance");
  for (uint32_t i = 0; i < d->n_columns && domain_is_told(d); i++) {
    html_put(out, i == 0 ? ". Its splits gained most by " : ", ");
    html_data(out, p->columns[d->columns[i]].name, 64);
    html_put(out, " (");
    html_share(out, d->gain_share[i]);
    html_put(out, ")");
  }
  html_put(out, ".</p>");
}

void html_drift(copse_text *out, const copse_profile *p) {
  if (!p->drift.present) return;
  html_put(out, "<h2 id=\"drift\">Drift</h2><p>Against ");
  html_data(out, p->against, 200);
  html_put(out, ": ");
  html_count(out, (double)p->drift.n_rows);
  if (isnan(p->drift.share_known_rows)) {
    html_put(out, " rows, which cannot be compared: columns are missing there.");
  } else {
    html_put(out, " rows, ");
    html_share(out, p->drift.share_known_rows);
    html_put(out, " of them in this file too.");
  }
  html_put(out, "</p>");
  put_domain(out, p);
  html_put(out,
           "<div class=\"wide\"><table class=\"s\"><caption>How far each "
           "column moved"
           "</caption><thead><tr>");
  html_head_cell(out, "column", "");
  html_head_cell(out, "PSI", "");
  html_head_cell(out, "by chance", "o");
  html_head_cell(out, "KS", "o");
  html_head_cell(out, "W1", "o");
  html_head_cell(out, "JS", "");
  html_head_cell(out, "new values", "");
  html_put(out, "</tr></thead><tbody>");
  uint32_t n = 0;
  for (uint32_t i = 0; i < p->n_columns; i++) {
    const struct column_drift *d = &p->drift.columns[i];
    const double cells[] = {d->psi, d->psi_chance, d->ks, d->w1, d->js};
    bool still = p->n_columns > HTML_FILE_ROWS && d->present && !d->moved && !d->type_changed;
    if ((!d->present && p->columns[i].is_target) || still || n++ >= HTML_FILE_ROWS) continue;
    html_put(out, "<tr>");
    html_data_in(out, "td", p->columns[i].name, 64);
    html_put(out, "</td>");
    if (!d->present || d->type_changed) {
      for (int k = 0; k < 5; k++)
        html_put(out, k >= 1 && k <= 3 ? "<td class=\"o\" data-v=\"\"></td>" : "<td data-v=\"\"></td>");
      html_put(out, "<td class=\"w\" data-v=\"\">");
      html_put(out, d->present ? column_type_names[d->other_type] : "not there");
      html_put(out, d->present ? " there</td></tr>" : "</td></tr>");
      continue;
    }
    for (int k = 0; k < 5; k++) {
      html_number_cell(out, cells[k], k >= 1 && k <= 3 ? "o" : "");
      html_fixed(out, cells[k]);
      html_put(out, "</td>");
    }
    html_number_cell(out, d->share_new, "");
    html_share(out, d->share_new);
    html_put(out, "</td></tr>");
  }
  html_put(out, "</tbody></table></div>\n");
  put_cut(out, n);
  if (p->n_columns > HTML_FILE_ROWS)
    html_put(out, "<p class=\"mute\">Columns that did not move are in the JSON output.</p>\n");
  if (p->drift.n_new == 0) return;
  html_put(out, "<p>In the other file alone: ");
  const char *name = p->drift.new_names.data;
  for (uint32_t i = 0; i < p->drift.n_new && i < HTML_FILE_ROWS; i++, name += strlen(name) + 1) {
    if (i > 0) html_put(out, ", ");
    html_data(out, name, 64);
  }
  html_put(out, "</p>\n");
}

/* ---- rows ---- */

static void put_row(copse_text *out, const struct sample_row *row, uint32_t n_columns) {
  const char *cell = row->bytes;
  copse_text_appendf(out, "<tr><td>%" PRIu64 "</td>", row->number + 1);
  for (uint32_t i = 0; i < n_columns; i++) {
    char text[VALUES_TEXT_KEPT + 1] = "";
    bool none = row->lengths[i] == (uint32_t)SAMPLES_NULL;
    if (!none) memcpy(text, cell, row->lengths[i]);
    html_data_in(out, "td", text, 40);
    html_put(out, "</td>");
    cell += none ? 0 : row->lengths[i];
  }
  html_put(out, "</tr>");
}

void html_rows(copse_text *out, const copse_profile *p) {
  enum { CELLS = 4000 };
  uint32_t n = p->samples.n, most = CELLS / p->n_columns > 0 ? CELLS / p->n_columns : 1;
  if (n == 0) return;
  if (p->n_columns > CELLS / 2) {
    html_put(out, "<h2 id=\"rows\">Rows</h2><p>Of so many columns the JSON output has them.</p>\n");
    return;
  }
  html_put(out, "<h2 id=\"rows\">Rows</h2><p>Drawn by their numbers, over the whole file.");
  if (n > most) copse_text_appendf(out, " The first %u of %u, which the JSON output has all.", most, n);
  html_put(out, "</p><div class=\"wide\"><table><thead><tr><th scope=\"col\">row</th>");
  for (uint32_t i = 0; i < p->n_columns; i++) {
    html_data_in(out, "th scope=\"col\"", p->columns[i].name, 40);
    html_put(out, "</th>");
  }
  html_put(out, "</tr></thead><tbody>");
  for (uint32_t i = 0; i < n && i < most; i++) put_row(out, &p->samples.rows[i], p->n_columns);
  html_put(out, "</tbody></table></div>\n");
}
