/* kernels.c - builds the slot table of each tier: scalar first, then what the tiers up to it overlay; and the
 * table of this processor. */
#include "kernels/kernels.h"

#include <stdatomic.h>

#include "copse.h"

/* A table for each tier, and the one that is used: the best tier's but for what a lower one does quicker
 * here. */
enum { TABLE_BEST = CPU_N_TIERS, N_TABLES };

static struct kernels tables[N_TABLES];
static atomic_int ready[N_TABLES]; /* 1 once the table is built */

static void build(enum cpu_tier tier, struct kernels *slots) {
  kernels_overlay_scalar(slots);
#if defined(__x86_64__)
  if (tier >= CPU_AVX2) kernels_overlay_avx2(slots);
  if (tier >= CPU_AVX512) kernels_overlay_avx512(slots);
  if (tier >= CPU_AVX512_VBMI) kernels_overlay_avx512_vbmi(slots);
#else
  (void)tier;
#endif
}

/* Loops that run all through a round, where 512-bit floats would slow the clock of everything else: with the
 * tier's own, 1,000,000 x 28 and 255 leaves take 10 % longer on Sapphire Rapids. Gradients keep theirs: a
 * pass a round, of which the clock recovers in less than a millisecond. */
static void build_best(struct kernels *slots) {
  build(cpu_best_tier(), slots);
  if (cpu_best_tier() < CPU_AVX512 || !cpu_wide_floats_cost()) return;
  struct kernels narrow;
  build(CPU_AVX2, &narrow);
  slots->hist_update = narrow.hist_update;
  slots->hist_update_two = narrow.hist_update_two;
  slots->scan_numeric = narrow.scan_numeric;
}

static const struct kernels *table(unsigned number) {
  if (!atomic_load_explicit(&ready[number], memory_order_acquire)) {
    static atomic_flag building = ATOMIC_FLAG_INIT;
    while (atomic_flag_test_and_set_explicit(&building, memory_order_acquire)) {
    }
    if (!atomic_load_explicit(&ready[number], memory_order_relaxed)) {
      if (number == TABLE_BEST)
        build_best(&tables[number]);
      else
        build((enum cpu_tier)number, &tables[number]);
      atomic_store_explicit(&ready[number], 1, memory_order_release);
    }
    atomic_flag_clear_explicit(&building, memory_order_release);
  }
  return &tables[number];
}

const struct kernels *kernels_of_tier(enum cpu_tier tier) {
  return tier > cpu_best_tier() ? NULL : table(tier);
}

const struct kernels *kernels_best(void) { return table(TABLE_BEST); }

const char *copse_cpu_tier(void) { return cpu_tier_name(cpu_best_tier()); }
