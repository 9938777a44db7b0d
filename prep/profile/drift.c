/* drift.c - see drift.h. A difference counts only when chance does not explain it: with few rows the index of
 * two halves of the same file is well over 0.1. */
#include "profile/drift.h"

#include <math.h>
#include <string.h>

enum { RANGES = 10, LEVELS = 20, MOST_PARTS = LEVELS + 3 };

/* Rows of both files by part. */
struct counts {
  uint32_t n;
  double here[MOST_PARTS], other[MOST_PARTS];
};

static double quantile_chi_square(double df) { /* 95 %: Wilson and Hilferty 1931 */
  double a = 2 / (9 * df), x = 1 - a + 1.6448536 * sqrt(a);
  return df * x * x * x;
}

static void measure(const struct counts *c, struct column_drift *d) {
  double a = 0, b = 0, k = c->n, js = 0;
  for (uint32_t i = 0; i < c->n; i++) {
    a += c->here[i];
    b += c->other[i];
  }
  d->psi = 0;
  for (uint32_t i = 0; i < c->n; i++) {
    double p = (c->here[i] + 0.5) / (a + 0.5 * k), q = (c->other[i] + 0.5) / (b + 0.5 * k);
    d->psi += (p - q) * log(p / q);
    js += 0.5 * (p * log2(2 * p / (p + q)) + q * log2(2 * q / (p + q)));
  }
  d->js = sqrt(js > 0 ? js : 0);
  d->psi_chance = k > 1 ? (1 / a + 1 / b) * quantile_chi_square(k - 1) : 0;
  d->moved = d->psi > 0.1 && d->psi > d->psi_chance;
}

static void count_ranges(const struct values *here, const struct values *other, struct counts *c) {
  double edges[RANGES], wanted = (double)values_total(here) / RANGES;
  uint32_t n_edges = 0, at = 0;
  for (uint32_t i = 0; i < here->n; i++) {
    c->here[n_edges] += (double)here->entries[i].n;
    if (c->here[n_edges] >= wanted && n_edges < RANGES - 1 && i + 1 < here->n)
      edges[n_edges++] = here->entries[i].number.hi;
  }
  for (uint32_t i = 0; i < other->n; i++) {
    double x = other->entries[i].number.lo / 2 + other->entries[i].number.hi / 2;
    while (at < n_edges && x > edges[at]) at++;
    c->other[at] += (double)other->entries[i].n;
  }
  c->n = n_edges + 1;
}

static double kolmogorov(const struct values *a, const struct values *b) {
  double n = (double)values_total(a), m = (double)values_total(b), fa = 0, fb = 0, most = 0;
  for (uint32_t i = 0, j = 0; i < a->n || j < b->n;) {
    double x = i < a->n ? a->entries[i].number.hi : (double)INFINITY;
    double y = j < b->n ? b->entries[j].number.hi : (double)INFINITY;
    double next = x < y ? x : y;
    while (i < a->n && a->entries[i].number.hi <= next) fa += (double)a->entries[i++].n;
    while (j < b->n && b->entries[j].number.hi <= next) fb += (double)b->entries[j++].n;
    double distance = fabs(fa / n - fb / m);
    if (distance > most) most = distance;
  }
  return n > 0 && m > 0 ? most : (double)NAN;
}

static void count_levels(const struct values *here, const struct values *other, struct counts *c,
                         struct column_drift *d) {
  double fresh = 0, all = (double)values_total(other);
  for (uint32_t i = 0; i < here->n; i++) c->here[i < LEVELS ? i : LEVELS] += (double)here->entries[i].n;
  for (uint32_t i = 0; i < other->n; i++) {
    uint32_t at = values_find(here, other->entries[i].key);
    bool known = at != UINT32_MAX;
    if (!known && here->exact) {
      fresh += (double)other->entries[i].n;
      c->other[LEVELS + 1] += (double)other->entries[i].n;
    } else {
      c->other[known && at < LEVELS ? at : LEVELS] += (double)other->entries[i].n;
    }
  }
  d->share_new = all > 0 ? fresh / all : 0;
  c->n = LEVELS + 2;
}

static uint64_t blanks_of(const struct column *column) {
  return column->n_types[CELL_TYPE_NULL] + column->n_types[CELL_TYPE_EMPTY] +
         column->n_types[CELL_TYPE_DECLARED];
}

/* Parts that neither file has do not count. */
static void drop_empty(struct counts *c) {
  uint32_t n = 0;
  for (uint32_t i = 0; i < c->n; i++) {
    if (c->here[i] + c->other[i] == 0) continue;
    c->here[n] = c->here[i];
    c->other[n++] = c->other[i];
  }
  c->n = n;
}

static void compare(const struct column *here, const struct column_facts *facts, const struct column *other,
                    struct column_drift *d) {
  struct counts c = {.n = 0};
  d->present = true;
  d->ks = d->share_not_later = (double)NAN;
  if (facts->type == TYPE_ID || facts->type == TYPE_TEXT) return;
  if (facts->has_number || facts->has_date) {
    const struct values *a = facts->has_date ? &here->dates : &here->numbers;
    const struct values *b = facts->has_date ? &other->dates : &other->numbers;
    count_ranges(a, b, &c);
    d->ks = kolmogorov(a, b);
    double known = 0;
    for (uint32_t i = 0; i < b->n && facts->has_date; i++)
      known += b->entries[i].number.lo <= facts->date.last ? (double)b->entries[i].n : 0;
    if (facts->has_date) d->share_not_later = known / (double)values_total(b);
  } else if (facts->has_levels) {
    count_levels(&here->texts, &other->texts, &c, d);
  }
  c.here[c.n] = (double)blanks_of(here);
  c.other[c.n++] = (double)blanks_of(other);
  drop_empty(&c);
  if (c.n > 0) measure(&c, d);
  if (facts->has_date) d->moved = false; /* time goes on: not a finding */
}

bool drift_find(copse_context *ctx, const struct scan *here, const struct column_facts *facts,
                const struct scan *other, struct drift *out) {
  *out = (struct drift){.ctx = ctx, .present = true, .n_rows = other->n_rows};
  out->columns = copse_alloc_zero(ctx, here->n_columns, sizeof *out->columns);
  if (out->columns == NULL) return false;
  for (uint32_t i = 0; i < here->n_columns; i++) {
    uint32_t same = scan_find(other, here->columns[i].name);
    if (same == SCAN_NO_COLUMN) continue;
    compare(&here->columns[i], &facts[i], &other->columns[same], &out->columns[i]);
  }
  bool features = here->target != SCAN_NO_COLUMN && other->target != SCAN_NO_COLUMN;
  out->share_known_rows =
      features ? rows_overlap(&here->features, &other->features) : rows_overlap(&here->full, &other->full);
  return true;
}

void drift_release(struct drift *drift) {
  copse_free(drift->columns);
  *drift = (struct drift){.ctx = drift->ctx};
}
