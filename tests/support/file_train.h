/* file_train.h - trains on files through the reader, for tests of whole runs. Every function fails the
 * running test with the error's message when something is refused. */
#ifndef COPSE_TESTS_FILE_TRAIN_H
#define COPSE_TESTS_FILE_TRAIN_H

#include "copse_prep.h"

/* One file's rows, as read and as bins. */
struct file_set {
  copse_frame *frame;
  copse_dataset *dataset;
};

/* options->schema is taken from `train`; NULL: this is the training file. Label, weight and group are set. */
struct file_set file_load(const char *path, const copse_read_options *options, const copse_params *params,
                          const struct file_set *train);
void file_set_free(struct file_set *set);

/* num_iterations rounds through copse_train, the reader's schema in the model. valid: or NULL. */
copse_model *file_train(const struct file_set *train, const struct file_set *valid,
                        const copse_params *params, copse_booster **booster);

/* A folder of its own for the files of a test; removed with all files in it. */
struct scratch {
  char folder[256];
};
void scratch_create(struct scratch *scratch);
void scratch_path(const struct scratch *scratch, const char *name, char *out, size_t capacity);
void scratch_remove(struct scratch *scratch);

#endif
