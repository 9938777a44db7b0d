/* workspace.h - everything tree growth borrows: sized once before the first round; the loop allocates
 * nothing.
 *
 *   rows      numbers of rows: every leaf owns those of its own, and room to divide them into
 *   source    gradient and hessian of every row, and their scales in fixed point
 *   pool      histograms of leaves, see hist_form.h; least recently used goes first
 *   lanes     per thread: accumulator cells of one block, planes to merge, scratch of the categorical search
 *   leaves    row range, totals, best split of every leaf */
#ifndef COPSE_TRAIN_WORKSPACE_H
#define COPSE_TRAIN_WORKSPACE_H

#include <stdatomic.h>

#include "copse.h"
#include "data/dataset.h"
#include "kernels/kernels.h"
#include "params/params.h"
#include "train/category_sort.h"
#include "train/constrain.h"

/* The best split known for a leaf. */
struct split {
  double gain;     /* reported: both gains - shift; -inf: none */
  uint32_t column; /* UINT32_MAX: none */
  uint32_t feature;
  bool categorical, default_left;
  uint32_t threshold_bin;
  int64_t left_gradient, left_hessian; /* fixed point */
  double left_count, right_count;      /* as the search counted them (estimated in compat mode) */
  double left_output, right_output;
  double left_sum_gradient, left_sum_hessian, right_sum_gradient, right_sum_hessian; /* see leaf */
  uint32_t *bin_bits; /* categorical: [bin_words], owned by the workspace */
};

/* A split as the kernel takes it. */
struct node_rule {
  struct split_rule rule;
  uint32_t words[BUNDLE_MOST_VALUES / 32]; /* of a bundled carrier: cells that go left */
};

/* Numbers of rows, ascending, and as many places beside them: rows that go right are moved there when they
 * are divided. Of a leaf that was divided ahead of its turn and in vain first the left side's come. */
struct row_area {
  uint32_t *rows; /* NULL: all rows of the data set */
  uint32_t *room;
};

struct leaf {
  uint64_t begin, n_rows; /* begin: of the other leaves' as they lie side by side, those before */
  struct row_area area;   /* [n_rows] */
  int pending; /* the children are made: the left one's number, the right one's is the next; -1: they are not
                */
  bool known;  /* and all is known of them */
  int depth;
  struct split best;
  int64_t total_gradient, total_hessian;
  double sum_gradient, sum_hessian; /* the same as LightGBM rounds them, where workspace.rests are */
  double output;                    /* unshrunk value the leaf got when it was made */
  double lower, upper;              /* limits of the outputs of its children (monotone constraints) */
  int part_of;                      /* pending: the leaf that it is a side of; -1: it is one of the tree */
  bool right_part;
  uint64_t key;   /* of the path from the root: what draws at this node are keyed by */
  int slot;       /* of the pool, -1: none */
  int spare[2];   /* slots for its children, -1: none */
  bool has_rests; /* workspace.rests are of this leaf's rows, no longer its parent's */
};

/* Sorted categorical search: bins kept, with their sort keys. */
struct category_scratch {
  struct category_key *items, *room; /* [most bins] */
};

/* A histogram of the pool. */
struct hist_slot {
  struct hist_planes planes; /* [n_cells] */
  bool as_cells;             /* the first of them holds packed cells instead of all, see hist_form.h */
  uint32_t turn;             /* larger than that of slots written before it */
  int lane;                  /* that wrote it, or ALL_LANES */
};

struct lane {
  _Alignas(
      64) struct hist_pair *cells; /* [max block cells], zero between uses; packed cells lie in them too */
  struct hist_planes planes;       /* [max block cells] */
  bool filled;                     /* they hold rows of the leaf being built */
  atomic_uint_least64_t next_row;  /* of this lane's share of that leaf's, see hist_rows.c */
  struct hist_planes column;       /* [most bins] made of packed cells, see hist_form.h */
  struct category_scratch categories;
  uint32_t *bits;              /* [bin_words] candidate set */
  bool *column_in_leaf;        /* [2 * n_columns] of the pair being searched */
  struct split *column_best;   /* [2 * n_columns] */
  uint32_t *column_bits;       /* [2 * n_columns * bin_words] */
  double best_gain[2];         /* of the numeric columns that this thread has searched, before the shift */
  const struct split *best[2]; /* of all that it has searched; NULL: none has a candidate */
  double phase_s[4];           /* of work that this lane did by itself */
};

/* Work on a leaf is shared by all threads, or one thread's by itself: then on the lane of that thread. */
enum { ALL_LANES = -1, WORKSPACE_PENDING = 64 };

/* Rows are cut into chunks of fixed size wherever threads share them. */
enum { WORKSPACE_CHUNK = 1 << 14 };

/* Values of half a float's bits: rows are counted by them to find a threshold of their strength. */
enum { GRADIENT_SAMPLE_BINS = 1 << 16 };

/* What one chunk of rows reports. */
struct row_chunk {
  float max_gradient, max_hessian;
  int64_t gradient, hessian;
  uint64_t n_left; /* of a partition */
};

