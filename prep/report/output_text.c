/* output_text.c - the profile for a terminal, 100 characters wide, without colour. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "findings/alert.h"
#include "report/escape.h"
#include "report/output.h"

static void put(copse_text *out, const char *text) { copse_text_append(out, text, strlen(text)); }

/* Characters of cleaned text. */
static size_t width_of(const char *text) {
  size_t n = 0;
  for (; *text != '\0'; text++) n += ((unsigned char)*text & 0xC0) != 0x80;
  return n;
}

static void put_padded(copse_text *out, const char *text, size_t width, bool right) {
  size_t n = width_of(text);
  for (size_t i = n; i < width && right; i++) put(out, " ");
  put(out, text);
  for (size_t i = n; i < width && !right; i++) put(out, " ");
}

/* Words of a sentence, wrapped at 100 characters behind an indent. */
static void put_wrapped(copse_text *out, const char *text, size_t indent) {
  size_t column = indent;
  while (*text != '\0') {
    size_t length = strcspn(text, " ");
    char word[ALERT_TEXT];
    snprintf(word, sizeof word, "%.*s", (int)length, text);
    if (column > indent && column + 1 + width_of(word) > 100) {
      put(out, "\n");
      for (size_t i = 0; i < indent; i++) put(out, " ");
      column = indent;
    }
    if (column > indent) {
      put(out, " ");
      column++;
    }
    put(out, word);
    column += width_of(word);
    text += length;
    text += strspn(text, " ");
  }
  put(out, "\n");
}

static void put_findings(const struct alert_list *alerts, copse_text *out) {
  static const char *const marks[] = {"note    ", "warning ", "critical"};
  for (uint32_t i = 0; i < alerts->n; i++) {
    char text[ALERT_TEXT * 2];
    const struct alert *a = &alerts->list[i];
    copse_text_appendf(out, "  %s  ", marks[a->level]);
    clean_text(a->text, strlen(a->text), ALERT_TEXT, text, sizeof text);
    put_wrapped(out, text, 12);
    clean_text(a->remedy, strlen(a->remedy), ALERT_TEXT, text, sizeof text);
    put(out, "              > ");
    put_wrapped(out, text, 16);
  }
}

static void put_since(const copse_profile *p, copse_text *out) {
  char path[200];
  if (!p->since.present) return;
  clean_text(p->since.path, strlen(p->since.path), 60, path, sizeof path);
  copse_text_appendf(out, "\nSince %s (rows before: %s): ", path, count_text((double)p->since.n_rows).text);
  if (p->since.findings.n == 0)
    put(out, "nothing changed beyond chance\n");
  else
    copse_text_appendf(out, "%u change%s\n", p->since.findings.n, p->since.findings.n == 1 ? "" : "s");
  if (p->since.no_values)
    put(out, "  it was made with values=none: types and missing cells are compared, nothing else\n");
  put_findings(&p->since.findings, out);
}

static void put_gaps(const copse_profile *p, copse_text *out) {
  if (!p->gaps.any_together) return;
  copse_text_appendf(out, "\nMissing together (of %s rows; in %s nothing is missing)\n",
                     count_text((double)p->gaps.n_rows).text, count_text((double)p->gaps.n_complete).text);
  for (uint32_t i = 0; i < p->gaps.n; i++) {
    const struct gap *gap = &p->gaps.list[i];
    char text[1200] = "", name[120];
    for (uint32_t k = 0; k < gap->n_columns && k < 8; k++) {
      const char *own = p->columns[gap->columns[k]].name;
      clean_text(own, strlen(own), 25, name, sizeof name);
      size_t at = strlen(text);
      snprintf(text + at, sizeof text - at, "%s%s", k > 0 ? ", " : "", name);
    }
    size_t at = strlen(text);
    if (gap->n_columns > 8) snprintf(text + at, sizeof text - at, " and %u more", gap->n_columns - 8);
    copse_text_appendf(out, "%12s  ", count_text((double)gap->n_rows).text);
    put_wrapped(out, text, 14);
  }
}

/* "a  b  0.97  Spearman" for the strongest, then those of a curve. */
static void put_pair(const copse_profile *p, uint32_t a, uint32_t b, double value, const char *measure,
                     copse_text *out) {
  const uint32_t both[] = {a, b};
  put(out, "  ");
  for (int i = 0; i < 2; i++) {
    char text[120];
    const char *name = p->columns[both[i]].name;
    clean_text(name, strlen(name), 25, text, sizeof text);
    put_padded(out, text, 26, false);
  }
  copse_text_appendf(out, "%7.3f  %s\n", value, measure);
}

