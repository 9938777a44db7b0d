/* objective_regression.c - squared error: g = s - y, h = 1. With reg_sqrt the target is sgn(y) sqrt|y| and
 * the prediction sgn(s) s^2. */
#include <math.h>

#include "base/reduce.h"
#include "objective/rows.h"

enum { CHUNK = 512 };

float objective_target(const struct objective *objective, uint64_t row) {
  float label = objective->data.label[row];
  if (!objective->params.reg_sqrt) return label;
  float root = sqrtf(fabsf(label));
  return label < 0 ? -root : root;
}

static void add_targets(const void *user, uint64_t begin, uint64_t end, double *sums) {
  const struct objective *objective = user;
  const float *weight = objective->data.weight;
  for (uint64_t i = begin; i < end; i++) {
    double w = weight != NULL ? (double)weight[i] : 1.0;
    sums[0] += (double)objective_target(objective, i) * w;
    sums[1] += w;
  }
}

void objective_sum_targets(const struct objective *objective, double sums[2]) {
  reduce_rows(objective->data.n_threads, objective->data.n_rows, 2, add_targets, objective, sums);
}

/* The weighted mean minimises the squared error. */
static double start(const struct objective *objective, int output) {
  (void)output;
  double sums[2];
  objective_sum_targets(objective, sums);
  return sums[0] / sums[1];
}

static void gradients(const struct objective *objective, const double *score, uint64_t begin, uint64_t end,
                      float *gradient, float *hessian) {
  const float *label = objective->data.label, *weight = objective->data.weight;
  float target[CHUNK];
  uint64_t step = objective->params.reg_sqrt ? CHUNK : end - begin;
  for (uint64_t at = begin; at < end; at += step) {
    uint64_t n = end - at < step ? end - at : step;
    const float *targets = label + at;
    if (objective->params.reg_sqrt) {
      for (uint64_t i = 0; i < n; i++) target[i] = objective_target(objective, at + i);
      targets = target;
    }
    objective->kernels->grad_squared(score + at, targets, weight != NULL ? weight + at : NULL, n,
                                     gradient + at, hessian + at);
  }
}

const struct objective_row objective_row_regression = {
    .kind = OBJECTIVE_REGRESSION,
    .name = "regression",
    .default_metric = "l2",
    .output = OUTPUT_RAW,
    .takes_sqrt = true,
    .unit_hessian = true,
    .start = start,
    .gradients = gradients,
    .transform = output_raw,
    .describe = objective_describe,
};
