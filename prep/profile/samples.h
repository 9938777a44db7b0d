/* samples.h - some rows to be shown as they are: those whose numbers have the smallest hashes, so that the
 * choice is spread over the file and the same whatever the threads and blocks. */
#ifndef COPSE_PROFILE_SAMPLES_H
#define COPSE_PROFILE_SAMPLES_H

#include "profile/column.h"

struct sample_row {
  uint64_t key;      /* hash of the number */
  uint64_t number;   /* of the row, from 0 */
  uint32_t *lengths; /* [n_columns] SAMPLES_NULL: no cell; each at most VALUES_TEXT_KEPT */
  char *bytes;       /* of all cells, one behind the other */
};
enum { SAMPLES_NULL = -1 };

/* Zero-initialise with ctx and most set. */
struct sample_rows {
  copse_context *ctx;
  uint32_t most, n, last;  /* last: of the rows the one with the greatest hash, once there are `most` */
  struct sample_row *rows; /* [n] */
};

/* Takes from the next block of the file what belongs to the sample. False: out of memory. */
bool samples_look(struct sample_rows *samples, const struct typed_block *block, const struct column *columns,
                  uint32_t n_columns);
/* Moves the rows, by their number. */
void samples_take(struct sample_rows *from, struct sample_rows *to);
void samples_release(struct sample_rows *samples);

#endif
