/* detail_date.c - the clock of a column of dates, and where nothing happened. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "profile/facts.h"

enum { DAY = 86400, HOUR = 3600, LEAST_DAYS = 10 };

bool date_is_sentinel(double seconds) {
  int year, month, day;
  date_of(seconds, &year, &month, &day);
  return (year == 1900 || year == 1970 || year == 1 || year == 9999) &&
         ((month == 1 && day == 1) || (month == 12 && day == 31));
}

/* ---- the clock ---- */

static void tick(struct date_detail *out, double seconds, uint64_t n) {
  double day = floor(seconds / DAY);
  int weekday = (int)(day + 3 - 7 * floor((day + 3) / 7)); /* 1970-01-01 was a Thursday */
  out->weekdays[weekday] += n;
  int hour = (int)((seconds - day * DAY) / HOUR);
  out->hours[hour < 24 ? hour : 23] += n; /* the difference is rounded */
  out->n_clock += n;
}

/* The table's moments; where neighbours share entries, those of the sampled rows. */
static void read_clock(const struct column *column, const struct column_facts *facts,
                       struct date_detail *out) {
  const struct values *values = &column->dates;
  out->sampled = !values->exact && column->n_types[CELL_TYPE_DMY] == 0;
  for (uint32_t i = 0; i < values->n && !out->sampled; i++) {
    const struct value *v = &values->entries[i];
    tick(out, v->number.lo / 2 + v->number.hi / 2, v->n);
  }
  for (size_t row = 0; row < column->n_sample && out->sampled; row++) {
    double x;
    enum cell_type type = column->sample_types[row];
    if (type != CELL_TYPE_DATE && type != CELL_TYPE_TIME && type != CELL_TYPE_ZONED) continue;
    memcpy(&x, &column->sample[row], sizeof x);
    tick(out, x, 1);
  }
  out->has_clock = out->n_clock > 0;
  out->has_hours = out->has_clock && facts->date.granularity[0] == 's';
}

/* ---- gaps, in days ---- */

/* Days that are there, from the entries: an entry of several holds the days between its ends. */
struct day_span {
  double first, last;
  uint64_t n_first, n_last; /* rows, at least */
};

static double first_day(const struct value *v) { return floor(v->number.lo / DAY); }
static double last_day(const struct value *v) { return floor(v->number.hi / DAY); }

/* The next span of days from entry *at on; false behind the last one. */
static bool next_span(const struct values *values, uint32_t *at, struct day_span *span) {
  while (*at < values->n && date_is_sentinel(values->entries[*at].number.lo)) ++*at;
  if (*at == values->n) return false;
  const struct value *v = &values->entries[*at];
  *span = (struct day_span){first_day(v), last_day(v), 0, 0};
  for (; *at < values->n && first_day(&values->entries[*at]) <= span->last; ++*at) {
    v = &values->entries[*at];
    bool whole = first_day(v) == last_day(v);
    if (first_day(v) == span->first) span->n_first += whole ? v->n : 1;
    if (last_day(v) > span->last) {
      span->last = last_day(v);
      span->n_last = 0;
    }
    if (last_day(v) == span->last) span->n_last += whole ? v->n : 1;
  }
  return true;
}

/* Steps by their length in days: the median of them all. Steps within a span are of one day. */
static double median_step(const struct values *values, uint64_t *n_days) {
  enum { MOST = 400 };
  uint64_t steps[MOST + 1] = {0}, n = 0;
  struct day_span span, before = {0, 0, 0, 0};
  bool first = true;
  *n_days = 0;
  for (uint32_t at = 0; next_span(values, &at, &span); before = span, first = false) {
    double inside = span.last - span.first, step = span.first - before.last;
    steps[1] += (uint64_t)inside;
    n += (uint64_t)inside + !first;
    *n_days += (uint64_t)inside + 1;
    if (!first) steps[step < MOST ? (int)step : MOST]++;
  }
  uint64_t half = n / 2;
  int days = 0;
  while (days < MOST && half >= steps[days]) half -= steps[days++];
  return days;
}

static void list_gap(struct date_detail *out, struct detail_gap gap) {
  uint32_t at = out->n_listed < DETAIL_GAPS ? out->n_listed++ : DETAIL_GAPS;
  out->n_gaps++;
  for (; at > 0 && gap.to - gap.from > out->gaps[at - 1].to - out->gaps[at - 1].from; at--)
    if (at < DETAIL_GAPS) out->gaps[at] = out->gaps[at - 1];
  if (at < DETAIL_GAPS) out->gaps[at] = gap;
}

static void find_gaps(const struct values *values, struct date_detail *out) {
  uint64_t n_days;
  struct day_span span, before = {0, 0, 0, 0};
  bool first = true;
  out->step = median_step(values, &n_days);
  if (n_days < LEAST_DAYS) out->step = (double)NAN;
  for (uint32_t at = 0; next_span(values, &at, &span); before = span, first = false) {
    if (first || !(span.first - before.last > 3 * out->step)) continue;
    uint64_t n = before.n_last < span.n_first ? before.n_last : span.n_first;
    list_gap(out, (struct detail_gap){before.last * DAY, span.first * DAY, n});
  }
}

void detail_dates(const struct column *column, struct column_facts *facts) {
  struct date_detail *out = &facts->detail.date;
  const struct values *values = &column->dates;
  read_clock(column, facts, out);
  find_gaps(values, out);
  for (uint32_t i = 0; i < values->n && facts->date.n_sentinel > 0; i++) {
    const struct value *v = &values->entries[i];
    bool told = v->number.lo == v->number.hi && date_is_sentinel(v->number.lo);
    if (told && out->n_sentinels < DETAIL_SENTINELS)
      out->sentinels[out->n_sentinels++] = (struct detail_value){v->number.lo, v->n, 0};
  }
}
