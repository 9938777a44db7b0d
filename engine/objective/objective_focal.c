/* objective_focal.c - two classes, the rare and hard rows first (Lin et al. 2017): the logistic loss times
 * (1 - p)^focal_gamma, p the probability given to the row's own class, so that rows already told apart weigh
 * little. Labels and class weights as with objective=binary; focal_gamma = 0 is that objective. Probabilities
 * are drawn toward 1/2 compared with its. */
#include "kernels/kernel_math.h"
#include "objective/rows.h"

static copse_status check(const struct objective *objective, copse_error *err) {
  return objective_row_binary.check(objective, err);
}

static copse_status prepare(copse_context *ctx, struct objective *objective, copse_error *err) {
  return objective_row_binary.prepare(ctx, objective, err);
}

/* The best constant with class weights: where the pull of the positive rows is that of the negative ones. */
static double start(const struct objective *objective, int output) {
  if (!class_trainable(objective, output)) return class_start(objective, output);
  const struct objective_class *class = &objective->classes[output];
  double positive = class->share * class->weight[1], negative = (1.0 - class->share) * class->weight[0];
  double low = -40, high = 40;
  for (int i = 0; i < 100; i++) {
    double middle = 0.5 * (low + high), up, down, bend;
    kernel_focal(middle, objective->params.focal_gamma, &up, &bend);
    kernel_focal(-middle, objective->params.focal_gamma, &down, &bend);
    if (positive * up - negative * down < 0)
      low = middle;
    else
      high = middle;
  }
  return 0.5 * (low + high);
}

static void gradients(const struct objective *objective, const double *score, uint64_t begin, uint64_t end,
                      float *gradient, float *hessian) {
  struct gradient_rows rows = objective_rows(objective, score, begin, end, gradient, hessian);
  objective->kernels->grad_focal(&rows, objective->params.focal_gamma, objective->classes[0].weight);
}

static void describe(const struct objective *objective, copse_text *out) {
  objective_describe(objective, out);
  copse_text_appendf(out, " focal_gamma:");
  objective_append_number(out, objective->params.focal_gamma);
}

const struct objective_row objective_row_focal = {
    .kind = OBJECTIVE_FOCAL,
    .name = "focal",
    .default_metric = "focal",
    .output = OUTPUT_SIGMOID,
    .check = check,
    .prepare = prepare,
    .start = start,
    .trainable = class_trainable,
    .gradients = gradients,
    .transform = output_sigmoid,
    .describe = describe,
};
