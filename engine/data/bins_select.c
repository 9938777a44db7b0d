/* bins_select.c - order statistics by buckets (Knuth vol. 3, 5.2.5 and exercise 5.3.3: selection by
 * distribution): the values are counted in buckets by the leading bits of their keys, and only buckets in
 * which a bin may end are gathered and sorted.
 *
 * Doubles of one sign order as their bits, so "nearly equal" neighbours have keys that differ by one at most.
 * Two of them lie in different buckets only when the lower one has the last key of its bucket; if there is
 * such a value nothing is selected. Where the bins end follows from where earlier ones ended, which is known
 * exactly only after sorting: select_plan predicts it, with room for ties, and the walk itself finds out when
 * that was wrong. */
#include "data/bins_select.h"

#include <math.h>

#include "base/status.h"
#include "data/radix_sort.h"
#include "kernels/kernels.h"

enum { AHEAD = 48 };

enum bucket_state { BUCKET_UNSORTED, BUCKET_ASKED, BUCKET_SORTED, BUCKET_ONE_VALUE };

struct selection {
  const struct bins_values *values;
  const struct bins_buckets *in;
  struct bucket_rule by;
  uint64_t n_numbers;
  uint32_t *rows;      /* [n_buckets + 2] */
  uint8_t *states;     /* [n_buckets] enum bucket_state */
  uint16_t *tables[2]; /* [n_buckets + 3] the first: marks of what is asked for while it is gathered */
  double *only;        /* [n_buckets] the value of BUCKET_ONE_VALUE */
  uint32_t *places, *n_values; /* [n_buckets] of a sorted bucket's distinct values */
  double *sorted, *scratch;    /* [most_sorted + 1] values of the sorted buckets */
  uint32_t *merged;            /* [most_sorted + 1] and the rows of each of them */
  uint32_t *list;              /* [most_sorted + BUCKET_LIST_ROOM] where the scratch is */
  size_t most_sorted;
  size_t n_sorted; /* values */
  struct distinct distinct;
};

static double value_at(const struct selection *s, uint64_t i) { return s->values->at[i * s->values->stride]; }

/* Adds up so many values' buckets in narrow counts, which stay in the nearest cache: `others` NULL, or a
 * second table that is used in turn, where values repeat: a count then does not wait for the one before. */
static void count_piece(const uint16_t *buckets, size_t n, uint16_t *counts, uint16_t *others) {
  size_t i = 0;
  for (; others != NULL && i + 2 <= n; i += 2) {
    counts[buckets[i]]++;
    others[buckets[i + 1]]++;
  }
  for (; i < n; i++) counts[buckets[i]]++;
}

static void count_rows(struct selection *s) {
  const size_t n_counts = (size_t)s->by.n_buckets + 2;
  const bool narrow = n_counts <= s->most_sorted; /* both tables have room where nothing is in yet */
  uint32_t *rows = s->rows;
  uint16_t *counts = (uint16_t *)s->merged, *others = s->in->crowded ? counts + n_counts : NULL;
  memset(rows, 0, n_counts * sizeof *rows);
  for (uint64_t start = 0, n; narrow && start < s->values->n; start += n) {
    n = s->values->n - start < UINT16_MAX ? s->values->n - start : UINT16_MAX;
    memset(counts, 0, (others != NULL ? 2 : 1) * n_counts * sizeof *counts);
    count_piece(s->in->of_values + start, (size_t)n, counts, others);
    for (size_t b = 0; b < n_counts; b++) rows[b] += counts[b];
    for (size_t b = 0; b < n_counts && others != NULL; b++) rows[b] += others[b];
  }
  for (uint64_t i = 0; i < s->values->n && !narrow; i++) rows[s->in->of_values[i]]++;
}

/* Buckets that hold one value need no sorting. */
static void find_single_values(struct selection *s) {
  const uint16_t *buckets = s->in->of_values;
  const uint32_t n_buckets = s->by.n_buckets;
  for (uint64_t i = 0; i < s->values->n; i++)
    if (buckets[i] < n_buckets) s->only[buckets[i]] = value_at(s, i);
  memset(s->states, BUCKET_ONE_VALUE, n_buckets);
  for (uint64_t i = 0; i < s->values->n; i++)
    if (buckets[i] < n_buckets && s->only[buckets[i]] != value_at(s, i))
      s->states[buckets[i]] = BUCKET_UNSORTED;
}

