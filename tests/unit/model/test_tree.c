/* Growing a tree split by split, copying, scaling, and what it costs. */
#include "hooked_allocator.h"
#include "model/model.h"
#include "samples.h"

static int split(struct tree *tree, int leaf, int feature, double threshold, double left, double right) {
  const struct tree_split made = {
      .leaf = leaf,
      .feature = feature,
      .column = (uint32_t)feature,
      .gain = 1.5f,
      .decision_type = DECISION_DEFAULT_LEFT | MISSING_NAN << DECISION_MISSING_SHIFT,
      .threshold = threshold,
      .threshold_bin = 3,
      .left = {left, 2, 20},
      .right = {right, 3, 30}};
  int new_leaf = -1;
  assert_int_equal(tree_split(tree, &made, &new_leaf, NULL), COPSE_OK);
  return new_leaf;
}

static int split_set(struct tree *tree, int leaf, const uint32_t *categories, size_t n, const uint32_t *bins,
                     size_t n_bins) {
  const struct tree_split made = {.leaf = leaf,
                                  .feature = 1,
                                  .column = 1,
                                  .decision_type = DECISION_CATEGORICAL,
                                  .category_bits = categories,
                                  .n_category_words = n,
                                  .bin_bits = bins,
                                  .n_bin_words = n_bins,
                                  .left = {1, 1, 1},
                                  .right = {2, 1, 1}};
  int new_leaf = -1;
  assert_int_equal(tree_split(tree, &made, &new_leaf, NULL), COPSE_OK);
  return new_leaf;
}

static void a_fresh_tree_is_one_leaf(void **state) {
  (void)state;
  struct tree tree;
  assert_int_equal(tree_create(NULL, 5, false, &tree, NULL), COPSE_OK);
  assert_int_equal(tree.n_leaves, 1);
  assert_int_equal(tree.leaf_parent[0], -1);
  assert_int_equal(tree.leaf_depth[0], 0);
  assert_true(tree.leaf_value[0] == 0 && tree.leaf_weight[0] == 0 && tree.leaf_count[0] == 0);
  assert_true(tree.shrinkage == 1);
  assert_null(tree.split_column);
  tree_release(&tree);
}

static void splits_number_nodes_and_leaves_in_order(void **state) {
  (void)state;
  struct tree tree;
  assert_int_equal(tree_create(NULL, 4, true, &tree, NULL), COPSE_OK);
  tree.leaf_value[0] = 7;
  assert_int_equal(split(&tree, 0, 2, 0.5, -1, 1), 1);
  assert_int_equal(split(&tree, 1, 0, 1.5, -2, 2), 2); /* the right child of the root */
  assert_int_equal(split(&tree, 0, 1, 2.5, NAN, 3), 3);
  assert_int_equal(tree.n_leaves, 4);
  assert_int_equal(tree.left_child[0], 2);
  assert_int_equal(tree.right_child[0], 1);
  assert_int_equal(tree.left_child[1], ~1);
  assert_int_equal(tree.right_child[1], ~2);
  assert_int_equal(tree.left_child[2], ~0);
  assert_int_equal(tree.right_child[2], ~3);
  assert_true(tree.internal_value[0] == 7 && tree.internal_value[1] == 1 && tree.internal_value[2] == -1);
  assert_true(tree.internal_weight[1] == 5 && tree.internal_count[1] == 50);
  assert_true(tree.leaf_value[0] == 0); /* NaN is no output */
  assert_true(tree.leaf_value[3] == 3 && tree.leaf_weight[3] == 3 && tree.leaf_count[3] == 30);
  for (int leaf = 0; leaf < 4; leaf++) assert_int_equal(tree.leaf_depth[leaf], 2);
  assert_int_equal(tree.leaf_parent[0], 2);
  assert_int_equal(tree.leaf_parent[1], 1);
  assert_int_equal(tree.leaf_parent[2], 1);
  assert_int_equal(tree.leaf_parent[3], 2);
  assert_int_equal(tree.threshold_bin[2], 3);
  assert_int_equal(tree.split_column[1], 0);
  tree_release(&tree);
}

static void numeric_splits_allocate_nothing_and_sets_only_by_doubling(void **state) {
  (void)state;
  struct hooked_allocator hook = {0};
  copse_allocator allocator = hooked_allocator(&hook);
  copse_context *ctx;
  assert_int_equal(copse_context_create(&allocator, &ctx, NULL), COPSE_OK);
  size_t before = hook.calls;
  struct tree tree;
  assert_int_equal(tree_create(ctx, 600, true, &tree, NULL), COPSE_OK);
  assert_int_equal(hook.calls - before, 1);
  for (int i = 0; i < 299; i++) split(&tree, i, 0, i, 1, 2);
  assert_int_equal(hook.calls - before, 1);
  const uint32_t words[2] = {6, 9};
  for (int i = 0; i < 300; i++) split_set(&tree, i, words, 2, words, 1);
  assert_int_equal(tree.n_cat, 300);
  assert_in_range(hook.calls - before, 5, 20); /* two boundary arrays, two growing word arrays */
  tree_release(&tree);
  copse_context_free(ctx);
  assert_int_equal(hook.live, 0);
}

