/* seed.c - one seed becomes six, by the linear congruential generator that LightGBM uses for this (and only
 * for this here): x <- 214013 x + 2531011 modulo 2^32, 15 bits of each state, modulo 32767. */
#include <stdint.h>

#include "params/internal.h"

void seeds_derive(int seed, int out[N_SEEDS]) {
  uint32_t state = (uint32_t)seed;
  for (int i = 0; i < N_SEEDS; i++) {
    state = state * 214013u + 2531011u;
    out[i] = (int)((state >> 16 & 0x7FFFu) % 32767u);
  }
}
