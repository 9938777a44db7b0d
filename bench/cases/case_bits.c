/* case_bits.c - the slots of prediction by bits (bits.h), the addition of leaf values, and one row alone. */
#include <math.h>
#include <string.h>

#include "cases/case_kernels.h"

enum {
  N_CODES = 255,
  N_INNER = 127,
  N_NODES = 255,
  N_CONDITIONS = 28 * 250,
  N_BLOCKS = 17,
  N_ROW_CUTS = 250,
  N_ROW_TREES = 100
};

void bench_bits_above(struct bench_state *state, const struct kernels *kernels, int argument) {
  (void)argument;
  uint16_t codes[REACH_ROWS];
  uint64_t *bits = bench_room(N_CODES + 1, BIT_WORDS * sizeof *bits);
  for (uint64_t i = 0; i < REACH_ROWS; i++) codes[i] = (uint16_t)(bench_mix(i) % (N_CODES + 1));
  while (bench_next(state)) kernels->bits_above(codes, N_CODES, bits);
  copse_free(bits);
  bench_report(state, &(struct bench_work){.items = REACH_ROWS,
                                           .floor_cycles = REACH_ROWS + 2.0 * (N_CODES + 1),
                                           .floor = "one store a cycle: a row's bit, each set twice"});
}

void bench_bits_below(struct bench_state *state, const struct kernels *kernels, int argument) {
  (void)argument;
  int8_t cells[REACH_ROWS];
  uint64_t bits[BIT_WORDS];
  for (uint64_t i = 0; i < REACH_ROWS; i++) cells[i] = (int8_t)bench_mix(i);
  while (bench_next(state)) kernels->bits_below(cells, 17, bits);
  bench_report(
      state, &(struct bench_work){
                 .items = REACH_ROWS, .floor_cycles = REACH_ROWS / 64.0, .floor = "2 32-byte loads a cycle"});
}

/* A full tree of 256 leaves, its numbers in order: a node turns one bit. */
void bench_reach_bits(struct bench_state *state, const struct kernels *kernels, int argument) {
  (void)argument;
  struct bit_node nodes[N_NODES];
  uint16_t turns[N_NODES], n_turns = 0;
  struct bit_program program = {
      .nodes = nodes, .turns = turns, .n_inner = N_INNER, .n_nodes = N_NODES, .n_planes = 8};
  uint16_t right_of[N_NODES];
  for (uint32_t i = 0; i < N_NODES; i++) {
    right_of[i] = (uint16_t)(BIT_WORDS * (i < N_INNER ? 2 * (i + 1) : 2 * (N_INNER + 1) + i - N_INNER));
    uint32_t parent = i == 0 ? 0 : (i - 1) / 2;
    nodes[i].condition = (uint16_t)(bench_mix(i) % N_CONDITIONS);
    nodes[i].from = (uint16_t)(i == 0 ? 0 : right_of[parent] + (i % 2 == 1 ? BIT_WORDS : 0));
  }
  for (uint32_t p = 0; p < 8; p++) /* plane p: the level whose subtrees have 2^p leaves a side */
    for (uint32_t i = (1u << (7 - p)) - 1; i < (2u << (7 - p)) - 1; i++, program.n_turns[p]++)
      turns[n_turns++] = right_of[i];
  uint64_t *conditions = bench_room(N_CONDITIONS, BIT_WORDS * sizeof *conditions);
  uint64_t *masks = bench_room(bit_mask_words(N_INNER, N_NODES), sizeof *masks);
  uint8_t numbers[REACH_ROWS];
  for (uint64_t i = 0; i < (uint64_t)N_CONDITIONS * BIT_WORDS; i++) conditions[i] = bench_mix(i);
  while (bench_next(state)) kernels->reach_bits(&program, conditions, masks, numbers, NULL);
  copse_free(conditions);
  copse_free(masks);
  bench_report(state, &(struct bench_work){.items = REACH_ROWS,
                                           .floor_cycles = 2.0 * N_INNER + (N_NODES - N_INNER),
                                           .floor = "one 32-byte store a cycle: a mask for all rows"});
}

