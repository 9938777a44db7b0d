/* split.h - the best split of a leaf, over all features. */
#ifndef COPSE_TRAIN_SPLIT_H
#define COPSE_TRAIN_SPLIT_H

#include "kernels/scan_steps.h"
#include "train/workspace.h"

/* What every numeric column of a leaf has in common. */
struct split_side {
  double shift, floor;     /* a candidate's gain is reported less shift; it must be above floor */
  struct scan_input input; /* but for the column */
  struct scan_steps steps;
};

/* Where workspace.rests are: those of the leaf are there, are to be found in its histogram, or are its
 * parent's less those of the other leaf. */
enum rest_source { REST_KEPT, REST_BUILT, REST_OF_PARENT };

/* The search of one leaf or two: columns are searched one by one, by any thread and in any order, as soon as
 * their histograms are known. */
struct split_search {
  struct workspace *ws;
  int leaves[2];          /* a negative number is passed over */
  struct lane *found;     /* that holds what is found: the first of those that search */
  const struct lane *end; /* behind the last of them */
  struct scan_rules rules;
  struct split_side sides[2];
  enum rest_source rest[2];
};

/* Draws the columns that the leaves look at. */
struct split_search split_search_begin(struct workspace *ws, const int leaves[2], int lane);
/* Searches one column of both leaves; what it needs lies in the lane of `thread`. */
void split_search_column(const struct split_search *search, uint32_t column, int thread);
/* Fills leaf.best once every column was searched. Ties: larger gain, then smaller feature. */
void split_search_end(const struct split_search *search);

/* The rules as a scan needs them. */
struct scan_rules split_rules(const struct grow_params *grow);

/* One categorical column of one leaf; `out->column` stays UINT32_MAX when nothing passes. */
struct split_task {
  struct workspace *ws;
  int side; /* of the search */
  const struct leaf *leaf;
  uint32_t column;
  struct hist_planes planes; /* of the column */
  struct split *out;
  struct lane *lane;
  const struct scan_bounds *bounds; /* of outputs; NULL: none */
  bool splittable;                  /* out */
};
void split_search_categorical(struct split_task *task);

/* The sums that the children begin with, of a candidate whose sums are exact. */
void split_keep_sums(const struct workspace *ws, const struct leaf *leaf, struct split *split);

/* True when candidate a is to be preferred to b: larger gain, then smaller feature. */
bool split_better(const struct split *a, const struct split *b);
void split_copy(struct split *to, const struct split *from, uint32_t bin_words);

/* Real sums of a leaf. The hessian carries 2 EPS, as in every search. */
static inline double leaf_sum_gradient(const struct workspace *ws, const struct leaf *leaf) {
  return ws->rests != NULL ? leaf->sum_gradient : (double)leaf->total_gradient * ws->gradient_unit;
}
static inline double leaf_sum_hessian(const struct workspace *ws, const struct leaf *leaf) {
  return ws->rests != NULL ? leaf->sum_hessian : (double)leaf->total_hessian * ws->hessian_unit;
}

/* What a candidate's two gains must exceed. Where a leaf's rows are all alike, gains and shift are equal but
 * for the last bits of their divisions: that much is no gain. */
static inline double split_gain_floor(const struct workspace *ws, double shift) {
  if (ws->grow.compat.split_on_rounding) return shift;
  return shift + 0x1p-50 * (shift < 0 ? -shift : shift);
}

#define SPLIT_EPSILON 1.0000000036274937e-15

#endif
