/* forest.h - random forest (Breiman 2001): scores are averages of trees, each grown by itself. */
#ifndef COPSE_TRAIN_FOREST_H
#define COPSE_TRAIN_FOREST_H

#include "train/booster.h"

static inline bool forest_on(const copse_booster *booster) { return booster_is(booster, BOOSTING_RF); }

/* Trees of its output that the average held before tree t was added. */
int forest_size_at(const copse_booster *booster, int t);
/* Scores [n] of one output, an average of n_before trees: their sum, to which one more is to be added; and
 * the average of one tree more again. */
void forest_open(const copse_booster *booster, int n_before, uint64_t n, double *score);
void forest_close(const copse_booster *booster, int n_before, uint64_t n, double *score);
/* The constants that trees are grown at, from the starting scores. */
void forest_begin(copse_booster *booster);
/* A grown tree gets its output's starting score, one that cannot be split is that score. */
void forest_finish_tree(const copse_booster *booster, int output, struct tree *tree);

#endif
