/* Growing text: content, growth, and one check at the end after memory ran out. */
#include <string.h>

#include "copse.h"
#include "hooked_allocator.h"
#include "testing.h"

static void appends_add_up(void **state) {
  (void)state;
  copse_text text = {0};
  copse_text_append(&text, "ab\0cd", 5);
  copse_text_appendf(&text, "-%d-%s-", 42, "x");
  copse_text_append_double(&text, 0.1);
  copse_text_append(&text, "", 0);
  const char expected[] = "ab\0cd-42-x-0.10000000000000001";
  assert_false(text.failed);
  assert_int_equal(text.length, sizeof expected - 1);
  assert_memory_equal(text.data, expected, sizeof expected); /* with the final NUL */
  copse_text_release(&text);
  assert_null(text.data);
  assert_int_equal(text.length, 0);
}

static void long_text_grows(void **state) {
  (void)state;
  copse_text text = {0};
  for (int i = 0; i < 5000; i++) copse_text_appendf(&text, "%04d,", i);
  assert_false(text.failed);
  assert_int_equal(text.length, 25000);
  assert_true(text.capacity > text.length);
  for (int i = 0; i < 5000; i++) {
    char digits[5] = {(char)('0' + i / 1000), (char)('0' + i / 100 % 10), (char)('0' + i / 10 % 10),
                      (char)('0' + i % 10), ','};
    assert_memory_equal(text.data + 5 * i, digits, 5);
  }
  assert_int_equal(text.data[text.length], '\0');
  copse_text_release(&text);
}

static void one_piece_larger_than_the_growth_step_fits(void **state) {
  (void)state;
  char piece[3000];
  memset(piece, 'p', sizeof piece);
  piece[sizeof piece - 1] = '\0';
  copse_text text = {0};
  copse_text_appendf(&text, "<%s>", piece);
  assert_false(text.failed);
  assert_int_equal(text.length, sizeof piece + 1);
  assert_int_equal(text.data[text.length - 1], '>');
  copse_text_release(&text);
}

static void failing_is_sticky_and_keeps_what_was_there(void **state) {
  (void)state;
  struct hooked_allocator hook = {.fail_at = 3}; /* 1: context, 2: first growth, 3: second growth */
  copse_allocator allocator = hooked_allocator(&hook);
  copse_context *ctx = NULL;
  assert_int_equal(copse_context_create(&allocator, &ctx, NULL), COPSE_OK);
  copse_text text = {.ctx = ctx};
  copse_text_append(&text, "kept", 4);
  assert_false(text.failed);
  char more[1000];
  memset(more, 'm', sizeof more);
  copse_text_append(&text, more, sizeof more);
  assert_true(text.failed);
  copse_text_append(&text, "x", 1); /* would fit; must do nothing */
  copse_text_appendf(&text, "%d", 1);
  copse_text_append_double(&text, 1.5);
  assert_true(text.failed);
  assert_int_equal(text.length, 4);
  assert_string_equal(text.data, "kept");
  copse_text_release(&text);
  assert_int_equal(copse_context_memory_used(ctx), 0);
  copse_context_free(ctx);
  assert_int_equal(hook.live, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(appends_add_up),
      cmocka_unit_test(long_text_grows),
      cmocka_unit_test(one_piece_larger_than_the_growth_step_fits),
      cmocka_unit_test(failing_is_sticky_and_keeps_what_was_there),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