/* All are the first of their bucket. */
static void set_single_values(struct selection *s) {
  memset(s->states, BUCKET_ONE_VALUE, s->by.n_buckets);
  for (uint32_t b = 0; b < s->by.n_buckets; b++) s->only[b] = bucket_first(&s->by, b);
}

static void add_entry(struct distinct *d, size_t *n, double value, uint64_t rows, uint32_t unsorted) {
  d->values[*n] = value;
  d->counts[*n] = rows;
  d->unsorted[*n] = unsorted;
  ++*n;
}

/* The entries of all buckets. */
static void list_entries(struct selection *s) {
  struct distinct *d = &s->distinct;
  size_t n = 0;
  d->n_negative = 0;
  for (uint32_t b = 0; b < s->by.n_buckets; b++) {
    if (b == s->by.first_positive) d->n_negative = n;
    if (s->rows[b] == 0) continue;
    if (s->states[b] == BUCKET_ONE_VALUE) {
      add_entry(d, &n, s->only[b], s->rows[b], 0);
    } else if (s->states[b] == BUCKET_SORTED) {
      const double *values = s->sorted + s->places[b];
      const uint32_t *rows = s->merged + s->places[b];
      for (uint32_t i = 0; i < s->n_values[b]; i++) add_entry(d, &n, values[i], rows[i], 0);
    } else {
      add_entry(d, &n, 0, s->rows[b], b + 1);
    }
  }
  d->n_positive = n - d->n_negative;
}

static void ask(struct selection *s, uint32_t bucket) {
  if (s->states[bucket] == BUCKET_UNSORTED) s->states[bucket] = BUCKET_ASKED;
}

/* One block for everything. */
static copse_status lay_out(copse_context *ctx, struct bins_room *room, struct selection *s,
                            copse_error *err) {
  size_t b = s->by.n_buckets, at_once = s->most_sorted + BUCKET_LIST_ROOM, entries = b + at_once;
  size_t bytes = 8 * (at_once + b + 2 * entries) + 4 * (entries + at_once + 3 * b + 2) + 2 * 2 * (b + 3) + b;
  void *block = bins_room_take(ctx, room, BINS_ROOM_WORK, bytes, 1);
  if (block == NULL) return status_memory(err, "the buckets of a column");
  s->sorted = block; /* parts of 8 bytes, 4, 2 and 1: each is aligned by the one before */
  s->only = s->sorted + at_once;
  s->distinct.values = s->scratch = s->only + b; /* entries are listed anew after every sort */
  s->list = (uint32_t *)s->scratch;
  s->distinct.counts = (uint64_t *)(s->distinct.values + entries);
  s->distinct.unsorted = (uint32_t *)(s->distinct.counts + entries);
  s->merged = s->distinct.unsorted + entries;
  s->rows = s->merged + at_once;
  s->places = s->rows + b + 2;
  s->n_values = s->places + b;
  s->tables[0] = (uint16_t *)(s->n_values + b);
  s->tables[1] = s->tables[0] + b + 3;
  s->states = (uint8_t *)(s->tables[1] + b + 3);
  memset(s->states, BUCKET_UNSORTED, b);
  return COPSE_OK;
}

copse_status select_open(copse_context *ctx, struct bins_room *room, const struct bins_values *values,
                         const struct bins_buckets *buckets, struct selection **out, copse_error *err) {
  *out = NULL;
  /* two neighbours in two buckets may be nearly equal; the sum of two values, of which the middle is taken,
   * must not overflow: bounds then leave their place */
  const bool suits = (buckets->facts & (BUCKETS_LAST_KEY | BUCKETS_ODD)) == 0;
  if (values->n == 0 || values->n > UINT32_MAX || !suits) return COPSE_OK;
  struct selection *s = copse_alloc_zero(ctx, 1, sizeof *s);
  if (s == NULL) return status_memory(err, "the buckets of a column");
  s->values = values;
  s->in = buckets;
  s->by = buckets->rule;
  s->most_sorted = (size_t)(values->n / 2);
  copse_status status = lay_out(ctx, room, s, err);
  if (status != COPSE_OK) {
    select_close(s);
    return status;
  }
  count_rows(s);
  for (uint32_t b = 0; b < s->by.first_positive; b++) s->distinct.negative_rows += s->rows[b];
  for (uint32_t b = s->by.first_positive; b < s->by.n_buckets; b++) s->distinct.positive_rows += s->rows[b];
  s->n_numbers = s->distinct.negative_rows + s->distinct.positive_rows;
  s->most_sorted = (size_t)(s->n_numbers / 2);
  if ((buckets->facts & BUCKETS_SHARED) == 0)
    set_single_values(s);
  else if (buckets->tied)
    find_single_values(s);
  list_entries(s);
  *out = s;
  return COPSE_OK;
}

