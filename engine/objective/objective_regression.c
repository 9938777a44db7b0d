/* objective_regression.c - squared error: g = s - y, h = 1. With reg_sqrt the target is sgn(y) sqrt|y| and
 * the prediction sgn(s) s^2. */
#include "objective/rows.h"

static void squared_rows(const struct objective *objective, const struct gradient_rows *rows) {
  objective->kernels->grad_squared(rows->score, rows->label, rows->weight, rows->n, rows->gradient,
                                   rows->hessian);
}

static void gradients(const struct objective *objective, const double *score, uint64_t begin, uint64_t end,
                      float *gradient, float *hessian) {
  objective_each_target(objective, objective_rows(objective, score, begin, end, gradient, hessian), begin,
                        squared_rows);
}

const struct objective_row objective_row_regression = {
    .kind = OBJECTIVE_REGRESSION,
    .name = "regression",
    .default_metric = "l2",
    .output = OUTPUT_RAW,
    .takes_sqrt = true,
    .start = objective_mean_start,
    .gradients = gradients,
    .transform = output_raw,
    .describe = objective_describe,
};
