/* category_sort.c - a merge sort without branches on keys: a leaf has a few hundred categories in an order
 * that no branch predictor can guess, and it is that guessing that a heap or an insertion sort spends its
 * time on.
 *
 * Only the ends are wanted. Where they are few of many, each end is picked in one pass: what beats the last
 * one picked so far is put behind them, and when the room is full it is sorted and cut. */
#include "train/category_sort.h"

#include <stddef.h>
#include <string.h>

enum {
  RUN = 8,         /* sorted by counting */
  MOST_PICKED = 64 /* of an end in a pass of its own */
};

/* n <= RUN items into `out`, each at the number of those before it. */
static inline __attribute__((always_inline)) void sort_run(const struct category_key *items, uint32_t n,
                                                           struct category_key *out) {
  uint32_t rank[RUN] = {0};
  for (uint32_t i = 1; i < n; i++)
    for (uint32_t j = 0; j < i; j++) {
      uint32_t later_first = items[i].key < items[j].key;
      rank[j] += later_first;
      rank[i] += 1 - later_first;
    }
  for (uint32_t i = 0; i < n; i++) out[rank[i]] = items[i];
}

static void merge(const struct category_key *a, const struct category_key *a_end,
                  const struct category_key *b, const struct category_key *b_end, struct category_key *out) {
  while (a < a_end && b < b_end) {
    const ptrdiff_t second = b->key < a->key;
    *out++ = a[(b - a) & -second]; /* a choice by arithmetic: compilers make a branch of a plain one */
    b += second;
    a += 1 - second;
  }
  memcpy(out, a, (size_t)(a_end - a) * sizeof *a);
  memcpy(out + (a_end - a), b, (size_t)(b_end - b) * sizeof *b);
}

/* Stable: bins of equal keys stay in the order in which they came. */
static void sort(struct category_key *items, uint32_t n, struct category_key *room) {
  struct category_key *from = room, *to = items;
  const uint32_t n_full = n / RUN * RUN;
  for (uint32_t at = 0; at < n_full; at += RUN) sort_run(items + at, RUN, room + at);
  sort_run(items + n_full, n - n_full, room + n_full);
  for (uint32_t width = RUN; width < n; width *= 2) {
    for (uint32_t at = 0; at < n; at += 2 * width) {
      uint32_t middle = n - at < width ? n : at + width, end = n - at < 2 * width ? n : at + 2 * width;
      merge(from + at, from + middle, from + middle, from + end, to + at);
    }
    struct category_key *merged = to;
    to = from;
    from = merged;
  }
  if (from != items) memcpy(items, from, n * sizeof *items);
}

/* Those picked so far are in order, the others behind them are not. */
static void merge_picked(struct category_key *picked, uint32_t n_sorted, uint32_t n,
                         struct category_key *room) {
  if (n == n_sorted) return;
  sort(picked + n_sorted, n - n_sorted, room);
  merge(picked, picked + n_sorted, picked + n_sorted, picked + n, room);
  memcpy(picked, room, n * sizeof *picked);
}

/* The first `limit` of n >= 2 * limit items in order. Bins ascend: of equal keys a later one comes behind. */
static void pick_low(const struct category_key *items, uint32_t n, uint32_t limit, struct category_key *out) {
  struct category_key picked[2 * MOST_PICKED], room[2 * MOST_PICKED];
  uint32_t n_picked = 0, at = 0;
  double last = 0;
  for (; at < 2 * limit; at++) picked[n_picked++] = items[at];
  sort(picked, limit, room);
  for (;;) {
    if (n_picked == 2 * limit || at == n) {
      merge_picked(picked, limit, n_picked, room);
      n_picked = limit;
      last = picked[limit - 1].key;
    }
    if (at == n) break;
    for (; at < n && n_picked < 2 * limit; at++) {
      picked[n_picked] = items[at];
      n_picked += items[at].key < last;
    }
  }
  memcpy(out, picked, limit * sizeof *out);
}

/* The last `limit`, the largest at the end. */
static void pick_high(const struct category_key *items, uint32_t n, uint32_t limit,
                      struct category_key *out) {
  struct category_key picked[2 * MOST_PICKED], room[2 * MOST_PICKED];
  uint32_t n_picked = 0, at = 0;
  double first = 0;
  for (; at < 2 * limit; at++) picked[n_picked++] = items[at];
  sort(picked, limit, room);
  for (;;) {
    if (n_picked == 2 * limit || at == n) {
      merge_picked(picked, limit, n_picked, room);
      memmove(picked, picked + n_picked - limit, limit * sizeof *picked);
      n_picked = limit;
      first = picked[0].key;
    }
    if (at == n) break;
    for (; at < n && n_picked < 2 * limit; at++) {
      picked[n_picked] = items[at];
      n_picked += items[at].key >= first;
    }
  }
  memcpy(out, picked, limit * sizeof *out);
}

void category_sort_ends(struct category_key *items, uint32_t n, uint32_t limit, struct category_key *room) {
  if (limit > MOST_PICKED || n < 4 * limit) {
    sort(items, n, room);
    return;
  }
  if (limit == 0) return;
  struct category_key low[MOST_PICKED];
  pick_low(items, n, limit, low);
  pick_high(items, n, limit, room);
  memcpy(items, low, limit * sizeof *items);
  memcpy(items + n - limit, room, limit * sizeof *items);
}
