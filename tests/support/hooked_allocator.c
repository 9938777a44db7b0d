/* hooked_allocator.c - see the header; the memory itself is libc's. */
#include "hooked_allocator.h"

#include <stdlib.h>

static void *hooked_resize(void *user, void *block, size_t old_size, size_t new_size) {
  struct hooked_allocator *hook = user;
  if (new_size == 0) {
    if (block != NULL) {
      atomic_fetch_sub(&hook->live, 1);
      atomic_fetch_sub(&hook->bytes, old_size);
    }
    free(block);
    return NULL;
  }
  if (atomic_fetch_add(&hook->calls, 1) + 1 == hook->fail_at) {
    atomic_fetch_add(&hook->refused, 1);
    return NULL;
  }
  void *fresh = realloc(block, new_size);
  if (fresh == NULL) return NULL;
  if (block == NULL) atomic_fetch_add(&hook->live, 1);
  atomic_fetch_add(&hook->bytes, new_size - old_size);
  return fresh;
}

copse_allocator hooked_allocator(struct hooked_allocator *hook) {
  return (copse_allocator){hooked_resize, hook};
}
