/* facts.h - what a profile says: plain numbers and short texts, made once from the counts, read by every
 * output and by the alerts. Values that are private are taken out here (privacy.c), so no output can forget
 * to. Shares are in [0, 1]; NaN where something is not defined. */
#ifndef COPSE_PROFILE_FACTS_H
#define COPSE_PROFILE_FACTS_H

#include "profile/column.h"
#include "profile/detail.h"
#include "profile/rows.h"

enum column_type {
  TYPE_EMPTY,
  TYPE_CONSTANT,
  TYPE_BOOLEAN,
  TYPE_NUMBER,
  TYPE_CODE,
  TYPE_CATEGORY,
  TYPE_DATETIME,
  TYPE_ID,
  TYPE_TEXT,
  N_COLUMN_TYPES
};
extern const char *const column_type_names[N_COLUMN_TYPES];

enum {
  FACTS_TOP = 10,
  FACTS_BARS = 40,
  FACTS_PERIODS = 60,
  FACTS_QUANTILES = 7,
  FACTS_BINS = 24,
  FACTS_TEXT = VALUES_TEXT_KEPT + 1,
  FACTS_TOKENS = 6
};
extern const double facts_quantiles[FACTS_QUANTILES]; /* 0.01 0.05 0.25 0.5 0.75 0.95 0.99 */

/* A value as the file has it; outputs clean and escape it (escape.h). */
struct facts_value {
  char text[FACTS_TEXT]; /* bytes, NUL-terminated; "" when withheld */
  uint32_t length;       /* of the whole text */
  bool withheld;
  double number; /* of a number's value, else NaN */
  uint64_t n, n_lost;
};

struct number_facts {
  double mean, std, min, max, sum, skew, kurtosis, mad;
  uint64_t n, n_zero, n_negative, n_pos_inf, n_neg_inf, n_integer;
  uint64_t n_far, n_extreme; /* beyond 1.5 and 3 times the middle half from it (Tukey 1977) */
  uint64_t n_min, n_max;     /* rows of the least and the greatest one */
  bool rounded;              /* extremes stand for themselves no longer: see privacy.c */
  double quantiles[FACTS_QUANTILES];
  bool exact;        /* quantiles, mad and counts of bars */
  double rank_error; /* of a quantile, at most */
  uint32_t n_bars;
  double edges[FACTS_BARS + 1];
  uint64_t bars[FACTS_BARS], below, above;
  uint32_t n_spikes;
  struct facts_value spikes[5];
  bool has_sentinel; /* a value such as 999 or -1 that stands apart at an end */
  double sentinel;
  uint64_t n_sentinel;
};

struct level_facts {
  uint32_t n_top;
  struct facts_value top[FACTS_TOP];
  uint64_t other_n; /* rows of all other levels */
  double other_values;
  double entropy;    /* normalised by the number of levels */
  double rare_share; /* of rows whose level occurs fewer than 5 times */
  bool exact;
  uint64_t length_min, length_median, length_max; /* characters */
  double share_non_ascii, share_bad_bytes;        /* of rows */
  uint64_t n_bad_bytes, n_blanks;                 /* n_blanks: a blank at an end, in quotes */
  uint32_t n_variants; /* levels equal to another one but for case and punctuation */
  struct facts_value variants[3];
  const char *pattern; /* "email", "phone", "URL", "UUID" where most levels look so, else NULL */
  char form[48];       /* the commonest shape, as AA-99999, and its share of the levels looked at */
  double form_share;
  bool decimal_comma, thousands; /* most levels would be numbers with these */
};

struct date_facts {
  double first, last;            /* seconds from 1970 */
  const char *format;            /* "YYYY-MM-DD" ... */
  double format_share;           /* of the dates that are written so */
  const char *granularity;       /* "day", "second" */
  uint64_t n_timed, n_zoned;     /* dates with a time of day; those of them with a time zone */
  bool ambiguous;                /* day or month first: both would do */
  bool month_first;              /* where both come before the year */
  uint64_t n_future, n_sentinel; /* n_future: far behind nearly all others, see describe_date.c */
  uint64_t n_first, n_last;      /* rows of the first and the last one */
  bool rounded;                  /* they stand for themselves no longer */
  const char *unit;              /* of the bars: "day", "week", "month", "quarter", "year" */
  uint32_t n_periods;
  double period_start[FACTS_PERIODS];
  uint64_t periods[FACTS_PERIODS];
  int period_step; /* years in a period of years */
  int64_t first_period;
  bool has_target; /* the target by period: */
  uint64_t labelled[FACTS_PERIODS];
  double rate[FACTS_PERIODS]; /* of the positive class, or the target's mean; NaN without rows */
};

