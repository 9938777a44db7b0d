/* buckets.h - how numbers are told apart for cut points: by the leading bits of their key, which ascends as
 * the numbers of one sign do. */
#ifndef COPSE_KERNELS_BUCKETS_H
#define COPSE_KERNELS_BUCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Buckets of the negative numbers come first, then those of the positive ones, at least one of each sign,
 * ascending. A number beyond what the buckets of its sign are made for belongs to the nearest. Behind them,
 * n_buckets: what counts as zero, and n_buckets + 1: NaN. */
struct bucket_rule {
  unsigned shift; /* 1 to 63: lower bits of a key, in which numbers of a bucket differ */
  uint32_t n_buckets, first_positive;
  double zero;              /* 0 is what is not farther from it */
  double offset;            /* first a number moves away from zero by it: what is smaller differs less */
  double least[2], most[2]; /* [1] of the negative numbers: then it is limited to these */
  uint64_t base[2];         /* first bucket, less the first key without its lower bits (modulo 2^64) */
};

/* What is seen meanwhile. */
enum bucket_facts {
  BUCKETS_LAST_KEY = 1, /* a number, once moved and limited, has the last key of its bucket */
  BUCKETS_ODD = 2,      /* some number counts as zero and is none, or is not below BUCKETS_HUGE: as zero */
  BUCKETS_SHARED = 4    /* a number's key is not the first of its bucket, or it is not all of the number: a
                         * bucket may hold several */
};
#define BUCKETS_HUGE 0x1p1022

/* An entry of a table by buckets, of which a byte is used else. */
enum { BUCKET_MARK = 0x8000, BUCKET_LIST_ROOM = 16 };

/* Slots of struct kernels. */
typedef unsigned (*find_buckets_fn)(const double *values, uint64_t n, const struct bucket_rule *rule,
                                    uint16_t *buckets);
typedef void (*bucket_rows_fn)(const double *rows, size_t row_stride, uint64_t n,
                               const struct bucket_rule *rules, uint32_t n_columns, uint16_t *buckets,
                               size_t column_stride, uint8_t *facts);
typedef uint64_t (*look_up_fn)(const uint16_t *buckets, uint64_t n, const uint16_t *table, uint8_t *cells,
                               uint32_t first, uint32_t *list);

static inline uint64_t bits_of_double(double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

/* Ascending as the numbers of one sign are. */
static inline uint64_t bucket_key(double value) {
  uint64_t bits = bits_of_double(value), negative = 0 - (bits >> 63);
  return (bits ^ negative) - negative;
}

static inline uint16_t bucket_of(double value, const struct bucket_rule *rule, unsigned *facts) {
  const uint64_t magnitude = bits_of_double(value) & INT64_MAX;
  if (value != value) return (uint16_t)(rule->n_buckets + 1);
  if (magnitude <= bits_of_double(rule->zero) || magnitude >= bits_of_double(BUCKETS_HUGE)) {
    *facts |= magnitude != 0 ? BUCKETS_ODD : 0;
    return (uint16_t)rule->n_buckets;
  }
  const bool negative = value < 0;
  const double offset = negative ? -rule->offset : rule->offset, moved = value + offset;
  double limited = moved > rule->least[negative] ? moved : rule->least[negative];
  limited = limited < rule->most[negative] ? limited : rule->most[negative];
  const uint64_t key = bucket_key(limited), low = ((uint64_t)1 << rule->shift) - 1;
  *facts |= (~key & low) == 0 ? BUCKETS_LAST_KEY : 0;
  *facts |= (key & low) != 0 || limited != moved || moved - offset != value ? BUCKETS_SHARED : 0;
  return (uint16_t)((key >> rule->shift) + rule->base[negative]);
}

#endif
