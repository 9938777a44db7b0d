/* output_html.c - the profile as one page: what to decide first, then the target, a table of all columns, a
 * card for each, what hangs together, the other file, and how it was made. No tabs: searching and printing
 * find everything. A page of many columns degrades in steps, which its last section tells. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "findings/alert.h"
#include "report/html.h"
#include "report/output.h"

static void put_head(copse_text *out, const copse_profile *p) {
  html_put(out,
           "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta "
           "http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
           "script-src 'sha256-");
  html_put(out, page_script_hash);
  html_put(out,
           "'; img-src data:; base-uri 'none'; form-action 'none'\"><meta name=\"referrer\" "
           "content=\"no-referrer\">"
           "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><link rel=\"icon\" "
           "href=\"data:,\"><title>Profile of ");
  html_plain(out, p->path, 100);
  html_put(out, "</title><style>");
  html_put(out, page_style);
  html_put(out, "</style></head><body");
  if (p->n_columns > HTML_OPEN_CARDS) html_put(out, " class=\"many\"");
  html_put(out,
           "><a class=\"skip\" href=\"#columns\">Skip to the columns</a>\n<nav "
           "aria-label=\"Sections\">"
           "<a href=\"#glance\">Glance</a><a href=\"#alerts\">Decide</a>");
  if (p->since.present) html_put(out, "<a href=\"#since\">Changes</a>");
  if (p->target.kind != TARGET_NONE) html_put(out, "<a href=\"#target\">Target</a>");
  html_put(
      out,
      "<a href=\"#columns\">Columns</a><a href=\"#cards\">Cards</a><a href=\"#relations\">Relations</a>");
  if (p->gaps.any_together) html_put(out, "<a href=\"#missing\">Missing</a>");
  if (p->drift.present) html_put(out, "<a href=\"#drift\">Drift</a>");
  if (p->samples.n > 0) html_put(out, "<a href=\"#rows\">Rows</a>");
  html_put(out, "<a href=\"#made\">Made</a></nav><main>\n");
}

static void open_tile(copse_text *out) { html_put(out, "<div><b>"); }
static void close_tile(copse_text *out, const char *name) {
  html_put(out, "</b><span>");
  html_put(out, name);
  html_put(out, "</span></div>");
}

static void put_glance(copse_text *out, const copse_profile *p) {
  uint32_t levels[3] = {0};
  for (uint32_t i = 0; i < p->alerts.n; i++) levels[p->alerts.list[i].level]++;
  html_put(out, "<h1 id=\"glance\">Profile of ");
  html_data(out, p->path, 200);
  html_put(out, "</h1><p>");
  if (levels[2] + levels[1] == 0)
    html_put(out, "Nothing stands in the way of training.");
  else
    copse_text_appendf(out, "Ready to train after %u decision%s.", levels[2] + levels[1],
                       levels[2] + levels[1] == 1 ? "" : "s");
  html_put(out, "</p><div class=\"tiles\">");
  open_tile(out);
  html_count(out, (double)p->n_rows);
  close_tile(out, "rows");
  open_tile(out);
  html_count(out, p->n_columns);
  close_tile(out, "columns");
  open_tile(out);
  html_share(out, (double)p->n_cells_missing / ((double)p->n_rows * p->n_columns));
  close_tile(out, "of the cells missing");
  if (p->n_cells_missing > 0) {
    open_tile(out);
    if (!p->complete_exact) html_put(out, "\xE2\x89\x88 ");
    html_share(out, (double)p->n_complete / (double)p->n_rows);
    close_tile(out, "of the rows miss nothing");
  }
  open_tile(out);
  html_share(out, p->rows.share_repeated);
  close_tile(out, "of the rows repeat another");
  if (p->target.kind == TARGET_BINARY) {
    open_tile(out);
    html_share(out, p->target.rate);
    html_put(out, "</b><span>of the rows have target ");
    html_value(out, &p->target.classes[p->target.positive], p->target.positive);
    html_put(out, "</span></div>");
  }
  open_tile(out);
  copse_text_appendf(out, "%u / %u / %u", levels[2], levels[1], levels[0]);
  close_tile(out, "critical, warnings, notes");
  html_put(out, "</div>\n");
}

static void put_alerts(copse_text *out, const copse_profile *p, const uint8_t *cards) {
  html_put(out, "<h2 id=\"alerts\">Decide first</h2>");
  if (p->alerts.n == 0) html_put(out, "<p>No alert.</p>");
  html_findings(out, &p->alerts, cards);
}

/* The target over time, by the dates that the fewest rows lack. */
static void put_over_time(copse_text *out, const copse_profile *p) {
  const struct column_facts *best = NULL;
  for (uint32_t i = 0; i < p->n_columns; i++) {
    const struct column_facts *c = &p->columns[i];
    if (c->has_date && c->date.has_target && (best == NULL || c->n_missing < best->n_missing)) best = c;
  }
  if (best == NULL) return;
  copse_text_appendf(out, "<h3>Over time: per %s of ", best->date.unit);
  html_data(out, best->name, 64);
  html_put(out, "</h3><div class=\"time\">");
  chart_over_time(out, &best->date, p->target.kind != TARGET_NUMBER);
  html_put(out, "</div>\n");
}

