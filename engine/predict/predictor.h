/* predictor.h - the insides of copse_predictor: a range of rounds, flattened for walking.
 *
 * Each tree is kept over codes (coded.h), and by values: an array of 32-byte nodes, two to a cache line. What
 * a missing value does at a node is worked out beforehand with route.h's own rule (NaN and 0 are the only
 * values that can be missing), so that a step is a comparison and two conditional moves. Immutable once made,
 * hence shared by any number of threads.
 */
#ifndef COPSE_PREDICT_PREDICTOR_H
#define COPSE_PREDICT_PREDICTOR_H

#include "copse.h"
#include "model/model.h"
#include "model/route.h"
#include "objective/objective.h"
#include "predict/coded.h"

/* How rows go through the trees; all ways give the same bits. AUTO chooses by rows and trees, the others are
 * for tests: by values, by codes node after node, by codes and programs over bytes or, where the trees have
 * such programs, over bits. */
enum predict_way { WAY_AUTO, WAY_PLAIN, WAY_WALK, WAY_BYTES, WAY_BITS };

enum { MOST_ROW_COLUMNS = 1024 }; /* cells of one row on the stack */

struct flat_node {
  union {
    double threshold; /* numeric: left iff value <= threshold, unless NaN or 0 */
    struct {
      uint32_t first_word, n_words; /* categorical: bit set within predictor.words */
    } set;
  } rule;
  int32_t child[2];       /* [0] right, [1] left; negative: ~leaf */
  uint32_t feature, slot; /* column of the caller's row; column of a gathered row */
  uint8_t nan_left, zero_left;
  uint8_t categorical;
};

/* Linear models of leaves. A step of their sum needs the coefficient and one of the two columns. */
struct flat_term {
  double coefficient;
  uint32_t feature, slot; /* as in flat_node */
};
struct flat_linear {
  double constant;
  const struct flat_term *terms;
  size_t n_terms;
};

struct flat_tree {
  const struct flat_node *nodes;    /* [n_leaves - 1] */
  const double *leaf_values;        /* [n_leaves] */
  const struct flat_linear *linear; /* [n_leaves]; NULL: the leaves predict their values */
  int n_leaves;
  bool has_sets;
};

struct copse_predictor {
  copse_context *ctx;
  copse_model *model;
  copse_predict_kind kind;
  struct objective objective;
  uint32_t n_features, width;   /* features of the trees */
  const copse_encoder *encoder; /* the model's: derives the last of them; or NULL */
  int n_outputs, n_rounds, n_trees;
  struct flat_tree *trees; /* [n_trees] */
  struct flat_node *nodes;
  double *leaf_values;
  uint32_t *words;
  struct flat_linear *linear;
  struct flat_term *terms;
  uint32_t n_slots;        /* features that any node or leaf uses */
  uint32_t *slot_features; /* [n_slots] ascending */
  int32_t *feature_slots;  /* [n_features], -1: not used */
  struct coded_trees coded;
  enum predict_way way;
  bool row_coded; /* one row goes by codes */
  const struct kernels *kernels;
};

/* values: as route_value gives them */
static inline int flat_step(const struct flat_node *node, double value, const uint32_t *words) {
  bool left;
  if (node->categorical) {
    left = route_categorical_left(value, words + node->rule.set.first_word, node->rule.set.n_words);
  } else {
    left = value <= node->rule.threshold;
    left = isnan(value) ? node->nan_left : left;
    left = value == 0.0 ? node->zero_left : left;
  }
  return node->child[left];
}

/* What a leaf adds to a row's score. row: gathered (columns are slots, values as route_value gives them) or
 * the caller's own. */
static inline double flat_output(const struct flat_tree *tree, int32_t leaf, const double *row,
                                 bool gathered) {
  if (tree->linear == NULL) return tree->leaf_values[leaf];
  const struct flat_linear *linear = &tree->linear[leaf];
  double sum = linear->constant;
  for (size_t k = 0; k < linear->n_terms; k++) {
    const struct flat_term *term = &linear->terms[k];
    double value = gathered ? row[term->slot] : route_value(row[term->feature]);
    if (!leaf_model_add(term->coefficient, value, &sum)) return tree->leaf_values[leaf];
  }
  return sum;
}

/* Raw scores of one row to the kind's value, in place; raw [n_outputs]. */
static inline void predictor_finish(const struct copse_predictor *predictor, double *raw) {
  if (predictor->kind == COPSE_PREDICT_LEAF || predictor->kind == COPSE_PREDICT_SUM) return;
  if (predictor->model->average_output && predictor->n_rounds > 0)
    for (int k = 0; k < predictor->n_outputs; k++) raw[k] /= predictor->n_rounds;
  if (predictor->kind == COPSE_PREDICT_VALUE) predictor->objective.row->transform(&predictor->objective, raw);
}

#endif
