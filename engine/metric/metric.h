/* metric.h - how good predictions are. One file per family, one row per metric.
 *
 * Sums run over fixed blocks of rows, added in block order: the same bits for any number of threads. A row of
 * weight 2 counts as the same row twice. Raw scores become predictions with the engine's own exp. */
#ifndef COPSE_METRIC_METRIC_H
#define COPSE_METRIC_METRIC_H

#include "copse.h"
#include "params/params.h"

/* Raw score s -> what the metric compares. */
enum metric_transform {
  METRIC_TRANSFORM_IDENTITY,
  METRIC_TRANSFORM_SIGMOID,       /* 1 / (1 + e^(-sigmoid s)) */
  METRIC_TRANSFORM_SIGNED_SQUARE, /* sgn(s) s^2 */
  METRIC_TRANSFORM_EXP,           /* e^s */
  METRIC_TRANSFORM_LOG1P_EXP      /* log(1 + e^s) */
};

struct metric_data {
  const double *score; /* raw, output-major [n_rows * n_outputs] */
  const float *label;
  const float *weight; /* or NULL */
  uint64_t n_rows;
  int n_outputs;
  int n_threads;
  enum metric_transform transform;
  double sigmoid;
  double threshold; /* accuracy, precision, recall, f1: positive iff p > threshold */
  copse_context *ctx;
};

struct metric_row {
  const char *name; /* as printed */
  bool higher_is_better;
  bool needs_two_classes; /* label is a class: positive iff > 0 */
  /* Fails where the data have no rows, no label, several outputs, or (auc excepted) weights that sum to 0. */
  copse_status (*value)(const struct metric_row *row, const struct metric_data *data, double *out,
                        copse_error *err);
};

/* NULL when the name is not a metric of this version. */
const struct metric_row *metric_find(const char *name);
size_t metric_count(void);
const struct metric_row *metric_at(size_t index);

/* Weighted counts at data->threshold. `what` names the asker in messages. */
COPSE_MUST_CHECK copse_status metric_confusion(const struct metric_data *data, const char *what,
                                               copse_confusion *out, copse_error *err);

#endif
