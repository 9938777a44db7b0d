/* hash.c - a 128-bit fingerprint of bytes, to tell whether they are the same ones as before. It finds every
 * accident (a flipped bit, a cut, a change); it is no defence against somebody who looks for two texts with
 * one fingerprint.
 *
 * Four lanes take every fourth word each. A step, (lane ^ word) * odd number, then lane ^= lane >> 32, is one
 * to one in the lane and in the word: two texts that differ in one word cannot meet within a lane before they
 * differ again. The lanes' chains of multiplications run side by side. At the end they are joined twice, in
 * different order, with the length, and each half is stirred by multiplications and shifts (the finaliser's
 * form is that of Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014). */
#include <string.h>

#include "copse.h"

enum { LANES = 4, STEP = 8 * LANES };

static const uint64_t odd[LANES] = {0x9E6C63D0876A9A47u, 0xD1B54A32D192ED03u, 0xABC98388FB8FAC03u,
                                    0x8CB92BA72F3D8DD7u};

static inline uint64_t stir(uint64_t x) {
  x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
  x = (x ^ x >> 27) * 0x94D049BB133111EBu;
  return x ^ x >> 31;
}

static inline uint64_t word_at(const unsigned char *at) {
  uint64_t word;
  memcpy(&word, at, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  word = __builtin_bswap64(word);
#endif
  return word;
}

static inline uint64_t step(uint64_t lane, uint64_t word, uint64_t factor) {
  lane = (lane ^ word) * factor;
  return lane ^ lane >> 32;
}

void copse_hash(const void *bytes, size_t length, uint64_t seed, uint64_t out[2]) {
  const unsigned char *p = bytes;
  uint64_t lanes[LANES];
  size_t left = length;
  for (int i = 0; i < LANES; i++) lanes[i] = stir(seed + odd[i]);
  for (; left >= STEP; left -= STEP, p += STEP)
    for (int i = 0; i < LANES; i++) lanes[i] = step(lanes[i], word_at(p + (size_t)8 * (size_t)i), odd[i]);
  unsigned char tail[STEP] = {0};
  if (left > 0) memcpy(tail, p, left);
  for (int i = 0; i < LANES; i++) lanes[i] = step(lanes[i], word_at(tail + (size_t)8 * (size_t)i), odd[i]);
  uint64_t a = stir((uint64_t)length + odd[0]), b = stir((uint64_t)length + odd[1]);
  for (int i = 0; i < LANES; i++) {
    a = stir(a ^ lanes[i]);
    b = stir(b + lanes[LANES - 1 - i]);
  }
  out[0] = a;
  out[1] = b;
}
