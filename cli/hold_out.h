/* hold_out.h - rows of the training files that are kept from training, to validate on. */
#ifndef COPSE_CLI_HOLD_OUT_H
#define COPSE_CLI_HOLD_OUT_H

#include "cli.h"

/* Splits a data set in two: `valid_fraction` of its rows, drawn by data_random_seed and the row's number, and
 * the others; of a data set with groups, whole groups. The caller frees both; `data` stays. */
COPSE_MUST_CHECK copse_status hold_out(struct app *app, const copse_dataset *data, copse_dataset **train,
                                       copse_dataset **valid, copse_error *err);
/* The rows' weights, 0 for those that hold_out will draw: what is learned of labels before leaves them out.
 * The caller frees *out. */
COPSE_MUST_CHECK copse_status hold_out_weights(const struct app *app, const copse_frame *frame, float **out,
                                               copse_error *err);

#endif
