/* coded_blocks.c - what one row at a time needs: trees in blocks of fifteen nodes, made from the walk nodes,
 * and in one place what is read of trees and sources.
 *
 * A block takes, one after the other, the node that most rows of the training data reached: most rows leave
 * a tree of 255 leaves after one or two blocks, however lopsided it is. */
#include "base/status.h"
#include "predict/coded.h"

enum { MOST_LEAVES = INT16_MAX, NO_NODE = 1 << WALK_NODES };

struct block_writer {
  const struct coded_tree *tree;
  const int64_t *counts;                 /* of the tree's inner nodes */
  struct walk_block *top_block, *blocks; /* of the tree: its top, and those below */
  uint32_t n_blocks;
  uint32_t *top; /* [n_blocks] walk node at the top of each block */
};

/* What a way out of a block leads to, and when it is taken. */
struct way {
  uint32_t node; /* walk node */
  uint16_t care, rights;
};

static bool is_leaf(const struct coded_tree *tree, uint32_t node) { return tree->walk[node] >> 18 == 0; }

/* The way to the inner node that most rows reached, the first among equals; n_ways: none. */
static uint32_t most_used(const struct block_writer *writer, const struct way *ways, uint32_t n_ways) {
  uint32_t best = n_ways;
  int64_t most = 0;
  for (uint32_t i = 0; i < n_ways; i++) {
    if (is_leaf(writer->tree, ways[i].node)) continue;
    int64_t count = writer->counts[~writer->tree->walk_leaf[ways[i].node]];
    if (best < n_ways && count <= most) continue;
    best = i;
    most = count;
  }
  return best;
}

static uint32_t choose_nodes(const struct block_writer *writer, struct walk_block *block,
                             struct way ways[WALK_WAYS]) {
  const struct coded_tree *tree = writer->tree;
  uint32_t n_ways = 1;
  for (uint32_t p = 0; p < WALK_NODES; p++, n_ways++) {
    uint32_t i = most_used(writer, ways, n_ways);
    if (i == n_ways) break;
    uint32_t node = ways[i].node;
    uint16_t bit = (uint16_t)(1 << p);
    block->column[p] = (uint8_t)(tree->walk[node] >> 8 & WALK_MOST_COLUMN);
    block->threshold[p] = (int8_t)(tree->walk[node] & 0xFF);
    ways[i].node = node + (tree->walk[node] >> 18);
    ways[i].care |= bit;
    ways[n_ways] = (struct way){ways[i].node + 1, ways[i].care, (uint16_t)(ways[i].rights | bit)};
  }
  return n_ways;
}

static void write_block(struct block_writer *writer, uint32_t index) {
  struct walk_block *block = index == 0 ? writer->top_block : &writer->blocks[index - 1];
  struct way ways[WALK_WAYS] = {{writer->top[index], 0, 0}};
  for (uint32_t i = 0; i < WALK_WAYS; i++) {
    block->column[i] = 0;
    block->threshold[i] = INT8_MIN;
    block->care[i] = block->rights[i] = NO_NODE;
    block->next[i] = ~0;
  }
  uint32_t n_ways = choose_nodes(writer, block, ways);
  for (uint32_t i = 0; i < n_ways; i++) {
    block->care[i] = ways[i].care;
    block->rights[i] = ways[i].rights;
    if (is_leaf(writer->tree, ways[i].node)) {
      block->next[i] = (int16_t)~writer->tree->walk_leaf[ways[i].node];
      continue;
    }
    block->next[i] = (int16_t)(writer->n_blocks - 1);
    writer->top[writer->n_blocks++] = ways[i].node;
  }
}

