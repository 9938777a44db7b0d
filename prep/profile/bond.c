/* bond.c - see bond.h. */
#include "profile/bond.h"

#include <math.h>
#include <string.h>

#include "profile/values_table.h"

enum { MOST_ROWS = 8192, LEAST_ROWS = 100, LEAST_RARE = 30 };
enum { COLUMN, TARGET, N_SIDES };

/* A sampled row. Of numbers a key is the place in the order of numbers, of others what it is. */
struct row {
  uint64_t keys[N_SIDES];
  double ranks[N_SIDES];
};

/* What a side's way would be by chance and at least, over all rows; rows without its most frequent value. */
struct side {
  bool numeric;
  struct keyed *order; /* [n] rows by this side, equal ones by chance */
  double chance, least;
  size_t n_rare;
};

struct rows_of_both {
  struct row *list; /* [n] in no order */
  uint32_t n;
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

/* A step through n rows that meets all of them, near the golden section of n: equal values of one side come
 * in an order that has nothing to do with the file's. */
static size_t shuffling_step(size_t n) {
  size_t step = (size_t)((double)n * 0.6180339887498949) | 1;
  for (;; step += 2) {
    size_t a = n, b = step;
    while (b > 0) {
      size_t rest = a % b;
      a = b;
      b = rest;
    }
    if (a == 1) return step;
  }
}

static void gather(const struct column *column, const struct column *target, size_t n,
                   struct rows_of_both *both) {
  size_t thin = n / MOST_ROWS + 1, m = (n + thin - 1) / thin, step = shuffling_step(m);
  for (size_t i = 0, at = 0; i < m; i++, at = (at + step) % m) {
    struct row row;
    if (take(column, at * thin, both->sides[COLUMN].numeric, &row.keys[COLUMN]) &&
        take(target, at * thin, both->sides[TARGET].numeric, &row.keys[TARGET]))
      both->list[both->n++] = row;
  }
}

/* Rows by a side, their middle ranks, and what the side's way would be. */
static bool rank_side(copse_context *ctx, struct rows_of_both *both, int which) {
  struct side *side = &both->sides[which];
  double n = both->n, equal = 0, apart = 0, n_values = 0;
  size_t most = 0;
  for (uint32_t i = 0; i < both->n; i++) side->order[i] = (struct keyed){both->list[i].keys[which], i};
  if (!values_sort_keys(ctx, side->order, both->n)) return false;
  for (size_t i = 0, end; i < both->n; i = end) {
    for (end = i + 1; end < both->n && side->order[end].key == side->order[i].key;) end++;
    double rank = (double)(i + end - 1) / 2;
    for (size_t k = i; k < end; k++) {
      both->list[side->order[k].at].ranks[which] = rank;
      apart += (2 * (double)k - n + 1) * rank; /* summed up: distances of all pairs */
    }
    if (end - i > most) most = end - i;
    equal += (double)(end - i) * (double)(end - i - 1);
    n_values++;
  }
  side->n_rare = both->n - most;
  side->chance = side->numeric ? 2 * apart / n : (n - 1) - equal / n;
  const struct row *first = &both->list[side->order[0].at], *last = &both->list[side->order[both->n - 1].at];
  side->least = side->numeric ? last->ranks[which] - first->ranks[which] : n_values - 1;
  return true;
}

/* ---- measures ---- */

/* How well a side is told by the order of the other one. */
static double follow(const struct rows_of_both *both, int which) {
  const struct side *side = &both->sides[which];
  const struct keyed *order = both->sides[1 - which].order;
  double way = 0;
  for (size_t i = 1; i < both->n; i++) {
    const struct row *a = &both->list[order[i - 1].at], *b = &both->list[order[i].at];
    way += side->numeric ? fabs(b->ranks[which] - a->ranks[which]) : a->keys[which] != b->keys[which];
  }
  if (side->n_rare < LEAST_RARE || side->chance < 2 * side->least) return (double)NAN;
  return 1 - (way - side->least) / (side->chance - side->least);
}

/* How well the class tells the column's value: rows by class, then by the column. */
static bool follow_classes(copse_context *ctx, struct rows_of_both *both, double *out) {
  struct keyed *order = both->sides[COLUMN].order;
  size_t wrong = 0, n_rare = both->sides[COLUMN].n_rare;
  for (size_t i = 0; i < both->n; i++) order[i].key = both->list[order[i].at].keys[TARGET];
  if (!values_sort_keys(ctx, order, both->n)) return false;
  for (size_t i = 0, end; i < both->n; i = end) {
    size_t most = 0, run = 0;
    for (end = i; end < both->n && order[end].key == order[i].key; end++) {
      bool same =
          end > i && both->list[order[end].at].keys[COLUMN] == both->list[order[end - 1].at].keys[COLUMN];
      run = same ? run + 1 : 1;
      if (run > most) most = run;
    }
    wrong += end - i - most;
  }
  *out = n_rare >= LEAST_RARE ? 1 - (double)wrong / (double)n_rare : (double)NAN;
  return true;
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
  copse_context *ctx = scan->ctx;
  both.list = copse_alloc(ctx, MOST_ROWS, sizeof *both.list);
  bool ok = both.list != NULL;
  for (int side = 0; side < N_SIDES; side++) {
    both.sides[side].order = copse_alloc(ctx, MOST_ROWS, sizeof *both.sides[side].order);
    ok &= both.sides[side].order != NULL;
  }
  if (ok) gather(column, &scan->columns[scan->target], scan->n_sample, &both);
  if (ok && both.n >= LEAST_ROWS) {
    ok = rank_side(ctx, &both, TARGET) && rank_side(ctx, &both, COLUMN);
    if (ok && both.sides[COLUMN].numeric) out->gives = follow(&both, TARGET);
    if (ok && both.sides[COLUMN].numeric && numbers) out->rank = spearman(&both);
    if (ok && numbers) out->follows = follow(&both, COLUMN);
    if (ok && !numbers) ok = follow_classes(ctx, &both, &out->follows);
  }
  copse_free(both.list);
  for (int side = 0; side < N_SIDES; side++) copse_free(both.sides[side].order);
  return ok;
}
