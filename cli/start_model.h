/* start_model.h - the model that training goes on from (input_model of the train command). */
#ifndef COPSE_CLI_START_MODEL_H
#define COPSE_CLI_START_MODEL_H

#include "cli.h"

struct start_model {
  copse_model *model; /* NULL: training begins from nothing */
  copse_frame_schema *schema;
};

/* Loads input_model, when it is given, and takes from it what says what its scores mean: objective, number of
 * classes and the like are the model's where the caller gave none, and a mistake where he gave others. */
COPSE_MUST_CHECK copse_status start_model_open(struct app *app, struct start_model *out, copse_error *err);
/* The frame's init scores (if any) plus the model's raw predictions become the data set's init scores. */
COPSE_MUST_CHECK copse_status start_model_score(const struct app *app, const struct start_model *start,
                                                const copse_frame *frame, copse_dataset *dataset,
                                                copse_error *err);
void start_model_close(struct start_model *start);

#endif
