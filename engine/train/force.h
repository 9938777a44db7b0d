/* force.h - splits that every tree begins with (algorithms 4.16). */
#ifndef COPSE_TRAIN_FORCE_H
#define COPSE_TRAIN_FORCE_H

#include "train/workspace.h"

/* Features exist, and interaction constraints allow every path. */
COPSE_MUST_CHECK copse_status force_check(struct workspace *ws, copse_error *err);
/* Puts the split on a feature at a value in the place of the leaf's best one. False, with nothing changed,
 * where it gains nothing, leaves a side without rows or breaks an order. */
bool force_split(struct workspace *ws, int leaf, const copse_forced_split *forced);

#endif
