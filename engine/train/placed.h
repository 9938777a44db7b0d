/* placed.h - scores, labels and weights of the training rows in the order of the clustered matrix. */
#ifndef COPSE_TRAIN_PLACED_H
#define COPSE_TRAIN_PLACED_H

#include "train/booster.h"

/* Whether the round to come works on placed rows: they are clustered, and there is memory for the copies. */
bool placed_begin(copse_booster *booster);
/* The training set's own scores are those of the last round again. */
void placed_give_back(copse_booster *booster);
/* The training set's own scores are made anew, or the order of places is about to change. */
void placed_forget(copse_booster *booster);
/* The scores by place, [n_rows * n_outputs], between placed_begin and placed_give_back. */
double *placed_scores(const copse_booster *booster);
/* The training scores [n_rows] of an output from the order of rows into that of places, or back; between
 * trees, for it takes the room of their gradients. */
void placed_turn(const copse_booster *booster, double *score, bool back);
void placed_release(copse_booster *booster);

#endif
