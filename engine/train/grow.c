/* grow.c - the leaf-wise loop: take the best leaf, divide it (expand.c), record the split. */
#include "train/grow.h"

#include <math.h>
#include <string.h>

#include "base/status.h"
#include "model/route.h"
#include "train/ahead.h"
#include "train/crowd.h"
#include "train/expand.h"
#include "train/force.h"
#include "train/hist.h"
#include "train/hist_joint.h"
#include "train/hist_slots.h"
#include "train/sample_lightgbm.h"
#include "train/split.h"

/* NaN outputs become 0 in the tree. */
static double finite_or_zero(double value) { return isnan(value) ? 0.0 : value; }

/* The category values of the bins that go left, as a bit set. Returns the words used. */
static size_t category_words(struct workspace *ws, const struct split *split,
                             const struct feature_bins *bins) {
  size_t used = 1;
  memset(ws->category_bits, 0, ws->category_words * sizeof *ws->category_bits);
  for (uint32_t b = 1; b < bins->n_bins; b++) {
    if (!(split->bin_bits[b / 32] >> (b % 32) & 1)) continue;
    uint32_t category = (uint32_t)bins->category[b];
    ws->category_bits[category / 32] |= (uint32_t)1 << (category % 32);
    if (category / 32 + 1 > used) used = category / 32 + 1;
  }
  return used;
}

static copse_status record_split(struct workspace *ws, struct tree *tree, int leaf, uint64_t n_left,
                                 int *right, copse_error *err) {
  const struct leaf *parent = &ws->leaves[leaf];
  const struct split *best = &parent->best;
  const struct feature_bins *bins = &ws->data->schema->features[best->feature];
  struct tree_split split = {.leaf = leaf,
                             .feature = (int32_t)best->feature,
                             .column = best->column,
                             .gain = (float)(best->gain + ws->grow.min_gain_to_split)};
  split.decision_type = (uint8_t)(bins->missing << DECISION_MISSING_SHIFT);
  if (best->categorical) {
    split.decision_type |= DECISION_CATEGORICAL;
    split.bin_bits = best->bin_bits;
    split.n_bin_words = ws->bin_words;
    split.n_category_words = category_words(ws, best, bins);
    split.category_bits = ws->category_bits;
  } else {
    if (best->default_left) split.decision_type |= DECISION_DEFAULT_LEFT;
    split.threshold_bin = best->threshold_bin;
    split.threshold = bins->upper[best->threshold_bin]; /* of the last bin of numbers: infinite */
  }
  int64_t right_hessian = parent->total_hessian - best->left_hessian;
  split.left = (struct tree_side){finite_or_zero(best->left_output),
                                  (double)best->left_hessian * ws->hessian_unit, (int64_t)n_left};
  split.right =
      (struct tree_side){finite_or_zero(best->right_output), (double)right_hessian * ws->hessian_unit,
                         (int64_t)(parent->n_rows - n_left)};
  return tree_split(tree, &split, right, err);
}

static void root_output(struct workspace *ws, struct tree *tree) {
  struct leaf *root = &ws->leaves[0];
  struct scan_rules rules = split_rules(&ws->grow);
  rules.path_smooth = 0;
  root->output = finite_or_zero(
      leaf_output(leaf_sum_gradient(ws, root), leaf_sum_hessian(ws, root), (double)root->n_rows, 0, &rules));
  tree->leaf_value[0] = root->output;
  tree->leaf_weight[0] = leaf_sum_hessian(ws, root);
  tree->leaf_count[0] = (int64_t)root->n_rows;
}

/* The root's totals come with its histogram: another pass over all rows would be for nothing else. */
static void grow_root(struct workspace *ws, struct tree *tree) {
  bool build = workspace_matrix(ws)->n_columns > 0 && expand_allowed(ws, 0, -1);
  if (build) {
    hist_acquire(ws, 0);
    if (!hist_joint_take(ws)) hist_build(ws, &(struct hist_task){.leaf = 0, .sibling = -1}, ALL_LANES);
    hist_sum(ws, 0);
  } else {
    workspace_sum_root(ws);
  }
  if (ws->root_hessian > 0 && ws->n_bag == ws->data->n_rows)
    ws->leaves[0].total_hessian = llrint(ws->root_hessian / ws->hessian_unit);
  ws->leaves[0].sum_gradient = (double)ws->leaves[0].total_gradient * ws->gradient_unit;
  ws->leaves[0].sum_hessian = (double)ws->leaves[0].total_hessian * ws->hessian_unit;
  ws->leaves[0].has_rests = false;
  root_output(ws, tree);
  constrain_begin_tree(ws, tree);
  expand_clear(&ws->leaves[0]);
  if (!build) return;
  lightgbm_draw_thresholds(ws, 0, 1, (const int[2]){0, -1});
  struct split_search search = split_search_begin(ws, (int[2]){0, -1}, ALL_LANES);
  search.rest[0] = REST_BUILT;
  hist_search(ws, &search);
  split_search_end(&search);
}

