/* detail.c - see detail.h: numbers, yes and no, and what of all details may be told. */
#include "profile/detail.h"

#include <math.h>
#include <string.h>

#include "profile/facts.h"
#include "profile/infer.h"

/* ---- numbers ---- */

/* The outermost values, as far as they have entries of their own; of an entry that holds several its end is
 * known, with one row at least. */
static uint32_t list_end(const struct value *entries, uint32_t n, bool greatest, struct detail_value *out) {
  uint32_t listed = 0;
  for (uint32_t i = 0; i < n && listed < DETAIL_ENDS; i++) {
    const struct value *v = &entries[greatest ? n - 1 - i : i];
    bool alone = v->number.lo == v->number.hi;
    out[listed++] = (struct detail_value){greatest ? v->number.hi : v->number.lo, alone ? v->n : 1,
                                          alone || v->n < 2 ? 0 : v->n - 2};
    if (!alone) break;
  }
  return listed;
}

/* Decimals after which rounding gives the value back: both integers are exact and so is one division. */
static int decimals_of(double x, int least) {
  static const double powers[] = {1,   1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                  1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
  int d = least;
  while (d < DETAIL_DECIMALS && rint(x * powers[d]) / powers[d] != x) d++;
  return d;
}

static uint64_t fewer(uint64_t a, uint64_t b) { return a < b ? a : b; }

static void find_holes(const struct value *entries, uint32_t n, bool code, struct number_detail *out) {
  double range = entries[n - 1].number.lo - entries[0].number.lo + 1;
  out->n_absent = range - n;
  out->has_holes = n > 2 && out->n_absent > 0 && (code || out->n_absent <= n);
  for (uint32_t i = 1; i < n && out->has_holes; i++) {
    const struct value *a = &entries[i - 1], *b = &entries[i];
    if (b->number.lo - a->number.lo <= 1) continue;
    out->n_holes++;
    if (out->n_listed < DETAIL_HOLES)
      out->holes[out->n_listed++] =
          (struct detail_gap){a->number.lo + 1, b->number.lo - 1, fewer(a->n, b->n)};
  }
}

static void detail_numbers(const struct column *column, struct column_facts *facts) {
  struct number_detail *out = &facts->detail.number;
  const struct value *entries = column->numbers.entries;
  uint32_t n = column->numbers.n;
  bool whole = facts->number.n_integer == facts->number.n;
  while (n > 0 && isinf(entries[0].number.lo)) {
    entries++;
    n--;
  }
  while (n > 0 && isinf(entries[n - 1].number.hi)) n--;
  if (n == 0) return;
  out->n_least = list_end(entries, n, false, out->least);
  out->n_greatest = list_end(entries, n, true, out->greatest);
  for (uint32_t i = 0; i < n && !whole && out->decimals < DETAIL_DECIMALS; i++)
    out->decimals = decimals_of(entries[i].number.hi, decimals_of(entries[i].number.lo, out->decimals));
  if (whole && column->numbers.exact && (facts->type == TYPE_CODE || facts->type == TYPE_NUMBER))
    find_holes(entries, n, facts->type == TYPE_CODE, out);
}

/* ---- yes and no ---- */

static void detail_truth(const struct column *column, struct column_facts *facts) {
  struct truth_detail *out = &facts->detail.truth;
  const struct values *texts = &column->texts;
  bool first_true = false;
  if (facts->has_number) {
    out->n_false = facts->number.n_zero;
    out->n_true = facts->number.n - facts->number.n_zero;
  } else if (texts->n == 2) {
    const struct value *a = &texts->entries[0], *b = &texts->entries[1];
    (void)truth_pair(texts->bytes + a->text.at, a->text.kept, texts->bytes + b->text.at, b->text.kept,
                     &first_true);
    out->n_true = (first_true ? a : b)->n;
    out->n_false = (first_true ? b : a)->n;
  }
  uint64_t n = out->n_true + out->n_false;
  out->rate = n > 0 ? (double)out->n_true / (double)n : (double)NAN;
  wilson(out->n_true, n, &out->ci_lo, &out->ci_hi);
}

void detail_find(const struct column *column, struct column_facts *facts) {
  if (facts->has_number) detail_numbers(column, facts);
  if (facts->type == TYPE_BOOLEAN) detail_truth(column, facts);
  if (facts->has_date) detail_dates(column, facts);
  if (facts->has_levels && (facts->type == TYPE_TEXT || facts->type == TYPE_ID))
    detail_texts(column, &facts->detail.text);
}

/* ---- privacy ---- */

static void guard_values(struct detail_value *list, uint32_t n, bool hidden, uint64_t common) {
  for (uint32_t i = 0; i < n; i++)
    if (hidden || list[i].n < common) list[i].x = (double)NAN;
}

/* Those whose neighbours many rows share. */
static uint32_t guard_gaps(struct detail_gap *list, uint32_t n, bool hidden, uint64_t common) {
  uint32_t left = 0;
  for (uint32_t i = 0; i < n; i++)
    if (!hidden && list[i].n_beside >= common) list[left++] = list[i];
  return left;
}

/* A count of 0 goes with the small ones: what is left would tell them. */
static void guard_counts(uint64_t *counts, uint32_t n, uint64_t common) {
  for (uint32_t i = 0; i < n; i++)
    if (counts[i] < common) counts[i] = DETAIL_WITHHELD;
}

void detail_guard(struct column_facts *facts, bool none, uint64_t common) {
  struct number_detail *number = &facts->detail.number;
  struct date_detail *date = &facts->detail.date;
  bool hidden = none || facts->sensitive;
  guard_values(number->least, number->n_least, hidden, common);
  guard_values(number->greatest, number->n_greatest, hidden, common);
  /* how many are absent would tell the extremes */
  if (hidden || facts->number.n_min < common || facts->number.n_max < common) number->n_absent = (double)NAN;
  number->n_listed = guard_gaps(number->holes, number->n_listed, hidden, common);
  guard_values(date->sentinels, date->n_sentinels, hidden, common);
  date->n_listed = guard_gaps(date->gaps, date->n_listed, hidden, common);
  guard_counts(date->weekdays, 7, common);
  guard_counts(date->hours, 24, common);
  if (none) date->has_clock = date->has_hours = false;
}
