/* tree.c - growing, copying and scaling one tree.
 *
 * All arrays whose size is known from the capacity are carved out of one zeroed block, so that a tree costs
 * one allocation and growing it costs none; only the words of categorical sets, whose number nobody knows
 * before, grow by doubling. Arrays stand in the block by falling alignment. */
#include "model/tree.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/status.h"

/* Hands out consecutive pieces of the block; with a NULL base it only adds up. */
struct carver {
  char *base;
  size_t used;
};

static void *carve(struct carver *carver, size_t count, size_t size) {
  void *piece = carver->base == NULL ? NULL : carver->base + carver->used;
  carver->used += count * size;
  return piece;
}

static void tree_layout(struct tree *tree, bool with_bins, struct carver *carver) {
  size_t n = (size_t)tree->capacity;
  tree->threshold = carve(carver, n, sizeof *tree->threshold);
  tree->internal_value = carve(carver, n, sizeof *tree->internal_value);
  tree->internal_weight = carve(carver, n, sizeof *tree->internal_weight);
  tree->internal_count = carve(carver, n, sizeof *tree->internal_count);
  tree->leaf_value = carve(carver, n, sizeof *tree->leaf_value);
  tree->leaf_weight = carve(carver, n, sizeof *tree->leaf_weight);
  tree->leaf_count = carve(carver, n, sizeof *tree->leaf_count);
  tree->split_feature = carve(carver, n, sizeof *tree->split_feature);
  tree->split_gain = carve(carver, n, sizeof *tree->split_gain);
  tree->left_child = carve(carver, n, sizeof *tree->left_child);
  tree->right_child = carve(carver, n, sizeof *tree->right_child);
  tree->leaf_parent = carve(carver, n, sizeof *tree->leaf_parent);
  tree->leaf_depth = carve(carver, n, sizeof *tree->leaf_depth);
  if (with_bins) {
    tree->split_column = carve(carver, n, sizeof *tree->split_column);
    tree->threshold_bin = carve(carver, n, sizeof *tree->threshold_bin);
  }
  tree->decision_type = carve(carver, n, sizeof *tree->decision_type);
}

copse_status tree_create(copse_context *ctx, int capacity, bool with_bins, struct tree *out,
                         copse_error *err) {
  assert(capacity >= 1);
  memset(out, 0, sizeof *out);
  struct tree tree = {.ctx = ctx, .n_leaves = 1, .capacity = capacity, .shrinkage = 1};
  struct carver carver = {NULL, 0};
  tree_layout(&tree, with_bins, &carver);
  tree.block = copse_alloc_zero(ctx, carver.used, 1);
  if (tree.block == NULL) return status_memory(err, "a tree");
  carver = (struct carver){tree.block, 0};
  tree_layout(&tree, with_bins, &carver);
  tree.leaf_parent[0] = -1;
  *out = tree;
  return COPSE_OK;
}

void tree_release(struct tree *tree) {
  copse_free(tree->block);
  copse_free(tree->cat_boundaries);
  copse_free(tree->cat_words);
  copse_free(tree->bin_boundaries);
  copse_free(tree->bin_words);
  copse_free(tree->linear);
  memset(tree, 0, sizeof *tree);
}

/* Makes room for `need` words, doubling; never leaves *words NULL. */
static bool reserve_words(copse_context *ctx, uint32_t **words, size_t *capacity, size_t need) {
  if (need <= *capacity && *words != NULL) return true;
  size_t wanted = *capacity < 16 ? 16 : *capacity;
  while (wanted < need) wanted *= 2;
  uint32_t *grown = copse_resize(ctx, *words, wanted, sizeof *grown);
  if (grown == NULL) return false;
  *words = grown;
  *capacity = wanted;
  return true;
}

