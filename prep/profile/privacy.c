/* privacy.c - values=full|common|none: what of the data may stand in the outputs. It is taken out of the
 * facts here, once, so that page, JSON, text and alerts cannot differ. What is left out or rounded is what
 * fewer than COMMON_ROWS rows share: they could be told from it. */
#include <math.h>
#include <string.h>

#include "profile/profile.h"
#include "profile/text_kind.h"

enum { COMMON_ROWS = 10 };

static void withhold(struct facts_value *v) {
  memset(v->text, 0, sizeof v->text);
  v->withheld = true;
  v->number = (double)NAN;
  v->length = 0;
}

static double rounded(double x, int digits) {
  char text[32];
  double out = x;
  if (!isfinite(x)) return x;
  size_t length = copse_format_double_digits(x, digits, text, sizeof text);
  (void)copse_parse_double(text, length, &out);
  return out;
}

static void guard(struct facts_value *v, bool none, bool sensitive) {
  if (v->n > 0 && (none || sensitive || v->n < COMMON_ROWS)) withhold(v);
}

/* ---- numbers and dates: an end that few rows share is a row's own value ---- */

/* Counts at an end, bars or periods, that are fewer than COMMON_ROWS together: how many. Their rows are added
 * to *beyond. */
static uint32_t trim(const uint64_t *counts, uint32_t n, bool at_end, uint64_t *beyond) {
  uint32_t gone = 0;
  while (gone < n && *beyond < COMMON_ROWS) {
    uint64_t next = counts[at_end ? n - 1 - gone : gone];
    if (*beyond == 0 && next >= COMMON_ROWS) break;
    *beyond += next;
    gone++;
  }
  return gone;
}

static void trim_bars(struct number_facts *f) {
  uint32_t first = trim(f->bars, f->n_bars, false, &f->below);
  f->n_bars -= first;
  memmove(f->bars, f->bars + first, f->n_bars * sizeof *f->bars);
  memmove(f->edges, f->edges + first, (f->n_bars + 1) * sizeof *f->edges);
  f->n_bars -= trim(f->bars, f->n_bars, true, &f->above);
}

static void hide_number(struct number_facts *f) {
  for (uint32_t i = 0; i < f->n_spikes; i++) withhold(&f->spikes[i]);
  for (int i = 0; i < FACTS_QUANTILES; i++) f->quantiles[i] = (double)NAN;
  f->min = f->max = f->mean = f->sum = f->std = f->mad = (double)NAN;
  for (uint32_t i = 0; i <= f->n_bars; i++) f->edges[i] = (double)NAN;
  f->has_sentinel = false;
}

/* shared: most values have COMMON_ROWS rows. */
static void guard_number(struct number_facts *f, bool sensitive, bool shared) {
  bool few = (double)f->n * facts_quantiles[0] < COMMON_ROWS; /* beyond the outermost quantiles */
  double low = rounded(f->quantiles[0], 2), high = rounded(f->quantiles[FACTS_QUANTILES - 1], 2);
  for (uint32_t i = 0; i < f->n_spikes; i++) guard(&f->spikes[i], false, sensitive);
  for (int i = 0; i < FACTS_QUANTILES && !shared; i++) f->quantiles[i] = rounded(f->quantiles[i], 3);
  for (int i = 0; i < FACTS_QUANTILES && sensitive; i++) f->quantiles[i] = rounded(f->quantiles[i], 2);
  if (few) f->quantiles[0] = low;
  if (few) f->quantiles[FACTS_QUANTILES - 1] = high;
  f->rounded = sensitive || f->n_min < COMMON_ROWS || f->n_max < COMMON_ROWS;
  if (sensitive || f->n_min < COMMON_ROWS) f->min = low;
  if (sensitive || f->n_max < COMMON_ROWS) f->max = high;
  if (sensitive) f->sum = (double)NAN;
  /* of a few values these tell each: of one, it; and a sum beside rounded quartiles the rest */
  if (f->n < COMMON_ROWS) f->mean = f->sum = f->std = f->mad = (double)NAN;
  if (f->n_sentinel < COMMON_ROWS) f->has_sentinel = false;
  trim_bars(f);
}

/* Periods [first, end) are left. */
static void cut_periods(struct date_facts *f, uint32_t first, uint32_t end) {
  f->n_periods = end - first;
  memmove(f->periods, f->periods + first, f->n_periods * sizeof *f->periods);
  memmove(f->period_start, f->period_start + first, f->n_periods * sizeof *f->period_start);
  memmove(f->labelled, f->labelled + first, f->n_periods * sizeof *f->labelled);
  memmove(f->rate, f->rate + first, f->n_periods * sizeof *f->rate);
}

/* The ends become those of the first and the last period that enough rows share. */
static void guard_dates(struct date_facts *f) {
  uint64_t before = 0, after = 0;
  if (f->n_first >= COMMON_ROWS && f->n_last >= COMMON_ROWS) return;
  uint32_t first = trim(f->periods, f->n_periods, false, &before);
  uint32_t last = trim(f->periods + first, f->n_periods - first, true, &after);
  cut_periods(f, first, f->n_periods - last);
  f->rounded = true;
  f->first = f->n_periods > 0 ? f->period_start[0] : (double)NAN;
  f->last = f->n_periods > 0 ? f->period_start[f->n_periods - 1] : (double)NAN;
}

/* ---- beside the target ---- */

static double border(double x, bool date, bool shared) {
  if (shared) return x;
  return date ? floor(x / 86400) * 86400 : rounded(x, 3);
}

