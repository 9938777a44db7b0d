/* rows.h - the rows that make up the table of objectives, and the transforms they share. */
#ifndef COPSE_OBJECTIVE_ROWS_H
#define COPSE_OBJECTIVE_ROWS_H

#include "objective/objective.h"

extern const struct objective_row objective_row_regression;
extern const struct objective_row objective_row_binary;
extern const struct objective_row objective_row_custom;

/* Objectives of LightGBM that this version does not train but predicts with. */
enum { N_PREDICT_ONLY_ROWS = 14 };
extern const struct objective_row objective_rows_predict_only[N_PREDICT_ONLY_ROWS];

/* One per enum objective_output, raw [n_outputs] in place. */
void output_raw(const struct objective *objective, double *raw);
void output_sigmoid(const struct objective *objective, double *raw);
void output_exp(const struct objective *objective, double *raw);
void output_log1p_exp(const struct objective *objective, double *raw);
void output_softmax(const struct objective *objective, double *raw);
void output_sigmoids(const struct objective *objective, double *raw);

/* The name, then " sqrt" and " sigmoid:S" where the row takes them. */
void objective_describe(const struct objective *objective, copse_text *out);

#endif
