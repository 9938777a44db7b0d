/* dictionary.h - a set of texts with codes 0, 1, 2 ... */
#ifndef COPSE_READ_DICTIONARY_H
#define COPSE_READ_DICTIONARY_H

#include "copse.h"

struct dictionary_level {
  const char *text;
  uint32_t length, hash;
};

/* Zero-initialise with ctx set. Texts are borrowed until dictionary_seal copies them. */
struct dictionary {
  copse_context *ctx;
  struct dictionary_level *levels; /* [n] by code */
  uint32_t n, capacity;
  uint32_t *slots; /* [n_slots] code + 1, 0 = free; open addressing */
  uint32_t n_slots;
  char *bytes; /* after sealing: the texts, each with a NUL */
};

/* Code of a text, -1 when unknown. */
int32_t dictionary_find(const struct dictionary *dictionary, const char *text, size_t length);
/* Code of a text, added if new (in order of arrival); -1 when memory ran out. */
int32_t dictionary_add(struct dictionary *dictionary, const char *text, size_t length);
/* Sorts the levels bytewise, copies their texts, and writes the new code of each old one to rank [n] (may be
 * NULL). False when memory ran out. */
bool dictionary_seal(struct dictionary *dictionary, uint32_t *rank);
void dictionary_release(struct dictionary *dictionary);

#endif
