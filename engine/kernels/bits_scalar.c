/* bits_scalar.c - the slots of routing by bits in plain C: complete, and the specification. */
#include <string.h>

#include "kernels/kernels.h"
#include "kernels/tiers.h"

enum { BYTES = REACH_ROWS / 8 };

static void bits_above(const uint16_t *codes, uint32_t most, uint64_t *bits) {
  uint8_t *bytes = (uint8_t *)bits;
  memset(bits, 0, ((size_t)most + 1) * BYTES);
  for (size_t i = 0; i < REACH_ROWS; i++)
    bytes[(size_t)codes[i] * BYTES + i % BYTES] |= (uint8_t)(1u << i / BYTES);
  for (uint32_t c = most; c-- > 0;)
    for (size_t w = 0; w < BIT_WORDS; w++)
      bits[(size_t)c * BIT_WORDS + w] |= bits[((size_t)c + 1) * BIT_WORDS + w];
}

static void bits_below(const int8_t *cells, int8_t threshold, uint64_t bits[BIT_WORDS]) {
  uint8_t *bytes = (uint8_t *)bits;
  memset(bits, 0, BYTES);
  for (size_t i = 0; i < REACH_ROWS; i++)
    bytes[i % BYTES] |= (uint8_t)((unsigned)(threshold > cells[i]) << i / BYTES);
}

static void run_nodes(const struct bit_program *program, const uint64_t *conditions, uint64_t *masks) {
  uint64_t *out = masks + 2 * BIT_WORDS;
  memset(masks, 0xFF, BYTES);
  for (uint32_t i = 0; i < program->n_nodes; i++) {
    const uint64_t *condition = conditions + (size_t)program->nodes[i].condition * BIT_WORDS,
                   *from = masks + program->nodes[i].from;
    for (size_t w = 0; w < BIT_WORDS; w++) {
      out[w] = from[w] & condition[w];
      if (i < program->n_inner) out[BIT_WORDS + w] = from[w] & ~condition[w];
    }
    out += i < program->n_inner ? 2 * BIT_WORDS : BIT_WORDS;
  }
}

static void planes_to_bytes(const uint8_t (*planes)[BYTES], uint32_t n_planes, uint8_t *numbers) {
  memset(numbers, 0, REACH_ROWS);
  for (uint32_t p = 0; p < n_planes; p++)
    for (size_t i = 0; i < REACH_ROWS; i++)
      numbers[i] |= (uint8_t)((planes[p][i % BYTES] >> i / BYTES & 1) << p);
}

static void reach_bits(const struct bit_program *program, const uint64_t *conditions, uint64_t *masks,
                       uint8_t *numbers, uint8_t *high) {
  uint64_t planes[BIT_PLANES][BIT_WORDS];
  const uint16_t *turn = program->turns;
  run_nodes(program, conditions, masks);
  for (uint32_t p = 0; p < program->n_planes; p++) {
    memset(planes[p], 0, BYTES);
    for (const uint16_t *end = turn + program->n_turns[p]; turn < end; turn++)
      for (size_t w = 0; w < BIT_WORDS; w++) planes[p][w] ^= masks[*turn + w];
  }
  const uint8_t(*bytes)[BYTES] = (const uint8_t(*)[BYTES])(const void *)planes;
  uint32_t n_low = program->n_planes < 8 ? program->n_planes : 8;
  planes_to_bytes(bytes, n_low, numbers);
  if (program->n_planes > 8) planes_to_bytes(bytes + 8, program->n_planes - 8, high);
}

void kernels_bits_scalar(struct kernels *slots) {
  slots->bits_above = bits_above;
  slots->bits_below = bits_below;
  slots->reach_bits = reach_bits;
}
