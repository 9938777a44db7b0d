/* The k-th request for memory is refused, for every k, in a profile and in the lints: each time the call says
 * COPSE_ERR_MEMORY, hands out nothing, leaks nothing and does not crash. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "copse_prep.h"
#include "hooked_allocator.h"
#include "testing.h"

static char path[] = "/tmp/copse-profile-XXXXXX";

static int write_file(void **state) {
  (void)state;
  int fd = mkstemp(path);
  FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
  if (file == NULL) return 1;
  fprintf(file, "y,size,colour,day,when,odd\n");
  for (int i = 0; i < 300; i++)
    fprintf(file, "%d,%.2f,%s,2024-01-%02d,%02d/%02d/2024,%s\n", i % 3 == 0, (i * 37 % 101) / 7.0,
            i % 5 ? "red" : "blue", 1 + i % 31, 1 + i % 28, 1 + i % 12, i % 4 ? "007" : "x");
  return fclose(file);
}

static int remove_file(void **state) {
  (void)state;
  return unlink(path);
}

static copse_status run_beside(copse_context *ctx, const char *target, copse_error *err) {
  const char *file = path;
  static const char *const levels[] = {"red", "green"};
  static const uint64_t rows[] = {200, 90}, bars[] = {150, 150};
  static const double edges[] = {0, 1, 2};
  const copse_earlier_column columns[] = {
      {"size", "number", 300, 0, .has_number = true, .n_bars = 2, .edges = edges, .bars = bars},
      {"gone", "text", 300, 0, .has_levels = true},
      {"colour", "category", 300, 10, .has_levels = true, .n_levels = 2, .levels = levels,
       .level_rows = rows},
  };
  const char *const moved[] = {"odd"};
  const copse_earlier_alert alerts[] = {{"LEAK_EXACT", moved, 1}};
  const copse_earlier_profile earlier = {"old.json",       300,          .columns = columns, .n_columns = 3,
                                         .alerts = alerts, .n_alerts = 1};
  copse_profile_options options = {.target = target,
                                   .against = &file,
                                   .n_against = 1,
                                   .earlier = &earlier,
                                   .n_samples = 5,
                                   .values = COPSE_VALUES_FULL,
                                   .n_threads = 1};
  copse_profile *profile;
  copse_status status = copse_profile_run(ctx, &file, 1, &options, &profile, err);
  assert_int_equal(status == COPSE_OK, profile != NULL);
  if (status != COPSE_OK) return status;
  for (int format = COPSE_PROFILE_TEXT; format <= COPSE_PROFILE_JSON && status == COPSE_OK; format++) {
    copse_text text = {.ctx = ctx};
    copse_profile_write(profile, (copse_profile_format)format, &text);
    if (text.failed) status = COPSE_ERR_MEMORY;
    copse_text_release(&text);
  }
  copse_profile_free(profile);
  return status;
}

static copse_status run_profile(copse_context *ctx, copse_error *err) {
  copse_status status = run_beside(ctx, "y", err);
  return status == COPSE_OK ? run_beside(ctx, "size", err) : status;
}

static copse_status run_lints(copse_context *ctx, copse_error *err) {
  copse_read_options options = copse_read_options_default();
  copse_frame *frame;
  copse_profile *profile = NULL;
  options.categorical_feature = "auto";
  options.label_kind = COPSE_LABEL_BINARY;
  options.n_threads = 1;
  copse_status status = copse_frame_read(ctx, path, &options, &frame, err);
  if (status != COPSE_OK) return status;
  status = copse_profile_frame(ctx, frame, 1, &profile, err);
  assert_int_equal(status == COPSE_OK, profile != NULL);
  copse_profile_free(profile);
  copse_frame_free(frame);
  return status;
}

static void refuse_each(copse_status (*run)(copse_context *ctx, copse_error *err)) {
  for (size_t k = 1;; k++) {
    struct hooked_allocator hook = {.fail_at = k};
    copse_allocator allocator = hooked_allocator(&hook);
    copse_context *ctx;
    copse_error err;
    if (copse_context_create(&allocator, &ctx, &err) != COPSE_OK) continue;
    copse_status status = run(ctx, &err);
    copse_context_free(ctx);
    if (hook.live != 0) fail_msg("request %zu: %zu stay", k, (size_t)hook.live);
    if (hook.refused == 0) {
      assert_int_equal(status, COPSE_OK);
      assert_true(k > 100);
      return;
    }
    /* what only saves time may be refused without harm */
    if (status != COPSE_OK && status != COPSE_ERR_MEMORY) fail_msg("request %zu: %s", k, err.message);
  }
}

static void test_profile(void **state) {
  (void)state;
  refuse_each(run_profile);
}

static void test_lints(void **state) {
  (void)state;
  refuse_each(run_lints);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_profile), cmocka_unit_test(test_lints)};
  return cmocka_run_group_tests(tests, write_file, remove_file);
}
