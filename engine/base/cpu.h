/* cpu.h - what the processor and the operating system offer together. */
#ifndef COPSE_BASE_CPU_H
#define COPSE_BASE_CPU_H

#include <stdbool.h>
#include <stddef.h>

/* AVX512: F, BW, DQ and VL (Skylake's server cores and later ones). AVX512_VBMI: byte permutations on top
 * (Ice Lake and Zen 4, and later ones). */
enum cpu_tier { CPU_SCALAR, CPU_AVX2, CPU_AVX512, CPU_AVX512_VBMI, CPU_N_TIERS };

/* The best tier that CPUID names and whose registers the system saves (XCR0). Probed once. */
enum cpu_tier cpu_best_tier(void);
const char *cpu_tier_name(enum cpu_tier tier);

/* Whether arithmetic of 512-bit floats slows the clock for all that follows it, so that such a loop has to
 * gain more than a tenth: Intel's processors. Integers and comparisons of 512 bits do not. */
bool cpu_wide_floats_cost(void);

/* Bytes of a core's L1 data cache, at least 32 kB; 32 kB where CPUID does not tell. */
size_t cpu_l1_bytes(void);

#endif
