/* train_data.h - from training and validation files to a booster that is ready to train. */
#ifndef COPSE_CLI_TRAIN_DATA_H
#define COPSE_CLI_TRAIN_DATA_H

#include "data_cache.h"
#include "forced_bins.h"
#include "forced_splits.h"
#include "settings.h"
#include "start_model.h"

struct train_data {
  struct app *app;
  copse_read_options options; /* of the training files */
  char **files;               /* [n_files] read as one */
  char **valid;               /* [n_valid] paths, without those that are the training file */
  size_t n_files, n_valid;
  bool count_classes;                 /* num_class was not given: it is what the training files hold */
  copse_recipe *recipe;               /* raw rows are prepared by it; NULL: rows are as they are */
  copse_text drift;                   /* reference for drift, with a recipe */
  struct start_model start;           /* what training goes on from */
  struct forced_bins forced;          /* of forcedbins_filename */
  struct forced_splits forced_splits; /* of forcedsplits_filename */
  bool refits;                        /* its leaf values are made anew, nothing is trained */
  copse_model *refitted;              /* the result */
  bool start_on_bins; /* its trees are scored on the bins; else its predictions are init scores */

  struct data_cache cache;           /* of the training files */
  copse_dataset *dataset, *held_out; /* the second: what valid_fraction keeps from training, or NULL */
  copse_frame_schema *schema;        /* own copy: the frame itself is gone once its rows are binned */
  copse_booster *booster;
  uint64_t n_rows;
  uint32_t n_features, n_categorical;
  double read_s, bin_s;
};

/* train_plan.c. The lists of files, and LightGBM's rule that a validation file equal to the training file
 * asks for training metrics; the model to go on from; then the parameters are resolved. Reads no data. */
COPSE_MUST_CHECK copse_status train_data_plan(struct app *app, struct train_data *out, copse_error *err);
/* Whether there will be rows to validate on. */
bool train_data_validates(const struct train_data *data);
/* Share of the training rows that are held out to validate on. */
double train_data_held_share(const struct train_data *data);
/* Reads and bins everything. */
COPSE_MUST_CHECK copse_status train_data_load(struct train_data *data, copse_error *err);
void train_data_free(struct train_data *data);

#endif
