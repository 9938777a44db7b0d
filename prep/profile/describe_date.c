/* describe_date.c - span, grain and rows by period of a column of dates. */
#include <math.h>
#include <stdio.h>

#include "profile/describe.h"

enum { DAY = 86400 };

/* Number of the period in which a moment lies, from the first one's; its start. */
static int64_t period_of(const char *unit, double seconds, int step) {
  int year, month, day;
  date_of(seconds, &year, &month, &day);
  switch (unit[0]) {
    case 'd': return (int64_t)floor(seconds / DAY);
    case 'w': return (int64_t)floor((seconds / DAY + 3) / 7); /* weeks begin on Monday */
    case 'm': return (int64_t)year * 12 + month - 1;
    case 'q': return (int64_t)year * 4 + (month - 1) / 3;
    default: return (int64_t)floor((double)year / step);
  }
}

static double period_start(const char *unit, int64_t period, int step) {
  double start = 0;
  switch (unit[0]) {
    case 'd': return (double)period * DAY;
    case 'w': return ((double)period * 7 - 3) * DAY;
    case 'm': (void)date_seconds((int)(period / 12), (int)(period % 12) + 1, 1, &start); return start;
    case 'q': (void)date_seconds((int)(period / 4), (int)(period % 4) * 3 + 1, 1, &start); return start;
    default: (void)date_seconds((int)period * step, 1, 1, &start); return start;
  }
}

uint32_t date_period(const struct date_facts *f, double seconds) {
  return (uint32_t)(period_of(f->unit, seconds, f->period_step) - f->first_period);
}

static void count_periods(const struct values *values, struct date_facts *f) {
  double days = (f->last - f->first) / DAY;
  int step = 1;
  f->unit = days < FACTS_PERIODS - 1          ? "day"
            : days < 7 * (FACTS_PERIODS - 2)  ? "week"
            : days < 30 * (FACTS_PERIODS - 3) ? "month"
            : days < 90 * (FACTS_PERIODS - 3) ? "quarter"
                                              : "year";
  while (period_of(f->unit, f->last, step) - period_of(f->unit, f->first, step) >= FACTS_PERIODS) step *= 10;
  f->period_step = step;
  f->first_period = period_of(f->unit, f->first, step);
  f->n_periods = date_period(f, f->last) + 1;
  for (uint32_t i = 0; i < f->n_periods; i++)
    f->period_start[i] = period_start(f->unit, f->first_period + i, step);
  for (uint32_t i = 0; i < values->n; i++) {
    const struct value *v = &values->entries[i];
    f->periods[date_period(f, v->number.lo / 2 + v->number.hi / 2)] += v->n;
  }
}

/* The moment that all but `share` of the rows do not pass. */
static double moment_at(const struct values *values, double share) {
  double wanted = share * (double)values_total(values), n = 0;
  uint32_t i = 0;
  while (i + 1 < values->n && (n += (double)values->entries[i].n) < wanted) i++;
  return values->entries[i].number.hi;
}

/* Where dates are mistyped, or planned far ahead: farther behind the 99th percentile than that is from the
 * first, and than a year. No clock is asked: the same file gives the same profile on every day. */
static double future_from(const struct values *values) {
  double early = moment_at(values, 0.01), late = moment_at(values, 0.99);
  return late + (late - early > 366.0 * DAY ? late - early : 366.0 * DAY);
}

void describe_dates(const struct column *column, struct column_facts *out) {
  const struct values *values = &column->dates;
  struct date_facts *f = &out->date;
  if (values->n == 0) return;
  out->has_date = true;
  f->first = values->entries[0].number.lo;
  f->last = values->entries[values->n - 1].number.hi;
  const struct value *first = &values->entries[0], *last = &values->entries[values->n - 1];
  f->n_first = first->number.lo == first->number.hi ? first->n : 1;
  f->n_last = last->number.lo == last->number.hi ? last->n : 1;
  f->n_zoned = column->n_types[CELL_TYPE_ZONED];
  f->n_timed = column->n_types[CELL_TYPE_TIME] + f->n_zoned;
  f->granularity = f->n_timed > 0 ? "second" : "day";
  double future = future_from(values);
  for (uint32_t i = 0; i < values->n; i++) {
    const struct value *v = &values->entries[i];
    bool sentinel = v->number.lo == v->number.hi && date_is_sentinel(v->number.lo);
    if (sentinel)
      f->n_sentinel += v->n;
    else if (v->number.lo > future)
      f->n_future += v->n;
  }
  count_periods(values, f);
}
