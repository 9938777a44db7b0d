/* Linear models in leaves: read, kept, copied, fingerprinted and written back byte for byte. */
#include "hooked_allocator.h"
#include "model/leaf_model.h"
#include "model/model.h"
#include "samples.h"

enum { TEXT_CAPACITY = 16384 };

/* SAMPLE_LINEAR with the first `from` replaced; the buffer is reused by the next call. */
static const char *linear_with(const char *from, const char *to) {
  static char text[TEXT_CAPACITY];
  const char *at = strstr(SAMPLE_LINEAR, from);
  if (at == NULL) fail_msg("the sample has no \"%s\"", from);
  size_t before = (size_t)(at - SAMPLE_LINEAR);
  assert_true(strlen(SAMPLE_LINEAR) + strlen(to) < sizeof text);
  memcpy(text, SAMPLE_LINEAR, before);
  strcpy(text + before, to);
  strcat(text, at + strlen(from));
  return text;
}

static void models_are_read_leaf_by_leaf(void **state) {
  (void)state;
  copse_model *model = sample_model(SAMPLE_LINEAR);
  const struct leaf_models *linear = model->trees[0].linear;
  assert_non_null(linear);
  assert_int_equal(linear->n_leaves, 3);
  const double constants[3] = {0.1, -0.5, 0.3}, coefficients[3] = {0.7, -1.3, 1000000.1};
  const size_t begin[4] = {0, 1, 1, 3};
  const int32_t features[3] = {1, 1, 0};
  assert_memory_equal(linear->constant, constants, sizeof constants);
  assert_memory_equal(linear->begin, begin, sizeof begin);
  assert_memory_equal(linear->coefficient, coefficients, sizeof coefficients);
  assert_memory_equal(linear->feature, features, sizeof features);
  assert_int_equal(model->trees[1].linear->begin[1], 1);
  assert_null(model->trees[2].linear);
  assert_true(model->trees[0].leaf_value[0] == 0.75);
  copse_model_free(model);
}

static void writing_gives_back_what_was_read(void **state) {
  (void)state;
  copse_model *model = sample_model(SAMPLE_LINEAR);
  copse_text text = sample_write(model, 0, 0);
  const char *trees = strstr(text.data, "\nTree=0");
  assert_non_null(trees);
  static const char expected[] = SAMPLE_LINEAR_0 SAMPLE_LINEAR_1 SAMPLE_TREE_2
      "end of trees\n\nfeature_importances:\nage=1\ndebt=1\ntown=1\n\nparameters:\n"; /* splits only */
  assert_true(strlen(trees + 1) > sizeof expected);
  assert_memory_equal(trees + 1, expected, sizeof expected - 1);
  copse_model *again = sample_model(text.data); /* compares the fingerprint */
  copse_text twice = sample_write(again, 0, 0);
  assert_string_equal(twice.data, text.data);
  copse_text_release(&text);
  copse_text_release(&twice);
  copse_model_free(again);
  copse_model_free(model);
}

static uint64_t fingerprint_with(const char *from, const char *to) {
  copse_model *model = sample_model(linear_with(from, to));
  uint64_t fingerprint = copse_model_fingerprint(model);
  copse_model_free(model);
  return fingerprint;
}

static void the_fingerprint_sees_every_number_that_predicts(void **state) {
  (void)state;
  uint64_t same = fingerprint_with("Tree=0", "Tree=0");
  assert_true(same == fingerprint_with("leaf_features=1   1 0  ", "leaf_features=1 1 0"));
  const char *const changes[][2] = {{"leaf_const=0.10000000000000001", "leaf_const=0.2"},
                                    {"num_features=1 0 2", "num_features=0 1 2"},
                                    {"num_features=1 0 2", "num_features=1 1 1"},
                                    {"leaf_features=1   1 0", "leaf_features=1   0 1"},
                                    {"1000000.1", "1000000.2"},
                                    {"leaf_value=0.75", "leaf_value=0.5"}};
  uint64_t seen[sizeof changes / sizeof changes[0]];
  for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
    seen[i] = fingerprint_with(changes[i][0], changes[i][1]);
    assert_true(seen[i] != same);
    for (size_t j = 0; j < i; j++) assert_true(seen[i] != seen[j]);
  }
}

