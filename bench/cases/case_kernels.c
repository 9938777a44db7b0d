/* case_kernels.c - every slot of kernels.h, in every tier that has its own.
 *
 * A row of the table is a slot, a variant of it and a function that runs it. A tier whose slot is that of the
 * tier below is left out; a slot without a row is named on standard error. */
#include "cases/case_kernels.h"

#include <stdio.h>
#include <string.h>

/* Table order is the order of the report. */
#define ROW(slot, variant, body, argument) \
  { #slot, variant, offsetof(struct kernels, slot), body, argument }
static const struct kernel_case rows[] = {
    ROW(hist_update, "root", bench_hist_update, HIST_ROOT),
    ROW(hist_update, "half", bench_hist_update, HIST_HALF),
    ROW(hist_update, "sixteenth", bench_hist_update, HIST_SIXTEENTH),
    ROW(hist_update, "256th", bench_hist_update, HIST_256TH),
    ROW(hist_update, "root_63_bins", bench_hist_update, HIST_ROOT_63),
    ROW(hist_update, "root_64_columns", bench_hist_update, HIST_ROOT_WIDE),
    ROW(hist_update, "root_two_byte", bench_hist_update, HIST_ROOT_TWO_BYTE),
    ROW(hist_update_joint, "root", bench_hist_update_joint, HIST_ROOT),
    ROW(hist_update_joint, "root_64_columns", bench_hist_update_joint, HIST_ROOT_WIDE),
    ROW(hist_spill, "count", bench_hist_spill, HIST_COUNT_BITS),
    ROW(hist_spill, "only_off_parent", bench_hist_spill_off, HIST_COUNT_BITS),
    ROW(hist_spill, "no_count", bench_hist_spill, 0),
    ROW(hist_update_packed, "root", bench_hist_update_packed, HIST_ROOT),
    ROW(hist_update_packed, "half", bench_hist_update_packed, HIST_HALF),
    ROW(hist_update_packed, "sixteenth", bench_hist_update_packed, HIST_SIXTEENTH),
    ROW(hist_update_packed, "256th", bench_hist_update_packed, HIST_256TH),
    ROW(hist_spill_packed, "28_features", bench_hist_spill_packed, 0),
    ROW(pack, "nearest", bench_pack, 0),
    ROW(pack, "stochastic", bench_pack, 1),
    ROW(hist_subtract, "count", bench_hist_subtract, 1),
    ROW(hist_subtract, "no_count", bench_hist_subtract, 0),
    ROW(scan_numeric, "255_bins_count", bench_scan, SCAN_COUNT),
    ROW(scan_numeric, "255_bins_beaten", bench_scan, SCAN_BEATEN),
    ROW(scan_numeric, "255_bins_200_rows", bench_scan, SCAN_SMALL),
    ROW(scan_numeric, "255_bins_constant_hessian", bench_scan, SCAN_SHIFT),
    ROW(scan_numeric, "255_bins_estimate", bench_scan, SCAN_ESTIMATE),
    ROW(scan_numeric, "255_bins_missing", bench_scan, SCAN_MISSING),
    ROW(scan_numeric, "63_bins_count", bench_scan, SCAN_63),
    ROW(partition, "root_half", bench_partition, PARTITION_ROOT),
    ROW(partition, "root_ninety_ten", bench_partition, PARTITION_UNEVEN),
    ROW(partition, "256th_half", bench_partition, PARTITION_256TH),
    ROW(partition, "root_missing", bench_partition, PARTITION_MISSING),
    ROW(partition, "root_categories", bench_partition, PARTITION_CATEGORIES),
    ROW(partition, "root_two_byte", bench_partition, PARTITION_TWO_BYTE),
    ROW(max_abs, "4m", bench_max_abs, 0),
    ROW(quantize, "count", bench_quantize, HIST_COUNT_BITS),
    ROW(quantize, "no_count", bench_quantize, 0),
    ROW(grad_squared, "plain", bench_gradient, GRADIENT_SQUARED),
    ROW(grad_squared, "weighted", bench_gradient_weighted, GRADIENT_SQUARED),
    ROW(grad_logistic, "plain", bench_gradient, GRADIENT_LOGISTIC),
    ROW(grad_logistic, "weighted", bench_gradient_weighted, GRADIENT_LOGISTIC),
    ROW(grad_cross_entropy, "plain", bench_gradient, GRADIENT_CROSS_ENTROPY),
    ROW(grad_cross_entropy, "weighted", bench_gradient_weighted, GRADIENT_CROSS_ENTROPY),
    ROW(grad_poisson, "plain", bench_gradient, GRADIENT_POISSON),
    ROW(grad_poisson, "weighted", bench_gradient_weighted, GRADIENT_POISSON),
    ROW(grad_huber, "plain", bench_gradient, GRADIENT_HUBER),
    ROW(grad_huber, "weighted", bench_gradient_weighted, GRADIENT_HUBER),
    ROW(grad_quantile, "plain", bench_gradient, GRADIENT_QUANTILE),
    ROW(grad_quantile, "weighted", bench_gradient_weighted, GRADIENT_QUANTILE),
    ROW(grad_absolute, "plain", bench_gradient, GRADIENT_ABSOLUTE),
    ROW(grad_absolute, "weighted", bench_gradient_weighted, GRADIENT_ABSOLUTE),
    ROW(grad_softmax, "plain", bench_gradient, GRADIENT_SOFTMAX),
    ROW(grad_softmax, "weighted", bench_gradient_weighted, GRADIENT_SOFTMAX),
    ROW(grad_fair, "plain", bench_gradient, GRADIENT_FAIR),
    ROW(grad_fair, "weighted", bench_gradient_weighted, GRADIENT_FAIR),
    ROW(grad_percentage, "plain", bench_gradient, GRADIENT_PERCENTAGE),
    ROW(grad_percentage, "weighted", bench_gradient_weighted, GRADIENT_PERCENTAGE),
    ROW(grad_expectile, "plain", bench_gradient, GRADIENT_EXPECTILE),
    ROW(grad_expectile, "weighted", bench_gradient_weighted, GRADIENT_EXPECTILE),
    ROW(grad_gamma, "plain", bench_gradient, GRADIENT_GAMMA),
    ROW(grad_gamma, "weighted", bench_gradient_weighted, GRADIENT_GAMMA),
    ROW(grad_tweedie, "plain", bench_gradient, GRADIENT_TWEEDIE),
    ROW(grad_tweedie, "weighted", bench_gradient_weighted, GRADIENT_TWEEDIE),
    ROW(grad_cross_entropy_lambda, "plain", bench_gradient, GRADIENT_LAMBDA),
    ROW(grad_cross_entropy_lambda, "weighted", bench_gradient_weighted, GRADIENT_LAMBDA),
    ROW(grad_focal, "plain", bench_gradient, GRADIENT_FOCAL),
    ROW(grad_focal, "weighted", bench_gradient_weighted, GRADIENT_FOCAL),
    ROW(grad_aft_logistic, "plain", bench_gradient, GRADIENT_AFT_LOGISTIC),
    ROW(grad_aft_logistic, "weighted", bench_gradient_weighted, GRADIENT_AFT_LOGISTIC),
    ROW(grad_aft_extreme, "plain", bench_gradient, GRADIENT_AFT_EXTREME),
    ROW(grad_aft_extreme, "weighted", bench_gradient_weighted, GRADIENT_AFT_EXTREME),
    ROW(exp_differences, "4m", bench_exp_differences, 0),
    ROW(rank_pairs, "100_behind", bench_rank_pairs, 0),
    ROW(rank_cells, "100_behind", bench_rank_cells, 0),
    ROW(bin_numeric, "255_bins", bench_bin_numeric, 255),
    ROW(bin_numeric, "63_bins", bench_bin_numeric, 63),
    ROW(bin_numeric, "4000_bins", bench_bin_numeric, 4000),
    ROW(transpose, "8_of_28_columns", bench_transpose, 8),
    ROW(interleave, "28_columns", bench_interleave, 28),
    ROW(add_range, "1m", bench_add_range, 0),
    ROW(find_buckets, "1m", bench_find_buckets, 0),
    ROW(bucket_rows, "28_columns", bench_bucket_rows, 28),
    ROW(look_up, "a_64th_marked", bench_look_up, 64),
    ROW(encode, "255_cuts", bench_encode, 255),
    ROW(encode, "31_cuts", bench_encode, 31),
    ROW(spread, "256_rows", bench_spread, 0),
    ROW(set_cells, "256_rows", bench_set_cells, 0),
    ROW(reach, "255_nodes", bench_reach, 0),
    ROW(bits_above, "255_codes", bench_bits_above, 0),
    ROW(bits_below, "256_rows", bench_bits_below, 0),
    ROW(reach_bits, "255_nodes", bench_reach_bits, 0),
    ROW(add_values, "8_trees", bench_add_values, 0),
    ROW(encode_row, "250_cuts", bench_encode_row, 0),
    ROW(walk_blocks, "100_trees_2_blocks", bench_walk_blocks, 0),
};

struct tier_case {
  const struct kernel_case *row;
  const struct kernels *kernels;
};

static void run(struct bench_state *state, const void *argument) {
  const struct tier_case *chosen = argument;
  chosen->row->body(state, chosen->kernels, chosen->row->argument);
}

typedef void (*slot_pointer)(void);

static slot_pointer slot_of(const struct kernels *kernels, size_t offset) {
  slot_pointer slot;
  memcpy(&slot, (const char *)kernels + offset, sizeof slot);
  return slot;
}

static void name_slots_without_row(void) {
  for (size_t offset = 0; offset < sizeof(struct kernels); offset += sizeof(slot_pointer)) {
    size_t i = 0;
    while (i < sizeof rows / sizeof *rows && rows[i].slot != offset) i++;
    if (i == sizeof rows / sizeof *rows)
      fprintf(stderr, "copse-bench: slot %zu of struct kernels has no case\n", offset / sizeof(slot_pointer));
  }
}

void cases_kernels(void) {
  name_slots_without_row();
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const struct kernels *below = NULL;
    for (int tier = CPU_SCALAR; tier < CPU_N_TIERS; tier++) {
      const struct kernels *kernels = kernels_of_tier((enum cpu_tier)tier);
      if (kernels == NULL) break;
      if (below == NULL || slot_of(kernels, rows[i].slot) != slot_of(below, rows[i].slot)) {
        struct tier_case *chosen = bench_room(1, sizeof *chosen);
        *chosen = (struct tier_case){&rows[i], kernels};
        bench_register(
            bench_name("kernel/%s/%s/%s", rows[i].name, rows[i].variant, cpu_tier_name((enum cpu_tier)tier)),
            run, chosen);
      }
      below = kernels;
    }
  }
}