static void a_copy_is_equal_and_independent(void **state) {
  (void)state;
  struct tree tree, copy;
  assert_int_equal(tree_create(NULL, 50, true, &tree, NULL), COPSE_OK);
  split(&tree, 0, 0, 0.25, -1, 1);
  const uint32_t categories[3] = {1, 2, 0x80000000u}, bins[2] = {4, 8};
  split_set(&tree, 1, categories, 3, bins, 2);
  split_set(&tree, 0, categories + 1, 1, bins, 0);
  tree_shrink(&tree, 0.5);
  assert_int_equal(tree_copy(&tree, &copy, NULL), COPSE_OK);
  assert_int_equal(copy.capacity, 4);
  assert_int_equal(copy.n_cat, 2);
  assert_true(copy.shrinkage == 0.5);
  const int32_t expected_left[3] = {2, ~1, ~0};
  assert_memory_equal(copy.left_child, expected_left, sizeof expected_left);
  assert_memory_equal(copy.leaf_value, tree.leaf_value, 4 * sizeof(double));
  const uint32_t boundaries[3] = {0, 3, 4}, words[4] = {1, 2, 0x80000000u, 2}, bin_boundaries[3] = {0, 2, 2};
  assert_memory_equal(copy.cat_boundaries, boundaries, sizeof boundaries);
  assert_memory_equal(copy.cat_words, words, sizeof words);
  assert_memory_equal(copy.bin_boundaries, bin_boundaries, sizeof bin_boundaries);
  assert_memory_equal(copy.bin_words, bins, sizeof bins);
  tree_release(&tree);
  copy.leaf_value[3] = 5;
  assert_int_equal(copy.threshold_bin[0], 3);
  tree_release(&copy);
}

static void shrinking_and_bias_round_tiny_values_to_zero(void **state) {
  (void)state;
  struct tree tree;
  assert_int_equal(tree_create(NULL, 2, false, &tree, NULL), COPSE_OK);
  tree.leaf_value[0] = 4;
  split(&tree, 0, 0, 0, 3, 2e-35);
  tree_shrink(&tree, 0.5);
  assert_true(tree.leaf_value[0] == 1.5 && tree.leaf_value[1] == 0 && tree.internal_value[0] == 2);
  assert_true(tree.shrinkage == 0.5);
  tree_shrink(&tree, 0.5);
  assert_true(tree.shrinkage == 0.25);
  tree_add_bias(&tree, -0.75);
  assert_true(tree.leaf_value[0] == 0 && tree.leaf_value[1] == -0.75 && tree.internal_value[0] == 0.25);
  assert_false(signbit(tree.leaf_value[0]));
  assert_true(tree.shrinkage == 1);
  tree_release(&tree);
}

static void lack_of_memory_leaves_the_tree_as_it_was(void **state) {
  (void)state;
  for (size_t fail_at = 1; fail_at <= 12; fail_at++) {
    struct hooked_allocator hook = {0};
    copse_allocator allocator = hooked_allocator(&hook);
    copse_context *ctx;
    assert_int_equal(copse_context_create(&allocator, &ctx, NULL), COPSE_OK);
    hook.fail_at = hook.calls + fail_at;
    struct tree tree, copy;
    if (tree_create(ctx, 4, true, &tree, NULL) == COPSE_OK) {
      const uint32_t words[1] = {2};
      const struct tree_split made = {.decision_type = DECISION_CATEGORICAL,
                                      .category_bits = words,
                                      .n_category_words = 1,
                                      .bin_bits = words,
                                      .n_bin_words = 1};
      int right;
      if (tree_split(&tree, &made, &right, NULL) != COPSE_OK) {
        assert_int_equal(tree.n_leaves, 1);
        assert_int_equal(tree.n_cat, 0);
        assert_int_equal(tree_split(&tree, &made, &right, NULL), COPSE_OK); /* only one call was refused */
      }
      assert_int_equal(tree.n_leaves, 2);
      if (tree_copy(&tree, &copy, NULL) == COPSE_OK) tree_release(&copy);
      tree_release(&tree);
    }
    copse_context_free(ctx);
    assert_int_equal(hook.live, 0);
    if (fail_at <= 10) assert_int_equal(hook.refused, 1);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_fresh_tree_is_one_leaf),
      cmocka_unit_test(splits_number_nodes_and_leaves_in_order),
      cmocka_unit_test(numeric_splits_allocate_nothing_and_sets_only_by_doubling),
      cmocka_unit_test(a_copy_is_equal_and_independent),
      cmocka_unit_test(shrinking_and_bias_round_tiny_values_to_zero),
      cmocka_unit_test(lack_of_memory_leaves_the_tree_as_it_was),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
