/* objective_tweedie.c - amounts of which many are 0 (Jorgensen 1987): with the variance power rho between
 * Poisson (1) and gamma (2), loss -y e^((1 - rho) s) / (1 - rho) + e^((2 - rho) s) / (2 - rho). */
#include "objective/rows.h"

static void gradients(const struct objective *objective, const double *score, uint64_t begin, uint64_t end,
                      float *gradient, float *hessian) {
  struct gradient_rows rows = objective_rows(objective, score, begin, end, gradient, hessian);
  objective->kernels->grad_tweedie(&rows, objective->params.tweedie_variance_power);
}

const struct objective_row objective_row_tweedie = {
    .kind = OBJECTIVE_TWEEDIE,
    .name = "tweedie",
    .default_metric = "tweedie",
    .output = OUTPUT_EXP,
    .check = objective_check_counts,
    .start = objective_log_mean_start,
    .gradients = gradients,
    .transform = output_exp,
    .describe = objective_describe,
};
