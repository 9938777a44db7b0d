/* distinct.h - an estimate of the number of distinct values from their hashes, in 16 KiB: HyperLogLog
 * (Flajolet, Fusy, Gandouet, Meunier 2007) with the estimator of Ertl (2017), which needs no table of
 * corrections. Relative standard error 0.81 %. Order and repetition of the hashes do not matter. */
#ifndef COPSE_PROFILE_DISTINCT_H
#define COPSE_PROFILE_DISTINCT_H

#include <stdint.h>

enum { DISTINCT_BITS = 14, DISTINCT_REGISTERS = 1 << DISTINCT_BITS };
#define DISTINCT_RSE 0.0081

static inline void distinct_add(uint8_t *registers, uint64_t hash) {
  uint64_t rest = (hash << DISTINCT_BITS) | ((uint64_t)1 << (DISTINCT_BITS - 1));
  uint8_t rank = (uint8_t)(__builtin_clzll(rest) + 1), *at = &registers[hash >> (64 - DISTINCT_BITS)];
  if (rank > *at) *at = rank;
}

double distinct_estimate(const uint8_t *registers /* [DISTINCT_REGISTERS] */);

#endif
