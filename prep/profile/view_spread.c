/* view_spread.c - a target of numbers by part: how sure its means are, and its medians. Rows and means are
 * exact; how numbers are spread within a part is taken from the sampled rows, which are all rows of a file
 * that is small enough. */
#include <math.h>
#include <string.h>

#include "profile/describe.h"
#include "profile/values_table.h"
#include "profile/view.h"

static int part_of_kind(const struct parts *parts, enum bin_kind kind) {
  for (uint32_t i = 0; i < parts->n; i++)
    if (parts->list[i].kind == kind) return (int)i;
  return -1;
}

static int part_of_number(const struct parts *parts, double x) {
  for (uint32_t i = 0; i < parts->n; i++) {
    const struct part *part = &parts->list[i];
    if ((part->kind == BIN_RANGE || part->kind == BIN_VALUE) && x >= part->lo && x <= part->hi) return (int)i;
  }
  return -1;
}

static int part_of_level(const struct parts *parts, uint64_t hash) {
  for (uint32_t i = 0; i < parts->n; i++)
    if (parts->list[i].kind == BIN_LEVEL && parts->list[i].level->key == hash) return (int)i;
  return part_of_kind(parts, BIN_OTHER);
}

static int part_of_date(const struct parts *parts, const struct column_facts *facts, enum cell_type type,
                        double x) {
  int a, b, year;
  if (type == CELL_TYPE_DMY) {
    bool month_first = facts->date.month_first;
    date_unpack(x, &a, &b, &year);
    if (!date_seconds(year, month_first ? a : b, month_first ? b : a, &x)) return -1;
  }
  return part_of_number(parts, x);
}

/* The part that counts a sampled row, or -1: as parts_make has it. */
static int part_of(const struct parts *parts, const struct column *column, const struct column_facts *facts,
                   size_t at) {
  enum cell_type type = column->sample_types[at];
  bool number = type == CELL_TYPE_INTEGER || type == CELL_TYPE_DECIMAL || type == CELL_TYPE_INFINITE;
  double x;
  memcpy(&x, &column->sample[at], sizeof x);
  if (cell_is_blank(type)) return part_of_kind(parts, BIN_MISSING);
  if (facts->has_levels) {
    if (cell_is_text(type)) return part_of_level(parts, column->sample[at]);
    const struct values *from = number                  ? &column->numbers
                                : type == CELL_TYPE_DMY ? &column->packed
                                                        : &column->dates;
    struct facts_value shown = facts_as_text(x, type);
    return from->exact ? part_of_level(parts, cell_hash(shown.text, shown.length)) : -1;
  }
  if (type == CELL_TYPE_TOKEN) return part_of_kind(parts, BIN_MISSING);
  if (cell_is_text(type)) return part_of_kind(parts, BIN_MISFIT);
  if (facts->has_number) return number ? part_of_number(parts, x) : -1;
  return facts->has_date && !number ? part_of_date(parts, facts, type, x) : -1;
}

/* Targets [n] in ascending order. */
static void describe_part(const double *y, uint32_t n, struct bin_facts *bin) {
  double mean = 0, m2 = 0;
  bin->n_sampled = n;
  if (n == 0) return;
  bin->median = y[(n - 1) / 2] / 2 + y[n / 2] / 2;
  for (uint32_t i = 0; i < n; i++) mean += y[i] / n;
  for (uint32_t i = 0; i < n; i++) m2 += (y[i] - mean) * (y[i] - mean);
  if (n < 2) return;
  double half = 1.959963984540054 * sqrt(m2 / (n - 1) / (double)bin->n);
  if (!isfinite(half)) return; /* numbers whose squares are too large */
  bin->ci_lo = bin->rate - half;
  bin->ci_hi = bin->rate + half;
}

bool view_spread(const struct scan *scan, const struct parts *parts, const struct column *column,
                 const struct column_facts *facts, struct view_facts *view) {
  const struct column *target = &scan->columns[scan->target];
  uint32_t n = (uint32_t)scan->n_sample, n_rows = 0, counts[FACTS_BINS] = {0}, starts[FACTS_BINS] = {0};
  struct keyed *order = copse_alloc(scan->ctx, n, sizeof *order);
  double *list = copse_alloc(scan->ctx, n, sizeof *list);
  int8_t *which = copse_alloc(scan->ctx, n, sizeof *which);
  bool ok = order != NULL && list != NULL && which != NULL;
  for (uint32_t i = 0; i < n && ok; i++) {
    double y;
    if (target->sample_types[i] != CELL_TYPE_INTEGER && target->sample_types[i] != CELL_TYPE_DECIMAL)
      continue;
    int part = part_of(parts, column, facts, i);
    if (part < 0 || part >= (int)view->n_bins) continue;
    memcpy(&y, &target->sample[i], sizeof y);
    which[i] = (int8_t)part;
    order[n_rows++] = (struct keyed){number_key(y), i};
    counts[part]++;
  }
  for (uint32_t b = 1; b < view->n_bins; b++) starts[b] = starts[b - 1] + counts[b - 1];
  ok = ok && values_sort_keys(scan->ctx, order, n_rows);
  for (uint32_t i = 0; i < n_rows && ok; i++)
    memcpy(&list[starts[which[order[i].at]]++], &target->sample[order[i].at], sizeof *list);
  for (uint32_t b = 0; b < view->n_bins && ok; b++)
    describe_part(list + starts[b] - counts[b], counts[b], &view->bins[b]);
  copse_free(order);
  copse_free(list);
  copse_free(which);
  return ok;
}
