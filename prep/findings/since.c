/* since.c - see since.h. Of the earlier file only counts are left: bars of numbers, the frequent levels of
 * texts. Cells are counted by these parts, and the measures are those of two files. */
#include "findings/since.h"

#include <math.h>
#include <string.h>

#include "findings/stability.h"
#include "profile/describe.h"
#include "profile/refine.h"
#include "report/escape.h"

/* Texts as the JSON writes them, so that they are compared as they were read from there: bytes that are no
 * UTF-8 are others by now. */
static const char *as_written(copse_text *room, const char *text, size_t length) {
  room->length = 0;
  append_json(room, text, length);
  copse_text_append(room, "", 1);
  return room->failed ? "" : room->data;
}

static bool is_written(copse_text *room, const char *written, const char *text) {
  return strcmp(written, as_written(room, text, strlen(text))) == 0;
}

bool since_is_name(copse_context *ctx, const char *before, const char *own, bool *failed) {
  copse_text written = {.ctx = ctx}, room = {.ctx = ctx};
  bool same = is_written(&room, as_written(&written, own, strlen(own)), before);
  *failed |= written.failed || room.failed;
  copse_text_release(&written);
  copse_text_release(&room);
  return same;
}

/* ---- numbers: by bar ---- */

/* The first and the last bar count with what lies beyond: where the bars began exactly is not told. */
struct bars {
  double step, start; /* bar i: floor(x / step) == start + i */
  uint32_t n;
  double before[64], now[64], below, above;
};

static bool bars_of(const copse_earlier_column *then, struct bars *b) {
  *b = (struct bars){.n = then->n_bars};
  if (then->edges == NULL || then->n_bars == 0 || then->n_bars > sizeof b->now / sizeof *b->now) return false;
  b->step = facts_bar_step((then->edges[then->n_bars] - then->edges[0]) / then->n_bars);
  b->start = round(then->edges[0] / b->step);
  for (uint32_t i = 0; i < b->n; i++) b->before[i] = (double)then->bars[i];
  b->before[0] += (double)then->below;
  b->before[b->n - 1] += (double)then->above;
  return isfinite(b->start) && isfinite(b->step) && b->step > 0;
}

static void count_bars(const struct refined *numbers, struct bars *b) {
  for (uint32_t i = 0; i < numbers->n; i++) {
    const struct value *v = &numbers->entries[i];
    double n = (double)v->n, bar = floor((v->number.lo / 2 + v->number.hi / 2) / b->step) - b->start;
    if (bar < 0) b->below += n;
    if (bar >= b->n) b->above += n;
    b->now[bar < 0 ? 0 : bar >= b->n ? b->n - 1 : (uint32_t)bar] += n;
  }
}

/* At most DRIFT_RANGES parts of about equal shares of the earlier rows. */
static void ranges_of(const struct bars *b, double n_before, struct drift_counts *c) {
  double wanted = n_before / DRIFT_RANGES;
  for (uint32_t i = 0; i < b->n; i++) {
    c->here[c->n] += b->before[i];
    c->other[c->n] += b->now[i];
    if (c->here[c->n] >= wanted && c->n < DRIFT_RANGES - 1 && i + 1 < b->n) c->n++;
  }
  c->n++;
}

/* Greatest distance of the distribution functions at the bars' borders. */
static double distance(const struct bars *b, double n_before, double n_now) {
  double before = 0, now = 0, most = 0;
  for (uint32_t i = 0; i < b->n; i++) {
    before += b->before[i];
    now += b->now[i];
    double d = fabs(before / n_before - now / n_now);
    if (d > most) most = d;
  }
  return most;
}

static bool compare_numbers(const struct column *column, const copse_earlier_column *then, double n_compared,
                            struct column_since *out) {
  struct bars b;
  struct refined numbers;
  struct drift_counts c = {.n = 0};
  double n_before = 0, n_now = 0;
  if (!bars_of(then, &b)) return true;
  if (!refine_numbers(column, &numbers)) return false;
  count_bars(&numbers, &b);
  refine_release(&numbers);
  for (uint32_t i = 0; i < b.n; i++) {
    n_before += b.before[i];
    n_now += b.now[i];
  }
  if (n_before < 1 || n_now < 1) return true;
  ranges_of(&b, n_before, &c);
  out->drift.ks = distance(&b, n_before, n_now);
  drift_measure(&c, n_compared, &out->drift);
  double beyond = (double)then->below + (double)then->above;
  out->ranged = true;
  out->outside_before = beyond / n_before;
  out->outside = (b.below + b.above) / n_now;
  out->left = out->outside - out->outside_before >= 0.01 &&
              stability_shares_differ(beyond, n_before, b.below + b.above, n_now, n_compared);
  return true;
}

/* ---- texts: by level ---- */

/* Rows by the first named levels of the earlier profile, and of all others. */
struct level_rows {
  uint32_t n;
  double before[DRIFT_LEVELS], now[DRIFT_LEVELS], unnamed_before, unnamed, all_before, all;
};

