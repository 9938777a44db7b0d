/* drift.c - see drift.h. A difference counts only when chance does not explain it (copse_stability_of): among
 * 500 columns the greatest is greater still. */
#include "findings/drift.h"

#include <math.h>
#include <string.h>

#include "copse_prep.h"
#include "table/row_source.h"

void drift_measure(struct drift_counts *c, double n_compared, struct column_drift *d) {
  if (c->n == 0) return;
  copse_stability stability = copse_stability_of(c->here, c->other, c->n, n_compared);
  double a = 0, b = 0, k = c->n = stability.n_parts, js = 0;
  for (uint32_t i = 0; i < c->n; i++) {
    a += c->here[i];
    b += c->other[i];
  }
  for (uint32_t i = 0; i < c->n; i++) {
    double p = (c->here[i] + 0.5) / (a + 0.5 * k), q = (c->other[i] + 0.5) / (b + 0.5 * k);
    js += 0.5 * (p * log2(2 * p / (p + q)) + q * log2(2 * q / (p + q)));
  }
  d->js = sqrt(js > 0 ? js : 0);
  d->psi = stability.psi;
  d->psi_chance = stability.chance;
  d->psi_excess = stability.excess;
  d->moved = stability.excess > 0.1 && stability.beyond_chance;
}

static void count_ranges(const struct values *here, const struct values *other, struct drift_counts *c) {
  double edges[DRIFT_RANGES], wanted = (double)values_total(here) / DRIFT_RANGES;
  uint32_t n_edges = 0, at = 0;
  for (uint32_t i = 0; i < here->n; i++) {
    c->here[n_edges] += (double)here->entries[i].n;
    if (c->here[n_edges] >= wanted && n_edges < DRIFT_RANGES - 1 && i + 1 < here->n)
      edges[n_edges++] = here->entries[i].number.hi;
  }
  for (uint32_t i = 0; i < other->n; i++) {
    double x = other->entries[i].number.lo / 2 + other->entries[i].number.hi / 2;
    while (at < n_edges && x > edges[at]) at++;
    c->other[at] += (double)other->entries[i].n;
  }
  c->n = n_edges + 1;
}

/* *area: between the distribution functions. */
static double kolmogorov(const struct values *a, const struct values *b, double *area) {
  double n = (double)values_total(a), m = (double)values_total(b), fa = 0, fb = 0, most = 0, last = 0;
  *area = 0;
  for (uint32_t i = 0, j = 0; i < a->n || j < b->n;) {
    double x = i < a->n ? a->entries[i].number.hi : (double)INFINITY;
    double y = j < b->n ? b->entries[j].number.hi : (double)INFINITY;
    double next = x < y ? x : y;
    if (i + j > 0) *area += fabs(fa / n - fb / m) * (next - last);
    last = next;
    while (i < a->n && a->entries[i].number.hi <= next) fa += (double)a->entries[i++].n;
    while (j < b->n && b->entries[j].number.hi <= next) fb += (double)b->entries[j++].n;
    double distance = fabs(fa / n - fb / m);
    if (distance > most) most = distance;
  }
  return n > 0 && m > 0 ? most : (double)NAN;
}

/* The frequent levels have a part each. The others are one together with what is new: of levels that few rows
 * have, another file of the same kind brings new ones, in as many rows as have a level alone here (Good
 * 1953). */
static void count_levels(const struct values *here, const struct values *other, struct drift_counts *c,
                         struct column_drift *d) {
  enum { FREQUENT = 5 };
  double fresh = 0, single = 0, all = (double)values_total(other);
  uint32_t n = 0;
  while (n < here->n && n < DRIFT_LEVELS && here->entries[n].n >= FREQUENT) n++;
  for (uint32_t i = 0; i < here->n; i++) {
    c->here[i < n ? i : n] += (double)here->entries[i].n;
    single += here->entries[i].n == 1;
  }
  for (uint32_t i = 0; i < other->n; i++) {
    uint32_t at = values_find(here, other->entries[i].key);
    if (at == UINT32_MAX && here->exact) fresh += (double)other->entries[i].n;
    c->other[at < n ? at : n] += (double)other->entries[i].n;
  }
  d->share_new = all > 0 ? fresh / all : 0;
  d->share_new_chance = here->n > 0 ? single / (double)values_total(here) : 0;
  c->n = n + 1;
}

