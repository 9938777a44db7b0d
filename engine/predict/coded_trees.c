/* coded_trees.c - each tree as a program and as walk nodes over the columns of coded_sources.c. */
#include <math.h>
#include <string.h>

#include "base/status.h"
#include "model/route.h"
#include "predict/coded.h"

/* One tree's nodes over columns. */
struct node_rules {
  uint32_t *column;
  int8_t *threshold;
};

static size_t most_nodes(const struct tree *trees, int n_trees) {
  size_t most = 0;
  for (int t = 0; t < n_trees; t++)
    if ((size_t)trees[t].n_leaves - 1 > most) most = (size_t)trees[t].n_leaves - 1;
  return most;
}

uint32_t coded_place(const struct code_map *map, double cut) {
  uint32_t low = 0, high = map->n_cuts;
  while (low < high) {
    uint32_t middle = (low + high) / 2;
    if (map->cuts[middle] < cut)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static void rule_by_value(const struct coded_trees *coded, const struct tree *tree, int node,
                          struct node_rules *rules) {
  const struct coded_source *source = &coded->sources[coded->source_of[2 * tree->split_feature[node]]];
  uint32_t place = coded_place(&source->map, coded_cut(tree->threshold[node]));
  rules->column[node] = source->first_column[coded_version(tree->decision_type[node])] + place / COLUMN_CUTS;
  rules->threshold[node] = (int8_t)(127 - (int)(place % COLUMN_CUTS));
}

/* The node's set over codes; returns the words used. */
static uint32_t write_set(const struct coded_source *source, const struct tree *tree, int node,
                          uint32_t *words) {
  int set = (int)tree->threshold[node];
  const uint32_t *own = tree->cat_words + tree->cat_boundaries[set];
  uint32_t n_own = tree->cat_boundaries[set + 1] - tree->cat_boundaries[set], n = coded_set_words(source);
  memset(words, 0, n * sizeof *words);
  for (uint32_t c = 0; c < source->n_categories; c++)
    if (route_in_set(own, n_own, (uint32_t)source->categories[c])) words[c / 32] |= 1u << (c % 32);
  return n;
}

/* Breadth first, so that the upper levels of a tree lie together. False: a node does not fit. */
static bool write_walk(const struct tree *tree, const struct node_rules *rules, struct coded_tree *out) {
  uint32_t n = 1;
  out->walk_leaf[0] = tree->n_leaves == 1 ? ~0 : 0; /* while the walk is written: what stands here */
  for (uint32_t at = 0; at < n; at++) {
    int32_t node = out->walk_leaf[at];
    if (node < 0) {
      out->walk[at] = walk_node_of(0, 0, INT8_MIN);
      continue;
    }
    if (n - at > WALK_MOST_LEFT || rules->column[node] > WALK_MOST_COLUMN) return false;
    out->walk[at] = walk_node_of(n - at, rules->column[node], rules->threshold[node]);
    out->walk_leaf[n++] = tree->left_child[node];
    out->walk_leaf[n++] = tree->right_child[node];
  }
  for (uint32_t at = 0; at < n; at++) out->walk_leaf[at] = ~out->walk_leaf[at];
  return true;
}

/* Levels below the root: children stand behind their parents. */
static int depth_of(const struct coded_tree *tree) {
  uint32_t begin = 0, end = 1;
  int depth = 0;
  while (begin < end) {
    uint32_t next = end;
    for (uint32_t at = begin; at < end; at++) {
      uint32_t left = tree->walk[at] >> 18;
      if (left > 0) next = at + left + 2;
    }
    begin = end;
    end = next;
    depth += begin < end;
  }
  return depth;
}

static void write_tree(struct coded_trees *coded, const struct tree *tree, struct node_rules *rules,
                       struct coded_tree *out) {
  out->n_leaves = tree->n_leaves;
  uint32_t n_sets = 0, *words = coded->words;
  for (int node = 0; node < tree->n_leaves - 1; node++) {
    if (!(tree->decision_type[node] & DECISION_CATEGORICAL)) {
      rule_by_value(coded, tree, node, rules);
      continue;
    }
    struct coded_set *set = &coded->sets[out->first_set + n_sets];
    set->source = coded->source_of[2 * tree->split_feature[node] + 1];
    write_set(&coded->sources[set->source], tree, node, words + set->first_word);
    rules->column[node] = coded->n_columns + n_sets++;
    rules->threshold[node] = 127; /* in the set: 127, left; else 126, right */
  }
  coded->walkable = coded->walkable && write_walk(tree, rules, out);
  out->depth = coded->walkable ? depth_of(out) : 0;
  const struct reach_tree shape = {tree->n_leaves, tree->left_child, tree->right_child, rules->column,
                                   rules->threshold};
  out->method = tree->n_leaves == 1                                                    ? CODED_LONE
                : reach_program_build(&shape, &out->program, out->nodes, out->leaf_at) ? CODED_REACH
                                                                                       : CODED_WALK;
  if (out->method != CODED_REACH)
    for (int i = 0; i < tree->n_leaves; i++) out->leaf_at[i] = i;
  for (int i = 0; i < tree->n_leaves; i++) out->value_at[i] = tree->leaf_value[out->leaf_at[i]];
  if (out->method == CODED_REACH && out->program.n_masks > coded->most_masks)
    coded->most_masks = out->program.n_masks;
}

/* Where each tree's sets and their words lie; false: too many words to number. */
static bool number_sets(struct coded_trees *coded, const struct tree *trees, size_t *n_words) {
  uint32_t n_sets = 0;
  *n_words = 0;
  for (int t = 0; t < coded->n_trees; t++) {
    coded->trees[t].first_set = n_sets;
    for (int node = 0; node < trees[t].n_leaves - 1; node++) {
      if (!(trees[t].decision_type[node] & DECISION_CATEGORICAL)) continue;
      uint32_t source = coded->source_of[2 * trees[t].split_feature[node] + 1];
      if (*n_words > UINT32_MAX) return false;
      coded->sets[n_sets].first_word = (uint32_t)*n_words;
      *n_words += coded_set_words(&coded->sources[source]);
      n_sets++;
    }
    coded->trees[t].n_sets = n_sets - coded->trees[t].first_set;
    if (coded->trees[t].n_sets > coded->most_sets) coded->most_sets = coded->trees[t].n_sets;
  }
  return true;
}

static copse_status make_room(struct coded_trees *coded, const struct tree *trees, copse_error *err) {
  size_t n_leaves = 0, n_sets = 0, n_words;
  for (int t = 0; t < coded->n_trees; t++) {
    n_leaves += (size_t)trees[t].n_leaves;
    n_sets += (size_t)trees[t].n_cat;
  }
  coded->trees = copse_alloc_zero(coded->ctx, (size_t)coded->n_trees, sizeof *coded->trees);
  coded->row_order = copse_alloc(coded->ctx, (size_t)coded->n_trees, sizeof *coded->row_order);
  coded->sets = copse_alloc(coded->ctx, n_sets, sizeof *coded->sets);
  coded->reach_nodes = copse_alloc(coded->ctx, n_leaves, sizeof *coded->reach_nodes);
  coded->walk_nodes = copse_alloc(coded->ctx, 2 * n_leaves, sizeof *coded->walk_nodes);
  coded->walk_leaf = copse_alloc(coded->ctx, 2 * n_leaves, sizeof *coded->walk_leaf);
  coded->leaf_at = copse_alloc(coded->ctx, n_leaves, sizeof *coded->leaf_at);
  coded->value_at = copse_alloc(coded->ctx, n_leaves, sizeof *coded->value_at);
  if (coded->trees == NULL || coded->row_order == NULL || coded->sets == NULL || coded->reach_nodes == NULL ||
      coded->walk_nodes == NULL || coded->walk_leaf == NULL || coded->leaf_at == NULL ||
      coded->value_at == NULL)
    return status_memory(err, "a predictor");
  coded->usable = 2 * n_leaves <= UINT32_MAX && number_sets(coded, trees, &n_words);
  if (!coded->usable) return COPSE_OK;
  coded->words = copse_alloc(coded->ctx, n_words, sizeof *coded->words);
  return coded->words != NULL ? COPSE_OK : status_memory(err, "a predictor");
}

static int compare_depth(const struct coded_trees *coded, uint32_t a, uint32_t b) {
  const struct coded_tree *x = &coded->trees[a], *y = &coded->trees[b];
  if ((x->n_sets > 0) != (y->n_sets > 0)) return x->n_sets > 0 ? 1 : -1;
  return x->depth < y->depth ? -1 : x->depth > y->depth;
}

/* Shell's sort (1959) of each chunk: trees that walk side by side are to end together. */
static void order_rows(struct coded_trees *coded) {
  for (int begin = 0; begin < coded->n_trees; begin += ROW_TREES) {
    uint32_t *order = coded->row_order + begin;
    int n = coded->n_trees - begin < ROW_TREES ? coded->n_trees - begin : ROW_TREES;
    for (int i = 0; i < n; i++) order[i] = (uint32_t)(begin + i);
    for (int gap = ROW_TREES / 2; gap > 0; gap /= 2)
      for (int i = gap; i < n; i++) {
        uint32_t tree = order[i];
        int j = i;
        for (; j >= gap && compare_depth(coded, order[j - gap], tree) > 0; j -= gap)
          order[j] = order[j - gap];
        order[j] = tree;
      }
  }
}

copse_status coded_programs_create(struct coded_trees *coded, const struct tree *trees, copse_error *err) {
  size_t most = most_nodes(trees, coded->n_trees), at = 0;
  struct node_rules rules = {copse_alloc(coded->ctx, most, sizeof *rules.column),
                             copse_alloc(coded->ctx, most, sizeof *rules.threshold)};
  copse_status status = COPSE_OK;
  if (rules.column == NULL || rules.threshold == NULL)
    status = status_memory(err, "a predictor");
  else
    status = make_room(coded, trees, err);
  coded->walkable = true;
  for (int t = 0; status == COPSE_OK && coded->usable && t < coded->n_trees; t++) {
    struct coded_tree *tree = &coded->trees[t];
    tree->nodes = coded->reach_nodes + at;
    tree->root = (uint32_t)(2 * at);
    tree->walk = coded->walk_nodes + 2 * at;
    tree->walk_leaf = coded->walk_leaf + 2 * at;
    tree->leaf_at = coded->leaf_at + at;
    tree->value_at = coded->value_at + at;
    write_tree(coded, &trees[t], &rules, tree);
    at += (size_t)trees[t].n_leaves;
  }
  for (int t = 0; coded->usable && !coded->walkable && t < coded->n_trees; t++)
    coded->usable = coded->trees[t].method != CODED_WALK;
  if (status == COPSE_OK && coded->usable) order_rows(coded);
  copse_free(rules.column);
  copse_free(rules.threshold);
  return status;
}

static bool can_be_coded(const struct tree *trees, int n_trees) {
  for (int t = 0; t < n_trees; t++) {
    if (trees[t].linear != NULL) return false;
    for (int node = 0; node < trees[t].n_leaves - 1; node++)
      if (isnan(trees[t].threshold[node])) return false;
  }
  return true;
}

copse_status coded_trees_create(copse_context *ctx, uint32_t n_features, const struct tree *trees,
                                int n_trees, struct coded_trees *out, copse_error *err) {
  *out = (struct coded_trees){.ctx = ctx, .n_trees = n_trees};
  if (!can_be_coded(trees, n_trees)) return COPSE_OK;
  copse_status status = coded_sources_create(out, n_features, trees, err);
  if (status == COPSE_OK && out->usable) status = coded_programs_create(out, trees, err);
  if (status == COPSE_OK && out->usable) status = coded_blocks_create(out, trees, err);
  if (status == COPSE_OK && out->usable) status = coded_bits_create(out, trees, err);
  if (status != COPSE_OK || !out->usable) {
    coded_trees_release(out);
    *out = (struct coded_trees){.ctx = ctx};
  }
  return status;
}

void coded_trees_release(struct coded_trees *coded) {
  copse_free(coded->sources);
  copse_free(coded->trees);
  copse_free(coded->row_maps);
  copse_free(coded->row_features);
  copse_free(coded->row_sources);
  copse_free(coded->row_trees);
  copse_free(coded->row_order);
  copse_free(coded->row_first);
  copse_free(coded->source_of);
  copse_free(coded->sets);
  copse_free(coded->words);
  copse_free(coded->cuts);
  copse_free(coded->firsts);
  copse_free(coded->categories);
  copse_free(coded->reach_nodes);
  copse_free(coded->walk_nodes);
  copse_free(coded->tops);
  copse_free(coded->blocks);
  copse_free(coded->walk_leaf);
  copse_free(coded->leaf_at);
  copse_free(coded->value_at);
  copse_free(coded->bit_nodes);
  copse_free(coded->bit_turns);
  copse_free(coded->bit_leaf);
  copse_free(coded->bit_value);
}
