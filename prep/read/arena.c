/* arena.c - see arena.h: blocks in a list. */
#include "read/arena.h"

enum { BLOCK_BYTES = 4096 };

struct arena_block {
  struct arena_block *before;
  size_t used, capacity;
  char bytes[];
};

char *arena_reserve(struct arena *arena, size_t n) {
  if (arena->last == NULL || arena->last->capacity - arena->last->used < n) {
    size_t capacity = n > BLOCK_BYTES ? n : BLOCK_BYTES;
    struct arena_block *block = copse_alloc(arena->ctx, sizeof *block + capacity, 1);
    if (block == NULL) return NULL;
    *block = (struct arena_block){arena->last, 0, capacity};
    arena->last = block;
  }
  return arena->last->bytes + arena->last->used;
}

void arena_keep(struct arena *arena, size_t n) { arena->last->used += n; }

void arena_release(struct arena *arena) {
  while (arena->last != NULL) {
    struct arena_block *before = arena->last->before;
    copse_free(arena->last);
    arena->last = before;
  }
}
