/* metric.h - how good predictions are. One file per family, one row per metric.
 *
 * Sums run over fixed blocks of rows, added in block order: the same bits for any number of threads. A row of
 * weight 2 counts as the same row twice. Raw scores become predictions with the engine's own exp. */
#ifndef COPSE_METRIC_METRIC_H
#define COPSE_METRIC_METRIC_H

#include "copse.h"
#include "params/params.h"

/* Raw score s -> what the metric compares; the last three take all outputs of a row. */
enum metric_transform {
  METRIC_TRANSFORM_IDENTITY,
  METRIC_TRANSFORM_SIGMOID,       /* 1 / (1 + e^(-sigmoid s)) */
  METRIC_TRANSFORM_SIGNED_SQUARE, /* sgn(s) s^2 */
  METRIC_TRANSFORM_EXP,           /* e^s */
  METRIC_TRANSFORM_LOG1P_EXP,     /* log(1 + e^s) */
  METRIC_TRANSFORM_SOFTMAX,       /* e^s over the sum of all outputs' e^s */
  METRIC_TRANSFORM_SIGMOIDS,      /* the sigmoid of every output, not normalised */
  METRIC_TRANSFORM_SORTED         /* all outputs in ascending order: quantiles */
};

struct metric_data {
  const double *score; /* raw, output-major [n_rows * n_outputs] */
  const float *label;  /* [n_rows]; with n_labels > 1 output-major [n_rows * n_labels] */
  const float *weight; /* or NULL */
  uint64_t n_rows;
  int n_outputs;
  int n_labels; /* of a row: one, or one per output */
  int n_threads;
  enum metric_transform transform;
  double sigmoid;
  double threshold; /* what counts classes, with one output: positive iff p > threshold */
  double alpha;     /* huber, quantile */
  int top_k;        /* multi_error */
  double fair_c, tweedie_variance_power, focal_gamma, expectile, aft_scale;
  enum aft_distribution aft_distribution;
  const double *levels;  /* [n_outputs] of quantiles */
  bool soon_is_high;     /* of survival: the larger the score, the earlier the event */
  const float *exposure; /* cross_entropy_lambda's own */
  const double
      *class_weights; /* auc_mu: [n_outputs * n_outputs] cost of taking a class (row) for another, or NULL */
  size_t n_class_weights;
  copse_context *ctx;
  const int *at; /* [n_at] what the metric is taken at, see metric_params: one number, or ascending ranks */
  size_t n_at;
  /* Metrics of ranking alone: */
  const int32_t *group; /* [n_groups] rows of each query, summing to n_rows; or NULL */
  uint64_t n_groups;
  const double *label_gain; /* [n_label_gain] of labels 0, 1 ..; NULL: 2^label - 1 */
  size_t n_label_gain;
  bool plain_empty_queries; /* a query without relevant rows counts 1 whatever its weight */
};

struct metric_row {
  const char *name;
  bool higher_is_better;
  /* out: one number, or of a metric of ranking n_at. Fails where the data have no rows, no label, labels or a
   * number of outputs that the metric cannot judge, or (auc and average_precision excepted) weights that sum
   * to 0. */
  copse_status (*value)(const struct metric_row *row, const struct metric_data *data, double *out,
                        copse_error *err);
};

/* Data of several labels, as those of one of them and its output. */
static inline struct metric_data metric_one_label(const struct metric_data *data, int label) {
  struct metric_data one = *data;
  one.n_outputs = one.n_labels = 1;
  one.score += (uint64_t)label * data->n_rows;
  if (one.label != NULL) one.label += (uint64_t)label * data->n_rows;
  return one;
}

/* The values of n metrics, out [n]. at [n]: of a metric of ranking, the rank; entries of one such metric
 * stand side by side, ascending, and are computed together. data.at is set here. */
COPSE_MUST_CHECK copse_status metric_values(const struct metric_row *const *metrics, const int *at, size_t n,
                                            const struct metric_data *data, double *out, copse_error *err);
/* A metric of ranking: it has a value for each of data.at. */
bool metric_is_ranked(const struct metric_row *row);
/* NULL when the name is not a metric of this version. */
const struct metric_row *metric_find(const char *name);
size_t metric_count(void);
const struct metric_row *metric_at(size_t index);

/* Two with one output (positive iff label > 0), else one per output. */
int metric_n_classes(const struct metric_data *data);
/* Weighted counts of (actual, predicted): out [n_classes * n_classes], actual * n_classes + predicted. Among
 * several outputs the largest score is the prediction, the first of equal ones. `what` names the asker in
 * messages. */
COPSE_MUST_CHECK copse_status metric_confusion(const struct metric_data *data, const char *what, double *out,
                                               copse_error *err);

#endif
