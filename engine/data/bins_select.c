/* bins_select.c - order statistics by buckets (Knuth vol. 3, 5.2.5 and exercise 5.3.3: selection by
 * distribution): the values are counted in buckets by the leading bits of their distance from the least
 * one of their sign, and only buckets in which a bin may end are gathered and sorted.
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

enum { LEAST_BITS = 4, MOST_BITS = 15, ROWS_PER_BUCKET = 8, ROWS_PER_TIED_BUCKET = 64 };

enum bucket_state { BUCKET_UNSORTED, BUCKET_ASKED, BUCKET_SORTED, BUCKET_ONE_VALUE };

/* How a value finds its bucket; [1] of the negative values. */
struct bucketing {
  uint64_t flip[2], least[2];
  unsigned shift[2];
  uint32_t base[2];
};

struct selection {
  const double *values;
  uint64_t n;
  struct bucketing by;
  uint32_t n_buckets, first_positive; /* buckets */
  uint64_t n_filled;                  /* buckets */
  uint32_t *rows;                     /* [n_buckets] */
  uint8_t *states;                    /* [n_buckets] enum bucket_state */
  double *only;                       /* [n_buckets] the value of BUCKET_ONE_VALUE; NULL: there is none */
  uint32_t *places;                   /* [n_buckets] */
  double *sorted, *scratch;           /* [n / 2 + 1] each: values of the sorted buckets */
  uint64_t *merged;                   /* [n / 2 + 1] rows of the distinct values of one bucket */
  size_t n_asked;
  struct distinct distinct;
};

