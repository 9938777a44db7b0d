/* objective_huber.c - squared error near the label, absolute error beyond alpha of it (Huber 1964): with
 * d = s - y, g = d cut off at -alpha and alpha, h = 1. Leaves keep their Newton step. */
#include "objective/rows.h"

static void gradients(const struct objective *objective, const double *score, uint64_t begin, uint64_t end,
                      float *gradient, float *hessian) {
  struct gradient_rows rows = objective_rows(objective, score, begin, end, gradient, hessian);
  objective->kernels->grad_huber(&rows, objective->params.alpha);
}

const struct objective_row objective_row_huber = {
    .kind = OBJECTIVE_HUBER,
    .name = "huber",
    .default_metric = "huber",
    .output = OUTPUT_RAW,
    .start = objective_mean_start,
    .gradients = gradients,
    .transform = output_raw,
    .describe = objective_describe,
};
