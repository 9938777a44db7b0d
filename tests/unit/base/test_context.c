/* The context: log levels and sink, cancel flag, and the processor's tier. */
#include <signal.h>
#include <string.h>

#include "base/context.h"
#include "base/cpu.h"
#include "hooked_allocator.h"
#include "testing.h"

struct record {
  int count;
  copse_log_level level;
  char text[2 * COPSE_ERROR_CAPACITY];
};

static void record_log(void *user, copse_log_level level, const char *text) {
  struct record *record = user;
  record->count++;
  record->level = level;
  strncpy(record->text, text, sizeof record->text - 1);
}

static void the_level_decides_what_is_logged(void **state) {
  (void)state;
  const copse_log_level levels[] = {COPSE_LOG_FATAL, COPSE_LOG_WARNING, COPSE_LOG_INFO, COPSE_LOG_DEBUG};
  copse_context *ctx = NULL;
  assert_int_equal(copse_context_create(NULL, &ctx, NULL), COPSE_OK);
  for (size_t set = 0; set < 4; set++) {
    struct record record = {0};
    copse_context_set_log(ctx, record_log, &record, levels[set]);
    for (size_t sent = 0; sent < 4; sent++) {
      int before = record.count;
      context_log(ctx, levels[sent], "message %d", (int)sent);
      assert_int_equal(record.count - before, sent <= set ? 1 : 0);
      if (sent <= set) {
        char expected[] = "message 0";
        expected[8] = (char)('0' + sent);
        assert_string_equal(record.text, expected);
        assert_int_equal(record.level, levels[sent]);
      }
    }
  }
  copse_context_free(ctx);
}

static void no_sink_is_silence(void **state) {
  (void)state;
  struct record record = {0};
  copse_context *ctx = NULL;
  assert_int_equal(copse_context_create(NULL, &ctx, NULL), COPSE_OK);
  context_log(ctx, COPSE_LOG_WARNING, "nobody listens");
  context_log(NULL, COPSE_LOG_WARNING, "nobody listens");
  copse_context_set_log(ctx, record_log, &record, COPSE_LOG_DEBUG);
  copse_context_set_log(ctx, NULL, NULL, COPSE_LOG_DEBUG);
  context_log(ctx, COPSE_LOG_WARNING, "nobody listens any more");
  assert_int_equal(record.count, 0);
  copse_context_free(ctx);
}

static void a_long_message_arrives_cut(void **state) {
  (void)state;
  struct record record = {0};
  char text[2 * COPSE_ERROR_CAPACITY];
  memset(text, 'l', sizeof text);
  text[sizeof text - 1] = '\0';
  copse_context *ctx = NULL;
  assert_int_equal(copse_context_create(NULL, &ctx, NULL), COPSE_OK);
  copse_context_set_log(ctx, record_log, &record, COPSE_LOG_INFO);
  context_log(ctx, COPSE_LOG_INFO, "%s", text);
  assert_int_equal(record.count, 1);
  size_t kept = strlen(record.text);
  assert_true(kept > 0 && kept < COPSE_ERROR_CAPACITY);
  assert_memory_equal(record.text, text, kept);
  copse_context_free(ctx);
}

static copse_context *signalled;
static void on_signal(int number) {
  (void)number;
  copse_context_cancel(signalled);
}

static void cancelling_is_seen_and_stays(void **state) {
  (void)state;
  assert_false(copse_context_cancelled(NULL));
  assert_int_equal(copse_context_create(NULL, &signalled, NULL), COPSE_OK);
  assert_false(copse_context_cancelled(signalled));
  signal(SIGUSR1, on_signal);
  raise(SIGUSR1);
  assert_true(copse_context_cancelled(signalled));
  assert_true(copse_context_cancelled(signalled));
  copse_context_free(signalled);
}

static void contexts_are_independent(void **state) {
  (void)state;
  copse_context *a = NULL, *b = NULL;
  assert_int_equal(copse_context_create(NULL, &a, NULL), COPSE_OK);
  assert_int_equal(copse_context_create(NULL, &b, NULL), COPSE_OK);
  copse_context_cancel(a);
  copse_context_set_memory_limit(a, 1);
  assert_false(copse_context_cancelled(b));
  assert_null(copse_alloc(a, 100, 1));
  void *block = copse_alloc(b, 100, 1);
  assert_non_null(block);
  assert_int_equal(copse_context_memory_used(a), 0);
  copse_context_free(a);
  copse_free(block);
  copse_context_free(b);
  copse_context_free(NULL);
}

static void the_tier_is_stable_and_named(void **state) {
  (void)state;
  enum cpu_tier tier = cpu_best_tier();
  assert_in_range(tier, CPU_SCALAR, CPU_N_TIERS - 1);
  for (int i = 0; i < 3; i++) assert_int_equal(cpu_best_tier(), tier);
  assert_string_equal(cpu_tier_name(CPU_SCALAR), "scalar");
  assert_string_equal(cpu_tier_name(CPU_AVX2), "avx2");
  assert_string_equal(cpu_tier_name(CPU_AVX512), "avx512");
  assert_string_equal(cpu_tier_name(CPU_AVX512_VBMI), "avx512vbmi");
  assert_string_equal(cpu_tier_name(CPU_AVX512_FP16), "avx512fp16");
#if defined(__x86_64__)
  __builtin_cpu_init(); /* the compiler's own probe must not know less than ours */
  if (tier >= CPU_AVX2) assert_true(__builtin_cpu_supports("avx2"));
  if (tier >= CPU_AVX512) assert_true(__builtin_cpu_supports("avx512bw"));
  if (tier == CPU_AVX512) assert_false(__builtin_cpu_supports("avx512vbmi"));
  if (tier == CPU_AVX512_VBMI) assert_true(__builtin_cpu_supports("avx512vbmi"));
#endif
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_level_decides_what_is_logged), cmocka_unit_test(no_sink_is_silence),
      cmocka_unit_test(a_long_message_arrives_cut),       cmocka_unit_test(cancelling_is_seen_and_stays),
      cmocka_unit_test(contexts_are_independent),         cmocka_unit_test(the_tier_is_stable_and_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