static void put_target(copse_text *out, const copse_profile *p) {
  const struct target_facts *t = &p->target;
  if (t->kind == TARGET_NONE) return;
  html_put(out, "<h2 id=\"target\">Target ");
  html_data(out, p->columns[t->column].name, 64);
  html_put(out, "</h2>");
  if (t->kind == TARGET_UNUSABLE) {
    html_put(out, "<p>Nothing can be shown beside this column.</p>");
    return;
  }
  html_put(out, "<p>");
  html_count(out, (double)t->n_labelled);
  if (t->kind == TARGET_NUMBER) {
    html_put(out, " rows with a number; mean ");
    html_number(out, t->rate);
    html_put(out, ", standard deviation ");
    html_number(out, t->std);
    html_put(out, ".</p>");
    put_over_time(out, p);
    return;
  }
  html_put(out, " rows with a class. Rates are those of ");
  html_value(out, &t->classes[t->positive], t->positive);
  html_put(out, ": ");
  html_share(out, t->rate);
  html_put(out, " (95 % interval ");
  html_share(out, t->ci_lo);
  html_put(out, " \xE2\x80\xA6 ");
  html_share(out, t->ci_hi);
  html_put(
      out,
      ").</p><div class=\"wide\"><table><caption>Classes</caption><thead><tr><th scope=\"col\">class</th><th "
      "scope=\"col\">rows</th><th scope=\"col\">share</th></tr></thead><tbody>");
  for (uint32_t i = 0; i < t->n_classes; i++) {
    html_put(out, "<tr>");
    html_value_cell(out, &t->classes[i], i);
    html_put(out, "</td><td>");
    html_count(out, (double)t->classes[i].n);
    html_put(out, "</td><td>");
    html_share(out, (double)t->classes[i].n / (double)t->n_labelled);
    html_put(out, "</td></tr>");
  }
  html_put(out, "</tbody></table></div>\n");
  put_over_time(out, p);
}

/* What the file was: its hash tells it again. */
static void put_source(copse_text *out, const copse_profile *p) {
  if (!p->origin.hashed) return;
  html_put(out, "; the file");
  html_put(out, p->n_files > 1 ? "s have " : " has ");
  html_count(out, (double)p->origin.bytes);
  copse_text_appendf(out, " bytes, fingerprint %016" PRIx64 "%016" PRIx64, p->origin.hash[0],
                     p->origin.hash[1]);
}

