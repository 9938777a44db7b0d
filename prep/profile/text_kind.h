/* text_kind.h - what a text looks like: characters, shape, and patterns that tell what it is. */
#ifndef COPSE_PROFILE_TEXT_KIND_H
#define COPSE_PROFILE_TEXT_KIND_H

#include "copse.h"

enum text_pattern { PATTERN_NONE, PATTERN_EMAIL, PATTERN_PHONE, PATTERN_URL, PATTERN_UUID, N_PATTERNS };
extern const char *const text_pattern_names[N_PATTERNS];

enum text_pattern text_pattern_of(const char *text, size_t length);
/* A number with thousands marks, or with a decimal comma. */
bool text_is_grouped_number(const char *text, size_t length);
bool text_is_comma_number(const char *text, size_t length);
/* Characters of UTF-8; bytes that are none count as one each. *bad: there are such bytes, control characters
 * or what wrongly decoded text leaves (U+FFFD, marks of direction, two-character mojibake). */
size_t text_characters(const char *text, size_t length, bool *bad, bool *ascii);
/* Letters as A, digits as 9, runs of more than `capacity` cut. Returns false where it does not fit. */
bool text_shape(const char *text, size_t length, char *out, size_t capacity);
/* A hash of letters and digits without case: equal for variants of one text; 0 when there are none. */
uint64_t text_variant_key(const char *text, size_t length);
/* Whether a column of this name is likely to hold data of persons. */
bool name_is_personal(const char *name);

/* The next character of UTF-8 at *p; bytes that are none give U+FFFD, one byte each. */
uint32_t text_next(const char **p, const char *end);

#endif
