/* apart.c - the first thread grows its trees in the booster's workspace, every other one in a workspace of
 * its own. They share the matrix, the gradients that come with a root, and nothing that is written to. */
#include "train/apart.h"

#include "train/dart.h"
#include "train/forest.h"
#include "train/grow.h"
#include "train/hist_joint.h"
#include "train/leaf_scores.h"
#include "train/placed.h"
#include "train/sample.h"

/* Histograms of a helper; with more a thread is not worth its memory. */
static const size_t MOST_POOL_BYTES = (size_t)1 << 26;

static size_t pool_bytes(const struct workspace *ws) {
  return (size_t)ws->grow.num_leaves * ws->data->binned.n_cells * (2 * sizeof(int64_t) + sizeof(uint32_t));
}

static bool create_helpers(struct workspace *ws) {
  const int n = ws->n_threads - 1;
  ws->helpers = copse_alloc_zero(ws->ctx, (size_t)n, sizeof *ws->helpers);
  if (ws->helpers == NULL) return false;
  for (int i = 0; i < n; i++) {
    copse_error err;
    struct workspace *helper = &ws->helpers[i];
    if (workspace_create(ws->ctx, ws->data, &ws->grow, &ws->sample, ws->constant_hessian, 1, ws->kernels,
                         helper, &err) != COPSE_OK)
      return false;
    ws->n_helpers++;
    copse_free(helper->gradients); /* they come with the roots */
    helper->gradients = NULL;
  }
  return true;
}

static bool have_helpers(struct workspace *ws) {
  if (!ws->helpers_tried) {
    ws->helpers_tried = true;
    if (!create_helpers(ws)) apart_release(ws);
  }
  return ws->n_helpers > 0;
}

/* Before the first tree rows have not got their order; draws of LightGBM and costs of features go from tree
 * to tree. */
bool apart_possible(copse_booster *booster, int n) {
  struct workspace *ws = &booster->workspace;
  const struct objective_row *objective = booster->objective.row;
  if (ws->n_threads < 2 || n < 2 || n % ws->n_threads != 0 || !ws->cluster_tried) return false;
  if (forest_on(booster) || dart_on(booster) || ws->grow.linear.on || ws->grow.quant.on) return false;
  if (objective->renew != NULL || ws->constraint.cegb != NULL || ws->sample.lightgbm_draws) return false;
  return pool_bytes(ws) <= MOST_POOL_BYTES && have_helpers(ws);
}

struct apart_job {
  copse_booster *booster;
  struct apart_tree *trees;
};

static void grow_one(void *user, size_t chunk, int thread) {
  const struct apart_job *job = user;
  copse_booster *booster = job->booster;
  struct apart_tree *apart = &job->trees[chunk];
  struct workspace *ws = thread == 0 ? &booster->workspace : &booster->workspace.helpers[thread - 1];
  struct tree *tree = apart->tree;
  sample_tree(ws, copse_booster_round(booster), apart->output, apart->n_before);
  hist_joint_begin_tree(ws, apart->root);
  apart->status = grow_tree(ws, &booster->gain_in_sight[apart->output], tree, &apart->err);
  workspace_swap_gradients(ws, &apart->root->gradients);
  if (apart->status != COPSE_OK) return;
  tree_shrink(tree, booster->resolved->boost.learning_rate);
  if (tree->n_leaves == 1) return;
  double *score = ws->gradients_placed ? placed_scores(booster) : booster->sets[0].score;
  leaf_scores_add(ws, tree, score + (uint64_t)apart->output * ws->data->n_rows);
}

static void begin_helper(struct workspace *helper, const struct workspace *ws) {
  helper->clustered = ws->clustered;
  helper->clustered_in_place = ws->clustered_in_place;
  helper->row_of = ws->row_of;
  helper->gradients_placed = ws->gradients_placed;
  helper->root_hessian = ws->root_hessian;
  helper->least_in_sight = ws->least_in_sight;
  for (int p = 0; p < 4; p++) helper->phase_s[p] = 0;
}

void apart_grow(copse_booster *booster, struct apart_tree *trees, int n) {
  struct workspace *ws = &booster->workspace;
  struct apart_job job = {booster, trees};
  const int n_threads = ws->n_threads;
  const bool speculative = ws->speculative;
  double before[4];
  for (int p = 0; p < 4; p++) before[p] = ws->phase_s[p];
  for (int i = 0; i < ws->n_helpers; i++) begin_helper(&ws->helpers[i], ws);
  ws->n_threads = 1;
  ws->speculative = false;
  copse_parallel_for(n_threads, (size_t)n, grow_one, &job);
  ws->n_threads = n_threads;
  ws->speculative = speculative;
  for (int p = 0; p < 4; p++) {
    double spent = ws->phase_s[p] - before[p];
    for (int i = 0; i < ws->n_helpers; i++) spent += ws->helpers[i].phase_s[p];
    ws->phase_s[p] = before[p] + spent / n_threads;
  }
}

void apart_release(struct workspace *ws) {
  for (int i = 0; i < ws->n_helpers; i++) {
    ws->helpers[i].row_of = NULL; /* they are the booster's */
    ws->helpers[i].clustered = (struct binned){0};
    workspace_release(&ws->helpers[i]);
  }
  copse_free(ws->helpers);
  ws->helpers = NULL;
  ws->n_helpers = 0;
}
