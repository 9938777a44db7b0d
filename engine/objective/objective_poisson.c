/* objective_poisson.c - counts: loss e^s - y s. g = e^s - y and h = e^(s + poisson_max_delta_step): a hessian
 * larger than the true one, so that a step stays bounded where e^s is small. */
#include "kernels/kernel_math.h"
#include "objective/rows.h"

static void gradients(const struct objective *objective, const double *score, uint64_t begin, uint64_t end,
                      float *gradient, float *hessian) {
  struct gradient_rows rows = objective_rows(objective, score, begin, end, gradient, hessian);
  objective->kernels->grad_poisson(&rows, kernel_exp(objective->params.poisson_max_delta_step));
}

const struct objective_row objective_row_poisson = {
    .kind = OBJECTIVE_POISSON,
    .name = "poisson",
    .default_metric = "poisson",
    .output = OUTPUT_EXP,
    .check = objective_check_counts,
    .start = objective_log_mean_start,
    .gradients = gradients,
    .transform = output_exp,
    .describe = objective_describe,
};
