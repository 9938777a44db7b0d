/* The slots of prediction: every tier against the scalar one, byte for byte, with every buffer against guard
 * pages. */
#include <math.h>
#include <string.h>

#include "draw.h"
#include "guarded.h"
#include "model/reach_program.h"
#include "predict/bit_program.h"
#include "testing.h"
#include "tiers.h"

enum { N_COLUMNS = 40, MOST_NODES = BIT_MOST_LEAVES - 1, MOST_CUTS = 300 };

static const struct kernels *scalar(void) { return kernels_of_tier(CPU_SCALAR); }

static void *guarded_copy(const void *bytes, size_t n) {
  void *copy = guarded_alloc(n, GUARDED_END);
  memcpy(copy, bytes, n);
  return copy;
}

/* Cuts 0, 1, 2 ... of which every tenth is moved so near its neighbour that a cell holds both. */
static struct code_map map_of(uint32_t n_cuts, uint32_t n_cells, double *cuts, uint16_t *first) {
  struct code_map map = {.cuts = cuts, .n_cuts = n_cuts, .n_cells = n_cells, .first = first, .scale = 1};
  for (uint32_t c = 0; c < n_cuts; c++) cuts[c] = c % 10 == 9 ? c - 1 + 1e-3 : c;
  for (uint32_t c = n_cuts; c < n_cuts + CODE_MOST_STEPS; c++) cuts[c] = INFINITY;
  if (n_cells == 0) return map;
  map.scale = n_cells / (n_cuts + 1.0);
  uint32_t at = 0;
  for (uint32_t cell = 0; cell < n_cells; cell++) {
    first[cell] = (uint16_t)at;
    uint32_t in_cell = 0;
    for (; at < n_cuts && code_cell(&map, cuts[at]) == cell; at++) in_cell++;
    if (in_cell > map.steps) map.steps = in_cell;
  }
  return map;
}

static double odd_value(struct draw *draw, uint32_t n_cuts) {
  switch (draw_between(draw, 0, 9)) {
    case 0: return NAN;
    case 1: return draw_bits(draw) % 2 ? (double)INFINITY : (double)-INFINITY;
    case 2: return (double)draw_between(draw, -1, n_cuts + 1); /* on a cut */
    default: return (draw_uniform(draw) * 1.2 - 0.1) * n_cuts;
  }
}

static void codes_are_the_number_of_cuts_below(void **state) {
  (void)state;
  static const uint32_t cuts_of[] = {1, 2, 3, 4, 7, 8, 10, 11, 15, 16, 17, 40, 255, MOST_CUTS};
  static const uint32_t cells_of[] = {0, 64, 256, 1024};
  struct draw draw = {.seed = 11};
  for (size_t c = 0; c < sizeof cuts_of / sizeof *cuts_of; c++)
    for (size_t k = 0; k < 4; k++) {
      uint32_t n_cuts = cuts_of[c], n_cells = cells_of[k];
      size_t bytes = (n_cuts + CODE_MOST_STEPS) * sizeof(double);
      double *cuts = guarded_alloc(bytes, GUARDED_END);
      uint16_t first[1024], want[70];
      struct code_map map = map_of(n_cuts, n_cells, cuts, first);
      if (map.steps <= CODE_MOST_STEPS) FOR_EACH_TIER(kernels)
      for (size_t n = 0; n <= 67; n += n < 9 ? 1 : 29) {
        double *values = guarded_alloc(n * sizeof *values, GUARDED_END);
        uint16_t *codes = guarded_alloc(n * sizeof *codes, GUARDED_END);
        struct code_map maps[70];
        uint32_t features[70];
        for (size_t i = 0; i < n; i++) {
          values[i] = odd_value(&draw, n_cuts);
          double value = isnan(values[i]) ? 0.0 : values[i];
          want[i] = 0;
          for (uint32_t cut = 0; cut < n_cuts; cut++) want[i] = (uint16_t)(want[i] + (value > cuts[cut]));
          maps[i] = map;
          features[i] = (uint32_t)(n - 1 - i);
        }
        kernels->encode(&map, values, n, codes);
        assert_memory_equal(codes, want, n * sizeof *codes);
        kernels->encode_row(maps, features, n, values, codes);
        for (size_t i = 0; i < n; i++) assert_int_equal(codes[i], want[n - 1 - i]);
        guarded_free(values, n * sizeof *values, GUARDED_END);
        guarded_free(codes, n * sizeof *codes, GUARDED_END);
      }
      guarded_free(cuts, bytes, GUARDED_END);
    }
}

