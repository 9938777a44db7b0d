/* output.c - the tree of an output, or those of several at once, and what becomes of it. */
#include "train/output.h"

#include "base/team.h"
#include "train/apart.h"
#include "train/cegb.h"
#include "train/cluster.h"
#include "train/dart.h"
#include "train/forest.h"
#include "train/grow.h"
#include "train/hist_joint.h"
#include "train/leaf_scores.h"
#include "train/linear.h"
#include "train/placed.h"
#include "train/renew.h"
#include "train/sample.h"

static const float *of_output(const copse_booster *booster, const float *numbers, int output) {
  return numbers != NULL ? numbers + (uint64_t)output * booster->sets[0].data->n_rows : NULL;
}
/* Trees grown before this one; constant ones are not grown. */
static uint64_t trees_before(const copse_booster *booster, int output, bool custom) {
  uint64_t each = 0, before = 0;
  for (int k = 0; k < booster->n_outputs; k++) {
    bool grown = custom || objective_trainable(&booster->objective, k);
    each += grown;
    before += grown && k < output;
  }
  return (uint64_t)copse_booster_round(booster) * each + before;
}

/* Trees from an output's on whose roots may be built together. */
static int n_together(const copse_booster *booster, int output, bool custom) {
  int n = 0;
  while (n < HIST_MOST_SOURCES && output + n < booster->n_outputs &&
         (custom || objective_trainable(&booster->objective, output + n)))
    n++;
  return n;
}

/* The workspace takes the gradients of an output's tree. */
static copse_status begin_gradients(copse_booster *booster, int output, copse_error *err) {
  return workspace_begin_tree(&booster->workspace, of_output(booster, booster->gradient, output),
                              of_output(booster, booster->hessian, output), err);
}

/* The workspace is ready for the tree of an output but for its gradients; the roots of it and of the next
 * ones' are built together where that saves time. */
static copse_status begin_output(copse_booster *booster, int output, bool custom, copse_error *err) {
  struct workspace *ws = &booster->workspace;
  sample_tree(ws, copse_booster_round(booster), output, trees_before(booster, output, custom));
  ws->root_hessian = custom ? 0 : booster->objective.root_hessian;
  const int n = n_together(booster, output, custom);
  if (hist_joint_waiting(ws) > 0 || n < 2 || !hist_joint_possible(ws, booster->n_outputs)) return COPSE_OK;
  for (int i = 0; i < n; i++) {
    copse_status status = begin_gradients(booster, output + i, err);
    if (status != COPSE_OK) return status;
    hist_joint_keep(ws, i);
  }
  hist_joint_build(ws);
  return COPSE_OK;
}

/* Makes the workspace ready for the tree of an output. */
static copse_status begin_tree(copse_booster *booster, int output, bool custom, copse_error *err) {
  struct workspace *ws = &booster->workspace;
  copse_status status = begin_output(booster, output, custom, err);
  if (status != COPSE_OK) return status;
  struct joint_root *root = hist_joint_next(ws);
  if (root != NULL && hist_joint_begin_tree(ws, root)) return COPSE_OK;
  status = begin_gradients(booster, output, err);
  ws->root = root;
  return status;
}

/* The tree is the newest one. */
static void add_to_training(copse_booster *booster, const struct tree *tree, int output) {
  struct workspace *ws = &booster->workspace;
  uint64_t n = booster->sets[0].data->n_rows;
  double *score =
      (ws->gradients_placed ? placed_scores(booster) : booster->sets[0].score) + (uint64_t)output * n;
  int n_before = forest_size_at(booster, booster->n_trees - 1);
  if (forest_on(booster)) forest_open(booster, n_before, n, score);
  if (tree->linear != NULL)
    booster_add_tree(booster, &booster->sets[0], tree, output);
  else if (tree->n_leaves > 1)
    leaf_scores_add(ws, tree, score);
  else
    for (uint64_t i = 0; i < n; i++) score[i] += tree->leaf_value[0];
  if (forest_on(booster)) forest_close(booster, n_before, n, score);
}

/* Leaves of the first round are constants, as in LightGBM; a forest has no first round. */
static bool first_of_all(const copse_booster *booster) {
  return booster->n_trees < booster->n_outputs && booster->prefix == NULL && !forest_on(booster);
}

/* The training matrix where its rows may move: nobody else holds the data set, its cells are its own, and
 * whoever looks at rows here does so by place. */
static struct binned *own_matrix(copse_booster *booster, bool custom) {
  copse_dataset *data = booster->sets[0].data;
  bool by_place = !custom && booster->objective.row->query_gradients == NULL && data->label != NULL &&
                  booster->workspace.constraint.cegb == NULL;
  bool alone = atomic_load_explicit(&data->references, memory_order_acquire) == 1;
  return by_place && alone && binned_owns_cells(&data->binned) ? &data->binned : NULL;
}

