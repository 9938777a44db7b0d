/* queries.h - what the objectives over queries (objective=lambdarank, rank_xendcg) share: where queries
 * begin, their labels' gains, and scratch. */
#ifndef COPSE_OBJECTIVE_QUERIES_H
#define COPSE_OBJECTIVE_QUERIES_H

#include "kernels/ranking.h"
#include "objective/objective.h"

struct objective_queries {
  copse_context *ctx;
  uint64_t n, most;    /* queries; rows of the largest */
  uint64_t *begin;     /* [n + 1] first row of each */
  const double *gains; /* [n_gains] by label */
  size_t n_gains;
  double *discounts;    /* [most] by rank, or NULL */
  double *inverse_best; /* [n] one over the query's largest DCG; 0 where there is nothing to win; or NULL */
  char *scratch;        /* [n_lanes * lane_bytes] */
  size_t lane_bytes;
};

/* Queries there are, labels are numbers with a gain, positions are below n_rows (their data set saw to it).
 */
COPSE_MUST_CHECK copse_status queries_check(const struct objective *objective, copse_error *err);
/* begin and gains, and for each lane scratch of bytes_per_row times the rows of the largest query. */
COPSE_MUST_CHECK copse_status queries_create(copse_context *ctx, struct objective *objective,
                                             size_t bytes_per_row, copse_error *err);
void queries_release(struct objective_queries *queries);

#endif
