/* cpu.h - what the processor and the operating system offer together. */
#ifndef COPSE_BASE_CPU_H
#define COPSE_BASE_CPU_H

enum cpu_tier { CPU_SCALAR = 0, CPU_AVX2 = 1, CPU_AVX512 = 2 };

/* The best tier that CPUID names and whose registers the system saves (XCR0). Probed once. */
enum cpu_tier cpu_best_tier(void);
const char *cpu_tier_name(enum cpu_tier tier);

#endif
