/* mixed_data.h - made-up training data with everything that trees tell apart: plain numbers, missing values,
 * many zeros, a constant, few and many categories; and what tests do with a trained model. */
#ifndef COPSE_TESTS_MIXED_DATA_H
#define COPSE_TESTS_MIXED_DATA_H

#include "small_train.h"
#include "train/booster.h"

/* Columns repeat this pattern. */
enum { MIXED_COLUMNS = 7 };

struct mixed_data {
  struct small_data data; /* weight is NULL: put `weight` there to use it */
  double *x;
  float *label, *class_label, *weight;
  bool *categorical;
};

struct mixed_data mixed_data_make(uint64_t n_rows, uint32_t n_features, uint64_t seed);
void mixed_data_free(struct mixed_data *mixed);

/* A booster over the data. The caller frees it; the data set goes with it. */
copse_booster *mixed_booster(const struct small_data *data, const char *params);
/* The same where data->label is n_labels per row, label by label. */
copse_booster *labels_booster(const struct small_data *data, uint64_t n_labels, const char *params);
/* Fails the test with the error's message; *finished as copse_booster_step has it. */
bool must_step(copse_booster *booster);

/* The model's text from "Tree=0" to "end of trees", without configuration. Caller: copse_free. */
char *booster_trees(copse_booster *booster);
char *model_trees(const copse_model *model);

#endif
