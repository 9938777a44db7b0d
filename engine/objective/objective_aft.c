/* objective_aft.c - accelerated failure time: log t = s + aft_scale * noise, the noise logistic (log-logistic
 * times; the prediction e^s is the median) or of the smallest extreme value (Weibull times; e^s is the time
 * by which 63 % are over). A censored row costs minus the log probability of lasting longer than its time.
 *
 * The start is the best constant: for Weibull a formula, else the point where the gradient changes sign. */
#include <math.h>

#include "base/reduce.h"
#include "kernels/kernel_math.h"
#include "objective/rows.h"

enum { MAX_HALVINGS = 60 };

struct pull {
  const struct objective *objective;
  double at;
};

static double log_time(float label) { return kernel_log(fabs((double)label)); }

static double weight_of(const struct objective_data *data, uint64_t row) {
  return data->weight != NULL ? (double)data->weight[row] : 1.0;
}

/* The logistic gradient of a common score; the same shifted by `at` for Weibull: e^z, and events. */
static void add_pull(const void *user, uint64_t begin, uint64_t end, double *sums) {
  const struct pull *pull = user;
  const struct objective_params *params = &pull->objective->params;
  const struct objective_data *data = &pull->objective->data;
  for (uint64_t i = begin; i < end; i++) {
    double z = (log_time(data->label[i]) - pull->at) / params->aft_scale, w = weight_of(data, i);
    double d = data->label[i] > 0 ? 1.0 : 0.0;
    if (params->aft_distribution == AFT_EXTREME) {
      sums[0] += w * kernel_exp(z);
      sums[1] += w * d;
    } else {
      sums[0] += w * (d - (1.0 + d) * kernel_sigmoid(z));
    }
  }
}

static void extremes(const struct objective_data *data, double bounds[2]) {
  bounds[0] = INFINITY;
  bounds[1] = -INFINITY;
  for (uint64_t i = 0; i < data->n_rows; i++) {
    double t = log_time(data->label[i]);
    if (!(weight_of(data, i) > 0)) continue;
    if (t < bounds[0]) bounds[0] = t;
    if (t > bounds[1]) bounds[1] = t;
  }
}

static double start(const struct objective *objective, int output) {
  (void)output;
  const struct objective_data *data = &objective->data;
  double bounds[2], sums[2] = {0, 0}, scale = objective->params.aft_scale;
  extremes(data, bounds);
  struct pull pull = {objective, bounds[1]};
  if (objective->params.aft_distribution == AFT_EXTREME) { /* sum of w e^z = weight of the events */
    reduce_rows(data->n_threads, data->n_rows, 2, add_pull, &pull, sums);
    return sums[1] > 0 ? pull.at + scale * kernel_log(sums[0] / sums[1]) : bounds[1];
  }
  double low = bounds[0], high = bounds[1] + 40 * scale; /* censored rows may pull beyond the times */
  for (int i = 0; i < MAX_HALVINGS; i++) {
    pull.at = 0.5 * (low + high);
    reduce_rows(data->n_threads, data->n_rows, 1, add_pull, &pull, sums);
    if (sums[0] < 0)
      low = pull.at;
    else
      high = pull.at;
  }
  return 0.5 * (low + high);
}

static void gradients(const struct objective *objective, const double *score, uint64_t begin, uint64_t end,
                      float *gradient, float *hessian) {
  struct gradient_rows rows = objective_rows(objective, score, begin, end, gradient, hessian);
  if (objective->params.aft_distribution == AFT_EXTREME)
    objective->kernels->grad_aft_extreme(&rows, objective->params.aft_scale);
  else
    objective->kernels->grad_aft_logistic(&rows, objective->params.aft_scale);
}

static void describe(const struct objective *objective, copse_text *out) {
  objective_describe(objective, out);
  copse_text_appendf(out, " aft_distribution:%s aft_scale:",
                     objective->params.aft_distribution == AFT_EXTREME ? "extreme" : "logistic");
  objective_append_number(out, objective->params.aft_scale);
}

const struct objective_row objective_row_aft = {
    .kind = OBJECTIVE_AFT,
    .name = "aft",
    .default_metric = "aft",
    .output = OUTPUT_EXP,
    .check = survival_check,
    .start = start,
    .gradients = gradients,
    .transform = output_exp,
    .describe = describe,
};