copse_status output_grow(copse_booster *booster, int output, bool custom, copse_error *err) {
  struct workspace *ws = &booster->workspace;
  uint64_t n = booster->sets[0].data->n_rows;
  const float *gradient = of_output(booster, booster->gradient, output);
  const float *hessian = of_output(booster, booster->hessian, output);
  struct tree *tree = &booster->trees[booster->n_trees];
  copse_status status = tree_create(booster->ctx, ws->grow.num_leaves, true, tree, err);
  if (status != COPSE_OK) return status;
  if (custom || objective_trainable(&booster->objective, output)) {
    const copse_model *prefix = booster->prefix;
    cegb_follow(ws, booster->trees, booster->n_trees, prefix != NULL ? prefix->trees : NULL,
                prefix != NULL ? prefix->n_trees : 0);
    status = begin_tree(booster, output, custom, err);
    if (status == COPSE_OK) status = grow_tree(ws, &booster->gain_in_sight[output], tree, err);
    if (status != COPSE_OK) {
      tree_release(tree);
      return status;
    }
    if (tree->n_leaves > 1 && ws->grow.quant.on && ws->grow.quant.renew_leaf)
      renew_quantised_leaves(ws, gradient, hessian, tree);
    if (tree->n_leaves > 1 && !custom && booster->objective.row->renew != NULL)
      renew_leaves(
          ws, &booster->objective, output,
          (forest_on(booster) ? booster->forest_score : booster->sets[0].score) + (uint64_t)output * n,
          booster->renew, tree);
    if (tree->n_leaves > 1 && ws->grow.linear.on &&
        (status = linear_fit(ws, gradient, hessian, first_of_all(booster), tree, err)) != COPSE_OK) {
      tree_release(tree);
      return status;
    }
  }
  return COPSE_OK;
}

copse_status output_grow_apart(copse_booster *booster, int output, bool custom, int *n, copse_error *err) {
  struct workspace *ws = &booster->workspace;
  struct apart_tree trees[HIST_MOST_SOURCES];
  const int most = n_together(booster, output, custom);
  *n = 0;
  if (hist_joint_waiting(ws) > 0 || !apart_possible(booster, most)) return COPSE_OK;
  copse_status status = begin_output(booster, output, custom, err);
  if (status != COPSE_OK || hist_joint_waiting(ws) < most) return status;
  int n_made = 0;
  for (; n_made < most && status == COPSE_OK; n_made++) {
    trees[n_made] = (struct apart_tree){.root = hist_joint_next(ws),
                                        .tree = &booster->trees[booster->n_trees + n_made],
                                        .output = output + n_made,
                                        .n_before = trees_before(booster, output + n_made, custom)};
    status = tree_create(booster->ctx, ws->grow.num_leaves, true, trees[n_made].tree, err);
    if (status != COPSE_OK) break;
  }
  if (status == COPSE_OK) apart_grow(booster, trees, most);
  for (int i = 0; i < n_made && status == COPSE_OK; i++) {
    status = trees[i].status;
    if (status != COPSE_OK && err != NULL) *err = trees[i].err;
  }
  if (status == COPSE_OK) *n = most;
  for (int i = 0; i < n_made && status != COPSE_OK; i++) tree_release(trees[i].tree);
  return status;
}

copse_status output_finish(copse_booster *booster, int output, bool custom, bool apart, bool *split,
                           copse_error *err) {
  struct workspace *ws = &booster->workspace;
  struct tree *tree = &booster->trees[booster->n_trees++];
  if (tree->n_leaves == 1) { /* a constant tree: the average, if any, is all it will carry */
    tree->leaf_value[0] = 0;
    tree->leaf_weight[0] = 0;
    tree->leaf_count[0] = (int64_t)booster->sets[0].data->n_rows;
  }
  *split |= tree->n_leaves > 1;
  if (forest_on(booster))
    forest_finish_tree(booster, output, tree);
  else if (!apart)
    tree_shrink(tree,
                dart_on(booster) ? dart_learning_rate(booster) : booster->resolved->boost.learning_rate);
  if (dart_on(booster)) {
    copse_status kept = dart_keep_tree(booster, tree, err);
    if (kept != COPSE_OK) return kept;
  }
  if (tree->n_leaves == 1 && !forest_on(booster)) return COPSE_OK;
  if (!apart) add_to_training(booster, tree, output);
  /* Percentiles of residuals and linear models are sums in the order of rows; other gradients need that order
   * too. */
  if (booster->objective.row->renew == NULL && !booster->objective.row->whole && !ws->grow.linear.on &&
      tree->n_leaves > 1)
    cluster_rows(ws, tree->n_leaves, own_matrix(booster, custom));
  double start = workspace_clock();
  for (int s = 1; s < booster->n_sets; s++) {
    struct scored_set *set = &booster->sets[s];
    uint64_t n_rows = set->data->n_rows;
    double *score = set->score + (uint64_t)output * n_rows;
    if (forest_on(booster))
      forest_open(booster, forest_size_at(booster, booster->n_trees - 1), n_rows, score);
    booster_add_tree(booster, set, tree, output);
    if (forest_on(booster))
      forest_close(booster, forest_size_at(booster, booster->n_trees - 1), n_rows, score);
  }
  booster->valid_s += workspace_clock() - start;
  return COPSE_OK;
}