void bench_add_values(struct bench_state *state, const struct kernels *kernels, int argument) {
  (void)argument;
  double *values = bench_room((size_t)ADD_TREES * 256, sizeof *values), scores[REACH_ROWS] = {0};
  const double *value_of[ADD_TREES];
  static uint8_t numbers[ADD_TREES][REACH_ROWS];
  for (uint64_t i = 0; i < ADD_TREES * 256; i++) values[i] = bench_uniform(i) - 0.5;
  for (uint64_t t = 0; t < ADD_TREES; t++) {
    value_of[t] = values + t * 256;
    for (uint64_t i = 0; i < REACH_ROWS; i++) numbers[t][i] = (uint8_t)bench_mix(t * REACH_ROWS + i);
  }
  while (bench_next(state)) kernels->add_values(value_of, numbers, scores);
  copse_free(values);
  double items = (double)ADD_TREES * REACH_ROWS;
  bench_report(state,
               &(struct bench_work){
                   .items = items, .floor_cycles = items, .floor = "2 loads a cycle: number and value"});
}

void bench_encode_row(struct bench_state *state, const struct kernels *kernels, int argument) {
  (void)argument;
  double cuts[N_ROW_CUTS + CODE_MOST_STEPS], row[N_BENCH_FEATURES];
  uint16_t first[256], codes[N_BENCH_FEATURES];
  uint32_t features[N_BENCH_FEATURES];
  struct code_map maps[N_BENCH_FEATURES];
  for (uint32_t c = 0; c < N_ROW_CUTS + CODE_MOST_STEPS; c++) cuts[c] = c < N_ROW_CUTS ? c : (double)INFINITY;
  struct code_map map = {
      .cuts = cuts, .n_cuts = N_ROW_CUTS, .n_cells = 256, .steps = 1, .first = first, .scale = 1};
  for (uint32_t c = 0; c < 256; c++) first[c] = (uint16_t)(c < N_ROW_CUTS ? c : N_ROW_CUTS);
  for (uint32_t f = 0; f < N_BENCH_FEATURES; f++) {
    maps[f] = map;
    features[f] = f;
    row[f] = bench_uniform(f) * 255;
  }
  while (bench_next(state)) kernels->encode_row(maps, features, N_BENCH_FEATURES, row, codes);
  bench_report(state, &(struct bench_work){.items = N_BENCH_FEATURES,
                                           .floor_cycles = N_BENCH_FEATURES * 3 / 2.0,
                                           .floor = "2 loads a cycle: value, cell, cuts"});
}

/* Full blocks of four levels, and sixteen more below each tree's first: every row goes through two. */
void bench_walk_blocks(struct bench_state *state, const struct kernels *kernels, int argument) {
  (void)argument;
  struct walk_block *blocks = bench_room((size_t)N_ROW_TREES * N_BLOCKS, sizeof *blocks);
  int8_t cells[WALK_COLUMNS];
  uint32_t first[N_ROW_TREES];
  int32_t leaves[N_ROW_TREES];
  memset(blocks, 0, (size_t)N_ROW_TREES * N_BLOCKS * sizeof *blocks);
  for (uint32_t b = 0; b < N_ROW_TREES * N_BLOCKS; b++)
    for (uint32_t e = 0; e < WALK_WAYS; e++) {
      struct walk_block *block = &blocks[b];
      block->column[e] = (uint8_t)(bench_mix(16 * b + e) % N_BENCH_FEATURES);
      block->threshold[e] = e < WALK_NODES ? (int8_t)bench_mix(100000 + 16 * b + e) : INT8_MIN;
      for (uint32_t level = 0, node = 0; level < 4; level++) {
        uint32_t right = e >> (3 - level) & 1;
        block->care[e] |= (uint16_t)(1u << node);
        block->rights[e] |= (uint16_t)(right << node);
        node = 2 * node + 1 + right;
      }
      block->next[e] = (int16_t)(b < N_ROW_TREES ? (int)e : ~(int)e);
    }
  for (uint32_t t = 0; t < N_ROW_TREES; t++) first[t] = N_ROW_TREES + t * (N_BLOCKS - 1);
  for (uint64_t c = 0; c < WALK_COLUMNS; c++) cells[c] = (int8_t)bench_mix(7 * c);
  while (bench_next(state)) kernels->walk_blocks(blocks, blocks, first, N_ROW_TREES, cells, false, leaves);
  copse_free(blocks);
  bench_report(state,
               &(struct bench_work){.items = N_ROW_TREES,
                                    .floor_cycles = N_ROW_TREES * 2 * 5 / 2.0,
                                    .floor = "2 loads a cycle: columns, thresholds, two of ways, next"});
}
