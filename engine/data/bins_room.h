/* bins_room.h - memory that finding the bins of a feature needs for a while, kept for the next feature: the
 * system clears every page that it gives anew. */
#ifndef COPSE_DATA_BINS_ROOM_H
#define COPSE_DATA_BINS_ROOM_H

#include "copse.h"

enum bins_room_part { BINS_ROOM_VALUES, BINS_ROOM_BUCKETS, BINS_ROOM_WORK, N_BINS_ROOM_PARTS };

/* {0} is empty. One user at a time. */
struct bins_room {
  struct {
    void *block;
    size_t bytes;
  } parts[N_BINS_ROOM_PARTS];
};

/* A part with at least so many bytes, whose contents are lost; NULL without memory. Valid until the part is
 * asked for again. */
void *bins_room_take(copse_context *ctx, struct bins_room *room, enum bins_room_part part, size_t count,
                     size_t size);
void bins_room_release(struct bins_room *room);

#endif
