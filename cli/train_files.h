/* train_files.h - the files of one data set, read as one and binned. */
#ifndef COPSE_CLI_TRAIN_FILES_H
#define COPSE_CLI_TRAIN_FILES_H

#include "train_data.h"

/* One data set: training or validation files, from the text or from the cache. */
struct train_files {
  char *const *paths;
  size_t n_paths;
  const copse_read_options *options;
  struct data_cache *cache;
  copse_frame *frame; /* of the text; NULL when cached */
  struct data_facts facts;
  copse_dataset *dataset;
};

/* Reads and bins the files, or takes what was saved of them: the training files where data has no data set
 * yet, else files to validate on. */
COPSE_MUST_CHECK copse_status train_files_load(struct train_data *data, struct train_files *files,
                                               copse_error *err);
void train_files_release(struct train_files *files);

#endif