/* Room for one more categorical node with the given numbers of words; nothing else changes. */
static copse_status reserve_sets(struct tree *tree, size_t n_category_words, size_t n_bin_words,
                                 copse_error *err) {
  bool with_bins = tree->split_column != NULL;
  size_t n_boundaries = (size_t)tree->capacity + 1;
  if (tree->cat_boundaries == NULL) {
    tree->cat_boundaries = copse_alloc_zero(tree->ctx, n_boundaries, sizeof *tree->cat_boundaries);
    if (tree->cat_boundaries == NULL) return status_memory(err, "a tree's category sets");
    tree->cat_boundaries_capacity = n_boundaries;
  }
  if (with_bins && tree->bin_boundaries == NULL) {
    tree->bin_boundaries = copse_alloc_zero(tree->ctx, n_boundaries, sizeof *tree->bin_boundaries);
    if (tree->bin_boundaries == NULL) return status_memory(err, "a tree's bin sets");
  }
  size_t category_end = tree->cat_boundaries[tree->n_cat] + n_category_words;
  if (category_end > UINT32_MAX ||
      !reserve_words(tree->ctx, &tree->cat_words, &tree->cat_words_capacity, category_end))
    return status_memory(err, "a tree's category sets");
  if (!with_bins) return COPSE_OK;
  size_t bin_end = tree->bin_boundaries[tree->n_cat] + n_bin_words;
  if (bin_end > UINT32_MAX || !reserve_words(tree->ctx, &tree->bin_words, &tree->bin_words_capacity, bin_end))
    return status_memory(err, "a tree's bin sets");
  return COPSE_OK;
}

static void append_set(uint32_t *boundaries, uint32_t *words, int index, const uint32_t *bits, size_t n) {
  if (n > 0) memcpy(words + boundaries[index], bits, n * sizeof *bits);
  boundaries[index + 1] = boundaries[index] + (uint32_t)n;
}

static void set_leaf(struct tree *tree, int leaf, const struct tree_side *side, int parent, int depth) {
  tree->leaf_value[leaf] = isnan(side->value) ? 0.0 : side->value;
  tree->leaf_weight[leaf] = side->weight;
  tree->leaf_count[leaf] = side->count;
  tree->leaf_parent[leaf] = parent;
  tree->leaf_depth[leaf] = depth;
}

copse_status tree_split(struct tree *tree, const struct tree_split *split, int *right_leaf,
                        copse_error *err) {
  int leaf = split->leaf, node = tree->n_leaves - 1, right = tree->n_leaves;
  assert(leaf >= 0 && leaf < tree->n_leaves && tree->n_leaves < tree->capacity);
  bool categorical = (split->decision_type & DECISION_CATEGORICAL) != 0;
  if (categorical) {
    copse_status status = reserve_sets(tree, split->n_category_words, split->n_bin_words, err);
    if (status != COPSE_OK) return status;
  }
  int parent = tree->leaf_parent[leaf];
  if (parent >= 0) {
    if (tree->left_child[parent] == ~leaf)
      tree->left_child[parent] = node;
    else
      tree->right_child[parent] = node;
  }
  tree->split_feature[node] = split->feature;
  tree->split_gain[node] = split->gain;
  tree->decision_type[node] = split->decision_type;
  tree->threshold[node] = categorical ? (double)tree->n_cat : split->threshold;
  tree->left_child[node] = ~leaf;
  tree->right_child[node] = ~right;
  tree->internal_value[node] = tree->leaf_value[leaf];
  tree->internal_weight[node] = split->left.weight + split->right.weight;
  tree->internal_count[node] = split->left.count + split->right.count;
  if (tree->split_column != NULL) {
    tree->split_column[node] = split->column;
    tree->threshold_bin[node] = categorical ? (uint32_t)tree->n_cat : split->threshold_bin;
  }
  if (categorical) {
    append_set(tree->cat_boundaries, tree->cat_words, tree->n_cat, split->category_bits,
               split->n_category_words);
    if (tree->split_column != NULL)
      append_set(tree->bin_boundaries, tree->bin_words, tree->n_cat, split->bin_bits, split->n_bin_words);
    tree->n_cat++;
  }
  int depth = tree->leaf_depth[leaf] + 1;
  set_leaf(tree, leaf, &split->left, node, depth);
  set_leaf(tree, right, &split->right, node, depth);
  tree->n_leaves++;
  *right_leaf = right;
  return COPSE_OK;
}

