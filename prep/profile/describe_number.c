/* describe_number.c - quantiles, deviations, bars and spikes of a column of numbers, from its sorted table.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "profile/describe.h"
#include "profile/refine.h"

const double facts_quantiles[FACTS_QUANTILES] = {0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99};

/* The finite entries [first, end) of a sorted table, with n rows. */
struct span {
  const struct value *entries;
  uint32_t first, end;
  uint64_t n;
};

/* The k-th smallest number, from 0. Within an entry of several values they are taken as evenly spread. */
static double at_rank(const struct span *span, uint64_t k) {
  for (uint32_t i = span->first; i < span->end; i++) {
    const struct value *v = &span->entries[i];
    if (k < v->n) {
      double share = v->n > 1 ? (double)k / (double)(v->n - 1) : 0.5;
      return v->number.lo + (v->number.hi - v->number.lo) * share;
    }
    k -= v->n;
  }
  return span->entries[span->end - 1].number.hi;
}

/* Linear between the two neighbours: type 7 of Hyndman and Fan (1996). */
static double quantile(const struct span *span, double q) {
  double at = q * (double)(span->n - 1), below = floor(at);
  double a = at_rank(span, (uint64_t)below), share = at - below;
  if (share == 0) return a;
  double b = at_rank(span, (uint64_t)below + 1), apart = b - a;
  return isinf(apart) ? (1 - share) * a + share * b : a + share * apart;
}

/* The median of the distances from `centre`: entries are taken from there outwards, nearest first. */
static double median_distance(const struct span *span, double centre) {
  uint32_t right = span->first;
  while (right < span->end && span->entries[right].number.lo < centre) right++;
  uint32_t left = right; /* entries before it are still to come */
  uint64_t low = (span->n - 1) / 2, high = span->n / 2, n = 0;
  double first = 0;
  bool have = false;
  while (left > span->first || right < span->end) {
    double a = left > span->first ? centre - span->entries[left - 1].number.lo : (double)INFINITY;
    double b = right < span->end ? span->entries[right].number.hi - centre : (double)INFINITY;
    bool take_left = a < b;
    n += span->entries[take_left ? --left : right++].n;
    double distance = take_left ? a : b;
    if (!have && n > low) {
      first = distance;
      have = true;
    }
    if (n > high) return (first + distance) / 2;
  }
  return first;
}

/* ---- bars ---- */

double facts_bar_step(double x) {
  double power = pow(10, floor(log10(x)));
  for (int i = 0; i < 4; i++) {
    static const double steps[] = {1, 2, 5, 10};
    if (steps[i] * power >= x * (1 - 1e-9)) return steps[i] * power;
  }
  return 10 * power;
}

/* Where the bars begin and end: the middle of the data and three times its width to either side; what lies
 * beyond is counted at the ends. One wild value must not flatten everything else. */
static void bar_range(const struct span *span, const struct number_facts *f, double *lo, double *hi) {
  double q20 = quantile(span, 0.2), q80 = quantile(span, 0.8), reach = 3 * (q80 - q20);
  *lo = f->min;
  *hi = f->max;
  if (reach <= 0) reach = 3 * (f->quantiles[5] - f->quantiles[1]);
  if (reach <= 0) return;
  if (*lo < q20 - 1.3 * reach) *lo = q20 - reach;
  if (*hi > q80 + 1.3 * reach) *hi = q80 + reach;
}

static void count_bars(const struct span *span, struct number_facts *f, bool integers) {
  double lo, hi, n = (double)span->n;
  bar_range(span, f, &lo, &hi);
  double width = 2 * (f->quantiles[4] - f->quantiles[2]) / cbrt(n); /* Freedman and Diaconis 1981 */
  double wanted = width > 0 ? (hi - lo) / width : FACTS_BARS;
  if (!(wanted <= FACTS_BARS - 2)) wanted = FACTS_BARS - 2;
  if (wanted < 10) wanted = 10;
  double step = hi > lo ? facts_bar_step((hi - lo) / wanted) : 1;
  if (integers && step < 1) step = 1;
  while (floor(hi / step) - floor(lo / step) >= FACTS_BARS) step = facts_bar_step(step * 1.01);
  double start = floor(lo / step);
  f->n_bars = (uint32_t)(floor(hi / step) - start) + 1;
  if (!isfinite(start) || f->n_bars > FACTS_BARS) f->n_bars = 0;
  for (uint32_t i = 0; i <= f->n_bars; i++) f->edges[i] = (start + i) * step;
  for (uint32_t i = span->first; i < span->end && f->n_bars > 0; i++) {
    const struct value *v = &span->entries[i];
    double x = v->number.lo / 2 + v->number.hi / 2;
    double bar = floor(x / step) - start;
    if (x < lo || bar < 0) {
      f->below += v->n;
    } else if (x > hi || bar >= f->n_bars) {
      f->above += v->n;
    } else {
      f->bars[(uint32_t)bar] += v->n;
    }
  }
}