static inline uint64_t bits_of(double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

/* The distance of a value from the least of its sign. */
static inline uint64_t distance_of(double value, const struct bucketing *by, uint64_t *negative) {
  uint64_t bits = bits_of(value);
  *negative = bits >> 63;
  return (bits ^ by->flip[*negative]) - by->least[*negative];
}

static inline uint32_t bucket_of(double value, const struct bucketing *by) {
  uint64_t negative, distance = distance_of(value, by, &negative);
  return by->base[negative] + (uint32_t)(distance >> by->shift[negative]);
}

/* The least value that the bucket could hold. */
static double bucket_edge(const struct selection *s, uint32_t bucket) {
  int negative = bucket < s->first_positive ? 1 : 0;
  uint64_t key = s->by.least[negative] + ((uint64_t)(bucket - s->by.base[negative]) << s->by.shift[negative]);
  uint64_t bits = key ^ s->by.flip[negative];
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* Buckets of one sign; returns how many. */
static uint32_t cut_side(struct bucketing *by, int negative, double least, double most, unsigned n_bits) {
  by->flip[negative] = negative ? UINT64_MAX : 0;
  by->least[negative] = bits_of(least) ^ by->flip[negative];
  uint64_t span = (bits_of(most) ^ by->flip[negative]) - by->least[negative];
  unsigned width = span > 0 ? 64 - (unsigned)__builtin_clzll(span) : 0;
  by->shift[negative] = width > n_bits ? width - n_bits : 1;
  return (uint32_t)(span >> by->shift[negative]) + 1;
}

static void cut_buckets(struct selection *s, const struct value_range *range) {
  unsigned n_bits = LEAST_BITS;
  while (n_bits < MOST_BITS && (uint64_t)ROWS_PER_BUCKET << (n_bits + 1) <= range->n) n_bits++;
  if (range->n_negative > 0)
    s->first_positive = cut_side(&s->by, 1, range->least_negative, range->most_negative, n_bits);
  s->n_buckets = s->first_positive;
  s->by.base[0] = s->first_positive;
  if (range->n > range->n_negative)
    s->n_buckets += cut_side(&s->by, 0, range->least_positive, range->most_positive, n_bits);
}

/* False when some value has the last key of its bucket. */
static bool count_rows(struct selection *s) {
  const struct bucketing by = s->by;
  const uint64_t masks[2] = {((uint64_t)1 << by.shift[0]) - 1, ((uint64_t)1 << by.shift[1]) - 1};
  uint32_t *rows = s->rows;
  bool last = false;
  for (uint64_t i = 0; i < s->n; i++) {
    uint64_t negative, distance = distance_of(s->values[i], &by, &negative);
    last |= ((distance + 1) & masks[negative]) == 0;
    rows[by.base[negative] + (uint32_t)(distance >> by.shift[negative])]++;
  }
  return !last;
}

/* Few buckets for so many rows: likely each of them holds one value, which needs no sorting. */
static copse_status find_single_values(copse_context *ctx, struct selection *s, copse_error *err) {
  s->only = copse_alloc(ctx, s->n_buckets, sizeof *s->only);
  if (s->only == NULL) return status_memory(err, "the buckets of a column");
  const struct bucketing by = s->by;
  for (uint64_t i = 0; i < s->n; i++) s->only[bucket_of(s->values[i], &by)] = s->values[i];
  for (uint32_t b = 0; b < s->n_buckets; b++) s->states[b] = BUCKET_ONE_VALUE;
  for (uint64_t i = 0; i < s->n; i++) {
    uint32_t bucket = bucket_of(s->values[i], &by);
    if (s->only[bucket] != s->values[i]) s->states[bucket] = BUCKET_UNSORTED;
  }
  return COPSE_OK;
}

static void add_entry(struct distinct *d, size_t *n, double value, uint64_t rows, uint32_t unsorted) {
  d->values[*n] = value;
  d->counts[*n] = rows;
  d->unsorted[*n] = unsorted;
  ++*n;
}

/* The entries of all buckets; a sorted bucket's values begin at its place. */
static void list_entries(struct selection *s) {
  struct distinct *d = &s->distinct;
  size_t n = 0;
  d->n_negative = 0;
  for (uint32_t b = 0; b < s->n_buckets; b++) {
    if (b == s->first_positive) d->n_negative = n;
    if (s->rows[b] == 0) continue;
    if (s->states[b] == BUCKET_ONE_VALUE) {
      add_entry(d, &n, s->only[b], s->rows[b], 0);
    } else if (s->states[b] == BUCKET_SORTED) {
      double *values = s->sorted + s->places[b];
      size_t n_values = distinct_merge(values, s->rows[b], s->merged);
      for (size_t i = 0; i < n_values; i++) add_entry(d, &n, values[i], s->merged[i], 0);
    } else {
      add_entry(d, &n, bucket_edge(s, b), s->rows[b], b + 1);
    }
  }
  if (s->first_positive == s->n_buckets) d->n_negative = n;
  d->n_positive = n - d->n_negative;
}

static void ask(struct selection *s, uint32_t bucket) {
  if (s->states[bucket] != BUCKET_UNSORTED) return;
  s->states[bucket] = BUCKET_ASKED;
  s->n_asked++;
}

copse_status select_open(copse_context *ctx, const double *values, const struct value_range *range,
                         struct selection **out, copse_error *err) {
  *out = NULL;
  /* the sum of two values, of which the middle is taken, must not overflow: bounds then leave their place */
  bool huge = range->least_negative <= -0x1p1022 || range->most_positive >= 0x1p1022;
  if (range->n == 0 || range->n > UINT32_MAX || huge) return COPSE_OK;
  struct selection *s = copse_alloc_zero(ctx, 1, sizeof *s);
  if (s == NULL) return status_memory(err, "the buckets of a column");
  s->values = values;
  s->n = range->n;
  cut_buckets(s, range);
  size_t half = (size_t)(s->n / 2) + 1, most = s->n_buckets + half;
  s->rows = copse_alloc_zero(ctx, s->n_buckets, sizeof *s->rows);
  s->states = copse_alloc_zero(ctx, s->n_buckets, sizeof *s->states);
  s->places = copse_alloc(ctx, s->n_buckets, sizeof *s->places);
  s->sorted = copse_alloc(ctx, half, sizeof *s->sorted);
  s->scratch = copse_alloc(ctx, half, sizeof *s->scratch);
  s->merged = copse_alloc(ctx, half, sizeof *s->merged);
  s->distinct.values = copse_alloc(ctx, most, sizeof *s->distinct.values);
  s->distinct.counts = copse_alloc(ctx, most, sizeof *s->distinct.counts);
  s->distinct.unsorted = copse_alloc(ctx, most, sizeof *s->distinct.unsorted);
  copse_status status = COPSE_OK;
  if (s->rows == NULL || s->states == NULL || s->places == NULL || s->sorted == NULL || s->scratch == NULL ||
      s->merged == NULL || s->distinct.values == NULL || s->distinct.counts == NULL ||
      s->distinct.unsorted == NULL)
    status = status_memory(err, "the buckets of a column");
  bool suits = status == COPSE_OK && count_rows(s);
  for (uint32_t b = 0; suits && b < s->n_buckets; b++) s->n_filled += s->rows[b] > 0 ? 1 : 0;
  if (suits && s->n_filled * ROWS_PER_TIED_BUCKET <= s->n) status = find_single_values(ctx, s, err);
  if (status != COPSE_OK || !suits) {
    select_close(s);
    return status;
  }
  s->distinct.negative_rows = range->n_negative;
  s->distinct.positive_rows = range->n - range->n_negative;
  list_entries(s);
  *out = s;
  return COPSE_OK;
}

void select_close(struct selection *selection) {
  if (selection == NULL) return;
  copse_free(selection->rows);
  copse_free(selection->states);
  copse_free(selection->only);
  copse_free(selection->places);
  copse_free(selection->sorted);
  copse_free(selection->scratch);
  copse_free(selection->merged);
  copse_free(selection->distinct.values);
  copse_free(selection->distinct.counts);
  copse_free(selection->distinct.unsorted);
  copse_free(selection);
}

struct distinct *select_distinct(struct selection *selection) {
  return &selection->distinct;
}

/* The walk of 1.6 B as far as it can be foreseen. */
struct foreseen {
  double big, mean;
  int64_t rest_bins, rest_rows, closed, max_bins;
  uint64_t rows, passed; /* in the bin so far, on the side so far */
  bool exact;            /* so far */
  double late, until;    /* how far behind the foreseen ends the true ones may be; rows to be asked for */
  double over;           /* rows by which the exact bins exceeded their mean, and the number of these bins */
  int64_t n_over;
};

static void foresee_end(struct foreseen *f, uint64_t at, bool is_big) {
  if (!is_big && (double)f->rows >= f->mean) {
    f->over += (double)f->rows - f->mean;
    f->n_over++;
  }
  if (!f->exact) {
    f->late += f->n_over > 0 ? 2 * f->over / (double)f->n_over + 1 : 1;
    f->until = (double)at + f->late + 1;
  }
  f->closed++;
  f->rows = 0;
  if (!is_big) f->mean = (double)f->rest_rows / (double)--f->rest_bins;
}

static bool ends_before(const struct foreseen *f, bool next_is_big) {
  return (double)f->rows >= f->mean || (next_is_big && (double)f->rows >= fmax(1.0, f->mean * 0.5));
}

/* An entry of many values, taken as all different. */
static bool foresee_unsorted(struct foreseen *f, uint64_t rows, bool next_is_big) {
  bool stops = (double)rows >= f->big || (double)f->passed <= f->until;
  uint64_t left = rows;
  while (left > 0 && f->closed < f->max_bins - 1 && (double)(f->rows + left) >= f->mean) {
    double missing = ceil(f->mean - (double)f->rows);
    uint64_t taken = missing < 1 ? 1 : missing >= (double)left ? left : (uint64_t)missing;
    left -= taken;
    f->rest_rows -= (int64_t)taken;
    f->rows = 0;
    f->exact = false;
    stops = true;
    foresee_end(f, f->passed + rows - left, false);
  }
  f->rows += left;
  f->rest_rows -= (int64_t)left;
  if (left > 0 && f->closed < f->max_bins - 1 && ends_before(f, next_is_big)) {
    stops = true;
    foresee_end(f, f->passed + rows, false);
  }
  return stops;
}

int64_t select_plan(struct selection *selection, const struct value_side *side, int64_t max_bins) {
  if (side->n == 0) return 0;
  bool all = (int64_t)side->n <= max_bins;
  struct foreseen f = {.big = (double)side->rows / (double)max_bins,
                       .rest_bins = max_bins,
                       .rest_rows = (int64_t)side->rows,
                       .max_bins = max_bins,
                       .exact = true,
                       .until = -1};
  for (size_t i = 0; i < side->n; i++) {
    if (side->unsorted[i] != 0 || (double)side->counts[i] < f.big) continue;
    f.rest_bins--;
    f.rest_rows -= (int64_t)side->counts[i];
  }
  f.mean = (double)f.rest_rows / (double)f.rest_bins;
  for (size_t i = 0; i < side->n; i++) {
    uint64_t rows = side->counts[i];
    bool next_is_big = i + 1 < side->n && side->unsorted[i + 1] == 0 && (double)side->counts[i + 1] >= f.big;
    if (side->unsorted[i] != 0) {
      bool stops = foresee_unsorted(&f, rows, next_is_big);
      if (stops || all || i == 0 || i + 1 == side->n) ask(selection, side->unsorted[i] - 1);
    } else {
      bool is_big = (double)rows >= f.big;
      f.rows += rows;
      if (!is_big) f.rest_rows -= (int64_t)rows;
      if (f.closed < max_bins - 1 && (is_big || ends_before(&f, next_is_big)))
        foresee_end(&f, f.passed + rows, is_big);
    }
    f.passed += rows;
  }
  return all ? (int64_t)side->n : f.closed + 1;
}

/* Values of the asked and sorted buckets to their places, in no order. Returns how many; n / 2 at most. */
static void gather(struct selection *s, size_t n_wanted) {
  const struct bucketing by = s->by;
  double *list = s->scratch;
  size_t n = 0;
  for (uint64_t i = 0; i < s->n; i++) {
    list[n] = s->values[i];
    n += s->states[bucket_of(s->values[i], &by)] == BUCKET_ASKED;
    if (n == n_wanted) break;
  }
  for (size_t i = 0; i < n; i++) s->sorted[s->places[bucket_of(list[i], &by)]++] = list[i];
}

bool select_sort(struct selection *selection) {
  struct selection *s = selection;
  if (s->n_asked == 0) return false;
  size_t n_wanted = 0;
  for (uint32_t b = 0; b < s->n_buckets; b++) {
    if (s->states[b] == BUCKET_SORTED) s->states[b] = BUCKET_ASKED; /* merging used its rows up */
    if (s->states[b] != BUCKET_ASKED) continue;
    s->places[b] = (uint32_t)n_wanted;
    n_wanted += s->rows[b];
  }
  if (n_wanted > s->n / 2) return false;
  gather(s, n_wanted);
  for (uint32_t b = 0; b < s->n_buckets; b++) {
    if (s->states[b] != BUCKET_ASKED) continue;
    s->places[b] -= s->rows[b];
    radix_sort_doubles(s->sorted + s->places[b], s->scratch, s->rows[b]);
    s->states[b] = BUCKET_SORTED;
  }
  s->n_asked = 0;
  list_entries(s);
  return true;
}
