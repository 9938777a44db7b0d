/* detail.h - what a card shows inside: values at both ends, whole numbers that are missing between others,
 * how often a yes is one, the clock of moments and their gaps, words and characters of texts. */
#ifndef COPSE_PROFILE_DETAIL_H
#define COPSE_PROFILE_DETAIL_H

#include "profile/column.h"

enum { DETAIL_ENDS = 5, DETAIL_HOLES = 8, DETAIL_GAPS = 5, DETAIL_SENTINELS = 4, DETAIL_DECIMALS = 15 };
#define DETAIL_WITHHELD UINT64_MAX /* in place of a count */
enum text_class { TEXT_LETTERS, TEXT_DIGITS, TEXT_BLANKS, TEXT_MARKS, TEXT_FOREIGN, N_TEXT_CLASSES };

/* A number or a moment and its rows; NaN where it is withheld. */
struct detail_value {
  double x;
  uint64_t n, n_lost; /* n_lost: rows that may be missing in n */
};

/* From one value to the next, with nothing between. */
struct detail_gap {
  double from, to;
  uint64_t n_beside; /* rows of the rarer of the two */
};

struct number_detail {
  uint32_t n_least, n_greatest;
  struct detail_value least[DETAIL_ENDS], greatest[DETAIL_ENDS]; /* outermost first */
  int decimals;                                                  /* that the values have at most */
  bool has_holes;  /* whole numbers, a code or most of the range: n_absent of it are not there */
  double n_absent; /* numbers, in n_holes runs */
  uint32_t n_holes, n_listed;
  struct detail_gap holes[DETAIL_HOLES]; /* [n_listed] ascending; first and last number that is not there */
};

/* Of a boolean, by rows that are there; Wilson's interval at 95 %. */
struct truth_detail {
  uint64_t n_true, n_false;
  double rate, ci_lo, ci_hi;
};

struct date_detail {
  bool has_clock, has_hours;
  bool sampled;                             /* the clock is that of the sampled rows */
  uint64_t n_clock, weekdays[7], hours[24]; /* from Monday; DETAIL_WITHHELD: fewer rows than may be told */
  double step;                              /* days: the median one between two days that are there */
  uint32_t n_gaps, n_listed;                /* steps of more than three times that */
  struct detail_gap gaps[DETAIL_GAPS];      /* [n_listed] longest first; seconds, days that are there */
  uint32_t n_sentinels;
  struct detail_value sentinels[DETAIL_SENTINELS]; /* dates that usually stand for none */
};

struct text_detail {
  bool present;
  uint64_t words;                 /* median */
  double classes[N_TEXT_CLASSES]; /* shares of the characters */
};

struct column_detail {
  struct number_detail number;
  struct truth_detail truth;
  struct date_detail date;
  struct text_detail text;
};

struct column_facts;
/* Fills facts->detail of a described column. */
void detail_find(const struct column *column, struct column_facts *facts);
/* Its parts. */
void detail_dates(const struct column *column, struct column_facts *facts);
void detail_texts(const struct column *column, struct text_detail *out);
/* Withholds what fewer than `common` rows share, or with none everything that is a value. */
void detail_guard(struct column_facts *facts, bool none, uint64_t common);

/* Whether a moment is a day that usually stands for none: 1900-01-01, 1970-01-01, 9999-12-31 ... */
bool date_is_sentinel(double seconds);

#endif
