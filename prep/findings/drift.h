/* drift.h - how another file's columns lie beside this one's. */
#ifndef COPSE_FINDINGS_DRIFT_H
#define COPSE_FINDINGS_DRIFT_H

#include "findings/domain.h"
#include "profile/facts.h"
#include "profile/origin.h"
#include "profile/scan.h"

struct column_drift {
  bool present;                /* the other file has the column */
  enum column_type other_type; /* there */
  bool type_changed;           /* numbers, dates or texts there, and something else of these here */
  double psi;                  /* population stability index over parts of this file's values */
  double psi_chance;           /* what it exceeds in one case of twenty without any drift */
  double psi_excess;           /* how far it is above what it is by chance on average */
  double ks; /* numbers and dates: greatest distance of the distribution functions; else NaN */
  double w1; /* numbers: area between the distribution functions, in standard deviations of this file's; else
                NaN */
  double js; /* Jensen and Shannon's distance over the same parts, [0, 1] */
  double share_new;        /* rows with a level that this file lacks */
  double share_new_chance; /* as many as chance brings */
  double share_not_later;  /* dates: rows not later than this file's last; else NaN */
  bool moved;              /* more than chance would move any of all the columns, in one case of a hundred */
};

struct drift {
  copse_context *ctx;
  bool present;
  uint64_t n_rows;              /* of the other file */
  double share_known_rows;      /* of them in this file; without the target; NaN where it lacks a column */
  double share_known_apart;     /* the same of rows that are not trivial (rows.h); NaN: all are */
  uint32_t n_gone, n_new;       /* columns of this file alone (but the target); of the other one alone */
  copse_text new_names;         /* of the latter, NUL-terminated each */
  struct column_drift *columns; /* [n_columns] of this file */
  struct origin origin;         /* the other file */
  uint32_t n_columns;           /* of it */
  bool named;                   /* it has a header */
  struct domain domain;         /* of all columns at once */
};

/* ---- for every comparison, with another file (drift.c) and with an earlier profile (since.c) ---- */

enum { DRIFT_RANGES = 10, DRIFT_LEVELS = 20, DRIFT_MOST_PARTS = 48 };

/* Rows by part of this file's, or the earlier one's, values. */
struct drift_counts {
  uint32_t n;
  double here[DRIFT_MOST_PARTS], other[DRIFT_MOST_PARTS];
};
/* The indices and whether it moved. n_compared: columns that are compared in all. Pools sparse parts. */
void drift_measure(struct drift_counts *counts, double n_compared, struct column_drift *out);

/* What can be compared of a column. */
enum drift_kind { DRIFT_EMPTY, DRIFT_NUMBER, DRIFT_DATE, DRIFT_TEXT };
enum drift_kind drift_kind_of(const struct column_facts *facts);

/* Both scans' columns are described already. Fills what is said of columns and rows. False: out of memory. */
bool drift_find(copse_context *ctx, const struct scan *here, const struct column_facts *facts,
                const struct scan *other, const struct column_facts *other_facts, struct drift *out);
void drift_release(struct drift *drift);

#endif