/* The leaf's best split becomes part of the tree. */
static copse_status make_split(struct workspace *ws, struct tree *tree, int leaf, int *right,
                               copse_error *err) {
  uint64_t n_left = ws->leaves[ws->leaves[leaf].pending].n_rows;
  int above = tree->leaf_parent[leaf];
  copse_status status = record_split(ws, tree, leaf, n_left, right, err);
  if (status != COPSE_OK) return status;
  expand_settle(ws, leaf, *right);
  constrain_after_split(ws, above, leaf, *right);
  return COPSE_OK;
}

/* Splits that are given, before any that is found. */
static copse_status make_forced(struct workspace *ws, struct tree *tree, copse_error *err) {
  const struct constraint_params *p = &ws->grow.constraint;
  int *leaf_of = ws->constraint.forced_leaf;
  for (size_t i = 0; i < p->n_forced; i++) leaf_of[i] = i == 0 ? 0 : -1;
  for (size_t i = 0; i < p->n_forced && tree->n_leaves < ws->grow.num_leaves; i++) {
    int leaf = leaf_of[i], right;
    if (leaf < 0) continue;
    if (!force_split(ws, leaf, &p->forced[i])) {
      if (ws->grow.compat.forcing_ends) break;
      continue;
    }
    expand_leaf(ws, tree->n_leaves, leaf);
    copse_status status = make_split(ws, tree, leaf, &right, err);
    if (status != COPSE_OK) return status;
    if (p->forced[i].left >= 0) leaf_of[p->forced[i].left] = leaf;
    if (p->forced[i].right >= 0) leaf_of[p->forced[i].right] = right;
  }
  return COPSE_OK;
}

struct growing {
  struct workspace *ws;
  struct tree *tree;
  copse_status status;
  copse_error *err;
};

static bool settle(void *user, int leaf) {
  struct growing *growing = user;
  int right;
  growing->status = make_split(growing->ws, growing->tree, leaf, &right, growing->err);
  return growing->status == COPSE_OK;
}

static copse_status grow_leaves(struct workspace *ws, struct tree *tree, copse_error *err) {
  grow_root(ws, tree);
  struct growing growing = {ws, tree, make_forced(ws, tree, err), err};
  const struct ahead_tree ahead = {&tree->n_leaves, settle, &growing};
  while (growing.status == COPSE_OK && tree->n_leaves < ws->grow.num_leaves) {
    int leaf = expand_best(ws, tree->n_leaves);
    if (!(ws->leaves[leaf].best.gain > 0)) break;
    if (ws->leaves[leaf].pending < 0) {
      const int large = ahead_large(ws, tree->n_leaves);
      if (large >= 0) {
        expand_leaf(ws, tree->n_leaves, large);
        continue;
      }
      if (ahead_takes(ws, tree->n_leaves, leaf)) {
        ahead_grow(ws, &ahead);
        continue;
      }
      expand_leaf(ws, tree->n_leaves, leaf);
    }
    settle(&growing, leaf);
  }
  expand_end(ws, tree->n_leaves);
  ahead_note_tree(ws, tree->n_leaves);
  return growing.status;
}

copse_status grow_tree(struct workspace *ws, double *gain_in_sight, struct tree *tree, copse_error *err) {
  ws->gain_in_sight = *gain_in_sight;
  if (ws->shares_columns) crowd_begin_tree(ws);
  copse_status status = grow_leaves(ws, tree, err);
  if (ws->shares_columns) crowd_note_waits(ws);
  *gain_in_sight = ws->gain_in_sight;
  return status;
}
