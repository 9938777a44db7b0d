/* split_lightgbm.h - sums of leaves and bins as LightGBM rounds them, for compat=lightgbm
 * (algorithms 4.3, 4.4, 4.6, 10.18). Sums here are integers, so that candidates which part the rows alike
 * gain the same to the bit and the rule of the scan decides. LightGBM's are doubles: a bin's is as good as
 * exact, but small terms are added on the way (EPS), one side of a candidate is found by subtraction, a
 * leaf's totals are those that its candidate had, and the most frequent bin holds what they leave. The last
 * bits of all that choose among candidates which exact arithmetic finds equal, and differently in every leaf.
 */
#ifndef COPSE_TRAIN_SPLIT_LIGHTGBM_H
#define COPSE_TRAIN_SPLIT_LIGHTGBM_H

#include "train/split.h"

/* The bins of one column of one leaf. */
struct lightgbm_bins {
  const int64_t *gradient, *hessian; /* [n_bins] in fixed point */
  double gradient_unit, hessian_unit;
  uint32_t rest_bin;   /* whose sums are the following; UINT32_MAX: none */
  const double *rest;  /* gradient, hessian */
  double count_factor; /* rows for a hessian of 1 */
};

static inline double lightgbm_gradient(const struct lightgbm_bins *bins, uint32_t bin) {
  return bin == bins->rest_bin ? bins->rest[0] : (double)bins->gradient[bin] * bins->gradient_unit;
}
static inline double lightgbm_hessian(const struct lightgbm_bins *bins, uint32_t bin) {
  return bin == bins->rest_bin ? bins->rest[1] : (double)bins->hessian[bin] * bins->hessian_unit;
}
static inline int64_t lightgbm_count(const struct lightgbm_bins *bins, uint32_t bin) {
  return (int64_t)(lightgbm_hessian(bins, bin) * bins->count_factor + 0.5);
}

/* Memory for what the most frequent bins hold, where the workspace's parameters ask for it; the workspace
 * frees it. False: there is none. */
bool lightgbm_sums_create(struct workspace *ws);

/* Before the column is searched in leaves whose histograms are new. */
void lightgbm_sums_column(const struct split_search *search, uint32_t column);
/* Of all columns of a leaf that was never searched. */
void lightgbm_sums_leaf(struct workspace *ws, int leaf);
/* What a leaf has becomes another's: its place's, or its children's to begin with. */
void lightgbm_sums_copy(struct workspace *ws, int from, int to);
struct lightgbm_bins lightgbm_bins_of(const struct workspace *ws, const struct leaf *leaf, uint32_t column);

/* The scan of a numeric column without limits of outputs; `input` as for the kernel, its floor that of
 * the leaf. Fills task->out (column UINT32_MAX when nothing passes) and task->splittable. */
void lightgbm_scan(const struct split_search *search, int side, struct split_task *task,
                   const struct scan_input *input);

/* The outputs, and the sums that the children begin with, of a candidate whose left side has these. */
void lightgbm_take_sides(const struct leaf *leaf, const struct scan_rules *rules, double left_gradient,
                         double left_hessian, int64_t left_count, struct split *out);

#endif