static void put_pairs(const copse_profile *p, copse_text *out) {
  enum { PAIRS = 10, CURVES = 5 };
  const struct pairs *pairs = &p->pairs;
  if (pairs->n_list + pairs->n_curved == 0) return;
  copse_text_appendf(out, "\nRelations (the strongest, on %s rows)\n",
                     count_text((double)pairs->n_rows).text);
  for (uint32_t i = 0; i < pairs->n_list && i < PAIRS; i++) {
    const struct pair *pair = &pairs->list[i];
    put_pair(p, pair->a, pair->b, pair->value,
             strcmp(pair->measure, "spearman") == 0    ? "Spearman"
             : strcmp(pair->measure, "cramers_v") == 0 ? "Cramer's V"
                                                       : "correlation ratio",
             out);
  }
  for (uint32_t i = 0; i < pairs->n_curved && i < CURVES; i++)
    put_pair(p, pairs->curved[i].a, pairs->curved[i].b, pairs->curved[i].told, "curved", out);
}

static void put_rows(const copse_profile *p, copse_text *out) {
  if (p->samples.n > 0) put(out, "\nRows\n");
  for (uint32_t i = 0; i < p->samples.n; i++) {
    const struct sample_row *row = &p->samples.rows[i];
    copse_text line = {.ctx = p->ctx};
    const char *cell = row->bytes;
    copse_text_appendf(&line, "%" PRIu64 ":", row->number + 1);
    for (uint32_t k = 0; k < p->n_columns; k++) {
      char name[200], text[900] = "";
      size_t length = row->lengths[k] == (uint32_t)SAMPLES_NULL ? 0 : row->lengths[k];
      clean_text(p->columns[k].name, strlen(p->columns[k].name), 25, name, sizeof name);
      clean_text(cell, length, 60, text, sizeof text);
      copse_text_appendf(&line, " %s=%s", name, text);
      cell += length;
    }
    copse_text_append(&line, "", 1);
    put(out, "  ");
    if (line.failed)
      out->failed = true;
    else
      put_wrapped(out, line.data, 4);
    copse_text_release(&line);
  }
}

/* ▁▂▃▅▇: the shape of a column in eight characters. */
static void put_shape(copse_text *out, const uint64_t *bars, uint32_t n) {
  static const char *const steps[] = {
      " ", "\xE2\x96\x81", "\xE2\x96\x82", "\xE2\x96\x83", "\xE2\x96\x85", "\xE2\x96\x87"};
  uint64_t cells[8] = {0}, most = 0;
  for (uint32_t i = 0; i < n; i++) cells[i * 8 / n] += bars[i];
  for (int i = 0; i < 8; i++)
    if (cells[i] > most) most = cells[i];
  for (int i = 0; i < 8; i++)
    put(out, most == 0 || cells[i] == 0 ? steps[0] : steps[1 + (cells[i] * 4 + most / 2) / most]);
}

static void put_middle(copse_text *out, const struct column_facts *c) {
  char text[240] = "";
  if (c->type == TYPE_BOOLEAN) {
    const struct truth_detail *t = &c->detail.truth;
    snprintf(text, sizeof text, "%s true [%s .. %s]", share_text(t->rate).text, share_text(t->ci_lo).text,
             share_text(t->ci_hi).text);
  } else if (c->has_number) {
    put_shape(out, c->number.bars, c->number.n_bars);
    snprintf(text, sizeof text, " %s [%s%s .. %s]", number_text(c->number.quantiles[3]).text,
             c->number.rounded ? "\xE2\x89\x88 " : "", number_text(c->number.min).text,
             number_text(c->number.max).text);
  } else if (c->has_date && !isnan(c->date.first)) {
    int y, m, d, y2, m2, d2;
    date_of(c->date.first, &y, &m, &d);
    date_of(c->date.last, &y2, &m2, &d2);
    if (c->date.n_periods >= 8) put_shape(out, c->date.periods, c->date.n_periods);
    snprintf(text, sizeof text, "%s%04d-%02d-%02d .. %04d-%02d-%02d", c->date.n_periods >= 8 ? " " : "", y, m,
             d, y2, m2, d2);
  } else if (c->has_levels && c->levels.n_top > 0 && !c->levels.top[0].withheld) {
    snprintf(text, sizeof text, "%s %s", value_in_text(&c->levels.top[0]).text,
             share_text((double)c->levels.top[0].n / (double)c->n).text);
  } else if (c->has_levels) {
    snprintf(text, sizeof text, "%u to %u characters", (unsigned)c->levels.length_min,
             (unsigned)c->levels.length_max);
  }
  put(out, text);
}

