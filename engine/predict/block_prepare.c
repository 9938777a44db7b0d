/* block_prepare.c - codes become what the kernels read: cells, conditions, or both where some trees have no
 * bit program. */
#include "predict/block.h"

/* A comparison a condition costs less than a search for all of them together. */
enum { FEW_CUTS = 40 };

static void prepare_bits(const struct coded_source *source, const struct kernels *kernels,
                         const uint16_t *codes, uint64_t *conditions) {
  uint32_t n_cuts = source->map.n_cuts;
  if (n_cuts > FEW_CUTS) {
    kernels->bits_above(codes, n_cuts, conditions);
    return;
  }
  int8_t cells[REACH_ROWS];
  kernels->spread(codes, 0, REACH_ROWS, cells);
  for (uint32_t place = 0; place < n_cuts; place++)
    kernels->bits_below(cells, (int8_t)(127 - (int)place), conditions + ((size_t)place + 1) * BIT_WORDS);
}

static bool wants_cells(const struct coded_trees *coded, const struct coded_block *block) {
  return block->way != BLOCK_BITS || !coded->all_by_bits;
}

void coded_block_prepare(const struct coded_trees *coded, const struct kernels *kernels,
                         struct coded_block *block) {
  for (uint32_t s = 0; s < coded->n_sources; s++) {
    const struct coded_source *source = &coded->sources[s];
    for (unsigned versions = source->versions; versions != 0 && !source->categorical;
         versions &= versions - 1) {
      unsigned v = (unsigned)__builtin_ctz(versions);
      const uint16_t *codes = block->lines + (size_t)source->line[v] * REACH_ROWS;
      if (block->way == BLOCK_BITS)
        prepare_bits(source, kernels, codes,
                     block->conditions + (size_t)source->first_condition[v] * BIT_WORDS);
      if (!wants_cells(coded, block)) continue;
      for (uint32_t c = 0; c < source->n_columns; c++)
        kernels->spread(codes, c * COLUMN_CUTS, REACH_ROWS,
                        block->cells + (size_t)(source->first_column[v] + c) * REACH_ROWS);
    }
  }
}

static void set_cells(const struct coded_source *source, const struct kernels *kernels, const uint16_t *codes,
                      const uint32_t *words, int8_t *cells) {
  if (source->n_categories <= 255) {
    kernels->set_cells((const uint8_t *)codes, words, cells);
    return;
  }
  for (size_t i = 0; i < REACH_ROWS; i++)
    cells[i] = (int8_t)(126 + (words[codes[i] / 32] >> (codes[i] % 32) & 1));
}

void coded_block_prepare_sets(const struct coded_trees *coded, const struct kernels *kernels,
                              const struct coded_tree *tree, struct coded_block *block) {
  for (uint32_t k = 0; k < tree->n_sets; k++) {
    const struct coded_set *set = &coded->sets[tree->first_set + k];
    const struct coded_source *source = &coded->sources[set->source];
    int8_t *cells = block->cells + ((size_t)coded->n_columns + k) * REACH_ROWS;
    set_cells(source, kernels, block->codes + (size_t)source->category_column * REACH_ROWS,
              coded->words + set->first_word, cells);
    if (block->way == BLOCK_BITS && tree->by_bits)
      kernels->bits_below(cells, 127, block->conditions + (size_t)set_condition(coded, k) * BIT_WORDS);
  }
}