/* A tree's gradients, and all that goes by their scale. */
struct tree_gradients {
  struct row_gradient *rows; /* [n_rows] */
  struct hist_source source;
  double gradient_unit, hessian_unit;
  unsigned count_shift;
  int64_t most_gradient;
};

/* The root of a tree to be grown, built with others', see hist_joint.h. */
struct joint_root {
  struct tree_gradients gradients;
  const uint32_t *row_of;    /* the order of rows that they are in */
  int64_t *own;              /* the memory that came with the first planes */
  struct hist_planes planes; /* [n_cells] change places with a slot's */
};

struct joint_roots {
  bool tried, possible;
  int n_roots, n_taken;
  struct joint_root roots[HIST_MOST_SOURCES];
  struct hist_pair **cells; /* [n_threads] [2 or 4 * max block cells]; those of trees are zero between uses */
};

/* What is known of other processes on the cores, see crowd.h. */
struct crowd {
  bool suspected;        /* time was lost when something was decided the last time, */
  bool alone;            /* or twice and more: small leaves are one thread's, */
  double alone_until;    /* until then */
  double alone_s;        /* for how long the last time; 0: the cores have been free since */
  double wall_s, lost_s; /* of all threads since something was decided, and what of it they lost */
  double start, waited;  /* when this tree began, and what had been waited for threads by then */
};

struct workspace {
  copse_context *ctx;
  const copse_dataset *data;
  const struct kernels *kernels;
  int n_threads;
  struct grow_params grow;
  struct sample_params sample;
  struct constraints constraint;

  /* this tree's sample, see sample.h */
  uint64_t n_bag;
  struct row_area bag;          /* [n_bag] rows in it */
  const uint32_t *rows_out;     /* [n_rows - n_bag] the others */
  struct node_rule *node_rules; /* [num_leaves] of a tree's nodes, for rows_out; NULL: all are in the bag */
  int32_t *query_of_row;        /* [n_rows] for bagging_by_query, else NULL */
  float *row_strength;       /* [n_rows] see gradient_sample.h; NULL: rows are not drawn by their gradients */
  uint32_t *strength_counts; /* [n_threads * GRADIENT_SAMPLE_BINS] */
  bool rows_chosen;          /* they were this round; a strength below 0: the row is out */
  uint64_t tree_key;         /* of (round, output) */
  uint64_t *column_hash;     /* [n_columns] of the column's name */
  bool *column_in_tree;      /* [n_columns] */
  uint32_t
      *threshold_state; /* [n_columns] see sample_lightgbm.h; NULL: thresholds are hashes, or not drawn */
  uint32_t *threshold_drawn; /* [2 * n_columns] for the sides of a search */
  uint64_t threshold_next_tree;

  /* fixed-point form of this round's gradients */
  enum count_kind count_kind;
  bool constant_hessian;
  unsigned count_bits, count_shift;
  uint64_t cell_rows; /* that accumulator cells have room for */
  double gradient_unit, hessian_unit;
  double root_hessian;   /* of all rows, where it is not the sum of theirs (compat 10.3), else 0 */
  int64_t most_gradient; /* of a row, in magnitude */
  double true_gradient_scale, true_hessian_scale; /* quantised: of sums of the gradients before rounding */
  struct row_gradient *gradients;                 /* [n_rows]; NULL with quantised gradients */
  struct hist_source source;                      /* of those rows */
  int32_t *packed;                                /* [n_rows] instead, with quantised gradients; else NULL */

  uint32_t *rows, *rows_beside; /* [n_rows] what the areas of leaves are parts of */
  uint32_t *rows_aside;         /* [n_rows] room of whoever deals with all rows, or a leaf's by all threads */

  /* Once rows are clustered (cluster.h) all numbers of rows in here are places in `clustered`, or in the data
   * set's own matrix. */
  struct binned clustered;
  bool clustered_in_place;
  uint32_t *row_of; /* [n_rows] the data set's row at a place; NULL: places are rows */
  float *gathered;  /* [n_threads * 2 * WORKSPACE_CHUNK] gradients and hessians of a chunk */
  bool cluster_tried;
  bool gradients_placed;    /* this round's gradients and scores come by place */
  bool gradients_taken;     /* the next tree's were handed over chunk by chunk */
  struct row_chunk *chunks; /* [n_rows / WORKSPACE_CHUNK + 1] */
  struct joint_roots joint;
  struct joint_root *root;   /* of this tree; NULL: it is still to be built */
  struct workspace *helpers; /* [n_helpers] see apart.h */
  int n_helpers;
  bool helpers_tried;

  int n_slots, n_slots_used; /* slots are taken in order, then recycled, see hist.h */
  bool keeps_slots;          /* leaves are searched again: none loses its slot while others are free */
  uint32_t slot_turn;        /* of the slot taken last */
  struct crowd crowd;
  double gain_in_sight;  /* about what a leaf has to gain to be split, see ahead.h; below 0: not known */
  double least_in_sight; /* share of it: below, a leaf is as good as never split, see hist_slots.h */
  bool shares_columns;   /* threads share small leaves, see hist.h; else they are one thread's each */
  bool speculative;      /* there are slots enough for leaves that are divided ahead */
  int64_t *pool;         /* gradient and hessian planes of all slots */
  struct hist_slot *slots;
  atomic_int *slot_leaf; /* leaf that owns a slot */

