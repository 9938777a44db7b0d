/* bond.c - see bond.h. */
#include "profile/bond.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ROWS = 8192, LEAST_ROWS = 100, LEAST_RARE = 30 };
enum { COLUMN, TARGET, N_SIDES };

/* A sampled row. Of numbers a key is the place in the order of numbers, of others what it is. */
struct row {
  uint64_t keys[N_SIDES], tie;
  double ranks[N_SIDES];
};

/* What a side's way would be by chance and at least, over all rows; rows without its most frequent value. */
struct side {
  bool numeric;
  double chance, least;
  size_t n_rare;
};

struct rows_of_both {
  struct row *list; /* [n] */
  size_t n;
  struct side sides[N_SIDES];
};

/* ---- rows ---- */

/* False: the cell is missing. */
static bool take(const struct column *column, size_t at, bool numeric, uint64_t *key) {
  enum cell_type type = column->sample_types[at];
  bool text = cell_is_text(type);
  if (cell_is_blank(type) || (numeric && (text || type == CELL_TYPE_DMY))) return false;
  double x;
  memcpy(&x, &column->sample[at], sizeof x);
  *key = numeric ? number_key(x) : column->sample[at] + text;
  return true;
}

static void gather(const struct column *column, const struct column *target, size_t n,
                   struct rows_of_both *both) {
  for (size_t at = 0; at < n; at += n / MOST_ROWS + 1) {
    struct row row = {.tie = mix64(at + 1)};
    if (take(column, at, both->sides[COLUMN].numeric, &row.keys[COLUMN]) &&
        take(target, at, both->sides[TARGET].numeric, &row.keys[TARGET]))
      both->list[both->n++] = row;
  }
}

static int compare_keys(uint64_t a, uint64_t b) { return a < b ? -1 : a > b; }
static int by_side(const struct row *a, const struct row *b, int side) {
  int c = compare_keys(a->keys[side], b->keys[side]);
  return c != 0 ? c : compare_keys(a->tie, b->tie);
}
static int by_column(const void *a, const void *b) { return by_side(a, b, COLUMN); }
static int by_target(const void *a, const void *b) { return by_side(a, b, TARGET); }
static int by_class(const void *a, const void *b) { /* and by the column within a class */
  const struct row *p = a, *q = b;
  int c = compare_keys(p->keys[TARGET], q->keys[TARGET]);
  return c != 0 ? c : by_side(p, q, COLUMN);
}

/* Middle ranks of rows sorted by a side, and what its way would be. */
static void rank_side(struct rows_of_both *both, int which) {
  struct side *side = &both->sides[which];
  double n = (double)both->n, equal = 0, apart = 0, n_values = 0;
  size_t most = 0;
  for (size_t i = 0, end; i < both->n; i = end) {
    for (end = i + 1; end < both->n && both->list[end].keys[which] == both->list[i].keys[which];) end++;
    double rank = (double)(i + end - 1) / 2;
    for (size_t k = i; k < end; k++) {
      both->list[k].ranks[which] = rank;
      apart += (2 * (double)k - n + 1) * rank; /* summed up: distances of all pairs */
    }
    if (end - i > most) most = end - i;
    equal += (double)(end - i) * (double)(end - i - 1);
    n_values++;
  }
  side->n_rare = both->n - most;
  side->chance = side->numeric ? 2 * apart / n : (n - 1) - equal / n;
  side->least =
      side->numeric ? both->list[both->n - 1].ranks[which] - both->list[0].ranks[which] : n_values - 1;
}

/* ---- measures ---- */

/* How well a side is told by the order that the rows are in. */
static double follow(const struct rows_of_both *both, int which) {
  const struct side *side = &both->sides[which];
  double way = 0;
  for (size_t i = 1; i < both->n; i++) {
    const struct row *a = &both->list[i - 1], *b = &both->list[i];
    way += side->numeric ? fabs(b->ranks[which] - a->ranks[which]) : a->keys[which] != b->keys[which];
  }
  if (side->n_rare < LEAST_RARE || side->chance < 2 * side->least) return (double)NAN;
  return 1 - (way - side->least) / (side->chance - side->least);
}

/* Rows sorted by class, then by the column: how well the class tells the column's value. */
static double follow_classes(const struct rows_of_both *both) {
  size_t wrong = 0, n_rare = both->sides[COLUMN].n_rare;
  for (size_t i = 0, end; i < both->n; i = end) {
    size_t most = 0, run = 0;
    for (end = i; end < both->n && both->list[end].keys[TARGET] == both->list[i].keys[TARGET]; end++) {
      run = end > i && both->list[end].keys[COLUMN] == both->list[end - 1].keys[COLUMN] ? run + 1 : 1;
      if (run > most) most = run;
    }
    wrong += end - i - most;
  }
  return n_rare >= LEAST_RARE ? 1 - (double)wrong / (double)n_rare : (double)NAN;
}

static double spearman(const struct rows_of_both *both) {
  double xx = 0, yy = 0, xy = 0, middle = (double)(both->n - 1) / 2;
  for (size_t i = 0; i < both->n; i++) {
    double x = both->list[i].ranks[COLUMN] - middle, y = both->list[i].ranks[TARGET] - middle;
    xx += x * x;
    yy += y * y;
    xy += x * y;
  }
  return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : (double)NAN;
}

bool bond_find(const struct scan *scan, const struct target_facts *target, const struct column *column,
               const struct column_facts *facts, struct bond *out) {
  bool numbers = target->kind == TARGET_NUMBER;
  *out = (struct bond){(double)NAN, (double)NAN, (double)NAN};
  if (!numbers && target->kind != TARGET_CLASSES) return true;
  struct rows_of_both both = {.sides[COLUMN].numeric = facts->has_number || facts->has_date,
                              .sides[TARGET].numeric = numbers};
  both.list = copse_alloc(scan->ctx, MOST_ROWS, sizeof *both.list);
  if (both.list == NULL) return false;
  gather(column, &scan->columns[scan->target], scan->n_sample, &both);
  if (both.n >= LEAST_ROWS) {
    qsort(both.list, both.n, sizeof *both.list, by_target);
    rank_side(&both, TARGET);
    qsort(both.list, both.n, sizeof *both.list, by_column);
    rank_side(&both, COLUMN);
    if (both.sides[COLUMN].numeric) out->gives = follow(&both, TARGET);
    if (both.sides[COLUMN].numeric && numbers) out->rank = spearman(&both);
    qsort(both.list, both.n, sizeof *both.list, numbers ? by_target : by_class);
    out->follows = numbers ? follow(&both, COLUMN) : follow_classes(&both);
  }
  copse_free(both.list);
  return true;
}
