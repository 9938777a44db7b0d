/* ahead.c - which leaf is split next is known only when the last one's children are searched, and a small
 * leaf is too little work for several threads. But the leaf that comes second now is split sooner or later
 * nearly always. So one thread grows the tree, dividing the leaf whose turn it is wherever that is not done
 * yet, while the others take the best of the leaves that nobody has taken, children of leaves that are
 * divided already among them; the children wait until their leaf is the best one, and the tree is the same.
 * No thread waits for a barrier: only the first one, and only for the very leaf whose turn it is, or a child
 * of it, when another is still at it. How much a leaf has to gain to be split at all is about what it was in
 * the tree before, and one that comes in the first half of what is left of the tree is split nearly always
 * too: of 255 leaves of 1,000,000 x 28 so 4 % of the divisions are in vain, by the order alone 8 %, and two
 * threads wait 0.5 % of their time for something to divide. Leaves that are work for all threads and gain
 * that much come first of all.
 *
 * Leaves belong to whoever holds the lock, but those that are taken (pending >= 0): their rows, histograms
 * and children are the taker's until `known`. */
#include "train/ahead.h"

#include <math.h>

#include "base/team.h"
#include "train/crowd.h"
#include "train/expand.h"
#include "train/hist.h"

enum {
  /* A leaf of so many cells and rows is shared by all threads, in a tree of many leaves only of more than
   * half of what there is for every other thread: there are others enough to keep the threads busy until the
   * end, and a thread by itself neither waits nor puts sides together. (Two threads, 1,000,000 x 28: 25
   * leaves 2 % less time, 31 4 %, 63 8 %; 20 leaves 2 % more, for what is divided in vain.) Or of fewer where
   * it has most of the rows, so that the other leaves are nothing much to do meanwhile. */
  LARGE_UPDATES = 1 << 20,
  MEDIUM_UPDATES = 1 << 18,
  MANY_LEAVES_A_THREAD = 12,
  MANY_LEAVES = 64 /* for however many threads */
};

struct growth {
  struct workspace *ws;
  const struct ahead_tree *tree;
  struct team_lock lock;
  int n_busy;            /* leaves that are being divided */
  atomic_uint n_changes; /* of what there is to take or to wait for */
  bool over;
  double wall_s, processor_s; /* of all threads together */
};

static bool has_many_leaves(const struct workspace *ws) {
  const int n_leaves = ws->grow.num_leaves;
  return n_leaves >= MANY_LEAVES || n_leaves >= MANY_LEAVES_A_THREAD * ws->n_threads;
}

static bool is_small(const struct workspace *ws, int leaf) {
  const uint64_t n_rows = ws->leaves[leaf].n_rows, n_carriers = workspace_matrix(ws)->n_carriers;
  uint64_t large = 0;
  if (has_many_leaves(ws) && ws->n_threads > 1)
    large = ws->n_bag * n_carriers / (2 * (uint64_t)(ws->n_threads - 1));
  if (large < LARGE_UPDATES) large = LARGE_UPDATES;
  if (n_rows > ws->n_bag / 2) large = MEDIUM_UPDATES;
  return n_rows * n_carriers < large;
}

/* Leaves of a tree that are divided and not yet split. */
static int n_divided(const struct workspace *ws, int n_leaves) {
  int n = 0;
  for (int l = 0; l < n_leaves; l++) n += ws->leaves[l].pending >= 0;
  return n;
}

/* Splits that are known to come before the leaf's, of leaf `at` and below it. */
static int n_before_at(const struct workspace *ws, int at, int leaf) {
  const struct leaf *other = &ws->leaves[at];
  if (at == leaf || !(other->best.gain > 0) || !expand_before(ws, other, &ws->leaves[leaf])) return 0;
  if (other->pending < 0 || !other->known) return 1;
  return 1 + n_before_at(ws, other->pending, leaf) + n_before_at(ws, other->pending + 1, leaf);
}

/* A leaf that nobody has taken, and when its turn comes: it gains more than `turn`, or as much, and so do all
 * above it that are not split yet. */
struct candidate {
  int leaf; /* -1: none */
  double turn;
};

/* The first such leaf that is small, or is not, of leaf `at` and below it. */
static void look_at(const struct workspace *ws, int at, double turn, bool small, struct candidate *first) {
  const struct leaf *leaf = &ws->leaves[at];
  if (leaf->best.gain < turn) turn = leaf->best.gain;
  if (leaf->pending >= 0) {
    if (!leaf->known) return;
    look_at(ws, leaf->pending, turn, small, first);
    look_at(ws, leaf->pending + 1, turn, small, first);
    return;
  }
  if (!(leaf->best.gain > 0) || is_small(ws, at) != small) return;
  const bool earlier = ws->grow.depthwise || turn == first->turn
                           ? first->leaf < 0 || expand_before(ws, leaf, &ws->leaves[first->leaf])
                           : turn > first->turn;
  if (earlier) *first = (struct candidate){at, turn};
}

static struct candidate first_of(const struct workspace *ws, int n_leaves, bool small) {
  struct candidate first = {-1, 0};
  for (int l = 0; l < n_leaves; l++) look_at(ws, l, INFINITY, small, &first);
  return first;
}

/* The small leaf to be divided next, where it is likely to be split; -1: there is none. The few first ones
 * are, and others that gain more than what the tree before stopped at or come in the first half of what is
 * left; without such a tree, or depth by depth, in the first quarter. */
