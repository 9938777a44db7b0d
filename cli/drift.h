/* drift.h - how far new rows have moved from those a model was trained on.
 *
 * Training keeps, for every input, up to nine cut points (of categories one behind every code) and the share
 * of rows in each bin and of missing ones. Prediction takes the same shares of its rows and compares them by
 * the population stability index (copse_stability_of), above 0.25 of which the usual reading is: another
 * population. An index counts by what it is beyond chance: of 5 rows it would be above 1 without any drift.
 */
#ifndef COPSE_CLI_DRIFT_H
#define COPSE_CLI_DRIFT_H

#include "cli.h"

#define DRIFT_BLOB "drift_reference"

/* The reference of a frame's rows as text; only columns of a CSV. */
COPSE_MUST_CHECK copse_status drift_reference(const struct app *app, const copse_frame *frame,
                                              copse_text *out, copse_error *err);

/* Whether the model holds a reference: before rows are read. */
COPSE_MUST_CHECK copse_status drift_check(const struct app *app, const copse_model *model, copse_error *err);

struct drift_input {
  const copse_model *model;
  const copse_frame_schema *schema;
  const copse_frame *frame;
  const uint64_t *class_counts; /* [n_classes] of the predictions */
  uint32_t n_classes;
};
struct drift_result {
  double psi;         /* the largest index */
  uint32_t feature;   /* that has it */
  double excess;      /* the most that an index is above chance where it is no chance; 0: none is */
  uint32_t moved;     /* the input that has it */
  double limit;       /* drift_threshold, or the usual one */
  double rows_needed; /* of fewer rows chance alone brings indices above the limit */
};
/* Writes the file that drift= names. */
COPSE_MUST_CHECK copse_status drift_write(const struct app *app, const struct drift_input *input,
                                          struct drift_result *out, copse_error *err);

#endif
