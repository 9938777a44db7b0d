/* gaps.c - see gaps.h. Rows are told apart by the sum of a hash for every missing column, so that the columns
 * are passed over one by one. */
#include "profile/gaps.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct gapped_row {
  uint64_t hash;
  size_t row;
};

/* Tokens of the column are missing values. */
static bool misses_tokens(const struct column_facts *facts) {
  return facts->n_missing > facts->n_null + facts->n_empty + facts->n_declared;
}

static bool is_missing(const struct column *column, const struct column_facts *facts, size_t row) {
  enum cell_type type = column->sample_types[row];
  return cell_is_blank(type) || (misses_tokens(facts) && type == CELL_TYPE_TOKEN);
}

static bool has_gaps(const struct column_facts *facts) {
  return facts->n_missing > 0 && facts->type != TYPE_EMPTY;
}

static int compare_rows(const void *a, const void *b) {
  const struct gapped_row *x = a, *y = b;
  if (x->hash != y->hash) return x->hash < y->hash ? -1 : 1;
  return x->row < y->row ? -1 : x->row > y->row;
}

/* A pattern's first row in the list, and its rows. */
struct run {
  size_t first, n;
};

/* Puts a run among the commonest; of equally common ones the first in the file stays first. */
static void rank(struct run *list, uint32_t *n, struct run run, const struct gapped_row *rows) {
  uint32_t at = *n < GAPS_LIST ? (*n)++ : GAPS_LIST;
  while (at > 0 && (run.n > list[at - 1].n ||
                    (run.n == list[at - 1].n && rows[run.first].row < rows[list[at - 1].first].row))) {
    if (at < GAPS_LIST) list[at] = list[at - 1];
    at--;
  }
  if (at < GAPS_LIST) list[at] = run;
}

static bool fill(const struct column *columns, const struct column_facts *facts, uint32_t n_columns,
                 size_t row, struct gaps *out, struct gap *gap) {
  for (int pass = 0; pass < 2; pass++) {
    gap->n_columns = 0;
    for (uint32_t i = 0; i < n_columns; i++) {
      if (!has_gaps(&facts[i]) || !is_missing(&columns[i], &facts[i], row)) continue;
      if (pass == 1) gap->columns[gap->n_columns] = i;
      gap->n_columns++;
    }
    if (pass == 0) gap->columns = copse_alloc(out->ctx, gap->n_columns, sizeof *gap->columns);
    if (gap->columns == NULL) return false;
  }
  out->any_together |= gap->n_columns > 1;
  return true;
}

bool gaps_find(copse_context *ctx, const struct column *columns, const struct column_facts *facts,
               uint32_t n_columns, struct gaps *out) {
  size_t n = columns[0].n_sample;
  struct run runs[GAPS_LIST];
  struct gapped_row *rows = copse_alloc(ctx, n, sizeof *rows);
  *out = (struct gaps){.ctx = ctx, .n_rows = n};
  if (rows == NULL) return false;
  for (size_t row = 0; row < n; row++) rows[row] = (struct gapped_row){0, row};
  for (uint32_t i = 0; i < n_columns; i++)
    for (size_t row = 0; row < n && has_gaps(&facts[i]); row++)
      rows[row].hash += is_missing(&columns[i], &facts[i], row) ? mix64(i + 1) : 0;
  size_t n_gapped = 0;
  for (size_t row = 0; row < n; row++)
    if (rows[row].hash != 0) rows[n_gapped++] = rows[row];
  out->n_complete = n - n_gapped;
  out->n_other = n_gapped;
  if (n_gapped > 0) qsort(rows, n_gapped, sizeof *rows, compare_rows);
  for (size_t first = 0, end; first < n_gapped; first = end) {
    for (end = first + 1; end < n_gapped && rows[end].hash == rows[first].hash;) end++;
    rank(runs, &out->n, (struct run){first, end - first}, rows);
  }
  bool ok = true;
  for (uint32_t i = 0; i < out->n && ok; i++) {
    out->list[i].n_rows = runs[i].n;
    out->n_other -= runs[i].n;
    ok = fill(columns, facts, n_columns, rows[runs[i].first].row, out, &out->list[i]);
  }
  copse_free(rows);
  return ok;
}

uint64_t gaps_complete(const struct gaps *gaps, const struct column *columns,
                       const struct column_facts *facts, uint32_t n_columns, uint64_t n_rows,
                       uint64_t n_filled, uint64_t n_plain, bool *exact) {
  bool missing = false, texts = false;
  *exact = true;
  for (uint32_t i = 0; i < n_columns; i++) {
    if (facts[i].n_missing == n_rows) return 0; /* the sample's patterns leave out such a column */
    missing |= misses_tokens(&facts[i]);
    texts |= !misses_tokens(&facts[i]) && columns[i].n_types[CELL_TYPE_TOKEN] > 0;
  }
  if (!missing || !texts) return missing ? n_plain : n_filled;
  *exact = gaps->n_rows == n_rows;
  if (*exact) return gaps->n_complete;
  double about = round((double)gaps->n_complete / (double)gaps->n_rows * (double)n_rows);
  return about < (double)n_plain ? n_plain : about > (double)n_filled ? n_filled : (uint64_t)about;
}

void gaps_release(struct gaps *gaps) {
  for (uint32_t i = 0; i < gaps->n; i++) copse_free(gaps->list[i].columns);
  *gaps = (struct gaps){.ctx = gaps->ctx};
}
