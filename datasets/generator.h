/* generator.h - what a generator of data is: a header line and a function from (seed, row) to a line.
 *
 * A row is a pure function of seed and row index: the first N rows are the same whatever rows= says, and a
 * split moves rows between files without changing one. */
#ifndef DATASETS_GENERATOR_H
#define DATASETS_GENERATOR_H

#include <stddef.h>
#include <stdint.h>

#include "line.h"

struct generator {
  const char *name;    /* the word on the command line */
  const char *summary; /* one line for --help */
  void (*header)(struct line *line);
  void (*row)(uint64_t seed, uint64_t row, struct line *line);
};

extern const struct generator generator_leads;
extern const struct generator generator_higgs;

/* NULL when there is no generator of that name. */
const struct generator *generator_find(const char *name);
const struct generator *generator_at(size_t index); /* NULL past the last */

#endif
