/* expand.c - dividing a leaf: its rows, its children's histograms and best splits. */
#include "train/expand.h"

#include <math.h>
#include <string.h>

#include "train/cegb.h"
#include "train/hist.h"
#include "train/hist_slots.h"
#include "train/partition.h"
#include "train/sample.h"
#include "train/sample_lightgbm.h"
#include "train/split_lightgbm.h"

void expand_clear(struct leaf *leaf) {
  leaf->best.gain = -INFINITY;
  leaf->best.column = leaf->best.feature = UINT32_MAX;
  leaf->best.categorical = false;
}

bool expand_allowed(const struct workspace *ws, int left, int right) {
  if (ws->grow.max_depth > 0 && ws->leaves[left].depth >= ws->grow.max_depth) return false;
  uint64_t least = 2 * (uint64_t)ws->grow.min_data_in_leaf;
  return ws->leaves[left].n_rows >= least || (right >= 0 && ws->leaves[right].n_rows >= least);
}

static void copy_splittable(struct workspace *ws, int from, int to) {
  if (ws->splittable == NULL) return;
  size_t n_columns = workspace_matrix(ws)->n_columns;
  memcpy(ws->splittable + (size_t)to * n_columns, ws->splittable + (size_t)from * n_columns, n_columns);
}

/* But for their rows. */
static void make_children(struct workspace *ws, int leaf) {
  const struct leaf *parent = &ws->leaves[leaf];
  const struct split *best = &parent->best;
  for (int side = 0; side < 2; side++) {
    struct leaf *child = &ws->leaves[parent->pending + side];
    child->total_gradient = side == 0 ? best->left_gradient : parent->total_gradient - best->left_gradient;
    child->total_hessian = side == 0 ? best->left_hessian : parent->total_hessian - best->left_hessian;
    child->sum_gradient = side == 0 ? best->left_sum_gradient : best->right_sum_gradient;
    child->sum_hessian = side == 0 ? best->left_sum_hessian : best->right_sum_hessian;
    child->output = side == 0 ? best->left_output : best->right_output;
    child->depth = parent->depth + 1;
    child->key = sample_child_key(parent->key, side == 1);
    child->slot = child->spare[0] = child->spare[1] = child->pending = -1;
    expand_clear(child);
    copy_splittable(ws, leaf, parent->pending + side);
    lightgbm_sums_copy(ws, leaf, parent->pending + side);
    child->has_rests = false;
    constrain_child(ws, leaf, parent->pending + side, side == 1);
  }
}

/* The smaller child is built from its rows, the larger one is the parent minus it, where the parent still has
 * its histogram. Both are searched on the way. A smaller child of too few rows to be split is only taken off
 * the parent. */
static void search_pair(struct workspace *ws, int parent, int left, int lane) {
  int smaller = ws->leaves[left].n_rows < ws->leaves[left + 1].n_rows ? left : left + 1;
  int larger = smaller == left ? left + 1 : left;
  bool parent_known = ws->leaves[parent].slot >= 0;
  bool both = ws->rests != NULL || expand_allowed(ws, smaller, -1);
  if (parent_known)
    hist_move(ws, parent, larger);
  else
    hist_take(ws, parent, larger);
  if (both) hist_take(ws, parent, smaller);
  const int sides[2] = {both ? smaller - left : -1, both ? larger - left : 0};
  lightgbm_draw_thresholds(ws, left, 2, sides);
  struct split_search search =
      split_search_begin(ws, both ? (int[2]){left, left + 1} : (int[2]){larger, -1}, lane);
  if (both) {
    search.rest[smaller - left] = REST_BUILT;
    search.rest[larger - left] = REST_OF_PARENT;
  }
  if (!parent_known)
    hist_build(ws, &(struct hist_task){.leaf = larger, .sibling = -1, .search = both ? NULL : &search}, lane);
  if (parent_known || both)
    hist_build(ws,
               &(struct hist_task){.leaf = smaller, .sibling = parent_known ? larger : -1, .search = &search},
               lane);
  split_search_end(&search);
}

