/* The one door to the heap: alignment, accounting, limit, overflow, a refusing allocator. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/context.h"
#include "copse.h"
#include "hooked_allocator.h"
#include "testing.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

static copse_context *context_with(struct hooked_allocator *hook) {
  copse_allocator allocator = hooked_allocator(hook);
  copse_context *ctx = NULL;
  assert_int_equal(copse_context_create(&allocator, &ctx, NULL), COPSE_OK);
  assert_non_null(ctx);
  return ctx;
}

static void blocks_are_aligned_to_a_cache_line(void **state) {
  (void)state;
  for (size_t size = 0; size < 300; size += 7) {
    void *block = copse_alloc(NULL, size, 1);
    assert_non_null(block);
    assert_int_equal((uintptr_t)block % 64, 0);
    memset(block, 0xA5, size);
    copse_free(block);
  }
}

static void zero_bytes_give_distinct_blocks(void **state) {
  (void)state;
  void *a = copse_alloc(NULL, 0, 8), *b = copse_alloc(NULL, 8, 0);
  assert_non_null(a);
  assert_non_null(b);
  assert_ptr_not_equal(a, b);
  copse_free(a);
  copse_free(b);
  copse_free(NULL);
}

static void alloc_zero_clears_every_byte(void **state) {
  (void)state;
  for (int round = 0; round < 3; round++) { /* later rounds reuse dirty memory */
    unsigned char *block = copse_alloc_zero(NULL, 513, 3);
    assert_non_null(block);
    for (size_t i = 0; i < 513 * 3; i++) assert_int_equal(block[i], 0);
    memset(block, 0xFF, 513 * 3);
    copse_free(block);
  }
}

/* Of every size: small blocks, mappings, and mappings of several huge pages. */
static void streamed_blocks_are_blocks(void **state) {
  (void)state;
  struct hooked_allocator hook = {0};
  copse_context *hooked = context_with(&hook), *plain = NULL;
  assert_int_equal(copse_context_create(NULL, &plain, NULL), COPSE_OK);
  const size_t sizes[] = {0, 100, (1 << 20) + 5, (5 << 20) + 77};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    unsigned char *a = context_alloc_streamed(plain, sizes[i], 1), *b = copse_alloc(plain, sizes[i], 1);
    unsigned char *c = context_alloc_streamed(hooked, sizes[i], 1);
    assert_true(a != NULL && b != NULL && c != NULL);
    assert_int_equal((uintptr_t)a % 64, 0);
    assert_int_equal(copse_context_memory_used(plain), 2 * sizes[i]);
    memset(a, 1, sizes[i]);
    memset(b, 2, sizes[i]);
    copse_free(a);
    size_t n_other = 0;
    for (size_t k = 0; k < sizes[i]; k++) n_other += b[k] != 2;
    assert_int_equal(n_other, 0);
    copse_free(b);
    copse_free(c);
  }
  assert_null(context_alloc_streamed(plain, SIZE_MAX, 2));
  copse_context_set_memory_limit(plain, 1 << 20);
  assert_null(context_alloc_streamed(plain, 1 << 20, 2));
  copse_context_free(plain);
  copse_context_free(hooked);
  assert_int_equal(hook.live, 0);
}

static void overflowing_products_are_refused(void **state) {
  (void)state;
  struct hooked_allocator hook = {0};
  copse_context *ctx = context_with(&hook);
  size_t calls = hook.calls;
  assert_null(copse_alloc(ctx, SIZE_MAX / 2, 3));
  assert_null(copse_alloc(ctx, SIZE_MAX, 1)); /* the header would overflow */
  assert_null(copse_alloc_zero(ctx, (size_t)1 << 33, (size_t)1 << 33));
  char *block = copse_alloc(ctx, 16, 1);
  assert_non_null(block);
  block[15] = 'x';
  assert_null(copse_resize(ctx, block, SIZE_MAX, 2));
  assert_int_equal(block[15], 'x'); /* still valid */
  assert_int_equal(copse_context_memory_used(ctx), 16);
  assert_int_equal(hook.calls, calls + 1); /* none of the others reached the allocator */
  copse_free(block);
  copse_context_free(ctx);
}

static void resize_keeps_content_both_ways(void **state) {
  (void)state;
  char *block = copse_resize(NULL, NULL, 10, 1);
  assert_non_null(block);
  memcpy(block, "0123456789", 10);
  block = copse_resize(NULL, block, 1000, 10);
  assert_non_null(block);
  assert_int_equal((uintptr_t)block % 64, 0);
  assert_memory_equal(block, "0123456789", 10);
  block = copse_resize(NULL, block, 4, 1);
  assert_non_null(block);
  assert_memory_equal(block, "0123", 4);
  copse_free(block);
}

