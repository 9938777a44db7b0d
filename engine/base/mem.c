/* mem.c - the one door to the heap, and the context that counts what passes through it.
 *
 * Every block carries a 64-byte header in front: its size, its context and the address the allocator
 * returned. That keeps blocks aligned to a cache line, lets copse_free work without being told the context,
 * and makes the accounting exact.
 *
 * On Linux large blocks are mappings of their own: what is freed goes back to the system at once, whatever
 * lies beside it, and the largest ask for huge pages, which spare the histograms' scattered reads most of
 * their misses in the translation buffer. Those that are streamed do not. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
/* The sanitizer watches what malloc gives. */
#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__)
#include <sys/mman.h>
#define MAPS_LARGE_BLOCKS 1
#else
#define MAPS_LARGE_BLOCKS 0
#endif

#include "base/context.h"
#include "base/status.h"

enum { ALIGNMENT = 64, MAPPED_BYTES = 1 << 20, HUGE_BYTES = 1 << 21, HUGE_PAGE = 1 << 21 };
enum { LARGEST_PAGE = 1 << 16 }; /* of the processors Linux runs on here */

struct block_header {
  copse_context *ctx;
  void *base;
  size_t base_size, size;
};
_Static_assert(sizeof(struct block_header) <= ALIGNMENT, "the header fits in front of an aligned block");

#if MAPS_LARGE_BLOCKS
static size_t whole_pages(size_t size, size_t page) { return (size + page - 1) / page * page; }

/* The end of a block is a huge page too where that costs it no more than a sixteenth, else whole pages of any
 * processor. What is added is not counted as used: `used` is what was asked for. */
static size_t mapped_bytes(size_t size) {
  if (size < HUGE_BYTES) return size;
  const size_t huge = whole_pages(size, HUGE_PAGE);
  return huge - size <= size / 16 ? huge : whole_pages(size, LARGEST_PAGE);
}

/* Huge pages begin at multiples of their size; what lies before and behind is given back. Blocks are cut
 * alike whether they ask for them or not, for they are freed alike. */