/* A column's codes are cut off at both its ends. */
static void cells_are_what_codes_are_behind_an_offset(void **state) {
  (void)state;
  static const uint32_t offsets[] = {0, 1, 255, 700, 65535};
  struct draw draw = {.seed = 16};
  FOR_EACH_TIER(kernels)
  for (size_t o = 0; o < 5; o++)
    for (size_t n = 0; n <= 200; n += n < 66 ? 1 : 67) {
      uint16_t *codes = guarded_alloc(n * sizeof *codes, GUARDED_END);
      int8_t *out = guarded_alloc(n, GUARDED_END);
      for (size_t i = 0; i < n; i++)
        codes[i] = (uint16_t)(i % 5 == 0 ? (uint32_t)draw_bits(&draw)
                                         : offsets[o] + (uint32_t)draw_between(&draw, -3, 260));
      kernels->spread(codes, offsets[o], n, out);
      for (size_t i = 0; i < n; i++) {
        int past = codes[i] - (int)offsets[o];
        assert_int_equal(out[i], past < 0 ? 127 : past > 255 ? -128 : 127 - past);
      }
      guarded_free(codes, n * sizeof *codes, GUARDED_END);
      guarded_free(out, n, GUARDED_END);
    }
}

static void cells_say_whether_a_set_has_the_code(void **state) {
  (void)state;
  struct draw draw = {.seed = 17};
  FOR_EACH_TIER(kernels)
  for (int turn = 0; turn < 20; turn++) {
    uint8_t *codes = guarded_alloc(REACH_ROWS, GUARDED_END);
    uint32_t *bits = guarded_alloc(8 * sizeof *bits, GUARDED_END);
    int8_t *out = guarded_alloc(REACH_ROWS, GUARDED_END);
    for (size_t i = 0; i < REACH_ROWS; i++) codes[i] = (uint8_t)(turn % 2 ? draw_bits(&draw) : i);
    for (size_t w = 0; w < 8; w++) bits[w] = turn < 2 ? 0u - (uint32_t)turn : (uint32_t)draw_bits(&draw);
    kernels->set_cells(codes, bits, out);
    for (size_t i = 0; i < REACH_ROWS; i++)
      assert_int_equal(out[i], bits[codes[i] / 32] >> codes[i] % 32 & 1 ? 127 : 126);
    guarded_free(codes, REACH_ROWS, GUARDED_END);
    guarded_free(bits, 8 * sizeof *bits, GUARDED_END);
    guarded_free(out, REACH_ROWS, GUARDED_END);
  }
}

static bool has_row(const uint64_t *set, size_t row) {
  return ((const uint8_t *)set)[row % (REACH_ROWS / 8)] >> row / (REACH_ROWS / 8) & 1;
}

static void sets_hold_the_rows_of_a_comparison(void **state) {
  (void)state;
  struct draw draw = {.seed = 12};
  static const uint32_t most_of[] = {1, 2, 41, 255, 3000};
  FOR_EACH_TIER(kernels)
  for (size_t m = 0; m < 5; m++) {
    size_t most = most_of[m], bytes = (most + 1) * BIT_WORDS * sizeof(uint64_t);
    uint64_t *bits = guarded_alloc(bytes, GUARDED_END), below[BIT_WORDS];
    uint16_t codes[REACH_ROWS], *held;
    int8_t cells[REACH_ROWS], *held_cells, threshold = (int8_t)draw_bits(&draw);
    for (size_t i = 0; i < REACH_ROWS; i++) {
      codes[i] = (uint16_t)draw_between(&draw, 0, (int64_t)most);
      cells[i] = (int8_t)(i % 3 == 0 ? threshold - (int)(i % 2) : (int)draw_bits(&draw));
    }
    held = guarded_copy(codes, sizeof codes);
    held_cells = guarded_copy(cells, sizeof cells);
    memset(bits, 0xA5, bytes);
    kernels->bits_above(held, (uint32_t)most, bits);
    for (size_t c = 0; c <= most; c++)
      for (size_t i = 0; i < REACH_ROWS; i++)
        assert_int_equal(has_row(bits + c * BIT_WORDS, i), codes[i] >= c);
    kernels->bits_below(held_cells, threshold, below);
    for (size_t i = 0; i < REACH_ROWS; i++) assert_int_equal(has_row(below, i), threshold > cells[i]);
    guarded_free(bits, bytes, GUARDED_END);
    guarded_free(held, sizeof codes, GUARDED_END);
    guarded_free(held_cells, sizeof cells, GUARDED_END);
  }
}

