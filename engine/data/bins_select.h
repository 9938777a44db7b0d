/* bins_select.h - the distinct values of a numeric feature in order, but only where somebody looks. Only
 * bins*.c includes this.
 *
 * select_open, then in turn: select_plan on either side (which entries the cuts will meet), select_sort;
 * until the cuts meet no unsorted entry. A false answer means: sort everything. */
#ifndef COPSE_DATA_BINS_SELECT_H
#define COPSE_DATA_BINS_SELECT_H

#include "copse.h"
#include "data/bins_buckets.h"
#include "data/bins_distinct.h"
#include "data/bins_room.h"
#include "kernels/kernels.h"

struct selection; /* opaque: buckets of values and what is known of them */

/* The values, their buckets and what is taken of the room, BINS_ROOM_WORK, must outlive *out. *out NULL
 * without an error: the values do not suit (an order within buckets could not be told from an order across
 * them). */
COPSE_MUST_CHECK copse_status select_open(copse_context *ctx, struct bins_room *room,
                                          const struct bins_values *values,
                                          const struct bins_buckets *buckets, struct selection **out,
                                          copse_error *err);
void select_close(struct selection *selection);

/* Values that are numbers beyond zero; that are NaN. */
uint64_t select_n_numbers(const struct selection *selection);
uint64_t select_n_nan(const struct selection *selection);

/* For the bins of the values, when the bounds are known. */
struct select_buckets {
  const struct bins_values *values;
  const struct bins_buckets *buckets;
  uint16_t *tables[2]; /* scratch [n_buckets + 3], for look_up */
};
struct select_buckets select_buckets(struct selection *selection);
/* The one value that a bucket holds, where that is known. */
bool select_only_value(const struct selection *selection, uint32_t bucket, double *value);

/* The entries as they are now; valid until the next call. zero_rows is the caller's, and values of unsorted
 * entries are not set before select_set_floors. */
struct distinct *select_distinct(struct selection *selection);
void select_set_floors(struct selection *selection);

/* Asks for the entries that a walk over `side` with so many bins (limit at most, by 1.6) may stop at; returns
 * the number of bounds it will likely find. */
int64_t select_plan(struct selection *selection, const struct value_side *side, int64_t max_bins);

/* Sorts what was asked for. False when that is too much of the whole, or nothing. */
bool select_sort(struct selection *selection);

#endif
