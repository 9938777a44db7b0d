/* coded_bits.c - each tree as a bit program over the conditions of coded_sources.c. */
#include "base/status.h"
#include "predict/coded.h"

struct bit_sizes {
  size_t n_nodes, n_turns, n_numbers, most_nodes;
};

static bool has_program(const struct tree *tree) {
  return tree->n_leaves > 1 && tree->n_leaves <= BIT_MOST_LEAVES;
}

static struct bit_sizes measure(const struct tree *trees, int n_trees) {
  struct bit_sizes sizes = {0};
  for (int t = 0; t < n_trees; t++) {
    if (!has_program(&trees[t])) continue;
    size_t n_nodes = (size_t)trees[t].n_leaves - 1;
    sizes.n_nodes += n_nodes;
    sizes.n_numbers += bit_program_numbers(trees[t].n_leaves);
    sizes.n_turns += bit_program_turns(trees[t].left_child, trees[t].right_child, trees[t].n_leaves);
    if (n_nodes > sizes.most_nodes) sizes.most_nodes = n_nodes;
  }
  return sizes;
}

static void find_conditions(const struct coded_trees *coded, const struct tree *tree, uint16_t *condition) {
  uint32_t n_sets = 0;
  for (int node = 0; node < tree->n_leaves - 1; node++) {
    unsigned decision = tree->decision_type[node];
    if (decision & DECISION_CATEGORICAL) {
      condition[node] = (uint16_t)set_condition(coded, n_sets++);
      continue;
    }
    const struct coded_source *source = &coded->sources[coded->source_of[2 * tree->split_feature[node]]];
    uint32_t place = coded_place(&source->map, coded_cut(tree->threshold[node]));
    condition[node] = (uint16_t)value_condition(source, coded_version(decision), place);
  }
}

static void write_all(struct coded_trees *coded, const struct tree *trees, struct bit_builder *builder,
                      uint16_t *condition) {
  struct bit_node *nodes = coded->bit_nodes;
  uint16_t *turns = coded->bit_turns;
  int32_t *leaf = coded->bit_leaf;
  double *value = coded->bit_value;
  coded->all_by_bits = true;
  for (int t = 0; t < coded->n_trees; t++) {
    struct coded_tree *tree = &coded->trees[t];
    if (!has_program(&trees[t])) {
      coded->all_by_bits = coded->all_by_bits && trees[t].n_leaves == 1;
      continue;
    }
    const struct bit_tree shape = {trees[t].n_leaves, trees[t].left_child, trees[t].right_child, condition};
    uint32_t n_numbers = bit_program_numbers(trees[t].n_leaves);
    find_conditions(coded, &trees[t], condition);
    turns += bit_program_build(builder, &shape, &tree->bits, nodes, turns, leaf);
    for (uint32_t k = 0; k < n_numbers; k++) value[k] = trees[t].leaf_value[leaf[k]];
    size_t words = bit_mask_words(tree->bits.n_inner, tree->bits.n_nodes);
    if (words > coded->most_bit_words) coded->most_bit_words = words;
    tree->by_bits = true;
    tree->bit_leaf = leaf;
    tree->bit_value = value;
    nodes += tree->bits.n_nodes;
    leaf += n_numbers;
    value += n_numbers;
  }
}

copse_status coded_bits_create(struct coded_trees *coded, const struct tree *trees, copse_error *err) {
  struct bit_sizes sizes = measure(trees, coded->n_trees);
  struct bit_builder builder = {0};
  if (sizes.n_nodes == 0 || coded->n_conditions + coded->most_sets > MOST_CONDITIONS) return COPSE_OK;
  uint16_t *condition = copse_alloc(coded->ctx, sizes.most_nodes, sizeof *condition);
  coded->bit_nodes = copse_alloc(coded->ctx, sizes.n_nodes, sizeof *coded->bit_nodes);
  coded->bit_turns = copse_alloc(coded->ctx, sizes.n_turns, sizeof *coded->bit_turns);
  coded->bit_leaf = copse_alloc(coded->ctx, sizes.n_numbers, sizeof *coded->bit_leaf);
  coded->bit_value = copse_alloc(coded->ctx, sizes.n_numbers, sizeof *coded->bit_value);
  copse_status status = COPSE_OK;
  if (condition == NULL || coded->bit_nodes == NULL || coded->bit_turns == NULL || coded->bit_leaf == NULL ||
      coded->bit_value == NULL)
    status = status_memory(err, "a predictor");
  if (status == COPSE_OK) status = bit_builder_create(coded->ctx, sizes.most_nodes, &builder, err);
  if (status == COPSE_OK) {
    write_all(coded, trees, &builder, condition);
    coded->by_bits = true;
  }
  bit_builder_release(&builder);
  copse_free(condition);
  return status;
}
