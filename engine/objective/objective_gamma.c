/* objective_gamma.c - amounts whose spread grows with them: the gamma deviance, loss y e^-s + s.
 * g = 1 - y e^-s, h = y e^-s. A label of 0 has likelihood 0, and LightGBM's gamma metric refuses it: so does
 * this objective, unless compat=lightgbm trains on it as LightGBM does. */
#include "objective/rows.h"

static copse_status check(const struct objective *objective, copse_error *err) {
  return objective_check_amounts(objective, objective->params.gamma_takes_zero, err);
}

static void gradients(const struct objective *objective, const double *score, uint64_t begin, uint64_t end,
                      float *gradient, float *hessian) {
  struct gradient_rows rows = objective_rows(objective, score, begin, end, gradient, hessian);
  objective->kernels->grad_gamma(&rows);
}

const struct objective_row objective_row_gamma = {
    .kind = OBJECTIVE_GAMMA,
    .name = "gamma",
    .default_metric = "gamma",
    .output = OUTPUT_EXP,
    .check = check,
    .start = objective_log_mean_start,
    .gradients = gradients,
    .transform = output_exp,
    .describe = objective_describe,
};
