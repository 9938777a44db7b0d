/* view.h - a column beside the target: what the target is in parts of its values, and how well the column
 * alone ranks or decides it. */
#ifndef COPSE_PROFILE_VIEW_H
#define COPSE_PROFILE_VIEW_H

#include "profile/facts.h"
#include "profile/scan.h"

/* The target from what the scan found. positive: text of a class, or NULL for the usual one (1, true, yes;
 * the greater number; the last in the alphabet). */
copse_status view_target(struct scan *scan, const char *positive, struct target_facts *out, copse_error *err);
/* Fills facts->view. False: out of memory. */
bool view_column(const struct scan *scan, const struct target_facts *target, const struct column *column,
                 struct column_facts *facts);

/* The target by period of a described column of dates. */
void view_over_time(const struct column *column, const struct target_facts *target,
                    struct column_facts *facts);

struct parts;
/* A target of numbers: intervals and medians of the shown parts. False: out of memory. */
bool view_spread(const struct scan *scan, const struct parts *parts, const struct column *column,
                 const struct column_facts *facts, struct view_facts *view);

/* ---- parts of a column's values, for view_column ---- */

struct part {
  enum bin_kind kind;
  double lo, hi;
  const struct value *level;
  uint64_t counts[TALLY_FOLDS][TALLY_MAX_CLASSES];
  double sums[TALLY_FOLDS];
};
struct parts {
  copse_context *ctx;
  uint32_t n_classes;
  bool sums;
  struct part *list; /* [n] */
  uint32_t n, capacity;
  bool failed;
};
/* Parts of about equal size, or one for each of the most frequent levels; then one for the others, for
 * missing cells and for cells of another type, where there are such. Values that make up 5 % of a column of
 * many are parts of their own. */
void parts_make(struct parts *parts, const struct column *column, const struct column_facts *facts,
                uint32_t most);
void parts_release(struct parts *parts);
uint64_t part_rows(const struct parts *parts, const struct part *part);
uint64_t part_class(const struct part *part, uint32_t code);

/* Of rows [n] with scores, positives and others: the area under the ROC curve, ties count half. NaN without
 * rows of both kinds. */
struct scored {
  double score;
  uint64_t pos, neg;
};
double scored_auc(struct scored *rows, size_t n);
/* The same of rows that are in ascending order. */
double ordered_auc(const struct scored *rows, size_t n);
/* Standard error by Hanley and McNeil (1982). */
double auc_error(double auc, double n_pos, double n_neg);

#endif
