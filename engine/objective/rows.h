/* rows.h - the rows that make up the table of objectives, and the transforms they share. */
#ifndef COPSE_OBJECTIVE_ROWS_H
#define COPSE_OBJECTIVE_ROWS_H

#include "objective/objective.h"

extern const struct objective_row objective_row_regression;
extern const struct objective_row objective_row_regression_l1;
extern const struct objective_row objective_row_huber;
extern const struct objective_row objective_row_quantile;
extern const struct objective_row objective_row_poisson;
extern const struct objective_row objective_row_binary;
extern const struct objective_row objective_row_cross_entropy;
extern const struct objective_row objective_row_multiclass;
extern const struct objective_row objective_row_multiclassova;
extern const struct objective_row objective_row_lambdarank;
extern const struct objective_row objective_row_rank_xendcg;
extern const struct objective_row objective_row_custom;
extern const struct objective_row objective_row_fair;
extern const struct objective_row objective_row_mape;
extern const struct objective_row objective_row_gamma;
extern const struct objective_row objective_row_tweedie;
extern const struct objective_row objective_row_cross_entropy_lambda;
extern const struct objective_row objective_row_quantiles;
extern const struct objective_row objective_row_expectile;
extern const struct objective_row objective_row_focal;
extern const struct objective_row objective_row_cox;
extern const struct objective_row objective_row_aft;
extern const struct objective_row objective_row_multi_regression;

/* One per enum objective_output, raw [n_outputs] in place. */
void output_raw(const struct objective *objective, double *raw);
void output_sigmoid(const struct objective *objective, double *raw);
void output_exp(const struct objective *objective, double *raw);
void output_log1p_exp(const struct objective *objective, double *raw);
void output_softmax(const struct objective *objective, double *raw);
void output_sigmoids(const struct objective *objective, double *raw);
void output_sorted(const struct objective *objective, double *raw);

/* target.c. The label, or with reg_sqrt its signed root; float32, as LightGBM holds it. */
float objective_target(const struct objective *objective, uint64_t row);
/* Sums over all rows of weight times target and of weight. */
void objective_sum_targets(const struct objective *objective, double sums[2]);
/* A start: the weighted mean of the targets, and its logarithm where it is above the least number, else that
 * number's. */
double objective_mean_start(const struct objective *objective, int output);
double objective_log_mean_start(const struct objective *objective, int output);
/* A start that prepare has left in objective->starts. */
double objective_kept_start(const struct objective *objective, int output);
typedef void (*target_gradients)(const struct objective *objective, const struct gradient_rows *rows);
/* Calls compute with rows whose labels are targets. begin: number of the first row. */
void objective_each_target(const struct objective *objective, struct gradient_rows rows, uint64_t begin,
                           target_gradients compute);
/* Labels of counts and amounts: 0 and more, not all 0; `zero` false: above 0. The second is a row's check. */
COPSE_MUST_CHECK copse_status objective_check_amounts(const struct objective *objective, bool zero,
                                                      copse_error *err);
COPSE_MUST_CHECK copse_status objective_check_counts(const struct objective *objective, copse_error *err);
COPSE_MUST_CHECK copse_status objective_check_chances(const struct objective *objective, copse_error *err);
/* starts[k] becomes the percentile levels[k] of the targets, by rows' weight (NULL: all alike), as float32.
 */
COPSE_MUST_CHECK copse_status objective_prepare_percentile(copse_context *ctx, struct objective *objective,
                                                           const double *levels, const float *weight,
                                                           copse_error *err);
/* The percentile of target - score over some rows. */
double objective_residual_percentile(const struct objective *objective, const double *score,
                                     const uint32_t *rows, uint64_t n, struct renew_scratch scratch,
                                     double level, const float *weight);

/* survival.c. Labels are times, negative where nothing had happened by then. */
COPSE_MUST_CHECK copse_status survival_check(const struct objective *objective, copse_error *err);
/* objective_cox.c */
void risk_order_free(struct risk_order *risk);

/* Rows [begin, end) as the kernels take them; gradient, hessian: row begin's. */
static inline struct gradient_rows objective_rows(const struct objective *objective, const double *score,
                                                  uint64_t begin, uint64_t end, float *gradient,
                                                  float *hessian) {
  const float *weight = objective->data.weight;
  return (struct gradient_rows){.score = score + begin,
                                .label = objective->data.label + begin,
                                .weight = weight != NULL ? weight + begin : NULL,
                                .n = end - begin,
                                .gradient = gradient,
                                .hessian = hessian};
}

/* class.c. Room for objective->classes, every class weight 1. */
COPSE_MUST_CHECK copse_status classes_create(copse_context *ctx, struct objective *objective,
                                             copse_error *err);
/* Fills n_positive and share from labels that are 0 ... n_outputs - 1. */
void classes_count(struct objective *objective);
/* is_unbalance: the rarer side weighs as many times more as it has fewer rows; then scale_pos_weight. */
void classes_weigh(struct objective *objective);
/* Some rows are of the class, but not all. */
bool class_trainable(const struct objective *objective, int output);
/* Log-odds of the class's share; class weights do not enter (as in LightGBM). */
double class_start(const struct objective *objective, int output);
/* The class that a label names; -1: none of n. */
int class_of_label(float label, int n);
copse_status classes_check(const struct objective *objective, copse_error *err);

/* The name, then " sqrt" and " sigmoid:S" where the row takes them. */
void objective_describe(const struct objective *objective, copse_text *out);
/* The fewest digits that read back as the same number. */
void objective_append_number(copse_text *out, double value);

#endif
