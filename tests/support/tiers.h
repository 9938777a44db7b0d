/* tiers.h - walking over the kernel tiers that this processor and this build have. */
#ifndef COPSE_TESTS_TIERS_H
#define COPSE_TESTS_TIERS_H

#include "kernels/kernels.h"

static inline const struct kernels *next_tier(const struct kernels *kernels) {
  int tier = CPU_SCALAR;
  while (kernels_of_tier((enum cpu_tier)tier) != kernels) tier++;
  return tier < CPU_AVX512 ? kernels_of_tier((enum cpu_tier)(tier + 1)) : NULL;
}

/* A loop over every tier, the scalar one first. */
#define FOR_EACH_TIER(k) \
  for (const struct kernels *k = kernels_of_tier(CPU_SCALAR); (k) != NULL; (k) = next_tier(k))

#endif
