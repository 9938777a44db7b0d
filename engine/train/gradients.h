/* gradients.h - the gradients of a round. */
#ifndef COPSE_TRAIN_GRADIENTS_H
#define COPSE_TRAIN_GRADIENTS_H

#include "train/booster.h"

/* Whether somebody looks at gradients again once the workspace has taken them: they need room of their own
 * (booster_reserve_gradients). custom: the caller gives them; queries: the objective compares rows of a
 * query; placed: the round works on placed rows (placed.h). */
bool gradients_kept(const copse_booster *booster, bool custom, bool queries, bool placed);
/* Those of the objective at the scores so far. */
void gradients_compute(copse_booster *booster, bool queries, bool placed);

#endif
