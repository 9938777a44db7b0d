/* tiers.h - walking over the kernel tiers that this processor and this build have. In the emulated build (see
 * tests/CMakeLists.txt) the AVX-512 tiers come last, executed by SIMDe. */
#ifndef COPSE_TESTS_TIERS_H
#define COPSE_TESTS_TIERS_H

#include "kernels/kernels.h"

#ifdef COPSE_EMULATED_TIER
void emulated_overlay_avx512(struct kernels *slots);
void emulated_overlay_avx512_vbmi(struct kernels *slots);
void emulated_overlay_avx512_fp16(struct kernels *slots);
void emulated_hist_narrow_avx512(struct kernels *slots);

/* The emulated tier behind `before`: one after the other, then none. */
static inline const struct kernels *emulated_tier(const struct kernels *before) {
  static struct kernels plain, vbmi, fp16;
  if (before == &fp16) return NULL;
  if (before == &vbmi) {
    fp16 = vbmi;
    emulated_hist_narrow_avx512(&fp16);
    emulated_overlay_avx512_fp16(&fp16);
    return &fp16;
  }
  if (before == &plain) {
    vbmi = plain;
    emulated_overlay_avx512_vbmi(&vbmi);
    return &vbmi;
  }
  plain = *kernels_of_tier(CPU_SCALAR);
  emulated_overlay_avx512(&plain);
  return &plain;
}
#else
static inline const struct kernels *emulated_tier(const struct kernels *before) {
  (void)before;
  return NULL;
}
#endif

static inline const struct kernels *next_tier(const struct kernels *kernels) {
  int tier = CPU_SCALAR;
  while (tier < CPU_N_TIERS && kernels_of_tier((enum cpu_tier)tier) != kernels) tier++;
  const struct kernels *next = tier + 1 < CPU_N_TIERS ? kernels_of_tier((enum cpu_tier)(tier + 1)) : NULL;
  return next != NULL ? next : emulated_tier(kernels);
}

/* A loop over every tier, the scalar one first. */
#define FOR_EACH_TIER(k) \
  for (const struct kernels *k = kernels_of_tier(CPU_SCALAR); (k) != NULL; (k) = next_tier(k))

#endif
