/* small_train.h - trains on a handful of rows written in a test. */
#ifndef COPSE_TESTS_SMALL_TRAIN_H
#define COPSE_TESTS_SMALL_TRAIN_H

#include "copse.h"

struct small_data {
  uint64_t n_rows;
  uint32_t n_features;
  const double *x; /* row-major */
  const float *label, *weight;
  const bool *categorical;
};

/* Whether training uses as many threads as it is told to, however small the data. It does from the start in a
 * test that is linked with this file. */
void small_threads(bool every);
/* params: blank-separated key=value. Fails the running test with the error's message. */
copse_params *small_params(const char *text);
copse_table small_table(const struct small_data *data);
copse_dataset *small_dataset(const struct small_data *data, const copse_params *params, copse_schema *schema);
/* num_iterations rounds through copse_train. */
copse_model *small_train(const struct small_data *data, const char *params);
/* Values of one row. */
double small_predict(copse_model *model, copse_predict_kind kind, const double *row);

#endif