/* A random tree, its nodes' columns and thresholds, and the block's cells. */
static struct {
  int n_leaves;
  int32_t left[MOST_NODES], right[MOST_NODES];
  uint32_t column[MOST_NODES];
  int8_t threshold[MOST_NODES];
} tree;
static int8_t cells[N_COLUMNS * REACH_ROWS];

static void draw_tree(struct draw *draw, int n_leaves, bool chain) {
  static int32_t *place_of[MOST_NODES + 1]; /* where each leaf hangs */
  int32_t root = ~0;
  place_of[0] = &root;
  for (int n = 0; n < n_leaves - 1; n++) {
    int leaf = chain ? n : (int)draw_between(draw, 0, n);
    *place_of[leaf] = n;
    bool swap = draw_bits(draw) % 2 != 0;
    tree.left[n] = swap ? ~(n + 1) : ~leaf;
    tree.right[n] = swap ? ~leaf : ~(n + 1);
    place_of[leaf] = swap ? &tree.right[n] : &tree.left[n];
    place_of[n + 1] = swap ? &tree.left[n] : &tree.right[n];
    tree.column[n] = (uint32_t)draw_between(draw, 0, N_COLUMNS - 1);
    tree.threshold[n] = (int8_t)draw_between(draw, -100, 127);
  }
  tree.n_leaves = n_leaves;
  for (size_t i = 0; i < sizeof cells; i++) cells[i] = (int8_t)draw_bits(draw);
}

static int32_t leaf_of(size_t row) {
  int32_t node = 0;
  while (node >= 0)
    node = tree.threshold[node] > cells[tree.column[node] * REACH_ROWS + row] ? tree.right[node]
                                                                              : tree.left[node];
  return ~node;
}

static void check_bits(const struct kernels *kernels) {
  static struct bit_node nodes[MOST_NODES];
  static uint16_t turns[MOST_NODES * BIT_PLANES], condition[MOST_NODES];
  static int32_t leaf_at[BIT_MOST_LEAVES];
  struct bit_builder builder;
  struct bit_program program;
  size_t n_nodes = (size_t)tree.n_leaves - 1, bytes = n_nodes * BIT_WORDS * sizeof(uint64_t);
  const struct bit_tree shape = {tree.n_leaves, tree.left, tree.right, condition};
  uint64_t *conditions = guarded_alloc(bytes, GUARDED_END);
  for (size_t n = 0; n < n_nodes; n++) {
    condition[n] = (uint16_t)n;
    scalar()->bits_below(cells + tree.column[n] * REACH_ROWS, tree.threshold[n], conditions + n * BIT_WORDS);
  }
  assert_int_equal(bit_builder_create(NULL, n_nodes, &builder, NULL), COPSE_OK);
  size_t n_turns = bit_program_build(&builder, &shape, &program, nodes, turns, leaf_at);
  assert_true(n_turns <= bit_program_turns(tree.left, tree.right, tree.n_leaves));
  bit_builder_release(&builder);
  size_t mask_bytes = bit_mask_words(program.n_inner, program.n_nodes) * sizeof(uint64_t);
  uint64_t *masks = guarded_alloc(mask_bytes, GUARDED_END);
  uint8_t *numbers = guarded_alloc(REACH_ROWS, GUARDED_END), *high = guarded_alloc(REACH_ROWS, GUARDED_END);
  kernels->reach_bits(&program, conditions, masks, numbers, high);
  for (size_t i = 0; i < REACH_ROWS; i++)
    assert_int_equal(leaf_at[numbers[i] | (program.n_planes > 8 ? high[i] << 8 : 0)], leaf_of(i));
  guarded_free(conditions, bytes, GUARDED_END);
  guarded_free(masks, mask_bytes, GUARDED_END);
  guarded_free(numbers, REACH_ROWS, GUARDED_END);
  guarded_free(high, REACH_ROWS, GUARDED_END);
}

