/* source.h - the bytes of a file in memory, decompressed. */
#ifndef COPSE_READ_SOURCE_H
#define COPSE_READ_SOURCE_H

#include "copse.h"

/* The whole text. It ends with '\n' (one is added when the file has none) and is followed by 16 more bytes
 * that may be read. `begin` is the first byte after a byte-order mark. */
struct source {
  const char *path;
  char *text;
  size_t length, begin;
};

/* Opens, reads and, where the content says so, inflates. Refuses directories, unreadable, empty and binary
 * files, broken gzip. path is borrowed. */
copse_status source_load(copse_context *ctx, const char *path, struct source *out, copse_error *err);
/* Only reads and inflates: content is not looked at. */
copse_status source_load_bytes(copse_context *ctx, const char *path, struct source *out, copse_error *err);
void source_release(struct source *source);

/* Line number, from 1, of a byte. */
uint64_t source_line(const struct source *source, size_t offset);

bool source_exists(const char *path);

#endif
