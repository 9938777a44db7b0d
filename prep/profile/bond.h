/* bond.h - whether a column and the target are functions of one another, on sampled rows and without bins: a
 * bin's mean is never the target itself, and a class whose border lies within a bin is never told exactly.
 *
 * One side is sorted, equal values in random order, and the other is followed along it: how far its ranks
 * jump from row to row, or how often its level changes, against as much by chance (after Chatterjee 2021).
 * That is 1 where the followed side is a function of the sorted one, rising, falling or neither, and 0 where
 * they have nothing to do with each other. */
#ifndef COPSE_PROFILE_BOND_H
#define COPSE_PROFILE_BOND_H

#include "profile/facts.h"
#include "profile/scan.h"

struct bond {
  double rank;    /* Spearman's correlation; two columns of numbers or dates, else NaN */
  double gives;   /* the target as a function of the column: up to 1; NaN where it is not looked for */
  double follows; /* the column as a function of the target */
};

/* False: out of memory. */
bool bond_find(const struct scan *scan, const struct target_facts *target, const struct column *column,
               const struct column_facts *facts, struct bond *out);

#endif
