/* rows.h - the families behind the table of metrics, and what they share. */
#ifndef COPSE_METRIC_ROWS_H
#define COPSE_METRIC_ROWS_H

#include "metric/metric.h"

typedef copse_status metric_value_fn(const struct metric_row *row, const struct metric_data *data,
                                     double *out, copse_error *err);

metric_value_fn metric_l1, metric_l2, metric_rmse;                /* metric_regression.c */
metric_value_fn metric_binary_logloss, metric_binary_error;       /* metric_binary.c */
metric_value_fn metric_auc;                                       /* metric_auc.c */
metric_value_fn metric_accuracy, metric_precision, metric_recall; /* metric_class.c */
metric_value_fn metric_f1, metric_precision_macro, metric_recall_macro, metric_f1_macro;

enum { METRIC_CHUNK = 256 };

/* One output, labels, at least one row: or an error that names `what`. */
COPSE_MUST_CHECK copse_status metric_check(const struct metric_data *data, const char *what,
                                           copse_error *err);
COPSE_MUST_CHECK copse_status metric_check_weight(double sum, const struct metric_data *data,
                                                  const char *what, copse_error *err);

/* Transformed scores of n <= METRIC_CHUNK rows from `begin` on. */
void metric_predictions(const struct metric_data *data, uint64_t begin, uint64_t n, double *out);

/* Loss of n rows; prediction and loss are different arrays. */
typedef void metric_loss_fn(const double *prediction, const float *label, uint64_t n, double *loss);
/* Weighted mean of a loss over all rows. */
COPSE_MUST_CHECK copse_status metric_mean(const struct metric_row *row, const struct metric_data *data,
                                          metric_loss_fn *loss, double *out, copse_error *err);

#endif