static void check_bytes(const struct kernels *kernels) {
  static struct reach_node nodes[MOST_NODES];
  static int32_t leaf_at[BIT_MOST_LEAVES];
  struct reach_program program;
  const struct reach_tree shape = {tree.n_leaves, tree.left, tree.right, tree.column, tree.threshold};
  if (tree.n_leaves > REACH_PIECE_LEAVES) return;
  assert_true(reach_program_build(&shape, &program, nodes, leaf_at));
  uint8_t *masks = guarded_alloc(program.n_masks * REACH_ROWS, GUARDED_END);
  uint8_t *numbers = guarded_alloc(REACH_ROWS, GUARDED_END);
  int8_t *held = guarded_copy(cells, sizeof cells);
  memset(masks, 0xFF, REACH_ROWS);
  kernels->reach(nodes, program.n_nodes, held, masks, numbers);
  for (size_t i = 0; i < REACH_ROWS; i++) assert_int_equal(leaf_at[numbers[i]], leaf_of(i));
  guarded_free(masks, program.n_masks * REACH_ROWS, GUARDED_END);
  guarded_free(numbers, REACH_ROWS, GUARDED_END);
  guarded_free(held, sizeof cells, GUARDED_END);
}

static void programs_end_in_the_leaves_of_the_tree(void **state) {
  (void)state;
  static const int sizes[] = {2, 3, 5, 31, 255, 256, 257, 1000, BIT_MOST_LEAVES};
  struct draw draw = {.seed = 13};
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
    for (int chain = 0; chain < 2; chain++) {
      draw_tree(&draw, sizes[s], chain != 0);
      FOR_EACH_TIER(kernels) {
        check_bits(kernels);
        check_bytes(kernels);
      }
    }
}

static void check_values(const struct kernels *kernels, bool few) {
  struct draw draw = {.seed = 14};
  const size_t n_values = few ? ADD_FEW : 256;
  double *values[ADD_TREES];
  const double *value_of[ADD_TREES];
  uint8_t numbers[ADD_TREES][REACH_ROWS];
  for (size_t t = 0; t < ADD_TREES; t++) {
    value_of[t] = values[t] = guarded_alloc(n_values * sizeof *values[t], GUARDED_END);
    for (size_t k = 0; k < n_values; k++)
      values[t][k] = (draw_uniform(&draw) - 0.5) * pow(2, (double)(t % 3) * 30);
    for (size_t i = 0; i < REACH_ROWS; i++) numbers[t][i] = (uint8_t)(draw_bits(&draw) % n_values);
  }
  double *scores = guarded_alloc(REACH_ROWS * sizeof *scores, GUARDED_END), before[REACH_ROWS];
  for (size_t i = 0; i < REACH_ROWS; i++) scores[i] = before[i] = draw_uniform(&draw);
  (few ? kernels->add_few_values : kernels->add_values)(value_of, numbers, scores);
  for (size_t i = 0; i < REACH_ROWS; i++) {
    double want = before[i];
    for (size_t t = 0; t < ADD_TREES; t++) want += values[t][numbers[t][i]];
    assert_memory_equal(&scores[i], &want, sizeof want);
  }
  guarded_free(scores, REACH_ROWS * sizeof *scores, GUARDED_END);
  for (size_t t = 0; t < ADD_TREES; t++) guarded_free(values[t], n_values * sizeof *values[t], GUARDED_END);
}

static void values_are_added_tree_after_tree(void **state) {
  (void)state;
  FOR_EACH_TIER(kernels) {
    check_values(kernels, false);
    check_values(kernels, true);
  }
}

/* A block with as many nodes as asked for, each put at the end of a way drawn. The ways lead to `most_next`
 * blocks or, without, to leaves. */
