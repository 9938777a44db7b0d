/* objective_quantile.c - what lies a given share of the way up (Koenker & Bassett 1978): the loss costs alpha
 * per unit below the label and 1 - alpha above it. regression_l1 is the median, its loss doubled.
 *
 * Such a loss has slopes but no curvature, so leaves take the percentile of their residuals in place of the
 * Newton step, which only chooses the splits. */
#include "objective/rows.h"

/* float32, as LightGBM holds it. */
static float level_of(const struct objective *objective) {
  return objective->params.kind == OBJECTIVE_REGRESSION_L1 ? 0.5f : (float)objective->params.alpha;
}

static copse_status prepare(copse_context *ctx, struct objective *objective, copse_error *err) {
  double level = (double)level_of(objective);
  return objective_prepare_percentile(ctx, objective, &level, objective->data.weight, err);
}

static double renew(const struct objective *objective, int output, const double *score, const uint32_t *rows,
                    uint64_t n, struct renew_scratch scratch) {
  (void)output;
  return objective_residual_percentile(objective, score, rows, n, scratch, (double)level_of(objective),
                                       objective->data.weight);
}

static void quantile_rows(const struct objective *objective, const struct gradient_rows *rows) {
  float alpha = level_of(objective);
  objective->kernels->grad_quantile(rows, 1.0f - alpha, -alpha); /* slopes above and below the label */
}

static void quantile_gradients(const struct objective *objective, const double *score, uint64_t begin,
                               uint64_t end, float *gradient, float *hessian) {
  objective_each_target(objective, objective_rows(objective, score, begin, end, gradient, hessian), begin,
                        quantile_rows);
}

static void l1_rows(const struct objective *objective, const struct gradient_rows *rows) {
  objective->kernels->grad_absolute(rows);
}

static void l1_gradients(const struct objective *objective, const double *score, uint64_t begin, uint64_t end,
                         float *gradient, float *hessian) {
  objective_each_target(objective, objective_rows(objective, score, begin, end, gradient, hessian), begin,
                        l1_rows);
}

#define ROW(KIND, NAME, METRIC, GRADIENTS)                                                          \
  {                                                                                                 \
    .kind = KIND, .name = NAME, .default_metric = METRIC, .output = OUTPUT_RAW, .takes_sqrt = true, \
    .prepare = prepare, .start = objective_kept_start, .gradients = GRADIENTS, .renew = renew,      \
    .transform = output_raw, .describe = objective_describe                                         \
  }

const struct objective_row objective_row_quantile =
    ROW(OBJECTIVE_QUANTILE, "quantile", "quantile", quantile_gradients);
const struct objective_row objective_row_regression_l1 =
    ROW(OBJECTIVE_REGRESSION_L1, "regression_l1", "l1", l1_gradients);
