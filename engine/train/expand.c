/* expand.c - dividing leaves, also ahead of their turn.
 *
 * Which leaf is split next is known only when the last one's children are searched, and a small leaf is too
 * little work for two threads. But the leaf that comes second now is split sooner or later nearly always:
 * with 255 leaves, dividing the best two at once costs 0.4 % more work, the best four 1.2 %. So threads take
 * small leaves one each, best first; the children wait until their leaf is the best one, and the tree is the
 * same. */
#include "train/expand.h"

#include <math.h>
#include <string.h>

#include "train/cegb.h"
#include "train/hist.h"
#include "train/partition.h"
#include "train/sample.h"
#include "train/sample_lightgbm.h"
#include "train/split.h"

enum {
  LARGE_UPDATES = 1 << 20, /* a leaf of so many cells and rows is shared by all threads */
  MANY_LEAVES = 128,       /* from here on two leaves a thread are taken: threads wait less for each other */
  MOST_AHEAD = WORKSPACE_PENDING / 2
};

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

static void make_children(struct workspace *ws, int leaf, uint64_t n_left) {
  const struct leaf *parent = &ws->leaves[leaf];
  const struct split *best = &parent->best;
  for (int side = 0; side < 2; side++) {
    struct leaf *child = &ws->leaves[parent->pending + side];
    child->begin = parent->begin + (side == 0 ? 0 : n_left);
    child->n_rows = side == 0 ? n_left : parent->n_rows - n_left;
    child->total_gradient = side == 0 ? best->left_gradient : parent->total_gradient - best->left_gradient;
    child->total_hessian = side == 0 ? best->left_hessian : parent->total_hessian - best->left_hessian;
    child->output = side == 0 ? best->left_output : best->right_output;
    child->depth = parent->depth + 1;
    child->key = sample_child_key(parent->key, side == 1);
    child->slot = child->pending = -1;
    expand_clear(child);
    copy_splittable(ws, leaf, parent->pending + side);
    constrain_child(ws, leaf, parent->pending + side, side == 1);
  }
}

/* The smaller child is built from its rows, the larger one is the parent minus it, where the parent still has
 * its histogram. Both are searched on the way. A smaller child of too few rows to be split is only taken off
 * the parent. */
static void search_pair(struct workspace *ws, int parent, int left, int lane) {
  int smaller = ws->leaves[left].n_rows < ws->leaves[left + 1].n_rows ? left : left + 1;
  int larger = smaller == left ? left + 1 : left;
  bool parent_known = ws->leaves[parent].slot >= 0, both = expand_allowed(ws, smaller, -1);
  if (parent_known)
    hist_move(ws, parent, larger);
  else
    hist_acquire(ws, larger, -1);
  if (both) hist_acquire(ws, smaller, larger);
  const int sides[2] = {both ? smaller - left : -1, both ? larger - left : 0};
  lightgbm_draw_thresholds(ws, left, 2, sides);
  struct split_search search =
      split_search_begin(ws, both ? (int[2]){left, left + 1} : (int[2]){larger, -1}, lane);
  if (!parent_known)
    hist_build(ws, &(struct hist_task){.leaf = larger, .sibling = -1, .search = both ? NULL : &search}, lane);
  if (parent_known || both)
    hist_build(ws,
               &(struct hist_task){.leaf = smaller, .sibling = parent_known ? larger : -1, .search = &search},
               lane);
  split_search_end(&search);
}

static void expand_leaf(struct workspace *ws, int leaf, int lane, bool last) {
  uint64_t n_left = partition_leaf(ws, &ws->leaves[leaf], &ws->leaves[leaf].best, lane);
  int left = ws->leaves[leaf].pending;
  make_children(ws, leaf, n_left);
  if (ws->constraint.cegb != NULL) cegb_use(ws, leaf);
  if (last || !expand_allowed(ws, left, left + 1)) return;
  search_pair(ws, leaf, left, lane);
}

struct expand_job {
  struct workspace *ws;
  int leaves[MOST_AHEAD];
};

static void expand_alone(void *user, size_t chunk, int thread) {
  const struct expand_job *job = user;
  expand_leaf(job->ws, job->leaves[chunk], thread, false);
}

static bool is_small(const struct workspace *ws, int leaf) {
  return ws->leaves[leaf].n_rows * workspace_matrix(ws)->n_carriers < LARGE_UPDATES;
}

