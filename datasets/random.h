/* random.h - random numbers and mathematics whose bits are the same on every machine.
 *
 * Random numbers are counter-based: a draw is a hash of (seed, row, what it is for), so a row depends on
 * nothing but the seed and its own index. The mathematics uses +, -, *, / and sqrt only, which IEEE 754
 * rounds exactly; no function of libm whose last bit differs between machines is called. */
#ifndef DATASETS_RANDOM_H
#define DATASETS_RANDOM_H

#include <stdint.h>

/* The draws of one row, in order. Plain data: copy it to fork the sequence. */
struct random_stream {
  uint64_t key;
  uint64_t counter;
};

/* The finalizer of SplitMix64 (Steele, Lea, Flood 2014): a bijection that scatters neighbouring inputs. */
uint64_t random_hash(uint64_t value);

/* The sequence of `row` under `seed`. */
struct random_stream random_start(uint64_t seed, uint64_t row);

/* In [0, 1), a multiple of 2^-53. */
double random_uniform(struct random_stream *random);
/* In [0, bound); bound > 0. */
uint32_t random_below(struct random_stream *random, uint32_t bound);
/* Mean 0, variance 1, within +-6: the sum of twelve uniforms (Irwin-Hall). */
double random_normal(struct random_stream *random);

/* A fixed number in [-1, 1) for (table, index), the same for every seed: the effect of a level, a rate ... */
double fixed_effect(uint32_t table, uint32_t index);

/* Algebraic sigmoid 1/2 + x / (2 sqrt(4 + x^2)): value 1/2 and slope 1/4 at 0 as the logistic one. */
double portable_sigmoid(double x);
/* e^x for |x| <= 10, relative error below 1e-12. */
double portable_exp(double x);
/* cos(x) for |x| <= 2 pi, absolute error below 1e-12. */
double portable_cos(double x);
double portable_sqrt(double x);

#endif