static bool copy_words(copse_context *ctx, const uint32_t *from, size_t n, uint32_t **to) {
  if (from == NULL) return true;
  *to = copse_alloc(ctx, n, sizeof **to);
  if (*to == NULL) return false;
  memcpy(*to, from, n * sizeof *from);
  return true;
}

copse_status tree_copy(const struct tree *tree, struct tree *out, copse_error *err) {
  bool with_bins = tree->split_column != NULL;
  copse_status status = tree_create(tree->ctx, tree->n_leaves, with_bins, out, err);
  if (status != COPSE_OK) return status;
  size_t n = (size_t)tree->n_leaves;
#define COPY_ARRAY(name) memcpy(out->name, tree->name, n * sizeof *tree->name)
  COPY_ARRAY(threshold);
  COPY_ARRAY(internal_value);
  COPY_ARRAY(internal_weight);
  COPY_ARRAY(internal_count);
  COPY_ARRAY(leaf_value);
  COPY_ARRAY(leaf_weight);
  COPY_ARRAY(leaf_count);
  COPY_ARRAY(split_feature);
  COPY_ARRAY(split_gain);
  COPY_ARRAY(left_child);
  COPY_ARRAY(right_child);
  COPY_ARRAY(leaf_parent);
  COPY_ARRAY(leaf_depth);
  COPY_ARRAY(decision_type);
  if (with_bins) {
    COPY_ARRAY(split_column);
    COPY_ARRAY(threshold_bin);
  }
#undef COPY_ARRAY
  out->n_leaves = tree->n_leaves;
  out->n_cat = tree->n_cat;
  out->shrinkage = tree->shrinkage;
  if (tree->linear != NULL) {
    status = leaf_models_copy(tree->ctx, tree->linear, &out->linear, err);
    if (status != COPSE_OK) {
      tree_release(out);
      return status;
    }
  }
  if (tree->n_cat == 0) return COPSE_OK;
  size_t n_boundaries = (size_t)tree->n_cat + 1, n_words = tree->cat_boundaries[tree->n_cat];
  size_t n_bin_words = tree->bin_boundaries != NULL ? tree->bin_boundaries[tree->n_cat] : 0;
  if (!copy_words(tree->ctx, tree->cat_boundaries, n_boundaries, &out->cat_boundaries) ||
      !copy_words(tree->ctx, tree->cat_words, n_words, &out->cat_words) ||
      !copy_words(tree->ctx, tree->bin_boundaries, n_boundaries, &out->bin_boundaries) ||
      !copy_words(tree->ctx, tree->bin_words, n_bin_words, &out->bin_words)) {
    tree_release(out);
    return status_memory(err, "a copy of a tree");
  }
  out->cat_boundaries_capacity = n_boundaries;
  out->cat_words_capacity = n_words;
  out->bin_words_capacity = n_bin_words;
  return COPSE_OK;
}

static double round_to_zero(double value) { return fabs(value) <= BINS_ZERO ? 0.0 : value; }

void tree_shrink(struct tree *tree, double factor) {
  for (int i = 0; i < tree->n_leaves; i++) tree->leaf_value[i] = round_to_zero(tree->leaf_value[i] * factor);
  struct leaf_models *linear = tree->linear;
  for (int i = 0; linear != NULL && i < tree->n_leaves; i++)
    linear->constant[i] = round_to_zero(linear->constant[i] * factor);
  for (size_t k = 0; linear != NULL && k < linear->begin[tree->n_leaves]; k++)
    linear->coefficient[k] *= factor;
  for (int i = 0; i < tree->n_leaves - 1; i++)
    tree->internal_value[i] = round_to_zero(tree->internal_value[i] * factor);
  tree->shrinkage *= factor;
}

void tree_add_bias(struct tree *tree, double bias) {
  for (int i = 0; i < tree->n_leaves; i++) tree->leaf_value[i] = round_to_zero(tree->leaf_value[i] + bias);
  for (int i = 0; tree->linear != NULL && i < tree->n_leaves; i++)
    tree->linear->constant[i] = round_to_zero(tree->linear->constant[i] + bias);
  for (int i = 0; i < tree->n_leaves - 1; i++)
    tree->internal_value[i] = round_to_zero(tree->internal_value[i] + bias);
  tree->shrinkage = 1;
}
