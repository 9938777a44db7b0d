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
#include "kernels/kernels.h"

enum { LEAST_BITS = 4, MOST_BITS = 15, ROWS_PER_BUCKET = 2, PILOT = 4096, TIED_SHARE = 8, STRIDE = 8 };

enum bucket_state { BUCKET_UNSORTED, BUCKET_ASKED, BUCKET_SORTED, BUCKET_ONE_VALUE };

struct selection {
  const double *values;
  uint64_t n;
  struct bucket_rule by;
  double most_negative, most_positive;
  uint32_t n_buckets, first_positive; /* buckets */
  uint16_t *buckets;                  /* [n + 1] of each value */
  uint32_t *rows;                     /* [n_buckets] */
  uint8_t *states;                    /* [n_buckets] enum bucket_state */
  uint8_t *asked;                     /* [n_buckets] 1 for BUCKET_ASKED while values are gathered */
  double *only;                       /* [n_buckets] the value of BUCKET_ONE_VALUE */
  uint32_t *places, *n_values;        /* [n_buckets] of a sorted bucket's distinct values */
  double *sorted, *scratch;           /* [most_sorted + 1] values of the sorted buckets */
  uint32_t *merged;                   /* [most_sorted + 1] and the rows of each of them */
  size_t most_sorted;
  size_t n_sorted; /* values */
  struct distinct distinct;
};

