/* source.h - the text of one file or of several files, one behind the other, decompressed and as UTF-8. A
 * file may be a table of a database, `FILE#TABLE`: its text is its rows as CSV.
 *
 * A file that can be read again is not kept: memory holds its first lines, from which format, separator and
 * header are told, and readers stream it from its start as often as they like. What cannot be read again
 * (standard input, a pipe) and what is short stays in memory whole. */
#ifndef COPSE_READ_SOURCE_H
#define COPSE_READ_SOURCE_H

#include "copse.h"
#include "read/encoding.h"

/* A file as it was when it was opened first: by these a later reader knows it again. */
struct source_identity {
  uint64_t device, inode, size;
  int64_t changed_s, changed_ns;
};

/* One file's share of the text. Records do not reach from one part into the next. */
struct source_part {
  const char *path;                /* for messages and side files: "standard input" for - */
  size_t start, begin, end;        /* bytes; begin: behind a byte-order mark, later also behind the header */
  bool table;                      /* of a database: CSV with commas and a header, whatever it looks like */
  bool marked;                     /* it began with a byte-order mark */
  bool whole;                      /* text holds all of it, not only its first lines */
  struct source_identity identity; /* of what is not whole */
  struct encoding_facts encoding;  /* of the file; its text is UTF-8 */
  uint64_t n_rows;                 /* set by the format's reader */
};

/* Every part ends with '\n' (one is added where a file has none); 16 more bytes behind the last one may be
 * read. */
struct source {
  copse_context *ctx;
  const char *path; /* of the first part */
  char *text;
  size_t length;
  struct source_part *parts;
  size_t n_parts;
};

enum { SOURCE_PADDING = 17 }; /* bytes that lie behind every text */

/* Opens every file and reads its first lines: at least 256 and about head_bytes (0: 64 KiB), or all; "-" is
 * standard input. Refuses directories, unreadable, empty and binary files, broken gzip. paths are borrowed.
 */
copse_status source_open(copse_context *ctx, const char *const *paths, size_t n_paths, size_t head_bytes,
                         struct source *out, copse_error *err);
/* A text that was made here, read as a table is; name (borrowed) for messages. Takes the text over. */
copse_status source_open_text(copse_context *ctx, const char *name, copse_text *text, struct source *out,
                              copse_error *err);
/* Brings the rest of every part into memory. Pointers into the text end; what was skipped by `begin` stays
 * skipped. */
copse_status source_load_rest(struct source *source, copse_error *err);
/* The text alone: parts stay. */
void source_release_text(struct source *source);
void source_release(struct source *source);

/* Where a byte stands: its file, and the line in it, from 1. */
struct source_place {
  const char *path;
  unsigned long long line;
};
/* at: within the text. */
struct source_place source_place(const struct source *source, const char *at);
/* A byte of a part by its distance from the part's start: reads the file again where the text ends before it;
 * line 0 when that fails. */
struct source_place source_place_of(const struct source *source, size_t part, uint64_t offset);

bool source_is_file(const struct source_part *part); /* not standard input */
bool source_exists(const char *path);

/* What is to be said of a part's encoding once it was read to its end; false: nothing, as where it is UTF-8
 * or a byte-order mark tells it. */
struct encoding_note {
  const char *path;
  char text[160]; /* what the file is: "was read as ..." */
  const char *remedy;
  uint64_t first_bad, n_bad; /* as struct encoding_facts */
};
bool source_encoding_note(const struct source *source, size_t part, struct encoding_note *out);
/* A line for each part of which there is something to say, but for lines that are in `out` already. False:
 * out of memory. */
bool source_append_notes(const struct source *source, copse_text *out);

/* The bytes of text that are no text: status and sentence. offset: of `text` within the part. */
copse_status source_check_block(const struct source *source, size_t part, uint64_t offset, const char *text,
                                size_t length, copse_error *err);

#endif
