/* refine.c - see refine.h. */
#include "profile/refine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WIDE 0.005 /* of the rows: an entry of several values that holds more is told apart */

static int compare_doubles(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static bool is_wide(const struct value *v, uint64_t n_rows) {
  return v->number.hi > v->number.lo && (double)v->n > WIDE * (double)n_rows;
}

/* The sampled numbers, sorted; *n of them. NULL: out of memory. */
static double *sorted_sample(const struct column *column, size_t *n) {
  double *sample = copse_alloc(column->ctx, column->n_sample + 1, sizeof *sample);
  *n = 0;
  for (size_t i = 0; i < column->n_sample && sample != NULL; i++) {
    enum cell_type type = column->sample_types[i];
    if (type != CELL_TYPE_INTEGER && type != CELL_TYPE_DECIMAL) continue;
    memcpy(&sample[(*n)++], &column->sample[i], sizeof *sample);
  }
  if (sample != NULL) qsort(sample, *n, sizeof *sample, compare_doubles);
  return sample;
}

static void append(struct refined *out, uint64_t key, double x, uint64_t n) {
  struct value *last = out->n > 0 ? &out->list[out->n - 1] : NULL;
  if (last != NULL && last->key == key && last->number.hi == x)
    last->n += n;
  else
    out->list[out->n++] = (struct value){.key = key, .n = n, .number = {x, x}};
}

/* An entry's rows, shared out among the m sampled values that lie in it; its ends have a row each. */
static void share_out(struct refined *out, const struct value *v, const double *sample, size_t m) {
  uint64_t given = 0;
  append(out, v->key, v->number.lo, 1);
  for (size_t i = 0, end; i < m; i = end) {
    for (end = i + 1; end < m && sample[end] == sample[i];) end++;
    uint64_t upto = (uint64_t)((double)(v->n - 2) * ((double)end / (double)m) + 0.5);
    append(out, v->key, sample[i], upto - given);
    given = upto;
  }
  append(out, v->key, v->number.hi, 1);
}

bool refine_numbers(const struct column *column, struct refined *out) {
  const struct values *values = &column->numbers;
  uint64_t n_rows = values_total(values);
  uint32_t n_wide = 0;
  *out = (struct refined){.ctx = column->ctx, .entries = values->entries, .n = values->n};
  for (uint32_t i = 0; i < values->n; i++) {
    const struct value *v = &values->entries[i];
    n_wide += is_wide(v, n_rows);
    if (v->number.hi > v->number.lo && !is_wide(v, n_rows))
      out->rank_error = fmax(out->rank_error, (double)v->n / (double)n_rows);
  }
  if (n_wide == 0) return true;
  size_t n_sample, at = 0;
  double *sample = sorted_sample(column, &n_sample);
  out->list = copse_alloc(column->ctx, values->n + n_sample + 2 * (size_t)n_wide, sizeof *out->list);
  if (sample == NULL || out->list == NULL) {
    copse_free(sample);
    return false;
  }
  out->n = 0;
  for (uint32_t i = 0; i < values->n; i++) {
    const struct value *v = &values->entries[i];
    while (at < n_sample && sample[at] < v->number.lo) at++;
    size_t first = at;
    while (at < n_sample && sample[at] <= v->number.hi) at++;
    bool told = is_wide(v, n_rows) && at > first;
    if (told)
      share_out(out, v, sample + first, at - first);
    else
      out->list[out->n++] = *v;
    double share = (double)v->n / (double)n_rows; /* Dvoretzky, Kiefer, Wolfowitz: 99 % */
    if (is_wide(v, n_rows))
      out->rank_error = fmax(out->rank_error, told ? share * 1.63 / sqrt((double)(at - first)) : share);
  }
  copse_free(sample);
  out->entries = out->list;
  return true;
}

void refine_release(struct refined *refined) { copse_free(refined->list); }