static void *map_huge(size_t size, bool streamed) {
  if (size > SIZE_MAX - 2 * (size_t)HUGE_PAGE) return NULL;
  size_t mapped = mapped_bytes(size), all = mapped + HUGE_PAGE;
  char *wide = mmap(NULL, all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (wide == MAP_FAILED) return NULL;
  size_t before = (HUGE_PAGE - (uintptr_t)wide % HUGE_PAGE) % HUGE_PAGE;
  if (before > 0) munmap(wide, before);
  munmap(wide + before + mapped, HUGE_PAGE - before);
  if (!streamed) madvise(wide + before, mapped, MADV_HUGEPAGE); /* a wish: where it fails pages stay small */
  return wide + before;
}

static void *map_block(size_t size, bool streamed) {
  if (size >= HUGE_BYTES) return map_huge(size, streamed);
  void *block = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return block != MAP_FAILED ? block : NULL;
}
#endif

/* Whether the system gives a block of that size by itself, all bytes 0. */
static bool is_mapped(size_t size) { return MAPS_LARGE_BLOCKS && size >= MAPPED_BYTES; }

/* Allocates, or frees: the blocks of this file are never resized in place. */
static void *system_resize(void *block, size_t old_size, size_t new_size, bool streamed) {
#if MAPS_LARGE_BLOCKS
  if (new_size == 0 && is_mapped(old_size)) {
    munmap(block, mapped_bytes(old_size));
    return NULL;
  }
  if (is_mapped(new_size)) return map_block(new_size, streamed);
#endif
  (void)streamed;
  (void)old_size;
  if (new_size == 0) {
    free(block);
    return NULL;
  }
  return realloc(block, new_size);
}

static void *libc_resize(void *user, void *block, size_t old_size, size_t new_size) {
  (void)user;
  return system_resize(block, old_size, new_size, false);
}

static copse_context default_context = {.allocator = {libc_resize, NULL}, .log_level = COPSE_LOG_FATAL};

copse_context *context_or_default(copse_context *ctx) { return ctx != NULL ? ctx : &default_context; }

copse_status copse_context_create(const copse_allocator *allocator, copse_context **out, copse_error *err) {
  *out = NULL;
  copse_allocator used = allocator != NULL ? *allocator : (copse_allocator){libc_resize, NULL};
  copse_context *ctx = used.resize(used.user, NULL, 0, sizeof *ctx);
  if (ctx == NULL) return status_memory(err, "a context");
  memset(ctx, 0, sizeof *ctx);
  ctx->allocator = used;
  ctx->log_level = COPSE_LOG_INFO;
  *out = ctx;
  return COPSE_OK;
}

void copse_context_free(copse_context *ctx) {
  if (ctx != NULL) ctx->allocator.resize(ctx->allocator.user, ctx, sizeof *ctx, 0);
}

void copse_context_set_log(copse_context *ctx, copse_log_fn log, void *user, copse_log_level level) {
  ctx->log = log;
  ctx->log_user = user;
  ctx->log_level = level;
}

void copse_context_set_memory_limit(copse_context *ctx, size_t bytes) { ctx->limit = bytes; }

size_t copse_context_memory_used(const copse_context *ctx) {
  return atomic_load(&(ctx != NULL ? ctx : &default_context)->used);
}

size_t copse_context_memory_peak(const copse_context *ctx) {
  return atomic_load(&(ctx != NULL ? ctx : &default_context)->peak);
}

void copse_context_cancel(copse_context *ctx) { atomic_store(&ctx->cancelled, true); }

bool copse_context_cancelled(const copse_context *ctx) { return ctx != NULL && atomic_load(&ctx->cancelled); }

void context_log(const copse_context *ctx, copse_log_level level, const char *format, ...) {
  if (ctx == NULL || ctx->log == NULL || level > ctx->log_level) return;
  char text[COPSE_ERROR_CAPACITY];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  ctx->log(ctx->log_user, level, text);
}

/* Reserves `bytes` against the limit; false when they do not fit. */
static bool account_add(copse_context *ctx, size_t bytes) {
  size_t now = atomic_fetch_add(&ctx->used, bytes) + bytes;
  if (ctx->limit != 0 && now > ctx->limit) {
    atomic_fetch_sub(&ctx->used, bytes);
    return false;
  }
  size_t peak = atomic_load(&ctx->peak);
  while (now > peak && !atomic_compare_exchange_weak(&ctx->peak, &peak, now)) {
  }
  return true;
}

static struct block_header *header_of(void *block) {
  return (struct block_header *)((char *)block - ALIGNMENT);
}

static void *allocate(copse_context *ctx, size_t count, size_t size, bool streamed) {
  ctx = context_or_default(ctx);
  size_t bytes, base_size;
  if (__builtin_mul_overflow(count, size, &bytes)) return NULL;
  if (__builtin_add_overflow(bytes, (size_t)2 * ALIGNMENT, &base_size)) return NULL;
  if (!account_add(ctx, bytes)) return NULL;
  char *base = ctx->allocator.resize == libc_resize
                   ? system_resize(NULL, 0, base_size, streamed)
                   : ctx->allocator.resize(ctx->allocator.user, NULL, 0, base_size);
  if (base == NULL) {
    atomic_fetch_sub(&ctx->used, bytes);
    return NULL;
  }
  char *block = base + ALIGNMENT;
  block += (ALIGNMENT - (uintptr_t)block % ALIGNMENT) % ALIGNMENT;
  *header_of(block) = (struct block_header){ctx, base, base_size, bytes};
  return block;
}

void *copse_alloc(copse_context *ctx, size_t count, size_t size) { return allocate(ctx, count, size, false); }

void *context_alloc_streamed(copse_context *ctx, size_t count, size_t size) {
  return allocate(ctx, count, size, true);
}

void *copse_alloc_zero(copse_context *ctx, size_t count, size_t size) {
  void *block = copse_alloc(ctx, count, size);
  if (block == NULL) return NULL;
  const struct block_header *header = header_of(block);
  if (header->ctx->allocator.resize != libc_resize || !is_mapped(header->base_size))
    memset(block, 0, header->size);
  return block;
}

void *copse_resize(copse_context *ctx, void *block, size_t count, size_t size) {
  if (block == NULL) return copse_alloc(ctx, count, size);
  struct block_header *header = header_of(block);
  void *fresh = copse_alloc(header->ctx, count, size);
  if (fresh == NULL) return NULL;
  size_t keep = header->size < header_of(fresh)->size ? header->size : header_of(fresh)->size;
  memcpy(fresh, block, keep);
  copse_free(block);
  return fresh;
}

void copse_free(void *block) {
  if (block == NULL) return;
  struct block_header header = *header_of(block);
  atomic_fetch_sub(&header.ctx->used, header.size);
  header.ctx->allocator.resize(header.ctx->allocator.user, header.base, header.base_size, 0);
}