static int choose(const struct workspace *ws, int n_leaves) {
  /* the last free pair is always left for the leaf whose turn it is */
  if (ws->n_pending < 2) return -1;
  const struct candidate first = first_of(ws, n_leaves, true);
  if (first.leaf < 0) return -1;
  const int n_left = ws->grow.num_leaves - n_leaves;
  int before = 0;
  for (int l = 0; l < n_leaves && before < n_left; l++) before += n_before_at(ws, l, first.leaf);
  if (before >= n_left) return -1;
  if (before < 2 * ws->n_threads) return first.leaf;
  if (ws->gain_in_sight < 0) return before < n_left / 4 ? first.leaf : -1;
  return first.turn > ws->gain_in_sight || before < n_left / 2 ? first.leaf : -1;
}

/* In a tree of few leaves one that is divided in vain costs more than is saved. */
int ahead_large(const struct workspace *ws, int n_leaves) {
  if (!ws->speculative || !has_many_leaves(ws)) return -1;
  if (ws->gain_in_sight < 0 || ws->n_pending < 2) return -1;
  const struct candidate first = first_of(ws, n_leaves, false);
  return first.leaf >= 0 && first.turn > ws->gain_in_sight ? first.leaf : -1;
}

void ahead_note_tree(struct workspace *ws, int n_leaves) {
  const double gain = ws->leaves[expand_best(ws, n_leaves)].best.gain;
  ws->gain_in_sight = ws->grow.depthwise ? -1 : gain > 0 ? gain : 0;
}

bool ahead_takes(const struct workspace *ws, int n_leaves, int leaf) {
  if (!ws->speculative || hist_shares_columns(ws, ws->leaves[leaf].n_rows) || !is_small(ws, leaf))
    return false;
  return ws->grow.num_leaves - n_leaves - n_divided(ws, n_leaves) > 1;
}

/* No thread is at one of the children, which would change their places. */
static bool is_at_rest(const struct workspace *ws, int leaf) {
  for (int c = ws->leaves[leaf].pending; c < ws->leaves[leaf].pending + 2; c++)
    if (ws->leaves[c].pending >= 0 && !ws->leaves[c].known) return false;
  return true;
}

static void note_change(struct growth *growth) {
  atomic_fetch_add_explicit(&growth->n_changes, 1, memory_order_release);
}

/* The lock is held before and after, and left alone meanwhile: a thread that keeps asking under the lock can
 * keep the other one from it for milliseconds where their cores are far apart. */
static void wait_for_change(struct growth *growth) {
  const unsigned seen = atomic_load_explicit(&growth->n_changes, memory_order_relaxed);
  team_unlock(&growth->lock);
  for (unsigned waits = 0; atomic_load_explicit(&growth->n_changes, memory_order_acquire) == seen; waits++)
    team_pause(waits);
  team_lock(&growth->lock);
}

/* Divides a leaf, the lock being held before and after. */
static void divide(struct growth *growth, int leaf, int thread) {
  struct workspace *ws = growth->ws;
  bool last = ws->grow.num_leaves - *growth->tree->n_leaves == 1;
  expand_take(ws, leaf, thread);
  growth->n_busy++;
  team_unlock(&growth->lock);
  expand_taken(ws, leaf, thread, last);
  team_lock(&growth->lock);
  ws->leaves[leaf].known = true;
  growth->n_busy--;
  note_change(growth);
}

/* The thread that grows the tree. */
static void grow(struct growth *growth, int thread) {
  struct workspace *ws = growth->ws;
  const struct ahead_tree *tree = growth->tree;
  team_lock(&growth->lock);
  while (*tree->n_leaves < ws->grow.num_leaves) {
    int leaf = expand_best(ws, *tree->n_leaves);
    if (!(ws->leaves[leaf].best.gain > 0)) break;
    if (ws->leaves[leaf].pending < 0) {
      const bool last = ws->grow.num_leaves - *tree->n_leaves - n_divided(ws, *tree->n_leaves) <= 1;
      if (!is_small(ws, leaf) || (last && growth->n_busy == 0)) break; /* work for all threads */
      divide(growth, leaf, thread);
    }
    if (ws->leaves[leaf].known && is_at_rest(ws, leaf)) {
      if (!tree->settle(tree->user, leaf)) break;
      note_change(growth);
      continue;
    }
    int other = choose(ws, *tree->n_leaves);
    if (other >= 0)
      divide(growth, other, thread);
    else
      wait_for_change(growth);
  }
  growth->over = true;
  note_change(growth);
  team_unlock(&growth->lock);
}

static void help(struct growth *growth, int thread) {
  team_lock(&growth->lock);
  while (!growth->over) {
    int leaf = choose(growth->ws, *growth->tree->n_leaves);
    if (leaf >= 0)
      divide(growth, leaf, thread);
    else
      wait_for_change(growth);
  }
  team_unlock(&growth->lock);
}

/* The first chunk is taken first, by whichever thread runs: with no other it does everything. */
static void take_part(void *user, size_t chunk, int thread) {
  struct growth *growth = user;
  double wall = workspace_clock(), processor = team_processor_seconds();
  if (chunk == 0)
    grow(growth, thread);
  else
    help(growth, thread);
  wall = workspace_clock() - wall;
  processor = team_processor_seconds() - processor;
  team_lock(&growth->lock);
  growth->wall_s += wall;
  growth->processor_s += processor;
  team_unlock(&growth->lock);
}

void ahead_grow(struct workspace *ws, const struct ahead_tree *tree) {
  struct growth growth = {.ws = ws, .tree = tree};
  const int n_threads = crowd_alone(ws) ? 1 : ws->n_threads;
  copse_parallel_for(n_threads, (size_t)n_threads, take_part, &growth);
  expand_collect_phases(ws, n_threads);
  crowd_note(ws, growth.wall_s, growth.wall_s - growth.processor_s);
}
