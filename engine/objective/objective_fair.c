/* objective_fair.c - an error that grows like its square when small and like itself when large, smoothly
 * (Fair 1974): with d = s - y and c = fair_c, loss c |d| - c^2 log(1 + |d| / c), g = c d / (|d| + c),
 * h = c^2 / (|d| + c)^2. Leaves keep their Newton step; the start is the mean, as in LightGBM. */
#include "objective/rows.h"

static void fair_rows(const struct objective *objective, const struct gradient_rows *rows) {
  objective->kernels->grad_fair(rows, objective->params.fair_c);
}

static void gradients(const struct objective *objective, const double *score, uint64_t begin, uint64_t end,
                      float *gradient, float *hessian) {
  objective_each_target(objective, objective_rows(objective, score, begin, end, gradient, hessian), begin,
                        fair_rows);
}

const struct objective_row objective_row_fair = {
    .kind = OBJECTIVE_FAIR,
    .name = "fair",
    .default_metric = "fair",
    .output = OUTPUT_RAW,
    .takes_sqrt = true,
    .start = objective_mean_start,
    .gradients = gradients,
    .transform = output_raw,
    .describe = objective_describe,
};
