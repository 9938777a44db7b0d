/* hist_piece.h - some columns of a block of a leaf's histogram: added up, spilled, searched. Only the files
 * of hist.h include this. */
#ifndef COPSE_TRAIN_HIST_PIECE_H
#define COPSE_TRAIN_HIST_PIECE_H

#include "train/hist_bundle.h"
#include "train/split.h"

struct build_job {
  struct workspace *ws;
  const struct leaf *leaf;
  struct hist_target target; /* whole histograms */
  struct hist_planes narrow; /* the parent's planes, which become cells first; gradient NULL: they do not */
  bool at_once;              /* cells have room for all rows: they are spilled once */
  const struct split_search *search;
  const struct binned_block *block; /* whose rows are cut; NULL: columns are */
  int n_shares;                     /* of its rows */
  uint32_t n_parts;                 /* of a block's columns, a chunk each */
  uint32_t n_groups;                /* of those of `block` */
};

/* Carriers [first, end) of a block. */
struct piece {
  const struct binned_block *block;
  uint32_t first, end;
};

/* Accumulator cells of a thread's lane; its first carrier's first, and the one behind the last. */
struct hist_cells piece_cells(const struct build_job *job, int thread);
uint32_t piece_first_sum(struct piece piece);
uint32_t piece_end_sum(struct piece piece);

typedef void (*column_fn)(const struct build_job *job, const struct binned_column *column, uint32_t number,
                          int thread);
void piece_for_columns(const struct build_job *job, struct piece piece, int thread, column_fn body);

/* Groups of job->block for threads to take, as many for each; and one of them. */
uint32_t piece_n_groups(const struct binned_block *block, int n_threads);
struct piece piece_group_at(const struct build_job *job, size_t number);

/* Counts that do not ride in the hessians have a pass of their own. */
int piece_n_passes(const struct workspace *ws);
/* The piece as kernels see it. */
struct hist_block piece_block(struct piece piece);
/* A stretch of rows that all have room in the cells; n_behind of the leaf's rows that follow are probably
 * next. The pass is 1 for counts that come by themselves. */
void piece_update(const struct build_job *job, struct piece piece, uint64_t begin, uint64_t end,
                  uint64_t n_behind, int pass, struct hist_cells cells);
/* Into a target that starts at the block's first cell. */
void piece_spill(const struct build_job *job, struct piece piece, struct hist_cells cells,
                 const struct hist_target *target);
/* Searches every column, if there is a search. */
void piece_search(const struct build_job *job, struct piece piece, int thread);
/* The last spill of a piece: what is searched is still in the cache. */
void piece_spill_and_search(const struct build_job *job, struct piece piece, struct hist_cells cells,
                            const struct hist_target *target, int thread);
/* Rows [begin, end) of the leaf into a target that starts at the block's first cell; with `search` they are
 * the last ones. No rows at all still make planes. */
void piece_add_rows(const struct build_job *job, struct piece piece, uint64_t begin, uint64_t end,
                    struct hist_target target, int thread, bool search);

#endif