enum bin_kind { BIN_RANGE, BIN_VALUE, BIN_LEVEL, BIN_OTHER, BIN_MISSING, BIN_MISFIT };

/* Rows of one part of a column's values, beside the target. */
struct bin_facts {
  enum bin_kind kind;
  double lo, hi; /* RANGE, VALUE */
  struct facts_value level;
  uint64_t n;     /* rows with a target */
  uint64_t n_pos; /* of the positive class */
  double rate;    /* of it; regression: mean of the target */
  double ci_lo, ci_hi;
  double median;      /* regression: of the target, in the sampled rows */
  uint64_t n_sampled; /* those rows */
  double woe;
};

struct view_facts {
  bool present;
  double auc;        /* numbers and dates: of the raw value, in its better direction; NaN otherwise */
  double auc_covers; /* share of the rows that it is taken over: the filled ones */
  int direction;     /* +1: greater values, more positives */
  double auc_oof;    /* of the rates by part, each row scored by the other folds */
  double auc_classes[TALLY_MAX_CLASSES]; /* more classes than two: auc_oof is the mean of these, each against
                                            the others; NaN: too few rows */
  double auc_best;                       /* the better of the two */
  double auc_se;
  double iv, mutual, explained;  /* nats; share of the target's entropy */
  double r2_oof;                 /* regression */
  double rank, gives, follows;   /* numbers and more than two classes as target: see bond.h */
  uint64_t oof_errors;           /* rows that the other folds' most frequent class gets wrong */
  double missing_phi;            /* of being missing and the target: phi, Cramer's V, correlation */
  double filled_pos, filled_neg; /* share of filled cells among positives and others */
  uint32_t n_bins;
  struct bin_facts bins[FACTS_BINS];
  int pure_bin; /* a part without exception that chance does not explain, or -1 */
};

struct column_facts {
  const char *name; /* as the file has it */
  enum column_type type;
  const char *physical; /* what every filled cell can be stored as: "int64", "float64", "date", "timestamp",
                           "string", "null" */
  char why[160];
  uint64_t n, n_missing, n_null, n_empty, n_declared, n_tokens, n_misfits;
  uint64_t first_misfit; /* row */
  char misfit_place[256];
  struct facts_value misfit; /* the commonest */
  uint32_t n_token_texts;
  struct facts_value tokens[FACTS_TOKENS]; /* texts that mean missing */
  double distinct;
  bool distinct_exact;
  uint64_t n_bytes;     /* of the cells' texts, without quotes and separators */
  uint64_t longest_run; /* rows that follow each other with the same value */
  const char *order;    /* "ascending", "descending", "" */
  bool consecutive;     /* whole numbers without gap, each once */
  bool sensitive;       /* id, text, or looks like a person's data */
  bool is_target;
  bool has_number, has_levels, has_date;
  struct number_facts number;
  struct level_facts levels;
  struct date_facts date;
  struct column_detail detail;
  struct view_facts view;
};

enum target_kind { TARGET_NONE, TARGET_BINARY, TARGET_CLASSES, TARGET_NUMBER, TARGET_UNUSABLE };

struct target_facts {
  enum target_kind kind;
  uint32_t column;
  uint64_t n_labelled, n_pos;
  uint32_t n_classes, positive; /* code */
  struct facts_value classes[TALLY_MAX_CLASSES];
  double rate, ci_lo, ci_hi; /* of the positive class; regression: mean */
  double std;
  double order_auc; /* of the row's number; NaN */
  double order_se;
};

/* Whether none of the figures is estimated. */
bool column_is_exact(const struct column_facts *column);

/* Wilson's interval at 95 % for k of n. */
void wilson(uint64_t k, uint64_t n, double *lo, double *hi);

#endif