/* ---- values that stand out ---- */

static void find_spikes(const struct span *span, struct number_facts *f) {
  if (span->end - span->first <= 20) return;
  for (uint32_t i = span->first; i < span->end && f->n_spikes < 5; i++) {
    const struct value *v = &span->entries[i];
    if (v->number.lo == v->number.hi && (double)v->n >= 0.05 * (double)span->n)
      f->spikes[f->n_spikes++] = facts_number(v->number.lo, v->n);
  }
}

static void find_sentinel(const struct span *span, struct number_facts *f) {
  static const double usual[] = {-1, -9, -99, -999, -9999, 99, 999, 9999, 99999, 999999};
  double iqr = f->quantiles[4] - f->quantiles[2];
  if (span->end - span->first < 10) return;
  for (int high = 0; high < 2; high++) {
    const struct value *v = &span->entries[high ? span->end - 1 : span->first];
    double gap = high ? v->number.lo - v[-1].number.hi : v[1].number.lo - v->number.hi;
    bool known = false;
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
      known |= v->number.lo == usual[i] && v->number.hi == usual[i];
    if (!known || v->n < 5 || (double)v->n < 0.001 * (double)span->n || !(gap > iqr) || iqr <= 0) continue;
    f->has_sentinel = true;
    f->sentinel = v->number.lo;
    f->n_sentinel = v->n;
  }
}

static void count_far(const struct span *span, struct number_facts *f) {
  double low = f->quantiles[2], high = f->quantiles[4], reach = high - low;
  for (uint32_t i = span->first; i < span->end; i++) {
    const struct value *v = &span->entries[i];
    double x = v->number.lo / 2 + v->number.hi / 2, beyond = x < low ? low - x : x - high;
    if (beyond > 1.5 * reach) f->n_far += v->n;
    if (beyond > 3 * reach) f->n_extreme += v->n;
  }
}

/* Rows of an end's value; one where it shares its entry. */
static uint64_t entry_rows(const struct value *v) { return v->number.lo == v->number.hi ? v->n : 1; }

/* Moments, extremes and counts; then what is read from ranks. */
static void measure(const struct column *column, const struct refined *refined, struct column_facts *out) {
  struct span span = {.entries = refined->entries, .end = refined->n};
  struct number_facts *f = &out->number;
  struct moments moments = column->moments;
  moments_flush(&moments);
  while (span.first < span.end && isinf(span.entries[span.first].number.lo))
    f->n_neg_inf += span.entries[span.first++].n;
  while (span.end > span.first && isinf(span.entries[span.end - 1].number.hi))
    f->n_pos_inf += span.entries[--span.end].n;
  for (uint32_t i = span.first; i < span.end; i++) {
    const struct value *v = &span.entries[i];
    span.n += v->n;
    if (v->number.hi == 0 && v->number.lo == 0) f->n_zero += v->n;
    if (v->number.lo < 0) f->n_negative += v->n;
  }
  if (span.n == 0) return;
  out->has_number = true;
  f->n = span.n;
  f->n_integer = column->n_types[CELL_TYPE_INTEGER];
  f->exact = column->numbers.exact;
  f->rank_error = refined->rank_error;
  f->mean = moments.mean + moments.mean_rest;
  f->sum = moments.mean * (double)moments.n + moments.mean_rest * (double)moments.n;
  f->std = moments_std(&moments);
  f->skew = moments_skew(&moments);
  f->kurtosis = moments_kurtosis(&moments);
  f->min = span.entries[span.first].number.lo;
  f->n_min = entry_rows(&span.entries[span.first]);
  f->max = span.entries[span.end - 1].number.hi;
  f->n_max = entry_rows(&span.entries[span.end - 1]);
  for (int i = 0; i < FACTS_QUANTILES; i++) f->quantiles[i] = quantile(&span, facts_quantiles[i]);
  f->mad = median_distance(&span, f->quantiles[3]);
  count_bars(&span, f, f->n_integer == f->n);
  count_far(&span, f);
  find_spikes(&span, f);
  find_sentinel(&span, f);
}

bool describe_number(const struct column *column, struct column_facts *out) {
  struct refined refined;
  bool ok = refine_numbers(column, &refined);
  if (ok) measure(column, &refined, out);
  refine_release(&refined);
  return ok;
}
