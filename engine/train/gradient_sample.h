/* gradient_sample.h - rows chosen by their gradients, those that are drawn weighed up (GOSS, MVS). */
#ifndef COPSE_TRAIN_GRADIENT_SAMPLE_H
#define COPSE_TRAIN_GRADIENT_SAMPLE_H

#include "train/workspace.h"

/* Chooses the rows of a round, where the strategy asks for it: workspace.row_strength is below 0 for rows
 * that are left out, and gradients and hessians [n_rows * n_outputs] of rows that stand for others are
 * multiplied. For sample_tree, which comes after. round: absolute. */
void gradient_sample_round(struct workspace *ws, int round, int n_outputs, float *gradient, float *hessian);

#endif