static bool count_levels(const struct values *texts, const copse_earlier_column *then, copse_text *room,
                         struct level_rows *l) {
  copse_text written = {.ctx = room->ctx}; /* the levels, NUL-terminated each */
  *l = (struct level_rows){.unnamed_before = (double)then->unnamed_rows};
  for (uint32_t i = 0; i < then->n_levels; i++) {
    double n = (double)then->level_rows[i];
    l->all_before += n;
    if (i >= DRIFT_LEVELS) {
      l->unnamed_before += n;
      continue;
    }
    l->before[l->n++] = n;
    append_json(&written, then->levels[i], strlen(then->levels[i]));
    copse_text_append(&written, "", 1);
  }
  l->all_before += (double)then->unnamed_rows;
  for (uint32_t k = 0; k < texts->n && !written.failed; k++) {
    const struct value *v = &texts->entries[k];
    struct facts_value level = facts_text(texts, v);
    const char *text = as_written(room, level.text, strlen(level.text)), *next = written.data;
    uint32_t i = 0;
    while (i < l->n && strcmp(next, text) != 0) {
      next += strlen(next) + 1;
      i++;
    }
    *(i < l->n ? &l->now[i] : &l->unnamed) += (double)v->n;
    l->all += (double)v->n;
  }
  bool ok = !written.failed && !room->failed;
  copse_text_release(&written);
  return ok;
}

/* A profile names the levels that came most often. Those that came just often enough had luck among them and
 * come less often again: they count with the others, and what they can be expected to lose, 0.8 standard
 * deviations at most, is added to the rows that had no name. */
static void compare_levels(const struct level_rows *l, double n_compared, struct column_since *out) {
  struct drift_counts c = {.n = 0};
  double least = (double)INFINITY, luck = 0;
  for (uint32_t i = 0; i < l->n; i++)
    if (l->before[i] < least) least = l->before[i];
  double rest_before = l->unnamed_before, rest = l->unnamed;
  for (uint32_t i = 0; i < l->n; i++) {
    if (l->unnamed_before > 0 && l->before[i] <= least + 3 * sqrt(least)) {
      luck += 0.8 * sqrt(l->before[i]);
      rest_before += l->before[i];
      rest += l->now[i];
    } else {
      c.here[c.n] = l->before[i];
      c.other[c.n++] = l->now[i];
    }
  }
  c.here[c.n] = rest_before;
  c.other[c.n++] = rest;
  drift_measure(&c, n_compared, &out->drift);
  double expected = l->unnamed_before + luck < l->all_before ? l->unnamed_before + luck : l->all_before;
  out->levelled = true;
  out->unnamed_before = l->unnamed_before / l->all_before;
  out->unnamed = l->unnamed / l->all;
  out->fresh = out->unnamed - expected / l->all_before >= 0.01 &&
               stability_shares_differ(expected, l->all_before, l->unnamed, l->all, n_compared);
}

/* ---- dates: by the ends ---- */

/* NaN where it is withheld. */
static double moment_of(const char *text) {
  const struct missing_tokens none = missing_tokens_of(NULL);
  double x = (double)NAN;
  if (text == NULL) return x;
  enum cell_type type = cell_type_of(&none, text, strlen(text), &x);
  return type == CELL_TYPE_DATE || type == CELL_TYPE_TIME || type == CELL_TYPE_ZONED ? x : (double)NAN;
}

/* The last moment that lies within the earlier profile's dates. */
static double end_of(const copse_earlier_column *then) {
  double last = moment_of(then->last), length = 0;
  if (then->granularity == NULL || strcmp(then->granularity, "day") == 0) length = 86399;
  if (then->rounded && then->n_periods > 1 && then->period_starts != NULL)
    length = last - moment_of(then->period_starts[then->n_periods - 2]) - 1;
  return last + length;
}

/* A granularity that is another word, of dates that are not few. */
static const char *known_granularity(const char *name) {
  static const char *const names[] = {"day", "second"};
  for (size_t i = 0; name != NULL && i < sizeof names / sizeof *names; i++)
    if (strcmp(name, names[i]) == 0) return names[i];
  return NULL;
}

/* Time goes on: later dates are told and are no finding. Older ones, and hours that came or went, are. */
static void compare_dates(const struct column *column, const struct column_facts *now,
                          const copse_earlier_column *then, double n_compared, struct column_since *out) {
  double first = moment_of(then->first), end = end_of(then), n_before = 0, n_now = 0, older = 0, later = 0;
  double there = (double)then->n - (double)then->n_missing;
  out->granularity_before = known_granularity(then->granularity);
  out->regrained =
      out->granularity_before != NULL && strcmp(out->granularity_before, now->date.granularity) != 0;
  for (uint32_t i = 0; i < then->n_periods; i++) n_before += (double)then->period_rows[i];
  for (uint32_t i = 0; i < column->dates.n; i++) {
    const struct value *v = &column->dates.entries[i];
    double x = v->number.lo / 2 + v->number.hi / 2;
    older += x < first ? (double)v->n : 0;
    later += x > end ? (double)v->n : 0;
    n_now += (double)v->n;
  }
  if (isnan(first) || isnan(end) || n_before < 1 || n_now < 1) return;
  /* rows that belong to no period lie beyond the rounded ends */
  double beyond = then->rounded && there > n_before ? there - n_before : 0;
  out->dated = true;
  out->older_before = beyond / (n_before + beyond);
  out->older = older / n_now;
  out->later = later / n_now;
  out->aged = out->older - out->older_before >= 0.01 &&
              stability_shares_differ(beyond, n_before + beyond, older, n_now, n_compared);
}

