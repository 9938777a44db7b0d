/* objective_multi_regression.c - several labels per row: squared error of each, an output and a tree per
 * round for each. Trees of different labels share nothing, so the model is that of as many
 * objective=regression.
 *
 * LightGBM has no such objective, but reads its trees and predicts its outputs where the model's objective is
 * regression: the transform of both is none. So that is the text, with the number of outputs behind it. */
#include "base/reduce.h"
#include "objective/rows.h"

struct label_sum {
  const struct objective_data *data;
  const float *label; /* [n_rows] of the output */
};

static void add_label(const void *user, uint64_t begin, uint64_t end, double *sums) {
  const struct label_sum *sum = user;
  const float *weight = sum->data->weight;
  for (uint64_t i = begin; i < end; i++) {
    double w = weight != NULL ? (double)weight[i] : 1.0;
    sums[0] += (double)sum->label[i] * w;
    sums[1] += w;
  }
}

static double start(const struct objective *objective, int output) {
  const struct objective_data *data = &objective->data;
  struct label_sum sum = {data, data->label + (uint64_t)output * data->n_rows};
  double sums[2];
  reduce_rows(data->n_threads, data->n_rows, 2, add_label, &sum, sums);
  return sums[0] / sums[1];
}

static void gradients(const struct objective *objective, const double *score, uint64_t begin, uint64_t end,
                      float *gradient, float *hessian) {
  const struct objective_data *data = &objective->data;
  const float *weight = data->weight != NULL ? data->weight + begin : NULL;
  for (int k = 0; k < objective->params.n_outputs; k++) {
    uint64_t first = (uint64_t)k * data->n_rows, cell = first + begin;
    objective->kernels->grad_squared(score + cell, data->label + cell, weight, end - begin, gradient + first,
                                     hessian + first);
  }
}

static void describe(const struct objective *objective, copse_text *out) {
  copse_text_appendf(out, "%s", objective_row_regression.name);
  if (objective->params.n_outputs > 1) copse_text_appendf(out, " num_class:%d", objective->params.n_outputs);
}

const struct objective_row objective_row_multi_regression = {
    .kind = OBJECTIVE_MULTI_REGRESSION,
    .name = "multi_regression",
    .default_metric = "l2",
    .output = OUTPUT_RAW,
    .start = start,
    .gradients = gradients,
    .transform = output_raw,
    .describe = describe,
};
