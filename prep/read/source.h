/* source.h - the bytes of one file or of several files in memory, one behind the other, decompressed. */
#ifndef COPSE_READ_SOURCE_H
#define COPSE_READ_SOURCE_H

#include "copse.h"

/* One file's share of the text. Records do not reach from one part into the next. */
struct source_part {
  const char *path;         /* for messages and side files: "standard input" for - */
  size_t start, begin, end; /* bytes; begin: behind a byte-order mark, later also behind the header */
  uint64_t n_rows;          /* set by the format's reader */
};

/* The whole text. Every part ends with '\n' (one is added where a file has none); 16 more bytes behind the
 * last one may be read. */
struct source {
  const char *path; /* of the first part */
  char *text;
  size_t length;
  struct source_part *parts;
  size_t n_parts;
};

/* Opens, reads and, where the content says so, inflates every file; "-" is standard input. Refuses
 * directories, unreadable, empty and binary files, broken gzip. paths are borrowed. */
copse_status source_load(copse_context *ctx, const char *const *paths, size_t n_paths, struct source *out,
                         copse_error *err);
/* The text alone: parts stay. */
void source_release_text(struct source *source);
void source_release(struct source *source);

/* Where a byte stands: its file, and the line in it, from 1. */
struct source_place {
  const char *path;
  unsigned long long line;
};
struct source_place source_place(const struct source *source, const char *at);

bool source_is_file(const struct source_part *part); /* not standard input */
bool source_exists(const char *path);

#endif
