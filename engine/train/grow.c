/* grow.c - the leaf-wise loop: take the best leaf, divide its rows, build the smaller child's histogram, take
 * it from the parent's to get the larger one's, search both. */
#include "train/grow.h"

#include <math.h>
#include <string.h>

#include "base/status.h"
#include "model/route.h"
#include "train/hist.h"
#include "train/partition.h"
#include "train/sample.h"
#include "train/split.h"

/* Thresholds are finite in a model file: LightGBM caps them here. */
static const double MAX_THRESHOLD = 1e300;

static double threshold_value(const struct feature_bins *bins, uint32_t bin) {
  double value = bins->upper[bin];
  return value > MAX_THRESHOLD ? MAX_THRESHOLD : (value < -MAX_THRESHOLD ? -MAX_THRESHOLD : value);
}

/* NaN outputs become 0 in the tree. */
static double finite_or_zero(double value) { return isnan(value) ? 0.0 : value; }

/* Larger gain; equal: smaller feature of the stored split; equal: smaller leaf. */
static int best_leaf(const struct workspace *ws, int n_leaves) {
  int best = 0;
  for (int l = 1; l < n_leaves; l++)
    if (split_better(&ws->leaves[l].best, &ws->leaves[best].best)) best = l;
  return best;
}

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
    split.threshold = threshold_value(bins, best->threshold_bin);
  }
  int64_t right_hessian = parent->total_hessian - best->left_hessian;
  split.left = (struct tree_side){finite_or_zero(best->left_output),
                                  (double)best->left_hessian * ws->hessian_unit, (int64_t)n_left};
  split.right =
      (struct tree_side){finite_or_zero(best->right_output), (double)right_hessian * ws->hessian_unit,
                         (int64_t)(parent->n_rows - n_left)};
  return tree_split(tree, &split, right, err);
}

/* The leaf becomes its left child; `right` is new. */
static void divide_leaf(struct workspace *ws, int leaf, int right, uint64_t n_left) {
  struct leaf *l = &ws->leaves[leaf], *r = &ws->leaves[right];
  const struct split *best = &l->best;
  r->begin = l->begin + n_left;
  r->n_rows = l->n_rows - n_left;
  r->total_gradient = l->total_gradient - best->left_gradient;
  r->total_hessian = l->total_hessian - best->left_hessian;
  r->output = best->right_output;
  r->depth = l->depth + 1;
  r->key = sample_child_key(l->key, true);
  l->key = sample_child_key(l->key, false);
  r->slot = -1;
  l->n_rows = n_left;
  l->total_gradient = best->left_gradient;
  l->total_hessian = best->left_hessian;
  l->output = best->left_output;
  l->depth++;
  if (ws->splittable == NULL) return;
  size_t n_columns = workspace_matrix(ws)->n_columns;
  memcpy(ws->splittable + (size_t)right * n_columns, ws->splittable + (size_t)leaf * n_columns, n_columns);
}

static void mark_unsplittable(struct workspace *ws, int leaf) {
  ws->leaves[leaf].best.gain = -INFINITY;
  ws->leaves[leaf].best.column = ws->leaves[leaf].best.feature = UINT32_MAX;
  ws->leaves[leaf].best.categorical = false;
}

/* Whether the pair may be split further (algorithms 4.2). */
static bool may_split(const struct workspace *ws, int left, int right) {
  if (ws->grow.max_depth > 0 && ws->leaves[left].depth >= ws->grow.max_depth) return false;
  uint64_t least = 2 * (uint64_t)ws->grow.min_data_in_leaf;
  return ws->leaves[left].n_rows >= least || (right >= 0 && ws->leaves[right].n_rows >= least);
}

/* The smaller child is built from its rows, the larger one is the parent minus it. The parent's slot is the
 * left leaf's when it still has one. */
