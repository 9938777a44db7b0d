/* kernels.c - builds the slot table of each tier: scalar first, then what the tiers up to it overlay. */
#include "kernels/kernels.h"

#include <stdatomic.h>

#include "copse.h"
#include "kernels/tiers.h"

static struct kernels tables[CPU_N_TIERS];
static atomic_int ready[CPU_N_TIERS]; /* 1 once the table is built */

#if defined(__x86_64__)
/* Loops that run all through a round, where 512-bit floats would slow the clock of everything else: with
 * them 1,000,000 x 28 and 255 leaves take 10 % longer on Sapphire Rapids. Gradients keep theirs: a pass a
 * round, from which the clock recovers in less than a millisecond. */
static void keep_floats_narrow(struct kernels *slots) {
  struct kernels narrow;
  kernels_overlay_scalar(&narrow);
  kernels_overlay_avx2(&narrow);
  slots->scan_numeric = narrow.scan_numeric;
  kernels_hist_narrow_avx512(slots);
}
#endif

static void build(enum cpu_tier tier, struct kernels *slots) {
  kernels_overlay_scalar(slots);
#if defined(__x86_64__)
  if (tier >= CPU_AVX2) kernels_overlay_avx2(slots);
  if (tier >= CPU_AVX512) kernels_overlay_avx512(slots);
  if (tier >= CPU_AVX512_VBMI) kernels_overlay_avx512_vbmi(slots);
  if (tier >= CPU_AVX512_FP16) {
    keep_floats_narrow(slots);
    kernels_overlay_avx512_fp16(slots);
  }
#else
  (void)tier;
#endif
}

const struct kernels *kernels_of_tier(enum cpu_tier tier) {
  if (tier > cpu_best_tier()) return NULL;
  if (!atomic_load_explicit(&ready[tier], memory_order_acquire)) {
    static atomic_flag building = ATOMIC_FLAG_INIT;
    while (atomic_flag_test_and_set_explicit(&building, memory_order_acquire)) {
    }
    if (!atomic_load_explicit(&ready[tier], memory_order_relaxed)) {
      build(tier, &tables[tier]);
      atomic_store_explicit(&ready[tier], 1, memory_order_release);
    }
    atomic_flag_clear_explicit(&building, memory_order_release);
  }
  return &tables[tier];
}

const struct kernels *kernels_best(void) { return kernels_of_tier(cpu_best_tier()); }

const char *copse_cpu_tier(void) { return cpu_tier_name(cpu_best_tier()); }
