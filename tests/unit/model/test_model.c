/* The model as a handle: counting, blobs, fingerprint, importance, nodes and categories as data. */
#include "hooked_allocator.h"
#include "model/model.h"
#include "samples.h"

static void shape_and_names_are_told(void **state) {
  (void)state;
  copse_model *model = sample_model(SAMPLE);
  assert_int_equal(copse_model_n_features(model), 3);
  assert_string_equal(copse_model_feature_name(model, 1), "debt");
  assert_true(copse_model_has_names(model));
  assert_int_equal(copse_model_n_trees(model), 3);
  assert_int_equal(copse_model_n_rounds(model), 3);
  assert_int_equal(copse_model_n_outputs(model), 1);
  assert_string_equal(copse_model_objective(model), "binary sigmoid:1");
  assert_int_equal(copse_model_label_index(model), 0);
  copse_model_set_label_index(model, 4);
  assert_int_equal(copse_model_label_index(model), 4);
  assert_string_equal(copse_model_config(model), "");
  for (uint32_t f = 0; f < 3; f++) assert_true(copse_model_uses_feature(model, f));
  copse_model_free(model);
}

static void categories_come_from_the_infos(void **state) {
  (void)state;
  copse_model *model = sample_model(SAMPLE);
  int32_t codes[5] = {0};
  assert_int_equal(copse_model_categories(model, 2, NULL), 4);
  assert_int_equal(copse_model_categories(model, 2, codes), 4);
  const int32_t expected[5] = {1, 33, 70, 4, 0};
  assert_memory_equal(codes, expected, sizeof expected);
  assert_int_equal(copse_model_categories(model, 0, codes), 0);
  copse_model_free(model);
}

static void infos_have_three_forms(void **state) {
  (void)state;
  int32_t categories[3] = {-1, 7, 3};
  const struct feature_bins dropped = {.used = false, .min_value = 4, .max_value = 4};
  const struct feature_bins numeric = {.used = true, .n_bins = 2, .min_value = -0.1, .max_value = 1e300};
  const struct feature_bins set = {.used = true, .categorical = true, .n_bins = 3, .category = categories};
  copse_text text = {0};
  model_write_info(&dropped, &text);
  copse_text_append(&text, " ", 1);
  model_write_info(&numeric, &text);
  copse_text_append(&text, " ", 1);
  model_write_info(&set, &text);
  assert_string_equal(text.data, "none [-0.10000000000000001:1.0000000000000001e+300] -1:7:3");
  copse_text_release(&text);
}

static void importance_counts_splits_with_gain(void **state) {
  (void)state;
  double out[3];
  copse_model *model = sample_model(SAMPLE);
  copse_model_importance(model, false, out);
  assert_true(out[0] == 1 && out[1] == 2 && out[2] == 1);
  copse_model_importance(model, true, out);
  assert_true(out[0] == 10 && out[1] == 8.25 && out[2] == 2.5);
  model->trees[2].split_gain[0] = 0;
  copse_model_importance(model, false, out);
  assert_true(out[1] == 1);
  model_importance(model, 1, 3, false, out);
  assert_true(out[0] == 0 && out[1] == 0 && out[2] == 0);
  copse_model_free(model);
}

static void nodes_are_told_as_data(void **state) {
  (void)state;
  copse_model *model = sample_model(SAMPLE);
  copse_node node;
  assert_int_equal(copse_model_tree_n_leaves(model, 0), 4);
  assert_true(copse_model_tree_node(model, 0, 0, &node));
  assert_int_equal(node.feature, 0);
  assert_true(node.threshold == 0.5 && node.gain == 10 && node.value == 0.5 && node.weight == 100.5);
  assert_true(node.default_left && !node.categorical && node.missing == 2 && node.count == 104);
  assert_int_equal(node.left, 1);
  assert_int_equal(node.right, 2);
  assert_true(copse_model_tree_node(model, 0, 1, &node));
  assert_true(!node.default_left && node.missing == 1);
  assert_int_equal(node.right, ~2);
  assert_true(copse_model_tree_node(model, 0, 2, &node));
  assert_true(node.categorical);
  assert_int_equal(node.n_category_words, 3);
  assert_int_equal(node.categories[2], 64);
  assert_true(copse_model_tree_node(model, 0, ~3, &node));
  assert_int_equal(node.feature, -1);
  assert_true(node.value == -0.4 && node.weight == 40 && node.count == 41);
  assert_false(copse_model_tree_node(model, 0, 3, &node));
  assert_false(copse_model_tree_node(model, 0, ~4, &node));
  assert_false(copse_model_tree_node(model, 3, 0, &node));
  assert_false(copse_model_tree_node(model, -1, 0, &node));
  assert_false(copse_model_tree_node(model, 1, 0, &node));
  assert_true(copse_model_tree_node(model, 1, ~0, &node));
  copse_model_free(model);
}