void select_set_floors(struct selection *s) {
  struct distinct *d = &s->distinct;
  for (size_t i = 0; i < d->n_negative + d->n_positive; i++)
    if (d->unsorted[i] != 0) d->values[i] = bucket_floor(&s->by, d->unsorted[i] - 1);
}

void select_close(struct selection *selection) { copse_free(selection); }

uint64_t select_n_numbers(const struct selection *s) { return s->n_numbers; }
uint64_t select_n_nan(const struct selection *s) { return s->rows[s->by.n_buckets + 1]; }

struct select_buckets select_buckets(struct selection *s) {
  return (struct select_buckets){
      .values = s->values, .buckets = s->in, .tables = {s->tables[0], s->tables[1]}};
}

bool select_only_value(const struct selection *s, uint32_t bucket, double *value) {
  *value = s->only[bucket];
  return s->states[bucket] == BUCKET_ONE_VALUE && s->rows[bucket] > 0;
}

struct distinct *select_distinct(struct selection *selection) {
  return &selection->distinct;
}

/* The walk of 1.6 B as far as it can be foreseen. A bin ends with a value, so it exceeds its mean by half the
 * rows of a value on average; the error of that adds up. */
struct foreseen {
  double big, mean;
  int64_t rest_bins, rest_rows, closed, max_bins;
  uint64_t rows, passed; /* in the bin so far, on the side so far */
  double ties, tied;     /* rows, and rows times rows of their value, of values lately met */
  int64_t n_guessed;     /* ends since the last one that is certain */
  double from, until;    /* rows of the side around a guessed end */
};

static double rows_over(const struct foreseen *f) { return f->ties > 0 ? f->tied / f->ties / 2 : 0.5; }

static void foresee_end(struct foreseen *f, uint64_t at, bool is_big) {
  f->until = (double)at; /* the value that follows is needed too */
  if (f->n_guessed > 0) {
    double k = (double)f->n_guessed++, over = rows_over(f);
    double width = 2 + 2 * over * sqrt(k) + (f->ties > 0 ? 0.25 * over : 0.2) * k;
    f->from = (double)at - width;
    f->until = (double)at + width;
  }
  f->tied *= 0.5;
  f->ties *= 0.5;
  f->closed++;
  f->rows = 0;
  if (!is_big) f->mean = (double)f->rest_rows / (double)--f->rest_bins;
}

static bool goes_on(const struct foreseen *f) { return f->closed < f->max_bins - 1; }

static bool ends_before(const struct foreseen *f, bool next_is_big) {
  return (double)f->rows >= f->mean || (next_is_big && (double)f->rows >= fmax(1.0, f->mean * 0.5));
}

static void foresee_value(struct foreseen *f, uint64_t rows, bool next_is_big) {
  bool is_big = (double)rows >= f->big;
  f->rows += rows;
  if (!is_big) f->rest_rows -= (int64_t)rows;
  if ((double)rows < f->big / 32) {
    f->ties += (double)rows;
    f->tied += (double)rows * (double)rows;
  }
  if (goes_on(f) && (is_big || ends_before(f, next_is_big))) foresee_end(f, f->passed + rows, is_big);
}

/* An entry of many values. True when a bin may end in it. */
static bool foresee_unsorted(struct foreseen *f, uint64_t rows, bool next_is_big) {
  bool stops = (double)rows >= f->big;
  uint64_t left = rows;
  while (left > 0 && goes_on(f) && (double)(f->rows + left) >= f->mean) {
    double missing = ceil(f->mean - (double)f->rows + rows_over(f) - 0.5);
    uint64_t taken = missing < 1 ? 1 : missing >= (double)left ? left : (uint64_t)missing;
    left -= taken;
    f->rest_rows -= (int64_t)taken;
    if (f->n_guessed == 0) f->n_guessed = 1;
    stops = true;
    foresee_end(f, f->passed + rows - left, false);
  }
  f->rows += left;
  f->rest_rows -= (int64_t)left;
  if (left > 0 && goes_on(f) && ends_before(f, next_is_big)) {
    stops = true;
    foresee_end(f, f->passed + rows, false);
  }
  return stops;
}

