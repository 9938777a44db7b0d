/* format_text.h - what the reader and the writer of LightGBM's text format share. */
#ifndef COPSE_MODEL_FORMAT_TEXT_H
#define COPSE_MODEL_FORMAT_TEXT_H

#include "copse.h"
#include "model/tree.h"

/* A piece of the text, and the line (from 1) it stands on. */
struct text_slice {
  const char *text; /* NULL: absent */
  size_t length, line;
};

struct text_reader {
  copse_context *ctx;
  const char *place;
  const char *at, *end;
  size_t line; /* number of the line that begins at `at` */
  copse_error *err;
  int64_t *integers; /* scratch for one field, grown as needed */
  size_t integers_capacity;
};

/* The next line without its end ("\n" or "\r\n"); false at the end of the text. Peeking does not move on. */
bool text_next_line(struct text_reader *reader, struct text_slice *line);
bool text_peek_line(const struct text_reader *reader, struct text_slice *line);
bool text_is(const struct text_slice *slice, const char *text);
bool text_starts(const struct text_slice *slice, const char *prefix);
/* Cuts "key=value" at the first '='; false when there is none. */
bool text_cut(const struct text_slice *line, struct text_slice *key, struct text_slice *value);
/* The next word of a slice, which is shortened; false when only blanks are left. */
bool text_next_word(struct text_slice *rest, struct text_slice *word);
size_t text_count_words(const struct text_slice *slice);

/* "place:line: field: sentence", with the remedy of every damaged file behind it. */
copse_status text_fail(const struct text_reader *reader, size_t line, const char *field, const char *format,
                       ...) __attribute__((format(printf, 4, 5)));

/* One whole number within [low, high]; exactly n of them into reader->integers; exactly n numbers. */
copse_status text_integer(const struct text_reader *reader, const char *field, const struct text_slice *value,
                          int64_t low, int64_t high, int64_t *out);
copse_status text_integers(struct text_reader *reader, const char *field, const struct text_slice *value,
                           size_t n, int64_t low, int64_t high);
copse_status text_doubles(const struct text_reader *reader, const char *field, const struct text_slice *value,
                          size_t n, double *out);

/* The block of one tree, `Tree=index` line included. */
copse_status text_read_tree(struct text_reader *reader, int index, int32_t n_features, struct tree *out);
void text_write_tree(const struct tree *tree, int index, copse_text *out);

/* Appends rounds [first, last): the `write` of the format's row. */
copse_status text_write_model(const copse_model *model, int first, int last, copse_text *out,
                              copse_error *err);

/* Any bytes as printable ASCII without blanks, '=' and '%': those become %XX. Decoding refuses anything that
 * encoding cannot have made, except for lower-case digits; out has room for `length` bytes. */
void percent_encode(const char *bytes, size_t length, copse_text *out);
bool percent_decode(const char *text, size_t length, char *out, size_t *n_out);

#endif
