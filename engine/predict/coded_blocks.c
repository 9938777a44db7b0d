/* coded_blocks.c - what one row at a time needs: trees in blocks of four levels, made from the walk nodes,
 * and in one place what is read of trees and sources. */
#include "base/status.h"
#include "predict/coded.h"

enum { BLOCK_PLACES = 2 * WALK_NODES + 1, MOST_LEAVES = INT16_MAX };

struct block_writer {
  const struct coded_trees *coded;
  const struct coded_tree *tree;
  struct walk_block *blocks; /* of the tree */
  uint32_t n_blocks;
  uint32_t *top; /* [n_blocks] walk node at the top of each block */
};

static bool is_leaf(const struct coded_tree *tree, uint32_t node) { return tree->walk[node] >> 18 == 0; }

/* Nodes of a block and what its ways lead to, as walk nodes; below a leaf stands the leaf. */
static void write_block(struct block_writer *writer, uint32_t index) {
  const struct coded_tree *tree = writer->tree;
  struct walk_block *block = &writer->blocks[index];
  uint32_t node[BLOCK_PLACES];
  node[0] = writer->top[index];
  for (uint32_t p = 0; p < WALK_NODES; p++) {
    bool leaf = is_leaf(tree, node[p]);
    uint32_t left = node[p] + (tree->walk[node[p]] >> 18);
    node[2 * p + 1] = left;
    node[2 * p + 2] = leaf ? left : left + 1;
    block->column[p] = (uint8_t)(tree->walk[node[p]] >> 8 & WALK_MOST_COLUMN);
    block->threshold[p] = (int8_t)(tree->walk[node[p]] & 0xFF);
  }
  block->column[WALK_NODES] = 0;
  block->threshold[WALK_NODES] = INT8_MIN;
  for (uint32_t e = 0; e < WALK_NODES + 1; e++) {
    uint32_t end = node[WALK_NODES + e];
    if (is_leaf(tree, end)) {
      block->next[e] = (int16_t)~tree->walk_leaf[end];
      continue;
    }
    block->next[e] = (int16_t)writer->n_blocks;
    writer->top[writer->n_blocks++] = end;
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

copse_status coded_blocks_create(struct coded_trees *coded, copse_error *err) {
  size_t n_nodes;
  int most_leaves;
  if (!fits(coded, &n_nodes, &most_leaves)) return COPSE_OK;
  struct block_writer writer = {.coded = coded,
                                .top = copse_alloc(coded->ctx, (size_t)most_leaves, sizeof *writer.top)};
  coded->blocks = copse_alloc(coded->ctx, n_nodes, sizeof *coded->blocks);
  if (writer.top == NULL || coded->blocks == NULL) {
    copse_free(writer.top);
    return status_memory(err, "a predictor");
  }
  uint32_t first = 0;
  for (int t = 0; t < coded->n_trees; t++) {
    if (coded->trees[t].n_sets > 0) continue;
    writer.tree = &coded->trees[t];
    writer.blocks = coded->blocks + first;
    coded->trees[t].first_block = first;
    writer.top[0] = 0;
    writer.n_blocks = 1;
    for (uint32_t i = 0; i < writer.n_blocks; i++) write_block(&writer, i);
    first += writer.n_blocks;
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
  coded->row_trees = copse_alloc(coded->ctx, (size_t)coded->n_trees, sizeof *coded->row_trees);
  if (coded->row_maps == NULL || coded->row_features == NULL || coded->row_trees == NULL)
    return status_memory(err, "a predictor");
  for (uint32_t s = 0; s < coded->n_sources; s++) {
    if (coded->sources[s].categorical) continue;
    coded->row_features[coded->n_numeric] = coded->sources[s].feature;
    coded->row_maps[coded->n_numeric++] = coded->sources[s].map;
  }
  for (int i = 0; i < coded->n_trees; i++) {
    const struct coded_tree *tree = &coded->trees[coded->row_order[i]];
    coded->row_trees[i] = (struct row_tree){tree->leaf_values, tree->first_block, coded->row_order[i]};
  }
  return COPSE_OK;
}