static void pair_histograms(struct workspace *ws, int left, int right) {
  int smaller = ws->leaves[left].n_rows < ws->leaves[right].n_rows ? left : right;
  int larger = smaller == left ? right : left;
  bool parent_known = ws->leaves[left].slot >= 0;
  if (parent_known && larger != left) hist_move(ws, left, larger);
  if (!parent_known) hist_acquire(ws, larger, -1);
  hist_acquire(ws, smaller, larger);
  hist_build(ws, smaller);
  if (parent_known)
    hist_subtract(ws, larger, smaller);
  else
    hist_build(ws, larger);
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

copse_status grow_tree(struct workspace *ws, struct tree *tree, copse_error *err) {
  root_output(ws, tree);
  mark_unsplittable(ws, 0);
  if (workspace_matrix(ws)->n_columns > 0 && may_split(ws, 0, -1)) {
    hist_acquire(ws, 0, -1);
    hist_build(ws, 0);
    split_search(ws, (int[2]){0, -1});
  }
  while (tree->n_leaves < ws->grow.num_leaves) {
    int leaf = best_leaf(ws, tree->n_leaves), right;
    if (!(ws->leaves[leaf].best.gain > 0)) break;
    uint64_t n_left = partition_leaf(ws, &ws->leaves[leaf], &ws->leaves[leaf].best);
    copse_status status = record_split(ws, tree, leaf, n_left, &right, err);
    if (status != COPSE_OK) return status;
    divide_leaf(ws, leaf, right, n_left);
    mark_unsplittable(ws, leaf);
    mark_unsplittable(ws, right);
    if (tree->n_leaves < ws->grow.num_leaves && may_split(ws, leaf, right)) {
      pair_histograms(ws, leaf, right);
      split_search(ws, (int[2]){leaf, right});
    }
  }
  return COPSE_OK;
}

struct score_job {
  struct workspace *ws;
  const struct tree *tree;
  double *score;
  uint32_t *leaf_of_row; /* [n_rows] */
};

static void name_leaf_rows(void *user, size_t chunk, int thread) {
  (void)thread;
  struct score_job *job = user;
  const struct leaf *leaf = &job->ws->leaves[chunk];
  const uint32_t *rows = job->ws->rows + leaf->begin;
  for (uint64_t i = 0; i < leaf->n_rows; i++)
    job->leaf_of_row[workspace_row(job->ws, rows[i])] = (uint32_t)chunk;
}

static void name_out_of_bag(void *user, size_t chunk, int thread) {
  (void)thread;
  struct score_job *job = user;
  struct workspace *ws = job->ws;
  uint64_t begin = ws->n_bag + (uint64_t)chunk * WORKSPACE_CHUNK, end = begin + WORKSPACE_CHUNK;
  if (end > ws->data->n_rows) end = ws->data->n_rows;
  for (uint64_t i = begin; i < end; i++)
    job->leaf_of_row[workspace_row(ws, ws->rows[i])] =
        (uint32_t)route_binned(job->tree, workspace_matrix(ws), ws->data->schema->features, ws->rows[i]);
}

static void add_leaf_values(void *user, size_t chunk, int thread) {
  (void)thread;
  struct score_job *job = user;
  uint64_t begin = (uint64_t)chunk * WORKSPACE_CHUNK, end = begin + WORKSPACE_CHUNK;
  if (end > job->ws->data->n_rows) end = job->ws->data->n_rows;
  for (uint64_t i = begin; i < end; i++) job->score[i] += job->tree->leaf_value[job->leaf_of_row[i]];
}

/* In two steps: leaf numbers go to where the rows are, half as many bytes scattered as scores have, then the
 * scores are walked through in order. */
void grow_add_scores(struct workspace *ws, const struct tree *tree, double *score) {
  double start = workspace_clock();
  struct score_job job = {ws, tree, score, ws->rows_left};
  uint64_t n_rows = ws->data->n_rows, n_out = n_rows - ws->n_bag;
  int n_threads = n_rows < (uint64_t)WORKSPACE_CHUNK ? 1 : ws->n_threads;
  copse_parallel_for(n_threads, (size_t)tree->n_leaves, name_leaf_rows, &job);
  copse_parallel_for(n_threads, (size_t)((n_out + WORKSPACE_CHUNK - 1) / WORKSPACE_CHUNK), name_out_of_bag,
                     &job);
  copse_parallel_for(n_threads, (size_t)((n_rows + WORKSPACE_CHUNK - 1) / WORKSPACE_CHUNK), add_leaf_values,
                     &job);
  ws->phase_s[PHASE_GRADIENT] += workspace_clock() - start;
}