static struct walk_block random_block(struct draw *draw, int n_nodes, int n_columns, int most_next) {
  struct walk_block block;
  int n_ways = 1;
  for (int i = 0; i < WALK_WAYS; i++) {
    block.column[i] = 0;
    block.threshold[i] = INT8_MIN;
    block.care[i] = block.rights[i] = i == 0 ? 0 : 1 << WALK_NODES;
    block.next[i] = (int16_t)(most_next > 0 && draw_bits(draw) % 3 ? draw_between(draw, 0, most_next - 1)
                                                                   : ~draw_between(draw, 0, INT16_MAX));
  }
  for (int p = 0; p < n_nodes; p++, n_ways++) {
    int from = (int)draw_between(draw, 0, n_ways - 1);
    block.column[p] = (uint8_t)draw_between(draw, 0, n_columns - 1);
    block.threshold[p] = (int8_t)draw_bits(draw);
    block.care[n_ways] = block.care[from] |= (uint16_t)(1 << p);
    block.rights[n_ways] = (uint16_t)(block.rights[from] | 1 << p);
  }
  return block;
}

static void rows_walk_to_the_same_leaves(void **state) {
  (void)state;
  enum { BELOW = 5 }; /* blocks of a tree below its top: the later ones lead to leaves */
  struct draw draw = {.seed = 15};
  static struct walk_block tops[WALK_TREES], blocks[WALK_TREES * BELOW];
  for (int turn = 0; turn < 40; turn++) {
    size_t n = turn < 3 ? (size_t)turn : (size_t)draw_between(&draw, 3, WALK_TREES);
    n = turn == 3 ? WALK_TREES : n;
    int n_columns = turn % 2 ? WALK_COLUMNS : WALK_COLUMNS / 2;
    uint32_t first[WALK_TREES];
    int8_t row[WALK_COLUMNS];
    int32_t want[WALK_TREES], *leaves = guarded_alloc(n * sizeof *leaves, GUARDED_END);
    for (size_t c = 0; c < WALK_COLUMNS; c++) row[c] = (int8_t)draw_bits(&draw);
    for (size_t t = 0; t < n; t++) {
      tops[t] = random_block(&draw, (int)draw_between(&draw, 0, WALK_NODES), n_columns, BELOW);
      first[t] = (uint32_t)(t * BELOW);
      for (size_t b = 0; b < BELOW; b++) {
        struct walk_block *block = &blocks[t * BELOW + b];
        *block = random_block(&draw, (int)draw_between(&draw, 1, WALK_NODES), n_columns, b == 0 ? BELOW : 0);
        for (size_t e = 0; b == 0 && e < WALK_WAYS; e++)
          if (block->next[e] == 0) block->next[e] = 1; /* never in circles */
      }
    }
    void *held[] = {guarded_copy(tops, n * sizeof *tops), guarded_copy(blocks, n * BELOW * sizeof *blocks),
                    guarded_copy(first, n * sizeof *first), guarded_copy(row, sizeof row)};
    scalar()->walk_blocks(tops, blocks, first, n, row, turn % 2, want);
    FOR_EACH_TIER(kernels) {
      memset(leaves, 0xA5, n * sizeof *leaves);
      kernels->walk_blocks(held[0], held[1], held[2], n, held[3], turn % 2, leaves);
      assert_memory_equal(leaves, want, n * sizeof *leaves);
    }
    guarded_free(leaves, n * sizeof *leaves, GUARDED_END);
    guarded_free(held[0], n * sizeof *tops, GUARDED_END);
    guarded_free(held[1], n * BELOW * sizeof *blocks, GUARDED_END);
    guarded_free(held[2], n * sizeof *first, GUARDED_END);
    guarded_free(held[3], sizeof row, GUARDED_END);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(codes_are_the_number_of_cuts_below),
      cmocka_unit_test(cells_are_what_codes_are_behind_an_offset),
      cmocka_unit_test(cells_say_whether_a_set_has_the_code),
      cmocka_unit_test(sets_hold_the_rows_of_a_comparison),
      cmocka_unit_test(programs_end_in_the_leaves_of_the_tree),
      cmocka_unit_test(values_are_added_tree_after_tree),
      cmocka_unit_test(rows_walk_to_the_same_leaves),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
