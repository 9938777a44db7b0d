/* cpu.c - one probe of CPUID and of the registers the operating system saves. A CPU flag alone is not enough:
 * a system that does not save ZMM registers corrupts them at the next task switch. */
#include "base/cpu.h"

#include "copse.h"

#if defined(__x86_64__)
#include <cpuid.h>

static unsigned xcr0(void) {
  unsigned eax, edx;
  __asm__ volatile("xgetbv" : "=a"(eax), "=d"(edx) : "c"(0));
  return eax;
}

static enum cpu_tier probe(void) {
  unsigned eax, ebx, ecx, edx;
  if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx)) return CPU_SCALAR;
  const unsigned osxsave = 1u << 27, avx = 1u << 28, popcnt = 1u << 23;
  if ((ecx & (osxsave | avx | popcnt)) != (osxsave | avx | popcnt)) return CPU_SCALAR;
  unsigned saved = xcr0();
  if ((saved & 0x6) != 0x6) return CPU_SCALAR; /* XMM and YMM */
  if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx)) return CPU_SCALAR;
  const unsigned avx2 = 1u << 5, bmi1 = 1u << 3, bmi2 = 1u << 8;
  if ((ebx & (avx2 | bmi1 | bmi2)) != (avx2 | bmi1 | bmi2)) return CPU_SCALAR;
  const unsigned f = 1u << 16, dq = 1u << 17, bw = 1u << 30, vl = 1u << 31;
  if ((ebx & (f | dq | bw | vl)) != (f | dq | bw | vl)) return CPU_AVX2;
  if ((saved & 0xE6) != 0xE6) return CPU_AVX2; /* opmask and ZMM as well */
  const unsigned vbmi = 1u << 1;
  return (ecx & vbmi) != 0 ? CPU_AVX512_VBMI : CPU_AVX512;
}
#else
static enum cpu_tier probe(void) { return CPU_SCALAR; }
#endif

/* A build may stop at a lower tier (COPSE_TIER_LIMIT = 0 scalar, 1 AVX2, 2 AVX-512 without VBMI), to measure
 * or test that tier as a program. */
#ifndef COPSE_TIER_LIMIT
#define COPSE_TIER_LIMIT CPU_AVX512_VBMI
#endif

enum cpu_tier cpu_best_tier(void) {
  static int cached = -1; /* racing probes write the same value */
  int tier = __atomic_load_n(&cached, __ATOMIC_RELAXED);
  if (tier < 0) {
    tier = (int)probe();
    if (tier > (int)COPSE_TIER_LIMIT) tier = (int)COPSE_TIER_LIMIT;
    __atomic_store_n(&cached, tier, __ATOMIC_RELAXED);
  }
  return (enum cpu_tier)tier;
}

const char *cpu_tier_name(enum cpu_tier tier) {
  static const char *const names[CPU_N_TIERS] = {"scalar", "avx2", "avx512", "avx512vbmi"};
  return names[tier];
}
