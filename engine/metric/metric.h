/* metric.h - how good predictions are. One file per family, one row per metric.
 *
 * Sums run over fixed blocks of rows, added in block order: the same bits for any number of threads. */
#ifndef COPSE_METRIC_METRIC_H
#define COPSE_METRIC_METRIC_H

#include "copse.h"
#include "params/params.h"

enum metric_transform { METRIC_TRANSFORM_IDENTITY, METRIC_TRANSFORM_SIGMOID, METRIC_TRANSFORM_SIGNED_SQUARE };

struct metric_data {
  const double *score; /* raw, output-major [n_rows * n_outputs] */
  const float *label;
  const float *weight; /* or NULL */
  uint64_t n_rows;
  int n_outputs;
  int n_threads;
  enum metric_transform transform; /* raw score -> what the metric compares (engine's own exp) */
  double sigmoid;
  double threshold; /* accuracy, precision, recall, f1: positive iff p > threshold */
  copse_context *ctx;
};

struct metric_row {
  const char *name; /* as printed */
  bool higher_is_better;
  bool needs_two_classes; /* label is a class: positive iff > 0 */
  copse_status (*value)(const struct metric_row *row, const struct metric_data *data, double *out,
                        copse_error *err);
};

/* NULL when the name is not a metric of this version. */
const struct metric_row *metric_find(const char *name);
size_t metric_count(void);
const struct metric_row *metric_at(size_t index);

#endif
