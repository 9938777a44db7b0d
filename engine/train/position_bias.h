/* position_bias.h - what objective=lambdarank learns of the positions at which rows were shown. */
#ifndef COPSE_TRAIN_POSITION_BIAS_H
#define COPSE_TRAIN_POSITION_BIAS_H

#include "train/booster.h"

/* Makes room for the round to come; does nothing where positions are not learnt. */
COPSE_MUST_CHECK copse_status position_bias_reserve(copse_booster *booster, copse_error *err);
/* [positions] in the round to come; NULL where positions are not learnt. */
const double *position_bias_now(const copse_booster *booster);
/* From the gradients of the round to come, those of the round behind it. */
void position_bias_learn(copse_booster *booster);
/* The biases after n_rounds rounds (those of a continued model count), into a model of them. */
COPSE_MUST_CHECK copse_status position_bias_describe(const copse_booster *booster, int n_rounds,
                                                     copse_model *model, copse_error *err);
/* Rounds to come go on from the model's biases: those of the same data, where positions have the same
 * numbers. */
COPSE_MUST_CHECK copse_status position_bias_continue(copse_booster *booster, const copse_model *model,
                                                     copse_error *err);
void position_bias_release(copse_booster *booster);

#endif
