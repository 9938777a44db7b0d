/* leaves_met.h - which leaves of a tree may hold rows that are alike in all features but one.
 *
 * That is told by the range of bins a leaf has in each column. A missing value is in no order: it lies beside
 * the range. (LightGBM forgets that rows without a value meet, whatever the thresholds on their way; the
 * order then breaks for them.) What is not known better counts as met. */
#ifndef COPSE_TRAIN_LEAVES_MET_H
#define COPSE_TRAIN_LEAVES_MET_H

#include "model/tree.h"
#include "train/workspace.h"

/* A node on the way down to leaves that may be met. The column of interest has bins first .. last there. */
struct leaf_visit {
  int node;
  struct leaf_range focus;
};

/* A leaf whose output must not be above (below = true) or not be below that of the leaf we are at. `focus`:
 * the part of our range in the column of interest where it may be met. */
typedef void (*met_fn)(void *user, int leaf, bool below, struct leaf_range focus);

struct meeting {
  const struct workspace *ws;
  const struct leaf_range *ranges; /* of the leaf we are at */
  uint32_t focus;                  /* column of interest; UINT32_MAX: none */
  struct leaf_visit *visits;
  met_fn met;
  void *user;
};

/* Calls m->met with every leaf that leaf `place` of the tree may meet across a node of a constrained column.
 */
void leaves_met(const struct meeting *m, int place);
/* The leaf of the tree that a leaf is, or that a pending one is a side of. */
int leaves_met_place(const struct workspace *ws, int leaf);
/* Ranges of a leaf, as side 0 or 1 of a search. */
void leaves_met_ranges(struct workspace *ws, int leaf, int side);

#endif
