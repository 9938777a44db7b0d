/* objective_cross_entropy_lambda.c - labels that are probabilities of at least one event during an exposure:
 * cross entropy with p = 1 - e^(-w lambda), lambda = log(1 + e^s), the prediction. The weight w is the
 * exposure, not a number of copies of the row; with w = 1 it is objective=cross_entropy in other words. */
#include "base/status.h"
#include "kernels/kernel_math.h"
#include "objective/rows.h"

static copse_status check(const struct objective *objective, copse_error *err) {
  const float *weight = objective->data.weight;
  for (uint64_t i = 0; i < objective->data.n_rows && weight != NULL; i++)
    if (!(weight[i] > 0))
      return status_set(
          err, COPSE_ERR_DATA,
          "row %llu: weight %.9g: objective=cross_entropy_lambda takes weights above 0, they are "
          "exposures (leave the row out)",
          (unsigned long long)i + 1, (double)weight[i]);
  return objective_check_chances(objective, err);
}

/* log(e^mean - 1), as log(1 - e^-mean) + mean. */
static double start(const struct objective *objective, int output) {
  const double tiny = 1.0000000036274937e-15; /* float32(1e-15) */
  double mean = objective_mean_start(objective, output);
  if (mean < tiny) mean = tiny;
  return kernel_log(kernel_one_minus_exp(mean)) + mean;
}

static void gradients(const struct objective *objective, const double *score, uint64_t begin, uint64_t end,
                      float *gradient, float *hessian) {
  struct gradient_rows rows = objective_rows(objective, score, begin, end, gradient, hessian);
  objective->kernels->grad_cross_entropy_lambda(&rows);
}

const struct objective_row objective_row_cross_entropy_lambda = {
    .kind = OBJECTIVE_CROSS_ENTROPY_LAMBDA,
    .name = "cross_entropy_lambda",
    .default_metric = "cross_entropy_lambda",
    .output = OUTPUT_LOG1P_EXP,
    .check = check,
    .start = start,
    .gradients = gradients,
    .transform = output_log1p_exp,
    .describe = objective_describe,
};
