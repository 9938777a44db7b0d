/* generator.h - what a generator of data is: a header line and a function from (settings, row) to a line.
 *
 * A row is a pure function of seed, row index and the generator's own option: the first N rows are the same
 * whatever rows= says, and a split moves rows between files without changing one. */
#ifndef DATASETS_GENERATOR_H
#define DATASETS_GENERATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "line.h"

/* A whole number that this generator alone has on its command line. */
struct generator_option {
  const char *name, *meaning;
  uint32_t smallest, largest, standard;
};

struct generator_settings {
  uint64_t seed;
  uint32_t number; /* the generator's own option */
};

struct generator {
  const char *name;    /* the word on the command line */
  const char *summary; /* one line for --help */
  void (*header)(const struct generator_settings *settings, struct line *line); /* CSV */
  void (*row)(const struct generator_settings *settings, uint64_t row, struct line *line);
  /* Rows of one unit stay in one file when rows are held out; units count from 0. NULL: the row itself. */
  uint64_t (*unit)(const struct generator_settings *settings, uint64_t row);
  const struct generator_option *option; /* NULL: none */
  bool numeric;                          /* numbers only, label first: LibSVM can hold it */
  enum line_format format;               /* without format= */
};

extern const struct generator generator_leads;
extern const struct generator generator_higgs;
extern const struct generator generator_wide;
extern const struct generator generator_onehot;
extern const struct generator generator_categorical;
extern const struct generator generator_rank;
extern const struct generator generator_multiclass;
extern const struct generator generator_missing;

/* NULL when there is no generator of that name. */
const struct generator *generator_find(const char *name);
const struct generator *generator_at(size_t index); /* NULL past the last */

#endif
