/* rng.h - random numbers without a state: each is a hash of (seed, stream, index).
 *
 * A draw belongs to what it decides (a row, a column, a round), not to when it is drawn, so results depend
 * neither on threads nor on the order of the work. */
#ifndef COPSE_BASE_RNG_H
#define COPSE_BASE_RNG_H

#include <stdint.h>

/* Who draws. A stream keeps its number for ever: models depend on it. */
enum rng_stream {
  RNG_SAMPLE_ROWS = 1,
  RNG_BAGGING = 2,
  RNG_COLUMN = 3,
  RNG_NODE_COLUMN = 4,
  RNG_THRESHOLD = 5,
  RNG_NODE = 6,
  RNG_PIVOT = 7, /* of selections: no result depends on it */
  RNG_ROUNDING = 8,
  RNG_GAIN = 9, /* of objective=rank_xendcg */
  RNG_ENCODING = 10,
  RNG_GRADIENT_ROW = 12,
  RNG_DROP = 13
};

/* 64 uniform bits. Each key goes through the finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014), a
 * bijection in which every input bit flips every output bit with probability near 1/2. */
uint64_t rng_bits(uint64_t seed, uint64_t stream, uint64_t index);

/* bits scaled to [0, n), n > 0 (Lemire 2019; the bias is below n / 2^64). */
static inline uint64_t rng_below(uint64_t bits, uint64_t n) {
  return (uint64_t)(((unsigned __int128)bits * n) >> 64);
}

/* bits as a number in [0, 1), a multiple of 2^-53. */
static inline double rng_uniform(uint64_t bits) { return (double)(bits >> 11) * 0x1p-53; }

#endif
