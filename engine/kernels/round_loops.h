/* round_loops.h - the histogram updates of exact training whose rows are rounded by AVX-512's conversion,
 * written once for vectors of either width. An includer has ROWS, the rows of a vector, struct rounding with
 * rounding_of, round_rows, rows_side_by_side, rows_anywhere and store_pairs, and defines ROUND_FLOATS, the
 * vector of such rows; it gets take_loops and gives round_joint, of which round_rest does the last rows. */
#ifndef COPSE_KERNELS_ROUND_LOOPS_H
#define COPSE_KERNELS_ROUND_LOOPS_H

#include "kernels/kernels.h"
#include "kernels/tiers.h"

static inline __attribute__((always_inline)) size_t round_many(const struct hist_source *source,
                                                               const struct row_gradient *all,
                                                               const uint32_t *rows, size_t n,
                                                               struct hist_pair *pairs) {
  const struct rounding rounding = rounding_of(source);
  size_t i = 0;
  for (; i + ROWS <= n; i += ROWS) {
    ROUND_FLOATS some = rows != NULL ? rows_anywhere(all, rows + i) : rows_side_by_side(all + i);
    store_pairs(pairs + i, round_rows(&rounding, some));
  }
  return i;
}

static void quantize_rows(const struct hist_source *source, const struct row_gradient *all,
                          const uint32_t *rows, size_t n, struct hist_pair *pairs) {
  size_t done =
      rows == NULL ? round_many(source, all, NULL, n, pairs) : round_many(source, all, rows, n, pairs);
  if (done < n)
    quantize_rows_scalar(source, rows != NULL ? all : all + done, rows != NULL ? rows + done : NULL, n - done,
                         pairs + done);
}

/* Rows i to n - 1 of those from `at` on, of all sources side by side. */
static inline void round_rest(const struct hist_source *sources, int n_sources, uint64_t at, size_t i,
                              size_t n, struct hist_pair *room) {
  for (; i < n; i++)
    for (int s = 0; s < n_sources; s++)
      quantize_rows_scalar(&sources[s], sources[s].rows + at + i, NULL, 1,
                           &room[(size_t)n_sources * i + (size_t)s]);
}

#define PAIR_QUANTIZE quantize_rows
#include "kernels/pair_loops.h"

#define JOINT_ROUND round_joint
#include "kernels/joint_loops.h"

static void take_loops(struct kernels *slots) {
  slots->hist_update = hist_update;
  slots->hist_update_joint = hist_update_joint;
}

#endif
