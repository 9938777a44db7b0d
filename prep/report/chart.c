/* chart.c - small charts as SVG: one path for all bars of a chart, whole numbers, colours of the page. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "findings/alert.h"
#include "profile/describe.h"
#include "report/html.h"

/* Bars of heights relative to the greatest, as one path. */
static void put_bars(copse_text *out, const uint64_t *counts, uint32_t n, int x, int width, int height) {
  uint64_t most = 1;
  for (uint32_t i = 0; i < n; i++)
    if (counts[i] > most) most = counts[i];
  html_put(out, "<path fill=\"var(--c1)\" d=\"");
  for (uint32_t i = 0; i < n; i++) {
    int h = (int)((double)counts[i] / (double)most * height + 0.5);
    int left = x + (int)((double)i * width / n), right = x + (int)((double)(i + 1) * width / n);
    if (counts[i] > 0 && h == 0) h = 1;
    if (h > 0)
      copse_text_appendf(out, "M%d %dv-%dh%dv%dz", left, height, h,
                         right - left > 2 ? right - left - 1 : right - left, h);
  }
  html_put(out, "\"/>");
}

void chart_spark(copse_text *out, const struct column_facts *c) {
  html_put(out, "<svg class=\"s\" viewBox=\"0 0 120 24\" preserveAspectRatio=\"none\" aria-hidden=\"true\">");
  if (c->has_number && c->number.n_bars > 0) {
    put_bars(out, c->number.bars, c->number.n_bars, 0, 120, 24);
  } else if (c->has_date) {
    put_bars(out, c->date.periods, c->date.n_periods, 0, 120, 24);
  } else if (c->has_levels) {
    uint64_t counts[FACTS_TOP];
    for (uint32_t i = 0; i < c->levels.n_top; i++) counts[i] = c->levels.top[i].n;
    put_bars(out, counts, c->levels.n_top, 0, 12 * (int)c->levels.n_top, 24);
  }
  html_put(out, "</svg>");
}

static void put_label(copse_text *out, int x, int y, const char *anchor, const char *text) {
  copse_text_appendf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\">", x, y, anchor);
  html_plain(out, text, 40);
  html_put(out, "</text>");
}

/* Position of a value on the axis of the bars. */
static int place(const struct number_facts *f, double x) {
  double lo = f->edges[0], hi = f->edges[f->n_bars];
  double at = hi > lo ? (x - lo) / (hi - lo) : 0.5;
  return 20 + (int)((at < 0 ? 0 : at > 1 ? 1 : at) * 320);
}

void chart_numbers(copse_text *out, const struct number_facts *f) {
  if (f->n_bars == 0) return;
  html_put(out, "<svg viewBox=\"0 0 360 150\" role=\"img\"><title>Median ");
  html_number(out, f->quantiles[3]);
  html_put(out, "; half of the values between ");
  html_number(out, f->quantiles[2]);
  html_put(out, " and ");
  html_number(out, f->quantiles[4]);
  html_put(out, "</title>");
  put_bars(out, f->bars, f->n_bars, 20, 320, 100);
  /* values that many rows have, within the bars that they are counted in */
  uint64_t most = 1;
  for (uint32_t i = 0; i < f->n_bars; i++)
    if (f->bars[i] > most) most = f->bars[i];
  for (uint32_t i = 0; i < f->n_spikes; i++) {
    double x = f->spikes[i].number;
    int h = (int)((double)f->spikes[i].n / (double)most * 100 + 0.5);
    if (isnan(x) || isnan(f->edges[0]) || x < f->edges[0] || x > f->edges[f->n_bars]) continue;
    copse_text_appendf(out, "<path fill=\"var(--c2)\" d=\"M%d 100v-%dh2v%dz\"/>", place(f, x),
                       h < 100 ? h : 100, h < 100 ? h : 100);
  }
  /* box: middle half, median; whiskers: the middle nine tenths */
  if (!isnan(f->quantiles[3]) && !isnan(f->edges[0])) {
    int a = place(f, f->quantiles[1]), b = place(f, f->quantiles[2]), m = place(f, f->quantiles[3]);
    int c = place(f, f->quantiles[4]), d = place(f, f->quantiles[5]);
    copse_text_appendf(out,
                       "<path d=\"M%d 112H%dM%d 106H%dv12H%dzM%d 106v12\" fill=\"none\" stroke=\"var(--c2)\" "
                       "stroke-width=\"2\"/>",
                       a, d, b, c, b, m);
    put_label(out, 20, 134, "start", number_text(f->edges[0]).text);
    put_label(out, 340, 134, "end", number_text(f->edges[f->n_bars]).text);
  }
  char text[80];
  if (f->below > 0) {
    snprintf(text, sizeof text, "%s below", count_text((double)f->below).text);
    put_label(out, 20, 148, "start", text);
  }
  if (f->above > 0) {
    snprintf(text, sizeof text, "%s above", count_text((double)f->above).text);
    put_label(out, 340, 148, "end", text);
  }
  html_put(out, "</svg>");
}

