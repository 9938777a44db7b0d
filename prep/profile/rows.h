/* rows.h - equal rows, found by their hashes, in bounded memory: when there are too many different ones, half
 * of the hashes is no longer looked at (by their bits: after Wegman's adaptive sampling, Flajolet 1990), then
 * three quarters ... What remains is counted exactly. The order of rows does not matter. */
#ifndef COPSE_PROFILE_ROWS_H
#define COPSE_PROFILE_ROWS_H

#include "copse.h"

enum { ROWS_MOST_GROUPS = 1 << 21 };

/* Set in the hash of a row that other rows equal by chance: one of few different values. */
#define ROWS_TRIVIAL ((uint64_t)1 << 63)

struct row_group {
  uint64_t hash; /* 0: free */
  uint32_t n;
  uint32_t n_first;  /* rows with the class of the first one of them */
  uint32_t n_second; /* rows with another class */
  uint16_t file;     /* the first one's */
  uint8_t code;      /* the first one's */
  bool several;      /* not all of them are in one file */
};

/* Zero-initialise with ctx set. */
struct rows {
  copse_context *ctx;
  struct row_group *groups; /* [n_slots] */
  uint64_t n_slots, n_groups;
  uint64_t most_groups; /* a power of 2; 0: ROWS_MOST_GROUPS */
  unsigned level;       /* only hashes whose low bits are 0 are kept */
  uint64_t n_rows;
  bool failed;
};

/* code: the row's class, or TALLY_NO_CLASS. file: the one it is in, from 0. */
void rows_add(struct rows *rows, uint64_t hash, uint8_t code, uint16_t file);
/* Says that the hash will be added soon: its place is far away in memory. */
static inline void rows_expect(const struct rows *rows, uint64_t hash) {
  if (rows->n_slots > 0) __builtin_prefetch(&rows->groups[(hash >> 20) & (rows->n_slots - 1)], 1);
}
void rows_release(struct rows *rows);

struct rows_result {
  bool exact;
  double share_repeated;      /* of rows that repeat an earlier one */
  double share_several;       /* of rows that are in more than one file */
  double share_several_apart; /* the same of rows that are not trivial; NaN: all are */
  double share_conflicting;   /* of rows in groups with more than one class */
  double best_accuracy;       /* 1 - share of rows that are not of their group's most frequent class */
};
struct rows_result rows_finish(const struct rows *rows);
/* Share of the rows of `other` that are in `rows`; *apart: of those that are not trivial, NaN if all are. */
double rows_overlap(const struct rows *rows, const struct rows *other, double *apart);

#endif
