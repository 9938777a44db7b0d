/* verify.h - what the two kinds of constraints share when they are verified. */
#ifndef COPSE_MODEL_VERIFY_H
#define COPSE_MODEL_VERIFY_H

#include "model/model.h"

/* Values of a feature that reach a place in a tree: low < value <= high, and rows without a value. */
struct value_range {
  double low, high;
  bool missing;
};

struct verifier {
  const copse_model *model;
  copse_verify_fn on_result;
  void *user;
  uint64_t steps, max_steps; /* nodes looked at for this constraint */
  uint64_t draws;            /* random numbers used for it */
  /* Of the tree looked at; room for the largest one. */
  int32_t *parent;            /* [nodes] */
  int32_t *stack;             /* [leaves] */
  int32_t *order;             /* [nodes] every node before its children */
  double *least, *most;       /* [nodes] values of the leaves below */
  struct value_range *ranges; /* [n_features] */
  double *rows;               /* [4 * n_features] */
  double scores[4];
  double *cuts; /* thresholds of one feature */
  size_t n_cuts;
};

/* Fills parent and order. */
void verify_tree(struct verifier *v, const struct tree *tree);
/* Raw score of a row. */
double verify_score(struct verifier *v, int output, const double *row);
/* A row that reaches the leaf, where the path allows one; features off the path are 0. verify_tree has seen
 * the tree. */
void verify_reach(struct verifier *v, const struct tree *tree, int leaf, double *row);
/* A number below n; repeatable. */
uint64_t verify_draw(struct verifier *v, uint64_t n);
/* Sets a random feature of the row to one side of a random threshold of the model. */
void verify_shake(struct verifier *v, double *row);
/* Sorted thresholds of a feature, a value just below 0, and one above all of them. Empty when no tree splits
 * on it. */
void verify_cuts(struct verifier *v, uint32_t feature);
/* A value at which a row goes to a given side of a node; node of verify_tree's tree. */
double verify_value_at(const struct tree *tree, int node, bool right);

static inline bool verify_spent(const struct verifier *v) { return v->steps >= v->max_steps; }
static inline bool verify_numeric(const struct tree *tree, int node) {
  return (tree->decision_type[node] & DECISION_CATEGORICAL) == 0;
}

void verify_monotone(struct verifier *v, uint32_t feature, int sign);
/* text: the groups. */
COPSE_MUST_CHECK copse_status verify_interactions(struct verifier *v, const char *text, copse_error *err);

#endif