void chart_periods(copse_text *out, const struct date_facts *f) {
  if (f->n_periods == 0) return;
  copse_text_appendf(out, "<svg viewBox=\"0 0 360 130\" role=\"img\"><title>Rows per %s</title>", f->unit);
  put_bars(out, f->periods, f->n_periods, 20, 320, 100);
  if (!isnan(f->first)) {
    put_label(out, 20, 118, "start", facts_date(f->period_start[0], 1).text);
    put_label(out, 340, 118, "end", facts_date(f->period_start[f->n_periods - 1], 1).text);
  }
  html_put(out, "</svg>");
}

static void put_amount(copse_text *out, int y, double x, bool rate) {
  put_label(out, 344, y, "end", rate ? share_text(x).text : number_text(x).text);
}

static uint32_t most_of(const uint64_t *counts, uint32_t n) {
  uint32_t most = 0;
  for (uint32_t i = 1; i < n; i++)
    if (counts[i] > counts[most]) most = i;
  return most;
}

/* Counts that may be told, 0 for the others. False: none may. */
static bool told_counts(const uint64_t *counts, uint32_t n, uint64_t *out, bool *all) {
  bool any = false;
  for (uint32_t i = 0; i < n; i++) {
    bool told = counts[i] != DETAIL_WITHHELD;
    out[i] = told ? counts[i] : 0;
    any |= out[i] > 0;
    *all &= told;
  }
  return any;
}

void chart_clock(copse_text *out, const struct date_detail *d) {
  static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  uint64_t weekdays[7], hours[24];
  bool all = true;
  if (!d->has_clock || !told_counts(d->weekdays, 7, weekdays, &all)) return;
  bool has_hours = d->has_hours && told_counts(d->hours, 24, hours, &all);
  html_put(out, "<svg viewBox=\"0 0 360 90\" role=\"img\"><title>");
  copse_text_appendf(out, "Rows by weekday%s: most on %s", has_hours ? " and hour" : "",
                     days[most_of(weekdays, 7)]);
  if (has_hours) copse_text_appendf(out, ", and at %u o'clock", most_of(hours, 24));
  html_put(out, all ? "</title>" : "; what fewer than 10 rows have is not shown</title>");
  put_bars(out, weekdays, 7, 20, has_hours ? 126 : 320, 70);
  for (int i = 0; i < 7; i++)
    put_label(out, has_hours ? 29 + 18 * i : 43 + 320 * i / 7, 84, "middle",
              has_hours ? (const char[]){days[i][0], days[i][1], '\0'} : days[i]);
  if (has_hours) {
    put_bars(out, hours, 24, 166, 174, 70);
    for (int i = 0; i < 24; i += 6) {
      char hour[8];
      snprintf(hour, sizeof hour, "%d h", i);
      put_label(out, 166 + 174 * i / 24, 84, "start", hour);
    }
  }
  html_put(out, "</svg>");
}

