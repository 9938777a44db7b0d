/* case_rank.c - the pairs of a ranked row, one query after the other in the cache. */
#include "cases/case_kernels.h"
#include "shim.h"

enum { BEHIND = 100, QUERIES = 1000 };

static struct {
  double score[BEHIND], gain[BEHIND], discount[BEHIND], label[BEHIND], odds[BEHIND];
  double gradient[BEHIND], hessian[BEHIND], pull[BEHIND];
  float floats[4][BEHIND];
} rows;

static struct rank_pairs make_pairs(void) {
  for (int i = 0; i < BEHIND; i++) {
    rows.score[i] = -0.05 * i;
    rows.label[i] = (double)(bench_mix((uint64_t)i) % 5);
    rows.gain[i] = (double)((1 << (int)rows.label[i]) - 1);
    rows.discount[i] = 1.0 / (2.0 + i);
    rows.odds[i] = 1.0 / (1.0 + i);
  }
  return (struct rank_pairs){.gain = 3,
                             .discount = 1,
                             .label = 2,
                             .own_odds = 1,
                             .scores = rows.score,
                             .gains = rows.gain,
                             .discounts = rows.discount,
                             .labels = rows.label,
                             .odds = rows.odds,
                             .n = BEHIND,
                             .sigmoid = 1,
                             .inverse_best = 0.1,
                             .norm = true,
                             .gradient = rows.gradient,
                             .hessian = rows.hessian};
}

static void report(struct bench_state *state, double bytes) {
  double items = (double)BEHIND * QUERIES;
  bench_report(state,
               &(struct bench_work){.items = items,
                                    .bytes = items * bytes,
                                    .floor_bytes = items * bytes,
                                    .floor = "cache: five numbers read a pair, its sums read and written"});
}

void bench_rank_pairs(struct bench_state *state, const struct kernels *kernels, int argument) {
  (void)argument;
  struct rank_pairs pairs = make_pairs();
  double sums[3];
  while (bench_next(state))
    for (int q = 0; q < QUERIES; q++) kernels->rank_pairs(&pairs, sums);
  report(state, 72);
}

void bench_rank_cells(struct bench_state *state, const struct kernels *kernels, int argument) {
  (void)argument;
  struct rank_pairs pairs = make_pairs();
  struct rank_cells cells = {.least = -25,
                             .per_score = RANK_N_CELLS / 50.0,
                             .gradient = rows.floats[0],
                             .hessian = rows.floats[1],
                             .own_gradient = rows.floats[2],
                             .own_hessian = rows.floats[3],
                             .pull = rows.pull};
  while (bench_next(state))
    for (int q = 0; q < QUERIES; q++) kernels->rank_cells(&pairs, &cells);
  report(state, 64);
}
