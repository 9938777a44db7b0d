/* draw.h - repeatable random numbers for tests: a counter under a seed. */
#ifndef COPSE_TESTS_DRAW_H
#define COPSE_TESTS_DRAW_H

#include "base/rng.h"

struct draw {
  uint64_t seed, at;
};

static inline uint64_t draw_bits(struct draw *draw) { return rng_bits(draw->seed, 7, draw->at++); }
/* [0, 1) */
static inline double draw_uniform(struct draw *draw) { return (double)(draw_bits(draw) >> 11) * 0x1p-53; }
/* [low, high] */
static inline int64_t draw_between(struct draw *draw, int64_t low, int64_t high) {
  return low + (int64_t)rng_below(draw_bits(draw), (uint64_t)(high - low) + 1);
}

#endif
