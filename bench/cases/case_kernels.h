/* case_kernels.h - the functions that run a slot, and the variants they know. */
#ifndef COPSE_BENCH_CASE_KERNELS_H
#define COPSE_BENCH_CASE_KERNELS_H

#include "cases/cases.h"
#include "kernels/kernels.h"

typedef void (*kernel_body)(struct bench_state *state, const struct kernels *kernels, int argument);

struct kernel_case {
  const char *name, *variant;
  size_t slot; /* offset in struct kernels */
  kernel_body body;
  int argument;
};

enum { HIST_ROOT, HIST_HALF, HIST_SIXTEENTH, HIST_256TH, HIST_ROOT_63, HIST_ROOT_WIDE, HIST_ROOT_TWO_BYTE };
enum { SCAN_COUNT, SCAN_BEATEN, SCAN_SMALL, SCAN_SHIFT, SCAN_ESTIMATE, SCAN_MISSING, SCAN_63 };
enum {
  PARTITION_ROOT,
  PARTITION_UNEVEN,
  PARTITION_256TH,
  PARTITION_MISSING,
  PARTITION_CATEGORIES,
  PARTITION_TWO_BYTE
};
enum {
  GRADIENT_SQUARED,
  GRADIENT_LOGISTIC,
  GRADIENT_CROSS_ENTROPY,
  GRADIENT_POISSON,
  GRADIENT_HUBER,
  GRADIENT_QUANTILE,
  GRADIENT_ABSOLUTE,
  GRADIENT_SOFTMAX,
  GRADIENT_FAIR,
  GRADIENT_PERCENTAGE,
  GRADIENT_EXPECTILE,
  GRADIENT_GAMMA,
  GRADIENT_TWEEDIE,
  GRADIENT_LAMBDA,
  GRADIENT_FOCAL,
  GRADIENT_AFT_LOGISTIC,
  GRADIENT_AFT_EXTREME
};

/* argument: the variant */
void bench_hist_update(struct bench_state *state, const struct kernels *kernels, int argument);
void bench_hist_update_joint(struct bench_state *state, const struct kernels *kernels, int argument);
void bench_hist_update_packed(struct bench_state *state, const struct kernels *kernels, int argument);
void bench_scan(struct bench_state *state, const struct kernels *kernels, int argument);
void bench_partition(struct bench_state *state, const struct kernels *kernels, int argument);
/* argument: count_bits */
void bench_hist_spill(struct bench_state *state, const struct kernels *kernels, int argument);
void bench_hist_spill_off(struct bench_state *state, const struct kernels *kernels, int argument);
void bench_quantize(struct bench_state *state, const struct kernels *kernels, int argument);
/* argument: whether there is a plane of counts */
void bench_hist_subtract(struct bench_state *state, const struct kernels *kernels, int argument);
/* argument: the gradient */
void bench_gradient(struct bench_state *state, const struct kernels *kernels, int argument);
void bench_gradient_weighted(struct bench_state *state, const struct kernels *kernels, int argument);
/* argument: whether rounding is stochastic */
void bench_pack(struct bench_state *state, const struct kernels *kernels, int argument);
/* argument: cuts of the feature */
void bench_encode(struct bench_state *state, const struct kernels *kernels, int argument);
/* argument: none */
void bench_hist_spill_packed(struct bench_state *state, const struct kernels *kernels, int argument);
void bench_spread(struct bench_state *state, const struct kernels *kernels, int argument);
void bench_set_cells(struct bench_state *state, const struct kernels *kernels, int argument);
void bench_reach(struct bench_state *state, const struct kernels *kernels, int argument);
void bench_bits_above(struct bench_state *state, const struct kernels *kernels, int argument);
void bench_bits_below(struct bench_state *state, const struct kernels *kernels, int argument);
void bench_reach_bits(struct bench_state *state, const struct kernels *kernels, int argument);
void bench_add_values(struct bench_state *state, const struct kernels *kernels, int argument);
void bench_encode_row(struct bench_state *state, const struct kernels *kernels, int argument);
void bench_walk_blocks(struct bench_state *state, const struct kernels *kernels, int argument);
void bench_rank_pairs(struct bench_state *state, const struct kernels *kernels, int argument);
void bench_rank_cells(struct bench_state *state, const struct kernels *kernels, int argument);
void bench_exp_differences(struct bench_state *state, const struct kernels *kernels, int argument);
void bench_max_abs(struct bench_state *state, const struct kernels *kernels, int argument);
/* argument: bins */
void bench_transpose(struct bench_state *state, const struct kernels *kernels, int n_columns);
void bench_interleave(struct bench_state *state, const struct kernels *kernels, int n_columns);
void bench_add_range(struct bench_state *state, const struct kernels *kernels, int argument);
void bench_find_buckets(struct bench_state *state, const struct kernels *kernels, int argument);
void bench_bucket_rows(struct bench_state *state, const struct kernels *kernels, int n_columns);
void bench_look_up(struct bench_state *state, const struct kernels *kernels, int share);
void bench_bin_numeric(struct bench_state *state, const struct kernels *kernels, int argument);

/* The rows [0, n_rows) dealt out to n_leaves leaves by chance: leaf i holds rows[begin[i] .. begin[i + 1]),
 * ascending. The same for the same numbers: made once. */
struct bench_leaves {
  uint64_t n_rows;
  uint32_t n_leaves;
  uint32_t *rows;
  uint64_t *begin;
};
const struct bench_leaves *bench_leaves_of(uint64_t n_rows, uint32_t n_leaves);

#endif