/* numbers: means of the target by part are values of the target where few rows have the part. */
static void guard_view(struct column_facts *c, bool none, bool numbers, bool shared) {
  double min = c->has_date ? c->date.first : c->number.min, max = c->has_date ? c->date.last : c->number.max;
  uint64_t n_min = c->has_date ? c->date.n_first : c->number.n_min;
  uint64_t n_max = c->has_date ? c->date.n_last : c->number.n_max;
  for (uint32_t i = 0; i < c->view.n_bins; i++) {
    struct bin_facts *bin = &c->view.bins[i];
    bool few = bin->n < COMMON_ROWS;
    if (bin->kind == BIN_LEVEL) guard(&bin->level, none, c->sensitive);
    if (numbers && (none || few)) bin->rate = bin->ci_lo = bin->ci_hi = bin->median = (double)NAN;
    if (numbers && bin->n_sampled < COMMON_ROWS) bin->ci_lo = bin->ci_hi = bin->median = (double)NAN;
    if (bin->kind != BIN_RANGE && bin->kind != BIN_VALUE) continue;
    bool hidden = none || c->sensitive || few;
    double lo = border(bin->lo, c->has_date, shared || bin->kind == BIN_VALUE);
    double hi = border(bin->hi, c->has_date, shared || bin->kind == BIN_VALUE);
    bin->lo = hidden || (bin->lo == min && n_min < COMMON_ROWS) ? (double)NAN : lo;
    bin->hi = hidden || (bin->hi == max && n_max < COMMON_ROWS) ? (double)NAN : hi;
  }
}

static void guard_column(struct column_facts *c, bool none, bool numbers) {
  double there = (double)(c->n - c->n_missing);
  bool shared = there >= COMMON_ROWS * c->distinct;
  guard_view(c, none, numbers, shared); /* first: it looks at the extremes */
  for (uint32_t i = 0; i < c->date.n_periods && numbers; i++)
    if (none || c->date.labelled[i] < COMMON_ROWS) c->date.rate[i] = (double)NAN;
  guard(&c->misfit, none, c->sensitive);
  for (uint32_t k = 0; k < c->levels.n_top; k++) {
    bool rare = c->levels.top[k].n < COMMON_ROWS;
    guard(&c->levels.top[k], none, c->sensitive);
    if (c->type == TYPE_BOOLEAN && (none || rare)) memset(c->why, 0, sizeof c->why);
  }
  for (uint32_t k = 0; k < 3; k++) guard(&c->levels.variants[k], none, c->sensitive);
  for (uint32_t k = 0; k < c->n_token_texts && none; k++) withhold(&c->tokens[k]);
  if (c->has_number && none) hide_number(&c->number);
  if (c->has_number && !none) guard_number(&c->number, c->sensitive, shared);
  if (none) memset(c->levels.form, 0, sizeof c->levels.form);
  if (none && c->has_date) c->date.first = c->date.last = (double)NAN;
  for (uint32_t i = 0; i < c->date.n_periods && none; i++) c->date.period_start[i] = (double)NAN;
  if (!none && c->has_date) guard_dates(&c->date);
  detail_guard(c, none, COMMON_ROWS);
}

/* A median of the target is a row's own: as exact as the target's quantiles are. */
static void round_medians(struct view_facts *view, const struct column_facts *target) {
  bool shared = (double)(target->n - target->n_missing) >= COMMON_ROWS * target->distinct;
  if (shared && !target->sensitive) return;
  for (uint32_t i = 0; i < view->n_bins; i++)
    view->bins[i].median = rounded(view->bins[i].median, target->sensitive ? 2 : 3);
}

/* A pattern that few rows have is theirs. */
static void guard_gaps(struct gaps *gaps) {
  gaps->any_together = false;
  while (gaps->n > 0 && gaps->list[gaps->n - 1].n_rows < COMMON_ROWS) {
    struct gap *last = &gaps->list[--gaps->n];
    gaps->n_other += last->n_rows;
    copse_free(last->columns);
  }
  for (uint32_t i = 0; i < gaps->n; i++) gaps->any_together |= gaps->list[i].n_columns > 1;
}

void privacy_apply(copse_profile *profile) {
  copse_profile_values values = profile->options.values;
  bool none = values == COPSE_VALUES_NONE;
  struct target_facts *target = &profile->target;
  for (uint32_t i = 0; i < profile->n_columns; i++) {
    struct column_facts *c = &profile->columns[i];
    c->sensitive = c->type == TYPE_ID || c->type == TYPE_TEXT || name_is_personal(c->name) ||
                   (c->has_levels && c->levels.pattern != NULL);
    if (values != COPSE_VALUES_FULL) guard_column(c, none, target->kind == TARGET_NUMBER);
  }
  if (values == COPSE_VALUES_FULL) return;
  for (uint32_t i = 0; i < profile->n_columns && target->kind == TARGET_NUMBER; i++)
    round_medians(&profile->columns[i].view, &profile->columns[target->column]);
  guard_gaps(&profile->gaps);
  pairs_guard(&profile->pairs, profile->columns, COMMON_ROWS);
  for (uint32_t i = 0; i < target->n_classes; i++) guard(&target->classes[i], none, false);
  if (target->kind == TARGET_NUMBER && (none || target->n_labelled < COMMON_ROWS))
    target->rate = target->std = target->ci_lo = target->ci_hi = (double)NAN;
}