/* Fewer blocks than nodes, and both have numbers. */
static bool fits(const struct coded_trees *coded, size_t *n_nodes, int *most_leaves) {
  *n_nodes = 0;
  *most_leaves = 1;
  if (!coded->walkable || coded->n_columns > WALK_COLUMNS) return false;
  for (int t = 0; t < coded->n_trees; t++) {
    if (coded->trees[t].n_sets > 0) continue;
    if (coded->trees[t].n_leaves > MOST_LEAVES) return false;
    if (coded->trees[t].n_leaves > *most_leaves) *most_leaves = coded->trees[t].n_leaves;
    *n_nodes += (size_t)coded->trees[t].n_leaves;
  }
  return *n_nodes <= UINT32_MAX;
}

copse_status coded_blocks_create(struct coded_trees *coded, const struct tree *trees, copse_error *err) {
  size_t n_nodes;
  int most_leaves;
  if (!fits(coded, &n_nodes, &most_leaves)) return COPSE_OK;
  struct block_writer writer = {.top = copse_alloc(coded->ctx, (size_t)most_leaves, sizeof *writer.top)};
  coded->blocks = copse_alloc(coded->ctx, n_nodes, sizeof *coded->blocks);
  coded->tops = copse_alloc(coded->ctx, (size_t)coded->n_trees, sizeof *coded->tops);
  if (writer.top == NULL || coded->blocks == NULL || coded->tops == NULL) {
    copse_free(writer.top);
    return status_memory(err, "a predictor");
  }
  uint32_t first = 0;
  for (int i = 0; i < coded->n_trees; i++) {
    uint32_t t = coded->row_order[i];
    if (coded->trees[t].n_sets > 0) continue;
    writer.tree = &coded->trees[t];
    writer.counts = trees[t].internal_count;
    writer.top_block = &coded->tops[i];
    writer.blocks = coded->blocks + first;
    coded->trees[t].first_block = first;
    writer.top[0] = 0;
    writer.n_blocks = 1;
    for (uint32_t b = 0; b < writer.n_blocks; b++) write_block(&writer, b);
    first += writer.n_blocks - 1;
  }
  copse_free(writer.top);
  struct walk_block *tight = copse_resize(coded->ctx, coded->blocks, (size_t)first + 1, sizeof *tight);
  if (tight == NULL) return status_memory(err, "a predictor");
  coded->blocks = tight;
  return COPSE_OK;
}

copse_status coded_rows_create(struct coded_trees *coded, copse_error *err) {
  coded->row_maps = copse_alloc(coded->ctx, coded->n_sources, sizeof *coded->row_maps);
  coded->row_features = copse_alloc(coded->ctx, coded->n_sources, sizeof *coded->row_features);
  coded->row_sources = copse_alloc(coded->ctx, coded->n_sources, sizeof *coded->row_sources);
  coded->row_trees = copse_alloc(coded->ctx, (size_t)coded->n_trees, sizeof *coded->row_trees);
  coded->row_first = copse_alloc(coded->ctx, (size_t)coded->n_trees, sizeof *coded->row_first);
  if (coded->row_first == NULL || coded->row_sources == NULL || coded->row_maps == NULL ||
      coded->row_features == NULL || coded->row_trees == NULL)
    return status_memory(err, "a predictor");
  for (uint32_t s = 0; s < coded->n_sources; s++) {
    if (coded->sources[s].categorical) continue;
    const struct coded_source *source = &coded->sources[s];
    coded->row_sources[coded->n_numeric] =
        (struct row_source){s, source->first_column[CODES_PLAIN],
                            source->n_columns == 1 && source->versions == 1u << CODES_PLAIN};
    coded->row_features[coded->n_numeric] = coded->sources[s].feature;
    coded->row_maps[coded->n_numeric++] = coded->sources[s].map;
  }
  for (int i = 0; i < coded->n_trees; i++) {
    const struct coded_tree *tree = &coded->trees[coded->row_order[i]];
    coded->row_trees[i] = (struct row_tree){tree->leaf_values, coded->row_order[i]};
    coded->row_first[i] = tree->first_block;
  }
  return COPSE_OK;
}
