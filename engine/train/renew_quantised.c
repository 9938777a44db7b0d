/* renew_quantised.c - sums of the gradients before rounding, in fixed point: they do not depend on the order
 * of rows. */
#include <math.h>

#include "train/monotone.h"
#include "train/renew.h"
#include "train/split.h"

struct renew_job {
  struct workspace *ws;
  struct tree *tree;
  const float *gradient, *hessian;
};

static void renew_leaf(void *user, size_t chunk, int thread) {
  (void)thread;
  struct renew_job *job = user;
  const struct workspace *ws = job->ws;
  const struct leaf *leaf = &ws->leaves[chunk];
  const uint32_t *rows = leaf->area.rows;
  int64_t g = 0, h = 0;
  for (uint64_t i = 0; i < leaf->n_rows; i++) {
    uint32_t row = workspace_gradient_row(ws, rows[i]);
    g += llrint((double)job->gradient[row] * ws->true_gradient_scale);
    h += llrint((double)job->hessian[row] * ws->true_hessian_scale);
  }
  struct scan_rules rules = split_rules(&ws->grow);
  rules.path_smooth = 0;
  double output =
      leaf_output((double)g / ws->true_gradient_scale, (double)h / ws->true_hessian_scale + SPLIT_EPSILON,
                  (double)leaf->n_rows, 0, &rules);
  job->tree->leaf_value[chunk] = isnan(output) ? 0.0 : output;
}

void renew_quantised_leaves(struct workspace *ws, const float *gradient, const float *hessian,
                            struct tree *tree) {
  struct renew_job job = {ws, tree, gradient, hessian};
  copse_parallel_for(ws->n_threads, (size_t)tree->n_leaves, renew_leaf, &job);
  monotone_restore_order(ws, tree);
}
