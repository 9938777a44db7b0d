/* bins_buckets.h - buckets for a column's values, before anything is known of their order. Only bins*.c and
 * the search for a table's bins include this. */
#ifndef COPSE_DATA_BINS_BUCKETS_H
#define COPSE_DATA_BINS_BUCKETS_H

#include "data/bins_room.h"
#include "kernels/kernels.h"

/* A column's values, `stride` apart. */
struct bins_values {
  const double *at;
  size_t stride;
  uint64_t n;
};

struct bins_buckets {
  struct bucket_rule rule;
  uint16_t *of_values; /* [n] */
  unsigned facts;      /* enum bucket_facts */
  bool tied;           /* of some thousand values many met their own again, and others in their bucket */
  bool crowded;        /* or many were no numbers or met their own: neighbours often share a bucket */
};

/* out->rule, tied and crowded for a column by some thousand of its values, spread over all. False: it has too
 * few numbers for a rule; of values side by side all are looked at before that is said. */
bool buckets_plan(const struct bins_values *values, struct bins_buckets *out);

/* The same and the buckets of values side by side, in BINS_ROOM_BUCKETS. out->of_values NULL: no rule. */
COPSE_MUST_CHECK copse_status buckets_find(copse_context *ctx, struct bins_room *room,
                                           const struct bins_values *values, struct bins_buckets *out,
                                           copse_error *err);

/* The number that is the first of a bucket. */
double bucket_first(const struct bucket_rule *rule, uint32_t bucket);
/* Every number of the bucket is at least the one, and below the other (which no last bucket of a sign has).
 */
double bucket_floor(const struct bucket_rule *rule, uint32_t bucket);
double bucket_ceiling(const struct bucket_rule *rule, uint32_t bucket);

#endif
