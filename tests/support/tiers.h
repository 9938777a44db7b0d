/* tiers.h - walking over the kernel tiers that this processor and this build have. In the emulated build (see
 * tests/CMakeLists.txt) the AVX-512 tier comes last, executed by SIMDe. */
#ifndef COPSE_TESTS_TIERS_H
#define COPSE_TESTS_TIERS_H

#include "kernels/kernels.h"

#ifdef COPSE_EMULATED_TIER
void emulated_overlay_avx512(struct kernels *slots);

static inline const struct kernels *emulated_tier(void) {
  static struct kernels slots;
  slots = *kernels_of_tier(CPU_SCALAR);
  emulated_overlay_avx512(&slots);
  return &slots;
}
#else
static inline const struct kernels *emulated_tier(void) { return NULL; }
#endif

static inline const struct kernels *next_tier(const struct kernels *kernels) {
  int tier = CPU_SCALAR;
  while (tier <= CPU_AVX512 && kernels_of_tier((enum cpu_tier)tier) != kernels) tier++;
  if (tier > CPU_AVX512) return NULL; /* that was the emulated one */
  const struct kernels *next = tier < CPU_AVX512 ? kernels_of_tier((enum cpu_tier)(tier + 1)) : NULL;
  return next != NULL ? next : emulated_tier();
}

/* A loop over every tier, the scalar one first. */
#define FOR_EACH_TIER(k) \
  for (const struct kernels *k = kernels_of_tier(CPU_SCALAR); (k) != NULL; (k) = next_tier(k))

#endif