static void a_copy_is_equal_and_independent(void **state) {
  (void)state;
  copse_model *model = sample_model(SAMPLE_LINEAR), *other = sample_model(SAMPLE_LINEAR);
  struct tree copy;
  assert_int_equal(tree_copy(&model->trees[0], &copy, NULL), COPSE_OK);
  assert_ptr_not_equal(copy.linear, model->trees[0].linear);
  tree_release(&model->trees[0]);
  model->trees[0] = copy;
  assert_int_equal(copse_model_fingerprint(model), copse_model_fingerprint(other));
  const double row[3] = {1, 2, 1};
  assert_true(sample_raw(model, row) == sample_raw(other, row));
  copse_model_free(model);
  copse_model_free(other);
}

static void damage_is_named_by_line_and_field(void **state) {
  (void)state;
  const struct {
    const char *from, *to, *place, *found;
  } damages[] = {
      {"leaf_const=0.10000000000000001 -0.5", "leaf_const=0.1", "m.txt:29: leaf_const:", "found 2"},
      {"leaf_const=0.10000000000000001", "leaf_const=tenth", "m.txt:29: leaf_const:", "\"tenth\""},
      {"leaf_const=", "leaf_constant=", "m.txt:11: leaf_const:", "found none"},
      {"num_features=1 0 2", "num_features=1 0", "m.txt:30: num_features:", "found 2"},
      {"num_features=1 0 2", "num_features=1 0 -2", "m.txt:30: num_features:", "\"-2\""},
      {"num_features=1 0 2", "num_features=1 0 3", "m.txt:31: leaf_features:", "expected 4 values"},
      {"num_features=1 0 2", "num_features=2147483647 2147483647 2147483647",
       "m.txt:31: leaf_features:", "found 3"},
      {"num_features=1 0 2\n", "", "m.txt:11: num_features:", "found none"},
      {"leaf_features=1   1 0", "leaf_features=1   1 3", "m.txt:31: leaf_features:", "\"3\""},
      {"leaf_features=1   1 0", "leaf_features=1   1 -1", "m.txt:31: leaf_features:", "\"-1\""},
      {"leaf_features=1   1 0  \n", "", "m.txt:11: leaf_features:", "found none"},
      {"-1.3 1000000.1", "-1.3", "m.txt:32: leaf_coeff:", "expected 3 values, found 2"},
      {"-1.3 1000000.1", "-1.3 x", "m.txt:32: leaf_coeff:", "\"x\""},
      {"leaf_coeff=0", "leaf_weights=0", "m.txt:11: leaf_coeff:", "found none"},
      {"leaf_const=", "num_features=1 0 2\nleaf_const=", "num_features:", "again"},
  };
  for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
    const char *text = linear_with(damages[i].from, damages[i].to);
    copse_error err;
    copse_model *model;
    assert_int_equal(copse_model_parse(NULL, text, strlen(text), "m.txt", &model, &err), COPSE_ERR_FORMAT);
    assert_null(model);
    if (strstr(err.message, damages[i].place) == NULL || strstr(err.message, damages[i].found) == NULL)
      fail_msg("\"%s\" gave: %s", damages[i].to, err.message);
  }
}

/* Read, copy and write with every single allocation refused once: a clean error and no leak. */
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
    struct tree copy = {.ctx = ctx};
    copse_status status =
        copse_model_parse(ctx, SAMPLE_LINEAR, sizeof SAMPLE_LINEAR - 1, "m.txt", &model, &err);
    if (status == COPSE_OK) status = tree_copy(&model->trees[0], &copy, &err);
    if (status == COPSE_OK) status = copse_model_write(model, 0, 0, &text, &err);
    refused = hook.refused > 0;
    assert_int_equal(status, refused ? COPSE_ERR_MEMORY : COPSE_OK);
    tree_release(&copy);
    copse_text_release(&text);
    copse_model_free(model);
    assert_int_equal(copse_context_memory_used(ctx), 0);
    copse_context_free(ctx);
    assert_int_equal(hook.live, 0);
    assert_true(fail_at < 1000);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(models_are_read_leaf_by_leaf),
      cmocka_unit_test(writing_gives_back_what_was_read),
      cmocka_unit_test(the_fingerprint_sees_every_number_that_predicts),
      cmocka_unit_test(a_copy_is_equal_and_independent),
      cmocka_unit_test(damage_is_named_by_line_and_field),
      cmocka_unit_test(lack_of_memory_is_an_error_everywhere),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
