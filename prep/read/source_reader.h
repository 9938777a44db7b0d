/* source_reader.h - the bytes of one file in order, decompressed, and as UTF-8 where that is asked for. */
#ifndef COPSE_READ_SOURCE_READER_H
#define COPSE_READ_SOURCE_READER_H

#include <zlib.h>

#include "read/decoder.h"
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
  const char *bytes;    /* [n_bytes] of memory, from its start */
  size_t n_bytes;
  struct encoding_facts *facts; /* NULL: bytes as they are */
  struct decoder decoder;
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
/* From its start on the text comes as UTF-8, whatever it is in (decoder.h). *facts (borrowed) says what is
 * known of it, and learns what is found. Not for tables, which are UTF-8. */
void source_reader_decode(struct source_reader *reader, struct encoding_facts *facts);
/* Notes in the facts how many bad sequences there were up to here. */
void source_reader_note(const struct source_reader *reader);
/* A part from its start as UTF-8, whole or not; a file that is another one than before is an error. */
copse_status source_reader_open_part(const struct source *source, size_t part, struct source_reader *out,
                                     copse_error *err);
/* Fills out[0..n) as far as there are bytes; *got < n at the end only. */
copse_status source_reader_read(struct source_reader *reader, char *out, size_t n, size_t *got,
                                copse_error *err);
void source_reader_close(struct source_reader *reader);

#endif
