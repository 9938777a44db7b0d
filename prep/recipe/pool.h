/* pool.h - memory of a block of rows: taken piece by piece, given back all at once, and kept for the next
 * block. */
#ifndef COPSE_RECIPE_POOL_H
#define COPSE_RECIPE_POOL_H

#include "copse.h"

/* Zero-initialise with ctx set. */
struct pool {
  copse_context *ctx;
  struct pool_chunk *first, *current;
};

/* Room for count elements, aligned for any of them; NULL: out of memory. */
void *pool_alloc(struct pool *pool, size_t count, size_t size);
/* A copy of a text, with a NUL behind it. */
char *pool_text(struct pool *pool, const char *text, size_t length);
/* Everything taken ends; the memory stays. */
void pool_reset(struct pool *pool);
void pool_release(struct pool *pool);

#endif
