/* rng.c - see rng.h. */
#include "base/rng.h"

static uint64_t mix(uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9u;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

uint64_t rng_bits(uint64_t seed, uint64_t stream, uint64_t index) {
  const uint64_t step = 0x9e3779b97f4a7c15u; /* 2^64 / golden ratio: neighbouring keys start far apart */
  uint64_t key = mix(mix(seed + step) + stream * step);
  return mix(mix(key + index * step) + step);
}
