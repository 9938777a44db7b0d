/* positions.h - FILE.position: where each row was shown, one id of any kind per line. */
#ifndef COPSE_READ_POSITIONS_H
#define COPSE_READ_POSITIONS_H

#include "read/arena.h"
#include "read/dictionary.h"

/* Ids and their numbers, in order of arrival. Zero-initialise with both ctx set. */
struct positions {
  struct dictionary ids;
  struct arena texts;
};
/* The numbers of n_rows ids, a line each; blank lines are skipped. of: the data file, for messages. */
copse_status positions_read(struct positions *positions, const char *path, const char *of, uint64_t n_rows,
                            int32_t *out, copse_error *err);
void positions_release(struct positions *positions);

#endif
