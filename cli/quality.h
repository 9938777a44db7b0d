/* quality.h - how good predictions are, where the file has the label: printed on stderr as `name: value`. */
#ifndef COPSE_CLI_QUALITY_H
#define COPSE_CLI_QUALITY_H

#include "cli.h"

struct quality_input {
  const copse_model *model;
  const copse_frame_schema *schema;
  const double *scores; /* raw, output-major [n_rows * outputs] */
  const float *label, *weight;
  uint64_t n_rows;
  const int32_t *group; /* [n_groups] or NULL */
  uint64_t n_groups;
};

/* Whether the model has an output per label of a row (objective=multi_regression). */
bool quality_takes_labels(const copse_model *model);
/* "l2@price", of a label without a name "l2@0". */
const char *quality_name_of_label(const copse_frame_schema *schema, int label, const char *metric, char *out,
                                  size_t capacity);
COPSE_MUST_CHECK copse_status quality_print(const struct app *app, const struct quality_input *input,
                                            copse_error *err);

#endif
