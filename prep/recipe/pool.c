/* pool.c - see pool.h: a list of chunks, filled one behind the other. */
#include "recipe/pool.h"

#include <stdint.h>
#include <string.h>

enum { CHUNK_BYTES = 1 << 18, ALIGNMENT = 16 };

struct pool_chunk {
  struct pool_chunk *next;
  size_t used, capacity;
  _Alignas(ALIGNMENT) char bytes[];
};

static struct pool_chunk *add_chunk(struct pool *pool, size_t need) {
  size_t capacity = need > CHUNK_BYTES ? need : CHUNK_BYTES;
  struct pool_chunk *chunk = copse_alloc(pool->ctx, 1, sizeof *chunk + capacity);
  if (chunk == NULL) return NULL;
  chunk->used = 0;
  chunk->capacity = capacity;
  chunk->next = pool->current != NULL ? pool->current->next : NULL;
  if (pool->current != NULL)
    pool->current->next = chunk;
  else
    pool->first = chunk;
  return chunk;
}

void *pool_alloc(struct pool *pool, size_t count, size_t size) {
  if (size > 0 && count > (SIZE_MAX / 2) / size) return NULL;
  size_t need = (count * size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  struct pool_chunk *chunk = pool->current;
  while (chunk != NULL && chunk->capacity - chunk->used < need) {
    chunk = chunk->next;
    if (chunk != NULL) pool->current = chunk;
  }
  if (chunk == NULL) chunk = add_chunk(pool, need);
  if (chunk == NULL) return NULL;
  pool->current = chunk;
  void *room = chunk->bytes + chunk->used;
  chunk->used += need;
  return room;
}

char *pool_text(struct pool *pool, const char *text, size_t length) {
  char *room = pool_alloc(pool, length + 1, 1);
  if (room == NULL) return NULL;
  if (length > 0) memcpy(room, text, length);
  room[length] = '\0';
  return room;
}

void pool_reset(struct pool *pool) {
  for (struct pool_chunk *chunk = pool->first; chunk != NULL; chunk = chunk->next) chunk->used = 0;
  pool->current = pool->first;
}

void pool_release(struct pool *pool) {
  while (pool->first != NULL) {
    struct pool_chunk *next = pool->first->next;
    copse_free(pool->first);
    pool->first = next;
  }
  pool->current = NULL;
}
