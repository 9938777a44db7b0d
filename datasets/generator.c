/* generator.c - the table of generators.
 *
 * To add one: write <name>.c with a header function, a row function that draws only from
 * random_start(seed, row) and the functions of random.h, and one `const struct generator`; declare it in
 * generator.h; add a row here; pin its checksum and its shape in tests/unit/datasets/test_datasets.c, its
 * rates and its signal in test_generators.c. */
#include "generator.h"

#include <string.h>

static const struct generator *const generators[] = {
    &generator_leads,       &generator_higgs, &generator_wide,       &generator_onehot,
    &generator_categorical, &generator_rank,  &generator_multiclass, &generator_missing,
};

const struct generator *generator_at(size_t index) {
  return index < sizeof generators / sizeof *generators ? generators[index] : NULL;
}

const struct generator *generator_find(const char *name) {
  for (size_t i = 0; generator_at(i); i++) {
    if (strcmp(generator_at(i)->name, name) == 0) return generator_at(i);
  }
  return NULL;
}
