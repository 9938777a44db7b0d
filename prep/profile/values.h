/* values.h - the values of a column with their counts, exact while there are few of them, and in bounded
 * memory when there are many.
 *
 * Numbers. The first 4 * `limit` of them are kept as they come; up to `limit` distinct ones each have an
 * entry of their own. Beyond that neighbours share an entry: a number's bits, brought into the order of the
 * numbers, lose as many low bits as leave at most limit / 4 entries. That is a function of the set of values
 * alone: no order of rows, threads or blocks changes it. Every entry knows its least and greatest value, so a
 * value that stands alone stays exact, and the error of a rank is at most the rows of one entry, which are
 * known.
 *
 * Texts. Exact up to `limit` distinct ones. When the table is full the rarer half goes; a text that comes
 * later may be one of those, so its count may lack up to n_lost rows (after Manku and Motwani 2002).
 *
 * The number of distinct values beyond the limit is estimated (distinct.h). */
#ifndef COPSE_PROFILE_VALUES_H
#define COPSE_PROFILE_VALUES_H

#include "profile/tally.h"

enum { VALUES_TEXT_KEPT = 200, VALUES_NARROW = 4 };

struct value {
  uint64_t key; /* numbers: ordered bits, shifted; texts: hash */
  uint64_t n;
  union {
    struct {
      double lo, hi;
    } number;
    struct {
      uint32_t at, kept; /* in bytes: at most VALUES_TEXT_KEPT of the text */
      uint32_t length;   /* of all of it */
      uint32_t n_lost;   /* rows that may be missing in n */
    } text;
  };
};

/* Numbers as they came, with their rows' targets. */
struct pending {
  uint32_t n, capacity;
  double *x;
  struct row_target *targets; /* NULL without a target */
};

/* values_init, then add, then values_sort. */
struct values {
  copse_context *ctx;
  bool texts;
  bool exact;     /* every distinct value has its own entry and its full count */
  unsigned shift; /* numbers: low bits left out */
  uint32_t limit;
  struct value *entries; /* [n] */
  uint32_t n, capacity;
  uint32_t *slots; /* [n_slots] entry + 1, 0 = free */
  uint32_t n_slots;
  /* numbers that share entries: entry + 1 by key, for keys from direct_base on; NULL where they lie too far
   * apart. The slots know them too. */
  uint16_t *direct;
  uint64_t direct_base;
  uint32_t n_direct;
  char *bytes; /* texts */
  size_t n_bytes, bytes_capacity;
  uint32_t n_lost;    /* texts: the largest count that went */
  uint8_t *registers; /* for the number of distinct ones, once not exact */
  struct tally tally;
  struct pending pending; /* numbers: not yet in entries */
  bool converted;         /* numbers go into entries at once */
  bool ascending;         /* numbers: the entries are in order already */
  bool failed;            /* out of memory; nothing is counted any more */
};

void values_init(struct values *values, copse_context *ctx, bool texts, uint32_t limit);
/* Counts a number of one row. */
void values_add_number(struct values *values, double x, struct row_target target);
/* Counts n rows of a value; returns its entry, or UINT32_MAX after failure. The entry is valid until the next
 * call; the caller adds to its tally. Numbers: after values_convert. */
uint32_t values_put_number(struct values *values, double x, uint64_t n);
uint32_t values_add_text(struct values *values, uint64_t hash, const char *text, size_t length, uint64_t n);
/* Brings the numbers kept so far into entries. */
void values_convert(struct values *values);
/* Adds entry `from` of another table's tally to entry `to`. */
void values_add_tally(struct values *values, uint32_t to, const struct values *other, uint32_t from);
/* Keeps the tally as wide as the target's shape is. */
void values_shape(struct values *values, struct tally_shape shape);
/* Numbers: entries by value. Texts: by falling count, then bytewise. Adding ends here. */
void values_sort(struct values *values);
/* Entry with this key (a text's hash), or UINT32_MAX. */
uint32_t values_find(const struct values *values, uint64_t key);
/* Number of distinct values: exact or estimated. */
double values_distinct(const struct values *values);
uint64_t values_total(const struct values *values);
void values_release(struct values *values);

/* Length of a text's start that is kept: no UTF-8 character is cut. */
uint32_t values_kept_length(const char *text, size_t length);

/* The bits of a number in the order of the numbers; -0 is 0. */
uint64_t number_key(double x);

#endif
