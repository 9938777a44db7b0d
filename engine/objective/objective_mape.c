/* objective_mape.c - absolute percentage error: |s - y| / max(1, |y|). g = sgn(s - y) / max(1, |y|), h = 1:
 * a loss without curvature, so that leaves take the median of their residuals, weighted by 1 / max(1, |y|),
 * in place of the Newton step, as those of objective=regression_l1 do.
 *
 * compat=lightgbm: with weights LightGBM takes all hessians for one number, that of the first row, in leaves
 * and bins, and their true sum for the root alone; only the choice of splits sees it. */
#include <math.h>

#include "base/context.h"
#include "base/status.h"
#include "kernels/kernel_math.h"
#include "objective/rows.h"

static const double median = 0.5;

/* Labels nearer to 0 than 1 count as if they were 1: said once, as LightGBM does. */
static void tell_small_labels(copse_context *ctx, const struct objective *objective) {
  for (uint64_t i = 0; i < objective->data.n_rows; i++) {
    if (fabsf(objective_target(objective, i)) >= 1) continue;
    context_log(ctx, COPSE_LOG_WARNING,
                "row %llu: label %.9g is nearer to 0 than 1: objective=mape measures the errors of such rows "
                "against 1",
                (unsigned long long)i + 1, status_float(objective->data.label[i]));
    return;
  }
}

static copse_status prepare(copse_context *ctx, struct objective *objective, copse_error *err) {
  const float *weight = objective->data.weight;
  objective->label_weight = copse_alloc(ctx, objective->data.n_rows, sizeof *objective->label_weight);
  if (objective->label_weight == NULL) return status_memory(err, "the weights of the labels");
  for (uint64_t i = 0; i < objective->data.n_rows; i++)
    objective->label_weight[i] =
        kernel_share_of(objective_target(objective, i)) * (weight != NULL ? weight[i] : 1.0f);
  if (objective->params.mape_first_hessian && weight != NULL && weight[0] > 0) {
    double sums[2];
    objective_sum_targets(objective, sums);
    objective->root_hessian = sums[1];
  }
  copse_status status = objective_prepare_percentile(ctx, objective, &median, objective->label_weight, err);
  if (status == COPSE_OK) tell_small_labels(ctx, objective);
  return status;
}

static double renew(const struct objective *objective, int output, const double *score, const uint32_t *rows,
                    uint64_t n, struct renew_scratch scratch) {
  (void)output;
  return objective_residual_percentile(objective, score, rows, n, scratch, median, objective->label_weight);
}

static void percentage_rows(const struct objective *objective, const struct gradient_rows *rows) {
  objective->kernels->grad_percentage(rows);
}

static void gradients(const struct objective *objective, const double *score, uint64_t begin, uint64_t end,
                      float *gradient, float *hessian) {
  objective_each_target(objective, objective_rows(objective, score, begin, end, gradient, hessian), begin,
                        percentage_rows);
  if (objective->root_hessian > 0)
    for (uint64_t i = 0; i < end - begin; i++) hessian[i] = objective->data.weight[0];
}

const struct objective_row objective_row_mape = {
    .kind = OBJECTIVE_MAPE,
    .name = "mape",
    .default_metric = "mape",
    .output = OUTPUT_RAW,
    .takes_sqrt = true,
    .prepare = prepare,
    .start = objective_kept_start,
    .gradients = gradients,
    .renew = renew,
    .transform = output_raw,
    .describe = objective_describe,
};