/* Names of the columns with estimated figures, and how far these may be off. */
static void put_exact(copse_text *out, const copse_profile *p) {
  enum { NAMED = 40 };
  double error = 0;
  uint32_t n_about = 0;
  for (uint32_t i = 0; i < p->n_columns; i++) {
    n_about += !column_is_exact(&p->columns[i]);
    if (p->columns[i].has_number) error = fmax(error, p->columns[i].number.rank_error);
  }
  copse_text_appendf(out, "<li>Figures of %u of %u columns are exact.", p->n_columns - n_about, p->n_columns);
  for (uint32_t i = 0, n = 0; i < p->n_columns && n < NAMED; i++) {
    if (column_is_exact(&p->columns[i])) continue;
    html_put(out, n++ == 0 ? " Estimated are those of " : ", ");
    html_data(out, p->columns[i].name, 64);
  }
  if (n_about > NAMED) copse_text_appendf(out, " and %u more", n_about - NAMED);
  if (n_about > 0) {
    html_put(out,
             ": distinct values with a standard error of 0.81 %, quantiles read from some thousand "
             "neighbourhoods, whose ranks are off by ");
    html_share(out, error);
    html_put(out, " at most; such figures carry \xE2\x89\x88.");
  }
  html_put(out, "</li>");
  if (p->limits.halvings > 0)
    copse_text_appendf(out,
                       "<li>For memory, tables were halved %u times: to %u values of a column, %zu sampled "
                       "rows and %" PRIu64 " different rows.</li>",
                       p->limits.halvings, p->limits.entries, p->limits.sample_rows, p->limits.row_groups);
  if (!p->sample_is_all)
    copse_text_appendf(out, "<li>Relations are those of a sample of %zu rows.</li>", p->n_sample);
}

static void put_made(copse_text *out, const copse_profile *p, const uint8_t *cards) {
  static const char *const values[] = {
      ("values=common: values that fewer than 10 rows share, and those of identifiers, texts and personal "
       "data, are withheld; extremes are rounded, or those of the first and last period that 10 rows share"),
      "values=full: every value may be shown", "values=none: no value of the data is shown"};
  uint32_t n_cards = 0, n_bins = 0;
  for (uint32_t i = 0; i < p->n_columns; i++) {
    n_cards += cards[i] != HTML_NO_CARD;
    n_bins += cards[i] == HTML_CARD_WITH_BINS;
  }
  html_put(out, "<h2 id=\"made\">How this was made</h2><ul><li>Copse ");
  html_put(out, copse_version());
  if (p->run.n_command > 0) {
    copse_text line = {.ctx = p->ctx};
    run_append_command(&p->run, &line);
    html_put(out, ": <code>");
    html_data(out, line.failed ? "" : line.data, 1000);
    html_put(out, "</code>");
    out->failed |= line.failed;
    copse_text_release(&line);
  }
  put_source(out, p);
  html_put(out,
           "</li><li>One pass over all rows; types come from every cell, never from the first rows; samples "
           "are drawn by the numbers of the rows: there is no seed.</li><li>");
  html_put(out, values[p->options.values]);
  html_put(out, ".</li>");
  put_exact(out, p);
  if (n_cards < p->n_columns)
    copse_text_appendf(
        out,
        "<li>%u columns have a card: not those that are empty or constant, and at most %d, or as many as a "
        "browser holds with ease; the JSON output has all.</li>",
        n_cards, HTML_CARDS);
  if (n_bins < n_cards && p->target.kind != TARGET_NONE)
    copse_text_appendf(out,
                       "<li>%u cards, those of the strongest columns, have the target by part; the JSON "
                       "output has it for all.</li>",
                       n_bins);
  html_put(
      out,
      "</ul><details><summary>What the words mean</summary><dl class=\"words\">"
      "<dt>missing</dt><dd>empty, or one of ? na n/a nan null none where numbers or dates are; its share is "
      "of all rows</dd>"
      "<dt>distinct</dt><dd>different values, missing not counted</dd>"
      "<dt>rows that repeat</dt><dd>rows less different rows: of a thousand equal rows 999 repeat</dd>"
      "<dt>standard deviation</dt><dd>with n \xE2\x88\x92 1</dd>"
      "<dt>skewness, excess kurtosis</dt><dd>G1 and G2 of Joanes and Gill: 0 for a normal distribution</dd>"
      "<dt>quantiles</dt><dd>linear between neighbours (type 7), as pandas and numpy have them</dd>"
      "<dt>outliers</dt><dd>further beyond the quartiles than 1.5 and 3 times their distance (Tukey)</dd>"
      "<dt>often</dt><dd>a value that 5 % of the rows have, of more than 20 different ones; orange in the "
      "chart</dd>"
      "<dt>evenness</dt><dd>entropy divided by the logarithm of the number of values: 1 when all are "
      "equally frequent</dd>"
      "<dt>95 % interval</dt><dd>Wilson's for a rate</dd>"
      "<dt>AUC</dt><dd>how often a positive row has the greater value than another row, ties count half; "
      "grey where chance alone would give as much; "
      "0.5 is chance</dd>"
      "<dt>out of fold</dt><dd>rates are learned on four fifths of the rows and tried on the fifth</dd>"
      "<dt>information value (IV)</dt><dd>sum of (share of positives \xE2\x88\x92 share of others) "
      "\xC3\x97 log of their ratio; below 0.02 nothing, up to 0.1 weak, 0.3 medium, 0.5 strong; above look "
      "for leakage</dd>"
      "<dt>entropy of the target</dt><dd>mutual information as a share of it, less its bias (Miller and "
      "Madow)</dd>"
      "<dt>association</dt><dd>two numbers: Spearman's rank correlation; two texts: Cram\xC3\xA9r's V "
      "without bias (Bergsma); one of each: correlation ratio of the ranks, without bias</dd>"
      "<dt>curved</dt><dd>rank correlation below 0.3, and yet 16 quantile bins of one tell 20 % of the "
      "other's entropy</dd>"
      "<dt>PSI</dt><dd>between two files, the sum that information value is; above 0.1 something moved</dd>"
      "<dt>KS, W1, JS</dt><dd>greatest distance of the cumulative shares; Wasserstein's distance: how far "
      "numbers went on average, in standard deviations of this file's; Jensen\xE2\x80\x93Shannon distance "
      "of the parts, 0 to 1</dd>"
      "</dl></details></main>\n<script>");
  html_put(out, page_script);
  html_put(out, "</script></body></html>\n");
}

