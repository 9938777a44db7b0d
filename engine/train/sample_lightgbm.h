/* sample_lightgbm.h - LightGBM's own draws (algorithms 0.3, 4.12, 4.13, 6.1), for compat=lightgbm: columns of
 * a tree, rows in the bag, thresholds of extra trees on numeric columns. Its draws per node, of categories,
 * of dart and of goss are not copied. */
#ifndef COPSE_TRAIN_SAMPLE_LIGHTGBM_H
#define COPSE_TRAIN_SAMPLE_LIGHTGBM_H

#include "base/congruence.h"
#include "train/workspace.h"

enum { LIGHTGBM_BLOCK = 1024 }; /* rows or queries that share a generator */

/* The rows' generators, at a round's draw. */
struct lightgbm_bag {
  uint64_t n_units, n_full;                 /* rows or queries, and those of them in full blocks */
  uint32_t seed;                            /* of the first block */
  struct congruence full, rest;             /* draws of earlier rounds: of a full block, of the last one */
  struct congruence within[LIGHTGBM_BLOCK]; /* to a unit of the block */
};

/* Columns of the n_before-th tree into in [n_columns]. */
void lightgbm_draw_columns(const struct workspace *ws, uint64_t n_before, bool *in);
/* n_draws: how often rows were drawn before. */
void lightgbm_begin_bag(struct lightgbm_bag *bag, uint32_t seed, uint64_t n_units, uint64_t n_draws);
/* In [0, 1), of a row or query. */
double lightgbm_bag_draw(const struct lightgbm_bag *bag, uint64_t unit);
/* Where thresholds are drawn: those of a pair of leaves, or of one, about to be searched, as sides of that
 * search: the smaller leaf is drawn for first. A side of -1 is drawn for nothing. n_sides 1: one leaf. `leaf`
 * is one of them. */
void lightgbm_draw_thresholds(struct workspace *ws, int leaf, int n_sides, const int sides[2]);
/* Generators of thresholds run on from tree to tree, and begin anew where trees do not follow each other
 * (a model that is continued, rounds taken back). */
void lightgbm_begin_thresholds(struct workspace *ws, uint64_t n_before);

#endif
