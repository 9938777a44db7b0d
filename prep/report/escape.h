/* escape.h - the only ways for a text of the data into an output: one for each place it can stand in. */
#ifndef COPSE_REPORT_ESCAPE_H
#define COPSE_REPORT_ESCAPE_H

#include "copse.h"

/* A text for people: at most `most` characters, then "…"; bytes that are no UTF-8 become U+FFFD; control
 * characters, marks of direction and invisible ones are written as \uXXXX. NUL-terminated, cut between
 * characters. */
void clean_text(const char *text, size_t length, size_t most, char *out, size_t capacity);
/* Content of an element, or of an attribute in double quotes. Clean it first. */
void append_html(copse_text *out, const char *text);
/* A string with its quotes; the text as it is, but valid: also within HTML. */
void append_json(copse_text *out, const char *text, size_t length);
/* A number, or null where there is none. */
void append_json_number(copse_text *out, double x);

#endif
