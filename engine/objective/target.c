/* target.c - what objectives make of labels: the targets that scores are compared with, their means and
 * percentiles, and rules that several share. */
#include <math.h>

#include "base/reduce.h"
#include "base/status.h"
#include "kernels/kernel_math.h"
#include "objective/percentile.h"
#include "objective/rows.h"

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

double objective_mean_start(const struct objective *objective, int output) {
  (void)output;
  double sums[2];
  objective_sum_targets(objective, sums);
  return sums[0] / sums[1];
}

/* Where only rows of weight 0 count anything, the mean is 0: the least number takes its place. */
double objective_log_mean_start(const struct objective *objective, int output) {
  const double tiny = 1.0000000036274937e-15; /* float32(1e-15) */
  double mean = objective_mean_start(objective, output);
  return kernel_log(mean > tiny ? mean : tiny);
}

double objective_kept_start(const struct objective *objective, int output) {
  return objective->starts[output];
}

void objective_each_target(const struct objective *objective, struct gradient_rows rows, uint64_t begin,
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

copse_status objective_check_amounts(const struct objective *objective, bool zero, copse_error *err) {
  const char *name = objective->row->name;
  bool any = false;
  for (uint64_t i = 0; i < objective->data.n_rows; i++) {
    float label = objective->data.label[i];
    any |= label > 0;
    if (label > 0 || (zero && label == 0)) continue;
    return status_set(
        err, COPSE_ERR_DATA,
        "row %llu: label %.9g: objective=%s takes labels %s (check the label, or choose another "
        "objective%s)",
        (unsigned long long)i + 1, status_float(label), name, zero ? "of 0 and more" : "above 0",
        zero || label < 0 ? "" : ": tweedie takes 0 as well");
  }
  if (any) return COPSE_OK;
  return status_set(err, COPSE_ERR_DATA,
                    "all %llu labels are 0: objective=%s needs one above 0 (check the label)",
                    (unsigned long long)objective->data.n_rows, name);
}

copse_status objective_check_counts(const struct objective *objective, copse_error *err) {
  return objective_check_amounts(objective, true, err);
}

copse_status objective_check_chances(const struct objective *objective, copse_error *err) {
  for (uint64_t i = 0; i < objective->data.n_rows; i++) {
    float label = objective->data.label[i];
    if (label >= 0 && label <= 1) continue;
    return status_set(
        err, COPSE_ERR_DATA,
        "row %llu: label %.9g: objective=%s takes probabilities from 0 to 1 (rescale the label, "
        "or choose another objective)",
        (unsigned long long)i + 1, status_float(label), objective->row->name);
  }
  return COPSE_OK;
}

static double percentile_of(const struct objective *objective, struct renew_scratch in, uint64_t n,
                            double level, const float *weight) {
  if (weight == NULL) return percentile(in.values, n, level);
  return percentile_weighted(in.values, in.rows, weight, n, level, objective->params.percentile);
}

copse_status objective_prepare_percentile(copse_context *ctx, struct objective *objective,
                                          const double *levels, const float *weight, copse_error *err) {
  uint64_t n = objective->data.n_rows;
  size_t n_outputs = (size_t)objective->params.n_outputs;
  struct renew_scratch scratch = {copse_alloc(ctx, n, sizeof *scratch.values),
                                  copse_alloc(ctx, n, sizeof *scratch.rows)};
  objective->starts = copse_alloc(ctx, n_outputs, sizeof *objective->starts);
  copse_status status = COPSE_OK;
  if (scratch.values == NULL || scratch.rows == NULL || objective->starts == NULL)
    status = status_memory(err, "the percentile of the labels");
  for (size_t k = 0; k < n_outputs && status == COPSE_OK; k++) {
    for (uint64_t i = 0; i < n; i++) {
      scratch.values[i] = (double)objective_target(objective, i);
      scratch.rows[i] = (uint32_t)i;
    }
    objective->starts[k] = (double)(float)percentile_of(objective, scratch, n, levels[k], weight);
  }
  copse_free(scratch.values);
  copse_free(scratch.rows);
  return status;
}

double objective_residual_percentile(const struct objective *objective, const double *score,
                                     const uint32_t *rows, uint64_t n, struct renew_scratch scratch,
                                     double level, const float *weight) {
  for (uint64_t i = 0; i < n; i++) {
    scratch.values[i] = (double)objective_target(objective, rows[i]) - score[rows[i]];
    scratch.rows[i] = rows[i];
  }
  return percentile_of(objective, scratch, n, level, weight);
}
