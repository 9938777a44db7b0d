/* Status names and error messages: never cut inside a character, never without a terminator. */
#include <string.h>

#include "base/context.h"
#include "base/status.h"
#include "testing.h"

static void every_status_has_its_own_name(void **state) {
  (void)state;
  for (int a = COPSE_OK; a <= COPSE_ERR_INTERRUPTED; a++) {
    assert_non_null(copse_status_name((copse_status)a));
    assert_string_not_equal(copse_status_name((copse_status)a), "unknown status");
    for (int b = COPSE_OK; b < a; b++)
      assert_string_not_equal(copse_status_name((copse_status)a), copse_status_name((copse_status)b));
  }
  assert_string_equal(copse_status_name((copse_status)99), "unknown status");
}

static void the_codes_are_pinned(void **state) {
  (void)state;
  assert_int_equal(COPSE_OK, 0);
  assert_int_equal(COPSE_ERR_ARGUMENT, 1);
  assert_int_equal(COPSE_ERR_DATA, 2);
  assert_int_equal(COPSE_ERR_FORMAT, 3);
  assert_int_equal(COPSE_ERR_IO, 4);
  assert_int_equal(COPSE_ERR_MEMORY, 5);
  assert_int_equal(COPSE_ERR_UNSUPPORTED, 6);
  assert_int_equal(COPSE_ERR_STATE, 7);
  assert_int_equal(COPSE_ERR_INTERRUPTED, 8);
}

static void the_version_is_the_headers(void **state) {
  (void)state;
  assert_string_equal(copse_version(), COPSE_VERSION);
}

static void an_error_is_filled_and_its_status_returned(void **state) {
  (void)state;
  copse_error err;
  memset(&err, 0x7F, sizeof err);
  assert_int_equal(status_set(&err, COPSE_ERR_DATA, "%s:%d: found \"%s\"", "train.csv", 18, "abc"),
                   COPSE_ERR_DATA);
  assert_int_equal(err.status, COPSE_ERR_DATA);
  assert_string_equal(err.message, "train.csv:18: found \"abc\"");
  assert_int_equal(status_set(NULL, COPSE_ERR_IO, "%d", 1), COPSE_ERR_IO);
  assert_int_equal(status_memory(NULL, "bins"), COPSE_ERR_MEMORY);
  assert_int_equal(status_memory(&err, "bins"), COPSE_ERR_MEMORY);
  assert_non_null(strstr(err.message, "out of memory while making bins"));
}

/* A message of `head` single bytes followed by copies of a character, so that the end of the buffer falls at
 * every possible place of the character. */
static void check_cut(const char *character, size_t head) {
  char text[2 * COPSE_ERROR_CAPACITY];
  size_t width = strlen(character), length = head;
  memset(text, 'a', head);
  for (; length + width < sizeof text; length += width) memcpy(text + length, character, width);
  text[length] = '\0';
  copse_error err;
  assert_int_equal(status_set(&err, COPSE_ERR_DATA, "%s", text), COPSE_ERR_DATA);
  size_t kept = strlen(err.message);
  assert_true(kept < COPSE_ERROR_CAPACITY);
  assert_true(kept + width + 1 > COPSE_ERROR_CAPACITY - width); /* no more is lost than one character */
  assert_int_equal((kept - head) % width, 0);
  assert_memory_equal(err.message, text, kept);
}

static void long_messages_end_at_a_character(void **state) {
  (void)state;
  for (size_t head = 0; head < 8; head++) {
    check_cut("b", head);
    check_cut("\xC3\xA9", head);         /* e acute */
    check_cut("\xE2\x82\xAC", head);     /* euro sign */
    check_cut("\xF0\x9F\x8C\xB2", head); /* evergreen tree */
  }
}

static void a_message_that_just_fits_is_whole(void **state) {
  (void)state;
  char text[COPSE_ERROR_CAPACITY + 1];
  memset(text, 'x', sizeof text);
  text[COPSE_ERROR_CAPACITY - 3] = '\xC3';
  text[COPSE_ERROR_CAPACITY - 2] = '\xA9';
  text[COPSE_ERROR_CAPACITY - 1] = '\0';
  copse_error err;
  assert_int_equal(status_set(&err, COPSE_ERR_DATA, "%s", text), COPSE_ERR_DATA);
  assert_string_equal(err.message, text);
}

static void cancelling_becomes_a_status(void **state) {
  (void)state;
  copse_context *ctx = NULL;
  copse_error err = {.status = COPSE_OK};
  assert_int_equal(copse_context_create(NULL, &ctx, &err), COPSE_OK);
  assert_int_equal(status_check_cancel(ctx, &err), COPSE_OK);
  assert_int_equal(status_check_cancel(NULL, &err), COPSE_OK);
  copse_context_cancel(ctx);
  assert_int_equal(status_check_cancel(ctx, &err), COPSE_ERR_INTERRUPTED);
  assert_string_equal(err.message, "interrupted");
  copse_context_free(ctx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_status_has_its_own_name),
      cmocka_unit_test(the_codes_are_pinned),
      cmocka_unit_test(the_version_is_the_headers),
      cmocka_unit_test(an_error_is_filled_and_its_status_returned),
      cmocka_unit_test(long_messages_end_at_a_character),
      cmocka_unit_test(a_message_that_just_fits_is_whole),
      cmocka_unit_test(cancelling_becomes_a_status),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
