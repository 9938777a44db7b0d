/* constrain.h - what the caller wants of the trees: an order in a feature (monotone.h), features that may
 * meet, factors on gains and costs (cegb.h), splits to begin with (force.h). With none of them every pointer
 * below is NULL and nothing is looked at. */
#ifndef COPSE_TRAIN_CONSTRAIN_H
#define COPSE_TRAIN_CONSTRAIN_H

#include "copse.h"
#include "kernels/kernels.h"

struct workspace;
struct leaf;
struct split;
struct tree;

/* Bins of a column that rows of a leaf may have. */
struct leaf_range {
  uint32_t first, last; /* both included; without the missing bin at the end */
  bool missing;         /* and rows without a value */
};

struct constraints {
  int8_t *sign;    /* [n_columns] monotone constraints; NULL: none */
  double *contri;  /* [n_columns] factors on gains; NULL: none */
  double penalty;  /* 2^(monotone_penalty - 1), see monotone.c */
  double *order;   /* [5 * num_leaves] room of monotone_restore_order */
  bool bends_gain; /* a column's gain is not the gain that was found */

  /* Interactions: bit sets over groups; NULL: none. */
  uint64_t *column_groups; /* [n_columns * group_words] groups a column is in */
  uint64_t *leaf_groups;   /* [n_leaves_room * group_words] groups that hold all of a leaf's path */
  size_t group_words;
  bool *allowed; /* [n_columns] in some group */

  /* Monotone methods that look at other leaves. */
  const struct tree *tree;      /* that is being grown */
  int32_t *node_parent;         /* [num_leaves - 1] */
  struct leaf_range *ranges[2]; /* [n_columns] of the leaves that are searched */
  double *limits;               /* [n_threads * 4 * limit_bins] */
  uint32_t limit_bins;
  struct leaf_visit *visits; /* [n_threads * n_visits] */
  size_t n_visits;
  uint8_t *stale; /* [num_leaves] leaves to search again */
  struct kept_limits
      *kept; /* advanced as LightGBM does it, see monotone_kept.h; NULL: limits are found anew */

  int *forced_leaf;  /* [forced splits] leaf that each is to divide, -1: none */
  struct cegb *cegb; /* NULL: splits cost nothing */
};

/* What a list of n entries says of a feature; an encoder's columns may lie behind its end. */
static inline double constrain_entry(const double *list, size_t n, uint32_t feature, double otherwise) {
  return feature < n ? list[feature] : otherwise;
}

/* Lists are compared with the number of features, names looked up. Comes when the workspace has its leaves.
 */
COPSE_MUST_CHECK copse_status constrain_create(struct workspace *ws, copse_error *err);
void constrain_release(struct workspace *ws);

/* Leaf 0 becomes the root of a new tree. */
void constrain_begin_tree(struct workspace *ws, const struct tree *tree);
/* A leaf's children become known: they inherit from `parent`, which is split by parent.best. */
void constrain_child(struct workspace *ws, int parent, int child, bool right);
/* Leaf `from` takes another place. */
void constrain_settle(struct workspace *ws, int from, int to);
/* Before the columns of a leaf are searched as side 0 or 1 of a pair. */
void constrain_begin_search(struct workspace *ws, int leaf, int side);
/* Columns a leaf may be split on: false where one is not allowed. */
bool constrain_allows(const struct workspace *ws, int leaf, uint32_t column);
/* A column's gain as it is compared: after factors, costs and penalties. */
double constrain_gain(const struct workspace *ws, const struct leaf *leaf, int side, uint32_t column,
                      double gain);
/* After leaf `left`, which hung under node `above` (-1: it was the root), became a node and the leaves `left`
 * and `right`: leaves that this bears on are searched again. */
void constrain_after_split(struct workspace *ws, int above, int left, int right);

#endif