void chart_over_time(copse_text *out, const struct date_facts *f, bool rates) {
  double least = rates ? 0 : (double)INFINITY, most = rates ? 0 : -(double)INFINITY, first = (double)NAN,
         last = first;
  for (uint32_t i = 0; i < f->n_periods; i++) {
    if (isnan(f->rate[i])) continue;
    if (isnan(first)) first = f->rate[i];
    last = f->rate[i];
    if (f->rate[i] < least) least = f->rate[i];
    if (f->rate[i] > most) most = f->rate[i];
  }
  if (isnan(first) || f->n_periods < 2) return;
  copse_text_appendf(out, "<svg viewBox=\"0 0 360 130\" role=\"img\"><title>Target per %s, from ", f->unit);
  html_put(out, rates ? share_text(first).text : number_text(first).text);
  html_put(out, " to ");
  html_put(out, rates ? share_text(last).text : number_text(last).text);
  html_put(out, "</title><path fill=\"none\" stroke=\"var(--c2)\" stroke-width=\"2\" d=\"");
  bool pen = false;
  for (uint32_t i = 0; i < f->n_periods; i++) {
    if (!isnan(f->rate[i])) {
      double share = most > least ? (f->rate[i] - least) / (most - least) : 0;
      int x = 20 + (int)((i + 0.5) * 320 / f->n_periods), y = 104 - (int)(share * 88);
      copse_text_appendf(out, pen ? "L%d %d" : "M%d %dh1", x, y);
    }
    pen = !isnan(f->rate[i]); /* a period without rows is a gap */
  }
  html_put(out, "\"/><path stroke=\"var(--c5)\" d=\"M20 105H340\"/>");
  put_amount(out, 12, most, rates);
  put_amount(out, 118, least, rates);
  if (!isnan(f->first)) put_label(out, 20, 118, "start", facts_date(f->period_start[0], 1).text);
  html_put(out, "</svg>");
}

void chart_rates(copse_text *out, const struct view_facts *v, double base) {
  double most = base;
  if (v->n_bins == 0) return;
  for (uint32_t i = 0; i < v->n_bins; i++)
    if (v->bins[i].ci_hi > most && v->bins[i].n >= 20) most = v->bins[i].ci_hi;
  if (!(most > 0)) return;
  html_put(
      out,
      "<svg viewBox=\"0 0 360 120\" role=\"img\"><title>Rate by part; the line is the rate of all rows, ");
  html_share(out, base);
  html_put(out, "</title><path fill=\"none\" stroke=\"var(--c5)\" stroke-width=\"2\" d=\"");
  double step = 320.0 / v->n_bins;
  for (uint32_t i = 0; i < v->n_bins; i++) {
    const struct bin_facts *bin = &v->bins[i];
    int x = 20 + (int)((i + 0.5) * step);
    double hi = bin->ci_hi < most ? bin->ci_hi : most, lo = bin->ci_lo < most ? bin->ci_lo : most;
    copse_text_appendf(out, "M%d %dV%d", x, 105 - (int)(hi / most * 95), 105 - (int)(lo / most * 95));
  }
  html_put(out, "\"/><path fill=\"var(--c1)\" d=\"");
  for (uint32_t i = 0; i < v->n_bins; i++) {
    double rate = v->bins[i].rate < most ? v->bins[i].rate : most;
    copse_text_appendf(out, "M%d %dh8v6h-8z", 16 + (int)((i + 0.5) * step), 102 - (int)(rate / most * 95));
  }
  int y = 105 - (int)(base / most * 95);
  copse_text_appendf(out, "\"/><path stroke=\"var(--c2)\" d=\"M20 %dH340\"/>", y);
  put_label(out, 344, 12, "end", share_text(most).text);
  put_label(out, 344, 118, "end", "0 %");
  html_put(out, "</svg>");
}
