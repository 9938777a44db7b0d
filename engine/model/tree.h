/* tree.h - one tree: arrays over nodes and leaves, as LightGBM's text model has them.
 *
 * Node i is the i-th split made. A child >= 0 is a node, a negative one is the leaf ~child. The left child of
 * a split keeps the split leaf's number, the right child gets the next free one. */
#ifndef COPSE_MODEL_TREE_H
#define COPSE_MODEL_TREE_H

#include "copse.h"
#include "data/binned.h"
#include "model/leaf_model.h"

enum { DECISION_CATEGORICAL = 1, DECISION_DEFAULT_LEFT = 2, DECISION_MISSING_SHIFT = 2 };

/* What old versions of LightGBM write for an infinite threshold. */
#define TREE_MOST_THRESHOLD 1e300

struct tree {
  copse_context *ctx;
  void *block;            /* the one allocation behind all arrays of fixed size */
  int n_leaves, capacity; /* leaves now, leaves there is room for */
  int n_cat;              /* categorical nodes */
  /* [capacity - 1] */
  int32_t *split_feature; /* index among all features */
  float *split_gain;
  double *threshold; /* numeric: left iff value <= threshold; categorical node: index into cat_boundaries */
  uint8_t *decision_type;
  int32_t *left_child, *right_child;
  double *internal_value, *internal_weight;
  int64_t *internal_count;
  /* [capacity] */
  double *leaf_value, *leaf_weight;
  int64_t *leaf_count;
  int32_t *leaf_parent; /* node above each leaf, -1 for a lone root */
  int32_t *leaf_depth;
  /* bit sets over category values: node with index c owns words [cat_boundaries[c], cat_boundaries[c + 1]) */
  uint32_t *cat_boundaries, *cat_words; /* NULL while no categorical node was made */
  size_t cat_words_capacity, cat_boundaries_capacity;
  double shrinkage;
  /* The leaves' linear models, owned. leaf_value is what a leaf predicts where one of its values is NaN.
   * NULL: leaf_value is all there is. Bins tell such a tree's leaf but not its prediction. */
  struct leaf_models *linear;
  /* Only in trees grown here: the same splits over bins, for routing binned rows. NULL in loaded trees. */
  uint32_t *split_column;               /* [capacity - 1] column of struct binned */
  uint32_t *threshold_bin;              /* numeric: left iff bin <= threshold_bin (missing bins apart) */
  uint32_t *bin_boundaries, *bin_words; /* bit sets over bins, indexed like cat_boundaries */
  size_t bin_words_capacity;
};

/* A tree of one leaf with value 0, count and weight 0, and shrinkage 1; capacity >= 1. `with_bins` keeps the
 * training-only arrays. One allocation; splits allocate only when the words of categorical sets outgrow
 * theirs (doubling). */
COPSE_MUST_CHECK copse_status tree_create(copse_context *ctx, int capacity, bool with_bins, struct tree *out,
                                          copse_error *err);
void tree_release(struct tree *tree);
/* A copy with no more room than it needs. */
COPSE_MUST_CHECK copse_status tree_copy(const struct tree *tree, struct tree *out, copse_error *err);

struct tree_side {
  double value, weight; /* leaf output (unshrunk) and sum of hessians */
  int64_t count;
};
struct tree_split {
  int leaf; /* the leaf that is split */
  int32_t feature;
  uint32_t column;
  float gain;
  uint8_t decision_type;
  double threshold;                         /* numeric */
  uint32_t threshold_bin;                   /* numeric */
  const uint32_t *category_bits, *bin_bits; /* categorical: words of the two bit sets */
  size_t n_category_words, n_bin_words;
  struct tree_side left, right;
};
/* Turns a leaf into a node. The new right leaf's number goes to *right_leaf. The node takes over the leaf's
 * value; its weight and count are the sums of its sides. A side's value that is NaN becomes 0. The tree must
 * have room (n_leaves < capacity). Without with_bins column, threshold_bin and bin_bits are not read. */
COPSE_MUST_CHECK copse_status tree_split(struct tree *tree, const struct tree_split *split, int *right_leaf,
                                         copse_error *err);

/* Leaf and node values, constants and coefficients times factor; values with |v| <= 1e-35 become 0.
 * Multiplies `shrinkage` too. */
void tree_shrink(struct tree *tree, double factor);
/* Adds a constant to every leaf and node value and to the constants of linear leaves (the score boosted from
 * the average); shrinkage becomes 1. */
void tree_add_bias(struct tree *tree, double bias);

#endif