static void use_and_peak_are_counted(void **state) {
  (void)state;
  struct hooked_allocator hook = {0};
  copse_context *ctx = context_with(&hook);
  assert_int_equal(copse_context_memory_used(ctx), 0);
  void *a = copse_alloc(ctx, 1000, 1), *b = copse_alloc(ctx, 500, 4);
  assert_int_equal(copse_context_memory_used(ctx), 3000);
  copse_free(b);
  assert_int_equal(copse_context_memory_used(ctx), 1000);
  assert_int_equal(copse_context_memory_peak(ctx), 3000);
  b = copse_alloc(ctx, 100, 1);
  assert_int_equal(copse_context_memory_used(ctx), 1100);
  assert_int_equal(copse_context_memory_peak(ctx), 3000);
  copse_free(a);
  copse_free(b);
  assert_int_equal(copse_context_memory_used(ctx), 0);
  copse_context_free(ctx);
  assert_int_equal(hook.live, 0);
  assert_int_equal(hook.bytes, 0);
}

static void the_default_context_is_counted_too(void **state) {
  (void)state;
  size_t before = copse_context_memory_used(NULL);
  void *block = copse_alloc(NULL, 12345, 1);
  assert_int_equal(copse_context_memory_used(NULL), before + 12345);
  assert_true(copse_context_memory_peak(NULL) >= before + 12345);
  copse_free(block);
  assert_int_equal(copse_context_memory_used(NULL), before);
}

static void the_limit_refuses_and_recovers(void **state) {
  (void)state;
  struct hooked_allocator hook = {0};
  copse_context *ctx = context_with(&hook);
  copse_context_set_memory_limit(ctx, 4096);
  void *a = copse_alloc(ctx, 4000, 1);
  assert_non_null(a);
  assert_null(copse_alloc(ctx, 97, 1));
  assert_int_equal(copse_context_memory_used(ctx), 4000); /* the refusal left nothing behind */
  assert_int_equal(copse_context_memory_peak(ctx), 4000);
  void *b = copse_alloc(ctx, 96, 1); /* exactly full */
  assert_non_null(b);
  copse_free(a);
  a = copse_alloc(ctx, 4000, 1);
  assert_non_null(a);
  copse_context_set_memory_limit(ctx, 0);
  void *c = copse_alloc(ctx, 1 << 20, 1);
  assert_non_null(c);
  copse_free(a);
  copse_free(b);
  copse_free(c);
  copse_context_free(ctx);
}

static void every_refused_request_is_survived(void **state) {
  (void)state;
  for (size_t k = 1; k <= 5; k++) {
    struct hooked_allocator hook = {.fail_at = k};
    copse_allocator allocator = hooked_allocator(&hook);
    copse_context *ctx = NULL;
    copse_error err;
    if (copse_context_create(&allocator, &ctx, &err) != COPSE_OK) {
      assert_int_equal(k, 1);
      assert_null(ctx);
      assert_int_equal(err.status, COPSE_ERR_MEMORY);
      assert_non_null(strstr(err.message, "out of memory"));
      assert_int_equal(hook.live, 0);
      continue;
    }
    char *a = copse_alloc(ctx, 10, 1);
    char *b = copse_alloc_zero(ctx, 20, 1);
    char *grown = a != NULL ? copse_resize(ctx, a, 40, 1) : NULL;
    assert_true((a == NULL) == (k == 2));
    assert_true((b == NULL) == (k == 3));
    if (a != NULL) assert_true((grown == NULL) == (k == 4));
    size_t expected = (b != NULL ? 20 : 0) + (grown != NULL ? 40 : a != NULL ? 10 : 0);
    assert_int_equal(copse_context_memory_used(ctx), expected);
    copse_free(grown != NULL ? grown : a);
    copse_free(b);
    assert_int_equal(copse_context_memory_used(ctx), 0);
    assert_int_equal(hook.refused, k <= hook.calls ? 1 : 0);
    copse_context_free(ctx);
    assert_int_equal(hook.live, 0);
  }
}

static void alloc_and_free(void *user, size_t chunk, int thread) {
  (void)thread;
  for (int i = 0; i < 20; i++) {
    char *block = copse_alloc(user, chunk % 100 + 1, 3);
    if (block != NULL) block[0] = 1;
    copse_free(block);
  }
}

static void counting_is_exact_across_threads(void **state) {
  (void)state;
  struct hooked_allocator hook = {0};
  copse_context *ctx = context_with(&hook);
  copse_parallel_for(3, 200, alloc_and_free, ctx);
  assert_int_equal(copse_context_memory_used(ctx), 0);
  assert_true(copse_context_memory_peak(ctx) >= 300);
  assert_true(copse_context_memory_peak(ctx) <= 900);
  assert_int_equal(hook.calls, 1 + 200 * 20);
  copse_context_free(ctx);
  assert_int_equal(hook.live, 0);
}

/* Bytes that the process has mapped; 0: the system does not tell. Added up from what is mapped where, which
 * an emulator tells of the program and not of itself. */
