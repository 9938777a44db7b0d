/* objective_poisson.c - counts: loss e^s - y s. g = e^s - y and h = e^(s + poisson_max_delta_step): a hessian
 * larger than the true one, so that a step stays bounded where e^s is small. */
#include "base/status.h"
#include "kernels/kernel_math.h"
#include "objective/rows.h"

static copse_status check(const struct objective *objective, copse_error *err) {
  bool any = false;
  for (uint64_t i = 0; i < objective->data.n_rows; i++) {
    float label = objective->data.label[i];
    any |= label > 0;
    if (label >= 0) continue;
    return status_set(
        err, COPSE_ERR_DATA,
        "row %llu: label %.9g: objective=poisson takes labels of 0 and more (check the label, or "
        "choose another objective)",
        (unsigned long long)i + 1, (double)label);
  }
  if (any) return COPSE_OK;
  return status_set(err, COPSE_ERR_DATA,
                    "all %llu labels are 0: objective=poisson needs one above 0 (check the label)",
                    (unsigned long long)objective->data.n_rows);
}

/* Where only rows of weight 0 count anything, the mean is 0: the least number takes its place. */
static double start(const struct objective *objective, int output) {
  (void)output;
  const double tiny = 1.0000000036274937e-15; /* float32(1e-15) */
  double sums[2];
  objective_sum_targets(objective, sums);
  double mean = sums[0] / sums[1];
  return kernel_log(mean > tiny ? mean : tiny);
}

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
    .check = check,
    .start = start,
    .gradients = gradients,
    .transform = output_exp,
    .describe = objective_describe,
};