static struct foreseen foresee(const struct value_side *side, int64_t max_bins) {
  struct foreseen f = {.big = (double)side->rows / (double)max_bins,
                       .rest_bins = max_bins,
                       .rest_rows = (int64_t)side->rows,
                       .max_bins = max_bins,
                       .from = HUGE_VAL,
                       .until = -1};
  for (size_t i = 0; i < side->n; i++) {
    if (side->unsorted[i] != 0 || (double)side->counts[i] < f.big) continue;
    f.rest_bins--;
    f.rest_rows -= (int64_t)side->counts[i];
  }
  f.mean = (double)f.rest_rows / (double)f.rest_bins;
  return f;
}

int64_t select_plan(struct selection *selection, const struct value_side *side, int64_t max_bins) {
  if (side->n == 0) return 0;
  bool all = (int64_t)side->n <= max_bins;
  struct foreseen f = foresee(side, max_bins);
  for (size_t i = 0; i < side->n; i++) {
    uint64_t rows = side->counts[i];
    bool next_is_big = i + 1 < side->n && side->unsorted[i + 1] == 0 && (double)side->counts[i + 1] >= f.big;
    f.from = HUGE_VAL;
    if (side->unsorted[i] == 0) {
      foresee_value(&f, rows, next_is_big);
    } else {
      bool stops = (double)f.passed <= f.until; /* of an end before */
      stops |= foresee_unsorted(&f, rows, next_is_big);
      if (stops || all || i == 0 || i + 1 == side->n) ask(selection, side->unsorted[i] - 1);
    }
    double before = (double)f.passed; /* the end of the entry before */
    for (size_t j = i; j > 0 && before >= f.from; before -= (double)side->counts[--j])
      if (side->unsorted[j - 1] != 0) ask(selection, side->unsorted[j - 1] - 1);
    f.passed += rows;
  }
  return all ? (int64_t)side->n : f.closed + 1;
}

/* Values of the asked buckets to their places, in no order. Most values are not asked for: only the buckets
 * are read of all of them. */
static void gather(struct selection *s) {
  const uint16_t *buckets = s->in->of_values;
  uint16_t *asked = s->tables[0];
  const uint32_t *list = s->list;
  for (uint32_t b = 0; b < s->by.n_buckets; b++) asked[b] = s->states[b] == BUCKET_ASKED ? BUCKET_MARK : 0;
  for (uint32_t b = 0; b < 3; b++) asked[s->by.n_buckets + b] = 0;
  const uint64_t n = kernels_best()->look_up(buckets, s->values->n, asked, NULL, 0, s->list);
  for (uint64_t k = 0; k < n; k++) {
    if (k + AHEAD < n) __builtin_prefetch(s->values->at + list[k + AHEAD] * s->values->stride);
    s->sorted[s->places[buckets[list[k]]]++] = value_at(s, list[k]);
  }
}

/* As distinct_merge. */
static uint32_t merge(double *values, uint32_t n, uint32_t *rows) {
  uint32_t last = 0;
  rows[0] = 0;
  for (uint32_t i = 0; i < n; i++) {
    double value = values[i];
    if (i > 0 && !nearly_equal(values[last], value)) rows[++last] = 0;
    values[last] = value;
    rows[last]++;
  }
  return last + 1;
}

bool select_sort(struct selection *selection) {
  struct selection *s = selection;
  size_t n_wanted = 0;
  for (uint32_t b = 0; b < s->by.n_buckets; b++) {
    if (s->states[b] != BUCKET_ASKED) continue;
    s->places[b] = (uint32_t)(s->n_sorted + n_wanted);
    n_wanted += s->rows[b];
  }
  if (n_wanted == 0 || s->n_sorted + n_wanted > s->most_sorted) return false;
  gather(s);
  for (uint32_t b = 0; b < s->by.n_buckets; b++) {
    if (s->states[b] != BUCKET_ASKED) continue;
    s->places[b] -= s->rows[b];
    double *values = s->sorted + s->places[b];
    radix_sort_doubles(values, s->scratch, s->rows[b]);
    s->n_values[b] = merge(values, s->rows[b], s->merged + s->places[b]);
    s->states[b] = BUCKET_SORTED;
  }
  s->n_sorted += n_wanted;
  list_entries(s);
  return true;
}
