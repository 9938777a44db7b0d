/* arena.h - small texts that live and die together. */
#ifndef COPSE_READ_ARENA_H
#define COPSE_READ_ARENA_H

#include "copse.h"

/* Zero-initialise with ctx set. */
struct arena {
  copse_context *ctx;
  struct arena_block *last;
};
/* Room for n bytes, which become the arena's by arena_keep; NULL: out of memory. */
char *arena_reserve(struct arena *arena, size_t n);
void arena_keep(struct arena *arena, size_t n);
void arena_release(struct arena *arena);

#endif
