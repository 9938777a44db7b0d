/* cpu.h - what the processor and the operating system offer together. */
#ifndef COPSE_BASE_CPU_H
#define COPSE_BASE_CPU_H

/* AVX512: F, BW, DQ and VL (Skylake's server cores and later ones). AVX512_VBMI: byte permutations on top
 * (Ice Lake and Zen 4, and later ones). */
enum cpu_tier { CPU_SCALAR, CPU_AVX2, CPU_AVX512, CPU_AVX512_VBMI, CPU_N_TIERS };

/* The best tier that CPUID names and whose registers the system saves (XCR0). Probed once. */
enum cpu_tier cpu_best_tier(void);
const char *cpu_tier_name(enum cpu_tier tier);

#endif