/* ---- a column ---- */

static enum column_type type_called(const char *name) {
  int type = 0;
  while (type < N_COLUMN_TYPES - 1 && strcmp(column_type_names[type], name) != 0) type++;
  return (enum column_type)type;
}

static bool compare(const struct column *column, const struct column_facts *now,
                    const copse_earlier_column *then, double n_compared, copse_text *room,
                    struct column_since *out) {
  enum drift_kind kind = drift_kind_of(now);
  enum drift_kind before = then->has_number   ? DRIFT_NUMBER
                           : then->has_date   ? DRIFT_DATE
                           : then->has_levels ? DRIFT_TEXT
                                              : DRIFT_EMPTY;
  struct column_drift *d = &out->drift;
  double n = (double)now->n, m = (double)then->n;
  d->present = true;
  d->other_type = type_called(then->type);
  d->type_changed = kind != before && kind != DRIFT_EMPTY && before != DRIFT_EMPTY;
  out->missing = (double)now->n_missing / n;
  out->missing_before = m > 0 ? (double)then->n_missing / m : 0;
  out->missing_moved =
      m > 0 && fabs(out->missing - out->missing_before) >= 0.05 &&
      stability_shares_differ((double)then->n_missing, m, (double)now->n_missing, n, n_compared);
  bool each = now->type == TYPE_ID || now->type == TYPE_TEXT || d->other_type == TYPE_ID ||
              d->other_type == TYPE_TEXT; /* every row has its own value: of course they are others now */
  if (kind != before || each) return true;
  if (kind == DRIFT_DATE) compare_dates(column, now, then, n_compared, out);
  if (kind == DRIFT_NUMBER) return compare_numbers(column, then, n_compared, out);
  struct level_rows levels;
  if (kind != DRIFT_TEXT) return true;
  if (!count_levels(&column->texts, then, room, &levels)) return false;
  if (levels.all_before >= 1 && levels.all >= 1) compare_levels(&levels, n_compared, out);
  return true;
}

/* Number of the earlier column with a written name, or n_columns; columns mostly stay where they are. */
static size_t find_earlier(const copse_earlier_profile *earlier, const char *written, size_t near,
                           copse_text *room) {
  if (near < earlier->n_columns && is_written(room, written, earlier->columns[near].name)) return near;
  size_t i = 0;
  while (i < earlier->n_columns && !is_written(room, written, earlier->columns[i].name)) i++;
  return i;
}

bool since_find(copse_context *ctx, const struct scan *scan, const struct column_facts *facts,
                const copse_earlier_profile *earlier, struct since *out) {
  copse_text name = {.ctx = ctx}, room = {.ctx = ctx};
  *out = (struct since){.ctx = ctx, .present = true, .n_rows = earlier->n_rows, .gone.ctx = ctx};
  out->no_values = earlier->no_values;
  out->columns = copse_alloc_zero(ctx, scan->n_columns, sizeof *out->columns);
  bool *known = copse_alloc_zero(ctx, earlier->n_columns, sizeof *known);
  bool ok = out->columns != NULL && known != NULL;
  for (uint32_t i = 0; i < scan->n_columns && ok; i++) {
    struct column_since *column = &out->columns[i];
    column->drift.psi = column->drift.psi_chance = column->drift.js = column->drift.ks = (double)NAN;
    const char *written = as_written(&name, scan->columns[i].name, strlen(scan->columns[i].name));
    size_t same = find_earlier(earlier, written, i, &room);
    out->n_fresh += same == earlier->n_columns;
    if (same == earlier->n_columns) continue;
    known[same] = true;
    ok = compare(&scan->columns[i], &facts[i], &earlier->columns[same], scan->n_columns, &room, column);
  }
  for (size_t i = 0; i < earlier->n_columns && ok; i++) {
    if (known[i]) continue;
    copse_text_append(&out->gone, earlier->columns[i].name, strlen(earlier->columns[i].name) + 1);
    out->n_gone++;
  }
  ok = ok && !name.failed && !room.failed && !out->gone.failed;
  copse_free(known);
  copse_text_release(&name);
  copse_text_release(&room);
  return ok;
}

void since_release(struct since *since) {
  copse_free(since->columns);
  copse_text_release(&since->gone);
  alerts_release(&since->findings);
  *since = (struct since){.ctx = since->ctx};
}