static void put_measure(copse_text *out, bool present, double x) {
  char text[32] = "";
  if (present && !isnan(x)) snprintf(text, sizeof text, "%.3f", x);
  put_padded(out, text, 7, true);
}

static void put_column(const copse_profile *p, const struct column_facts *c, copse_text *out) {
  char text[200];
  clean_text(c->name, strlen(c->name), 25, text, sizeof text);
  put(out, "  ");
  put_padded(out, text, 26, false);
  put_padded(out, column_type_names[c->type], 9, false);
  put_padded(out, share_text((double)c->n_missing / (double)c->n).text, 9, true);
  snprintf(text, sizeof text, "%s%s", c->distinct_exact ? "" : "\xE2\x89\x88",
           count_text(round(c->distinct)).text);
  put_padded(out, text, 11, true);
  if (p->target.kind != TARGET_NONE) {
    put_measure(out, c->view.present, p->target.kind == TARGET_NUMBER ? c->view.r2_oof : c->view.auc_best);
    put_measure(out, c->view.present, c->view.iv);
  }
  put(out, "  ");
  put_middle(out, c);
  put(out, "\n");
}

static void put_target(const copse_profile *p, copse_text *out) {
  const struct target_facts *t = &p->target;
  char name[200];
  if (t->kind == TARGET_NONE || t->kind == TARGET_UNUSABLE) return;
  clean_text(p->columns[t->column].name, strlen(p->columns[t->column].name), 40, name, sizeof name);
  if (t->kind == TARGET_NUMBER)
    copse_text_appendf(out, "target %s: mean %s, standard deviation %s, %s rows\n", name,
                       number_text(t->rate).text, number_text(t->std).text,
                       count_text((double)t->n_labelled).text);
  else
    copse_text_appendf(out, "target %s: %s of %s rows are %s\n", name, share_text(t->rate).text,
                       count_text((double)t->n_labelled).text, value_in_text(&t->classes[t->positive]).text);
}

/* How well all columns at once tell the files apart. */
static void put_domain(const copse_profile *p, copse_text *out) {
  const struct domain *d = &p->drift.domain;
  char line[600], name[120];
  if (isnan(d->auc)) return;
  snprintf(line, sizeof line,
           "a model tells rows of the two files apart with AUC %.3f \xC2\xB1 %.3f (0.5 is chance)", d->auc,
           1.96 * d->auc_se);
  for (uint32_t i = 0; i < d->n_columns && domain_is_told(d); i++) {
    size_t at = strlen(line);
    const char *own = p->columns[d->columns[i]].name;
    clean_text(own, strlen(own), 25, name, sizeof name);
    snprintf(line + at, sizeof line - at, "%s%s %s", i == 0 ? ", most of all by " : ", ", name,
             share_text(d->gain_share[i]).text);
  }
  put(out, "  ");
  put_wrapped(out, line, 2);
}

static void put_drift(const copse_profile *p, copse_text *out) {
  char text[200];
  if (!p->drift.present) return;
  clean_text(p->against, strlen(p->against), 60, text, sizeof text);
  copse_text_appendf(out, "\nAgainst %s: %s rows, %s of them are in this file too\n", text,
                     count_text((double)p->drift.n_rows).text, share_text(p->drift.share_known_rows).text);
  put_domain(p, out);
  put(out, "  column                         PSI   by chance      KS      W1      JS\n");
  for (uint32_t i = 0; i < p->n_columns; i++) {
    const struct column_drift *d = &p->drift.columns[i];
    char w1[32] = "";
    if (d->present && !isnan(d->w1)) snprintf(w1, sizeof w1, "%.3f", d->w1);
    clean_text(p->columns[i].name, strlen(p->columns[i].name), 25, text, sizeof text);
    put(out, "  ");
    put_padded(out, text, 26, false);
    if (d->type_changed)
      copse_text_appendf(out, "   %s there, %s here\n", column_type_names[d->other_type],
                         column_type_names[p->columns[i].type]);
    else if (d->present)
      copse_text_appendf(out, "%8.3f  %10.3f  %6.3f  %6s  %6.3f%s\n", d->psi, d->psi_chance,
                         isnan(d->ks) ? 0 : d->ks, w1, d->js, d->moved ? "  moved" : "");
    else
      put(out, "   not there\n");
  }
}

