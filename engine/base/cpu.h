/* cpu.h - what the processor and the operating system offer together. */
#ifndef COPSE_BASE_CPU_H
#define COPSE_BASE_CPU_H

#include <stddef.h>

/* AVX512: F, BW, DQ and VL (Skylake's server cores and later ones). AVX512_VBMI: byte permutations on top
 * (Ice Lake and Zen 4, and later ones). AVX512_FP16: Intel's with half floats on top of these (Sapphire
 * Rapids and later ones), which are not used but name a core that gathers quickly, and whose clock falls by a
 * tenth for what follows arithmetic of 512-bit floats (not of integers, and not comparisons). */
enum cpu_tier { CPU_SCALAR, CPU_AVX2, CPU_AVX512, CPU_AVX512_VBMI, CPU_AVX512_FP16, CPU_N_TIERS };

/* The best tier that CPUID names and whose registers the system saves (XCR0). Probed once. */
enum cpu_tier cpu_best_tier(void);
const char *cpu_tier_name(enum cpu_tier tier);

/* Bytes of a core's L1 data cache, at least 32 kB; 32 kB where CPUID does not tell. */
size_t cpu_l1_bytes(void);

#endif
