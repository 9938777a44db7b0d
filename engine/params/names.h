/* names.h - walking comma separated names, and how far two names are apart. */
#ifndef COPSE_PARAMS_NAMES_H
#define COPSE_PARAMS_NAMES_H

#include <stdbool.h>
#include <stddef.h>

struct name {
  const char *text; /* not NUL-terminated */
  size_t length;
};

/* What is left of a comma separated list. */
struct name_list {
  const char *rest;
};
struct name_list names_of(const char *list);
/* The next name, or false at the end. */
bool names_next(struct name_list *list, struct name *out);

bool name_equal(struct name name, const char *text, size_t length);
bool name_equal_fold(struct name name, const char *text, size_t length); /* ASCII case ignored */

/* Insertions, deletions, substitutions and swaps of neighbours between two names, ASCII case ignored (optimal
 * string alignment: Damerau 1964, Levenshtein 1966). Names beyond 64 characters are infinitely far. */
size_t name_distance(struct name name, const char *text, size_t length);
/* The greatest distance at which a name of this length is still worth suggesting. */
size_t name_cutoff(size_t length);

#endif
