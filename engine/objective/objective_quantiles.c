/* objective_quantiles.c - several quantiles in one model: an output and a tree per round for each level, with
 * the pinball loss of objective=quantile. Trees of different levels know nothing of each other, so their
 * scores may cross; predictions are put into ascending order, which never costs more loss, at any level
 * (Chernozhukov, Fernandez-Val & Galichon 2010), and cannot cross. */
#include "objective/rows.h"

static copse_status prepare(copse_context *ctx, struct objective *objective, copse_error *err) {
  return objective_prepare_percentile(ctx, objective, objective->params.quantiles, objective->data.weight,
                                      err);
}

static double renew(const struct objective *objective, int output, const double *score, const uint32_t *rows,
                    uint64_t n, struct renew_scratch scratch) {
  return objective_residual_percentile(objective, score, rows, n, scratch,
                                       objective->params.quantiles[output], objective->data.weight);
}

static void gradients(const struct objective *objective, const double *score, uint64_t begin, uint64_t end,
                      float *gradient, float *hessian) {
  for (int k = 0; k < objective->params.n_outputs; k++) {
    uint64_t first = (uint64_t)k * objective->data.n_rows;
    float level = (float)objective->params.quantiles[k];
    struct gradient_rows rows =
        objective_rows(objective, score + first, begin, end, gradient + first, hessian + first);
    objective->kernels->grad_quantile(&rows, 1.0f - level, -level);
  }
}

static void describe(const struct objective *objective, copse_text *out) {
  objective_describe(objective, out);
  for (int k = 0; k < objective->params.n_outputs; k++) {
    copse_text_appendf(out, k == 0 ? " quantiles:" : ",");
    objective_append_number(out, objective->params.quantiles[k]);
  }
}

const struct objective_row objective_row_quantiles = {
    .kind = OBJECTIVE_QUANTILES,
    .name = "quantiles",
    .default_metric = "quantile",
    .output = OUTPUT_SORTED,
    .prepare = prepare,
    .start = objective_kept_start,
    .gradients = gradients,
    .renew = renew,
    .transform = output_sorted,
    .describe = describe,
};