int expand_best(const struct workspace *ws, int n_leaves) {
  int best = 0;
  for (int l = 1; l < n_leaves; l++)
    if (expand_before(ws, &ws->leaves[l], &ws->leaves[best])) best = l;
  return best;
}

void expand_take(struct workspace *ws, int leaf, int lane) {
  ws->leaves[leaf].pending = ws->pending[--ws->n_pending];
  ws->leaves[leaf].known = false;
  hist_reserve(ws, leaf, lane);
}

void expand_taken(struct workspace *ws, int leaf, int lane, bool last) {
  int left = ws->leaves[leaf].pending;
  partition_leaf(ws, &ws->leaves[leaf], &ws->leaves[leaf].best, lane, &ws->leaves[left],
                 &ws->leaves[left + 1]);
  make_children(ws, leaf);
  if (ws->constraint.cegb != NULL) cegb_use(ws, leaf);
  if (last || !expand_allowed(ws, left, left + 1)) return;
  search_pair(ws, leaf, left, lane);
}

void expand_collect_phases(struct workspace *ws, int n_lanes) {
  for (int t = 0; t < ws->n_threads; t++)
    for (int p = 0; p < 4; p++) {
      ws->phase_s[p] += ws->lanes[t].phase_s[p] / n_lanes;
      ws->lanes[t].phase_s[p] = 0;
    }
}

void expand_leaf(struct workspace *ws, int n_leaves, int leaf) {
  expand_take(ws, leaf, ALL_LANES);
  expand_taken(ws, leaf, ALL_LANES, ws->grow.num_leaves - n_leaves == 1);
  ws->leaves[leaf].known = true;
}

static void search_column_again(void *user, size_t column, int thread) {
  const struct split_search *search = user;
  split_search_column(search, (uint32_t)column, thread);
}

void expand_search_again(struct workspace *ws, int leaf) {
  double start = workspace_clock();
  bool known = ws->leaves[leaf].slot >= 0;
  if (!known) hist_acquire(ws, leaf);
  lightgbm_draw_thresholds(ws, leaf, 1, (const int[2]){0, -1});
  struct split_search search = split_search_begin(ws, (int[2]){leaf, -1}, ALL_LANES);
  if (known) {
    copse_parallel_for(ws->n_threads, workspace_matrix(ws)->n_columns, search_column_again, &search);
    workspace_note(ws, ALL_LANES, PHASE_SPLIT, start);
  } else {
    hist_build(ws, &(struct hist_task){.leaf = leaf, .sibling = -1, .search = &search}, ALL_LANES);
  }
  split_search_end(&search);
}

static void settle_child(struct workspace *ws, int from, int to) {
  struct leaf *child = &ws->leaves[to];
  struct split best = child->best; /* whose bits are the place's own */
  *child = ws->leaves[from];
  child->best = best;
  split_copy(&child->best, &ws->leaves[from].best, ws->bin_words);
  copy_splittable(ws, from, to);
  lightgbm_sums_copy(ws, from, to);
  constrain_settle(ws, from, to);
  hist_move(ws, from, to);
}

void expand_settle(struct workspace *ws, int leaf, int right) {
  int left = ws->leaves[leaf].pending;
  hist_give_back(ws, leaf);
  settle_child(ws, left + 1, right);
  settle_child(ws, left, leaf);
  ws->pending[ws->n_pending++] = left;
}

/* Bottom up: children may be divided in vain too. */
static void put_together(const struct workspace *ws, const struct leaf *leaf) {
  if (leaf->pending < 0) return;
  const struct leaf *left = &ws->leaves[leaf->pending], *right = left + 1;
  put_together(ws, left);
  put_together(ws, right);
  if (right->area.rows == leaf->area.room)
    memcpy(left->area.rows + left->n_rows, right->area.rows, right->n_rows * sizeof *right->area.rows);
}

void expand_end(struct workspace *ws, int n_leaves) {
  for (int l = 0; l < n_leaves; l++) put_together(ws, &ws->leaves[l]);
}
