/* cpu.c - one probe of CPUID and of the registers the operating system saves. A CPU flag alone is not enough:
 * a system that does not save ZMM registers corrupts them at the next task switch. */
#include "base/cpu.h"

#include <stdbool.h>

#include "copse.h"

#if defined(__x86_64__)
#include <cpuid.h>

static unsigned xcr0(void) {
  unsigned eax, edx;
  __asm__ volatile("xgetbv" : "=a"(eax), "=d"(edx) : "c"(0));
  return eax;
}

static bool made_by_intel(void) {
  unsigned eax, ebx, ecx, edx;
  const unsigned genu = 0x756e6547, inei = 0x49656e69, ntel = 0x6c65746e;
  return __get_cpuid(0, &eax, &ebx, &ecx, &edx) && ebx == genu && edx == inei && ecx == ntel;
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
  const unsigned vbmi = 1u << 1, fp16 = 1u << 23;
  if ((ecx & vbmi) == 0) return CPU_AVX512;
  return (edx & fp16) != 0 && made_by_intel() ? CPU_AVX512_FP16 : CPU_AVX512_VBMI;
}

/* Leaf 4 describes Intel's caches one by one, leaf 0x8000001D AMD's in the same form. */
static size_t l1_of_leaf(unsigned leaf) {
  unsigned eax, ebx, ecx, edx;
  for (unsigned cache = 0; cache < 8; cache++) {
    if (!__get_cpuid_count(leaf, cache, &eax, &ebx, &ecx, &edx) || (eax & 31) == 0) return 0;
    const unsigned type = eax & 31, level = eax >> 5 & 7, instructions = 2;
    if (level == 1 && type != instructions)
      return (size_t)((ebx >> 22) + 1) * ((ebx >> 12 & 1023) + 1) * ((ebx & 4095) + 1) * ((size_t)ecx + 1);
  }
  return 0;
}

static size_t probe_l1(void) {
  size_t bytes = l1_of_leaf(4);
  return bytes != 0 ? bytes : l1_of_leaf(0x8000001D);
}
#else
static enum cpu_tier probe(void) { return CPU_SCALAR; }
static size_t probe_l1(void) { return 0; }
#endif

/* A build may stop at a lower tier (COPSE_TIER_LIMIT = 0 scalar, 1 AVX2, 2 AVX-512 without VBMI, 3 with it),
 * to measure or test that tier as a program. */
#ifndef COPSE_TIER_LIMIT
#define COPSE_TIER_LIMIT CPU_AVX512_FP16
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

size_t cpu_l1_bytes(void) {
  enum { LEAST = 32 << 10 };
  static size_t cached = 0; /* racing probes write the same value */
  size_t bytes = __atomic_load_n(&cached, __ATOMIC_RELAXED);
  if (bytes == 0) {
    bytes = probe_l1();
    bytes = bytes > LEAST ? bytes : LEAST;
    __atomic_store_n(&cached, bytes, __ATOMIC_RELAXED);
  }
  return bytes;
}

const char *cpu_tier_name(enum cpu_tier tier) {
  static const char *const names[CPU_N_TIERS] = {"scalar", "avx2", "avx512", "avx512vbmi", "avx512fp16"};
  return names[tier];
}
