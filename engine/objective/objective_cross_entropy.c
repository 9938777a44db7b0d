/* objective_cross_entropy.c - labels that are probabilities: loss -(y log p + (1 - y) log(1 - p)) with
 * p = 1 / (1 + e^-s), times the row weight. g = p - y and h = p (1 - p), written so that nothing overflows
 * and little cancels for large |s|. */
#include "kernels/kernel_math.h"
#include "objective/rows.h"

static double start(const struct objective *objective, int output) {
  const double tiny = 1.0000000036274937e-15; /* float32(1e-15) */
  double mean = objective_mean_start(objective, output);
  if (mean > 1.0 - tiny) mean = 1.0 - tiny;
  if (mean < tiny) mean = tiny;
  return kernel_log(mean / (1.0 - mean));
}

static void gradients(const struct objective *objective, const double *score, uint64_t begin, uint64_t end,
                      float *gradient, float *hessian) {
  struct gradient_rows rows = objective_rows(objective, score, begin, end, gradient, hessian);
  objective->kernels->grad_cross_entropy(&rows);
}

const struct objective_row objective_row_cross_entropy = {
    .kind = OBJECTIVE_CROSS_ENTROPY,
    .name = "cross_entropy",
    .default_metric = "cross_entropy",
    .output = OUTPUT_SIGMOID,
    .check = objective_check_chances,
    .start = start,
    .gradients = gradients,
    .transform = output_sigmoid,
    .describe = objective_describe,
};
