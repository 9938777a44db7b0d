/* output.h - the trees of a round, an output's each. custom: the gradients are the caller's. */
#ifndef COPSE_TRAIN_OUTPUT_H
#define COPSE_TRAIN_OUTPUT_H

#include "train/booster.h"

/* Grows the tree of one output, booster.trees[n_trees]. */
COPSE_MUST_CHECK copse_status output_grow(copse_booster *booster, int output, bool custom, copse_error *err);
/* Grows the trees of this output and of the next ones at once, booster.trees[n_trees] and on, where that is
 * possible: n of them, or none. */
COPSE_MUST_CHECK copse_status output_grow_apart(copse_booster *booster, int output, bool custom, int *n,
                                                copse_error *err);
/* The tree that was grown for an output becomes the newest one and is added to every set's score; apart: to
 * the training set's it was. `split` becomes true where it has more than one leaf. */
COPSE_MUST_CHECK copse_status output_finish(copse_booster *booster, int output, bool custom, bool apart,
                                            bool *split, copse_error *err);

#endif
