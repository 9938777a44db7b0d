/* case_reach.c - the slots of prediction: values to codes, codes to cells, and the program of a tree
 * (reach.h). */
#include <math.h>

#include "cases/case_kernels.h"

enum { N_VALUES = 1 << 16, N_INNER = 127, N_LAST = 128, N_NODES = N_INNER + N_LAST };

/* Halving alone: how a model lays out its cells is the predictor's own affair. */
void bench_encode(struct bench_state *state, const struct kernels *kernels, int argument) {
  uint32_t n_cuts = (uint32_t)argument;
  double *cuts = bench_room(n_cuts + 8, sizeof *cuts), *values = bench_room(N_VALUES, sizeof *values);
  uint16_t *codes = bench_room(N_VALUES, sizeof *codes);
  for (uint32_t c = 0; c < n_cuts; c++) cuts[c] = (c + 1.0) / (n_cuts + 1.0);
  for (uint32_t c = n_cuts; c < n_cuts + 8; c++) cuts[c] = INFINITY;
  for (uint64_t i = 0; i < N_VALUES; i++) values[i] = bench_uniform(i);
  const struct code_map map = {.cuts = cuts, .n_cuts = n_cuts, .scale = 1};
  while (bench_next(state)) kernels->encode(&map, values, N_VALUES, codes);
  copse_free(cuts);
  copse_free(values);
  copse_free(codes);
  double steps = N_VALUES * ceil(log2(n_cuts + 1.0));
  bench_report(state, &(struct bench_work){.items = N_VALUES,
                                           .floor_cycles = steps / 2,
                                           .floor = "2 loads a cycle: one a step of halving"});
}

void bench_spread(struct bench_state *state, const struct kernels *kernels, int argument) {
  (void)argument;
  uint16_t codes[REACH_ROWS];
  int8_t cells[REACH_ROWS];
  for (uint64_t i = 0; i < REACH_ROWS; i++) codes[i] = (uint16_t)(bench_mix(i) % 600);
  while (bench_next(state)) kernels->spread(codes, 255, REACH_ROWS, cells);
  bench_report(state, &(struct bench_work){.items = REACH_ROWS,
                                           .floor_cycles = REACH_ROWS * 2.0 / 64,
                                           .floor = "2 32-byte loads a cycle: two bytes a code"});
}

void bench_set_cells(struct bench_state *state, const struct kernels *kernels, int argument) {
  (void)argument;
  static const uint32_t bits[8] = {0xA5A5A5A5u, 1, 2, 3, 4, 5, 6, 0xFFFF0000u};
  uint8_t codes[REACH_ROWS];
  int8_t cells[REACH_ROWS];
  for (uint64_t i = 0; i < REACH_ROWS; i++) codes[i] = (uint8_t)bench_mix(i);
  while (bench_next(state)) kernels->set_cells(codes, bits, cells);
  bench_report(state, &(struct bench_work){.items = REACH_ROWS,
                                           .floor_cycles = REACH_ROWS / 32.0,
                                           .floor = "one 32-byte store a cycle"});
}

/* A full tree of 256 leaves: its inner nodes level by level, then those with two leaves. */
void bench_reach(struct bench_state *state, const struct kernels *kernels, int argument) {
  (void)argument;
  struct reach_node nodes[N_NODES];
  for (uint32_t i = 0, below = 128; i < N_NODES; i++) {
    if (i > 0 && (i & (i + 1)) == 0) below /= 2; /* a level begins at 1, 3, 7 ... */
    nodes[i] = (struct reach_node){.column = i % N_BENCH_FEATURES,
                                   .from = (uint16_t)i,
                                   .threshold = (int8_t)(bench_mix(i) & 0x7F),
                                   .weight = (uint8_t)below,
                                   .kind = i < N_INNER ? REACH_INNER : REACH_LEAVES};
    if (i >= N_INNER) continue;
    nodes[i].left = (uint16_t)(2 * i + 1);
    nodes[i].right = (uint16_t)(2 * i + 2);
  }
  nodes[0].run = N_INNER;
  nodes[N_INNER].run = N_LAST;
  int8_t *cells = bench_room(N_BENCH_FEATURES, REACH_ROWS);
  uint8_t *masks = bench_room(N_NODES + 1, REACH_ROWS), *numbers = bench_room(REACH_ROWS, 1);
  for (uint64_t i = 0; i < N_BENCH_FEATURES * REACH_ROWS; i++) cells[i] = (int8_t)bench_mix(i);
  for (int i = 0; i < REACH_ROWS; i++) masks[i] = 0xFF;
  while (bench_next(state)) kernels->reach(nodes, N_NODES, cells, masks, numbers);
  copse_free(cells);
  copse_free(masks);
  copse_free(numbers);
  double vectors = REACH_ROWS / 32.0; /* a node: two masks of the inner ones are stored */
  bench_report(state, &(struct bench_work){.items = REACH_ROWS,
                                           .floor_cycles = vectors * 2 * N_INNER,
                                           .floor = "one 32-byte store a cycle: two masks an inner node"});
}
