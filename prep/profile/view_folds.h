/* view_folds.h - how well parts of a column's values tell the target of rows that they were not learned from:
 * a column of identifiers would otherwise look like a perfect one. */
#ifndef COPSE_PROFILE_VIEW_FOLDS_H
#define COPSE_PROFILE_VIEW_FOLDS_H

#include "profile/view.h"

/* Rows by fold and class over all parts. */
struct totals {
  double counts[TALLY_FOLDS][TALLY_MAX_CLASSES], folds[TALLY_FOLDS], sums[TALLY_FOLDS];
  double classes[TALLY_MAX_CLASSES], n, sum;
};
struct totals totals_of(const struct parts *parts);

/* Mean over the folds of the AUC of rates taken from the other four. room: for as many rows as there are
 * parts. */
double auc_out_of_fold(const struct parts *parts, const struct totals *t, uint32_t code, struct scored *room);
/* Rows that the class which is most frequent in their part, in the other folds, gets wrong. */
uint64_t errors_out_of_fold(const struct parts *parts, const struct totals *t);
/* m2: sum of the target's squared distances from its mean. */
double r2_out_of_fold(const struct parts *parts, const struct totals *t, double m2);

#endif