/* Small leaves with a split that are not divided yet, best first, at most n of them. Returns how many. */
static int choose_ahead(const struct workspace *ws, int n_leaves, int n, int *chosen) {
  int found = 0;
  for (int l = 0; l < n_leaves; l++) {
    const struct leaf *leaf = &ws->leaves[l];
    if (leaf->pending >= 0 || !(leaf->best.gain > 0) || !is_small(ws, l)) continue;
    int at = found < n ? found++ : n - 1;
    if (at == n - 1 && found == n && chosen[at] >= 0 && !expand_before(ws, leaf, &ws->leaves[chosen[at]]))
      continue;
    for (; at > 0 && expand_before(ws, leaf, &ws->leaves[chosen[at - 1]]); at--) chosen[at] = chosen[at - 1];
    chosen[at] = l;
  }
  return found;
}

/* Most rows first: then the last ones to be taken keep a thread waiting least. */
static void sort_by_rows(const struct workspace *ws, int *leaves, int n) {
  for (int i = 1; i < n; i++)
    for (int at = i; at > 0 && ws->leaves[leaves[at]].n_rows > ws->leaves[leaves[at - 1]].n_rows; at--) {
      int larger = leaves[at];
      leaves[at] = leaves[at - 1];
      leaves[at - 1] = larger;
    }
}

/* Time of lanes that ran side by side. */
static void collect_phases(struct workspace *ws, int n_lanes) {
  for (int t = 0; t < ws->n_threads; t++)
    for (int p = 0; p < 4; p++) {
      ws->phase_s[p] += ws->lanes[t].phase_s[p] / n_lanes;
      ws->lanes[t].phase_s[p] = 0;
    }
}

void expand_leaf_alone(struct workspace *ws, int n_leaves, int leaf) {
  ws->leaves[leaf].pending = ws->pending[--ws->n_pending];
  expand_leaf(ws, leaf, ALL_LANES, ws->grow.num_leaves - n_leaves == 1);
}

struct again_job {
  const struct split_search *search;
};

static void search_column_again(void *user, size_t column, int thread) {
  const struct again_job *job = user;
  split_search_column(job->search, (uint32_t)column, thread);
}

void expand_search_again(struct workspace *ws, int leaf) {
  double start = workspace_clock();
  bool known = ws->leaves[leaf].slot >= 0;
  if (!known) hist_acquire(ws, leaf, -1);
  lightgbm_draw_thresholds(ws, leaf, 1, (const int[2]){0, -1});
  struct split_search search = split_search_begin(ws, (int[2]){leaf, -1}, ALL_LANES);
  struct again_job job = {&search};
  if (known) {
    copse_parallel_for(ws->n_threads, workspace_matrix(ws)->n_columns, search_column_again, &job);
    workspace_note(ws, ALL_LANES, PHASE_SPLIT, start);
  } else {
    hist_build(ws, &(struct hist_task){.leaf = leaf, .sibling = -1, .search = &search}, ALL_LANES);
  }
  split_search_end(&search);
}

void expand_leaves(struct workspace *ws, int n_leaves, int leaf) {
  struct expand_job job = {.ws = ws};
  int left_over = ws->grow.num_leaves - n_leaves, n = 0;
  if (ws->speculative && left_over > 1 && is_small(ws, leaf)) {
    int most = ws->n_threads * (ws->grow.num_leaves >= MANY_LEAVES ? 2 : 1);
    if (most > MOST_AHEAD) most = MOST_AHEAD;
    if (most > left_over) most = left_over;
    if (most > ws->n_pending) most = ws->n_pending;
    for (int i = 0; i < most; i++) job.leaves[i] = -1;
    n = choose_ahead(ws, n_leaves, most, job.leaves);
    /* the last free pair is always left for the leaf whose turn it is */
    if (n == ws->n_pending && n > 1) n--;
  }
  if (n <= 1) {
    expand_leaf_alone(ws, n_leaves, leaf);
    return;
  }
  for (int i = 0; i < n; i++) ws->leaves[job.leaves[i]].pending = ws->pending[--ws->n_pending];
  sort_by_rows(ws, job.leaves, n);
  copse_parallel_for(ws->n_threads, (size_t)n, expand_alone, &job);
  collect_phases(ws, n < ws->n_threads ? n : ws->n_threads);
}

static void settle_child(struct workspace *ws, int from, int to) {
  struct leaf *child = &ws->leaves[to];
  struct split best = child->best; /* whose bits are the place's own */
  *child = ws->leaves[from];
  child->best = best;
  split_copy(&child->best, &ws->leaves[from].best, ws->bin_words);
  copy_splittable(ws, from, to);
  constrain_settle(ws, from, to);
  if (child->slot >= 0) hist_move(ws, from, to);
}

void expand_settle(struct workspace *ws, int leaf, int right) {
  int left = ws->leaves[leaf].pending;
  settle_child(ws, left + 1, right);
  settle_child(ws, left, leaf);
  ws->pending[ws->n_pending++] = left;
}