/* Command line, version, and which figures are estimated. */
static void put_made(const copse_profile *p, copse_text *out) {
  copse_text line = {.ctx = p->ctx};
  double error = 0;
  uint32_t n_about = 0;
  if (p->run.n_command == 0) return;
  for (uint32_t i = 0; i < p->n_columns; i++) {
    n_about += !column_is_exact(&p->columns[i]);
    if (p->columns[i].has_number) error = fmax(error, p->columns[i].number.rank_error);
  }
  run_append_command(&p->run, &line);
  char *clean = line.failed ? NULL : copse_alloc(p->ctx, 6 * line.length + 8, 1);
  if (clean == NULL) {
    out->failed = true;
  } else {
    clean_text(line.data, line.length - 1, line.length, clean, 6 * line.length + 8);
    put(out, "\nHow this was made\n  ");
    put_wrapped(out, clean, 2);
    copse_text_appendf(out, "  Copse %s; samples are drawn by the numbers of the rows: there is no seed\n",
                       copse_version());
  }
  copse_text_release(&line);
  if (p->limits.halvings > 0)
    copse_text_appendf(
        out, "  memory: tables were halved %u times, to %u values of a column and %zu sampled rows\n",
        p->limits.halvings, p->limits.entries, p->limits.sample_rows);
  if (n_about == 0) {
    put(out, "  every figure is exact\n");
  } else {
    copse_text_appendf(
        &line,
        "%u of %u columns are exact; of the others (\xE2\x89\x88) distinct values are estimated, "
        "standard error 0.81 %%, and ranks of quantiles are off by %s at most:",
        p->n_columns - n_about, p->n_columns, share_text(error).text);
    for (uint32_t i = 0, n = 0; i < p->n_columns && n < 20; i++) {
      char name[200];
      if (column_is_exact(&p->columns[i])) continue;
      clean_text(p->columns[i].name, strlen(p->columns[i].name), 40, name, sizeof name);
      copse_text_appendf(&line, "%s %s", n++ > 0 ? "," : "", name);
    }
    if (n_about > 20) copse_text_appendf(&line, " and %u more", n_about - 20);
    copse_text_append(&line, "", 1);
    put(out, "  ");
    if (line.failed)
      out->failed = true;
    else
      put_wrapped(out, line.data, 2);
  }
  copse_free(clean);
  copse_text_release(&line);
}

void output_text(const copse_profile *p, copse_text *out) {
  static const char *const values[] = {"common", "full", "none"};
  char text[600];
  clean_text(p->path, strlen(p->path), 90, text, sizeof text);
  copse_text_appendf(
      out, "%s\n%s rows, %s columns, %s of the cells missing, %s of the rows repeat another (values=%s)\n",
      text, count_text((double)p->n_rows).text, count_text(p->n_columns).text,
      share_text((double)p->n_cells_missing / ((double)p->n_rows * p->n_columns)).text,
      share_text(p->rows.share_repeated).text, values[p->options.values]);
  if (p->n_cells_missing > 0)
    copse_text_appendf(out, "%s%s rows miss nothing (%s)\n", p->complete_exact ? "" : "\xE2\x89\x88 ",
                       count_text((double)p->n_complete).text,
                       share_text((double)p->n_complete / (double)p->n_rows).text);
  put_target(p, out);
  if (p->alerts.n > 0) {
    copse_text_appendf(out, "\nDecide first (%u)\n", p->alerts.n);
    put_findings(&p->alerts, out);
  }
  put_since(p, out);
  bool target = p->target.kind != TARGET_NONE;
  copse_text_appendf(out, "\nColumns\n  %-26s%-9s%9s%11s%s  %s\n", "name", "type", "missing", "distinct",
                     !target                           ? ""
                     : p->target.kind == TARGET_NUMBER ? "     R2     IV"
                                                       : "    AUC     IV",
                     "median [least .. greatest], or the commonest");
  for (uint32_t i = 0; i < p->n_columns; i++) put_column(p, &p->columns[i], out);
  put_pairs(p, out);
  put_gaps(p, out);
  put_drift(p, out);
  put_rows(p, out);
  put_made(p, out);
}
