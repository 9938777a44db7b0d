/* source_reader.h - the decompressed bytes of one file in order. */
#ifndef COPSE_READ_SOURCE_READER_H
#define COPSE_READ_SOURCE_READER_H

#include <zlib.h>

#include "read/source.h"

struct source_reader {
  copse_context *ctx;
  const char *path;        /* for messages */
  struct store_feed *feed; /* NULL: a file or memory */
  int fd;                  /* -1: raw bytes in memory, or a table's */
  const char *memory;
  size_t memory_left;
  uint64_t n_raw, n_raw_all; /* raw bytes taken, and how many there are */
  bool packed, raw_ended, ended;
  z_stream stream;
  unsigned char *input; /* raw bytes of a packed file */
};

static inline bool source_is_gzip(const char *text, size_t length) {
  return length >= 2 && (unsigned char)text[0] == 0x1F && (unsigned char)text[1] == 0x8B;
}

/* Opens a regular file, or a table as CSV text (store.h); path is borrowed. *identity (may be NULL) is
 * filled. */
copse_status source_reader_open(copse_context *ctx, const char *path, struct source_identity *identity,
                                struct source_reader *out, copse_error *err);
/* Raw bytes in memory, borrowed. */
copse_status source_reader_open_memory(copse_context *ctx, const char *path, const char *bytes, size_t length,
                                       struct source_reader *out, copse_error *err);
/* A part from its start, whole or not; a file that is another one than before is an error. */
copse_status source_reader_open_part(const struct source *source, size_t part, struct source_reader *out,
                                     copse_error *err);
/* Fills out[0..n) as far as there are bytes; *got < n at the end only. */
copse_status source_reader_read(struct source_reader *reader, char *out, size_t n, size_t *got,
                                copse_error *err);
void source_reader_close(struct source_reader *reader);

#endif