static void blobs_are_kept_by_key(void **state) {
  (void)state;
  copse_model *model = sample_model(SAMPLE);
  size_t length = 99;
  assert_null(copse_model_blob(model, "schema", &length));
  assert_int_equal(length, 0);
  assert_int_equal(copse_model_set_blob(model, "schema", "a\0b", 3, NULL), COPSE_OK);
  assert_int_equal(copse_model_set_blob(model, "alpha_2", "", 0, NULL), COPSE_OK);
  assert_int_equal(copse_model_set_blob(model, "zeta", "z", 1, NULL), COPSE_OK);
  assert_memory_equal(copse_model_blob(model, "schema", &length), "a\0b", 3);
  assert_int_equal(length, 3);
  assert_non_null(copse_model_blob(model, "alpha_2", &length));
  assert_int_equal(length, 0);
  assert_int_equal(copse_model_set_blob(model, "schema", "longer", 6, NULL), COPSE_OK);
  assert_memory_equal(copse_model_blob(model, "schema", &length), "longer", 6);
  assert_string_equal(model->blobs[0].key, "alpha_2");
  assert_string_equal(model->blobs[2].key, "zeta");
  assert_int_equal(copse_model_set_blob(model, "alpha_2", NULL, 0, NULL), COPSE_OK);
  assert_int_equal(copse_model_set_blob(model, "never_there", NULL, 0, NULL), COPSE_OK);
  assert_int_equal(model->n_blobs, 2);
  copse_error err;
  assert_int_equal(copse_model_set_blob(model, "a=b", "x", 1, &err), COPSE_ERR_ARGUMENT);
  assert_non_null(strstr(err.message, "a=b"));
  assert_int_equal(copse_model_set_blob(model, "", "x", 1, NULL), COPSE_ERR_ARGUMENT);
  copse_model_free(model);
}

/* Replaces the first `from` by `to` of the same length. */
static uint64_t fingerprint_with(const char *from, const char *to) {
  char text[sizeof SAMPLE];
  memcpy(text, SAMPLE, sizeof text);
  assert_int_equal(strlen(from), strlen(to));
  char *at = strstr(text, from);
  assert_non_null(at);
  memcpy(at, to, strlen(to));
  copse_model *model = sample_model(text);
  uint64_t fingerprint = copse_model_fingerprint(model);
  copse_model_free(model);
  return fingerprint;
}

static void the_fingerprint_sees_what_predicts_and_nothing_else(void **state) {
  (void)state;
  uint64_t same = fingerprint_with("Tree=0", "Tree=0");
  assert_true(same == fingerprint_with("split_gain=10", "split_gain=11"));
  assert_true(same == fingerprint_with("leaf_count=11", "leaf_count=12"));
  assert_true(same == fingerprint_with("leaf_weight=10", "leaf_weight=12"));
  assert_true(same == fingerprint_with("[num_leaves: 4]", "[num_leaves: 5]"));
  assert_true(same == fingerprint_with("label_index=0", "label_index=1"));
  assert_true(same == fingerprint_with("-1:1:33:70:4", "-1:1:33:70:5"));
  const char *const changes[][2] = {
      {"split_feature=0 1", "split_feature=0 0"},
      {"threshold=0.5", "threshold=0.6"},
      {"decision_type=10", "decision_type=8 "},
      {"0.10000000000000001", "0.10000000000000003"},
      {"cat_threshold=2", "cat_threshold=3"},
      {"binary sigmoid:1", "binary sigmoid:2"},
      {"=age", "=aGe"},
      {"left_child=1 -1 -2\nright_child=2 -3 -4", "left_child=1 -3 -2\nright_child=2 -1 -4"},
      {"leaf_value=-1 2", "leaf_value=-1 3"}};
  uint64_t seen[sizeof changes / sizeof changes[0]];
  for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
    seen[i] = fingerprint_with(changes[i][0], changes[i][1]);
    assert_true(seen[i] != same);
    for (size_t j = 0; j < i; j++) assert_true(seen[i] != seen[j]);
  }
}

/* Pinned: a file that was saved with its fingerprint must load in every later version. */
static void the_fingerprint_never_changes(void **state) {
  (void)state;
  copse_model *model = sample_model(SAMPLE);
  assert_int_equal(copse_model_fingerprint(model), 0x5c614e24e016bfd6u);
  copse_model_free(model);
}