/* The least value that the bucket could hold. */
double select_edge(const struct selection *s, uint32_t bucket) {
  bool negative = bucket < s->first_positive;
  uint64_t key = ((uint64_t)bucket - s->by.base[negative]) << s->by.shift;
  uint64_t bits = negative ? 0 - key : key;
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static uint64_t buckets_between(double least, double most, unsigned shift) {
  return (bucket_key(most) >> shift) - (bucket_key(least) >> shift) + 1;
}

static void cut_buckets(struct selection *s, const struct number_range *range) {
  uint64_t most = (uint64_t)1 << LEAST_BITS, negative = 0, positive = 0;
  while (most < (uint64_t)1 << MOST_BITS && most * 2 * ROWS_PER_BUCKET <= range->n) most *= 2;
  do {
    s->by.shift++;
    if (range->least_negative < 0)
      negative = buckets_between(range->least_negative, range->most_negative, s->by.shift);
    if (range->most_positive > 0)
      positive = buckets_between(range->least_positive, range->most_positive, s->by.shift);
  } while (negative > most || positive > most);
  s->first_positive = (uint32_t)negative;
  s->n_buckets = (uint32_t)(negative + positive);
  s->by.base[1] = 0 - (bucket_key(range->least_negative) >> s->by.shift);
  s->by.base[0] = negative - (bucket_key(range->least_positive) >> s->by.shift);
}

/* False when some value has the last key of its bucket. */
static bool count_rows(struct selection *s) {
  enum { PIECE = 2048 }; /* still in cache when they are counted */
  const struct kernels *kernels = kernels_best();
  uint32_t *rows = s->rows;
  bool last = false;
  for (uint64_t start = 0; start < s->n; start += PIECE) {
    uint64_t length = s->n - start < PIECE ? s->n - start : PIECE;
    uint16_t *buckets = s->buckets + start;
    last |= kernels->find_buckets(s->values + start, length, &s->by, buckets);
    for (uint64_t i = 0; i < length; i++) rows[buckets[i]]++;
  }
  s->buckets[s->n] = s->buckets[s->n - 1];
  return !last;
}

/* Whether a good share of the rows, to judge by some of them, meet their own value again in their bucket. */
static bool looks_tied(struct selection *s) {
  uint64_t step = s->n / PILOT + 1, n_looked = 0, n_again = 0;
  memset(s->only, 0, s->n_buckets * sizeof *s->only); /* no value is 0 */
  for (uint64_t i = 0; i < s->n; i += step, n_looked++) {
    n_again += s->only[s->buckets[i]] == s->values[i] ? 1 : 0;
    s->only[s->buckets[i]] = s->values[i];
  }
  return n_again * TIED_SHARE >= n_looked;
}

/* Buckets that hold one value need no sorting. */
static void find_single_values(struct selection *s) {
  for (uint64_t i = 0; i < s->n; i++) s->only[s->buckets[i]] = s->values[i];
  for (uint32_t b = 0; b < s->n_buckets; b++) s->states[b] = BUCKET_ONE_VALUE;
  for (uint64_t i = 0; i < s->n; i++)
    if (s->only[s->buckets[i]] != s->values[i]) s->states[s->buckets[i]] = BUCKET_UNSORTED;
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
  for (uint32_t b = 0; b < s->n_buckets; b++) {
    if (b == s->first_positive) d->n_negative = n;
    if (s->rows[b] == 0) continue;
    if (s->states[b] == BUCKET_ONE_VALUE) {
      add_entry(d, &n, s->only[b], s->rows[b], 0);
    } else if (s->states[b] == BUCKET_SORTED) {
      const double *values = s->sorted + s->places[b];
      const uint32_t *rows = s->merged + s->places[b];
      for (uint32_t i = 0; i < s->n_values[b]; i++) add_entry(d, &n, values[i], rows[i], 0);
    } else {
      add_entry(d, &n, select_edge(s, b), s->rows[b], b + 1);
    }
  }
  if (s->first_positive == s->n_buckets) d->n_negative = n;
  d->n_positive = n - d->n_negative;
}

static void ask(struct selection *s, uint32_t bucket) {
  if (s->states[bucket] == BUCKET_UNSORTED) s->states[bucket] = BUCKET_ASKED;
}

/* One block for everything. */
static copse_status lay_out(copse_context *ctx, struct bins_room *room, struct selection *s,
                            copse_error *err) {
  size_t b = s->n_buckets, at_once = s->most_sorted + 1, entries = b + at_once;
  size_t bytes =
      8 * (at_once + b + 2 * entries) + 4 * (entries + at_once + 3 * b) + 2 * ((size_t)s->n + 1) + 2 * b;
  void *block = bins_room_take(ctx, room, BINS_ROOM_WORK, bytes, 1);
  if (block == NULL) return status_memory(err, "the buckets of a column");
  s->sorted = block; /* parts of 8 bytes, 4, 2 and 1: each is aligned by the one before */
  s->only = s->sorted + at_once;
  s->distinct.values = s->scratch = s->only + b; /* entries are listed anew after every sort */
  s->distinct.counts = (uint64_t *)(s->distinct.values + entries);
  s->distinct.unsorted = (uint32_t *)(s->distinct.counts + entries);
  s->merged = s->distinct.unsorted + entries;
  s->rows = s->merged + at_once;
  s->places = s->rows + b;
  s->n_values = s->places + b;
  s->buckets = (uint16_t *)(s->n_values + b);
  s->states = (uint8_t *)(s->buckets + s->n + 1);
  s->asked = s->states + b;
  memset(s->rows, 0, b * sizeof *s->rows);
  memset(s->states, BUCKET_UNSORTED, b);
  return COPSE_OK;
}

copse_status select_open(copse_context *ctx, struct bins_room *room, const double *values,
                         const struct number_range *range, struct selection **out, copse_error *err) {
  *out = NULL;
  /* the sum of two values, of which the middle is taken, must not overflow: bounds then leave their place */
  bool huge = range->least_negative <= -0x1p1022 || range->most_positive >= 0x1p1022;
  if (range->n == 0 || range->n > UINT32_MAX || huge) return COPSE_OK;
  struct selection *s = copse_alloc_zero(ctx, 1, sizeof *s);
  if (s == NULL) return status_memory(err, "the buckets of a column");
  s->values = values;
  s->n = range->n;
  s->most_negative = range->most_negative;
  s->most_positive = range->most_positive;
  s->most_sorted = (size_t)(s->n / 2);
  cut_buckets(s, range);
  copse_status status = lay_out(ctx, room, s, err);
  if (status != COPSE_OK || !count_rows(s)) {
    select_close(s);
    return status;
  }
  for (uint32_t b = 0; b < s->first_positive; b++) s->distinct.negative_rows += s->rows[b];
  s->distinct.positive_rows = s->n - s->distinct.negative_rows;
  if (looks_tied(s)) find_single_values(s);
  list_entries(s);
  *out = s;
  return COPSE_OK;
}

void select_close(struct selection *selection) { copse_free(selection); }

struct select_buckets select_buckets(struct selection *s) {
  return (struct select_buckets){.values = s->values,
                                 .buckets = s->buckets,
                                 .n = s->n,
                                 .n_buckets = s->n_buckets,
                                 .first_positive = s->first_positive,
                                 .most_negative = s->most_negative,
                                 .most_positive = s->most_positive,
                                 .first_bins = (uint16_t *)s->places};
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
    double width = 2 + 3 * over * sqrt(k) + (f->ties > 0 ? 0.25 * over : 0.5) * k;
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
 * are read of all of them, and nothing is done but what has to be done for every one. */
static void gather(struct selection *s, size_t n_wanted) {
  const uint16_t *buckets = s->buckets;
  uint8_t *asked = s->asked;
  uint32_t *list = (uint32_t *)s->scratch;
  size_t n = 0;
  uint64_t i = 0;
  for (uint32_t b = 0; b < s->n_buckets; b++) asked[b] = s->states[b] == BUCKET_ASKED;
  for (; i + STRIDE <= s->n && n < n_wanted; i += STRIDE)
    for (uint64_t k = i; k < i + STRIDE; k++) {
      list[n] = (uint32_t)k;
      n += asked[buckets[k]];
    }
  for (; i < s->n && n < n_wanted; i++) {
    list[n] = (uint32_t)i;
    n += asked[buckets[i]];
  }
  for (size_t k = 0; k < n; k++) s->sorted[s->places[buckets[list[k]]]++] = s->values[list[k]];
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
  for (uint32_t b = 0; b < s->n_buckets; b++) {
    if (s->states[b] != BUCKET_ASKED) continue;
    s->places[b] = (uint32_t)(s->n_sorted + n_wanted);
    n_wanted += s->rows[b];
  }
  if (n_wanted == 0 || s->n_sorted + n_wanted > s->most_sorted) return false;
  gather(s, n_wanted);
  for (uint32_t b = 0; b < s->n_buckets; b++) {
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
