/* congruence.h - LightGBM's generator of random numbers, for compat=lightgbm: x -> 214013 x + 2531011 modulo
 * 2^32. A power of its step takes it to any draw, so that no state has to be carried from round to round. */
#ifndef COPSE_BASE_CONGRUENCE_H
#define COPSE_BASE_CONGRUENCE_H

#include <stdint.h>

/* x -> factor x + step, modulo 2^32. */
struct congruence {
  uint32_t factor, step;
};

static inline struct congruence congruence_one(void) { return (struct congruence){214013u, 2531011u}; }

/* First a, then b. */
static inline struct congruence congruence_then(struct congruence a, struct congruence b) {
  return (struct congruence){b.factor * a.factor, b.factor * a.step + b.step};
}

/* n draws at once. */
static inline struct congruence congruence_times(uint64_t n) {
  struct congruence all = {1, 0}, power = congruence_one();
  for (; n > 0; n >>= 1) {
    if (n & 1) all = congruence_then(all, power);
    power = congruence_then(power, power);
  }
  return all;
}

static inline uint32_t congruence_apply(struct congruence c, uint32_t state) {
  return state * c.factor + c.step;
}

/* What a state drawn last says: a multiple of 2^-15 in [0, 1), a number in [0, n). */
static inline double congruence_uniform(uint32_t state) { return (double)(state >> 16 & 0x7fff) / 32768.0; }
static inline uint32_t congruence_below(uint32_t state, uint32_t n) { return (state & 0x7fffffffu) % n; }

#endif
