/* objective_quantile.c - what lies a given share of the way up (Koenker & Bassett 1978): the loss costs alpha
 * per unit below the label and 1 - alpha above it. regression_l1 is the median, its loss doubled.
 *
 * Such a loss has slopes but no curvature, so leaves take the percentile of their residuals in place of the
 * Newton step, which only chooses the splits. */
#include "base/status.h"
#include "objective/percentile.h"
#include "objective/rows.h"

/* float32, as LightGBM holds it. */
static float level_of(const struct objective *objective) {
  return objective->params.kind == OBJECTIVE_REGRESSION_L1 ? 0.5f : (float)objective->params.alpha;
}

static double percentile_of(const struct objective *objective, double *values, uint32_t *rows, uint64_t n) {
  double level = (double)level_of(objective);
  if (objective->data.weight == NULL) return percentile(values, n, level);
  return percentile_weighted(values, rows, objective->data.weight, n, level,
                             objective->params.extrapolate_percentile);
}

static copse_status prepare(copse_context *ctx, struct objective *objective, copse_error *err) {
  uint64_t n = objective->data.n_rows;
  double *values = copse_alloc(ctx, n, sizeof *values);
  uint32_t *rows = copse_alloc(ctx, n, sizeof *rows);
  copse_status status = COPSE_OK;
  if (values == NULL || rows == NULL) {
    status = status_memory(err, "the percentile of the labels");
    goto done;
  }
  for (uint64_t i = 0; i < n; i++) {
    values[i] = (double)objective_target(objective, i);
    rows[i] = (uint32_t)i;
  }
  objective->label_percentile = (double)(float)percentile_of(objective, values, rows, n);
done:
  copse_free(values);
  copse_free(rows);
  return status;
}

static double start(const struct objective *objective, int output) {
  (void)output;
  return objective->label_percentile;
}

static double renew(const struct objective *objective, const double *score, const uint32_t *rows, uint64_t n,
                    struct renew_scratch scratch) {
  for (uint64_t i = 0; i < n; i++) {
    scratch.values[i] = (double)objective_target(objective, rows[i]) - score[rows[i]];
    scratch.rows[i] = rows[i];
  }
  return percentile_of(objective, scratch.values, scratch.rows, n);
}

typedef void (*target_gradients)(const struct objective *objective, const struct gradient_rows *rows);

/* Labels are targets, unless those have to be computed first. */
static void each_target(const struct objective *objective, struct gradient_rows rows, uint64_t begin,
                        target_gradients compute) {
  enum { CHUNK = 512 };
  float target[CHUNK];
  if (!objective->params.reg_sqrt) {
    compute(objective, &rows);
    return;
  }
  for (uint64_t left = rows.n; left > 0; left -= rows.n) {
    rows.n = left < CHUNK ? left : CHUNK;
    for (uint64_t i = 0; i < rows.n; i++) target[i] = objective_target(objective, begin + i);
    rows.label = target;
    compute(objective, &rows);
    begin += rows.n;
    rows.score += rows.n;
    rows.weight = rows.weight != NULL ? rows.weight + rows.n : NULL;
    rows.gradient += rows.n;
    rows.hessian += rows.n;
  }
}

static void quantile_rows(const struct objective *objective, const struct gradient_rows *rows) {
  float alpha = level_of(objective);
  objective->kernels->grad_quantile(rows, 1.0f - alpha, -alpha); /* slopes above and below the label */
}

static void quantile_gradients(const struct objective *objective, const double *score, uint64_t begin,
                               uint64_t end, float *gradient, float *hessian) {
  each_target(objective, objective_rows(objective, score, begin, end, gradient, hessian), begin,
              quantile_rows);
}

static void l1_rows(const struct objective *objective, const struct gradient_rows *rows) {
  objective->kernels->grad_absolute(rows);
}

static void l1_gradients(const struct objective *objective, const double *score, uint64_t begin, uint64_t end,
                         float *gradient, float *hessian) {
  each_target(objective, objective_rows(objective, score, begin, end, gradient, hessian), begin, l1_rows);
}

#define ROW(KIND, NAME, METRIC, GRADIENTS)                                                            \
  {                                                                                                   \
    .kind = KIND, .name = NAME, .default_metric = METRIC, .output = OUTPUT_RAW, .takes_sqrt = true,   \
    .unit_hessian = true, .prepare = prepare, .start = start, .gradients = GRADIENTS, .renew = renew, \
    .transform = output_raw, .describe = objective_describe                                           \
  }

const struct objective_row objective_row_quantile =
    ROW(OBJECTIVE_QUANTILE, "quantile", "quantile", quantile_gradients);
const struct objective_row objective_row_regression_l1 =
    ROW(OBJECTIVE_REGRESSION_L1, "regression_l1", "l1", l1_gradients);