  struct lane *lanes; /* [n_threads] */
  uint32_t bin_words; /* words of a bit set over bins of the widest categorical column */
  uint32_t category_words;
  uint32_t *category_bits; /* [category_words] */
  uint32_t *leaf_bits;     /* [n_leaves_room * bin_words] */
  double (*rests)[2];      /* [n_leaves_room * n_columns] see split_lightgbm.h; NULL: sums are exact */
  uint8_t *splittable;     /* [n_leaves_room * n_columns] when compat.inherit_unsplittable */
  struct leaf *leaves;     /* [n_leaves_room]: those of the tree, then pairs of pending children */
  int n_leaves_room;
  int pending[WORKSPACE_PENDING], n_pending; /* first leaves of the pairs that are free */
  double phase_s[4];                         /* enum workspace_phase */
};

enum workspace_phase { PHASE_GRADIENT, PHASE_HISTOGRAM, PHASE_SPLIT, PHASE_PARTITION };

/* Threads that growing trees on the data is worth, of as many as are wished for: small data are quicker with
 * fewer. */
int workspace_threads(copse_context *ctx, const copse_dataset *data, int wish);

/* constant_hessian: hessians are all 1. n_threads is a wish, see above. */
COPSE_MUST_CHECK copse_status workspace_create(copse_context *ctx, const copse_dataset *data,
                                               const struct grow_params *grow,
                                               const struct sample_params *sample, bool constant_hessian,
                                               int n_threads, const struct kernels *kernels,
                                               struct workspace *out, copse_error *err);
void workspace_release(struct workspace *ws);
/* The pool and its slots, part of workspace_create. False: there is no memory for them. */
bool workspace_pool_create(struct workspace *ws);

/* Takes the gradients of n of the next tree's rows from `row` on, in the order that they are stored in, while
 * they are in the cache; quantised ones are measured only, and handed to workspace_begin_tree still, which
 * otherwise looks at none once all are taken and gradients_taken is set. Of a chunk of WORKSPACE_CHUNK rows
 * one thread takes all, from its first row on. */
void workspace_take_gradients(struct workspace *ws, uint64_t row, uint64_t n, const float *gradient,
                              const float *hessian);

/* Rounds the gradients to fixed point (as many bits as their sum over all rows allows) and makes leaf 0 the
 * root of the rows in the bag. Comes after sample_tree. Gradients that are not finite are refused
 * (COPSE_ERR_DATA): labels, weights and scores that each fit a float may have a gradient that does not. */
COPSE_MUST_CHECK copse_status workspace_begin_tree(struct workspace *ws, const float *gradient,
                                                   const float *hessian, copse_error *err);

/* The part of begin_tree that makes leaf 0. */
void workspace_begin_root(struct workspace *ws);
/* Exchanges the workspace's gradients, not quantised, for others. */
void workspace_swap_gradients(struct workspace *ws, struct tree_gradients *others);

/* The totals of leaf 0, which begin_tree leaves out: every column of its histogram adds up to them, and this
 * is for those who build none. */
void workspace_sum_root(struct workspace *ws);

/* Cuts rows for threads that all share them: as many chunks for each thread, of equal size, for a short last
 * one would keep a thread waiting. At most most_rows in each. Returns the number of chunks, at most
 * n_rows / most_rows + n_threads. */
size_t workspace_cut(uint64_t n_rows, uint64_t most_rows, int n_threads, uint64_t *chunk_rows);

/* copse_parallel_for with all threads, or the same chunks one after the other on a lane. */
void workspace_for(int lane, int n_threads, size_t n_chunks, copse_chunk_fn body, void *user);
/* Adds the time since `start` to a phase. */
void workspace_note(struct workspace *ws, int lane, enum workspace_phase phase, double start);

/* A thread's room for the gradients and the hessians of a chunk: 2 * WORKSPACE_CHUNK numbers. */
static inline float *workspace_chunk_gradients(const struct workspace *ws, int thread) {
  return ws->gathered + (size_t)thread * 2 * WORKSPACE_CHUNK;
}

/* The matrix that rows are numbered in. */
static inline const struct binned *workspace_matrix(const struct workspace *ws) {
  return ws->row_of != NULL && !ws->clustered_in_place ? &ws->clustered : &ws->data->binned;
}

/* The data set's number of a row. */
static inline uint32_t workspace_row(const struct workspace *ws, uint32_t place) {
  return ws->row_of != NULL ? ws->row_of[place] : place;
}

/* Where a row's gradients and scores are this round. */
static inline uint32_t workspace_gradient_row(const struct workspace *ws, uint32_t place) {
  return ws->gradients_placed ? place : workspace_row(ws, place);
}

/* Accumulator or plane cells of the widest block. */
uint32_t workspace_block_cells(const struct workspace *ws);

/* Seconds of a monotonic clock. */
double workspace_clock(void);

#endif
