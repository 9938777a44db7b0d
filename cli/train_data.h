/* train_data.h - from training and validation files to a booster that is ready to train. */
#ifndef COPSE_CLI_TRAIN_DATA_H
#define COPSE_CLI_TRAIN_DATA_H

#include "settings.h"

struct train_data {
  const struct app *app;
  copse_read_options options; /* of the training file */
  char **valid;               /* [n_valid] paths, without those that are the training file */
  size_t n_valid;

  copse_dataset *dataset;
  copse_frame_schema *schema; /* own copy: the frame itself is gone once its rows are binned */
  copse_booster *booster;
  uint64_t n_rows;
  uint32_t n_features, n_categorical;
  double read_s, bin_s;
};

/* The list of validation files, and LightGBM's rule that a validation file equal to the training file asks
 * for training metrics; then the parameters are resolved. Reads nothing. */
COPSE_MUST_CHECK copse_status train_data_plan(struct app *app, struct train_data *out, copse_error *err);
/* Reads and bins everything. */
COPSE_MUST_CHECK copse_status train_data_load(struct train_data *data, copse_error *err);
void train_data_free(struct train_data *data);

#endif
