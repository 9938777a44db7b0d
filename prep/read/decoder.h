/* decoder.h - bytes of a text in, UTF-8 out, a piece at a time. What is UTF-8 already is read straight to
 * where it goes, and only checked.
 *
 * As long as all is ASCII, UTF-8 or Windows-1252 is open. From the first other byte on DECODER_WINDOW bytes
 * are looked at: where they are UTF-8, the text is; a byte further on that is none becomes U+FFFD. Where they
 * are not, the sequences of the whole text are counted: less than one bad one in a thousand, and it is UTF-8
 * all the same; else Windows-1252. So what a text is read as depends on its bytes alone, not on how it comes
 * in. */
#ifndef COPSE_READ_DECODER_H
#define COPSE_READ_DECODER_H

#include "copse.h"
#include "read/encoding.h"

enum { DECODER_WINDOW = 1 << 20 };

/* Sequences of a text that are not ASCII. */
struct decoder_counts {
  uint64_t n_good, n_bad, first_bad; /* first_bad: its byte */
};

/* Where the bytes come from. */
struct decoder_input {
  /* Fills out[0..n); *got < n at the end only. */
  copse_status (*pull)(void *user, char *out, size_t n, size_t *got, copse_error *err);
  /* decoder_count_all of the whole text, from its start; pull goes on where it was. */
  copse_status (*count)(void *user, struct decoder_counts *out, copse_error *err);
};

struct decoder {
  copse_context *ctx;
  const struct decoder_input *input;
  const char *path; /* for messages */
  enum encoding kind;
  bool looked, ended;
  char *ahead; /* [capacity] bytes that were pulled and are not decoded: those of [at, length) */
  size_t at, length, capacity;
  size_t valid;    /* of them that are known to be UTF-8 */
  uint64_t offset; /* of the first one in the text */
  char left[4];    /* of a character for which there was no room: [left_at, n_left) */
  size_t left_at, n_left;
  uint64_t n_bad, first_bad; /* as struct encoding_facts */
};

/* kind: what is known, else ENCODING_OPEN. Allocates nothing. */
void decoder_open(copse_context *ctx, const char *path, const struct decoder_input *input, enum encoding kind,
                  struct decoder *out);
/* As pull; user is its and count's. */
copse_status decoder_read(struct decoder *decoder, void *user, char *out, size_t n, size_t *got,
                          copse_error *err);
void decoder_close(struct decoder *decoder);

/* Counts what `pull` gives up to its end, or up to a NUL, which no text has. */
copse_status decoder_count_all(copse_context *ctx, const char *path, const struct decoder_input *input,
                               void *user, struct decoder_counts *out, copse_error *err);

#endif
