/* sides.h - where the files beside a data file lie. */
#ifndef COPSE_READ_SIDES_H
#define COPSE_READ_SIDES_H

#include <stdbool.h>
#include <stddef.h>

/* What side files are called behind the data file's name. */
enum { N_SIDES = 5 };
extern const char *const side_suffixes[N_SIDES];

/* PATH.suffix, or for PATH = STEM.gz also STEM.suffix, each also with .gz behind. False when there is none.
 */
bool sides_find(const char *path, const char *suffix, char *out, size_t capacity);

#endif