static void references_are_counted(void **state) {
  (void)state;
  struct hooked_allocator hook = {0};
  copse_allocator allocator = hooked_allocator(&hook);
  copse_context *ctx;
  assert_int_equal(copse_context_create(&allocator, &ctx, NULL), COPSE_OK);
  copse_model *model = sample_parse(ctx, SAMPLE, sizeof SAMPLE - 1);
  assert_ptr_equal(copse_model_ref(model), model);
  copse_model_free(model);
  assert_int_equal(copse_model_n_trees(model), 3); /* still there */
  copse_model_free(model);
  copse_model_free(NULL);
  assert_int_equal(copse_context_memory_used(ctx), 0);
  copse_context_free(ctx);
  assert_int_equal(hook.live, 0);
}

/* Parse, blob and write with every single allocation refused once: a clean error and no leak. */
static void lack_of_memory_is_an_error_everywhere(void **state) {
  (void)state;
  bool refused = true;
  for (size_t fail_at = 1; refused; fail_at++) {
    struct hooked_allocator hook = {0};
    copse_allocator allocator = hooked_allocator(&hook);
    copse_context *ctx;
    copse_error err;
    assert_int_equal(copse_context_create(&allocator, &ctx, NULL), COPSE_OK);
    hook.fail_at = hook.calls + fail_at;
    copse_model *model = NULL;
    copse_text text = {.ctx = ctx};
    copse_status status = copse_model_parse(ctx, SAMPLE, sizeof SAMPLE - 1, "m.txt", &model, &err);
    if (status == COPSE_OK) status = copse_model_set_blob(model, "k", "v=%", 3, &err);
    if (status == COPSE_OK) status = copse_model_write(model, 0, 0, &text, &err);
    refused = hook.refused > 0;
    assert_int_equal(status, refused ? COPSE_ERR_MEMORY : COPSE_OK);
    if (refused) assert_non_null(strstr(err.message, "memory"));
    copse_text_release(&text);
    copse_model_free(model);
    assert_int_equal(copse_context_memory_used(ctx), 0);
    copse_context_free(ctx);
    assert_int_equal(hook.live, 0);
    assert_true(fail_at < 1000);
  }
}

static void a_tree_with_much_unused_room_is_made_smaller(void **state) {
  (void)state;
  const char *const names[1] = {"x"};
  const struct model_shape shape = {.n_features = 1, .names = names, .trees_per_round = 1, .n_class = 1};
  copse_context *ctx;
  assert_int_equal(copse_context_create(NULL, &ctx, NULL), COPSE_OK);
  copse_model *model;
  assert_int_equal(model_create(ctx, &shape, &model, NULL), COPSE_OK);
  struct tree tree;
  assert_int_equal(tree_create(ctx, 100000, true, &tree, NULL), COPSE_OK);
  size_t before = copse_context_memory_used(ctx);
  assert_int_equal(model_add_tree(model, &tree, NULL), COPSE_OK);
  assert_null(tree.block);
  assert_true(copse_context_memory_used(ctx) < before / 100);
  assert_int_equal(model->trees[0].capacity, 1);
  assert_string_equal(model->infos[0], "none");
  copse_model_free(model);
  assert_int_equal(copse_context_memory_used(ctx), 0);
  copse_context_free(ctx);
}

static void rounds_are_clamped(void **state) {
  (void)state;
  const int cases[][5] = {/* rounds, start, count, first, last */
                          {10, 0, 0, 0, 10},          {10, 0, -1, 0, 10},  {10, 3, 4, 3, 7},
                          {10, 3, 99, 3, 10},         {10, 12, 1, 10, 10}, {10, -5, 2, 0, 2},
                          {10, 9, 2147483647, 9, 10}, {0, 0, 5, 0, 0}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    int first, last;
    model_clamp_rounds(cases[i][0], cases[i][1], cases[i][2], &first, &last);
    assert_int_equal(first, cases[i][3]);
    assert_int_equal(last, cases[i][4]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(shape_and_names_are_told),
      cmocka_unit_test(categories_come_from_the_infos),
      cmocka_unit_test(infos_have_three_forms),
      cmocka_unit_test(importance_counts_splits_with_gain),
      cmocka_unit_test(nodes_are_told_as_data),
      cmocka_unit_test(blobs_are_kept_by_key),
      cmocka_unit_test(the_fingerprint_sees_what_predicts_and_nothing_else),
      cmocka_unit_test(the_fingerprint_never_changes),
      cmocka_unit_test(references_are_counted),
      cmocka_unit_test(lack_of_memory_is_an_error_everywhere),
      cmocka_unit_test(a_tree_with_much_unused_room_is_made_smaller),
      cmocka_unit_test(rounds_are_clamped),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
