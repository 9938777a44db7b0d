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

/* Objectives of LightGBM that this version does not train but predicts with. */
enum { N_PREDICT_ONLY_ROWS = 5 };
extern const struct objective_row objective_rows_predict_only[N_PREDICT_ONLY_ROWS];

/* One per enum objective_output, raw [n_outputs] in place. */
void output_raw(const struct objective *objective, double *raw);
void output_sigmoid(const struct objective *objective, double *raw);
void output_exp(const struct objective *objective, double *raw);
void output_log1p_exp(const struct objective *objective, double *raw);
void output_softmax(const struct objective *objective, double *raw);
void output_sigmoids(const struct objective *objective, double *raw);

/* The label, or with reg_sqrt its signed root; float32, as LightGBM holds it. */
float objective_target(const struct objective *objective, uint64_t row);
/* Sums over all rows of weight times target and of weight. */
void objective_sum_targets(const struct objective *objective, double sums[2]);

/* Rows [begin, end) as the kernels take them. */
static inline struct gradient_rows objective_rows(const struct objective *objective, const double *score,
                                                  uint64_t begin, uint64_t end, float *gradient,
                                                  float *hessian) {
  const float *weight = objective->data.weight;
  return (struct gradient_rows){.score = score + begin,
                                .label = objective->data.label + begin,
                                .weight = weight != NULL ? weight + begin : NULL,
                                .n = end - begin,
                                .gradient = gradient + begin,
                                .hessian = hessian + begin};
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

#endif
