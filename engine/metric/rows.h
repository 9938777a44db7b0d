/* rows.h - the families behind the table of metrics, and what they share. */
#ifndef COPSE_METRIC_ROWS_H
#define COPSE_METRIC_ROWS_H

#include "metric/metric.h"

typedef copse_status metric_value_fn(const struct metric_row *row, const struct metric_data *data,
                                     double *out, copse_error *err);

metric_value_fn metric_l1, metric_l2, metric_rmse, metric_r2; /* metric_regression.c */
metric_value_fn metric_huber, metric_poisson, metric_fair, metric_mape, metric_expectile;
metric_value_fn metric_quantile;                                     /* metric_quantile.c */
metric_value_fn metric_gamma, metric_gamma_deviance, metric_tweedie; /* metric_amount.c */
metric_value_fn metric_cox, metric_aft, metric_concordance;          /* metric_survival.c */
metric_value_fn metric_kullback_leibler, metric_cross_entropy_lambda, metric_focal;
metric_value_fn metric_binary_logloss, metric_binary_error, metric_cross_entropy; /* metric_binary.c */
metric_value_fn metric_auc, metric_average_precision;                             /* metric_auc.c */
metric_value_fn metric_ndcg, metric_map;                                          /* metric_ranking.c */
metric_value_fn metric_auc_mu;                                                    /* metric_auc_mu.c */
metric_value_fn metric_multi_logloss, metric_multi_error, metric_brier;           /* metric_multi.c */
metric_value_fn metric_accuracy, metric_precision, metric_recall, metric_f1;      /* metric_class.c */
metric_value_fn metric_precision_macro, metric_recall_macro, metric_f1_macro, metric_kappa, metric_mcc;

enum { METRIC_CHUNK = 256 };

/* How many outputs a metric can judge. */
enum metric_outputs { ONE_OUTPUT, OUTPUT_PER_CLASS, OUTPUT_PER_LEVEL, ANY_OUTPUTS };

/* Outputs, labels, at least one row: or an error that names `what`. Where there is an output per class, the
 * labels must be its numbers. */
COPSE_MUST_CHECK copse_status metric_check(const struct metric_data *data, const char *what,
                                           enum metric_outputs outputs, copse_error *err);
COPSE_MUST_CHECK copse_status metric_check_weight(double sum, const struct metric_data *data,
                                                  const char *what, copse_error *err);

static inline double metric_weight(const struct metric_data *data, uint64_t row) {
  return data->weight != NULL ? (double)data->weight[row] : 1.0;
}

/* With one output: transformed scores of n <= METRIC_CHUNK rows from `begin` on. */
void metric_predictions(const struct metric_data *data, uint64_t begin, uint64_t n, double *out);

/* Loss of n <= METRIC_CHUNK rows from `begin` on. */
typedef void metric_loss_fn(const struct metric_data *data, uint64_t begin, uint64_t n, double *loss);
/* Weighted mean of a loss over all rows. */
COPSE_MUST_CHECK copse_status metric_mean(const struct metric_row *row, const struct metric_data *data,
                                          enum metric_outputs outputs, metric_loss_fn *loss, double *out,
                                          copse_error *err);

/* The value of a metric of one output; with several labels per row the mean of its values for each. */
COPSE_MUST_CHECK copse_status metric_mean_of_labels(const struct metric_row *row,
                                                    const struct metric_data *data, metric_value_fn *one,
                                                    double *out, copse_error *err);

#endif
