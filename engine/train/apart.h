/* apart.h - the trees of several outputs at once, a thread each.
 *
 * They do not know of each other. Grown one after the other by all threads they cost more processor time:
 * threads wait for each other, add up what each has of a histogram, and divide leaves ahead that are never
 * part of the tree. */
#ifndef COPSE_TRAIN_APART_H
#define COPSE_TRAIN_APART_H

#include "train/booster.h"

/* A tree to be grown from a root that was built with others'. */
struct apart_tree {
  struct joint_root *root;
  struct tree *tree; /* has room for its leaves */
  int output;
  uint64_t n_before; /* trees grown before it */
  copse_status status;
  copse_error err;
};

/* Whether the trees of n outputs may be grown so: every thread gets as many of them, nothing is handed from
 * one tree to the next, and there is memory. */
bool apart_possible(copse_booster *booster, int n);
/* Grows the trees, shrinks them and adds them to the training set's scores, but for those of one leaf. A
 * status for each tree; after one that is not COPSE_OK scores are to be made anew. */
void apart_grow(copse_booster *booster, struct apart_tree *trees, int n);
void apart_release(struct workspace *ws);

#endif
