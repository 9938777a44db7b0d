/* objective_binary.c - logistic loss log(1 + e^(-L sigmoid s)), L = +1 for labels above 0, -1 otherwise,
 * times class weight and row weight. */
#include "base/reduce.h"
#include "base/status.h"
#include "objective/rows.h"

/* No jump depends on a label: half of them would be foreseen wrongly. */
static bool are_classes(const float *label, uint64_t n_rows) {
  int strange = 0, zero = 0, minus = 0;
  for (uint64_t i = 0; i < n_rows; i++) {
    const int is_zero = label[i] == 0.0f, is_minus = label[i] == -1.0f, is_one = label[i] == 1.0f;
    strange |= !(is_zero | is_minus | is_one);
    zero |= is_zero;
    minus |= is_minus;
  }
  return !strange && !(zero && minus);
}

/* Two classes, written as 0 and 1 or as -1 and 1. Anything else is more likely a mistake than a class. */
static copse_status check(const struct objective *objective, copse_error *err) {
  const float *label = objective->data.label;
  if (are_classes(label, objective->data.n_rows)) return COPSE_OK;
  uint64_t zero_row = 0, minus_row = 0; /* from 1; 0: none yet */
  for (uint64_t i = 0; i < objective->data.n_rows; i++) {
    if (!(label[i] == 0.0f || label[i] == 1.0f || label[i] == -1.0f))
      return status_set(
          err, COPSE_ERR_DATA,
          "row %llu: label %.9g: objective=%s takes the labels 0 and 1, or -1 and 1 (recode the label, or "
          "choose another objective)",
          (unsigned long long)i + 1, status_float(label[i]), objective->row->name);
    if (label[i] == 0.0f && zero_row == 0) zero_row = i + 1;
    if (label[i] == -1.0f && minus_row == 0) minus_row = i + 1;
  }
  return status_set(err, COPSE_ERR_DATA,
                    "row %llu has label 0 and row %llu label -1: objective=%s takes the labels 0 and 1, or "
                    "-1 and 1 (recode "
                    "the label)",
                    (unsigned long long)zero_row, (unsigned long long)minus_row, objective->row->name);
}

static void add_positives(const void *user, uint64_t begin, uint64_t end, double *sums) {
  const struct objective *objective = user;
  const float *label = objective->data.label, *weight = objective->data.weight;
  for (uint64_t i = begin; i < end; i++) {
    const double w = weight != NULL ? (double)weight[i] : 1.0, positive = (double)(label[i] > 0);
    sums[0] += w * positive; /* weights are finite */
    sums[1] += w;
    sums[2] += positive;
  }
}

static copse_status prepare(copse_context *ctx, struct objective *objective, copse_error *err) {
  copse_status status = classes_create(ctx, objective, err);
  if (status != COPSE_OK) return status;
  double sums[3];
  reduce_rows(objective->data.n_threads, objective->data.n_rows, 3, add_positives, objective, sums);
  objective->classes[0].share = sums[0] / sums[1];
  objective->classes[0].n_positive = (uint64_t)sums[2];
  classes_weigh(objective);
  return COPSE_OK;
}

static void gradients(const struct objective *objective, const double *score, uint64_t begin, uint64_t end,
                      float *gradient, float *hessian) {
  const float *weight = objective->data.weight;
  objective->kernels->grad_logistic(
      score + begin, objective->data.label + begin, weight != NULL ? weight + begin : NULL, end - begin,
      objective->params.sigmoid, objective->classes[0].weight, gradient, hessian);
}

const struct objective_row objective_row_binary = {
    .kind = OBJECTIVE_BINARY,
    .name = "binary",
    .default_metric = "binary_logloss",
    .output = OUTPUT_SIGMOID,
    .takes_sigmoid = true,
    .check = check,
    .prepare = prepare,
    .start = class_start,
    .trainable = class_trainable,
    .gradients = gradients,
    .transform = output_sigmoid,
    .describe = objective_describe,
};