static uint64_t blanks_of(const struct column *column) {
  return column->n_types[CELL_TYPE_NULL] + column->n_types[CELL_TYPE_EMPTY] +
         column->n_types[CELL_TYPE_DECLARED];
}

enum drift_kind drift_kind_of(const struct column_facts *facts) {
  return facts->has_number   ? DRIFT_NUMBER
         : facts->has_date   ? DRIFT_DATE
         : facts->has_levels ? DRIFT_TEXT
                             : DRIFT_EMPTY;
}

static void compare(const struct column *here, const struct column_facts *facts, const struct column *other,
                    const struct column_facts *other_facts, double n_compared, struct column_drift *d) {
  struct drift_counts c = {.n = 0};
  enum drift_kind kind = drift_kind_of(facts), other_kind = drift_kind_of(other_facts);
  d->present = true;
  d->other_type = other_facts->type;
  d->ks = d->w1 = d->share_not_later = (double)NAN;
  d->type_changed = kind != other_kind && kind != DRIFT_EMPTY && other_kind != DRIFT_EMPTY;
  if (d->type_changed) d->psi = d->psi_chance = d->js = (double)NAN;
  if (d->type_changed || facts->type == TYPE_ID || facts->type == TYPE_TEXT) return;
  if (facts->has_number || facts->has_date) {
    const struct values *a = facts->has_date ? &here->dates : &here->numbers;
    const struct values *b = facts->has_date ? &other->dates : &other->numbers;
    count_ranges(a, b, &c);
    double area;
    d->ks = kolmogorov(a, b, &area);
    if (facts->has_number && facts->number.std > 0) d->w1 = area / facts->number.std;
    double known = 0;
    for (uint32_t i = 0; i < b->n && facts->has_date; i++)
      known += b->entries[i].number.lo <= facts->date.last ? (double)b->entries[i].n : 0;
    if (facts->has_date) d->share_not_later = known / (double)values_total(b);
  } else if (facts->has_levels) {
    count_levels(&here->texts, &other->texts, &c, d);
  }
  c.here[c.n] = (double)blanks_of(here);
  c.other[c.n++] = (double)blanks_of(other);
  drift_measure(&c, n_compared, d);
  if (facts->has_date) d->moved = false; /* time goes on: not a finding */
}

/* Rows of the other file that are in this one. The target is left out where there is one: rows to be
 * predicted have none. */
static double share_known(const struct scan *here, const struct scan *other, uint32_t n_gone, double *apart) {
  const struct rows *rows = here->target != SCAN_NO_COLUMN ? &here->features : &here->full;
  *apart = (double)NAN;
  if (n_gone > 0) return (double)NAN;
  return rows_overlap(rows, other->target != SCAN_NO_COLUMN ? &other->features : &other->full, apart);
}

bool drift_find(copse_context *ctx, const struct scan *here, const struct column_facts *facts,
                const struct scan *other, const struct column_facts *other_facts, struct drift *out) {
  *out = (struct drift){.ctx = ctx, .present = true, .n_rows = other->n_rows, .new_names.ctx = ctx};
  out->n_columns = other->n_columns;
  out->named = row_source_is_named(other->source);
  out->columns = copse_alloc_zero(ctx, here->n_columns, sizeof *out->columns);
  if (out->columns == NULL) return false;
  for (uint32_t i = 0; i < here->n_columns; i++) {
    uint32_t same = scan_find(other, here->columns[i].name);
    if (same == SCAN_NO_COLUMN)
      out->n_gone += i != here->target;
    else
      compare(&here->columns[i], &facts[i], &other->columns[same], &other_facts[same], here->n_columns,
              &out->columns[i]);
  }
  for (uint32_t i = 0; i < other->n_columns; i++) {
    const char *name = other->columns[i].name;
    if (scan_find(here, name) != SCAN_NO_COLUMN) continue;
    copse_text_append(&out->new_names, name, strlen(name) + 1);
    out->n_new++;
  }
  out->share_known_rows = share_known(here, other, out->n_gone, &out->share_known_apart);
  return !out->new_names.failed;
}

void drift_release(struct drift *drift) {
  copse_free(drift->columns);
  copse_text_release(&drift->new_names);
  *drift = (struct drift){.ctx = drift->ctx};
}
