/* ahead.h - small leaves, one thread each, also ahead of their turn. */
#ifndef COPSE_TRAIN_AHEAD_H
#define COPSE_TRAIN_AHEAD_H

#include "train/workspace.h"

/* What the tree is to the threads that grow it. */
struct ahead_tree {
  const int32_t *n_leaves;
  /* Makes the split of a leaf whose children are known part of the tree. False: the tree ends here. Called by
   * one thread at a time, with the leaves to itself. */
  bool (*settle)(void *user, int leaf);
  void *user;
};

/* The best large leaf that nobody has divided, where it is likely to be split; -1: there is none. */
int ahead_large(const struct workspace *ws, int n_leaves);
/* A tree is full, or nothing gains: what the best leaf would have gained that is not split is about what the
 * next tree's will. */
void ahead_note_tree(struct workspace *ws, int n_leaves);
/* Whether ahead_grow takes the leaf: the workspace has slots to spare and the leaf is small. */
bool ahead_takes(const struct workspace *ws, int n_leaves, int leaf);

/* Splits leaves, best first, until the tree is full, nothing gains, or the leaf whose turn it is wants all
 * threads. The tree is the same for any number of threads. */
void ahead_grow(struct workspace *ws, const struct ahead_tree *tree);

#endif
