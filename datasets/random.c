/* random.c - see random.h. Everything here must give the same bits on every machine. */
#include "random.h"

#include <math.h>

#define GOLDEN 0x9E3779B97F4A7C15u

uint64_t random_hash(uint64_t value) {
  value ^= value >> 30;
  value *= 0xBF58476D1CE4E5B9u;
  value ^= value >> 27;
  value *= 0x94D049BB133111EBu;
  return value ^ (value >> 31);
}

struct random_stream random_start(uint64_t seed, uint64_t row) {
  struct random_stream random = {random_hash(random_hash(seed + GOLDEN) + (row + 1) * GOLDEN), 0};
  return random;
}

static uint64_t next_bits(struct random_stream *random) {
  return random_hash(random->key + ++random->counter * GOLDEN);
}

double random_uniform(struct random_stream *random) { return (double)(next_bits(random) >> 11) * 0x1p-53; }

uint32_t random_below(struct random_stream *random, uint32_t bound) {
  return (uint32_t)(((next_bits(random) >> 32) * bound) >> 32);
}

double random_normal(struct random_stream *random) {
  uint64_t sum = 0; /* twelve 32-bit uniforms out of six draws, summed as integers */
  for (int i = 0; i < 6; i++) {
    uint64_t bits = next_bits(random);
    sum += (bits >> 32) + (bits & 0xFFFFFFFFu);
  }
  return (double)sum * 0x1p-32 - 6.0;
}

double fixed_effect(uint32_t table, uint32_t index) {
  uint64_t bits = random_hash(((uint64_t)table << 32 | index) * GOLDEN + GOLDEN);
  return (double)(bits >> 11) * 0x1p-52 - 1.0;
}

double portable_sqrt(double x) { return sqrt(x); } /* exactly rounded by IEEE 754 */

double portable_sigmoid(double x) { return 0.5 + 0.5 * x / portable_sqrt(4.0 + x * x); }

double portable_exp(double x) {
  double y = x / 1024.0, term = 1.0, sum = 1.0; /* Taylor near 0, then ten squarings */
  for (int i = 1; i <= 8; i++) {
    term = term * y / i;
    sum += term;
  }
  for (int i = 0; i < 10; i++) sum *= sum;
  return sum;
}

double portable_cos(double x) {
  double y = x / 8.0, square = y * y, term = 1.0, sum = 1.0; /* Taylor near 0, then three doublings */
  for (int i = 1; i <= 9; i++) {
    term = -term * square / ((2.0 * i - 1.0) * (2.0 * i));
    sum += term;
  }
  for (int i = 0; i < 3; i++) sum = 2.0 * sum * sum - 1.0;
  return sum;
}