static void put_front(copse_text *out, const copse_profile *p, const uint8_t *cards) {
  put_head(out, p);
  put_glance(out, p);
  put_alerts(out, p, cards);
  html_since(out, p);
  put_target(out, p);
  html_columns(out, p, cards);
  html_put(out, "<h2 id=\"cards\">Cards</h2>\n");
}

static void put_back(copse_text *out, const copse_profile *p, const uint8_t *cards) {
  html_relations(out, p);
  html_gaps(out, p);
  html_drift(out, p);
  html_rows(out, p);
  put_made(out, p, cards);
}

/* Elements of the page but its cards, if all columns had one. */
static size_t count_others(const copse_profile *p, uint8_t *cards, bool *failed) {
  copse_text room = {.ctx = p->ctx};
  memset(cards, HTML_CARD, p->n_columns);
  put_front(&room, p, cards);
  put_back(&room, p, cards);
  size_t n = html_elements(&room);
  *failed |= room.failed;
  copse_text_release(&room);
  return n;
}

void output_html(const copse_profile *p, copse_text *out) {
  uint32_t n_cards = 0;
  uint8_t *cards = copse_alloc_zero(p->ctx, p->n_columns, sizeof *cards);
  if (cards == NULL) {
    out->failed = true;
    return;
  }
  size_t others = p->n_columns > HTML_OPEN_CARDS ? count_others(p, cards, &out->failed) : 0;
  if (!html_choose_cards(p, others, cards)) out->failed = true;
  for (uint32_t i = 0; i < p->n_columns; i++) n_cards += cards[i] != HTML_NO_CARD;
  put_front(out, p, cards);
  for (uint32_t i = 0; i < p->n_columns; i++)
    if (cards[i] != HTML_NO_CARD)
      html_card(out, p, i, n_cards <= HTML_OPEN_CARDS, cards[i] == HTML_CARD_WITH_BINS);
  put_back(out, p, cards);
  copse_free(cards);
}
