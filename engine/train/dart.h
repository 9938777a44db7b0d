/* dart.h - dropout of earlier trees while a tree is grown (Vinayak and Gilad-Bachrach 2015; algorithms 7.2).
 *
 * Weights of trees change with every round, and scores must be the very sums of the trees whatever was taken
 * off and put back on the way. So leaf values and scores are multiples of one power of two, the unit (with
 * several labels each has its own): sums of them are exact, in any order. What a tree was like after any
 * earlier round is found by repeating what was done to it. */
#ifndef COPSE_TRAIN_DART_H
#define COPSE_TRAIN_DART_H

#include "train/booster.h"

static inline bool dart_on(const copse_booster *booster) { return booster_is(booster, BOOSTING_DART); }

/* Before the gradients of a round: chooses the trees to drop, and takes them off the training scores. */
COPSE_MUST_CHECK copse_status dart_begin_round(copse_booster *booster, copse_error *err);
/* Factor on this round's trees. */
double dart_learning_rate(const copse_booster *booster);
/* The newest tree, shrunk and not yet added to any score: its values come onto the grid, and are kept. */
COPSE_MUST_CHECK copse_status dart_keep_tree(copse_booster *booster, struct tree *tree, copse_error *err);
/* The round is done: dropped trees come back with less weight, in all scores. */
void dart_end_round(copse_booster *booster);
/* The round has no tree: dropped trees come back as they were, with compat=lightgbm negated. */
void dart_end_without_round(copse_booster *booster);
/* Trees that are left when rounds were taken back are again what they were then. */
void dart_truncate(copse_booster *booster);
/* Scores [n] of an output, all trees of a model that was continued without weights in them, onto the grid. */
void dart_round_scores(const copse_booster *booster, int output, double *score, uint64_t n);
/* What multiples a row's sum of a linear leaf of one of the booster's trees is rounded to; 0: none. */
double dart_linear_unit(const copse_booster *booster, const struct tree *tree, int output);
/* Trees of the booster that are not dropped, ever: those of a continued model without weights. */
int dart_fixed_trees(const copse_booster *booster);
/* Tree t's values after n_rounds rounds of the booster's own, into its copy. */
void dart_tree_at(const copse_booster *booster, int t, int n_rounds, struct tree *copy);
/* What continuing needs, into a model of n_rounds rounds of the booster's own (and the prefix). */
COPSE_MUST_CHECK copse_status dart_describe(const copse_booster *booster, int n_rounds, copse_model *model,
                                            copse_error *err);
/* The booster's trees come from this model: weights and starting scores as it has them. */
COPSE_MUST_CHECK copse_status dart_continue(copse_booster *booster, const copse_model *model,
                                            copse_error *err);
void dart_release(copse_booster *booster);

#endif
