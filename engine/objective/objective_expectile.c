/* objective_expectile.c - the mean with errors on one side counting more (Newey & Powell 1987): with
 * d = s - y, loss |alpha - [d > 0]| d^2, h twice that factor, g = h d. alpha = 0.5 is objective=regression.
 *
 * The start minimises it over constants: starting from the mean, the mean by the weights that the last one
 * gave, until it does not move: Newton's steps on a convex function of straight pieces of slope, which end.
 */
#include "base/reduce.h"
#include "base/status.h"
#include "objective/rows.h"

enum { MAX_STEPS = 100 };

struct step {
  const struct objective *objective;
  double at;
};

static void factors_of(const struct objective *objective, double factors[2] /* above, below the label */) {
  factors[0] = 2.0 * (1.0 - objective->params.alpha);
  factors[1] = 2.0 * objective->params.alpha;
}

static void add_step(const void *user, uint64_t begin, uint64_t end, double *sums) {
  const struct step *step = user;
  const struct objective_data *data = &step->objective->data;
  double factors[2];
  factors_of(step->objective, factors);
  for (uint64_t i = begin; i < end; i++) {
    double y = (double)data->label[i], w = data->weight != NULL ? (double)data->weight[i] : 1.0;
    w *= factors[step->at > y ? 0 : 1];
    sums[0] += w * y;
    sums[1] += w;
  }
}

static double start(const struct objective *objective, int output) {
  struct step step = {objective, objective_mean_start(objective, output)};
  double before, sums[2];
  for (int i = 0; i < MAX_STEPS; i++) {
    before = step.at;
    reduce_rows(objective->data.n_threads, objective->data.n_rows, 2, add_step, &step, sums);
    step.at = sums[0] / sums[1];
    if (step.at == before) break;
  }
  return step.at;
}

static void gradients(const struct objective *objective, const double *score, uint64_t begin, uint64_t end,
                      float *gradient, float *hessian) {
  struct gradient_rows rows = objective_rows(objective, score, begin, end, gradient, hessian);
  double factors[2];
  factors_of(objective, factors);
  objective->kernels->grad_expectile(&rows, factors[0], factors[1]);
}

static void describe(const struct objective *objective, copse_text *out) {
  objective_describe(objective, out);
  copse_text_appendf(out, " alpha:");
  objective_append_number(out, objective->params.alpha);
}

const struct objective_row objective_row_expectile = {
    .kind = OBJECTIVE_EXPECTILE,
    .name = "expectile",
    .default_metric = "expectile",
    .output = OUTPUT_RAW,
    .start = start,
    .gradients = gradients,
    .transform = output_raw,
    .describe = describe,
};
