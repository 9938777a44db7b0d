/* bins_room.c - see bins_room.h. */
#include "data/bins_room.h"

#include "base/context.h"

void *bins_room_take(copse_context *ctx, struct bins_room *room, enum bins_room_part part, size_t count,
                     size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) return NULL;
  if (room->parts[part].block != NULL && room->parts[part].bytes >= bytes) return room->parts[part].block;
  copse_free(room->parts[part].block);
  if (bytes < SIZE_MAX / 2) bytes += bytes / 8; /* the next column may need a little more */
  room->parts[part].block = context_alloc_streamed(ctx, bytes, 1);
  room->parts[part].bytes = room->parts[part].block != NULL ? bytes : 0;
  return room->parts[part].block;
}

void bins_room_release(struct bins_room *room) {
  for (int part = 0; part < N_BINS_ROOM_PARTS; part++) copse_free(room->parts[part].block);
  *room = (struct bins_room){0};
}
