/* hist_slots.c - whose histogram lies where in the pool. */
#include "train/hist_slots.h"

#include "train/expand.h"

enum { NOBODY = -1, RESERVED = -2 };

/* Whose slot it is may be asked while another thread hands its own on, between leaves that keep theirs. */
static void own_slot(struct workspace *ws, int slot, int leaf) {
  ws->leaves[leaf].slot = slot;
  atomic_store_explicit(&ws->slot_leaf[slot], leaf, memory_order_relaxed);
}

/* Leaves of the tree that nobody divides. */
static bool can_lose(const struct workspace *ws, int leaf, int slot, int keep) {
  return leaf >= 0 && leaf < ws->grow.num_leaves && leaf != keep && ws->leaves[leaf].pending < 0 &&
         ws->leaves[leaf].slot == slot;
}

/* A slot of nobody, or that of the last leaf that can lose its own; -1: there is none. */
static int recycled(const struct workspace *ws, int keep) {
  int last = -1, chosen = -1;
  for (int s = 0; s < ws->n_slots_used; s++) {
    int leaf = atomic_load_explicit(&ws->slot_leaf[s], memory_order_relaxed);
    if (leaf == NOBODY) return s;
    if (!can_lose(ws, leaf, s, keep)) continue;
    if (last >= 0 && !expand_before(ws, &ws->leaves[last], &ws->leaves[leaf])) continue;
    last = leaf;
    chosen = s;
  }
  return chosen;
}

static bool unlikely(const struct workspace *ws, int leaf) {
  return ws->leaves[leaf].best.gain < ws->least_in_sight * ws->gain_in_sight;
}

/* The slot that the lane wrote last, of nobody or of a leaf that is as good as never split; -1: there is
 * none. Packed histograms are small: several threads lose 5 % by it (1,000,000 x 28, 255 leaves), one
 * gains 2. */
static int warm(const struct workspace *ws, int keep, int lane) {
  if (ws->gain_in_sight < 0 || ws->keeps_slots || ws->rests != NULL) return -1;
  if (ws->packed != NULL && ws->n_threads > 1) return -1;
  int chosen = -1;
  for (int s = 0; s < ws->n_slots_used; s++) {
    const struct hist_slot *slot = &ws->slots[s];
    if (slot->lane != lane || (chosen >= 0 && slot->turn < ws->slots[chosen].turn)) continue;
    const int leaf = atomic_load_explicit(&ws->slot_leaf[s], memory_order_relaxed);
    if (leaf == NOBODY || (can_lose(ws, leaf, s, keep) && unlikely(ws, leaf))) chosen = s;
  }
  return chosen;
}

static int free_slot(struct workspace *ws, int keep, int lane) {
  const int n_divided = WORKSPACE_PENDING - ws->n_pending, half = ws->grow.num_leaves / 2 + 2;
  const bool spare = ws->n_slots_used < ws->n_slots;
  int slot = warm(ws, keep, lane);
  if (slot < 0 && (!spare || (!ws->keeps_slots && ws->n_slots_used >= half + 2 * n_divided)))
    slot = recycled(ws, keep);
  if (slot < 0) return ws->n_slots_used++;
  int loser = atomic_load_explicit(&ws->slot_leaf[slot], memory_order_relaxed);
  if (loser >= 0) ws->leaves[loser].slot = -1;
  return slot;
}

static void write_next(struct workspace *ws, int slot, int lane) {
  ws->slots[slot].turn = ++ws->slot_turn;
  ws->slots[slot].lane = lane;
}

void hist_acquire(struct workspace *ws, int leaf) {
  own_slot(ws, free_slot(ws, leaf, ALL_LANES), leaf);
  write_next(ws, ws->leaves[leaf].slot, ALL_LANES);
}

void hist_reserve(struct workspace *ws, int leaf, int lane) {
  struct leaf *parent = &ws->leaves[leaf];
  const int n = parent->slot >= 0 ? 1 : 2;
  for (int i = 0; i < 2; i++) {
    parent->spare[i] = i < n ? free_slot(ws, leaf, lane) : -1;
    if (i >= n) continue;
    atomic_store_explicit(&ws->slot_leaf[parent->spare[i]], RESERVED, memory_order_relaxed);
    write_next(ws, parent->spare[i], lane);
  }
  if (parent->slot >= 0) write_next(ws, parent->slot, lane);
}

void hist_take(struct workspace *ws, int parent, int child) {
  int *spare = ws->leaves[parent].spare, *taken = spare[0] >= 0 ? &spare[0] : &spare[1];
  own_slot(ws, *taken, child);
  *taken = -1;
}

static void nobodys(struct workspace *ws, int slot) {
  if (slot >= 0) atomic_store_explicit(&ws->slot_leaf[slot], NOBODY, memory_order_relaxed);
}

void hist_give_back(struct workspace *ws, int leaf) {
  struct leaf *parent = &ws->leaves[leaf];
  nobodys(ws, parent->spare[0]);
  nobodys(ws, parent->spare[1]);
  nobodys(ws, parent->slot);
  parent->spare[0] = parent->spare[1] = parent->slot = -1;
}

void hist_move(struct workspace *ws, int from_leaf, int to_leaf) {
  int slot = ws->leaves[from_leaf].slot;
  ws->leaves[from_leaf].slot = -1;
  ws->leaves[to_leaf].slot = -1;
  if (slot >= 0) own_slot(ws, slot, to_leaf);
}
