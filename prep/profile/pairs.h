/* pairs.h - how columns hang together, on a sample of rows: Spearman's correlation of two columns of numbers
 * or dates, Cramer's V without bias (Bergsma 2013) of two of levels, the correlation ratio without bias of
 * one of each; which are missing together; which go together in a curve, and pictures of the strongest. */
#ifndef COPSE_PROFILE_PAIRS_H
#define COPSE_PROFILE_PAIRS_H

#include "profile/facts.h"

enum { PAIRS_LIST = 50, PAIRS_MOST_COLUMNS = 1000, PAIRS_CURVED = 12, PAIRS_GRIDS = 6, PAIRS_CELLS = 24 };
enum pairs_kind { PAIRS_SAME, PAIRS_STRONG, PAIRS_MISSING, N_PAIRS_KINDS };

struct pair {
  uint32_t a, b;
  const char *measure; /* "spearman", "cramers_v", "corr_ratio" */
  double value;        /* spearman with its sign */
  double pearson;      /* of two columns of numbers or dates, else NaN */
  uint64_t n;          /* rows where both are there */
};

/* Two columns of numbers that hardly rise or fall together, and yet one tells much of the other. */
struct curved {
  uint32_t a, b;
  double rank, told; /* Spearman's; mutual information as a share of the lesser entropy */
};

/* Rows in cells between the 1st and the 99th percentile of both columns. */
struct pair_grid {
  uint32_t a, b, size; /* cells to a side */
  bool curved;
  double value;                               /* Spearman's */
  uint32_t counts[PAIRS_CELLS * PAIRS_CELLS]; /* [size * size] rows of b from the least, a within them */
};

struct pairs {
  copse_context *ctx;
  uint32_t n_columns;
  size_t n_rows;     /* looked at */
  bool skipped;      /* too many columns: only those that are the same are looked for */
  float *matrix;     /* [n_columns * n_columns] absolute value, NaN: not defined */
  struct pair *list; /* [n_list] the strongest */
  uint32_t n_list;
  struct curved curved[PAIRS_CURVED]; /* [n_curved] those that tell most first */
  uint32_t n_curved;
  bool curved_skipped;     /* too many columns of numbers for it, or too few rows */
  struct pair_grid *grids; /* [n_grids] */
  uint32_t n_grids;
  uint32_t *twin; /* [n_columns] the least column with the same cells in the sample, maybe itself */
  uint32_t *cluster[N_PAIRS_KINDS]; /* [n_columns] least column of the cluster */
  uint32_t *size[N_PAIRS_KINDS];    /* [n_columns] of the cluster that a column is the least of, else 0 */
};

/* sampled: columns with their samples, whose facts are known. target: a column that joins no cluster. False:
 * out of memory. */
bool pairs_find(copse_context *ctx, const struct column *columns, const struct column_facts *facts,
                uint32_t n_columns, uint32_t target, int n_threads, struct pairs *out);
/* The turn-th cluster of two and more, ascending: columns [n_columns] and their number, 0 when there is none.
 */
uint32_t pairs_cluster(const struct pairs *pairs, enum pairs_kind kind, uint32_t turn, uint32_t *columns);
/* The strongest companions of a column; returns how many. */
uint32_t pairs_nearest(const struct pairs *pairs, uint32_t column, uint32_t most, uint32_t *out);
/* Cells that fewer rows have are emptied. */
void pairs_guard(struct pairs *pairs, const struct column_facts *facts, uint64_t common);
void pairs_free(struct pairs *pairs);

#endif
