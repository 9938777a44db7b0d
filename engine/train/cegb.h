/* cegb.h - splits that cost something, and features that cost until they are known (Peter et al. 2017,
 * algorithms 4.17). */
#ifndef COPSE_TRAIN_CEGB_H
#define COPSE_TRAIN_CEGB_H

#include "model/tree.h"
#include "train/workspace.h"

/* Leaves ws->constraint.cegb NULL when nothing costs anything. */
COPSE_MUST_CHECK copse_status cegb_create(struct workspace *ws, copse_error *err);
void cegb_release(struct workspace *ws);

/* Before a tree is grown behind `trees` [n_trees]: what they have used is known again, also after some were
 * taken back. prefix [n_prefix]: trees of a continued model that are not on these bins. */
void cegb_follow(struct workspace *ws, const struct tree *trees, int n_trees, const struct tree *prefix,
                 int n_prefix);
/* Whether rows that computed a feature are counted. */
bool cegb_counts_rows(const struct workspace *ws);

void cegb_begin_tree(struct workspace *ws);
void cegb_child(struct workspace *ws, int parent, int child);
void cegb_settle(struct workspace *ws, int from, int to);
/* Counts rows of a leaf that have not computed a column yet. */
void cegb_begin_search(struct workspace *ws, int leaf, int side);
double cegb_cost(const struct workspace *ws, const struct leaf *leaf, int side, uint32_t column);
/* The leaf's best split is going to be made. */
void cegb_use(struct workspace *ws, int leaf);
/* Whether the split just made has changed the costs at all other leaves. */
bool cegb_costs_changed(struct workspace *ws);

#endif
