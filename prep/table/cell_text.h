/* cell_text.h - values as the text of a CSV cell: the one way in which tables become text, so that a table
 * read from a database and the same table handed on in memory are the same bytes. */
#ifndef COPSE_TABLE_CELL_TEXT_H
#define COPSE_TABLE_CELL_TEXT_H

#include "copse.h"

/* A name of a header: in quotes where it is empty, holds a comma, quote or line end, or begins or ends with a
 * blank. */
void cell_append_name(copse_text *out, const char *text, size_t length);
/* A text: also where it would be taken for a number or a missing cell. Readers of tables take what is in
 * quotes for text, so that a column of texts stays one. */
void cell_append_text(copse_text *out, const char *text, size_t length);
/* The fewest of 15, 16 or 17 digits that read back to the same number, with a decimal point or an exponent;
 * nothing for NaN. Zero has no sign. capacity >= 40; returns the length. */
size_t cell_format_real(double value, char *out);
/* A whole number, |value| <= 2^53; nothing for NaN. */
size_t cell_format_integer(double value, char *out);

#endif
