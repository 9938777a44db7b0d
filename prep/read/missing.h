/* missing.h - which cells are missing, which are numbers, which are text. */
#ifndef COPSE_READ_MISSING_H
#define COPSE_READ_MISSING_H

#include "copse.h"

/* The declared tokens; the usual ones are known without a list. */
struct missing_tokens {
  const char *list; /* comma separated, borrowed, may be NULL */
  bool numeric;     /* a declared token reads as a number: -999 */
};

struct missing_tokens missing_tokens_of(const char *list);
/* Empty, ? na n/a nan null none in any case, or a declared token. */
bool missing_is(const struct missing_tokens *tokens, const char *text, size_t length);
/* The two kinds apart. */
bool missing_is_usual(const char *text, size_t length);
bool missing_is_declared(const struct missing_tokens *tokens, const char *text, size_t length);

enum cell_kind { CELL_MISSING, CELL_NUMBER, CELL_TEXT };
/* Kind of a trimmed cell. *value: the number, NaN when missing. */
enum cell_kind cell_classify(const struct missing_tokens *tokens, const char *text, size_t length,
                             double *value);

#endif
