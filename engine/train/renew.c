/* renew.c - for losses whose Newton step is no good (absolute and quantile): every leaf of a grown tree gets
 * a percentile of its rows' residuals instead (Friedman 2001, section 4.3). Regularisation is lost on the
 * way, as in LightGBM. */
#include "train/renew.h"

#include "train/monotone.h"

struct renew_job {
  struct workspace *ws;
  const struct objective *objective;
  struct tree *tree;
  int output;
  const double *score;
  struct renew_scratch scratch;
};

static void renew_leaf(void *user, size_t chunk, int thread) {
  (void)thread;
  struct renew_job *job = user;
  const struct leaf *leaf = &job->ws->leaves[chunk];
  if (leaf->n_rows == 0) return;
  struct renew_scratch scratch = {job->scratch.values + leaf->begin, job->scratch.rows + leaf->begin};
  job->tree->leaf_value[chunk] = job->objective->row->renew(job->objective, job->output, job->score,
                                                            leaf->area.rows, leaf->n_rows, scratch);
}

void renew_leaves(struct workspace *ws, const struct objective *objective, int output, const double *score,
                  struct renew_scratch scratch, struct tree *tree) {
  struct renew_job job = {ws, objective, tree, output, score, scratch};
  copse_parallel_for(ws->n_threads, (size_t)tree->n_leaves, renew_leaf, &job);
  monotone_restore_order(ws, tree);
}
