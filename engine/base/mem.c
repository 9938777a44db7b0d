/* mem.c - the one door to the heap, and the context that counts what passes through it.
 *
 * Every block carries a 64-byte header in front: its size, its context and the address the allocator
 * returned. That keeps blocks aligned to a cache line, lets copse_free work without being told the context,
 * and makes the accounting exact. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/context.h"
#include "base/status.h"

enum { ALIGNMENT = 64 };

struct block_header {
  copse_context *ctx;
  void *base;
  size_t base_size, size;
};
_Static_assert(sizeof(struct block_header) <= ALIGNMENT, "the header fits in front of an aligned block");

static void *libc_resize(void *user, void *block, size_t old_size, size_t new_size) {
  (void)user;
  (void)old_size;
  if (new_size == 0) {
    free(block);
    return NULL;
  }
  return realloc(block, new_size);
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

void *copse_alloc(copse_context *ctx, size_t count, size_t size) {
  ctx = context_or_default(ctx);
  size_t bytes, base_size;
  if (__builtin_mul_overflow(count, size, &bytes)) return NULL;
  if (__builtin_add_overflow(bytes, (size_t)2 * ALIGNMENT, &base_size)) return NULL;
  if (!account_add(ctx, bytes)) return NULL;
  char *base = ctx->allocator.resize(ctx->allocator.user, NULL, 0, base_size);
  if (base == NULL) {
    atomic_fetch_sub(&ctx->used, bytes);
    return NULL;
  }
  char *block = base + ALIGNMENT;
  block += (ALIGNMENT - (uintptr_t)block % ALIGNMENT) % ALIGNMENT;
  *header_of(block) = (struct block_header){ctx, base, base_size, bytes};
  return block;
}

void *copse_alloc_zero(copse_context *ctx, size_t count, size_t size) {
  void *block = copse_alloc(ctx, count, size);
  if (block != NULL) memset(block, 0, header_of(block)->size);
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