static size_t mapped_in_all(void) {
  FILE *file = fopen("/proc/self/maps", "r");
  size_t n = 0;
  char line[1024];
  if (file == NULL) return 0;
  while (fgets(line, sizeof line, file) != NULL) {
    char *end;
    const unsigned long long from = strtoull(line, &end, 16);
    if (*end == '-') n += (size_t)(strtoull(end + 1, NULL, 16) - from);
  }
  fclose(file);
  return n;
}

/* What is freed is given back as it was mapped, whether its end is a huge page too or that would cost too
 * much, and no rounding turns a size that nothing has room for into a small one. */
static void large_blocks_are_freed_whole(void **state) {
  (void)state;
#if defined(__SANITIZE_ADDRESS__)
  skip(); /* it keeps what is freed, and ends a program that asks for too much */
#endif
  enum { HUGE_PAGE = 1 << 21, ROUNDS = 3 };
  const size_t header = 128; /* what a block takes beside its bytes */
  const size_t before = copse_context_memory_used(NULL);
  size_t first = 0;
  for (int round = 0; round < ROUNDS; round++) {
    for (size_t pages = 1; pages <= 40; pages++) {
      const size_t whole = pages * HUGE_PAGE, costly = whole - whole / 17;
      const size_t sizes[] = {whole, whole - 1, whole + 1, costly - 4096, costly, costly + 4096};
      for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const size_t size = sizes[i] - header;
        unsigned char *block =
            i % 2 == 0 ? copse_alloc(NULL, size, 1) : context_alloc_streamed(NULL, size, 1);
        assert_non_null(block);
        block[0] = block[size - 1] = 1;
        assert_int_equal(copse_context_memory_used(NULL), before + size);
        copse_free(block);
      }
    }
    if (round == 0) first = mapped_in_all();
  }
  assert_true(mapped_in_all() <= first + (1 << 20)); /* of what else the process does */
  for (size_t less = 0; less < 3 * (size_t)HUGE_PAGE; less += 4093)
    assert_null(copse_alloc(NULL, SIZE_MAX - less, 1));
  assert_int_equal(copse_context_memory_used(NULL), before);
}

/* Blocks of some megabytes are the system's own: whichever is freed, its neighbours stay, and a cleared one
 * is clear. */
static void large_blocks_leave_their_neighbours(void **state) {
  (void)state;
  enum { N = 16, ROUNDS = 1000 };
  unsigned char *blocks[N] = {NULL}, *huge[4] = {NULL};
  size_t sizes[N] = {0}, before = copse_context_memory_used(NULL);
  for (int round = 0; round < ROUNDS; round++) {
    int k = round * 5 % N, h = round % 4;
    copse_free(huge[h]); /* just beyond whole pages of every size, at addresses that vary */
    huge[h] = copse_alloc(NULL, ((size_t)1 << 22) + (size_t)(round * 7 % 32) * 65536 + 1, 1);
    assert_non_null(huge[h]);
    copse_free(blocks[k]);
    sizes[k] = ((size_t)1 << 20) + (size_t)(round * 37 % 256) * 4096;
    blocks[k] = copse_alloc_zero(NULL, sizes[k], 1);
    assert_non_null(blocks[k]);
    assert_int_equal((uintptr_t)blocks[k] % 64, 0);
    for (size_t at = 0; at < sizes[k]; at += 65536) assert_int_equal(blocks[k][at], 0);
    blocks[k][0] = blocks[k][sizes[k] - 1] = (unsigned char)(k + 1);
    for (int i = 0; i < N; i++) {
      if (blocks[i] == NULL) continue;
      assert_int_equal(blocks[i][0], i + 1);
      assert_int_equal(blocks[i][sizes[i] - 1], i + 1);
    }
  }
  for (int i = 0; i < N; i++) copse_free(blocks[i]);
  for (int i = 0; i < 4; i++) copse_free(huge[i]);
  assert_int_equal(copse_context_memory_used(NULL), before);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(blocks_are_aligned_to_a_cache_line),
      cmocka_unit_test(zero_bytes_give_distinct_blocks),
      cmocka_unit_test(alloc_zero_clears_every_byte),
      cmocka_unit_test(streamed_blocks_are_blocks),
      cmocka_unit_test(overflowing_products_are_refused),
      cmocka_unit_test(resize_keeps_content_both_ways),
      cmocka_unit_test(use_and_peak_are_counted),
      cmocka_unit_test(the_default_context_is_counted_too),
      cmocka_unit_test(the_limit_refuses_and_recovers),
      cmocka_unit_test(every_refused_request_is_survived),
      cmocka_unit_test(large_blocks_leave_their_neighbours),
      cmocka_unit_test(large_blocks_are_freed_whole),
      cmocka_unit_test(counting_is_exact_across_threads),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
